//! `weir explain`: which clause stood between a window and an alert.

use std::io::{self, IsTerminal};
use std::sync::Arc;

use serde_json::json;
use weir::chosen::only;
use weir::contract::Interface;
use weir::contract::Rule;
use weir::explain::{Asked, Explain, Explanation, json as as_json, table};
use weir::input;
use weir::ledger::{LedgerFile, Scheme, VERDICTS};
use weir::output::Sink;
use weir::{
    Error, Feed, Message, Run, escape, escape_json, named_parts, random_seed, seed_of_files,
};

use super::run::{detectors, floor};
use super::{opening, print, say};
use crate::cli::{ExplainArgs, Form};
use crate::log;

/// What to name.
const LOGS: &str = "name logs, or a ledger with --ledger FILE";

/// Runs the command.
pub(crate) fn explain(arguments: &ExplainArgs) -> Result<u8, Error> {
    let mut config = arguments.component.trust.config()?;
    arguments.open.set(&mut config)?;
    config.set("weir explain", VERDICTS, json!(true));
    let inputs = match &arguments.ledger {
        Some(_) => Vec::new(),
        None => opening::inputs(&arguments.inputs, LOGS)?,
    };
    let detector =
        detectors::load(arguments.component.component.as_slice(), &config, false)?.remove(0);
    if arguments.ledger.is_none() {
        detector.needs(Interface::Inspection, "`weir explain` over logs")?;
    }
    detector.can_load()?;
    let chosen = only(detector.chosen.clone(), |one| &one.rule, "weir explain")?;
    let scheme = Scheme::new(&chosen.rule, floor(&chosen))?;
    let mut explain = Explain::new(scheme.clone(), asked(arguments, &chosen.rule)?);
    let mut code = 0;
    if let Some(path) = &arguments.ledger {
        let note = explain.read(&LedgerFile::open(path)?)?;
        note.iter().for_each(|note| say(&escape(note)));
    } else {
        let (sources, errors) = input::expand(&inputs);
        let seed = seed_of_files(&sources).unwrap_or_else(random_seed);
        let feed = Feed::replay(sources, &config.limits, Vec::new(), false)?;
        let engine = detector.start(seed, 1, &Arc::default())?;
        let mut report = |message: Message| log::tell(&message, None);
        let mut run =
            Run::new(engine, Sink::none(), None, &mut report).ledger(Box::new(&mut explain));
        errors.iter().for_each(|error| run.bad_source(error));
        run.take(feed)?;
        let end = run.finish()?;
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
        Form::Json => print(&escape_json(&as_json(&found.entries, scheme)))?,
    }
    for note in &found.notes {
        say(note);
    }
    Ok(())
}

fn asked(arguments: &ExplainArgs, rule: &Rule) -> Result<Asked, Error> {
    let mut asked = Asked::default();
    asked.key = named_parts(&arguments.key, &rule.key)?;
    (asked.at, asked.from, asked.to) = (arguments.at, arguments.from, arguments.to);
    asked.top = arguments.top.map(|top| top as usize);
    Ok(asked)
}
