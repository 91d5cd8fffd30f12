//! `weir explain`: the clauses that kept windows from alerting.

use std::sync::Arc;

use serde_json::json;
use weir_common::escape::escape;
use weir_common::numbers::{agree, counted};
use weir_common::seed::random_seed;
use weir_config::configured::only;
use weir_config::named::named_parts;
use weir_host::Error;
use weir_host::contract::{Interface, Rule};
use weir_ledger::explain::{Explain, Query, json as as_json, table};
use weir_ledger::{LedgerFile, Scheme, VERDICTS};
use weir_pipeline::run::Run;
use weir_pipeline::sizes;
use weir_sinks::output::Sink;
use weir_sources::input;
use weir_sources::reader::Reader;
use weir_sources::seed::seed_of_files;

use super::run::{detectors, floor};
use super::{answer, opening, say};
use crate::cli::ExplainArgs;

/// Hint on inputs in the error for a terminal.
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
    let mut explain = Explain::new(scheme.clone(), query(arguments, &chosen.rule)?);
    let mut code = 0;
    if let Some(path) = &arguments.ledger {
        let note = explain.read(&LedgerFile::open(path)?)?;
        note.iter().for_each(|note| say("ledger-cut", escape(note)));
    } else {
        let (sources, errors) = input::expand(&inputs);
        let seed = seed_of_files(&sources).unwrap_or_else(random_seed);
        let feed = Reader::replay(sources, sizes(&config.limits), Vec::new(), false)?;
        let engine = detector.start(seed, 1, &Arc::default())?;
        let mut run = Run::new(engine, Sink::none(), None).ledger(Box::new(&mut explain));
        errors.iter().for_each(|error| run.bad_source(error));
        run.take(feed)?;
        let summary = run.finish()?;
        drop(run);
        if summary.totals.bad_sources > 0 {
            code = 3;
        }
        let documents = &summary.totals.documents;
        for (count, what) in [
            (documents.malformed, "malformed"),
            (documents.dropped_late, "dropped late"),
            (documents.refused_future, "too far in the future"),
        ] {
            if count > 0 {
                say(
                    "documents-left-out",
                    format!(
                        "{} {} {what} and {} in no window",
                        counted(count, "document"),
                        agree(count, "was", "were"),
                        agree(count, "is", "are")
                    ),
                );
            }
        }
    }
    let found = explain.finish();
    answer(
        arguments.format,
        || table(&found.entries, &scheme),
        || as_json(&found.entries, &scheme),
    )?;
    found
        .notes
        .iter()
        .for_each(|note| say("explain-note", note));
    Ok(code)
}

fn query(arguments: &ExplainArgs, rule: &Rule) -> Result<Query, Error> {
    Ok(Query {
        key: named_parts(&arguments.key, &rule.key)?,
        at: arguments.at,
        from: arguments.from,
        to: arguments.to,
        top: arguments.top.map(|top| top as usize),
    })
}
