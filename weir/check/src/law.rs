//! A law of the contract: how it is tried, and how it is judged.

use weir_common::suggestion::suggestion;
use weir_host::Limits;
use weir_host::contract::Interface;
use weir_host::error::Error;
use weir_schedule::Random;
use weir_schedule::shrink::Tried;

use crate::attempt::{Judged, plain, run};
use crate::laws::LAWS;
use crate::run::Run;
use crate::subject::Subject;

/// A law of the contract.
pub struct Law {
    /// Its name on the command line and in reports.
    pub name: &'static str,
    /// The law in a sentence.
    pub says: &'static str,
    /// Optional interface without which it says nothing.
    pub needs: Option<Interface>,
    /// Why it says nothing about a component that has the interface.
    pub(crate) left_out: fn(&Subject<'_>) -> Option<String>,
    /// Draws what is to be tried; none where there is nothing (more) to try.
    pub(crate) draw: fn(&Draw<'_>, &mut Random) -> Result<Option<Tried>, Error>,
    /// Which schedules the law speaks of.
    pub(crate) fits: fn(&Tried) -> bool,
    /// Judges what was tried.
    pub(crate) judge: fn(&Subject<'_>, &Tried) -> Result<Judged, Error>,
}

impl std::fmt::Debug for Law {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Law")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What a law draws from.
pub(crate) struct Draw<'d> {
    pub(crate) subject: &'d Subject<'d>,
    pub(crate) events: &'d Events,
    /// Number of the try, from 0.
    pub(crate) round: usize,
    /// Documents of a flood.
    pub(crate) flood: usize,
}

/// Events that were given.
pub(crate) struct Events {
    /// All, a line each.
    pub(crate) all: Vec<Vec<u8>>,
    /// Those that are neither duplicates nor out of time in their order, so that the order can be
    /// another one.
    pub(crate) clean: Vec<Vec<u8>>,
    /// Answers to all of them, one document a push.
    pub(crate) plain: Run,
}

impl Events {
    /// Of lines; none where the plain run fails already.
    pub(crate) fn new(subject: &Subject<'_>, all: Vec<Vec<u8>>) -> Result<Option<Self>, Error> {
        let Ok(plain) = run(subject, &all, &plain(all.len()), false)? else {
            return Ok(None);
        };
        let clean = all.iter().zip(&plain.outcomes).filter(|(_, counts)| {
            counts.duplicate + counts.dropped_late + counts.refused_future == 0
        });
        let clean = clean.map(|(line, _)| line.clone()).collect();
        Ok(Some(Self { all, clean, plain }))
    }
}

/// Most lines of a batch, so that it is within the limit.
pub(crate) fn most(lines: &[Vec<u8>], limits: &Limits) -> usize {
    let longest = lines.iter().map(|line| line.len() + 1).max().unwrap_or(1);
    (limits.batch_bytes() / longest).max(1)
}

/// Names of all laws, in their order.
#[must_use]
pub fn names() -> Vec<&'static str> {
    LAWS.iter().map(|law| law.name).collect()
}

/// A law by its name.
///
/// # Errors
///
/// [`Error::Config`] with the nearest name, where there is none of this one.
pub fn law(name: &str) -> Result<&'static Law, Error> {
    LAWS.iter().find(|law| law.name == name).ok_or_else(|| {
        let names = names();
        let nearest = suggestion(name, &names).map(|near| format!("did you mean `{near}`? "));
        Error::config(format!(
            "there is no law `{name}`; {}there are: {}",
            nearest.unwrap_or_default(),
            names.join(", ")
        ))
    })
}
