//! Validation of a configuration file, without events.
//!
//! Stages: the file and its shape, limits, the Kafka client, component, rules, parameters, tables, exceptions; then what
//! is legal and perhaps not meant.
//! A stage that fails does not keep the others from being looked at, as far as they can.

mod exceptions;
mod oddities;
mod sections;

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

pub(crate) use exceptions::expired;

use serde_json::{Map, Value as Json};

use exceptions::exceptions;
use weir_common::explain::explain;
use weir_common::numbers::counted;
use weir_component::Location;
use weir_config::configured::{
    ConfiguredRule, about, choose, configurations, idle, of_rule, unknown_of,
};
use weir_config::{ASN_TABLE, Draft};

use weir_host::Sandbox;
use weir_host::contract::{Configuration, Interface, Rule};
use weir_host::error::Error;
use weir_host::parameters::wrong_values;
use weir_host::parameters::{has_parameter, is_called, names, no_rule};

use crate::command::{cache, trusted};

/// Severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// A stage without problems.
    Ok,
    /// The configuration runs, and perhaps not as it is meant.
    Warning,
    /// The configuration does not run.
    Error,
}

/// One finding of a validation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Severity.
    pub level: Severity,
    /// Line number in the file, from 1, where there is one.
    pub line: Option<usize>,
    /// Text of the finding.
    pub message: String,
}

/// Validation of one file.
#[derive(Debug)]
pub(crate) struct Validation {
    /// The file's name.
    pub name: String,
    /// Findings in the order of stages, then of lines.
    pub findings: Vec<Finding>,
    /// Whether the component was refused or failed.
    pub refused: bool,
}

impl Validation {
    /// 2 when the component was refused or failed, 3 with any other error, else 0.
    #[must_use]
    pub(crate) fn exit_code(&self) -> u8 {
        let error = |finding: &Finding| finding.level == Severity::Error;
        match (self.refused, self.findings.iter().any(error)) {
            (true, _) => 2,
            (false, true) => 3,
            (false, false) => 0,
        }
    }

    fn add(&mut self, level: Severity, line: Option<usize>, message: impl Into<String>) {
        self.findings.push(Finding {
            level,
            line,
            message: message.into(),
        });
    }

    /// Adds findings by their key paths, in the order of lines and each once.
    fn add_all(&mut self, level: Severity, draft: &Draft, all: Vec<(String, String)>) {
        let lines = all.into_iter();
        let mut lines: Vec<(usize, String)> = lines
            .map(|(place, message)| (draft.positions.of(&place), message))
            .collect();
        lines.sort();
        lines.dedup();
        for (line, message) in lines {
            self.add(level, Some(line), message);
        }
    }

    fn error(&mut self, line: Option<usize>, message: impl Into<String>) {
        self.add(Severity::Error, line, message);
    }

    /// Records an error and whether the component caused it.
    fn failed(&mut self, line: Option<usize>, error: &Error) {
        self.refused |= error.exit_code() == 2;
        self.error(line, error.to_string());
    }
}

impl fmt::Display for Validation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            let level = match finding.level {
                Severity::Ok => "ok",
                Severity::Warning => "warning",
                Severity::Error => "error",
            };
            write!(out, "{level:<8}{}", weir_common::escape::escape(&self.name))?;
            if let Some(line) = finding.line {
                write!(out, ":{line}")?;
            }
            writeln!(out, ": {}", weir_common::escape::escape(&finding.message))?;
        }
        Ok(())
    }
}

