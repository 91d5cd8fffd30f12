//! A sample hour of a tenant, and the revisions of alerts that runs over it write.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use weir_generator::render::Shape;
use weir_generator::sample::{Delay, hour};

use super::{Room, gzip};

/// Documents of an hour in order of arrival, some of them late.
pub(crate) fn documents(count: usize, seed: u64) -> Vec<String> {
    hour(count, seed, Delay::Late, Some(Shape::EventHub))
}

/// Documents of an hour in order of arrival, none of them late.
pub(crate) fn calm(count: usize, seed: u64) -> Vec<String> {
    hour(count, seed, Delay::Disorder, Some(Shape::EventHub))
}

/// Spreads documents over files of all forms, in the order of their names.
pub(crate) fn spread(room: &Room, documents: &[String]) -> Vec<&'static str> {
    let quarter = documents.len() / 4;
    let part = |from: usize, to: usize| documents[from * quarter..to * quarter].join("\n");
    room.write("in/a.ndjson", format!("{}\nnot json\n\n", part(0, 1)));
    room.write("in/b.ndjson.gz", gzip(part(1, 2)));
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
