//! `weir tap`: events of one group as a fixture case.

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value as Json};

use weir_cases::CaseResult;
use weir_cases::redact::Redactor;
use weir_cases::tap::{Recorded, StopCondition, Tap};
use weir_common::numbers::counted;
use weir_common::seed::random_seed;
use weir_config::configured::{ConfiguredRule, configurations, only};
use weir_config::named::named_parts;
use weir_host::Error;
use weir_host::contract::{
    Interface, Judgement, KeyPart, ParameterType, Rule, Selection, Value, Window,
};
use weir_pipeline::sizes;
use weir_sources::input::{self, Source};
use weir_sources::reader::Reader;

use super::run::{input_in, on_signals};
use super::{fail, opening, print, read, sandbox, say};
use crate::cli::{STDOUT, TapArgs};
use crate::terminal::Paint;

/// Runs the command.
pub(crate) fn tap(arguments: &TapArgs) -> Result<u8, Error> {
    if arguments.output == Path::new(STDOUT) {
        return Err(Error::config(
            "--output -: a case is a folder of files; name one",
        ));
    }
    let mut config = arguments.component.config()?;
    arguments.open.set(&mut config)?;
    let sandbox = sandbox(config.component.as_ref(), &config)?;
    sandbox.needs(Interface::Inspection, "`weir tap`")?;
    let chosen = opening::chosen(&sandbox, &config)?;
    let chosen = only(chosen, |chosen| &chosen.rule, "weir tap")?;
    let configuration = configurations(std::slice::from_ref(&chosen));
    let opened = sandbox.open(&configuration, random_seed());
    let mut detector =
        opened.map_err(|error| config.origins.explain(error, std::slice::from_ref(&chosen)))?;
    let mut original = sandbox.open(&configuration, random_seed())?;
    let ConfiguredRule {
        rule,
        mut parameters,
        ..
    } = chosen;
    for (name, path) in &config.tables {
        let table = read(path)?;
        detector.load_table(name, &table)?;
        original.load_table(name, &table)?;
    }
    let wanted = wanted(arguments, &rule, Reach::of(&parameters, &rule))?;
    let inputs = opening::inputs(&arguments.inputs, opening::FILES)?;
    let (sources, errors) = input::expand(&inputs);
    refuse_own_folder(arguments, &sources)?;
    let stop = on_signals()?;
    let redactor = Redactor::new(arguments.keep.clone());
    let data_set = rule.data_sets.first().cloned();
    let mut tap = Tap::new(&arguments.output, data_set, redactor, original)?;
    let missing = if arguments.follow { 0 } else { errors.len() };
    let feed = if arguments.follow {
        Reader::follow(inputs, sizes(&config.limits), Vec::new())?
    } else {
        errors.iter().for_each(|error| fail("source-failed", error));
        Reader::replay(sources, sizes(&config.limits), Vec::new(), false)?
    };
    let until = StopCondition {
        stop: &stop,
        after: arguments
            .seconds
            .map(|seconds| Duration::from_secs(seconds.into())),
        events: arguments.max_events.into(),
    };
    let recorded = tap.record(feed, &mut detector, &wanted, until);
    let recorded = match recorded {
        Ok(recorded) => recorded,
        Err(error) => {
            tap.discard();
            return Err(error);
        }
    };
    if recorded.events == 0 {
        tap.discard();
        return Err(Error::config(format!(
            "no event of that key and time in {}; nothing was recorded",
            counted(recorded.lines, "line")
        )));
    }
    let left_out = leave_out(&mut parameters, &rule);
    let why = why(arguments, &recorded);
    let finished = tap.finish(&why, &rule, &parameters, &wanted, &sandbox)?;
    if recorded.full {
        say(
            "case-cut",
            format!(
                "stopped at {}; --max-events N takes more",
                counted(recorded.events, "event")
            ),
        );
    }
    say(
        "case-recorded",
        format!(
            "{} of {}, redacted; look at the case before you pass it on",
            counted(recorded.events, "event"),
            counted(recorded.lines, "line")
        ),
    );
    let as_found = say_result(&arguments.output, &rule, &finished, &left_out)?;
    Ok(match (as_found, missing + recorded.failed) {
        (true, 0) => 0,
        (true, _) => 3,
        (false, _) => 1,
    })
}

/// Takes parameters out that may name persons, exceptions and texts; the answer is their names.
fn leave_out(parameters: &mut Map<String, Json>, rule: &Rule) -> Vec<String> {
    let mut left_out = Vec::new();
    parameters.retain(|name, _| {
        let known = rule.parameters.iter().find(|known| known.name == *name);
        let kept = known.is_some_and(|known| {
            !matches!(known.kind, ParameterType::Exceptions | ParameterType::Text)
        });
        if !kept {
            left_out.push(name.clone());
        }
        kept
    });
    left_out
}

