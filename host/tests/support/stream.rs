//! An invented hour of a tenant, the same at every run.
#![allow(dead_code, missing_docs, reason = "each test file uses some of it")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use serde_json::{Value, json};

use super::Room;

/// A linear congruential generator.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// Start of the hour, on an even minute.
const START: i64 = 1_772_600_400_000;
/// Time between two events.
const STEP: i64 = 600;

/// Documents in the order in which they arrive: six users, bursts of refused calls,
/// disorder within two minutes, duplicates, late ones, and records of another log.
pub(crate) fn documents(count: usize, seed: u64) -> Vec<String> {
    made(count, seed, 1_800_000)
}

/// The same with none that is late.
pub(crate) fn calm(count: usize, seed: u64) -> Vec<String> {
    made(count, seed, 118_000)
}

/// One in fifty is behind by up to `late` milliseconds.
fn made(count: usize, seed: u64, late: u64) -> Vec<String> {
    let mut random = Random::new(seed);
    let mut documents: Vec<String> = Vec::new();
    for n in 0..count {
        let now = START + STEP * n as i64;
        let draw = random.below(100);
        if n % 211 == 210 {
            documents.push(json!({"category": "SignInLogs", "n": n}).to_string());
        } else if draw < 3 && n > 0 {
            let back = 1 + random.below(300.min(n as u64)) as usize;
            documents.push(documents[n - back].clone());
        } else {
            let late = if draw < 5 { late } else { 118_000 };
            let time = (now - random.below(late) as i64).max(START);
            documents.push(event(n, time, &mut random).to_string());
        }
    }
    documents
}

fn event(n: usize, time: i64, random: &mut Random) -> Value {
    let user = random.below(6);
    let window = (time - START) / 120_000;
    let bursts = (window as u64 + user).is_multiple_of(4);
    let refused = random.below(100) < if bursts { 70 } else { 15 };
    json!({
        "category": "AzureADGraphActivityLogs",
        "tenantId": "aaaaaaaa-0000-4000-8000-000000000001",
        "properties": {
            "timeGenerated": weir::output::iso(time),
            "requestId": format!("request-{n}"),
            "requestUri": format!("/tenant/objects{}?api-version=1.6", random.below(60)),
            "httpStatusCode": if refused { 403 } else { 200 },
            "userId": format!("user-{user}"),
            "callerIpAddress": format!("198.51.100.{}", random.below(4)),
        },
    })
}

/// Spreads documents over files of all forms, in the order of their names.
pub(crate) fn spread(room: &Room, documents: &[String]) -> Vec<&'static str> {
    let quarter = documents.len() / 4;
    let part = |from: usize, to: usize| documents[from * quarter..to * quarter].join("\n");
    room.write("in/a.ndjson", format!("{}\nnot json\n\n", part(0, 1)));
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(part(1, 2).as_bytes()).unwrap();
    room.write("in/b.ndjson.gz", gz.finish().unwrap());
    let values: Vec<Value> = documents[2 * quarter..3 * quarter]
        .iter()
        .map(|document| serde_json::from_str(document).unwrap())
        .collect();
    room.write("in/c.json", serde_json::to_string_pretty(&values).unwrap());
    let last = documents[3 * quarter..].join("\r\n");
    room.write("in/d.ndjson", format!("\u{feff}{last}"));
    vec!["in/a.ndjson", "in/b.ndjson.gz", "in/c.json", "in/d.ndjson"]
}

/// What is known of revisions that were written, by id and number.
#[derive(Debug, Default)]
pub(crate) struct Revisions {
    all: BTreeMap<(String, u64), Value>,
    /// Revisions that came more than once.
    pub(crate) repeated: usize,
}

impl Revisions {
    /// Takes in what was written. A last line that is cut off is left out; a
    /// revision that comes again must come the same.
    pub(crate) fn add(&mut self, text: &str) {
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        for line in whole.lines() {
            let alert: Value = serde_json::from_str(line).unwrap();
            let id = alert["weir.alert.id"].as_str().unwrap().to_owned();
            let revision = alert["weir.alert.revision"].as_u64().unwrap();
            if let Some(before) = self.all.insert((id, revision), alert.clone()) {
                assert_eq!(before, alert, "one revision with two contents");
                self.repeated += 1;
            }
        }
    }

    pub(crate) fn of(text: &str) -> Self {
        let mut revisions = Self::default();
        revisions.add(text);
        revisions
    }

    /// Ids whose revisions do not count up from 1.
    pub(crate) fn gaps(&self) -> Vec<&String> {
        let mut last: BTreeMap<&String, u64> = BTreeMap::new();
        let mut gaps = BTreeSet::new();
        for (id, revision) in self.all.keys() {
            let before = last.insert(id, *revision).unwrap_or(0);
            if *revision != before + 1 {
                gaps.insert(id);
            }
        }
        gaps.into_iter().collect()
    }

    /// The last revision of each alert that stands, without what depends on how the
    /// input was cut.
    pub(crate) fn standing(&self) -> BTreeMap<String, Value> {
        let mut last = BTreeMap::new();
        for ((id, _), alert) in &self.all {
            last.insert(id.clone(), alert.clone());
        }
        last.retain(|_, alert: &mut Value| alert["weir.alert.phase"] != "retracted");
        for alert in last.values_mut() {
            let fields = alert.as_object_mut().unwrap();
            fields.remove("weir.alert.revision");
            fields.remove("weir.alert.phase");
        }
        last
    }
}
