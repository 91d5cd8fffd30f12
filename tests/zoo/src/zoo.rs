#![allow(
    missing_docs,
    unsafe_code,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    clippy::restriction,
    reason = "hostile on purpose"
)]

mod alerts;
mod describe;
mod printed;
mod refusals;
mod states;
mod verdicts;

mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "detector" });
    export!(Shell with_types_in self);
    use super::Shell;
}

use bindings::exports::weir::detector::alerts as wa;
use bindings::exports::weir::detector::description as wd;
use bindings::exports::weir::detector::detection as wt;
use bindings::exports::weir::detector::inspection as wi;
use bindings::exports::weir::detector::messages as wm;
use bindings::exports::weir::detector::state as ws;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

/// The mark that a test overwrites with the animal's name, padded with dots.
static MARK: [u8; 32] = *b"weir-zoo-animal:................";

/// The animal's name.
fn animal() -> &'static str {
    // Read through a black box: the compiler must not know the contents.
    let name = unsafe { std::slice::from_raw_parts(std::hint::black_box(MARK.as_ptr()), 32) };
    let name = std::str::from_utf8(&name[16..]).unwrap_or_default();
    name.trim_end_matches('.')
}

fn is(name: &str) -> bool {
    animal() == name
}

/// An allocator that can trap on large blocks, in the middle of the host's lowering.
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

/// Recurses on the engine's stack only, since the stack in memory would run out first.
#[allow(unconditional_recursion)]
#[inline(never)]
fn deep(n: u64) -> u64 {
    deep(n + COUNT.fetch_add(1, Ordering::Relaxed)).wrapping_mul(3) + n
}

static COUNT: AtomicU64 = AtomicU64::new(0);

/// Panics in a call if the animal does so.
fn stung(call: &str) {
    if animal().strip_prefix("panic-") == Some(call) {
        panic!("in {call}");
    }
}

struct Shell;

impl wd::Guest for Shell {
    fn describe() -> Vec<wd::Rule> {
        stung("describe");
        if is("spin-describe") {
            spin();
        }
        describe::rules()
    }
}

impl wt::Guest for Shell {
    type Detector = Detector;
}

/// Number of lines after which the set of seen lines is cleared.
const REMEMBERED: usize = 70_000;

/// The state of the honest detector, and the leak of the leaking one.
#[derive(Default)]
struct State {
    seen: BTreeSet<u64>,
    counted: u64,
    duplicate: u64,
    /// Numbers of lines with queued alerts.
    waiting: Vec<u64>,
    /// Numbers of lines with queued ledger entries.
    entries: Vec<u64>,
    leaked: Vec<Vec<u8>>,
    /// Number of invented alerts and entries.
    invented: u64,
}

struct Detector(RefCell<State>);

/// FNV-1a, which is enough for a test.
fn hash(line: &[u8]) -> u64 {
    line.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl wt::GuestDetector for Detector {
    fn open(
        _: Vec<wt::RuleConfiguration>,
        _: (u64, u64),
    ) -> Result<wt::Detector, Vec<wt::Problem>> {
        printed::listen();
        stung("open");
        if is("spin-open") {
            spin();
        }
        if animal().starts_with("open-") {
            return Err(states::problems());
        }
        Ok(wt::Detector::new(Detector(RefCell::default())))
    }

    fn push(&self, batch: Vec<u8>) -> wt::Outcome {
        let mut state = self.0.borrow_mut();
        match animal() {
            "spin-push" => spin(),
            "panic-push" => panic!("always"),
            "told-push" | "told-long" | "told-many" => panic!("at push\u{1b}[2J"),
            "prints" | "prints-steering" | "prints-many" | "prints-long" => printed::print(),
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
                    if describe::keeps_ledger() {
                        state.entries.push(number);
                    }
                }
            } else {
                state.duplicate += 1;
                outcome.duplicate += 1;
            }
        }
        refusals::sting(&mut outcome, &batch);
        outcome
    }

    fn advance(&self, _: Option<i64>, _: Option<i64>) {
        stung("advance");
    }

    fn flush(&self) {
        stung("flush");
    }

    fn take_alerts(&self, max: u32) -> Vec<wa::Alert> {
        stung("alerts");
        if is("spin-alerts") {
            spin();
        }
        if is("hungry-alerts") {
            drop(std::hint::black_box(vec![1_u8; (max as usize) << 20]));
        }
        let mut state = self.0.borrow_mut();
        if let Some(given) = alerts::instead(&mut state) {
            return given;
        }
        let taken = state.waiting.len().min(max as usize);
        let numbers: Vec<u64> = state.waiting.drain(..taken).collect();
        numbers.into_iter().flat_map(alerts::all_on).collect()
    }

    fn counters(&self) -> wt::Counters {
        stung("counters");
        let state = self.0.borrow();
        let most = |honest: u64| match is("counters-max") {
            true => u64::MAX,
            false => honest,
        };
        let rule = wt::RuleCounters {
            rule: describe::id(),
            unwanted: most(0),
            counted: match animal() {
                "counters-lie" => state.counted + 1,
                _ => state.counted,
            },
            duplicate: state.duplicate,
            excluded: most(0),
            dropped_late: most(0),
            refused_future: most(0),
            late: most(0),
            windows: most(0),
            groups: most(0),
            windows_fired: most(0),
            groups_seen: most(0),
            alerts_early: most(0),
            alerts_on_time: most(0),
            alerts_late: most(0),
            alerts_retracted: most(0),
            evicted: most(0),
            ids_forgotten: most(0),
            state_bytes: most(0),
        };
        wt::Counters {
            rules: match animal() {
                "counters-none" => Vec::new(),
                "counters-twice" => vec![rule.clone(), rule],
                _ => vec![rule],
            },
            merged_duplicate: most(0),
            merged_late: most(0),
            tables_missed: match animal() {
                "table-missed" => vec![("no-such".to_owned(), 1)],
                "steering-words" => vec![("zoo".to_owned(), u64::MAX)],
                _ => Vec::new(),
            },
            opened: match animal() {
                "opened-twice" => vec![("a".to_owned(), 1), ("a".to_owned(), 2)],
                "opened-empty" => vec![(String::new(), 1)],
                "opened-long" => vec![("x".repeat(2000), 1)],
                "opened-steering" => vec![(describe::STEERING.to_owned(), u64::MAX)],
                "opened-many" => (0..2000).map(|n| (n.to_string(), 1)).collect(),
                _ => Vec::new(),
            },
            watermark: is("watermark-far").then_some(i64::MAX),
        }
    }
}

