//! A detector of a run with its input and output, and the exit code of it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use weir_common::clock::SystemClock;
use weir_common::message::{self, Message};
use weir_common::numbers::{agree, counted};
use weir_host::Error;
use weir_host::contract::Rule;
use weir_pipeline::checkpoint::{Checkpoint, CheckpointDir};
use weir_pipeline::engine::Engine;
use weir_pipeline::ledger::Ledger;
use weir_pipeline::run::{Reloader, Run};
use weir_pipeline::summary::Summary;
use weir_sinks::output::Sink;
use weir_sinks::rejects::Rejects;
use weir_sources::reader::Reader;

use super::summaries::Summaries;
use super::{Plan, kept};
use crate::cli::DetectArgs;
use crate::command::{code, fail, warn};
use crate::progress::Shown;

/// Name of a detector among several: the ids of its rules.
pub(super) fn ids(rules: &[Rule]) -> String {
    let ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    ids.join("+")
}

/// Runs several detectors, each on a thread of its own: what becomes of one is nothing to the
/// others. The answer is the gravest exit code.
pub(super) fn side_by_side(lanes: Vec<Lane<'_>>) -> u8 {
    let codes: Vec<u8> = thread::scope(|scope| {
        let running: Vec<_> = lanes
            .into_iter()
            .map(|lane| {
                scope.spawn(|| {
                    let span = message::rule(lane.name.as_deref());
                    span.in_scope(|| code(lane.run()))
                })
            })
            .collect();
        let joined = running.into_iter().map(|lane| {
            lane.join().unwrap_or_else(|_| {
                fail(
                    "detector-lost",
                    "a detector's thread broke down (a bug in weir)",
                );
                2
            })
        });
        joined.collect()
    });
    let grave = [2, 3, 1];
    let found = grave.into_iter().find(|code| codes.contains(code));
    found.unwrap_or(0)
}

/// One detector of a run.
pub(super) struct Lane<'a> {
    pub(super) arguments: &'a DetectArgs,
    pub(super) plan: &'a Plan,
    pub(super) idle: Option<Duration>,
    /// Its rules, where there are several detectors.
    pub(super) name: Option<String>,
    pub(super) engine: Engine,
    pub(super) feed: Reader,
    pub(super) sink: Sink,
    pub(super) rejects: Option<Rejects>,
    pub(super) seed: (u64, u64),
    pub(super) reloader: Option<Reloader<'a>>,
    pub(super) kept: Option<(CheckpointDir, Option<Checkpoint>)>,
    pub(super) ledger: Option<Box<dyn Ledger>>,
    /// Problems of the sources before they are read.
    pub(super) errors: Vec<weir_common::Error>,
    pub(super) stop: Arc<AtomicBool>,
    /// Guard of the progress line, where one is shown.
    pub(super) shown: Option<Shown>,
    pub(super) summaries: &'a Summaries,
}

impl Lane<'_> {
    /// Runs it to its end; the answer is the exit code.
    pub(super) fn run(self) -> Result<u8, Error> {
        let arguments = self.arguments;
        let rejects = self.rejects.map(|rejects| rejects.of(self.name.clone()));
        let mut run = Run::new(self.engine, self.sink, rejects)
            .stop_on(self.stop)
            .prompt(self.plan.prompt)
            .durable(self.plan.durable);
        if let Some(gauges) = &self.plan.gauges {
            run = run.shown_on(gauges.clone());
        }
        if let Some(ledger) = self.ledger {
            run = run.ledger(ledger);
        }
        if let Some((folder, checkpoint)) = self.kept {
            let interval = Duration::from_secs_f64(arguments.checkpoint_interval);
            let files = kept::files(arguments);
            run = run.checkpoints(folder, self.seed, interval, files, checkpoint)?;
        }
        if let Some(reloader) = self.reloader {
            run = run.reloaded_by(reloader);
        }
        if self.plan.live {
            run = run.live(Box::new(SystemClock::new()), self.idle);
        }
        for error in &self.errors {
            run.bad_source(error);
        }
        let ledger = arguments.verdicts.as_deref();
        let taken = run.take(self.feed);
        drop(self.shown);
        if let Err(error) = taken {
            return Err(rescue(run, error, ledger));
        }
        let summary = match run.finish() {
            Ok(summary) => summary,
            Err(error) => return Err(rescue(run, error, ledger)),
        };
        let (code, why) = end_code(self.plan, &summary);
        if let Some(why) = why {
            why.emit();
        }
        let object = summary.json();
        let text = summary.to_string();
        let name = self.name.as_deref();
        self.summaries.add(arguments, &text, &object, name);
        Ok(code)
    }
}

/// The exit code of a run, and why it is not 0 where nothing has said so yet: the summary, and
/// what is less grave, may not be shown.
fn end_code(plan: &Plan, summary: &Summary) -> (u8, Option<Message>) {
    let miscounts = summary.miscounts();
    let (now, before) = (&summary.totals, &summary.before);
    let malformed = now.documents.malformed;
    let malformed = malformed.saturating_sub(before.documents.malformed);
    let quarantined = now.quarantined.saturating_sub(before.quarantined);
    match () {
        () if miscounts.is_some() => (
            2,
            miscounts.map(|text| {
                let text = format!("{text}; its alerts cannot be relied on");
                Message::error("miscount", text)
            }),
        ),
        () if !summary.checkpointed => (
            3,
            Some(Message::error(
                "checkpoint-failed",
                "the last checkpoint could not be written: the next start goes on from the one \
                 before, and alerts may come again",
            )),
        ),
        // Each source was named.
        () if now.bad_sources > 0 && !plan.forgiving => (3, None),
        () if plan.strict && malformed + quarantined > 0 => (
            3,
            Some(Message::error(
                "documents-refused",
                format!(
                    "--strict: {} {} malformed and {quarantined} quarantined; --rejects FILE keeps \
                     them",
                    counted(malformed, "event"),
                    agree(malformed, "was", "were")
                ),
            )),
        ),
        () if plan.fail_on_alert && found(plan, summary) => {
            let why = "--fail-on-alert: there are alerts";
            (1, Some(Message::error("alerts-found", why)))
        }
        () => (0, None),
    }
}

/// Whether there are alerts; a retraction is none.
fn found(plan: &Plan, summary: &Summary) -> bool {
    summary.written > 0 && (plan.only_final || summary.totals.alerts > summary.before.alerts)
}

/// Writes what was found before the run broke off, and gives the error to report.
fn rescue(mut run: Run<'_>, error: Error, ledger: Option<&Path>) -> Error {
    let (error, lacks) = run.rescue(error);
    drop(run);
    if let Some(ledger) = ledger.filter(|_| lacks && error.is_broken_pipe()) {
        let text = format!(
            "{}: is incomplete: nobody reads standard output any more, and the run stopped early; \
             --output FILE keeps the alerts elsewhere",
            ledger.display()
        );
        warn("ledger-incomplete", text);
    }
    error
}
