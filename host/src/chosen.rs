//! The rules of a component that judge, and the parameters of each.
//!
//! A configuration speaks to all rules at once: a parameter is for every chosen rule that has it. What
//! stands under a rule's own name is for that rule alone, and goes before what is for all.

use std::sync::OnceLock;

use serde_json::{Map, Value as Json};

use crate::EMBEDDED;
use crate::config::Origins;
use crate::contract::{Configuration, Rule};
use crate::error::Error;
use crate::escape::escape;
use crate::parameters::{suggestion, unknown, wrong_values};
use crate::sandbox::{Sandbox, digest};

/// What stands for all rules of a component where rules are named.
pub const ALL: &str = "all";

/// The rules by which the component inside judges where none is named.
const USUAL: &str = env!("WEIR_RULES");

/// A rule that judges.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Chosen {
    /// What it says about itself.
    pub rule: Rule,
    /// Its parameters, as far as they are set.
    pub parameters: Map<String, Json>,
}

/// Whether a rule is called so: by its short name or its id.
pub(crate) fn is_called(rule: &Rule, name: &str) -> bool {
    rule.short_name == name || rule.id == name
}

/// The rules that are named, in the order of their description; all when none is.
///
/// # Errors
///
/// [`Error::Config`] for each name that no rule has, with the nearest and the names that there are.
pub fn choose(described: &[Rule], names: &[String]) -> Result<Vec<Rule>, Error> {
    let any = |name: &&String| *name == ALL || described.iter().any(|rule| is_called(rule, name));
    let unknown = names.iter().filter(|name| !any(name));
    let problems: Vec<String> = unknown.map(|name| no_rule(name, described)).collect();
    if !problems.is_empty() {
        return Err(Error::Config(problems));
    }
    let every = names.is_empty() || names.iter().any(|name| name == ALL);
    let wanted = |rule: &&Rule| every || names.iter().any(|name| is_called(rule, name));
    Ok(described.iter().filter(wanted).cloned().collect())
}

/// What is said about a rule that there is none of.
pub(crate) fn no_rule(name: &str, described: &[Rule]) -> String {
    let known: Vec<&str> = described.iter().map(|r| r.short_name.as_str()).collect();
    let nearest = suggestion(name, &known);
    let meant = nearest.map_or_else(String::new, |nearest| format!("did you mean `{nearest}`? "));
    format!(
        "the component has no rule `{}`; {meant}there are: {}",
        escape(name),
        known.join(", ")
    )
}

/// The one rule of those that are chosen; `what` takes no more than one, such as `weir explain`.
///
/// # Errors
///
/// [`Error::Config`] when there are several.
pub fn only<T>(mut chosen: Vec<T>, rule: impl Fn(&T) -> &Rule, what: &str) -> Result<T, Error> {
    match (chosen.pop(), chosen.is_empty()) {
        (Some(one), true) => Ok(one),
        (last, _) => {
            let all = chosen.iter().chain(&last);
            let names: Vec<&str> = all.map(|one| rule(one).short_name.as_str()).collect();
            Err(Error::config(format!(
                "{what} is about one rule; say which with --rule, one of: {}",
                names.join(", ")
            )))
        }
    }
}

impl Sandbox {
    /// The rules that are named or, where none is, those that the component is judged by anyway: of the
    /// one inside the usual ones, of any other all, for which there is no name.
    #[must_use]
    pub fn usual(&self, names: &[String]) -> Vec<String> {
        static INSIDE: OnceLock<String> = OnceLock::new();
        let is_inside = || self.sha256() == INSIDE.get_or_init(|| digest(EMBEDDED));
        if !names.is_empty() || !is_inside() {
            return names.to_vec();
        }
        USUAL.split(',').map(str::to_owned).collect()
    }
}

