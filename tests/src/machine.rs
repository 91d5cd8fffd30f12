//! The detector under test, native or as the real component, behind one face.

use crate::compare::{Revision, of_native};
use crate::verdict::{self, Verdict};
use high_4xx::{Detector, RULE_ID};
use weir_detector::model::{self, Outcome, RuleCounters, Selection, Window};
use weir_generator::mmdb::asn_database;

/// What became of documents, in the contract's order: counted, duplicate, excluded,
/// other data set, malformed, dropped late, refused future.
pub type Counts = [u64; 7];

/// One detector with the test's ASN table. A failure of the component is a panic:
/// no test expects one here.
pub trait Machine {
    /// Takes lines.
    fn push(&mut self, batch: &[u8]) -> Counts;
    /// Tells the wall-clock time.
    fn clock(&mut self, now: i64);
    /// Raises the watermark.
    fn advance(&mut self, to: i64);
    /// What is read in the events of a batch, as documents that are to be read as the same events.
    fn documents(&mut self, batch: &[u8]) -> Vec<String>;
    /// Closes every window.
    fn flush(&mut self);
    /// Takes the revisions that are ready.
    fn revisions(&mut self) -> Vec<Revision>;
    /// Takes the entries of the ledger that are ready.
    ///
    /// # Errors
    /// What does not fit together in one.
    fn verdicts(&mut self) -> Result<Vec<Verdict>, String>;
    /// What the rule counted: nothing of documents that are no events.
    fn counts(&mut self) -> Counts;
    /// The state.
    fn snapshot(&mut self) -> Vec<u8>;
    /// The watermark.
    fn watermark(&mut self) -> Option<i64>;
    /// Takes groups out, up to so many; each with its key.
    fn groups(&mut self, max: u32) -> Vec<(String, Vec<u8>)>;
    /// Takes in a state.
    ///
    /// # Errors
    /// When the state is refused.
    fn merge(&mut self, state: &[u8]) -> Result<(), String>;
}

/// The documents of selected events: the contract's types are the guest's here and the host's there.
macro_rules! documents_of {
    ($events:expr, $model:ident) => {{
        use serde_json::{Map, Value as Json, json};
        use $model::Value;
        let dataset = high_4xx::describe().data_sets.concat();
        let document = |event: $model::Event| {
            let mut document = Map::new();
            document.insert("data_stream.dataset".to_owned(), json!(dataset));
            for column in event.columns {
                let value = match column.value {
                    Value::Text(text) => json!(text),
                    Value::Integer(number) => json!(number),
                    Value::Number(number) => json!(number),
                    Value::Boolean(truth) => json!(truth),
                    Value::Timestamp(time) => json!(weir_generator::clock::iso(time)),
                    Value::TextList(texts) => json!(texts),
                    Value::IntegerList(numbers) => json!(numbers),
                };
                document.insert(column.name, value);
            }
            Json::Object(document).to_string()
        };
        $events.into_iter().map(document).collect()
    }};
}
pub(crate) use documents_of;

/// Opens machines.
pub trait Maker {
    /// A machine on a JSON configuration, which must be a good one.
    fn open(&self, configuration: &str) -> Box<dyn Machine>;
}

/// The seed of all machines: states are only merged under one seed.
const SEED: (u64, u64) = (0x5eed, 0xfeed);

/// Makes native detectors.
pub struct Native;

impl Maker for Native {
    fn open(&self, configuration: &str) -> Box<dyn Machine> {
        Box::new(native(configuration))
    }
}

/// A native detector with the test's ASN table.
///
/// # Panics
/// When the configuration or the table is refused.
#[must_use]
#[allow(clippy::panic, reason = "a test's own configuration is at fault")]
pub fn native(configuration: &str) -> Detector {
    let mut detector =
        high_4xx::open(configuration, SEED).unwrap_or_else(|e| panic!("{configuration}: {e:?}"));
    if let Err(e) = detector.load_table("asn", &asn_database()) {
        panic!("the ASN table is refused: {e:?}");
    }
    detector
}

fn of_outcome(o: &Outcome) -> Counts {
    [
        o.counted,
        o.duplicate,
        o.excluded,
        o.other_data_set,
        o.malformed,
        o.dropped_late,
        o.refused_future,
    ]
}

fn of_counters(c: &RuleCounters) -> Counts {
    [
        c.counted,
        c.duplicate,
        c.excluded,
        0,
        0,
        c.dropped_late,
        c.refused_future,
    ]
}

impl Machine for Detector {
    fn push(&mut self, batch: &[u8]) -> Counts {
        of_outcome(&Detector::push(self, batch))
    }

    fn clock(&mut self, now: i64) {
        Detector::advance(self, None, Some(now));
    }

    fn advance(&mut self, to: i64) {
        Detector::advance(self, Some(to), None);
    }

    fn documents(&mut self, batch: &[u8]) -> Vec<String> {
        let any = Selection {
            rule: RULE_ID.to_owned(),
            key: Vec::new(),
            window: Window {
                start: i64::MIN,
                end: i64::MAX,
            },
        };
        documents_of!(Detector::select(self, batch, &[any]), model)
    }

    fn flush(&mut self) {
        Detector::flush(self);
    }

    fn revisions(&mut self) -> Vec<Revision> {
        self.take_alerts(u32::MAX).iter().map(of_native).collect()
    }

    fn verdicts(&mut self) -> Result<Vec<Verdict>, String> {
        let taken = self.take_verdicts(u32::MAX);
        taken.iter().map(verdict::of_native).collect()
    }

    fn counts(&mut self) -> Counts {
        of_counters(&self.counters().rules[0])
    }

    fn snapshot(&mut self) -> Vec<u8> {
        Detector::snapshot(self)
    }

    fn watermark(&mut self) -> Option<i64> {
        self.counters().watermark
    }

    fn groups(&mut self, max: u32) -> Vec<(String, Vec<u8>)> {
        let taken = self.take_groups(max).into_iter();
        let named = taken.map(|group| (format!("{:?}", group.key), group.state));
        named.collect()
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        Detector::merge(self, state).map_err(|e| format!("{e:?}"))
    }
}

/// Documents that a test has as text.
pub trait PushText {
    /// Takes documents.
    fn push_text(&mut self, batch: &str) -> Outcome;
}

impl PushText for Detector {
    fn push_text(&mut self, batch: &str) -> Outcome {
        self.push(batch.as_bytes())
    }
}
