//! Tests that floods stay inside the module's memory.

use crate::events::{WINDOW, call, closing, walk};
use crate::host::Host;
use weir_fluent_bit::MEMORY;

#[test]
fn a_million_new_users_keep_the_memory_flat() {
    let mut host = Host::with("{}");
    let template = call("USER", WINDOW, 1, 403).to_string();
    let mut half = 0;
    for n in 0..1_000_000 {
        let record = template.replace("USER", &format!("user-{n}"));
        assert!(host.event(record.as_bytes()).is_some());
        if n == 500_000 {
            half = host.bytes();
        }
        if n % 10_000 == 0 {
            host.tick();
        }
    }
    let status = host.status();
    assert_eq!(status["weir.status.counted"], 1_000_000);
    assert!(
        status["weir.status.evicted"].as_u64().unwrap() > 100_000,
        "the budget was reached"
    );
    assert_eq!(host.bytes(), half, "the second half took no memory");
    assert!(half as u64 <= MEMORY / 2, "{half}");
}

#[test]
fn a_million_foreign_records_keep_the_memory_flat() {
    let mut host = Host::new();
    let before = (0..10).map(|_| host.event(b"{\"a\":1}")).count() * host.bytes();
    for n in 0..1_000_000 {
        // Lengths that change, so that the allocator's holes would show.
        let record = format!("{{\"n\":{n},\"text\":\"{}\"}}", "x".repeat(n % 3000));
        host.event(record.as_bytes());
    }
    assert!(
        host.bytes() * 10 <= before + 10 * (4 << 20),
        "{}",
        host.bytes()
    );
}

#[test]
fn counts_alerts_that_ticks_cannot_take() {
    let mut host = Host::with("{}");
    let users = 9_000_u64;
    for user in 0..users {
        for event in walk(&format!("user-{user}")) {
            host.event(event.to_string().as_bytes());
        }
    }
    host.event(closing().to_string().as_bytes());
    assert!((host.bytes() as u64) < MEMORY, "{}", host.bytes());
    let mut found = 0;
    let mut status = None;
    for _ in 0..200 {
        let tick = host.tick();
        found += tick.alerts.len() as u64;
        status = tick.status.or(status);
    }
    let count = |name: &str| {
        status.as_ref().unwrap()[format!("weir.status.{name}")]
            .as_u64()
            .unwrap()
    };
    assert_eq!(count("alerts_waiting"), 0);
    assert!(found > 1000 && count("alerts_lost") > 0, "{found}");
    let made = count("alerts_early") + count("alerts_on_time") + count("alerts_late");
    assert_eq!(
        found + count("alerts_lost"),
        made,
        "each alert came or was counted"
    );
}
