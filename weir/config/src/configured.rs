//! Selected rules of a component, and the parameters of each.
//!
//! A parameter of a configuration applies to every selected rule that has it. A parameter under a
//! rule's own name applies to that rule alone and takes precedence.

use std::sync::OnceLock;

use serde_json::{Map, Value as Json};

use crate::ParameterOrigins;
use weir_host::contract::{Configuration, Rule};
use weir_host::error::Error;
use weir_host::parameters::{has_parameter, is_called, names, no_rule, unknown, wrong_values};
use weir_host::{Sandbox, digest};
use weir_shipped::{COMPONENT, RULES};

/// The name that selects all rules of a component.
pub const ALL: &str = "all";

/// A selected rule with its parameters.
#[derive(Debug, Clone)]
pub struct ConfiguredRule {
    /// The rule's own description.
    pub rule: Rule,
    /// Parameters that are set, by name.
    pub parameters: Map<String, Json>,
}

/// Selects rules by name, in the order of their descriptions; all when no name is given.
///
/// # Errors
///
/// [`Error::Config`] for each name that no rule has, with the nearest and the names that there are.
pub fn choose(described: &[Rule], names: &[String]) -> Result<Vec<Rule>, Error> {
    let any = |name: &&String| *name == ALL || described.iter().any(|rule| is_called(rule, name));
    let unknown = names.iter().filter(|name| !any(name));
    Error::problems(unknown.map(|name| no_rule(name, described)))?;
    let every = names.is_empty() || names.iter().any(|name| name == ALL);
    let wanted = |rule: &&Rule| every || names.iter().any(|name| is_called(rule, name));
    Ok(described.iter().filter(wanted).cloned().collect())
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

/// The rules that are named; where none is, the usual ones of the shipped component, and of any other
/// component all, for which there is no name.
#[must_use]
pub fn usual(sandbox: &Sandbox, names: &[String]) -> Vec<String> {
    static SHIPPED: OnceLock<String> = OnceLock::new();
    let is_shipped = || sandbox.sha256() == SHIPPED.get_or_init(|| digest(COMPONENT));
    if !names.is_empty() || !is_shipped() {
        return names.to_vec();
    }
    RULES.split(',').map(str::to_owned).collect()
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
    origins: &ParameterOrigins,
) -> Result<Vec<ConfiguredRule>, Error> {
    let mut problems = unknown_names(described, &chosen, parameters, origins);
    problems.extend(of_others(described, &chosen, parameters, origins));
    let configured: Vec<ConfiguredRule> = chosen
        .into_iter()
        .map(|rule| ConfiguredRule {
            parameters: of_rule(&rule, parameters),
            rule,
        })
        .collect();
    for ConfiguredRule { rule, parameters } in &configured {
        for (place, why) in wrong_values(parameters, rule) {
            let problem = origins.tell(Some(rule), &place, &format!("{place}: {why}"));
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
    Error::problems(problems)?;
    Ok(configured)
}

/// The configurations that a detector is opened with, one for each rule.
#[must_use]
pub fn configurations(chosen: &[ConfiguredRule]) -> Vec<Configuration> {
    let one = |chosen: &ConfiguredRule| {
        let parameters = Json::Object(chosen.parameters.clone()).to_string();
        Configuration::of(&chosen.rule.id, &parameters)
    };
    chosen.iter().map(one).collect()
}

/// Sets a parameter in every rule that has it. Returns whether any has.
pub fn set(chosen: &mut [ConfiguredRule], name: &str, value: &Json) -> bool {
    let mut any = false;
    for one in chosen {
        if has_parameter(&one.rule, name) {
            one.parameters.insert(name.to_owned(), value.clone());
            any = true;
        }
    }
    any
}

/// Splits a detector's message about its configuration into the rule and the rest.
pub fn about<'r, 'm>(message: &'m str, rules: &'r [ConfiguredRule]) -> (Option<&'r Rule>, &'m str) {
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

/// The parameters of one rule: those for all rules that it has, overridden by its own.
pub fn of_rule(rule: &Rule, parameters: &Map<String, Json>) -> Map<String, Json> {
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

/// A message for each parameter that no selected rule has.
fn unknown_names(
    described: &[Rule],
    chosen: &[Rule],
    parameters: &Map<String, Json>,
    origins: &ParameterOrigins,
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

/// Rules that are not selected and have parameters under their own names.
pub fn idle<'r>(
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
    origins: &ParameterOrigins,
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

/// The message about a parameter that no selected rule has.
pub fn unknown_of(name: &str, described: &[Rule], chosen: &[Rule]) -> String {
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
