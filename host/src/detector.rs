//! A detector: typed calls into one instance, whose answers are checked against the contract.

use wasmtime::component::ResourceAny;

use crate::contract::check::Checker;
use crate::contract::{
    Alert, Configuration, Counters, Event, GroupState, Interface, Interfaces, MergeError, Outcome,
    Problem, Rule, Selection, Succession, TableError, Verdict,
};
use crate::error::{Error, TrapKind};
use crate::messages::MessageRelay;
use crate::parameters::missing;
use crate::sandbox::Instance;

/// Alerts or verdicts asked for in one call: bounds the size of an answer.
pub(crate) const TAKE: u32 = 256;

/// A detector in an instance of its own. Every method is one call into the component, under the
/// deadline, and its answer is held to the contract; after [`Error::Trapped`] the instance is lost and every further
/// call fails too.
pub struct Detector {
    instance: Instance,
    resource: ResourceAny,
    checker: Checker,
    relay: MessageRelay,
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
        $self.instance.call($name, |exports, store| {
            exports.detection.detector().$method(store, resource $(, $argument)*)
        })
    }};
}

/// Calls a function of an optional interface on the resource.
macro_rules! call_optional {
    ($self:ident, $interface:ident . $field:ident, $name:literal, $method:ident $(, $argument:expr)*) => {{
        let resource = $self.resource;
        $self.instance.call_optional(
            (Interface::$interface, $name),
            |exports| exports.$field.as_ref(),
            |interface, store| interface.$method(store, resource $(, $argument)*),
        )
    }};
}

impl Detector {
    pub(crate) fn open(
        mut instance: Instance,
        checker: Checker,
        configurations: &[Configuration],
        seed: (u64, u64),
    ) -> Result<Self, Error> {
        let mut relay = MessageRelay::listen(&mut instance)?;
        let opened = instance.call("open", |exports, store| {
            let detector = exports.detection.detector();
            detector.call_open(store, configurations, seed)
        })?;
        relay.relay(&mut instance)?;
        match opened {
            Ok(resource) => Ok(Self {
                instance,
                resource,
                checker,
                relay,
            }),
            Err(problems) => {
                checker.problems("open", &problems)?;
                Err(Error::Config(refused(problems, configurations.len() > 1)))
            }
        }
    }

    /// The optional interfaces that it has.
    #[must_use]
    pub fn interfaces(&self) -> Interfaces {
        self.instance.interfaces()
    }

