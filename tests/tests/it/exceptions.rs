//! Exceptions, end to end: each key in each shape, several values, expiry, networks, and
//! that what is left out leaves nothing behind.

use weir_generator::asn;
use weir_generator::event::Event;
use weir_generator::random::Random;
use weir_generator::render::{SHAPES, Shape, Style, document};
use weir_tests::machine::{Counts, Machine, Maker, Native, native};

/// 2026-05-19T09:31:07.482Z.
const TIME: i64 = 1_779_183_067_482;
const COUNTED: Counts = [1, 0, 0, 0, 0, 0, 0];
const EXCLUDED: Counts = [0, 0, 1, 0, 0, 0, 0];

fn configuration(exceptions: &[&str]) -> String {
    let objects: Vec<String> = exceptions
        .iter()
        .map(|keys| format!("{{\"reason\":\"r\",{keys}}}"))
        .collect();
    format!("{{\"exceptions\":[{}]}}", objects.join(","))
}

/// A call from one address, with one value in each field.
fn call(address: &str) -> Event {
    let (asns, asn_names) = asn::columns(Some(address));
    Event {
        time: TIME,
        users: vec!["user-1".to_owned()],
        statuses: vec![403],
        uri: Some("/T/users".to_owned()),
        paths: vec!["/T/users".to_owned()],
        tenants: vec!["tenant-1".to_owned()],
        app_ids: vec!["app-1".to_owned()],
        user_agents: vec!["sync/1.0 (x)".to_owned()],
        ips: vec![address.to_owned()],
        request: Some("r".to_owned()),
        asns,
        asn_names,
        ..Event::default()
    }
}

fn text(event: &Event, shape: Shape) -> String {
    document(event, shape, Style::Brief, &mut Random::new(1))
}

/// What becomes of an event under exceptions, the same in every shape that can say it.
fn outcome(exceptions: &[&str], event: &Event) -> Counts {
    let shapes = SHAPES
        .into_iter()
        .filter(|shape| *shape == Shape::Ecs || event.fits_raw());
    let outcomes: Vec<Counts> = shapes
        .map(|shape| {
            let mut machine = native(&configuration(exceptions));
            Machine::push(&mut machine, text(event, shape).as_bytes())
        })
        .collect();
    assert!(
        outcomes.iter().all(|o| *o == outcomes[0]),
        "{exceptions:?}: {outcomes:?}"
    );
    outcomes[0]
}

