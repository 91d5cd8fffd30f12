//! Everything that can be said about a configuration without running it on events.
//!
//! In stages: the file and its shape, limits, component, parameters, tables, exceptions; then what
//! is legal and perhaps not meant.
//! A stage that fails does not keep the others from being looked at, as far as they can.

mod exceptions;
mod oddities;
mod sections;

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

pub use exceptions::expired;

use crate::config::{ASN_TABLE, Draft};
use crate::contract::Rule;
use crate::error::Error;
use crate::input::explain;
use crate::sandbox::Sandbox;
use exceptions::exceptions;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A stage that is as it should be.
    Ok,
    /// It will run, and perhaps not as it is meant.
    Warning,
    /// It will not run.
    Error,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// How grave it is.
    pub level: Level,
    /// The line of the file, from 1, where there is one.
    pub line: Option<usize>,
    /// What it is about.
    pub message: String,
}

/// All that was found about one file.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The file's name.
    pub name: String,
    /// In the order of the stages, and of the lines in each.
    pub findings: Vec<Finding>,
    /// Whether the component was refused or failed.
    pub refused: bool,
}

impl Report {
    /// 2 when the component was refused or failed, 3 with any other error, else 0.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let error = |finding: &Finding| finding.level == Level::Error;
        match (self.refused, self.findings.iter().any(error)) {
            (true, _) => 2,
            (false, true) => 3,
            (false, false) => 0,
        }
    }

    fn add(&mut self, level: Level, line: Option<usize>, message: impl Into<String>) {
        self.findings.push(Finding {
            level,
            line,
            message: message.into(),
        });
    }

    fn error(&mut self, line: Option<usize>, message: impl Into<String>) {
        self.add(Level::Error, line, message);
    }

    /// Takes down a failure, and whether it is the component's.
    fn failed(&mut self, line: Option<usize>, error: &Error) {
        self.refused |= error.exit_code() == 2;
        self.error(line, error.to_string());
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            let level = match finding.level {
                Level::Ok => "ok",
                Level::Warning => "warning",
                Level::Error => "error",
            };
            write!(out, "{level:<8}{}", crate::escape::escape(&self.name))?;
            if let Some(line) = finding.line {
                write!(out, ":{line}")?;
            }
            writeln!(out, ": {}", crate::escape::escape(&finding.message))?;
        }
        Ok(())
    }
}

/// Looks at a configuration file in stages; `now` is the clock that exceptions expire by.
/// Never fails: what is wrong is in the report.
#[must_use]
pub fn validate(path: &Path, now: SystemTime) -> Report {
    let mut report = Report {
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
            Level::Ok,
            None,
            "the file has the right shape, and limits in range",
        );
    }
    for (place, message) in oddities::oddities(&draft) {
        report.add(Level::Warning, Some(draft.lines.of(&place)), message);
    }
    if let Some((sandbox, rule)) = component(&mut report, &draft) {
        sections::parameters(&mut report, &rule);
        parameters(&mut report, &draft, &sandbox, &rule, now);
        tables(&mut report, &draft, &sandbox);
    }
    report
}

/// Loads the component.
fn component(report: &mut Report, draft: &Draft) -> Option<(Sandbox, Rule)> {
    let config = &draft.config;
    let (name, line) = match &config.component {
        None => ("the component inside".to_owned(), None),
        Some(path) => (
            path.display().to_string(),
            Some(draft.lines.of("component")),
        ),
    };
    let path = config.component.as_deref();
    let load = |bytes: &[u8]| {
        config.trust.check(bytes, path)?;
        Sandbox::new(bytes, &config.limits)
    };
    let loaded = match path {
        None => load(crate::EMBEDDED),
        Some(path) => match fs::read(path) {
            Ok(bytes) => load(&bytes),
            Err(error) => {
                report.error(line, format!("component: {name}: {}", explain(&error)));
                return None;
            }
        },
    };
    match loaded.and_then(|sandbox| Ok((sandbox.describe()?, sandbox))) {
        Ok((rule, sandbox)) => {
            let about = format!("{name} loads: {}, version {}", rule.name, rule.version);
            report.add(Level::Ok, line, about);
            Some((sandbox, rule))
        }
        Err(error) => {
            report.failed(line, &error);
            None
        }
    }
}

