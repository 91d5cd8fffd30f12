//! The real detection with one fault, which is named in the compiled bytes and which `weir test`
//! and `weir run` must report.
//!
//! The functions are those of the contract itself, around the real detector. Faults that break a law
//! of the contract are in `lawless`.
#![allow(
    missing_docs,
    unsafe_code,
    reason = "a component that is wrong on purpose"
)]

mod lawless;

use std::cell::RefCell;

use high_4xx::Detector as Real;
use weir_detector::model::bindings::{self, exports::weir::detector as wit};
use weir_detector::model::{
    Alert, Counters, Event, GroupState, MergeError, Outcome, Problem, Rule, RuleConfiguration,
    RuleCounters, Selection, Succession, TableError, Verdict,
};

/// The mark that a test overwrites with the fault's name, padded with dots.
static MARK: [u8; 32] = *b"weir-zoo-animal:................";

/// Whether this fault is selected.
fn is(name: &str) -> bool {
    // Read through a black box: the compiler must not know the contents.
    let mark = unsafe { std::slice::from_raw_parts(std::hint::black_box(MARK.as_ptr()), 32) };
    let fault = std::str::from_utf8(&mark[16..]).unwrap_or_default();
    fault.trim_end_matches('.') == name
}

/// The user agent of the only events that the fault `picky` processes.
const AGENT: &[u8] = b"walk/1.0";

struct Detector(RefCell<Real>);

struct Sloppy;
bindings::export!(Sloppy with_types_in bindings);

/// A borrowed detector.
type Borrowed<'d> = wit::detection::DetectorBorrow<'d>;

/// The real detector.
fn real<'d>(of: &'d Borrowed<'_>) -> &'d RefCell<Real> {
    &of.get::<Detector>().0
}

impl wit::description::Guest for Sloppy {
    fn describe() -> Vec<Rule> {
        vec![high_4xx::describe()]
    }
}

impl wit::detection::Guest for Sloppy {
    type Detector = Detector;
}

impl wit::detection::GuestDetector for Detector {
    fn open(
        rules: Vec<RuleConfiguration>,
        seed: (u64, u64),
    ) -> Result<wit::detection::Detector, Vec<Problem>> {
        let configuration = &rules[0].parameters;
        if is("open") {
            return Err(Vec::new());
        }
        lawless::opened(configuration, seed);
        let set = |name: &str, value: bool| {
            let (from, to) = (
                format!("\"{name}\":{}", !value),
                format!("\"{name}\":{value}"),
            );
            match configuration.contains(&from) {
                true => configuration.replace(&from, &to),
                false => configuration
                    .replacen('{', &format!("{{{to},"), 1)
                    .replace(",}", "}"),
            }
        };
        let configuration = match () {
            () if is("careless") => "{}".to_owned(),
            () if is("partial") => configuration.replace("\"partial\":true", "\"partial\":false"),
            () if is("no-verdicts") => {
                configuration.replace("\"verdicts\":true", "\"verdicts\":false")
            }
            () if is("verdicts") && !configuration.contains("\"verdicts\":true") => {
                set("verdicts", true)
            }
            () => configuration.to_owned(),
        };
        let real = high_4xx::open(&configuration, seed)?;
        Ok(wit::detection::Detector::new(Self(RefCell::new(real))))
    }

    fn push(&self, batch: Vec<u8>) -> Outcome {
        let mut real = self.0.borrow_mut();
        let batch = lawless::batch(&real, batch);
        if !is("picky") {
            return real.push(&batch);
        }
        let lines = batch.split_inclusive(|byte| *byte == b'\n');
        let of_agent = lines.filter(|line| line.windows(AGENT.len()).any(|part| part == AGENT));
        real.push(&of_agent.collect::<Vec<_>>().concat())
    }

    fn advance(&self, to: Option<i64>, clock: Option<i64>) {
        let to = to.filter(|_| !is("advance"));
        let clock = clock.filter(|_| !is("clock"));
        self.0.borrow_mut().advance(to, clock);
    }

    fn flush(&self) {
        if !is("flush") {
            self.0.borrow_mut().flush();
        }
    }

    fn take_alerts(&self, max: u32) -> Vec<Alert> {
        lawless::alerts(&mut self.0.borrow_mut(), max)
    }