/// Looks at a configuration file in stages, for the rules that are asked for or else for its own; `now`
/// is the clock that exceptions expire by. Never fails: what is wrong is in the report.
#[must_use]
pub(crate) fn validate(path: &Path, rules_asked: &[String], now: SystemTime) -> Validation {
    let mut report = Validation {
        name: path.display().to_string(),
        findings: Vec::new(),
        refused: false,
    };
    let draft = match Draft::read(path) {
        Ok(draft) => draft,
        Err(error) => {
            let text = error.to_string();
            let prefix = format!("{}: ", report.name);
            report.error(None, text.strip_prefix(&prefix).unwrap_or(&text));
            return report;
        }
    };
    for (line, problem) in &draft.problems {
        report.error(Some(*line), problem);
    }
    if draft.problems.is_empty() {
        report.add(
            Severity::Ok,
            None,
            "the file has the right shape, and limits in range",
        );
    }
    for (place, message) in oddities::oddities(&draft) {
        report.add(Severity::Warning, Some(draft.positions.of(&place)), message);
    }
    #[cfg(feature = "kafka")]
    kafka(&mut report, &draft);
    if let Some((sandbox, described)) = component(&mut report, &draft) {
        sections::parameters(&mut report, &described);
        let chosen = rules(&mut report, &draft, (rules_asked, &sandbox), &described);
        parameters(&mut report, &draft, &sandbox, &described, chosen, now);
        tables(&mut report, &draft, &sandbox, &described);
    }
    report
}

/// Has the Kafka client take its settings.
#[cfg(feature = "kafka")]
fn kafka(report: &mut Validation, draft: &Draft) {
    if draft.positions.get("kafka").is_none() {
        return;
    }
    let settings = &draft.config.kafka;
    let problems = weir_kafka::Settings::problems(settings);
    if problems.is_empty() {
        let settings = counted(settings.len(), "setting");
        let message = format!("the Kafka client takes its {settings}");
        report.add(Severity::Ok, None, message);
    }
    report.add_all(Severity::Error, draft, problems);
}

/// Loads the component.
fn component(report: &mut Validation, draft: &Draft) -> Option<(Sandbox, Vec<Rule>)> {
    let config = &draft.config;
    let (name, line) = match &config.component {
        None => ("the component inside".to_owned(), None),
        Some(place) => (place.to_string(), Some(draft.positions.of("component"))),
    };
    let remote = matches!(config.component, Some(Location::Registry(_)));
    let cache = remote.then(|| cache(config)).flatten();
    let bytes = trusted(config.component.as_ref(), config, cache.as_ref());
    if let Err(Error::Input { message, .. }) = &bytes {
        report.error(line, format!("component: {name}: {message}"));
        return None;
    }
    let loaded = bytes.and_then(|bytes| Sandbox::new(&bytes, &config.limits));
    match loaded.and_then(|sandbox| Ok((sandbox.describe()?, sandbox))) {
        Ok((rules, sandbox)) => {
            let about = match &rules[..] {
                [rule] => format!("{name} loads: {}, version {}", rule.name, rule.version),
                rules => format!("{name} loads: {}", counted(rules.len(), "rule")),
            };
            report.add(Severity::Ok, line, about);
            Some((sandbox, rules))
        }
        Err(error) => {
            report.failed(line, &error);
            None
        }
    }
}

/// The rules that are asked for, or that the file names, as far as there are such.
fn rules(
    report: &mut Validation,
    draft: &Draft,
    (asked, sandbox): (&[String], &Sandbox),
    described: &[Rule],
) -> Vec<Rule> {
    let own = asked.is_empty();
    let names = if own { &draft.config.rules } else { asked };
    let mut known = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let named = std::slice::from_ref(name);
        match choose(described, named) {
            Ok(_) => known.push(name.clone()),
            Err(error) => {
                let line = own.then(|| draft.positions.of(&format!("rules[{at}]")));
                report.error(line, error.to_string());
            }
        }
    }
    let chosen =
        choose(described, &weir_config::configured::usual(sandbox, &known)).unwrap_or_default();
    if described.len() > 1 && known.len() == names.len() {
        let names: Vec<&str> = chosen.iter().map(|rule| rule.short_name.as_str()).collect();
        let line = draft.positions.get("rules").filter(|_| own);
        report.add(
            Severity::Ok,
            line,
            format!("judged by {}", names.join(", ")),
        );
    }
    chosen
}