/// Gives each chosen rule its parameters out of all that are set, and checks names, types and ranges
/// against the descriptions.
///
/// # Errors
///
/// [`Error::Config`] with a message for each that is wrong: where it was set, and what would be right.
pub fn configure(
    described: &[Rule],
    chosen: Vec<Rule>,
    parameters: &Map<String, Json>,
    origins: &Origins,
) -> Result<Vec<Chosen>, Error> {
    let mut problems = unknown_names(described, &chosen, parameters, origins);
    problems.extend(of_others(described, &chosen, parameters, origins));
    let configured: Vec<Chosen> = chosen
        .into_iter()
        .map(|rule| Chosen {
            parameters: of_rule(&rule, parameters),
            rule,
        })
        .collect();
    for Chosen { rule, parameters } in &configured {
        for (place, why) in wrong_values(parameters, rule) {
            let problem = origins.tell(Some(rule), &place, &format!("{place}: {why}"));
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
    match problems.is_empty() {
        true => Ok(configured),
        false => Err(Error::Config(problems)),
    }
}

/// What a detector is opened with.
#[must_use]
pub fn configurations(chosen: &[Chosen]) -> Vec<Configuration> {
    let one = |chosen: &Chosen| {
        let parameters = Json::Object(chosen.parameters.clone()).to_string();
        Configuration::of(&chosen.rule.id, &parameters)
    };
    chosen.iter().map(one).collect()
}

/// Sets a parameter in all that have it; says whether any has.
pub fn set(chosen: &mut [Chosen], name: &str, value: &Json) -> bool {
    let mut any = false;
    for one in chosen {
        if has_parameter(&one.rule, name) {
            one.parameters.insert(name.to_owned(), value.clone());
            any = true;
        }
    }
    any
}

/// Whether a rule has such a parameter.
#[must_use]
pub fn has_parameter(rule: &Rule, name: &str) -> bool {
    rule.parameters.iter().any(|known| known.name == name)
}

/// Which rule a detector's message about its configuration is of, and what it says.
pub(crate) fn about<'r, 'm>(message: &'m str, rules: &'r [Chosen]) -> (Option<&'r Rule>, &'m str) {
    let mut named = rules.iter().filter_map(|chosen| {
        let names = [&chosen.rule.id, &chosen.rule.short_name];
        let mut rests = names
            .into_iter()
            .filter_map(|name| message.strip_prefix(name.as_str()));
        let rest = rests.find_map(|rest| rest.strip_prefix(": "))?;
        Some((Some(&chosen.rule), rest))
    });
    let only = match rules {
        [only] => Some(&only.rule),
        _ => None,
    };
    named.next().unwrap_or((only, message))
}

/// What of all parameters is a rule's: those for all that it has, and its own over them.
pub(crate) fn of_rule(rule: &Rule, parameters: &Map<String, Json>) -> Map<String, Json> {
    let mut given = Map::new();
    for (name, value) in parameters {
        if !value.is_object() && has_parameter(rule, name) {
            given.insert(name.clone(), value.clone());
        }
    }
    for (name, value) in parameters {
        if let Json::Object(own) = value
            && is_called(rule, name)
        {
            given.extend(
                own.iter()
                    .map(|(name, value)| (name.clone(), value.clone())),
            );
        }
    }
    given
}

/// A message for each parameter that no rule has which it could be for.
fn unknown_names(
    described: &[Rule],
    chosen: &[Rule],
    parameters: &Map<String, Json>,
    origins: &Origins,
) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, value) in parameters {
        let Json::Object(own) = value else {
            if !chosen.iter().any(|rule| has_parameter(rule, name)) {
                problems.push(origins.tell(None, name, &unknown_of(name, described, chosen)));
            }
            continue;
        };
        let Some(rule) = described.iter().find(|rule| is_called(rule, name)) else {
            let key = own.keys().next().map_or("", String::as_str);
            let place = format!("{name}.{key}");
            problems.push(origins.tell_of(&place, &no_rule(name, described)));
            continue;
        };
        let known = names(std::slice::from_ref(rule));
        for key in own.keys().filter(|key| !has_parameter(rule, key)) {
            problems.push(origins.tell(Some(rule), key, &unknown(key, &known)));
        }
    }
    problems
}

/// The rules that do not judge and have parameters under their own names.
pub(crate) fn idle<'r>(
    described: &'r [Rule],
    chosen: &'r [Rule],
    parameters: &'r Map<String, Json>,
) -> impl Iterator<Item = (&'r Rule, &'r Map<String, Json>)> {
    parameters.iter().filter_map(move |(name, value)| {
        let rule = described.iter().find(|rule| is_called(rule, name))?;
        let judges = chosen.iter().any(|one| one.id == rule.id);
        Some((rule, value.as_object().filter(|_| !judges)?))
    })
}

/// A message for each parameter that an option sets of a rule that does not judge, and for each
/// wrong one in a file, where a rule may wait until it is chosen.
fn of_others(
    described: &[Rule],
    chosen: &[Rule],
    parameters: &Map<String, Json>,
    origins: &Origins,
) -> Vec<String> {
    let mut problems = Vec::new();
    for (rule, own) in idle(described, chosen, parameters) {
        let name = &rule.short_name;
        let known = own.keys().filter(|key| has_parameter(rule, key));
        let set = known.filter_map(|key| Some((key, origins.option_of(rule, key)?)));
        problems.extend(set.map(|(key, option)| {
            format!(
                "{option}: rule `{name}` does not judge, so its `{key}` changes nothing; name it \
                 with --rule {name}"
            )
        }));
        for (place, why) in wrong_values(own, rule) {
            problems.push(origins.tell(Some(rule), &place, &format!("{place}: {why}")));
        }
    }
    problems
}

/// What is said about a parameter that no chosen rule has.
pub(crate) fn unknown_of(name: &str, described: &[Rule], chosen: &[Rule]) -> String {
    let others = described.iter().filter(|rule| has_parameter(rule, name));
    let others: Vec<&str> = others.map(|rule| rule.short_name.as_str()).collect();
    if others.is_empty() {
        return unknown(name, &names(chosen));
    }
    format!(
        "no chosen rule has a parameter `{name}`; it is one of {}",
        others.join(", ")
    )
}

/// The names of all parameters, once each.
pub(crate) fn names(rules: &[Rule]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for parameter in rules.iter().flat_map(|rule| &rule.parameters) {
        if !names.contains(&parameter.name.as_str()) {
            names.push(&parameter.name);
        }
    }
    names
}