/// Says what became of the case; the answer is whether it finds what the log finds, each way.
fn say_result(
    case: &Path,
    rule: &Rule,
    (report, changed): &(CaseResult, Option<String>),
    left_out: &[String],
) -> Result<bool, Error> {
    let first_seen = matches!(rule.judgement, Judgement::FirstSeen(_));
    if first_seen && changed.is_none() && finds_nothing(case) {
        say(
            "case-empty",
            "the case finds nothing: before the stream is as long as its history this rule alerts on \
             nothing; --set warm_up_seconds=0 records a case that begins with the first of its kind",
        );
    }
    print(&super::test::show(report, Paint::stdout()))?;
    if let Some(changed) = changed {
        fail("case-changed", altered(changed, left_out));
    } else if !report.passed() {
        fail(
            "case-unstable",
            "the case does not give the same in every way that it is run",
        );
    }
    Ok(report.passed() && changed.is_none())
}

/// Whether a case expects no alert.
fn finds_nothing(case: &Path) -> bool {
    std::fs::read(case.join("expected.ndjson")).is_ok_and(|alerts| alerts.is_empty())
}

/// Message for a case whose alerts differ from the log's.
fn altered(changed: &str, left_out: &[String]) -> String {
    let left_out = match left_out {
        [] => String::new(),
        names => format!(
            " (parameters that name somebody are left out: {})",
            names.join(", ")
        ),
    };
    format!(
        "redaction changes what is found{left_out}: {changed}; the case expects what is found in it \
         now; --keep FIELD leaves a field as it is"
    )
}

fn why(arguments: &TapArgs, recorded: &Recorded) -> String {
    arguments.why.clone().unwrap_or_else(|| {
        format!(
            "Recorded by weir tap: {} of one group, redacted.",
            counted(recorded.events, "event")
        )
    })
}

/// The requested selections, widened to whole windows: a part of one would be another window.
fn wanted(arguments: &TapArgs, rule: &Rule, reach: Reach) -> Result<Vec<Selection>, Error> {
    let parts = named_parts(&arguments.key, &rule.key)?;
    if parts.is_empty() && !rule.key.is_empty() {
        let names: Vec<&str> = rule.key.iter().map(|part| part.name.as_str()).collect();
        return Err(Error::config(format!(
            "say whose events: --key NAME=VALUE, where NAME is one of {}",
            names.join(", ")
        )));
    }
    let mut keys: Vec<Vec<KeyPart>> = vec![Vec::new()];
    for (name, value) in parts {
        let values = values(value);
        keys = keys
            .iter()
            .flat_map(|key| {
                values.iter().map(|value| {
                    let part = KeyPart {
                        name: name.clone(),
                        value: value.clone(),
                    };
                    key.iter().cloned().chain([part]).collect()
                })
            })
            .collect();
    }
    let window = window(arguments, reach);
    let selection = |key| Selection {
        rule: rule.id.clone(),
        key,
        window,
    };
    Ok(keys.into_iter().map(selection).collect())
}

/// Possible values of a text on the command line: a number is a text as well.
fn values(text: Option<String>) -> Vec<Option<Value>> {
    let Some(text) = text else {
        return vec![None];
    };
    let number = text.parse().ok().map(|number| Some(Value::Integer(number)));
    number
        .into_iter()
        .chain([Some(Value::Text(text))])
        .collect()
}

/// Span of event time that a rule's judgement of an event depends on, in milliseconds.
#[derive(Clone, Copy)]
struct Reach {
    /// Step between window starts.
    step: i64,
    before: i64,
    behind: i64,
}

impl Reach {
    fn of(parameters: &Map<String, Json>, rule: &Rule) -> Self {
        let length = |name: &str, usual: u64| {
            let set = parameters.get(name).and_then(Json::as_i64);
            let set = set.and_then(|seconds| seconds.checked_mul(1000));
            set.unwrap_or_else(|| i64::try_from(usual).unwrap_or(i64::MAX))
        };
        let (step, before, behind) = match rule.judgement {
            Judgement::Tumbling(window) => (length("window_seconds", window), 0, 0),
            Judgement::Sliding(sliding) => {
                let around = length("length_seconds", sliding.length);
                (length("every_seconds", sliding.every), around, around)
            }
            Judgement::Each(span) => (length("suppress_seconds", span), 0, 0),
            Judgement::FirstSeen(history) => (1, length("history_seconds", history), 0),
        };
        Self {
            step: step.max(1),
            before,
            behind,
        }
    }
}

fn window(arguments: &TapArgs, reach: Reach) -> Window {
    let (from, to) = match arguments.at {
        Some(at) => (Some(at), at.checked_add(1)),
        None => (arguments.from, arguments.to),
    };
    let down = |time: i64| time.saturating_sub(time.rem_euclid(reach.step));
    let up = |time: i64| time.saturating_add(time.saturating_neg().rem_euclid(reach.step));
    Window {
        start: from.map_or(i64::MIN, |from| down(from.saturating_sub(reach.before))),
        end: to.map_or(i64::MAX, |to| up(to.saturating_add(reach.behind))),
    }
}

/// Refuses a folder that is read.
fn refuse_own_folder(arguments: &TapArgs, sources: &[Source]) -> Result<(), Error> {
    match input_in(&arguments.output, sources) {
        None => Ok(()),
        Some(source) => Err(Error::config(format!(
            "{} is in the folder of the case; name another",
            source.name()
        ))),
    }
}
