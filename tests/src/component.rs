//! The real component, through the host's library.
#![allow(
    clippy::expect_used,
    reason = "a component that fails here fails the test that uses it"
)]

use crate::compare::{Revision, of_component};
use crate::machine::{Counts, Machine, Maker, documents_of};
use crate::verdict::{self, Verdict};
use high_4xx::RULE_ID;
use weir_generator::mmdb::asn_database;
use weir_host::Detector;
use weir_host::contract::{self, Configuration, Selection, Window};
use weir_host::{Limits, Sandbox};

/// Makes instances of the component that the host carries, compiled once.
pub struct Component(Sandbox);

impl Component {
    /// Compiles the component.
    ///
    /// # Panics
    /// When the host refuses its own component.
    #[must_use]
    pub fn new() -> Self {
        Component(
            Sandbox::new(weir_shipped::COMPONENT, &Limits::default())
                .expect("the embedded component loads"),
        )
    }
}

impl Default for Component {
    fn default() -> Self {
        Component::new()
    }
}

impl Maker for Component {
    fn open(&self, configuration: &str) -> Box<dyn Machine> {
        let mut detector = self
            .0
            .open(
                &[Configuration::of(RULE_ID, configuration)],
                (0x5eed, 0xfeed),
            )
            .expect("a good configuration");
        detector
            .load_table("asn", &asn_database())
            .expect("a good table");
        Box::new(detector)
    }
}

impl Machine for Detector {
    fn push(&mut self, batch: &[u8]) -> Counts {
        Detector::push(self, batch).expect("push").counts().all()
    }

    fn clock(&mut self, now: i64) {
        Detector::advance(self, None, Some(now)).expect("advance");
    }

    fn advance(&mut self, to: i64) {
        Detector::advance(self, Some(to), None).expect("advance");
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
        let events = Detector::select(self, batch, &[any]).expect("select");
        documents_of!(events, contract)
    }

    fn flush(&mut self) {
        Detector::flush(self).expect("flush");
    }

    fn revisions(&mut self) -> Vec<Revision> {
        self.alerts()
            .map(|alert| of_component(&alert.expect("take-alerts")))
            .collect()
    }

    fn verdicts(&mut self) -> Result<Vec<Verdict>, String> {
        let mut all = Vec::new();
        loop {
            let some = self.take_verdicts().expect("take-verdicts");
            if some.is_empty() {
                return Ok(all);
            }
            for one in &some {
                all.push(verdict::of_component(one)?);
            }
        }
    }

    fn counts(&mut self) -> Counts {
        let counters = self.counters().expect("counters");
        let c = &counters.rules[0];
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

    fn snapshot(&mut self) -> Vec<u8> {
        Detector::snapshot(self).expect("snapshot")
    }

    fn watermark(&mut self) -> Option<i64> {
        self.counters().expect("counters").watermark
    }

    fn groups(&mut self, max: u32) -> Vec<(String, Vec<u8>)> {
        let taken = self.take_groups(max).expect("take-groups").into_iter();
        let named = taken.map(|group| (format!("{:?}", group.key), group.state));
        named.collect()
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        Detector::merge(self, state).map_err(|e| e.to_string())
    }
}