/// Findings on parameters, each with its key path.
#[derive(Default)]
struct Said {
    wrong: Vec<(String, String)>,
    warnings: Vec<(String, String)>,
    /// Places of which nothing more needs to be said.
    places: Vec<String>,
    exceptions: usize,
    without_reason: usize,
    expiring: usize,
}

impl Said {
    /// Notes what is wrong at a place, once.
    fn wrong(&mut self, place: String, why: &str) {
        if !self.places.contains(&place) {
            self.wrong.push((place.clone(), format!("{place}: {why}")));
            self.places.push(place);
        }
    }
}

/// Checks names, types and ranges, then has the detector take what it has, and looks at exceptions.
fn parameters(
    report: &mut Validation,
    draft: &Draft,
    sandbox: &Sandbox,
    described: &[Rule],
    chosen: Vec<Rule>,
    now: SystemTime,
) {
    let mut said = Said::default();
    unknown_names(draft, described, &chosen, &mut said);
    for (rule, own) in idle(described, &chosen, &draft.config.parameters) {
        let place = match draft.config.parameters.contains_key(&rule.short_name) {
            true => format!("parameters.{}", rule.short_name),
            false => format!("parameters.{}", rule.id),
        };
        look_at(draft, rule, &mut own.clone(), now, &mut said);
        let why = "does not judge, so what is set here changes nothing; `rules` or --rule names it";
        let message = format!("{place}: rule {} {why}", rule.short_name);
        said.warnings.push((place, message));
    }
    let configured: Vec<ConfiguredRule> = chosen
        .into_iter()
        .map(|rule| {
            let mut parameters = of_rule(&rule, &draft.config.parameters);
            look_at(draft, &rule, &mut parameters, now, &mut said);
            ConfiguredRule { rule, parameters }
        })
        .collect();
    let configurations = configurations(&configured);
    let opened = sandbox.ask(&configurations, (0, 0));
    match opened.and_then(|_| advice(sandbox, &configurations)) {
        Ok(advice) if said.wrong.is_empty() => {
            for advice in advice {
                let rule = configured.iter().find(|one| one.rule.id == advice.rule);
                let place = place_of(draft, rule.map(|one| &one.rule), &advice.key);
                let message = format!("{place}: {}", advice.message);
                said.warnings.push((place, message));
            }
            if let Err(error) = sandbox.needs(Interface::Inspection, "advice on parameters") {
                report.add(Severity::Ok, None, error.to_string());
            }
            for ConfiguredRule { rule, parameters } in &configured {
                for (place, what) in oddities::repeated(parameters, rule) {
                    let place = place_of(draft, Some(rule), &place);
                    said.warnings
                        .push((place.clone(), format!("{place} {what}")));
                }
            }
        }
        Ok(_) => {}
        Err(Error::Config(messages)) => {
            for message in messages {
                let (rule, says) = about(&message, &configured);
                let (key, why) = says.split_once(": ").unwrap_or((says, ""));
                said.wrong(place_of(draft, rule, key), why);
            }
        }
        Err(error) => report.failed(None, &error),
    }
    tell(report, draft, said);
}

/// Puts what was said into the report, in the order of lines.
fn tell(report: &mut Validation, draft: &Draft, said: Said) {
    if said.wrong.is_empty() && !report.refused {
        let own = draft.config.parameters.values();
        let count: usize = own
            .map(|value| value.as_object().map_or(1, serde_json::Map::len))
            .sum();
        report.add(
            Severity::Ok,
            None,
            format!("the detector takes its {}", counted(count, "parameter")),
        );
    }
    if said.exceptions > 0 && said.expiring == 0 && said.without_reason == 0 {
        let message = format!(
            "{}, none expired or about to",
            counted(said.exceptions, "exception")
        );
        report.add(Severity::Ok, None, message);
    }
    for (level, all) in [
        (Severity::Error, said.wrong),
        (Severity::Warning, said.warnings),
    ] {
        report.add_all(level, draft, all);
    }
}

