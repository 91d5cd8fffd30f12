//! The detector's parameters, checked by name before they reach it.

use serde_json::{Map, Value as Json};

use crate::contract::Rule;
use crate::error::Error;

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

/// Checks the names against those that the detector describes, and gives the
/// JSON text to open it with.
///
/// # Errors
///
/// [`Error::Config`] with a message for each unknown name and the nearest known.
pub fn configuration(parameters: &Map<String, Json>, rule: &Rule) -> Result<String, Error> {
    let known: Vec<&str> = rule
        .parameters
        .iter()
        .map(|parameter| parameter.name.as_str())
        .collect();
    let problems: Vec<String> = parameters
        .keys()
        .filter(|name| !known.contains(&name.as_str()))
        .map(|name| unknown(name, &known))
        .collect();
    if problems.is_empty() {
        Ok(Json::Object(parameters.clone()).to_string())
    } else {
        Err(Error::Config(problems))
    }
}

/// What is said about a parameter that there is none of.
pub(crate) fn unknown(name: &str, known: &[&str]) -> String {
    let shown = crate::escape::escape(name);
    match suggestion(name, known) {
        Some(nearest) => {
            format!("the detector has no parameter `{shown}`; did you mean `{nearest}`?")
        }
        None => format!(
            "the detector has no parameter `{shown}`; it has: {}",
            if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            }
        ),
    }
}

/// The known name that is most like a wrong one, if any is like it.
pub(crate) fn suggestion<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    known
        .iter()
        .map(|known| (strsim::jaro_winkler(name, known), *known))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, nearest)| nearest)
}