impl Shell {
    fn snapshot_of(of: &wt::DetectorBorrow<'_>) -> Vec<u8> {
        stung("snapshot");
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
        let state = of.get::<Detector>().0.borrow();
        let (waiting, entries) = (&state.waiting, &state.entries);
        let lengths = [waiting.len() as u64, entries.len() as u64];
        let numbers = [state.counted, state.duplicate, lengths[0], lengths[1]];
        let numbers = numbers.iter().chain(waiting).chain(entries);
        let numbers = numbers.chain(&state.seen);
        numbers.flat_map(|number| number.to_le_bytes()).collect()
    }
}

impl bindings::exports::weir::detector::text::Guest for Shell {
    fn push_text(of: wt::DetectorBorrow<'_>, batch: String) -> wt::Outcome {
        wt::GuestDetector::push(of.get::<Detector>(), batch.into_bytes())
    }
}

impl ws::Guest for Shell {
    fn snapshot(of: wt::DetectorBorrow<'_>) -> Vec<u8> {
        Self::snapshot_of(&of)
    }

    fn take_state(of: wt::DetectorBorrow<'_>) -> Vec<u8> {
        stung("take-state");
        let state = Self::snapshot_of(&of);
        *of.get::<Detector>().0.borrow_mut() = State::default();
        state
    }

    fn take_groups(_: wt::DetectorBorrow<'_>, _: u32) -> Vec<ws::GroupState> {
        Vec::new()
    }

    fn merge(of: wt::DetectorBorrow<'_>, state: Vec<u8>) -> Result<(), ws::MergeError> {
        stung("merge");
        if is("merge-long") {
            return Err(ws::MergeError::OtherRule("x".repeat(1 << 20)));
        }
        let damaged = || ws::MergeError::Damaged("not of this zoo".to_owned());
        let (numbers, rest) = state.as_chunks::<8>();
        let numbers: Vec<u64> = numbers.iter().map(|n| u64::from_le_bytes(*n)).collect();
        let [counted, duplicate, waiting, entries, rest_of @ ..] = &numbers[..] else {
            return Err(damaged());
        };
        if !rest.is_empty() || waiting.saturating_add(*entries) as usize > rest_of.len() {
            return Err(damaged());
        }
        let mut ours = of.get::<Detector>().0.borrow_mut();
        ours.counted += counted;
        ours.duplicate += duplicate;
        let (alerts, rest_of) = rest_of.split_at(*waiting as usize);
        let (entries, seen) = rest_of.split_at(*entries as usize);
        ours.waiting.extend(alerts);
        ours.entries.extend(entries);
        ours.seen.extend(seen);
        Ok(())
    }

    fn take_over(
        of: wt::DetectorBorrow<'_>,
        state: Vec<u8>,
    ) -> Result<Vec<ws::Succession>, ws::MergeError> {
        stung("take-over");
        let told = || ws::Succession {
            rule: describe::rules().remove(0).id,
            version: 1,
            lost: Vec::new(),
            changed: vec!["nothing".repeat(if is("take-over-long") { 1 << 20 } else { 1 })],
        };
        match Self::merge(of, state) {
            Ok(()) if is("take-over-twice") => Ok(vec![told(), told()]),
            taken => taken.map(|()| vec![told()]),
        }
    }
}

impl wi::Guest for Shell {
    fn advise(_: Vec<wt::RuleConfiguration>) -> Vec<wt::Problem> {
        stung("advise");
        match animal().starts_with("advise") {
            true => states::problems(),
            false => Vec::new(),
        }
    }

    fn load_table(_: wt::DetectorBorrow<'_>, _: String, _: Vec<u8>) -> Result<(), wi::TableError> {
        stung("table");
        Err(states::no_table())
    }

    fn take_verdicts(of: wt::DetectorBorrow<'_>, max: u32) -> Vec<wa::Verdict> {
        if is("ledger-panic") {
            panic!("in take-verdicts");
        }
        if is("ledger-spin") {
            spin();
        }
        if is("ledger-hungry") {
            drop(std::hint::black_box(vec![1_u8; (max as usize) << 20]));
        }
        let mut state = of.get::<Detector>().0.borrow_mut();
        if let Some(given) = verdicts::instead(&mut state) {
            return given;
        }
        let taken = state.entries.len().min(max as usize);
        state
            .entries
            .drain(..taken)
            .map(verdicts::verdict)
            .collect()
    }

    fn select(
        _: wt::DetectorBorrow<'_>,
        batch: Vec<u8>,
        wanted: Vec<wi::Selection>,
    ) -> Vec<wi::Event> {
        stung("select");
        states::events(&batch, &wanted)
    }
}

impl wm::Guest for Shell {
    fn take_messages(max: u32) -> Vec<String> {
        printed::take(max)
    }
}
