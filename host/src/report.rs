//! One self-contained page of a replay, for people.
//!
//! The sources are read twice: first for what is found, then for what there is to say about it,
//! so that only what is shown is ever held. The same sources give the same page.

mod advice;
mod alerts;
mod around;
mod calls;
mod chart;
mod clients;
mod detail;
mod files;
mod first;
mod html;
mod list;
mod made;
mod overview;
mod page;
mod section;
mod table;
mod tally;
mod text;
mod timeline;

use std::time::Duration;

use serde_json::{Map, Value as Json};

use crate::detector::Detector;
use crate::error::{Error, TrapKind};
use crate::feed::{Feed, Next, Part};
use crate::input::Source;
use crate::message::{Level, Message};
use crate::parameters::configuration;
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
    /// The detector's parameters.
    pub parameters: Map<String, Json>,
    /// Look-up tables: their names and bytes.
    pub tables: Vec<(String, Vec<u8>)>,
    /// What is known of clients.
    pub clients: Clients,
    /// The page's title; by default it names the rule.
    pub title: Option<String>,
    /// Alerts that are shown in detail, at most [`LISTED`].
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
    /// Of what a component finds when it is configured like this.
    ///
    /// # Errors
    ///
    /// [`Error::Config`], which a test rules out.
    pub fn new(sandbox: Sandbox, parameters: Map<String, Json>) -> Result<Self, Error> {
        Ok(Self {
            sandbox,
            parameters,
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
        let (files, seed) = files::look_at(sources)?;
        let mut first = first::First::new(errors, say, self.detailed);
        let detector = self.open(seed, false)?;
        first.read(detector, sources, self.sandbox.limits(), say)?;
        let mut around = around::Around::new(first.alerts.detailed(), seed);
        let mut detector = self.open(seed, true)?;
        around.read(&mut detector, sources, self.sandbox.limits())?;
        if around.documents != first.documents() {
            let changed = "the sources changed while they were read: the details may not be of what the alerts are of";
            first.note(Message::new(Level::Warn, changed), say);
        }
        Ok(Made {
            alerts: first.alerts.count(),
            bad_sources: first.bad_sources,
            html: page::page(self, &files, &first, &around)?,
        })
    }

    /// A detector; one that keeps the ledger, if its rule has one.
    fn open(&self, seed: (u64, u64), ledger: bool) -> Result<Detector, Error> {
        let rule = self.sandbox.describe()?;
        let mut parameters = self.parameters.clone();
        let set = |parameters: &mut Map<String, Json>, name: &str, value: Json| {
            if rule.parameters.iter().any(|known| known.name == name) {
                parameters.insert(name.to_owned(), value);
            }
        };
        set(&mut parameters, "verdicts", Json::Bool(ledger));
        set(&mut parameters, "verdicts_floor", Json::from(0.0));
        let mut detector = self
            .sandbox
            .open(&configuration(&parameters, &rule)?, seed)?;
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
