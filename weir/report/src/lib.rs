//! A self-contained HTML page of a replay's alerts.
//!
//! The sources are read twice: first for the alerts, then for their context, so that only the part
//! that is shown is held. Equal sources give equal pages.
//!
//! Every part of the page is a template that gives `maud::Markup`. Values of logs go into it as
//! `text::Short`, which shows their invisible characters.
#![forbid(unsafe_code)]

mod advice;
mod alerts;
mod bins;
mod category;
mod chart;
mod clients;
mod detail;
mod events;
mod figures;
mod files;
mod first_pass;
mod identities;
mod inputs;
mod labels;
mod leads;
mod list;
mod margin;
mod markup;
mod overtime;
mod page;
mod provenance;
mod rules;
mod second_pass;
mod section;
mod series;
mod summary;
mod tally;
mod text;
mod timeline;
mod totals;
mod values;

use std::time::Duration;

use serde_json::Value as Json;

use alerts::Alerts;
pub use clients::{Client, Clients};
use first_pass::{FirstPass, RuleAlerts};
use margin::Thresholds;
use second_pass::SecondPass;
use weir_common::message::Message;
use weir_config::ParameterOrigins;
use weir_config::configured::{ConfiguredRule, configurations, set};
use weir_host::Detector;
use weir_host::contract::Interface;
use weir_host::error::{Error, TrapKind};
use weir_host::{Limits, Sandbox};
use weir_pipeline::sizes;
use weir_sources::input::Source;
use weir_sources::reader::{Next, Part, Reader};

/// Alerts of a rule in its list. The others are counted.
pub const LISTED: usize = 1000;
/// Calls that take ready answers, each with a number that a detector cannot have ready at once,
/// since its state would not hold as many groups.
const ALERTS: (&str, usize) = ("take-alerts", 1 << 20);
const VERDICTS: (&str, usize) = ("take-verdicts", 1 << 24);
/// Longest wait for a part before the reader is asked again.
const WAIT: Duration = Duration::from_secs(1);

/// A report to be made.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The component.
    pub sandbox: Sandbox,
    /// The rules that judge, with their parameters.
    pub rules: Vec<ConfiguredRule>,
    /// Where the parameters were set.
    pub origins: ParameterOrigins,
    /// Names and bytes of look-up tables.
    pub tables: Vec<(String, Vec<u8>)>,
    /// Known clients.
    pub clients: Clients,
    /// The page's title; by default the rule's name, or the number of rules.
    pub title: Option<String>,
    /// Alerts of each rule that are shown in detail, at most [`LISTED`].
    pub detailed: usize,
}

/// A finished page.
#[derive(Debug)]
#[non_exhaustive]
pub struct Page {
    /// The document.
    pub html: String,
    /// Number of alerts that stand.
    pub alerts: u64,
    /// Number of sources that could not be read to their ends.
    pub bad_sources: u64,
}

impl Report {
    /// A report of the alerts of these rules.
    ///
    /// # Errors
    ///
    /// [`Error::Config`], which a test rules out.
    pub fn new(sandbox: Sandbox, rules: Vec<ConfiguredRule>) -> Result<Self, Error> {
        Ok(Self {
            sandbox,
            rules,
            origins: ParameterOrigins::default(),
            tables: Vec::new(),
            clients: Clients::known()?,
            title: None,
            detailed: 100,
        })
    }

    /// Makes the page. `errors` are of sources that cannot be read.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when a source can be read only once or the detector does not take its
    /// configuration, [`Error::Trapped`] when it fails, [`Error::Broken`].
    pub fn make(&self, sources: &[Source], errors: Vec<weir_common::Error>) -> Result<Page, Error> {
        if let Some((name, _)) = self.tables.first() {
            let needed_by = format!("table `{name}`");
            self.sandbox.needs(Interface::Inspection, &needed_by)?;
        }
        let (files, seed) = files::digest_files(sources)?;
        let rules = self.rules.iter().map(
            |ConfiguredRule {
                 rule, parameters, ..
             }| {
                let alerts = Alerts::new(self.detailed, Thresholds::new(rule, parameters));
                RuleAlerts { rule, alerts }
            },
        );
        let mut first = FirstPass::new(errors, rules.collect());
        first.read(self.open(seed, false)?, sources, self.sandbox.limits())?;
        let mut second = SecondPass::new(&first.rules, seed);
        let single = "what is shown of single events and of windows";
        match self.sandbox.needs(Interface::Inspection, single) {
            Ok(()) => second.read(self.open(seed, true)?, sources, self.sandbox.limits())?,
            Err(missing) => {
                second.documents = first.counts.documents();
                first.note(Message::warn("details-missing", missing));
            }
        }
        if second.documents != first.counts.documents() {
            let changed = "the sources changed while they were read: the details may not be of what the alerts are of";
            first.note(Message::warn("sources-changed", changed));
        }
        Ok(Page {
            alerts: first.count(),
            bad_sources: first.bad_sources,
            html: page::page(self, &files, &first, &second),
        })
    }

    /// Opens a detector that keeps the ledger or not, as far as its rules have one.
    fn open(&self, seed: (u64, u64), ledger: bool) -> Result<Detector, Error> {
        let mut rules = self.rules.clone();
        set(&mut rules, "verdicts", &Json::Bool(ledger));
        set(&mut rules, "verdicts_floor", &Json::from(0.0));
        let opened = self.sandbox.open(&configurations(&rules), seed);
        let mut detector = opened.map_err(|error| self.origins.explain(error, &rules))?;
        for (name, bytes) in &self.tables {
            detector.load_table(name, bytes)?;
        }
        Ok(detector)
    }
}

/// Takes all answers that a detector has ready; more than `most` are an error.
fn drain<T>(
    (call, most): (&'static str, usize),
    answers: impl Iterator<Item = Result<T, Error>>,
    mut each: impl FnMut(T),
) -> Result<(), Error> {
    for (taken, answer) in answers.enumerate() {
        if taken >= most {
            let kind = TrapKind::Answer(format!("no end of answers: {taken} so far"));
            return Err(Error::trapped(call, kind));
        }
        each(answer?);
    }
    Ok(())
}

/// Reads all sources to their ends.
fn read(
    sources: &[Source],
    limits: &Limits,
    mut take: impl FnMut(Part) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut feed = Reader::replay(sources.to_vec(), sizes(limits), Vec::new(), false)?;
    loop {
        match feed.next(WAIT)? {
            Next::End => return Ok(()),
            Next::Part(part) => take(part)?,
            Next::Timeout => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fails_on_answers_without_end() {
        let mut taken = 0;
        let three = std::iter::repeat_with(|| Ok(())).take(3);
        assert!(drain(("take", 3), three, |()| taken += 1).is_ok());
        assert_eq!(taken, 3);
        let endless = drain(("take", 3), std::iter::repeat_with(|| Ok(())), drop);
        assert!(matches!(endless, Err(Error::Trapped { call: "take", .. })));
    }
}