/// Checks names, then has the detector take those that it has, and looks at exceptions.
fn parameters(report: &mut Report, draft: &Draft, sandbox: &Sandbox, rule: &Rule, now: SystemTime) {
    let line = |place: &str| Some(draft.lines.of(&format!("parameters.{place}")));
    let names = rule
        .parameters
        .iter()
        .map(|parameter| parameter.name.as_str());
    let known: Vec<&str> = names.collect();
    let mut given = draft.config.parameters.clone();
    let mut wrong = Vec::new();
    given.retain(|name, _| {
        let have = known.contains(&name.as_str());
        if !have {
            wrong.push((line(name), sections::of_host(name, &known)));
        }
        have
    });
    let mut warnings = Vec::new();
    let mut without_reason = Vec::new();
    let mut count = 0_usize;
    for exception in exceptions(&given, rule) {
        count += 1;
        let place = &exception.place;
        if exception.reason.is_none() {
            let key = format!("{place}.reason");
            let message =
                format!("parameters.{key}: missing or empty; say why the exception was made");
            wrong.push((line(&key), message));
            without_reason.push(key);
        }
        if let Some(warning) = exception.warning(now) {
            let key = format!("{place}.expires");
            warnings.push((line(&key), format!("parameters.{place} {warning}")));
        }
    }
    let about_exceptions = warnings.len();
    let configuration = serde_json::Value::Object(given.clone()).to_string();
    let opened = sandbox.open(&configuration, (0, 0));
    match opened.and_then(|_| sandbox.advise(&configuration)) {
        Ok(advice) => {
            for advice in advice {
                let message = format!("parameters.{}: {}", advice.key, advice.message);
                warnings.push((line(&advice.key), message));
            }
            for (place, what) in oddities::repeated(&given, rule) {
                warnings.push((line(&place), format!("parameters.{place} {what}")));
            }
        }
        Err(Error::Config(messages)) => {
            for message in messages {
                let place = message.split(": ").next().unwrap_or_default();
                // That a reason is missing is said already.
                if !without_reason.iter().any(|key| key == place) {
                    wrong.push((line(place), format!("parameters.{message}")));
                }
            }
        }
        Err(error) => report.failed(None, &error),
    }
    if wrong.is_empty() && !report.refused {
        let message = format!("the detector takes its {} parameters", given.len());
        report.add(Level::Ok, None, message);
    }
    if count > 0 && about_exceptions == 0 && without_reason.is_empty() {
        let message = format!("{count} exceptions, none expired or about to");
        report.add(Level::Ok, None, message);
    }
    wrong.sort();
    warnings.sort();
    for (line, message) in wrong {
        report.error(line, message);
    }
    for (line, message) in warnings {
        report.add(Level::Warning, line, message);
    }
}

/// Hands each table over to a detector as published.
fn tables(report: &mut Report, draft: &Draft, sandbox: &Sandbox) {
    for (name, path) in &draft.config.tables {
        // `asn_db` goes over the table that it stands for.
        let short = draft.lines.get("asn_db").filter(|_| name == ASN_TABLE);
        let place = short.unwrap_or_else(|| draft.lines.of(&format!("tables.{name}")));
        let shown = path.display();
        let loaded = fs::read(path)
            .map_err(|error| Error::input(shown.to_string(), explain(&error)))
            .and_then(|bytes| sandbox.open("{}", (0, 0))?.load_table(name, &bytes));
        match loaded {
            Ok(()) => {
                let message = format!("table `{name}` loads from {shown}");
                report.add(Level::Ok, Some(place), message);
            }
            Err(error) => report.failed(Some(place), &error),
        }
    }
}
