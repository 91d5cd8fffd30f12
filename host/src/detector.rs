//! One stream's worth of detection, inside its own instance.

use wasmtime::component::ResourceAny;

use crate::contract::{
    Alert, Counters, Event, GroupState, MergeError, Outcome, Selection, TableError, Verdict,
};
use crate::error::{Error, TrapKind};
use crate::escape::shorten;
use crate::identity::alert_id;
use crate::parameters::suggestion;
use crate::sandbox::Cell;

/// Alerts or verdicts asked for in one call: bounds the size of an answer.
pub(crate) const TAKE: u32 = 256;
/// Characters of a name that an error shows.
const NAME: usize = 80;

/// What is said about a table that there is none of. The names are the component's words.
fn no_table(name: &str, names: &[String]) -> String {
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    match suggestion(name, &known) {
        Some(nearest) => format!("the detector has no table `{name}`; did you mean `{nearest}`?"),
        None if known.is_empty() => format!("the detector has no table `{name}`; it has: none"),
        None => format!(
            "the detector has no table `{name}`; it has: {}",
            known.join(", ")
        ),
    }
}

/// A detector at work. Every method is one call into the component, under the
/// deadline; after [`Error::Trapped`] the instance is lost and every further
/// call fails too.
pub struct Detector {
    cell: Cell,
    resource: ResourceAny,
    /// The id of its rule.
    rule: String,
}

impl std::fmt::Debug for Detector {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Detector")
            .field("memory_bytes", &self.memory_bytes())
            .finish_non_exhaustive()
    }
}

/// Calls a method of the resource.
macro_rules! call {
    ($self:ident, $name:literal, $method:ident $(, $argument:expr)*) => {{
        let resource = $self.resource;
        $self.cell.call($name, |bindings, store| {
            bindings
                .weir_detector_detection()
                .detector()
                .$method(store, resource $(, $argument)*)
        })
    }};
}

impl Detector {
    pub(crate) fn open(
        mut cell: Cell,
        rule: String,
        configuration: &str,
        seed: (u64, u64),
    ) -> Result<Self, Error> {
        let opened = cell.call("open", |bindings, store| {
            bindings
                .weir_detector_detection()
                .detector()
                .call_open(store, configuration, seed)
        })?;
        match opened {
            Ok(resource) => Ok(Self {
                cell,
                resource,
                rule,
            }),
            Err(problems) => Err(Error::Config(
                problems
                    .into_iter()
                    .map(|problem| match problem.key.as_str() {
                        "" => problem.message,
                        key => format!("{key}: {}", problem.message),
                    })
                    .collect(),
            )),
        }
    }

    /// Hands over a look-up table in the format that `describe` names for it.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when there is no such table or the bytes are not of its
    /// format, [`Error::Trapped`] when the component fails.
    pub fn load_table(&mut self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        match call!(self, "load-table", call_load_table, name, bytes)? {
            Ok(()) => Ok(()),
            Err(TableError::Unknown(names)) => Err(Error::config(no_table(name, &names))),
            Err(TableError::Malformed(why)) => Err(Error::config(format!("table `{name}`: {why}"))),
        }
    }

    /// Takes documents: JSON in UTF-8, one value a line. The bytes are copied
    /// into the component in one piece.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails.
    pub fn push(&mut self, batch: &[u8]) -> Result<Outcome, Error> {
        let outcome = call!(self, "push", call_push, batch)?;
        let counts = [
            outcome.malformed,
            outcome.dropped_late,
            outcome.refused_future,
        ];
        let counted = counts.iter().fold(0, |sum: u64, n| sum.saturating_add(*n));
        if outcome.refused.len() as u64 > counted {
            let words = format!(
                "{} documents are said to be refused where {counted} are counted",
                outcome.refused.len()
            );
            return Err(Error::Trapped {
                call: "push",
                kind: TrapKind::Answer(words),
            });
        }
        Ok(outcome)
    }

    /// Tells the wall-clock time, in milliseconds since 1970. A replay never does.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails.
    pub fn clock(&mut self, now: i64) -> Result<(), Error> {
        call!(self, "clock", call_clock, now)
    }

    /// Raises the watermark, in milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails.
    pub fn advance(&mut self, to: i64) -> Result<(), Error> {
        call!(self, "advance", call_advance, to)
    }

    /// Closes every window.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails.
    pub fn flush(&mut self) -> Result<(), Error> {
        call!(self, "flush", call_flush)
    }

    /// Takes some of the alerts that are ready, oldest first; an empty list means
    /// that there are none left.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails, or gives an alert an id that is
    /// not the one of its rule, window and key.
    pub fn take_alerts(&mut self) -> Result<Vec<Alert>, Error> {
        self.take_some(TAKE.into())
    }