    /// The rules that are open, in the order of `describe`.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        self.checker.rules().cloned().collect()
    }

    /// Takes the place of an instance that failed: what was said through that one stays said.
    pub(crate) fn succeed(&mut self, failed: &mut Self) {
        std::mem::swap(&mut self.checker, &mut failed.checker);
        self.checker.succeeds();
        std::mem::swap(&mut self.relay, &mut failed.relay);
    }

    /// Marks that the state of the instance before it is lost.
    pub(crate) fn lost_state(&mut self) {
        self.checker.gave_state();
    }

    /// Makes the component's messages known, or throws them away where it repeats itself.
    pub(crate) fn mute(&mut self, muted: bool) {
        self.relay.mute(muted);
    }

    /// Hands over a look-up table in the format that `describe` names for it.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when there is no such table or the bytes are not of its
    /// format, [`Error::Trapped`] when the component fails.
    pub fn load_table(&mut self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let loaded = call_optional!(
            self,
            Inspection.inspection,
            "load-table",
            call_load_table,
            name,
            bytes
        )?;
        match &loaded {
            Ok(()) => {}
            Err(TableError::Unknown(names)) => self.checker.words("load-table", names)?,
            Err(TableError::Malformed(why)) => {
                self.checker
                    .words("load-table", std::slice::from_ref(why))?;
            }
        }
        match loaded {
            Ok(()) => Ok(()),
            Err(TableError::Unknown(names)) => {
                let known: Vec<&str> = names.iter().map(String::as_str).collect();
                Err(Error::config(missing("table", name, &known)))
            }
            Err(TableError::Malformed(why)) => Err(Error::config(format!(
                "table `{name}`: {}",
                or_nothing(why)
            ))),
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
        self.checker
            .pushed(&outcome, batch, self.instance.memory())?;
        self.relay.relay(&mut self.instance)?;
        Ok(outcome)
    }

    /// Tells the time, both in milliseconds since 1970: raises the watermark to `to`, and says that
    /// `clock` is the wall's, which a replay never does.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails.
    pub fn advance(&mut self, to: Option<i64>, clock: Option<i64>) -> Result<(), Error> {
        call!(self, "advance", call_advance, to, clock)?;
        if to.is_some() {
            self.checker.moved();
        }
        self.relay.relay(&mut self.instance)
    }

    /// Closes every window.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails.
    pub fn flush(&mut self) -> Result<(), Error> {
        call!(self, "flush", call_flush)?;
        self.checker.moved();
        self.relay.relay(&mut self.instance)
    }

    /// Takes some of the alerts that are ready, oldest first; an empty list means
    /// that there are none left.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails, or gives what the contract forbids: such as an
    /// alert of a rule that is not open.
    pub fn take_alerts(&mut self) -> Result<Vec<Alert>, Error> {
        self.take_some(TAKE.into())
    }

    /// Drains the alerts that are ready, oldest first. The iterator ends when there are none left,
    /// and after an error. It takes them in batches: what it was not asked for when it is dropped
    /// is lost.
    pub fn alerts(&mut self) -> impl Iterator<Item = Result<Alert, Error>> + '_ {
        drained(move || self.take_alerts())
    }

    /// Takes up to so many alerts, and never more than 256, in one call; see
    /// [`take_alerts`](Self::take_alerts).
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails.
    pub fn take_some(&mut self, most: u64) -> Result<Vec<Alert>, Error> {
        let most = u32::try_from(most).unwrap_or(TAKE).min(TAKE);
        let alerts = call!(self, "take-alerts", call_take_alerts, most)?;
        let alerts = asked_for("take-alerts", most, alerts)?;
        self.checker.alerts(&alerts, self.instance.memory())?;
        Ok(alerts)
    }

    /// Takes some of the verdicts that are ready, oldest first; an empty list means that there are
    /// none left.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails.
    pub fn take_verdicts(&mut self) -> Result<Vec<Verdict>, Error> {
        self.take_some_verdicts(TAKE.into())
    }

    /// Drains the verdicts that are ready, as [`alerts`](Self::alerts) does.
    pub fn verdicts(&mut self) -> impl Iterator<Item = Result<Verdict, Error>> + '_ {
        drained(move || self.take_verdicts())
    }

    /// Takes up to so many verdicts, and never more than 256, in one call.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails.
    pub fn take_some_verdicts(&mut self, most: u64) -> Result<Vec<Verdict>, Error> {
        let most = u32::try_from(most).unwrap_or(TAKE).min(TAKE);
        let verdicts = call_optional!(
            self,
            Inspection.inspection,
            "take-verdicts",
            call_take_verdicts,
            most
        )?;
        let verdicts = asked_for("take-verdicts", most, verdicts)?;
        self.checker.verdicts(&verdicts, self.instance.memory())?;
        Ok(verdicts)
    }

    /// Reads, without counting, those documents of a batch that any of the selections asks
    /// for. The detector's state does not change.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails, or says of documents that are not there.
    pub fn select(&mut self, batch: &[u8], wanted: &[Selection]) -> Result<Vec<Event>, Error> {
        let events = call_optional!(
            self,
            Inspection.inspection,
            "select",
            call_select,
            batch,
            wanted
        )?;
        self.checker.events(&events, batch, wanted)?;
        Ok(events)
    }

    /// The detector's own counters, since it was opened.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails.
    pub fn counters(&mut self) -> Result<Counters, Error> {
        let counters = call!(self, "counters", call_counters)?;
        self.checker.counters(&counters)?;
        Ok(counters)
    }

    /// The whole state, for [`merge`](Self::merge).
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails.
    pub fn snapshot(&mut self) -> Result<Vec<u8>, Error> {
        call_optional!(self, State.state, "snapshot", call_snapshot)
    }

    /// Takes the whole state out, for [`merge`](Self::merge) elsewhere; the detector
    /// goes on as if just opened, with its tables.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails.
    pub fn take_state(&mut self) -> Result<Vec<u8>, Error> {
        let state = call_optional!(self, State.state, "take-state", call_take_state)?;
        self.checker.gave_state();
        Ok(state)
    }

    /// Takes the state of up to `max` groups out, oldest windows first and in key order, each for
    /// [`merge`](Self::merge) where its key belongs; none when there are no groups left.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails.
    pub fn take_groups(&mut self, max: u32) -> Result<Vec<GroupState>, Error> {
        let taken = call_optional!(self, State.state, "take-groups", call_take_groups, max)?;
        let taken = asked_for("take-groups", max, taken)?;
        self.checker.groups(&taken)?;
        self.checker.gave_state();
        Ok(taken)
    }

    /// Takes in a state as if its documents had been pushed here.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when the state is damaged or is another rule's or
    /// configuration's, [`Error::Trapped`] when the component fails.
    pub fn merge(&mut self, state: &[u8]) -> Result<(), Error> {
        self.take_in(state)?.map_err(not_taken)
    }

    /// Takes in, as the first thing, the state of an earlier version of its rules, or of one under
    /// other parameters. The answer is what became of the state of each of its rules: it is taken
    /// whole, or not at all.
    ///
    /// # Errors
    ///
    /// As [`merge`](Self::merge), where none of it can be read.
    pub fn take_over(&mut self, state: &[u8]) -> Result<Vec<Succession>, Error> {
        let taken = call_optional!(self, State.state, "take-over", call_take_over, state)?;
        match taken {
            Ok(told) => {
                self.checker.taken_over(&told)?;
                self.checker.merged(state);
                Ok(told)
            }
            Err(error) => {
                self.merge_words("take-over", &error)?;
                Err(not_taken(error))
            }
        }
    }

    /// Checks the words of a state's refusal.
    fn merge_words(&self, call: &'static str, error: &MergeError) -> Result<(), Error> {
        match error {
            MergeError::Damaged(words)
            | MergeError::OtherRule(words)
            | MergeError::OtherConfiguration(words) => {
                self.checker.words(call, std::slice::from_ref(words))
            }
            MergeError::OtherSeed => Ok(()),
        }
    }

    /// Takes in a state; the inner answer is the component's own.
    pub(crate) fn take_in(&mut self, state: &[u8]) -> Result<Result<(), MergeError>, Error> {
        let taken = call_optional!(self, State.state, "merge", call_merge, state)?;
        match &taken {
            Ok(()) => self.checker.merged(state),
            Err(error) => self.merge_words("merge", error)?,
        }
        Ok(taken)
    }

    /// Instructions of WebAssembly that the instance has executed so far; none where they are not
    /// counted ([`Sandbox::counting`](crate::Sandbox::counting)). The same calls give the same number.
    #[must_use]
    pub fn instructions(&self) -> Option<u64> {
        self.instance.instructions()
    }

    /// Bytes of memory that the instance holds now. It never gives any back, so
    /// this is its peak too.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.instance.memory()
    }
}

