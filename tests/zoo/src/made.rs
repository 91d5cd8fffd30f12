//! A rule as an author writes one, in the engine's own shell. It panics where a test says, on one
//! event or wherever else an author's code is called.
#![allow(
    missing_docs,
    unsafe_code,
    reason = "the component's functions are exported by name"
)]

use aadgraph::about;
use aadgraph::event::Event;
use aadgraph::group;
use aadgraph::log::AadGraph;
use weir_detector::columns::Columns;
use weir_detector::config::Config;
use weir_detector::definition::{Definition, Info, Rule, Shown, columns, parts};
use weir_detector::judgement::Judgement;
use weir_detector::key::{Keys, PartKind};
use weir_detector::messages;
use weir_detector::schema::ColumnKind;

/// What a test writes the fault's name over, filled up with dots.
static MARK: [u8; 32] = *b"weir-zoo-animal:................";

/// Whether this is where it fails.
fn is(name: &str) -> bool {
    // Read where it lies: the compiler must not know what is there.
    let mark = unsafe { std::slice::from_raw_parts(std::hint::black_box(MARK.as_ptr()), 32) };
    let fault = std::str::from_utf8(&mark[16..]).unwrap_or_default();
    fault.trim_end_matches('.') == name
}

/// The agent of the event that it fails on.
const AGENT: &str = "poison/1.0";

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
                name: "Each call of a user",
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
            shown: vec![("Esql.total_calls", Shown::Column(0))],
            labels: Vec::new(),
            reason: |view| {
                assert!(!is("reason"), "no words for {}", view.number(0));
                format!("There were {} calls", view.number(0))
            },
            response: |_| Vec::new(),
            pivots: |_| Vec::new(),
        }
    }

    fn configure(&mut self, _: &Config) {
        assert!(!is("configure"), "nothing to configure");
    }

    fn keys(&self, event: &Event) -> Keys {
        group::keys(&[&event.users])
    }

    fn fill(&self, event: &Event, _: &mut Columns) {
        if event.user_agents.iter().any(|agent| agent == AGENT) {
            messages::print("an agent that is known");
            assert!(!is("event"), "cannot fill in {AGENT}\u{1b}[2J\nnor go on");
            if is("index") {
                let paths = &event.paths[..];
                messages::print(&paths[std::hint::black_box(7)]);
            }
        }
    }
}
