//! Random streams for the rules: small, and crowded at minutes, hours, weeks, and where the
//! filters turn.

use super::WEEK;
use super::enumeration::KINDS;
use std::collections::HashSet;
use weir_generator::asn;
use weir_generator::event::Event;
use weir_generator::random::Random;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// 2026-05-04T00:00:00Z.
const START: i64 = 1_777_852_800_000;
/// Longest stream: less than the lateness that the rules are opened with.
const LONGEST: i64 = 29 * 86_400_000;

const AGENTS: [&str; 12] = [
    "Python/3.11 aiohttp/3.9.5",
    "AIOHTTP/4",
    "AADInternals",
    "azurehound/2.0",
    "python-requests/2.32",
    "my python",
    "curl/8",
    "curling",
    "o\u{212a}http/4",
    "Undici",
    "Microsoft.OData.Client/7.6.4",
    "Mozilla/5.0 (ünï)",
];
const APPS: [&str; 6] = [
    "1b730954-1685-4b74-9bfd-dac224a7b894",
    "app-2",
    "app-3",
    "74658136-14ec-4630-ad9b-26e160ff0fc6",
    "18ED3507-a475-4ccb-b669-d66bc9f2a36e",
    "18ed3507-a475-4ccb-b669-d66bc9f2a36e",
];
const ADDRESSES: [&str; 6] = [
    "203.0.113.24",
    "203.0.113.25",
    "203.0.113.70",
    "2001:db8:1::7",
    "198.51.100.200",
    "192.0.2.9",
];
const NUMBERS: [i64; 5] = [64_496, 64_501, 8075, 396_982, 65_541];
const USERS: [&str; 3] = ["u-1", "u-2", "Ü-☃ \"q\" \\"];
const TENANTS: [&str; 2] = [
    "7d0c2d1e-52f4-4c07-9a3b-1f6f5e0a9b11",
    "00000000-0000-4000-8000-000000000002",
];

/// A stream by time, with some calls delivered again. All have an id.
#[must_use]
pub fn stream(seed: u64) -> Vec<Event> {
    let mut random = Random::new(seed);
    let mut events: Vec<Event> = Vec::new();
    let mut times = vec![START];
    for number in 0..10 + random.below(150) {
        let time = next_time(&mut random, &times);
        times.push(time);
        // Now and then the caller of another call, so that groups fill.
        let caller = events.get(random.index(events.len().max(1))).cloned();
        let mut event = match caller {
            Some(caller) if random.one_in(2) => caller,
            _ => call(&mut random),
        };
        event.time = time;
        event.request = Some(format!("r-{number}"));
        events.push(event);
    }
    for _ in 0..random.below(6) {
        let again = random.pick(&events).clone();
        events.push(again);
    }
    events.sort_by_key(|event| event.time);
    debug_assert!(prints(&events) > 0);
    events
}

fn prints(events: &[Event]) -> usize {
    let prints: HashSet<_> = events.iter().filter_map(Event::fingerprint).collect();
    prints.len()
}

/// A time near another one: of its minute or hour, or a history further, give or take a moment.
fn next_time(random: &mut Random, times: &[i64]) -> i64 {
    let near = *random.pick(times);
    let edge = random.between(-1, 2);
    let time = match random.below(12) {
        0..=4 => near + random.between(0, 20_000),
        5 => near,
        6 => near.div_euclid(MINUTE) * MINUTE + MINUTE + edge,
        7 => near.div_euclid(HOUR) * HOUR + HOUR + edge,
        8..=9 => near + WEEK + edge,
        10 => near + random.between(0, 2 * WEEK),
        _ => START + random.between(0, 2) * WEEK + edge.max(0),
    };
    time.clamp(START, START + LONGEST)
}

/// Some values, mostly one.
fn some<T: Clone>(random: &mut Random, values: &[T]) -> Vec<T> {
    let mut some: Vec<T> = Vec::new();
    let count = match random.below(12) {
        0 => 0,
        1 => 2,
        _ => 1,
    };
    for _ in 0..count {
        some.push(random.pick(values).clone());
    }
    some
}

fn texts(random: &mut Random, values: &[&str]) -> Vec<String> {
    let values: Vec<String> = values.iter().map(|text| (*text).to_owned()).collect();
    let mut some = some(random, &values);
    let mut seen = HashSet::new();
    some.retain(|text| seen.insert(text.clone()));
    some
}

fn call(random: &mut Random) -> Event {
    let mut event = Event {
        users: texts(random, &USERS),
        tenants: texts(random, &TENANTS),
        app_ids: texts(random, &APPS),
        user_agents: texts(random, &AGENTS),
        api_versions: texts(random, &["1.6", "1.61-internal"]),
        ips: texts(random, &ADDRESSES),
        paths: paths(random),
        statuses: some(random, &[200, 403, 404]),
        actors: Some(texts(
            random,
            &["User", "User", "User", "User", "Application", "user"],
        )),
        service_principal: random.one_in(6),
        ..Event::default()
    };
    (event.asns, event.asn_names) = asn::columns(event.ips.first().map(String::as_str));
    if event.ips.len() > 1 || random.one_in(6) {
        event.asns = some(random, &NUMBERS);
        event.asns.dedup();
    }
    event.uri = event
        .paths
        .first()
        .map(|path| format!("{path}?api-version=1.6"));
    event
}

fn paths(random: &mut Random) -> Vec<String> {
    let kinds = some(random, &KINDS);
    let mut paths: Vec<String> = Vec::new();
    for kind in kinds {
        let path = match random.below(10) {
            0 => "/T/$batch".to_owned(),
            1 => format!("/T{}", kind.to_uppercase()),
            2 => format!("/T/tenantDetails{kind}"),
            3 => format!("/T{kind}/{}", random.below(3)),
            _ => format!("/T{kind}"),
        };
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}
