#![allow(
    missing_docs,
    unsafe_code,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    clippy::restriction,
    reason = "hostile on purpose"
)]

mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "detector" });
    export!(Shell with_types_in self);
    use super::Shell;
}

use bindings::exports::weir::detector::alerts as wa;
use bindings::exports::weir::detector::description as wd;
use bindings::exports::weir::detector::detection as wt;
use sha2::{Digest, Sha256};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a test writes the animal's name over, filled up with dots.
static MARK: [u8; 32] = *b"weir-zoo-animal:................";

/// The animal's name.
fn animal() -> &'static str {
    // Read where it lies: the compiler must not know what is there.
    let name = unsafe { std::slice::from_raw_parts(std::hint::black_box(MARK.as_ptr()), 32) };
    let name = std::str::from_utf8(&name[16..]).unwrap_or_default();
    name.trim_end_matches('.')
}

fn is(name: &str) -> bool {
    animal() == name
}

/// Traps on large blocks when told to, in the middle of the host's lowering.
struct Allocator;

unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > 100_000 && traps_in_realloc() {
            core::arch::wasm32::unreachable();
        }
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }
}

fn traps_in_realloc() -> bool {
    is("realloc")
}

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

fn spin() -> ! {
    let mut n = 0_u64;
    loop {
        n = std::hint::black_box(n.wrapping_add(1));
    }
}

/// Recurses on the engine's stack alone: the one in memory would run out before.
#[allow(unconditional_recursion)]
#[inline(never)]
fn deep(n: u64) -> u64 {
    deep(n + COUNT.fetch_add(1, Ordering::Relaxed)).wrapping_mul(3) + n
}

static COUNT: AtomicU64 = AtomicU64::new(0);

struct Shell;

impl wd::Guest for Shell {
    fn describe() -> wd::Rule {
        if is("spin-describe") {
            spin();
        }
        let attack = |id: &str| wd::Attack {
            id: id.to_owned(),
            name: id.to_owned(),
            reference: "https://example.org".to_owned(),
        };
        wd::Rule {
            id: format!("zoo-{}", animal()),
            name: if is("escape") {
                "\u{1b}[2J\u{202e}<script>alert(1)</script>".to_owned()
            } else {
                "Every fifth line".to_owned()
            },
            version: 1,
            description: "Alerts on every fifth line that it has not seen.".to_owned(),
            references: Vec::new(),
            severity: wd::Severity::Low,
            risk_score: 1,
            tags: Vec::new(),
            event_category: Vec::new(),
            event_type: Vec::new(),
            threats: vec![wd::Threat {
                tactic: attack("TA0007"),
                techniques: Vec::new(),
                subtechniques: Vec::new(),
            }],
            window_length: 1000,
            data_sets: Vec::new(),
            parameters: parameters(),
            conditions: conditions(),
            tables: Vec::new(),
        }
    }
}

/// Whether it keeps a ledger, with an entry for each alert.
fn keeps_ledger() -> bool {
    animal().starts_with("ledger")
}

fn parameters() -> Vec<wd::Parameter> {
    let verdicts = wd::Parameter {
        name: "verdicts".to_owned(),
        kind: wd::ParameterType::Boolean,
        default_value: "false".to_owned(),
        minimum: None,
        maximum: None,
        summary: "Keep the ledger.".to_owned(),
    };
    keeps_ledger().then_some(verdicts).into_iter().collect()
}

fn conditions() -> Vec<wd::Condition> {
    let lines = wd::Condition {
        column: match is("ledger-columns") {
            true => "rule.id".to_owned(),
            false => "zoo.lines".to_owned(),
        },
        parameter: "min_lines".to_owned(),
        aggregate: wd::Aggregate::Count,
    };
    keeps_ledger().then_some(lines).into_iter().collect()
}

impl wt::Guest for Shell {
    type Detector = Detector;

    fn advise(_: String) -> Vec<wt::Problem> {
        Vec::new()
    }
}

/// Lines that it remembers before it starts over.
const REMEMBERED: usize = 70_000;

/// What the honest detector keeps, and what the leaking one leaks.
#[derive(Default)]
struct State {
    seen: BTreeSet<u64>,
    counted: u64,
    duplicate: u64,
    /// Numbers of lines that are to be alerted on.
    waiting: Vec<u64>,
    /// The same of the ledger's entries.
    entries: Vec<u64>,
    leaked: Vec<Vec<u8>>,
}

struct Detector(RefCell<State>);

