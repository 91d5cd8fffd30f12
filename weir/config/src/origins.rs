//! Origins of parameters: the option, or the file and line, that set each.

use std::collections::BTreeMap;
use std::path::Path;

use super::KeyPositions;
use crate::configured::{ConfiguredRule, about};
use weir_host::contract::Rule;
use weir_host::error::Error;

/// The option, or the file and line, of each parameter.
#[derive(Debug, Clone, Default)]
pub struct ParameterOrigins {
    /// Name of the file, and the positions of its keys.
    file: Option<(String, KeyPositions)>,
    /// Options such as `--set`, by parameter. They take precedence over the file.
    options: BTreeMap<String, String>,
}

impl ParameterOrigins {
    /// Origins of the parameters in a file.
    pub fn of_file(path: &Path, positions: KeyPositions) -> Self {
        Self {
            file: Some((path.display().to_string(), positions)),
            options: BTreeMap::new(),
        }
    }

    /// Records the option that sets a parameter: its name, or `RULE.NAME`.
    pub(super) fn option(&mut self, parameter: &str, option: &str) {
        self.options.insert(parameter.to_owned(), option.to_owned());
    }

    /// The option by which a rule's own parameter is set, if one sets it.
    pub(crate) fn option_of(&self, rule: &Rule, parameter: &str) -> Option<&str> {
        let mut names = [&rule.short_name, &rule.id].into_iter();
        names.find_map(|name| {
            self.options
                .get(&format!("{name}.{parameter}"))
                .map(String::as_str)
        })
    }

    /// A message about a place such as `exceptions[2].reason`, of one rule or of all, with the option
    /// or the file and line that set it.
    #[must_use]
    pub fn tell(&self, rule: Option<&Rule>, place: &str, message: &str) -> String {
        let own = rule.map(|rule| [format!("{}.", rule.short_name), format!("{}.", rule.id)]);
        let mut prefixes: Vec<String> = own.into_iter().flatten().collect();
        prefixes.push(String::new());
        let parameter = place.split(['.', '[']).next().unwrap_or(place);
        let mut options = prefixes.iter();
        let option = options.find_map(|prefix| self.options.get(&format!("{prefix}{parameter}")));
        if let Some(option) = option {
            return format!("{option}: {message}");
        }
        let Some((name, positions)) = &self.file else {
            return message.to_owned();
        };
        let place_of = |prefix: &String, place: &str| format!("parameters.{prefix}{place}");
        let mut known = prefixes.iter();
        let known = known.find(|prefix| positions.get(&place_of(prefix, parameter)).is_some());
        match known {
            Some(prefix) => {
                let line = positions.of(&place_of(prefix, place));
                format!("{name}:{line}: {message}")
            }
            None => message.to_owned(),
        }
    }

    /// A message about parameters of an unknown rule, `NAME.PARAMETER`, with their origin.
    #[must_use]
    pub(crate) fn tell_of(&self, place: &str, message: &str) -> String {
        if let Some(option) = self.options.get(place) {
            return format!("{option}: {message}");
        }
        let place = format!("parameters.{place}");
        match &self.file {
            Some((name, positions)) if positions.get(&place).is_some() => {
                format!("{name}:{}: {message}", positions.of(&place))
            }
            _ => message.to_owned(),
        }
    }

    /// Adds the origin of the parameter to each message of a detector about its configuration.
    #[must_use]
    pub fn explain(&self, error: Error, rules: &[ConfiguredRule]) -> Error {
        let Error::Config(messages) = error else {
            return error;
        };
        let told = messages.iter().map(|message| {
            let (rule, says) = about(message, rules);
            let place = says.split(": ").next().unwrap_or_default();
            match rule.filter(|_| rules.len() > 1) {
                Some(of) => {
                    let says = format!("rule {}: {says}", of.short_name);
                    self.tell(rule, place, &says)
                }
                None => self.tell(rule, place, says),
            }
        });
        Error::Config(told.collect())
    }
}