    /// The same, but no more than that.
    pub(crate) fn take_some(&mut self, most: u64) -> Result<Vec<Alert>, Error> {
        let most = u32::try_from(most).unwrap_or(TAKE).min(TAKE);
        let alerts = call!(self, "take-alerts", call_take_alerts, most)?;
        let alerts = asked_for("take-alerts", most, alerts)?;
        for alert in &alerts {
            let expected = alert_id(&self.rule, alert);
            if alert.id != expected {
                let words = format!(
                    "an alert of rule `{}` is called `{}` and must be called {expected}",
                    shorten(&self.rule, NAME),
                    shorten(&alert.id, NAME)
                );
                return Err(Error::Trapped {
                    call: "take-alerts",
                    kind: TrapKind::Answer(words),
                });
            }
        }
        Ok(alerts)
    }

    /// Takes some of the ledger's entries; an empty list means that there are
    /// none left.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails.
    pub fn take_verdicts(&mut self) -> Result<Vec<Verdict>, Error> {
        self.take_some_verdicts(TAKE.into())
    }

    /// The same, but no more than that.
    pub(crate) fn take_some_verdicts(&mut self, most: u64) -> Result<Vec<Verdict>, Error> {
        let most = u32::try_from(most).unwrap_or(TAKE).min(TAKE);
        let verdicts = call!(self, "take-verdicts", call_take_verdicts, most)?;
        asked_for("take-verdicts", most, verdicts)
    }

    /// What the detector reads in those documents of a batch that any of the selections asks
    /// for. Nothing is counted and nothing changes.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails, or says of documents that are not there.
    pub fn select(&mut self, batch: &[u8], wanted: &[Selection]) -> Result<Vec<Event>, Error> {
        let events = call!(self, "select", call_select, batch, wanted)?;
        let inside = |event: &Event| {
            let end = u64::from(event.offset) + u64::from(event.length);
            end <= batch.len() as u64 && !event.keys.is_empty()
        };
        if events.iter().all(inside) {
            return Ok(events);
        }
        let words = "an event is said to be where the batch has none, or in no group".to_owned();
        Err(Error::Trapped {
            call: "select",
            kind: TrapKind::Answer(words),
        })
    }

    /// Totals since the detector was opened.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails.
    pub fn counters(&mut self) -> Result<Counters, Error> {
        call!(self, "counters", call_counters)
    }

    /// The whole state, for [`merge`](Self::merge).
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails.
    pub fn snapshot(&mut self) -> Result<Vec<u8>, Error> {
        call!(self, "snapshot", call_snapshot)
    }

    /// Takes the whole state out, for [`merge`](Self::merge) elsewhere; the detector
    /// goes on as if just opened, with its tables.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails.
    pub fn take_state(&mut self) -> Result<Vec<u8>, Error> {
        call!(self, "take-state", call_take_state)
    }

    /// Takes the state of up to `max` groups out, oldest windows first and in key order, each for
    /// [`merge`](Self::merge) where its key belongs; none when there are no groups left.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails.
    pub fn take_groups(&mut self, max: u32) -> Result<Vec<GroupState>, Error> {
        let taken = call!(self, "take-groups", call_take_groups, max)?;
        asked_for("take-groups", max, taken)
    }

    /// Takes in a state as if its documents had been pushed here.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when the state is damaged or is another rule's or
    /// configuration's, [`Error::Trapped`] when the component fails.
    pub fn merge(&mut self, state: &[u8]) -> Result<(), Error> {
        self.take_in(state)?.map_err(|error| {
            Error::config(match error {
                MergeError::Damaged(why) => format!("the state is damaged: {why}"),
                MergeError::OtherRule(which) => format!("the state is of another rule: {which}"),
                MergeError::OtherConfiguration(keys) => {
                    format!("the state was made under another configuration: {keys}")
                }
                MergeError::OtherSeed => "the state was made under another hash seed".to_owned(),
            })
        })
    }

    /// The same, with the component's own answer.
    pub(crate) fn take_in(&mut self, state: &[u8]) -> Result<Result<(), MergeError>, Error> {
        call!(self, "merge", call_merge, state)
    }

    /// Bytes of memory that the instance holds now. It never gives any back, so
    /// this is its peak too.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.cell.memory()
    }
}

/// No more than was asked for.
fn asked_for<T>(call: &'static str, most: u32, given: Vec<T>) -> Result<Vec<T>, Error> {
    if given.len() <= most as usize {
        return Ok(given);
    }
    let words = format!("{} were given where {most} were asked for", given.len());
    Err(Error::Trapped {
        call,
        kind: TrapKind::Answer(words),
    })
}
