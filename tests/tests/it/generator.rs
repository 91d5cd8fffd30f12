//! The generator keeps its promises: so many events, the same for a seed, in all shapes.

use std::collections::BTreeSet;
use weir_generator::random::Random;
use weir_generator::render::{SHAPES, Shape, Style, document};
use weir_generator::tenant::{self, GUESSER, NEAR_MISS, Tenant, WALKER};
use weir_tests::oracle::{Oracle, Rule};
use weir_tests::row::Row;
use weir_tests::rules::{WEEK, enumeration, first_client, first_network, suspicious_agent};

#[test]
fn an_hour_has_the_events_asked_for_and_only_the_attackers_alert() {
    let mut oracle = Oracle::new(Rule::default());
    let (mut count, mut latest, mut disorder) = (0u64, i64::MIN, 0);
    for event in Tenant::new(100_000, 1, 1) {
        count += 1;
        disorder = disorder.max(latest.saturating_sub(event.time));
        latest = latest.max(event.time);
        oracle.add(&event);
    }
    assert_eq!(count, 100_000);
    assert!((1000..120_000).contains(&disorder), "{disorder}");
    assert!(
        (200..300).contains(&oracle.duplicate),
        "{}",
        oracle.duplicate
    );
    let users: Vec<String> = oracle
        .rows()
        .iter()
        .map(|row| row.show("user.id"))
        .collect();
    assert!(
        users.iter().filter(|user| *user == WALKER).count() >= 2,
        "{users:?}"
    );
    assert!(
        users.iter().filter(|user| *user == GUESSER).count() >= 4,
        "{users:?}"
    );
    assert!(
        users.iter().all(|user| user == WALKER || user == GUESSER),
        "{users:?}"
    );
    // One error more in each of its windows, and the near-miss alerts.
    let rate = Rule {
        rate: 0.39,
        ..Rule::default()
    };
    let rows = weir_tests::oracle::rows(&Tenant::new(100_000, 1, 1).collect::<Vec<_>>(), &rate);
    assert_eq!(
        rows.iter()
            .filter(|row| row.show("user.id") == NEAR_MISS)
            .count(),
        4
    );
}

#[test]
fn in_the_tenant_of_all_rules_each_finds_its_own_and_no_others() {
    let events: Vec<_> = Tenant::for_all_rules(40_000, 1).collect();
    let users = |rows: Vec<Row>| -> BTreeSet<String> {
        rows.iter().map(|row| row.show("user.id")).collect()
    };
    let wanted = |users: &[&str]| users.iter().map(|user| (*user).to_owned()).collect();
    let [ana, ben, eve] = [3, 4, 6].map(tenant::user_id);
    let found = [
        users(weir_tests::oracle::rows(&events, &Rule::default())),
        users(enumeration::rows(&events, 5)),
        users(suspicious_agent::rows(&events, 3_600_000)),
        users(first_client::rows(&events, (WEEK, WEEK))),
        users(first_network::rows(&events, (WEEK, WEEK))),
    ];
    let attackers = [WALKER, GUESSER, NEAR_MISS];
    let expected: [BTreeSet<String>; 5] = [
        wanted(&attackers[..2]),
        wanted(&[WALKER]),
        wanted(&[WALKER, GUESSER, &eve]),
        wanted(&[WALKER, GUESSER, NEAR_MISS, &ana]),
        wanted(&[WALKER, GUESSER, NEAR_MISS, &ben]),
    ];
    assert_eq!(found, expected);
}

#[test]
fn any_number_of_events_comes_out_exactly() {
    for events in [0, 1, 399, 1340, 1341, 1342, 5000, 20_001] {
        assert_eq!(Tenant::new(events, 7, 2).count() as u64, events);
    }
}

#[test]
fn documents_have_the_size_of_real_ones() {
    for (shape, low, high) in [
        (Shape::EventHub, 1150, 1450),
        (Shape::Ecs, 2200, 2800),
        (Shape::LogAnalytics, 700, 1200),
    ] {
        let mut random = Random::new(3);
        let sizes =
            Tenant::new(5000, 3, 1).map(|e| document(&e, shape, Style::Plain, &mut random).len());
        let total: usize = sizes.sum();
        assert!(
            (low..high).contains(&(total / 5000)),
            "{shape:?} {}",
            total / 5000
        );
    }
}

#[test]
fn every_document_is_json() {
    for style in [Style::Plain, Style::Wild] {
        let mut random = Random::new(4);
        for event in weir_generator::stream::stream(5, weir_generator::stream::Knobs::default()) {
            for shape in SHAPES {
                let text = document(&event, shape, style, &mut random);
                let json: serde_json::Value = serde_json::from_str(&text).unwrap();
                assert!(json.is_object() && !text.contains('\n'));
            }
        }
    }
}

#[test]
fn a_seed_gives_the_same_bytes_for_ever() {
    // FNV-1a over the first documents. A change here changes every benchmark's input.
    let mut random = Random::new(1);
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for event in Tenant::new(2000, 1, 1) {
        for shape in SHAPES {
            for byte in document(&event, shape, Style::Plain, &mut random).bytes() {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
    assert_eq!(format!("{hash:016x}"), "0aee73d956b96e6f");
}

#[test]
fn random_streams_alert_and_miss_often_enough_to_mean_something() {
    use weir_generator::stream::{Knobs, stream};
    let (mut alerts, mut none) = (0, 0);
    for seed in 0..256 {
        match weir_tests::oracle::rows(&stream(seed, Knobs::default()), &Rule::default()).len() {
            0 => none += 1,
            n => alerts += n,
        }
    }
    assert!(
        alerts > 100 && none > 50,
        "{alerts} alerts, {none} streams without"
    );
}