/// Adds the component's own warnings, where it has the interface for them.
fn advice(
    sandbox: &Sandbox,
    configurations: &[Configuration],
) -> Result<Vec<weir_host::contract::Problem>, Error> {
    match sandbox.interfaces().has(Interface::Inspection) {
        true => sandbox.advise(configurations),
        false => Ok(Vec::new()),
    }
}

/// Where in the file something about a rule's parameter stands: under the rule's own name, or among
/// those for all.
fn place_of(draft: &Draft, rule: Option<&Rule>, place: &str) -> String {
    let parameter = place.split(['.', '[']).next().unwrap_or(place);
    let mut names = rule
        .into_iter()
        .flat_map(|rule| [&rule.short_name, &rule.id]);
    let stands = |name: &&String| {
        let own = format!("parameters.{name}.{parameter}");
        draft.positions.get(&own).is_some()
    };
    match names.find(stands) {
        Some(name) => format!("parameters.{name}.{place}"),
        None => format!("parameters.{place}"),
    }
}

/// Parameters that no rule has, and names of no rule.
fn unknown_names(draft: &Draft, described: &[Rule], chosen: &[Rule], said: &mut Said) {
    let note = |said: &mut Said, place: String, message: String| {
        said.wrong.push((place.clone(), message));
        said.places.push(place);
    };
    for (name, value) in &draft.config.parameters {
        let place = format!("parameters.{name}");
        let Some(own) = value.as_object() else {
            if !chosen.iter().any(|rule| has_parameter(rule, name)) {
                let message = sections::of_host(name, || unknown_of(name, described, chosen));
                note(said, place, message);
            }
            continue;
        };
        let Some(rule) = described.iter().find(|rule| is_called(rule, name)) else {
            note(said, place, no_rule(name, described));
            continue;
        };
        let known = names(std::slice::from_ref(rule));
        for key in own.keys().filter(|key| !has_parameter(rule, key)) {
            let message = sections::of_host(key, || weir_host::parameters::unknown(key, &known));
            note(said, format!("{place}.{key}"), message);
        }
    }
}

/// Looks at the values of one rule's parameters, and takes those out that the detector need not see.
fn look_at(
    draft: &Draft,
    rule: &Rule,
    given: &mut Map<String, Json>,
    now: SystemTime,
    said: &mut Said,
) {
    for exception in exceptions(given, rule) {
        said.exceptions += 1;
        let place = place_of(draft, Some(rule), &exception.place);
        if exception.reason.is_none() {
            said.without_reason += 1;
            let why = "missing or empty; say why the exception was made";
            said.wrong(format!("{place}.reason"), why);
        }
        if let Some(warning) = exception.warning(now) {
            said.expiring += 1;
            let message = format!("{place} {warning}");
            said.warnings.push((format!("{place}.expires"), message));
        }
    }
    for (place, why) in wrong_values(given, rule) {
        // Of an exception the detector has more to say.
        if !place.contains('[') {
            given.shift_remove(&place);
        }
        said.wrong(place_of(draft, Some(rule), &place), &why);
    }
}

/// Hands each table over to a detector as published.
fn tables(report: &mut Validation, draft: &Draft, sandbox: &Sandbox, described: &[Rule]) {
    let published: Vec<Configuration> = described
        .iter()
        .map(|rule| Configuration::of(&rule.id, "{}"))
        .collect();
    for (name, path) in &draft.config.tables {
        // `asn_db` goes over the table that it stands for.
        let short = draft.positions.get("asn_db").filter(|_| name == ASN_TABLE);
        let place = short.unwrap_or_else(|| draft.positions.of(&format!("tables.{name}")));
        let shown = path.display();
        let loaded = fs::read(path)
            .map_err(|error| Error::input(shown.to_string(), explain(&error)))
            .and_then(|bytes| sandbox.open(&published, (0, 0))?.load_table(name, &bytes));
        match loaded {
            Ok(()) => {
                let message = format!("table `{name}` loads from {shown}");
                report.add(Severity::Ok, Some(place), message);
            }
            Err(error) => report.failed(Some(place), &error),
        }
    }
}
