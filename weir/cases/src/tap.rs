//! Recorder of one group's events as a redacted fixture case.
//!
//! The recorder writes the fields that the detector reads, not the log's own text, as documents that
//! the detector reads as the same events. A field that the detector does not read is not kept, and
//! the case does not depend on the shape of the log.
//!
//! The log's own text goes to a second detector. The case must give the same alerts.

mod compare;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use weir_common::message::Message;

use serde_json::{Map, Value as Json, json};

use crate::CaseResult;
use crate::redact::Redactor;
use weir_config::configured::{choose, usual};
use weir_host::Detector;
use weir_host::Sandbox;
use weir_host::contract::{Alert, Event, Rule, Selection};
use weir_host::error::Error;
use weir_sinks::output::Finals;
use weir_sources::reader::{Batch, Next, Part, Reader};

/// Longest wait for a part before the signal and the clock are looked at.
const WAIT: Duration = Duration::from_millis(50);
/// The field that names a document's data set.
const DATASET: &str = "data_stream.dataset";
/// File of the events in the case's folder.
const INPUT: &str = "input.ndjson";

/// Condition that ends a recording.
#[derive(Debug, Clone, Copy)]
pub struct StopCondition<'a> {
    /// Flag that ends the recording when it is set.
    pub stop: &'a AtomicBool,
    /// Longest duration; `None` is without limit.
    pub after: Option<Duration>,
    /// Most events that are recorded.
    pub events: u64,
}

/// Counts of a recording.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Documents and other lines that were read.
    pub lines: u64,
    /// Recorded events of the group.
    pub events: u64,
    /// Whether the limit of events was reached, so that there may be more.
    pub full: bool,
    /// Sources that could not be read, or not to their end.
    pub failed: usize,
}

/// Recorder of a case.
pub struct Tap {
    folder: PathBuf,
    input: BufWriter<File>,
    dataset: Option<String>,
    redactor: Redactor,
    recorded: Recorded,
    /// Detector that reads the log's own text.
    original: Detector,
    /// Last revisions of that detector's alerts.
    finals: Finals,
    /// Whether it saw more of a line than was recorded.
    saw_more: bool,
}

impl Tap {
    /// Makes the case's folder, which must be new or empty. `dataset` is the rule's; `original` is
    /// a fresh detector, opened as the one that found what is to be recorded.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when there is something in it, or it cannot be written.
    pub fn new(
        folder: &Path,
        dataset: Option<String>,
        redactor: Redactor,
        original: Detector,
    ) -> Result<Self, Error> {
        let failed = |source: std::io::Error| Error::output(folder.display(), source);
        fs::create_dir_all(folder).map_err(failed)?;
        if fs::read_dir(folder).map_err(failed)?.next().is_some() {
            return Err(failed(std::io::Error::other(
                "there is something in this folder; name a new one",
            )));
        }
        let input = File::create_new(folder.join(INPUT)).map_err(failed)?;
        Ok(Self {
            folder: folder.to_owned(),
            input: BufWriter::new(input),
            dataset,
            redactor,
            recorded: Recorded::default(),
            original,
            finals: Finals::new(),
            saw_more: false,
        })
    }

    /// Records what a feed gives of the selected events. The rest is passed over.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`], [`Error::Output`] and [`Error::Broken`].
    pub fn record(
        &mut self,
        mut feed: Reader,
        detector: &mut Detector,
        wanted: &[Selection],
        until: StopCondition<'_>,
    ) -> Result<Recorded, Error> {
        let start = Instant::now();
        let over = || until.after.is_some_and(|after| start.elapsed() >= after);
        while !until.stop.load(Ordering::Relaxed) && !over() && !self.recorded.full {
            match feed.next(WAIT)? {
                Next::End => break,
                Next::Timeout => {}
                Next::Part(Part::Batch(batch)) => {
                    self.batch(&batch, detector, wanted, until.events)?;
                }
                Next::Part(Part::Refused { refused, .. }) => {
                    self.recorded.lines += refused.len() as u64;
                }
                Next::Part(Part::Bad(error) | Part::Failed { error, .. }) => {
                    self.recorded.failed += 1;
                    Message::error("source-failed", error).emit();
                }
                Next::Part(Part::Note(message)) => message.emit(),
                Next::Part(_) => {}
            }
        }
        feed.close();
        self.input.flush().map_err(|source| self.failed(source))?;
        Ok(self.recorded)
    }