    fn counters(&self) -> Counters {
        let mut counters = self.0.borrow().counters();
        let rule = &mut counters.rules[0];
        match () {
            () if is("counters") => {
                let nothing = RuleCounters::default();
                *rule = RuleCounters {
                    rule: rule.rule.clone(),
                    ..nothing
                };
            }
            () if is("counters-alerts") => {
                rule.alerts_on_time = 0;
                rule.alerts_late = 0;
            }
            () if is("counters-windows") => {
                rule.windows_fired = 0;
                rule.windows = 0;
                rule.groups = 0;
                rule.groups_seen = 0;
            }
            () if is("counters-more") => rule.counted += 1,
            () => {}
        }
        counters
    }
}

impl wit::inspection::Guest for Sloppy {
    fn advise(rules: Vec<RuleConfiguration>) -> Vec<Problem> {
        high_4xx::advise(&rules[0].parameters)
    }

    fn load_table(of: Borrowed<'_>, name: String, data: Vec<u8>) -> Result<(), TableError> {
        real(&of).borrow_mut().load_table(&name, &data)
    }

    fn take_verdicts(of: Borrowed<'_>, max: u32) -> Vec<Verdict> {
        let mut verdicts = real(&of).borrow_mut().take_verdicts(max);
        if is("verdicts-lie") {
            verdicts
                .iter_mut()
                .for_each(|verdict| verdict.alerted = false);
        }
        verdicts
    }

    fn select(of: Borrowed<'_>, batch: Vec<u8>, wanted: Vec<Selection>) -> Vec<Event> {
        lawless::looks(&mut real(&of).borrow_mut(), &batch);
        let mut events = real(&of).borrow().select(&batch, &wanted);
        match () {
            () if is("select") => events.clear(),
            () if is("select-time") => {
                events.iter_mut().for_each(|event| event.time += 86_400_000);
            }
            () if is("select-empty") => {
                events.iter_mut().for_each(|event| event.columns.clear());
            }
            () => {}
        }
        events
    }
}

impl wit::state::Guest for Sloppy {
    fn snapshot(of: Borrowed<'_>) -> Vec<u8> {
        real(&of).borrow().snapshot()
    }

    fn take_state(of: Borrowed<'_>) -> Vec<u8> {
        let mut real = real(&of).borrow_mut();
        match () {
            () if is("take-state-keeps") => real.snapshot(),
            () if is("take-state-loses") => {
                real.take_state();
                real.snapshot()
            }
            () => real.take_state(),
        }
    }

    fn take_groups(of: Borrowed<'_>, max: u32) -> Vec<GroupState> {
        let mut groups = real(&of).borrow_mut().take_groups(max);
        spoil(&mut groups, max);
        groups
    }

    fn merge(of: Borrowed<'_>, state: Vec<u8>) -> Result<(), MergeError> {
        lawless::merge(&mut real(&of).borrow_mut(), &state)
    }

    fn take_over(of: Borrowed<'_>, state: Vec<u8>) -> Result<Vec<Succession>, MergeError> {
        let mut real = real(&of).borrow_mut();
        match is("takes-nothing") {
            // It says that all is taken, and takes over that it has seen nothing.
            true => {
                let own = real.snapshot();
                real.take_over(&own)
            }
            false => real.take_over(&state),
        }
    }
}

impl wit::text::Guest for Sloppy {
    fn push_text(of: Borrowed<'_>, batch: String) -> Outcome {
        wit::detection::GuestDetector::push(of.get::<Detector>(), batch.into_bytes())
    }
}

impl wit::messages::Guest for Sloppy {
    fn take_messages(max: u32) -> Vec<String> {
        weir_detector::messages::take(max)
    }
}

/// Spoils the groups that are taken out.
fn spoil(groups: &mut Vec<GroupState>, max: u32) {
    if is("take-groups") {
        groups.clear();
    }
    if is("groups-panic") {
        panic!("in take-groups");
    }
    let Some(last) = groups.last().cloned() else {
        return;
    };
    match () {
        // A key without a user sorts before all others.
        () if is("groups-back") => {
            let mut first = last;
            first.key[0].value = None;
            groups.push(first);
        }
        () if is("groups-twice") => groups.push(last),
        () if is("groups-older") => {
            let mut older = last;
            older.window.start -= 120_000;
            older.window.end -= 120_000;
            groups.push(older);
        }
        () if is("groups-window") => groups[0].window.end += 1,
        () if is("groups-many") => groups.resize(max as usize + 1, last),
        () => {}
    }
}
