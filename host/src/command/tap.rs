//! `weir tap`: events of one user as a fixture case.

use std::time::Duration;

use serde_json::Value as Json;

use weir::config::Config;
use weir::contract::{KeyPart, ParameterType, Rule, Selection, Value, Window};
use weir::input::{self, Source};
use weir::redact::Redactor;
use weir::tap::{Enough, Recorded, Tap};
use weir::{Error, Feed, parameters, random_seed};

use super::run::on_signals;
use super::{fail, opening, print, read, sandbox, say};
use crate::cli::TapArgs;
use crate::terminal::Paint;

/// The parameter that is the length of windows, by the contract.
const WINDOW: &str = "window_seconds";

/// Runs the command.
pub(crate) fn tap(arguments: &TapArgs) -> Result<u8, Error> {
    let mut config = arguments.component.config()?;
    arguments.open.set(&mut config)?;
    let component = config.component.as_deref();
    let sandbox = sandbox(component, &config.trust, &config.limits, &config.cache)?;
    let rule = sandbox.describe()?;
    let mut detector = sandbox.open(
        &parameters::configuration(&config.parameters, &rule)?,
        random_seed(),
    )?;
    for (name, path) in &config.tables {
        detector.load_table(name, &read(path)?)?;
    }
    let wanted = wanted(arguments, window_length(&config, &rule))?;
    let inputs = opening::inputs(&arguments.inputs, opening::FILES)?;
    let (sources, errors) = input::expand(&inputs);
    refuse_own_folder(arguments, &sources)?;
    let stop = on_signals()?;
    let redactor = Redactor::new(arguments.keep.clone());
    let mut tap = Tap::new(&arguments.output, rule.data_sets.first().cloned(), redactor)?;
    let feed = if arguments.follow {
        Feed::follow(inputs, &config.limits, Vec::new())?
    } else {
        errors.iter().for_each(|error| fail(&error.to_string()));
        Feed::replay(sources, &config.limits, Vec::new(), false)?
    };
    let enough = Enough {
        stop: &stop,
        after: arguments
            .seconds
            .map(|seconds| Duration::from_secs(seconds.into())),
        events: arguments.max_events.into(),
    };
    let mut bad = if arguments.follow { 0 } else { errors.len() };
    let recorded = tap.record(feed, &mut detector, &wanted, enough, &mut |message| {
        bad += 1;
        fail(message);
    });
    let recorded = match recorded {
        Ok(recorded) => recorded,
        Err(error) => {
            tap.discard();
            return Err(error);
        }
    };
    if recorded.events == 0 {
        tap.discard();
        return Err(Error::Config(vec![format!(
            "no event of that key and time in {} lines; nothing was recorded",
            recorded.lines
        )]));
    }
    // Who is left out, and whatever else is text, names somebody.
    config.parameters.retain(|name, _| {
        let known = rule.parameters.iter().find(|known| known.name == *name);
        known.is_some_and(|known| {
            !matches!(known.kind, ParameterType::Exceptions | ParameterType::Text)
        })
    });
    let report = tap.finish(&why(arguments, &recorded), &config.parameters, &sandbox)?;
    if recorded.full {
        say(&format!(
            "stopped at {} events; --max-events N takes more",
            recorded.events
        ));
    }
    say(&format!(
        "{} events of {} lines, redacted; look at them before you pass them on",
        recorded.events, recorded.lines
    ));
    print(&super::test::show(&report, Paint::stdout()))?;
    Ok(match (report.passed(), bad) {
        (true, 0) => 0,
        (true, _) => 3,
        (false, _) => 1,
    })
}

fn why(arguments: &TapArgs, recorded: &Recorded) -> String {
    arguments.why.clone().unwrap_or_else(|| {
        format!(
            "Recorded by weir tap: {} events of one group, redacted.",
            recorded.events
        )
    })
}

/// What is asked for, widened to whole windows: a part of one would be another window.
fn wanted(arguments: &TapArgs, length: i64) -> Result<Vec<Selection>, Error> {
    let mut keys: Vec<Vec<KeyPart>> = vec![Vec::new()];
    let short = [
        ("user.id", &arguments.user),
        ("source.as.number", &arguments.asn),
    ];
    let short = short
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_deref()?)));
    let mut parts: Vec<(&str, &str)> = short.collect();
    for part in &arguments.key {
        let Some((name, value)) = part.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            return Err(Error::Config(vec![format!(
                "`{part}` is no part of a key; write NAME=VALUE, such as user.id=U"
            )]));
        };
        parts.push((name, value));
    }
    if parts.is_empty() {
        return Err(Error::Config(vec![
            "say whose events: --user U, --asn N, or --key NAME=VALUE".to_owned(),
        ]));
    }
    for (name, value) in parts {
        let values = values(value);
        keys = keys
            .iter()
            .flat_map(|key| {
                values.iter().map(|value| {
                    let part = KeyPart {
                        name: name.to_owned(),
                        value: value.clone(),
                    };
                    key.iter().cloned().chain([part]).collect()
                })
            })
            .collect();
    }
    let window = window(arguments, length);
    let selection = |key| Selection { key, window };
    Ok(keys.into_iter().map(selection).collect())
}

/// What a value on the command line may mean: a number is a text as well.
fn values(text: &str) -> Vec<Option<Value>> {
    if text == "null" {
        return vec![None];
    }
    let number = text.parse().ok().map(|number| Some(Value::Integer(number)));
    number
        .into_iter()
        .chain([Some(Value::Text(text.to_owned()))])
        .collect()
}

/// The length of the rule's windows, in milliseconds.
fn window_length(config: &Config, rule: &Rule) -> i64 {
    let set = config.parameters.get(WINDOW).and_then(Json::as_i64);
    let set = set.and_then(|seconds| seconds.checked_mul(1000));
    let usual = || i64::try_from(rule.window_length).unwrap_or(i64::MAX);
    set.unwrap_or_else(usual).max(1)
}

fn window(arguments: &TapArgs, length: i64) -> Window {
    let (from, to) = match arguments.at {
        Some(at) => (Some(at), at.checked_add(1)),
        None => (arguments.from, arguments.to),
    };
    Window {
        start: from.map_or(i64::MIN, |from| from - from.rem_euclid(length)),
        end: to.map_or(i64::MAX, |to| to.saturating_add((-to).rem_euclid(length))),
    }
}

/// Refuses a folder that is read.
fn refuse_own_folder(arguments: &TapArgs, sources: &[Source]) -> Result<(), Error> {
    let Ok(folder) = arguments.output.canonicalize() else {
        return Ok(());
    };
    let inside = |source: &&Source| match source {
        Source::File(path) => path
            .canonicalize()
            .is_ok_and(|path| path.starts_with(&folder)),
        _ => false,
    };
    match sources.iter().find(inside) {
        None => Ok(()),
        Some(source) => Err(Error::Config(vec![format!(
            "{} is in the folder of the case; name another",
            source.name()
        )])),
    }
}
