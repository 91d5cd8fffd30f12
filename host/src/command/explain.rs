//! `weir explain`: which clause stood between a window and an alert.

use std::io::{self, IsTerminal};

use serde_json::json;
use weir::explain::{Asked, Explain, Explanation, json as as_json, table};
use weir::input;
use weir::ledger::{LedgerFile, Scheme, VERDICTS};
use weir::output::Sink;
use weir::{Error, Feed, Message, Run, escape, random_seed};

use super::run::{detectors, floor};
use super::{opening, print, say};
use crate::cli::{ExplainArgs, Form};
use crate::log;

/// What to name.
const LOGS: &str = "name logs, or a ledger with --ledger FILE";

/// Runs the command.
pub(crate) fn explain(arguments: &ExplainArgs) -> Result<u8, Error> {
    let asked = asked(arguments)?;
    let mut config = arguments.component.trust.config()?;
    arguments.open.set(&mut config)?;
    config.parameters.insert(VERDICTS.to_owned(), json!(true));
    let inputs = match &arguments.ledger {
        Some(_) => Vec::new(),
        None => opening::inputs(&arguments.inputs, LOGS)?,
    };
    let detector =
        detectors::load(arguments.component.component.as_slice(), &config, false)?.remove(0);
    let scheme = Scheme::new(&detector.rule, floor(&config, &detector.rule))?;
    let mut explain = Explain::new(scheme.clone(), asked);
    let mut code = 0;
    if let Some(path) = &arguments.ledger {
        let note = explain.read(&LedgerFile::open(path)?)?;
        note.iter().for_each(|note| say(&escape(note)));
    } else {
        let (sources, errors) = input::expand(&inputs);
        let feed = Feed::replay(sources, &config.limits, Vec::new(), false)?;
        let engine = detector.start(random_seed(), 1)?;
        let mut report = |message: Message| log::tell(&message, None);
        let mut run =
            Run::new(engine, Sink::none(), None, &mut report).ledger(Box::new(&mut explain));
        errors.iter().for_each(|error| run.bad_source(error));
        run.take(feed)?;
        let end = run.finish(&detector.rule)?;
        drop(run);
        if end.totals.bad_sources > 0 {
            code = 3;
        }
        for (count, what) in [
            (end.totals.malformed, "malformed"),
            (end.totals.dropped_late, "dropped late"),
            (end.totals.refused_future, "too far in the future"),
        ] {
            if count > 0 {
                say(&format!(
                    "{count} documents were {what} and are in no window"
                ));
            }
        }
    }
    show(arguments, &explain.finish(), &scheme)?;
    Ok(code)
}

fn show(arguments: &ExplainArgs, found: &Explanation, scheme: &Scheme) -> Result<(), Error> {
    let default = match io::stdout().is_terminal() {
        true => Form::Table,
        false => Form::Json,
    };
    match arguments.format.unwrap_or(default) {
        Form::Table => print(&table(&found.entries, scheme))?,
        Form::Json => print(&as_json(&found.entries, scheme))?,
    }
    for note in &found.notes {
        say(note);
    }
    Ok(())
}

fn asked(arguments: &ExplainArgs) -> Result<Asked, Error> {
    let mut asked = Asked::default();
    let short = [
        ("user.id", &arguments.user),
        ("source.as.number", &arguments.asn),
    ];
    for (name, value) in short {
        if let Some(value) = value {
            asked.part(&format!("{name}={value}"))?;
        }
    }
    for part in &arguments.key {
        asked.part(part)?;
    }
    (asked.at, asked.from, asked.to) = (arguments.at, arguments.from, arguments.to);
    asked.top = arguments.top.map(|top| top as usize);
    Ok(asked)
}