    fn batch(
        &mut self,
        batch: &Batch,
        detector: &mut Detector,
        wanted: &[Selection],
        most: u64,
    ) -> Result<(), Error> {
        self.recorded.lines += bytecount(&batch.bytes);
        let events = detector.select(&batch.bytes, wanted)?;
        for line in events.chunk_by(|one, other| one.line == other.line) {
            let left = usize::try_from(most - self.recorded.events).unwrap_or(usize::MAX);
            for event in line.iter().take(left) {
                let document = self.document(event).to_string();
                writeln!(self.input, "{document}").map_err(|source| self.failed(source))?;
                self.recorded.events += 1;
            }
            if left > 0
                && let Some(first) = line.first()
            {
                self.see(&batch.bytes, first)?;
            }
            if line.len() > left {
                self.recorded.full = true;
                self.saw_more = left > 0;
                return Ok(());
            }
        }
        Ok(())
    }

    /// Shows the second detector the line that an event is on: the event may stand in a text
    /// there, and what it finds of others is not compared.
    fn see(&mut self, batch: &[u8], event: &Event) -> Result<(), Error> {
        let (before, behind) = batch
            .split_at_checked(event.offset as usize)
            .unwrap_or_default();
        let from = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let to = memchr::memchr(b'\n', behind).map_or(batch.len(), |at| before.len() + at + 1);
        self.original
            .push(batch.get(from..to).unwrap_or_default())?;
        self.take()
    }

    fn take(&mut self) -> Result<(), Error> {
        for alert in self.original.alerts() {
            self.finals.add(alert?);
        }
        Ok(())
    }

    fn document(&mut self, event: &Event) -> Json {
        let mut document = Map::new();
        if let Some(dataset) = &self.dataset {
            document.insert(DATASET.to_owned(), json!(dataset));
        }
        let category = event.category.as_deref();
        for column in &event.columns {
            let value = self.redactor.value(column, category);
            document.insert(column.name.clone(), value);
        }
        Json::Object(document)
    }

    fn failed(&self, source: std::io::Error) -> Error {
        Error::output(self.folder.join(INPUT).display(), source)
    }

    /// Writes the rest of the case: why it exists, the parameters, and what the detector finds in it now.
    /// Where events came so late that their order matters, the case says so. Beside the report is
    /// how that differs from what it finds in the log's own text, if it does.
    ///
    /// # Errors
    ///
    /// [`Error::Output`], and [`Error::Trapped`] when the component fails.
    pub fn finish(
        mut self,
        why: &str,
        rule: &Rule,
        parameters: &Map<String, Json>,
        wanted: &[Selection],
        sandbox: &Sandbox,
    ) -> Result<(CaseResult, Option<String>), Error> {
        let mut report = self.write(why, rule, parameters, true, sandbox)?;
        if !report.passed() {
            report = self.write(why, rule, parameters, false, sandbox)?;
        }
        if self.saw_more || report.broken.is_some() {
            return Ok((report, None));
        }
        self.original.flush()?;
        self.take()?;
        let mut original = self.finals.into_alerts();
        original.retain(|alert| compare::is_wanted(alert, wanted));
        let redacted: Vec<Alert> = crate::alerts(&self.folder, sandbox)?;
        Ok((report, compare::changed(&original, &redacted)))
    }

    fn write(
        &self,
        why: &str,
        rule: &Rule,
        parameters: &Map<String, Json>,
        shuffle: bool,
        sandbox: &Sandbox,
    ) -> Result<CaseResult, Error> {
        let path = self.folder.join("case.toml");
        let failed = |source: std::io::Error| Error::output(path.display(), source);
        let mut manifest = toml::Table::new();
        manifest.insert("why".to_owned(), why.into());
        // A case of the rule that is judged by anyway need not say so.
        let judging = choose(&sandbox.describe()?, &usual(sandbox, &[]))?;
        if judging.iter().map(|rule| &rule.id).ne([&rule.id]) {
            manifest.insert("rule".to_owned(), rule.short_name.clone().into());
        }
        if !shuffle {
            manifest.insert("shuffle".to_owned(), false.into());
        }
        if !parameters.is_empty() {
            let table = toml::Value::try_from(parameters)
                .map_err(|error| failed(std::io::Error::other(error)))?;
            manifest.insert("parameters".to_owned(), table);
        }
        fs::write(&path, manifest.to_string()).map_err(failed)?;
        Ok(crate::check(
            &self.folder,
            sandbox,
            crate::Judges::Named(&[]),
            true,
        ))
    }

    /// Takes the folder away again.
    pub fn discard(self) {
        // It is new and holds one file; whoever minds can see it.
        let _ = fs::remove_file(self.folder.join(INPUT));
        let _ = fs::remove_dir(&self.folder);
    }
}

/// Lines that are not empty.
fn bytecount(bytes: &[u8]) -> u64 {
    let lines = bytes.split(|byte| *byte == b'\n');
    lines.filter(|line| !line.trim_ascii().is_empty()).count() as u64
}
