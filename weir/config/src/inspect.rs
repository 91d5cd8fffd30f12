//! Inspection of a component: its digest, size, imports and interfaces, and its own description.

mod json;
mod text;

use serde_json::{Value as Json, json};

use text::line;
pub use text::{judgement, parameter_type, range};
use weir_host::contract::{Interface, Interfaces, Rule};
use weir_host::error::Error;
use weir_host::parameters::is_called;
use weir_host::{Examination, Limits, Sandbox, examine};

/// Result of an inspection.
#[derive(Debug)]
pub struct Inspection {
    /// Findings of reading its bytes.
    pub examination: Examination,
    /// Optional interfaces that it has; `None` when it was refused.
    pub interfaces: Option<Interfaces>,
    /// Its rules; none when it was refused or failed.
    pub rules: Vec<Rule>,
    /// Rules that are used when none is named.
    usual: Vec<String>,
    /// Reason for the lack of a description.
    pub error: Option<Error>,
}

/// Looks a component over and, if it is let in, asks it to describe itself under
/// the limits. Never fails: what is wrong is in the answer.
#[must_use]
pub fn inspect(component: &[u8], limits: &Limits) -> Inspection {
    let examination = examine(component, limits);
    let mut inspection = Inspection {
        examination,
        interfaces: None,
        rules: Vec::new(),
        usual: Vec::new(),
        error: None,
    };
    let described = Sandbox::new(component, limits).and_then(|sandbox| {
        inspection.interfaces = Some(sandbox.interfaces());
        inspection.usual = crate::configured::usual(&sandbox, &[]);
        sandbox.describe()
    });
    match described {
        Ok(rules) => inspection.rules = rules,
        Err(error) => inspection.error = Some(error),
    }
    inspection
}

impl Inspection {
    /// For programs. A component's own words are under `rules`.
    #[must_use]
    pub fn json(&self) -> Json {
        let found = &self.examination;
        let named = |names: &Vec<String>| found.read.then(|| json!(names));
        json!({
            "size": found.size,
            "sha256": found.sha256,
            "wit": found.version.as_ref().map(|version| format!("{}@{version}", weir_host::contract::PACKAGE)),
            "import_count": found.read.then_some(found.imports.len()),
            "imports": named(&found.imports),
            "exports": named(&found.exports),
            "admitted": self.error.is_none(),
            "error": self.error.as_ref().map(ToString::to_string),
            "interfaces": self.interfaces.map(|interfaces| {
                let of = Interface::ALL.map(|one| (one.name(), interfaces.has(one)));
                of.into_iter().collect::<std::collections::BTreeMap<_, _>>()
            }),
            "rules": self.rules.iter().map(|rule| json::rule(rule, self.is_usual(rule))).collect::<Vec<_>>(),
        })
    }

    /// For people, with what there is to say of its signature. Control characters are escaped.
    #[must_use]
    pub fn text(&self, signature: &str) -> String {
        let found = &self.examination;
        let version = found.version.as_ref().map_or_else(
            || "none".to_owned(),
            |version| format!("{}@{version}", weir_host::contract::PACKAGE),
        );
        let mut out = String::new();
        line(&mut out, "size", &format!("{} bytes", found.size));
        line(&mut out, "sha256", &found.sha256);
        line(&mut out, "signature", signature);
        let listed = |names: &[String]| match found.read {
            true => listed(names),
            false => "not read".to_owned(),
        };
        let version = match found.read {
            true => version.as_str(),
            false => "not read",
        };
        line(&mut out, "wit", version);
        line(&mut out, "imports", &listed(&found.imports));
        line(&mut out, "exports", &listed(&found.exports));
        if let Some(interfaces) = self.interfaces {
            let of = Interface::ALL.map(|one| match interfaces.has(one) {
                true => one.name().to_owned(),
                false => format!("no {}", one.name()),
            });
            line(&mut out, "interfaces", &of.join(", "));
        }
        if let Some(error) = &self.error {
            line(&mut out, "error", &error.to_string());
        }
        for rule in &self.rules {
            let several = self.rules.len() > 1;
            text::rule(&mut out, rule, several.then(|| self.is_usual(rule)));
        }
        out
    }

    /// Whether a rule is used when none is named.
    fn is_usual(&self, rule: &Rule) -> bool {
        self.usual.is_empty() || self.usual.iter().any(|name| is_called(rule, name))
    }
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "0".to_owned(),
        names => format!("{}: {}", names.len(), names.join(", ")),
    }
}
