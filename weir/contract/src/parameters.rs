//! The detector's parameters, checked against what it describes before they reach it: a component
//! that does not look at its configuration is given none that is wrong.

mod values;

use std::collections::HashSet;

use serde_json::{Map, Value as Json};

use crate::error::Error;
use crate::{Configuration, Rule};
pub use values::{wrong_exceptions, wrong_values};
use weir_common::escape::escape;
use weir_common::suggestion::suggestion;

/// The parameter that makes a worker which only aggregates.
const PARTIAL: &str = "partial";

/// Reads `key=value`. The value is a JSON scalar; what is none is taken as text.
///
/// # Errors
///
/// [`Error::Config`] when there is no `=` or no key, or the value is a list.
pub fn parse_setting(setting: &str) -> Result<(String, Json), Error> {
    let Some((key, value)) = setting
        .split_once('=')
        .filter(|(key, _)| !key.trim().is_empty())
    else {
        return Err(Error::config(format!(
            "`{setting}` is no setting; write KEY=VALUE"
        )));
    };
    let key = key.trim().to_owned();
    match serde_json::from_str::<Json>(value) {
        Ok(Json::Array(_) | Json::Object(_)) => Err(Error::config(format!(
            "{key}: lists are set in a configuration file (--config), under [parameters]"
        ))),
        Ok(scalar) => Ok((key, scalar)),
        Err(_) => Ok((key, Json::String(value.to_owned()))),
    }
}

/// Checks what a detector is to be opened with: rules that there are, each once, and parameters as
/// they are described. What is no JSON object is the detector's to refuse.
///
/// # Errors
///
/// [`Error::Config`] with a message for each that is wrong.
pub fn check(configurations: &[Configuration], rules: &[Rule]) -> Result<(), Error> {
    if configurations.is_empty() {
        return Err(Error::config(
            "no rule is named; a detector has at least one",
        ));
    }
    let mut problems = Vec::new();
    let mut partial = HashSet::new();
    for (at, configuration) in configurations.iter().enumerate() {
        let Some(rule) = rules.iter().find(|rule| rule.id == configuration.rule) else {
            problems.push(no_rule(&configuration.rule, rules));
            continue;
        };
        let mut before = configurations.iter().take(at);
        if before.any(|other| other.rule == rule.id) {
            problems.push(format!("rule {} is named twice", rule.id));
        }
        let parameters = serde_json::from_str::<Map<String, Json>>(&configuration.parameters);
        let Ok(parameters) = parameters else { continue };
        partial.insert(parameters.get(PARTIAL) == Some(&Json::Bool(true)));
        let named = |why: String| match configurations.len() {
            1 => why,
            _ => format!("{}: {why}", rule.short_name),
        };
        problems.extend(wrong(&parameters, rule).into_iter().map(named));
    }
    if partial.len() > 1 {
        problems.push(format!("{PARTIAL}: must be the same for all rules"));
    }
    Error::problems(problems)
}

/// Problems of a rule's parameters: names, types and ranges.
fn wrong(parameters: &Map<String, Json>, rule: &Rule) -> Vec<String> {
    let known = names(std::slice::from_ref(rule));
    let unknown_names = parameters
        .keys()
        .filter(|name| !known.contains(&name.as_str()));
    let mut problems: Vec<String> = unknown_names.map(|name| unknown(name, &known)).collect();
    let wrong = wrong_values(parameters, rule);
    problems.extend(wrong.iter().map(|(place, why)| format!("{place}: {why}")));
    problems
}

/// Message about an unknown parameter.
pub fn unknown(name: &str, known: &[&str]) -> String {
    missing("parameter", name, known)
}

/// Message about something by a name that the detector does not have.
pub fn missing(what: &str, name: &str, known: &[&str]) -> String {
    let shown = escape(name);
    match suggestion(name, known) {
        Some(nearest) => format!("the detector has no {what} `{shown}`; did you mean `{nearest}`?"),
        None if known.is_empty() => format!("the detector has no {what} `{shown}`; it has: none"),
        None => format!(
            "the detector has no {what} `{shown}`; it has: {}",
            known.join(", ")
        ),
    }
}

/// Whether a rule is called so: by its short name or its id.
#[must_use]
pub fn is_called(rule: &Rule, name: &str) -> bool {
    rule.short_name == name || rule.id == name
}

/// Message about an unknown rule.
#[must_use]
pub fn no_rule(name: &str, described: &[Rule]) -> String {
    let known: Vec<&str> = described.iter().map(|r| r.short_name.as_str()).collect();
    let nearest = suggestion(name, &known);
    let meant = nearest.map_or_else(String::new, |nearest| format!("did you mean `{nearest}`? "));
    format!(
        "the component has no rule `{}`; {meant}there are: {}",
        escape(name),
        known.join(", ")
    )
}

/// Whether a rule has such a parameter.
#[must_use]
pub fn has_parameter(rule: &Rule, name: &str) -> bool {
    rule.parameters.iter().any(|known| known.name == name)
}

/// The names of all parameters, once each.
#[must_use]
pub fn names(rules: &[Rule]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for parameter in rules.iter().flat_map(|rule| &rule.parameters) {
        if !names.contains(&parameter.name.as_str()) {
            names.push(&parameter.name);
        }
    }
    names
}
