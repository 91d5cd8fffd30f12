//! A rule at work: its stream, and what it makes of an event.

use crate::callers::Seat;
use crate::definition::{Plan, RuleOn, Wanted};
use crate::key::{Keys, MOST_KEYS, is_key};
use crate::log::{Call, Event, Log};
use crate::model::{Problem, RuleConfiguration};
use crate::stream::{Fate, Stream};

/// Groups until which the keys of a rule are held to its definition.
const LOOKED_AT: u64 = 16;

/// An open rule.
pub(crate) struct Running<L: Log> {
    pub(crate) rule: Box<RuleOn<L>>,
    pub(crate) stream: Stream,
}

/// A rule with its plan.
type Chosen<L> = (Box<RuleOn<L>>, Plan);

/// The rules that are named, in their own order, each with its plan.
///
/// # Errors
/// Every problem of the configurations, each naming its rule and key.
pub(crate) fn chosen<L: Log>(
    rules: Vec<Box<RuleOn<L>>>,
    configured: &[RuleConfiguration],
) -> Result<Vec<Chosen<L>>, Vec<Problem>> {
    let mut problems = Vec::new();
    let ids: Vec<&str> = rules.iter().map(|rule| rule.definition().info.id).collect();
    for (at, given) in configured.iter().enumerate() {
        let twice = { configured[..at].iter() }.any(|other| other.rule == given.rule);
        let known = ids.contains(&given.rule.as_str());
        let message = match (known, twice) {
            (true, false) => continue,
            (true, true) => "the rule is named before",
            (false, _) => "there is no rule of this id",
        };
        problems.push(Problem {
            rule: given.rule.clone(),
            key: String::new(),
            message: message.to_owned(),
        });
    }
    let mut chosen: Vec<Chosen<L>> = Vec::new();
    for (rule, id) in rules.into_iter().zip(ids) {
        let Some(given) = configured.iter().find(|given| given.rule == id) else {
            continue;
        };
        match Plan::new(&*rule, &given.parameters) {
            Ok(plan) => {
                problems.extend(
                    chosen
                        .first()
                        .map_or(Vec::new(), |first| plan.differs(&first.1, &L::INFO)),
                );
                chosen.push((rule, plan));
            }
            Err(found) => problems.extend(found),
        }
    }
    match problems.is_empty() {
        true => Ok(chosen),
        false => Err(problems),
    }
}

impl<L: Log> Running<L> {
    /// Takes a call where its event need not be looked at: what became of it, and how many
    /// look-ups it wants of a table that is not there, if that is remembered; else where its
    /// caller may be remembered.
    #[inline(always)]
    pub(crate) fn quick(
        &mut self,
        call: &L::Call<'_>,
    ) -> Result<(Fate, Option<u32>), Option<Seat>> {
        match self.rule.wants_call(call) {
            Wanted::Yes | Wanted::ByCaller => {}
            Wanted::No => return Ok((self.stream.pass(call.time()), None)),
            Wanted::Unknown => return Err(None),
        }
        let known = self.stream.find(call.caller(), call.time())?;
        let fate = match known.is_unwanted() {
            true => self.stream.pass(call.time()),
            false => self.stream.take_call(&*self.rule, call, known.group),
        };
        Ok((fate, Some(known.missed)))
    }

    /// The keys of an event; none where the rule is not about it.
    ///
    /// # Errors
    /// A sentence on the parts of the key, where they make more keys than are taken.
    #[allow(clippy::panic, reason = "else its state could not be read again")]
    pub(crate) fn keys(&self, event: &L::Event<'_>) -> Result<Option<Keys>, String> {
        if !self.rule.wants(event) {
            return Ok(None);
        }
        let (keys, plan) = (self.rule.keys(event), &self.stream.plan);
        if let Some(count) = keys.too_many() {
            let names: Vec<&str> = { plan.schema.key().iter() }
                .map(|part| part.name.as_str())
                .collect();
            return Err(format!(
                "{}: {count} group keys, at most {MOST_KEYS} are taken",
                names.join(" and ")
            ));
        }
        // A rule that makes wrong keys makes them from the beginning.
        if self.stream.totals.groups_seen < LOOKED_AT && { keys.iter() }
            .any(|key| !is_key(key, plan.schema.key_kinds()))
        {
            let id = plan.definition.info.id;
            panic!("rule {id}: the parts of a key are not those of its definition");
        }
        Ok(Some(keys))
    }

    /// Takes an event with its [keys](Self::keys).
    pub(crate) fn event(
        &mut self,
        event: &L::Event<'_>,
        keys: Option<Keys>,
        caller: Option<Seat>,
    ) -> Fate {
        let stream = &mut self.stream;
        let Some(keys) = keys else {
            if let Some(caller) = caller {
                stream.leave_out(caller, event.time(), event.missed());
            }
            return stream.pass(event.time());
        };
        let (time, values) = (event.time(), &|key| event.values(key));
        let exceptions = stream.plan.exceptions();
        if exceptions.iter().any(|e| e.covers(time, values)) {
            return stream.exclude();
        }
        // An exception may end with time: whom one names is never known.
        let named = exceptions.iter().any(|e| e.names(values));
        stream.take(&*self.rule, event, keys, caller.filter(|_| !named))
    }
}