/// Why a state was not taken in.
fn not_taken(error: MergeError) -> Error {
    Error::config(match error {
        MergeError::Damaged(why) => format!("the state is damaged: {}", or_nothing(why)),
        MergeError::OtherRule(which) => {
            format!("the state is of another rule: {}", or_nothing(which))
        }
        MergeError::OtherConfiguration(keys) => format!(
            "the state was made under another configuration: {}",
            or_nothing(keys)
        ),
        MergeError::OtherSeed => "the state was made under another hash seed".to_owned(),
    })
}

/// A detector's reasons for refusing a configuration, a sentence each; at least one.
fn refused(problems: Vec<Problem>, several: bool) -> Vec<String> {
    if problems.is_empty() {
        return vec![
            "the detector refuses its configuration and does not say why (`open` failed with an \
             empty list of problems): a fault of the component; try it without parameters"
                .to_owned(),
        ];
    }
    let words = |problem: Problem| {
        let rule = match several {
            true => format!("{}: ", problem.rule),
            false => String::new(),
        };
        match problem.key.as_str() {
            "" => format!("{rule}the configuration: {}", or_nothing(problem.message)),
            key => format!("{rule}{key}: {}", or_nothing(problem.message)),
        }
    };
    problems.into_iter().map(words).collect()
}

/// A component's words, or that there are none.
fn or_nothing(words: String) -> String {
    match words.trim() {
        "" => "the detector does not say why".to_owned(),
        _ => words,
    }
}

/// No more than was asked for.
fn asked_for<T>(call: &'static str, most: u32, given: Vec<T>) -> Result<Vec<T>, Error> {
    if given.len() <= most as usize {
        return Ok(given);
    }
    let words = format!("{} were given where {most} were asked for", given.len());
    Err(Error::trapped(call, TrapKind::Answer(words)))
}

/// What `take` gives, one by one, until it gives nothing or an error.
fn drained<T>(
    mut take: impl FnMut() -> Result<Vec<T>, Error>,
) -> impl Iterator<Item = Result<T, Error>> {
    let mut ready = Vec::new().into_iter();
    let mut ended = false;
    std::iter::from_fn(move || {
        if ready.len() == 0 && !ended {
            match take() {
                Ok(some) => ready = some.into_iter(),
                Err(error) => {
                    ended = true;
                    return Some(Err(error));
                }
            }
            ended = ready.len() == 0;
        }
        ready.next().map(Ok)
    })
}
