//! Two detectors on the same bytes: one reads as it does in earnest, with what it has
//! learned, the other plainly. All that they say must be the same, and so must their states.

use crate::compare::of_native;
use crate::rules;
use aadgraph::log::AadGraph;
use weir_detector::detector::Detector;
use weir_generator::damage::damage;
use weir_generator::event::Event;
use weir_generator::mmdb::asn_database;
use weir_generator::random::Random;
use weir_generator::render::{SHAPES, Style, document, wrapped};
use weir_generator::stream::{Knobs, stream};

/// The rules, by their short names.
pub const RULES: [&str; 5] = [
    "high-4xx",
    "enumeration",
    "suspicious-agent",
    "first-client",
    "first-network",
];

/// What was tried.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tried {
    /// Documents.
    pub documents: u64,
    /// Of which so many were damaged and no longer JSON, or unusable.
    pub malformed: u64,
    /// Alerts that both made.
    pub alerts: u64,
    /// Look-ups that both missed.
    pub missed: u64,
}

/// A configuration of a rule on some log's parameters.
fn configuration(rule: &str, uri_nulls: bool, random: &mut Random) -> String {
    let exception = *random.pick(&[
        r#""asn": 64501, "expires": "2026-05-19T09:30:00Z""#,
        r#""user": "u-1""#,
        r#""app_id": "app-2", "expires": "2026-05-12T00:00:00Z""#,
    ]);
    let mut all = vec![format!("\"elastic_uri_nulls\": {uri_nulls}")];
    if random.one_in(2) {
        all.push(r#""early": true"#.to_owned());
    }
    if random.one_in(3) {
        all.push(format!(r#""exceptions": [{{"reason": "x", {exception}}}]"#));
    }
    let own = match rule {
        "high-4xx" => {
            r#""min_total_calls": 3, "min_errors": 1, "min_url_paths": 2, "max_values": 2"#
        }
        "enumeration" => r#""min_distinct_endpoints": 2"#,
        "suspicious-agent" => r#""suppress_seconds": 60"#,
        _ => r#""history_seconds": 86400, "warm_up_seconds": 60"#,
    };
    if random.one_in(2) {
        all.push(own.to_owned());
    }
    format!("{{{}}}", all.join(", "))
}

/// Gives an event so many values that some rules would make too many keys of it.
fn crowd(event: &mut Event, random: &mut Random) {
    let texts = |what: &str| (0..17).map(|n| format!("{what}-{n}")).collect();
    event.users = texts("u");
    match random.below(3) {
        0 => event.tenants = texts("t"),
        1 => event.app_ids = texts("a"),
        _ => event.asns = (1..18).collect(),
    }
}

/// Puts something else in the place of a number of a network.
fn renumber(text: &str, random: &mut Random) -> String {
    const NUMBER: &str = "\"number\":";
    let Some((before, rest)) = text.split_once(NUMBER) else {
        return text.to_owned();
    };
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let other = *random.pick(&[
        "\"abc\"",
        "\"64501\"",
        "\"\"",
        "1e99",
        "64501.5",
        "true",
        "{}",
    ]);
    format!("{before}{NUMBER}{other}{rest}")
}

/// Checks one random stream on some rules, in which one document in `rarity` is damaged.
///
/// # Errors
/// What differs.
pub fn check(seed: u64, rarity: u64, rules: &[&str]) -> Result<Tried, String> {
    let mut random = Random::new(seed);
    let uri_nulls = random.one_in(4);
    let configured: Vec<(&str, String)> = { rules.iter() }
        .map(|rule| (*rule, configuration(rule, uri_nulls, &mut random)))
        .collect();
    let wanted: Vec<(&str, &str)> = { configured.iter() }
        .map(|(rule, text)| (*rule, text.as_str()))
        .collect();
    let open = || aadgraph_rules::open(&wanted, (1, 2)).map_err(|e| format!("{e:?}"));
    let mut pair = [open()?, open()?.plainly()];
    let mut unloaded = true;
    let shape = *random.pick(&SHAPES);
    let style = if random.one_in(2) {
        Style::Wild
    } else {
        Style::Plain
    };
    let events = match random.one_in(2) {
        true => stream(seed, Knobs::default()),
        false => rules::stream::stream(seed),
    };
    let mut tried = Tried::default();
    let mut batch = Vec::new();
    for mut event in events {
        if random.one_in(40) {
            crowd(&mut event, &mut random);
        }
        let shape = if random.one_in(4) {
            *random.pick(&SHAPES)
        } else {
            shape
        };
        let mut text = document(&event, shape, style, &mut random);
        if random.one_in(20) {
            text = renumber(&text, &mut random);
        }
        if random.one_in(6) {
            text = wrapped(&text, &mut random);
        }
        let mut text = text.into_bytes();
        if random.one_in(rarity) {
            damage(&mut text, &mut random);
        }
        batch.extend(text);
        batch.push(b'\n');
        tried.documents += 1;
        if random.one_in(20) {
            tried.malformed += push(&mut pair, &batch, seed)?;
            batch.clear();
            if unloaded && random.one_in(2) {
                unloaded = false;
                for detector in &mut pair {
                    let loaded = detector.load_table("asn", &asn_database());
                    loaded.map_err(|e| format!("{e:?}"))?;
                }
            }
        }
    }
    tried.malformed += push(&mut pair, &batch, seed)?;
    let counters = pair[0].counters();
    tried.missed = { counters.tables_missed.iter() }
        .map(|(_, missed)| *missed)
        .sum();
    pair.iter_mut().for_each(Detector::flush);
    let [ours, theirs] = pair.each_mut().map(|detector| {
        let alerts = detector.take_alerts(u32::MAX);
        alerts.iter().map(of_native).collect::<Vec<_>>()
    });
    if ours != theirs {
        return Err(format!(
            "seed {seed}: alerts {ours:?} and, read plainly, {theirs:?}"
        ));
    }
    same_state(&pair, seed)?;
    tried.alerts = ours.len() as u64;
    Ok(tried)
}

fn same_state([learned, plain]: &[Detector<AadGraph>; 2], seed: u64) -> Result<(), String> {
    if learned.snapshot() == plain.snapshot() {
        return Ok(());
    }
    let (ours, theirs) = (learned.counters(), plain.counters());
    Err(format!(
        "seed {seed}: the states differ: {ours:?} and, read plainly, {theirs:?}"
    ))
}

fn push(pair: &mut [Detector<AadGraph>; 2], batch: &[u8], seed: u64) -> Result<u64, String> {
    let [ours, theirs] = pair.each_mut().map(|detector| detector.push(batch));
    if ours != theirs {
        let shown = String::from_utf8_lossy(batch);
        return Err(format!(
            "seed {seed}: {ours:?} and, read plainly, {theirs:?} of {shown}"
        ));
    }
    same_state(pair, seed)?;
    Ok(ours.malformed)
}
