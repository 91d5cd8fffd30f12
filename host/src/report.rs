//! One self-contained page of a replay, for people.
//!
//! The sources are read twice: first for what is found, then for what there is to say about it,
//! so that only what is shown is ever held. The same sources give the same page.

mod advice;
mod alerts;
mod around;
mod bins;
mod chart;
mod clients;
mod detail;
mod events;
mod files;
mod first;
mod html;
mod identities;
mod labels;
mod leads;
mod list;
mod made;
mod over;
mod overtime;
mod overview;
mod page;
mod section;
mod series;
mod table;
mod tally;
mod text;
mod timeline;

use std::time::Duration;

use serde_json::Value as Json;

use crate::chosen::{Chosen, configurations, set};
use crate::config::Origins;
use crate::contract::Interface;
use crate::detector::Detector;
use crate::error::{Error, TrapKind};
use crate::feed::{Feed, Next, Part};
use crate::input::Source;
use crate::message::{Level, Message};
use crate::sandbox::{Limits, Sandbox};
pub use clients::{Client, Clients};

/// Alerts that have a row in the list. The rest is counted.
pub const LISTED: usize = 1000;
/// Calls that take what is ready, and more than a detector can have ready at once: its state would
/// not hold as many groups.
const ALERTS: (&str, usize) = ("take-alerts", 1 << 20);
const VERDICTS: (&str, usize) = ("take-verdicts", 1 << 24);
/// How long to wait for a part; only that the feed has ended is ever learned by it.
const WAIT: Duration = Duration::from_secs(1);

/// What a page is to be of.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// What detects.
    pub sandbox: Sandbox,
    /// The rules that judge, with their parameters.
    pub rules: Vec<Chosen>,
    /// Where the parameters were set.
    pub origins: Origins,
    /// Look-up tables: their names and bytes.
    pub tables: Vec<(String, Vec<u8>)>,
    /// What is known of clients.
    pub clients: Clients,
    /// The page's title; by default it names the rule, or says how many there are.
    pub title: Option<String>,
    /// Alerts of each rule that are shown in detail, at most [`LISTED`].
    pub detailed: usize,
}

/// A page that was made.
#[derive(Debug)]
#[non_exhaustive]
pub struct Made {
    /// The page.
    pub html: String,
    /// Alerts that stand.
    pub alerts: u64,
    /// Sources that could not be read whole.
    pub bad_sources: u64,
}

impl Report {
    /// Of what these rules of a component find.
    ///
    /// # Errors
    ///
    /// [`Error::Config`], which a test rules out.
    pub fn new(sandbox: Sandbox, rules: Vec<Chosen>) -> Result<Self, Error> {
        Ok(Self {
            sandbox,
            rules,
            origins: Origins::default(),
            tables: Vec::new(),
            clients: Clients::known()?,
            title: None,
            detailed: 100,
        })
    }

    /// Makes the page. `errors` are what is wrong with sources before they are read; `say` takes
    /// messages for people.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when a source can be read only once or the detector does not take its
    /// configuration, [`Error::Trapped`] when it fails, [`Error::Broken`].
    pub fn make(
        &self,
        sources: &[Source],
        errors: Vec<Error>,
        say: &mut dyn FnMut(Message),
    ) -> Result<Made, Error> {
        if let Some((name, _)) = self.tables.first() {
            let needed_by = format!("table `{name}`");
            self.sandbox.needs(Interface::Inspection, &needed_by)?;
        }
        let (files, seed) = files::look_at(sources)?;
        let alerts = self.rules.iter().map(|chosen| {
            let thresholds = over::Thresholds::new(&chosen.rule, &chosen.parameters);
            first::OfRule {
                rule: chosen.rule.id.clone(),
                alerts: alerts::Alerts::new(self.detailed, thresholds),
            }
        });
        let mut first = first::First::new(errors, say, alerts.collect());
        let detector = self.open(seed, false)?;
        first.read(detector, sources, self.sandbox.limits(), say)?;
        let found = first.alerts.iter().map(|of_rule| &of_rule.alerts);
        let rules = self.rules.iter().map(|chosen| &chosen.rule);
        let mut around = around::Around::new(&rules.zip(found).collect::<Vec<_>>(), seed);
        let single = "what is shown of single events and of windows";
        match self.sandbox.needs(Interface::Inspection, single) {
            Ok(()) => {
                let mut detector = self.open(seed, true)?;
                around.read(&mut detector, sources, self.sandbox.limits())?;
            }
            Err(missing) => {
                around.documents = first.documents();
                let text = missing.to_string();
                first.note(Message::new(Level::Warn, &text), say);
            }
        }
        if around.documents != first.documents() {
            let changed = "the sources changed while they were read: the details may not be of what the alerts are of";
            first.note(Message::new(Level::Warn, changed), say);
        }
        Ok(Made {
            alerts: first.count(),
            bad_sources: first.bad_sources,
            html: page::page(self, &files, &first, &around)?,
        })
    }

    /// A detector; one that keeps the ledger, as far as its rules have one.
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

/// Takes all that a detector has ready.
fn drain<T>(
    (call, most): (&'static str, usize),
    mut take: impl FnMut() -> Result<Vec<T>, Error>,
    mut each: impl FnMut(T),
) -> Result<(), Error> {
    let mut taken = 0;
    loop {
        let some = take()?;
        if some.is_empty() {
            return Ok(());
        }
        taken += some.len();
        if taken > most {
            let kind = TrapKind::Answer(format!("no end of answers: {taken} so far"));
            return Err(Error::Trapped { call, kind });
        }
        some.into_iter().for_each(&mut each);
    }
}

/// Reads all sources to their ends.
fn read(
    sources: &[Source],
    limits: &Limits,
    mut take: impl FnMut(Part) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut feed = Feed::replay(sources.to_vec(), limits, Vec::new(), false)?;
    loop {
        match feed.next(WAIT)? {
            Next::End => return Ok(()),
            Next::Part(part) => take(part)?,
            Next::Nothing => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_without_end_are_a_failure() {
        let mut taken = 0;
        let mut left = 3;
        let take = || {
            left -= 1;
            Ok(vec![(); left])
        };
        assert!(drain(("take", 3), take, |()| taken += 1).is_ok());
        assert_eq!(taken, 3);
        let endless = drain(("take", 3), || Ok(vec![()]), drop);
        assert!(matches!(endless, Err(Error::Trapped { call: "take", .. })));
    }
}
