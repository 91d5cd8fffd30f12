//! An open rule: the rule with its stream.

use crate::callers::CallerHash;
use crate::definition::{FilterDecision, Plan, RuleOn};
use crate::key::{Keys, MAX_KEYS, is_key};
use crate::log::{Log, LogCall, LogEvent};
use crate::model::{Problem, RuleConfiguration};
use crate::stream::{Disposition, Stream};

/// Number of groups until which the keys of a rule are checked against its definition.
const CHECKED_GROUPS: u64 = 16;

/// An open rule.
pub(crate) struct OpenRule<L: Log> {
    pub(crate) rule: Box<RuleOn<L>>,
    pub(crate) stream: Stream,
}

/// A rule with its plan.
type ConfiguredRule<L> = (Box<RuleOn<L>>, Plan);

/// Selects the configured rules, in their own order, each with its plan.
///
/// # Errors
/// Every problem of the configurations, each naming its rule and key.
pub(crate) fn configured_rules<L: Log>(
    rules: Vec<Box<RuleOn<L>>>,
    configurations: &[RuleConfiguration],
) -> Result<Vec<ConfiguredRule<L>>, Vec<Problem>> {
    let mut problems = Vec::new();
    let ids: Vec<&str> = rules.iter().map(|rule| rule.definition().info.id).collect();
    for (at, given) in configurations.iter().enumerate() {
        let twice = { configurations[..at].iter() }.any(|other| other.rule == given.rule);
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
    let mut configured_rules: Vec<ConfiguredRule<L>> = Vec::new();
    for (rule, id) in rules.into_iter().zip(ids) {
        let Some(given) = configurations.iter().find(|given| given.rule == id) else {
            continue;
        };
        match Plan::new(&*rule, &given.parameters) {
            Ok(plan) => {
                problems.extend(
                    configured_rules
                        .first()
                        .map_or(Vec::new(), |first| plan.differs(&first.1, &L::INFO)),
                );
                configured_rules.push((rule, plan));
            }
            Err(found) => problems.extend(found),
        }
    }
    match problems.is_empty() {
        true => Ok(configured_rules),
        false => Err(problems),
    }
}

impl<L: Log> OpenRule<L> {
    /// Processes a call without its event, if possible: returns its disposition and its look-ups in
    /// a table that is not loaded, if those are cached. The error is the hash to cache the caller
    /// under, if it can be cached.
    #[inline(always)]
    pub(crate) fn push_cached(
        &mut self,
        call: &L::Call<'_>,
    ) -> Result<(Disposition, Option<u32>), Option<CallerHash>> {
        match self.rule.filter_call(call) {
            FilterDecision::Yes | FilterDecision::ByCaller => {}
            FilterDecision::No => return Ok((self.stream.skip(call.time()), None)),
            FilterDecision::Unknown => return Err(None),
        }
        let known = self.stream.find_cached(call.caller(), call.time())?;
        let disposition = match known.is_unwanted() {
            true => self.stream.skip(call.time()),
            false => self.stream.push_call(&*self.rule, call, known.group),
        };
        Ok((disposition, Some(known.missed)))
    }

    /// The keys of an event; None if the rule's filter leaves it out.
    ///
    /// # Errors
    /// A sentence on the parts of the key, if an event has too many keys.
    #[allow(clippy::panic, reason = "else its state could not be read again")]
    pub(crate) fn keys(&self, event: &L::Event<'_>) -> Result<Option<Keys>, String> {
        if !self.rule.filter(event) {
            return Ok(None);
        }
        let (keys, plan) = (self.rule.keys(event), &self.stream.plan);
        if let Some(count) = keys.too_many() {
            let names: Vec<&str> = { plan.schema.key().iter() }
                .map(|part| part.name.as_str())
                .collect();
            return Err(format!(
                "{}: {count} group keys, at most {MAX_KEYS} are taken",
                names.join(" and ")
            ));
        }
        // A rule that makes invalid keys does so from the beginning.
        if self.stream.totals.groups_seen < CHECKED_GROUPS && { keys.iter() }
            .any(|key| !is_key(key, plan.schema.key_kinds()))
        {
            let id = plan.definition.info.id;
            panic!("rule {id}: the parts of a key are not those of its definition");
        }
        Ok(Some(keys))
    }

    /// Processes an event with its [keys](Self::keys).
    pub(crate) fn push_event(
        &mut self,
        event: &L::Event<'_>,
        keys: Option<Keys>,
        caller: Option<CallerHash>,
    ) -> Disposition {
        let stream = &mut self.stream;
        let Some(keys) = keys else {
            if let Some(caller) = caller {
                stream.cache_unwanted(caller, event.time(), event.missed());
            }
            return stream.skip(event.time());
        };
        let (time, values) = (event.time(), &|key| event.values(key));
        let exceptions = stream.plan.exceptions();
        if exceptions.iter().any(|e| e.covers(time, values)) {
            return stream.exclude();
        }
        // An exception may expire, so a caller that one names is never cached.
        let named = exceptions.iter().any(|e| e.could_cover(values));
        stream.push(&*self.rule, event, keys, caller.filter(|_| !named))
    }
}