/// FNV-1a: nobody attacks a zoo's hash.
fn hash(line: &[u8]) -> u64 {
    line.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl wt::GuestDetector for Detector {
    fn open(_: String, _: (u64, u64)) -> Result<wt::Detector, Vec<wt::Problem>> {
        if is("spin-open") {
            spin();
        }
        Ok(wt::Detector::new(Detector(RefCell::default())))
    }

    fn load_table(&self, _: String, _: Vec<u8>) -> Result<(), wt::TableError> {
        Err(wt::TableError::Unknown(Vec::new()))
    }

    fn push(&self, batch: Vec<u8>) -> wt::Outcome {
        let mut state = self.0.borrow_mut();
        match animal() {
            "spin-push" => spin(),
            "panic-push" => panic!("always"),
            "recurse" => drop(std::hint::black_box(deep(1))),
            "grow" => loop {
                state.leaked.push(std::hint::black_box(vec![1; 1 << 20]));
            },
            "block" => state.leaked.push(std::hint::black_box(vec![1; 1 << 30])),
            _ => {}
        }
        let mut outcome = wt::Outcome {
            counted: 0,
            duplicate: 0,
            excluded: 0,
            other_data_set: 0,
            malformed: 0,
            dropped_late: 0,
            refused_future: 0,
            refused: Vec::new(),
        };
        let lines = batch.split(|byte| *byte == b'\n');
        for line in lines.filter(|line| !line.is_empty()) {
            if line.windows(6).any(|word| word == b"poison") {
                match animal() {
                    "panic-poison" => panic!("on one event only"),
                    "spin-poison" => spin(),
                    _ => {}
                }
            }
            if is("leak") || is("ledger-leak") {
                state.leaked.push(std::hint::black_box(vec![1; 1024]));
            }
            if state.seen.len() >= REMEMBERED {
                state.seen.clear();
            }
            if state.seen.insert(hash(line)) {
                state.counted += 1;
                outcome.counted += 1;
                if state.counted % 5 == 0 {
                    let number = state.counted;
                    state.waiting.push(number);
                    if keeps_ledger() {
                        state.entries.push(number);
                    }
                }
            } else {
                state.duplicate += 1;
                outcome.duplicate += 1;
            }
        }
        match animal() {
            "lie-counts" => outcome.counted += 1_000_000,
            "lie-offsets" => {
                outcome.counted -= outcome.counted.min(1);
                outcome.malformed += 1;
                outcome.refused.push(wt::Refusal {
                    line: u32::MAX,
                    offset: u32::MAX,
                    length: u32::MAX,
                    kind: wt::RefusalKind::Malformed,
                    reason: "\u{1b}[31m<b>no such place</b>".to_owned(),
                });
            }
            _ => {}
        }
        outcome
    }

    fn push_text(&self, batch: String) -> wt::Outcome {
        self.push(batch.into_bytes())
    }

    fn clock(&self, _: i64) {}

    fn advance(&self, _: i64) {}

    fn flush(&self) {}

    fn take_alerts(&self, max: u32) -> Vec<wa::Alert> {
        match animal() {
            "spin-alerts" => spin(),
            // A list that is longer than all memory.
            "long-list" => {
                let one = vec![alert(1)];
                let start = Box::leak(one.into_boxed_slice()).as_mut_ptr();
                return unsafe { Vec::from_raw_parts(start, 1 << 26, 1 << 26) };
            }
            "many-alerts" => return (0..1_000_000).map(alert).collect(),
            "long-string" => {
                let mut one = alert(1);
                one.reason = unsafe {
                    String::from_raw_parts(
                        Box::leak(Box::new([b'x'; 8])).as_mut_ptr(),
                        0xf000_0000,
                        0xf000_0000,
                    )
                };
                return vec![one];
            }
            "big-string" => {
                let mut one = alert(1);
                one.reason = "x".repeat(300 << 20);
                return vec![one];
            }
            "utf8" => {
                let mut one = alert(1);
                one.reason = unsafe { String::from_utf8_unchecked(vec![0xff, 0xfe, b'x']) };
                return vec![one];
            }
            "endless-alerts" => return vec![alert(1)],
            _ => {}
        }
        let mut state = self.0.borrow_mut();
        let taken = state.waiting.len().min(max as usize);
        state.waiting.drain(..taken).map(alert).collect()
    }

    fn take_verdicts(&self, max: u32) -> Vec<wa::Verdict> {
        match animal() {
            "ledger-spin" => spin(),
            "ledger-many" => return (0..1_000_000).map(verdict).collect(),
            _ => {}
        }
        let mut state = self.0.borrow_mut();
        let taken = state.entries.len().min(max as usize);
        state.entries.drain(..taken).map(verdict).collect()
    }

    fn select(&self, _: Vec<u8>, _: Vec<wt::Selection>) -> Vec<wt::Event> {
        Vec::new()
    }

    fn counters(&self) -> wt::Counters {
        let state = self.0.borrow();
        wt::Counters {
            counted: state.counted,
            duplicate: state.duplicate,
            excluded: 0,
            other_data_set: 0,
            malformed: 0,
            dropped_late: 0,
            refused_future: 0,
            late: 0,
            windows: 0,
            groups: 0,
            windows_fired: 0,
            groups_seen: 0,
            alerts_early: 0,
            alerts_on_time: 0,
            alerts_late: 0,
            alerts_retracted: 0,
            evicted: 0,
            ids_forgotten: 0,
            tables_missed: Vec::new(),
            watermark: None,
            state_bytes: 0,
        }
    }

    fn snapshot(&self) -> Vec<u8> {
        match animal() {
            "huge-snapshot" => return vec![1; 900 << 20],
            // Longer than all memory.
            "long-bytes" => {
                let start = Box::leak(Box::new([1_u8; 8])).as_mut_ptr();
                return unsafe { Vec::from_raw_parts(start, 0xf000_0000, 0xf000_0000) };
            }
            "bad-snapshot" => return b"damaged".to_vec(),
            _ => {}
        }
        let state = self.0.borrow();
        let (waiting, entries) = (&state.waiting, &state.entries);
        let lengths = [waiting.len() as u64, entries.len() as u64];
        let numbers = [state.counted, state.duplicate, lengths[0], lengths[1]];
        let numbers = numbers.iter().chain(waiting).chain(entries);
        let numbers = numbers.chain(&state.seen);
        numbers.flat_map(|number| number.to_le_bytes()).collect()
    }

    fn take_state(&self) -> Vec<u8> {
        let state = self.snapshot();
        *self.0.borrow_mut() = State::default();
        state
    }

    fn take_groups(&self, _: u32) -> Vec<wt::GroupState> {
        Vec::new()
    }

    fn merge(&self, state: Vec<u8>) -> Result<(), wt::MergeError> {
        let damaged = || wt::MergeError::Damaged("not of this zoo".to_owned());
        let (numbers, rest) = state.as_chunks::<8>();
        let numbers: Vec<u64> = numbers.iter().map(|n| u64::from_le_bytes(*n)).collect();
        let [counted, duplicate, waiting, entries, rest_of @ ..] = &numbers[..] else {
            return Err(damaged());
        };
        if !rest.is_empty() || waiting.saturating_add(*entries) as usize > rest_of.len() {
            return Err(damaged());
        }
        let mut ours = self.0.borrow_mut();
        ours.counted += counted;
        ours.duplicate += duplicate;
        let (alerts, rest_of) = rest_of.split_at(*waiting as usize);
        let (entries, seen) = rest_of.split_at(*entries as usize);
        ours.waiting.extend(alerts);
        ours.entries.extend(entries);
        ours.seen.extend(seen);
        Ok(())
    }
}

/// The id that the contract gives an alert of the first second on this line.
fn id(rule: &str, number: u64) -> String {
    let mut hash = Sha256::new();
    hash.update((rule.len() as u64).to_le_bytes());
    hash.update(rule);
    hash.update(0_i64.to_le_bytes());
    hash.update(1000_i64.to_le_bytes());
    hash.update([1]);
    hash.update(number.to_le_bytes());
    hash.finalize()[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn alert(number: u64) -> wa::Alert {
    let rule = match animal() {
        // So that it writes over the alerts of another one.
        "forged-id" => "another-rule".to_owned(),
        animal => format!("zoo-{animal}"),
    };
    wa::Alert {
        id: id(&rule, number),
        revision: 1,
        phase: wa::Phase::OnTime,
        window: wa::Window {
            start: 0,
            end: 1000,
        },
        key: vec![wa::KeyPart {
            name: "line".to_owned(),
            value: Some(wa::Value::Integer(number as i64)),
        }],
        first_seen: 0,
        last_seen: 0,
        columns: Vec::new(),
        reason: format!("line {number}"),
        complete: true,
        truncated: Vec::new(),
        response: Vec::new(),
        pivots: Vec::new(),
    }
}

/// What is entered for a line: one that is as it should be, or not.
fn verdict(number: u64) -> wa::Verdict {
    let (value, holds) = match animal() {
        "ledger-nan" => (f64::NAN, false),
        "ledger-lies" => (1.0, false),
        "ledger-part" => (1.5, true),
        _ => (1.0, true),
    };
    let clause = wa::Clause {
        name: match is("ledger-other") {
            true => "zoo.others".to_owned(),
            false => "zoo.lines".to_owned(),
        },
        value,
        threshold: 1.0,
        distance: value - 1.0,
        holds,
    };
    let part = |name: &str, value| wa::KeyPart {
        name: name.to_owned(),
        value,
    };
    let key = match animal() {
        // Other parts each time.
        "ledger-keys" => part(&format!("line-{number}"), None),
        "ledger-clash" => part("weir.alerted", None),
        _ => part("line", Some(wa::Value::Integer(number as i64))),
    };
    wa::Verdict {
        window: wa::Window {
            start: 0,
            end: 1000,
        },
        key: vec![key],
        first_seen: 0,
        last_seen: 0,
        alerted: holds,
        clauses: vec![clause],
        complete: true,
    }
}
