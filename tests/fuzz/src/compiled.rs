//! Rules of compiled definitions, for the targets that make some or read some.

use crate::Any;
use std::sync::{Mutex, PoisonError};
use weir_compile::{Choice, Compilation, State, compile, report, sources};
use weir_compiled::format::{FieldSpec, FigureSpec, MAX_RULES, RuleSpec, decode, encode};
use weir_compiled::log::Documents;
use weir_detector::detector::Detector;
use weir_detector::model::RuleConfiguration;
use weir_detector::program::function::Meter;
use weir_detector::program::{MAX_STEPS, Program};

/// Most definitions that detectors are opened on: each stays until the end, as in a component.
const KEPT: usize = 20_000;

/// Events for rules of any kind, some of them with values of odd types.
pub const EVENTS: &str = concat!(
    r#"{"@timestamp":"2026-05-19T09:00:00Z","_id":"1","event.action":"a","user":{"name":"ab"},"source.ip":"10.0.0.1","process.pid":7,"message":"a b c"}"#,
    "\n",
    r#"{"@timestamp":"2026-05-19T09:00:30Z","_id":"2","event":{"action":["a","b"],"outcome":"failure"},"user.name":["x","\u00e9"],"process.pid":"8","data_stream.dataset":"system.auth"}"#,
    "\n",
    r#"{"@timestamp":"2026-05-19T09:09:00Z","event.id":"3","host.name":"h","user.name":{"a":1},"process.pid":1e40,"event.dataset":"a","tags":[null,true]}"#,
    "\n",
);

/// Compiles a file, and checks what is said of it, and that the definitions are read again.
pub fn understood(text: &str) -> Vec<RuleSpec> {
    let file = sources::file("rule", text.to_owned(), false);
    let lines = 1 + file.text.bytes().filter(|byte| *byte == b'\n').count();
    let choice = Choice {
        all: true,
        ..Choice::default()
    };
    let compilation = compile(&[file], &choice);
    for outcome in &compilation.outcomes {
        let left_out = !outcome.findings.is_empty();
        assert_eq!(outcome.state == State::LeftOut, left_out, "{outcome:?}");
        for finding in outcome.findings.iter().chain(&outcome.notes) {
            assert!((1..=lines).contains(&finding.place.line), "{finding:?}");
            assert!(!finding.message.is_empty() && !finding.excerpt.is_empty());
        }
    }
    let reports = [report::findings, report::notes, report::table];
    reports.iter().for_each(|report| drop(report(&compilation)));
    let Compilation { specs, outcomes } = &compilation;
    assert_eq!(
        report::json(&compilation)["rules"].as_array().map(Vec::len),
        Some(outcomes.len())
    );
    assert_eq!(compilation.count(State::Compiled), specs.len());
    assert!(specs.len() <= MAX_RULES);
    assert_eq!(decode(&encode(specs)).as_ref(), Ok(specs));
    compilation.specs
}

/// Evaluates the programs of rules on any values.
pub fn evaluate(specs: &[RuleSpec], data: &[u8]) {
    for spec in specs {
        let parts = spec.key.iter().map(|part| &part.program);
        let columns = spec
            .columns
            .iter()
            .filter_map(|column| column.program.as_ref());
        let figures = spec
            .conditions
            .iter()
            .filter_map(|clause| match &clause.figure {
                FigureSpec::Computed(_, program) => Some(program),
                FigureSpec::Column(_) => None,
            });
        let fields = spec.fields.iter().filter_map(|(_, field)| match field {
            FieldSpec::Computed(program) => Some(program),
            _ => None,
        });
        let programs = [&spec.filter].into_iter().chain(parts).chain(columns);
        programs
            .chain(figures)
            .chain(fields)
            .for_each(|program| measured(program, data));
    }
}

/// Evaluates a program on any values, within its steps.
pub fn measured(program: &Program, data: &[u8]) {
    let (fields, mut meter) = (Any(data), Meter::default());
    let value = program.measured(&fields, &mut meter);
    assert!(meter.steps <= program.steps() && program.steps() <= MAX_STEPS);
    assert!(value.kind().is_none_or(|kind| kind == program.kind()));
    assert_eq!(value, program.eval(&fields));
}

/// A detector on rules, or why there is none; None once there were many.
pub fn opened(specs: Vec<RuleSpec>) -> Option<Result<Detector<Documents>, String>> {
    static ALL: Mutex<Vec<&'static [RuleSpec]>> = Mutex::new(Vec::new());
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    if all.len() >= KEPT {
        return None;
    }
    let specs: &'static [RuleSpec] = Box::leak(specs.into_boxed_slice());
    all.push(specs);
    let configured: Vec<RuleConfiguration> = { specs.iter() }
        .map(|spec| RuleConfiguration {
            rule: spec.id.clone(),
            parameters: "{}".to_owned(),
        })
        .collect();
    let rules = weir_compiled::rules(specs);
    Some(rules.and_then(|rules| {
        let opened = Detector::open(rules, &configured, (1, 2));
        opened.map_err(|problems| format!("{problems:?}"))
    }))
}

/// Pushes events, and restores the state.
pub fn judge(detector: &mut Detector<Documents>) {
    detector.push(EVENTS.as_bytes());
    let state = detector.snapshot();
    assert_eq!(detector.merge(&state), Ok(()));
    detector.flush();
    detector.take_alerts(u32::MAX);
}
