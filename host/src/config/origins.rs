//! Where each parameter was set, so that what is wrong with it can be found.

use std::collections::BTreeMap;
use std::path::Path;

use super::Lines;
use crate::chosen::{Chosen, about};
use crate::contract::Rule;
use crate::error::Error;

/// The option, or the file and line, of each parameter.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    /// The file's name and lines.
    file: Option<(String, Lines)>,
    /// Options such as `--set`, by parameter: they go over the file.
    options: BTreeMap<String, String>,
}

impl Origins {
    /// Of the parameters in a file.
    pub(crate) fn of_file(path: &Path, lines: Lines) -> Self {
        Self {
            file: Some((path.display().to_string(), lines)),
            options: BTreeMap::new(),
        }
    }

    /// Notes the option by which a parameter is set: its name, or `RULE.NAME`.
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

    /// A message about a place such as `exceptions[2].reason`, of a rule or of any, with where that
    /// was set.
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
        let Some((name, lines)) = &self.file else {
            return message.to_owned();
        };
        let place_of = |prefix: &String, place: &str| format!("parameters.{prefix}{place}");
        let mut known = prefixes.iter();
        let known = known.find(|prefix| lines.get(&place_of(prefix, parameter)).is_some());
        match known {
            Some(prefix) => {
                let line = lines.of(&place_of(prefix, place));
                format!("{name}:{line}: {message}")
            }
            None => message.to_owned(),
        }
    }

    /// A message about parameters of a name that no rule has, `NAME.PARAMETER`, with where they were set.
    #[must_use]
    pub(crate) fn tell_of(&self, place: &str, message: &str) -> String {
        if let Some(option) = self.options.get(place) {
            return format!("{option}: {message}");
        }
        let place = format!("parameters.{place}");
        match &self.file {
            Some((name, lines)) if lines.get(&place).is_some() => {
                format!("{name}:{}: {message}", lines.of(&place))
            }
            _ => message.to_owned(),
        }
    }

    /// What a detector on these rules says of its configuration, each message with where its
    /// parameter was set.
    #[must_use]
    pub fn explain(&self, error: Error, rules: &[Chosen]) -> Error {
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
