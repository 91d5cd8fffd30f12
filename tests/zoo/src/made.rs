//! A rule in the engine's shell, as an author writes one, which panics at a point that a test
//! selects: on one event, or anywhere else in an author's code.
#![allow(
    missing_docs,
    unsafe_code,
    reason = "the component's functions are exported by name"
)]

use aadgraph::about;
use aadgraph::event::GraphEvent;
use aadgraph::group;
use aadgraph::log::AadGraph;
use weir_detector::columns::Columns;
use weir_detector::config::Config;
use weir_detector::definition::{AlertField, Definition, Info, Rule, columns, parts};
use weir_detector::judgement::Judgement;
use weir_detector::key::{Keys, PartKind};
use weir_detector::schema::ColumnKind;

/// The mark that a test overwrites with the fault's name, padded with dots.
static MARK: [u8; 32] = *b"weir-zoo-animal:................";

/// Whether this fault is selected.
fn is(name: &str) -> bool {
    // Read through a black box: the compiler must not know the contents.
    let mark = unsafe { std::slice::from_raw_parts(std::hint::black_box(MARK.as_ptr()), 32) };
    let fault = std::str::from_utf8(&mark[16..]).unwrap_or_default();
    fault.trim_end_matches('.') == name
}

/// The agent of the event that it fails on.
const AGENT: &str = "poison/1.0";

/// An instruction that traps.
#[inline(never)]
fn stops_here() {
    core::arch::wasm32::unreachable();
}

/// A read outside of the memory.
#[inline(never)]
fn reads_outside() -> u8 {
    let outside = std::hint::black_box(usize::MAX - 7) as *const u8;
    // It traps: memory ends before.
    unsafe { outside.read_volatile() }
}

/// A loop without an end.
#[inline(never)]
fn never_ends() {
    let mut n = 0_u64;
    loop {
        n = std::hint::black_box(n.wrapping_add(1));
    }
}

struct Made;

weir_detector::export!(AadGraph: Made);

impl Rule for Made {
    type Log = AadGraph;

    fn definition(&self) -> Definition {
        assert!(!is("definition"), "a definition that is not there");
        Definition {
            info: Info {
                id: "7f3c5d1e-0000-4000-8000-000000000001",
                short_name: "made",
                name: match is("texts") {
                    true => "Every call of a user",
                    false => "Each call of a user",
                },
                version: 1 + u32::from(is("texts")),
                description: "Each call of a user in an hour.",
                ..about::info()
            },
            judgement: Judgement::Each {
                suppress_seconds: 3600,
            },
            parameters: Vec::new(),
            samples: None,
            exact: None,
            key: parts(&[("user.id", PartKind::Text)]),
            columns: columns(&[("Esql.total_calls", ColumnKind::Count)]),
            conditions: Vec::new(),
            promise: Vec::new(),
            shown: vec![("Esql.total_calls", AlertField::Column(0))],
            labels: Vec::new(),
            reason: |view| {
                assert!(!is("reason"), "no words for {}", view.number(0));
                format!("There were {} calls", view.number(0))
            },
            response: |_| Vec::new(),
            pivots: |_| Vec::new(),
        }
    }

    fn counting(&self) -> u64 {
        u64::from(is("counts"))
    }

    fn configure(&mut self, _: &Config) {
        assert!(!is("configure"), "nothing to configure");
    }

    fn keys(&self, event: &GraphEvent) -> Keys {
        group::keys(&[&event.users])
    }

    fn fill(&self, event: &GraphEvent, _: &mut Columns) {
        if is("flood") {
            (0..2000).for_each(|n| weir_detector::debug!("message {n}"));
        }
        if event.user_agents.iter().any(|agent| agent == AGENT) {
            weir_detector::debug!("an agent that is known: {AGENT}\u{1b}[2J\r");
            if is("unreachable") {
                stops_here();
            }
            if is("memory") {
                std::hint::black_box(reads_outside());
            }
            if is("spin") {
                never_ends();
            }
            assert!(!is("event"), "cannot fill in {AGENT}\u{1b}[2J\nnor go on");
            if is("index") {
                let paths = &event.paths[..];
                let _ = std::hint::black_box(&paths[std::hint::black_box(7)]);
            }
        }
    }
}