#[test]
fn each_key_in_each_shape() {
    // The test's table says 64501 of this address.
    let event = call("203.0.113.24");
    assert!(event.fits_raw());
    let table: &[(&[&str], bool)] = &[
        (&[], false),
        (&[r#""user":"user-1""#], true),
        (&[r#""user":["x","user-1"]"#], true),
        (&[r#""user":"user-2""#], false),
        (&[r#""user":"USER-1""#], false),
        (&[r#""app_id":"app-1""#], true),
        (&[r#""app_id":"app-""#], false),
        (&[r#""tenant":"tenant-1""#], true),
        (&[r#""tenant":"tenant-2""#], false),
        (&[r#""asn":64501"#], true),
        (&[r#""asn":[1,64501]"#], true),
        (&[r#""asn":64500"#], false),
        (&[r#""user_agent":"sync/1.0 (x)""#], true),
        (&[r#""user_agent":"sync/1.0""#], false),
        (&[r#""user_agent":"sync/*""#], true),
        (&[r#""user_agent":"sync/1.0 (x)*""#], true),
        (&[r#""user_agent":["a","b*","s*"]"#], true),
        (&[r#""user_agent":"ync*""#], false),
        (&[r#""source":"203.0.113.24""#], true),
        (&[r#""source":"::ffff:203.0.113.24""#], true),
        (&[r#""source":"203.0.113.0/24""#], true),
        (&[r#""source":"203.0.113.25""#], false),
        // All keys of one exception, any of several exceptions.
        (&[r#""user":"user-1","asn":64501,"app_id":"app-1""#], true),
        (&[r#""user":"user-1","asn":64501,"app_id":"app-2""#], false),
        (&[r#""user":"user-2""#, r#""app_id":"app-1""#], true),
        (&[r#""user":"user-2""#, r#""app_id":"app-2""#], false),
    ];
    for (exceptions, excluded) in table {
        let wanted = if *excluded { EXCLUDED } else { COUNTED };
        assert_eq!(outcome(exceptions, &event), wanted, "{exceptions:?}");
    }
}

#[test]
fn a_network_ends_at_its_edges() {
    for (network, address, excluded) in [
        ("203.0.113.16/28", "203.0.113.15", false),
        ("203.0.113.16/28", "203.0.113.16", true),
        ("203.0.113.16/28", "203.0.113.31", true),
        ("203.0.113.16/28", "203.0.113.32", false),
        ("203.0.113.16/28", "2001:db8::203.0.113.16", false),
        ("::ffff:203.0.113.16/124", "203.0.113.31", true),
        ("::ffff:203.0.113.16/124", "203.0.113.32", false),
        ("0.0.0.0/0", "255.255.255.255", true),
        ("0.0.0.0/0", "2001:db8::1", false),
        ("::/0", "2001:db8::1", true),
        ("::/0", "203.0.113.16", true),
        (
            "2001:db8::/33",
            "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff",
            true,
        ),
        ("2001:db8::/33", "2001:db8:8000::", false),
        ("2001:db8::1/128", "2001:db8::1", true),
        ("2001:db8::1/128", "2001:db8::2", false),
    ] {
        let keys = format!("\"source\":\"{network}\"");
        let wanted = if excluded { EXCLUDED } else { COUNTED };
        assert_eq!(
            outcome(&[&keys], &call(address)),
            wanted,
            "{network} {address}"
        );
    }
}

#[test]
fn an_exception_ends_to_the_millisecond_by_event_time() {
    for (expires, excluded) in [
        ("2026-05-19T09:31:07.482Z", false),
        ("2026-05-19T09:31:07.483Z", true),
        ("2026-05-19T11:31:07.483+02:00", true),
        ("2026-05-19T11:31:07.482+02:00", false),
        // What is finer than a millisecond is cut off, as it is in events.
        ("2026-05-19T09:31:07.4829999Z", false),
        ("2026-05-19", false),
        ("2026-05-20", true),
    ] {
        let keys = format!("\"user\":\"user-1\",\"expires\":\"{expires}\"");
        let wanted = if excluded { EXCLUDED } else { COUNTED };
        assert_eq!(
            outcome(&[&keys], &call("203.0.113.24")),
            wanted,
            "{expires}"
        );
    }
}

#[test]
fn each_of_several_values_must_match_and_null_matches_nothing() {
    let many = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
    let base = call("203.0.113.24");
    let two = Event {
        users: many(&["user-1", "user-2"]),
        app_ids: many(&["app-1", "app-2"]),
        tenants: many(&["tenant-1", "tenant-2"]),
        user_agents: many(&["sync/1", "sync/2"]),
        ips: many(&["203.0.113.24", "2001:db8::1"]),
        asns: vec![64501, 64496],
        ..base.clone()
    };
    let null = Event {
        users: vec![],
        app_ids: vec![],
        tenants: vec![],
        user_agents: vec![],
        ips: vec![],
        asns: vec![],
        asn_names: vec![],
        ..base
    };
    for (one, both) in [
        (
            r#""user":"user-1""#,
            r#""user":["user-1","user-2","user-3"]"#,
        ),
        (r#""app_id":"app-2""#, r#""app_id":["app-2","app-1"]"#),
        (
            r#""tenant":"tenant-1""#,
            r#""tenant":["tenant-1","tenant-2"]"#,
        ),
        (r#""user_agent":"sync/1*""#, r#""user_agent":"sync/*""#),
        (
            r#""source":"203.0.113.0/24""#,
            r#""source":["203.0.113.0/24","2001:db8::/32"]"#,
        ),
        (r#""asn":64496"#, r#""asn":[64496,64501]"#),
    ] {
        assert_eq!(outcome(&[one], &two), COUNTED, "{one}");
        assert_eq!(outcome(&[both], &two), EXCLUDED, "{both}");
        assert_eq!(outcome(&[both], &null), COUNTED, "{both}");
    }
}

#[test]
fn what_is_left_out_leaves_nothing_behind() {
    let mut machine = native(&configuration(&[r#""user":"user-1""#]));
    let mut later = call("203.0.113.24");
    let line = text(&later, Shape::EventHub);
    // Twice the same: excluded twice, and no duplicate.
    assert_eq!(Machine::push(&mut machine, line.as_bytes()), EXCLUDED);
    assert_eq!(Machine::push(&mut machine, line.as_bytes()), EXCLUDED);
    later.time += 86_400_000_000;
    let line = text(&later, Shape::EventHub);
    assert_eq!(Machine::push(&mut machine, line.as_bytes()), EXCLUDED);
    let counters = machine.counters();
    assert_eq!(counters.rules[0].excluded, 3);
    assert_eq!((counters.rules[0].windows, counters.watermark), (0, None));
    // Later than the lateness and excepted: excluded; so is what is in the future.
    machine.advance(Some(later.time), None);
    machine.advance(None, Some(0));
    let line = text(&call("203.0.113.24"), Shape::EventHub);
    assert_eq!(Machine::push(&mut machine, line.as_bytes()), EXCLUDED);
}

#[test]
fn states_merge_under_other_exceptions_verdicts_and_clock_bounds() {
    let worker = |configuration: &str| {
        let mut machine = Native.open(configuration);
        machine.push(text(&call("203.0.113.24"), Shape::EventHub).as_bytes());
        machine.snapshot()
    };
    let ours = configuration(&[r#""user":"user-2""#]);
    let others = [
        "{}",
        r#"{"verdicts":true}"#,
        r#"{"max_future_seconds":1}"#,
        r#"{"partial":true}"#,
    ];
    for other in others {
        let mut machine = Native.open(&ours);
        assert_eq!(machine.merge(&worker(other)), Ok(()), "{other}");
        assert_eq!(machine.counts(), COUNTED);
        let mut back = Native.open(other);
        assert_eq!(back.merge(&worker(&ours)), Ok(()), "{other}");
    }
    let refused = Native.open(&ours).merge(&worker(r#"{"min_errors":9}"#));
    assert!(refused.unwrap_err().contains("min_errors"));
}
