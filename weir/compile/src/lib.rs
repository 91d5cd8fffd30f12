//! Compiles rule files of Elastic's detection engine to a component.
//!
//! A rule file is TOML, as the repository of Elastic's rules has them, or NDJSON, as Kibana exports
//! them. A rule is compiled whole or [left out](Outcome), with every reason and its place.
#![forbid(unsafe_code)]

mod columns;
mod embed;
mod esql;
mod exceptions;
mod files;
pub mod filter;
mod filters;
mod judge;
mod judged;
mod keys;
pub mod kql;
mod mapping;
mod metadata;
mod near;
pub mod node;
pub mod reason;
pub mod report;
mod rule;
pub mod sources;
pub mod types;

use exceptions::Exported;
use node::{Node, Syntax};
use reason::{Place, Reason, excerpt, place};
use rule::Heading;
use weir_compiled::format::{MAX_RULES, RuleSpec, encode};

pub use metadata::short_name;
pub use sources::File;

/// Which rules are wanted.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Identifiers of rules; none for all.
    pub ids: Vec<String>,
    /// Whether rules that their author does not call ready are wanted, too.
    pub all: bool,
}

/// What became of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is in the component.
    Compiled,
    /// It is not wholly understood.
    LeftOut,
    /// It is not wanted.
    Unwanted,
}

/// Why a rule was left out or what its reader has to know of it, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it can be counted and searched by.
    pub code: &'static str,
    /// The line and column in its file.
    pub place: Place,
    /// What was not understood, and what would be.
    pub message: String,
    /// The line, with carets below the place.
    pub excerpt: String,
}

/// A rule of a file, or a file that holds none.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The file's name.
    pub file: String,
    /// What the rule says of itself.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its type.
    pub kind: Option<String>,
    /// What became of it.
    pub state: State,
    /// Why it was left out.
    pub findings: Vec<Finding>,
    /// What its alerts do not say as Kibana's do, if it is compiled.
    pub notes: Vec<Finding>,
}

/// What became of the rules of some files.
#[derive(Clone, Debug, Default)]
pub struct Compilation {
    /// The rules that are understood, in the order of the files.
    pub specs: Vec<RuleSpec>,
    /// All rules.
    pub outcomes: Vec<Outcome>,
}

/// Compiles the rules of files.
#[must_use]
pub fn compile(files: &[File], choice: &Choice) -> Compilation {
    let mut compilation = Compilation::default();
    for file in files {
        compilation.file(file, choice);
    }
    compilation
}

impl Compilation {
    /// The component that judges by the rules: the built one with their definitions in it.
    ///
    /// # Errors
    /// A sentence on why there is none.
    pub fn component(&self, built: &[u8]) -> Result<Vec<u8>, String> {
        embed::embed(built, &encode(&self.specs))
    }

    /// The number of rules in a state.
    #[must_use]
    pub fn count(&self, state: State) -> usize {
        let outcomes = self.outcomes.iter();
        outcomes.filter(|outcome| outcome.state == state).count()
    }

    fn file(&mut self, file: &File, choice: &Choice) {
        match file.syntax {
            Syntax::Toml => match files::toml(&file.text) {
                Ok(document) => self.document(file, &document, choice),
                Err(reasons) => self.add(file, Heading::default(), State::LeftOut, reasons),
            },
            Syntax::Ndjson => {
                let lines = files::ndjson(&file.text);
                let objects = lines.iter().filter_map(|line| line.as_ref().ok());
                let (rules, others): (Vec<&Node>, Vec<&Node>) =
                    objects.partition(|object| object.get("rule_id").is_some());
                let exported = Exported(others);
                for rule in rules {
                    self.rule(file, rule, &exported, Ok(()), choice);
                }
                for reason in lines.iter().filter_map(|line| line.as_ref().err()) {
                    self.add(
                        file,
                        Heading::default(),
                        State::LeftOut,
                        vec![reason.clone()],
                    );
                }
            }
        }
    }

    /// A TOML file with one rule.
    fn document(&mut self, file: &File, document: &Node, choice: &Choice) {
        let Some(rule) = document.get("rule") else {
            if !file.found {
                let message = "there is no table [rule] in the file";
                let reason = Reason::new("no-rule", 0..0, message);
                self.add(file, Heading::default(), State::LeftOut, vec![reason]);
            }
            return;
        };
        let metadata = document.get("metadata");
        let maturity = metadata.and_then(|metadata| metadata.get("maturity"));
        let ready = match maturity {
            Some(node) if node.text() != Some("production") => {
                let name = node.text().unwrap_or_default();
                let message = format!("its author calls it `{name}`: --all compiles it");
                Err(Reason::new("maturity", node.span.clone(), message))
            }
            _ => Ok(()),
        };
        self.rule(file, rule, &Exported::default(), ready, choice);
    }

    fn rule(
        &mut self,
        file: &File,
        rule: &Node,
        exported: &Exported,
        ready: Result<(), Reason>,
        choice: &Choice,
    ) {
        let heading = Heading::of(rule);
        let id = heading.id.clone().unwrap_or_default();
        if !choice.ids.is_empty() && !choice.ids.contains(&id) {
            return;
        }
        if let (Err(reason), false) = (ready, choice.all) {
            return self.add(file, heading, State::Unwanted, vec![reason]);
        }
        let spec = rule::compile(rule, exported, &file.text, file.syntax);
        let spec = spec.and_then(|(spec, notes)| Ok((self.distinct(spec, rule)?, notes)));
        match spec {
            Ok((spec, notes)) => {
                self.specs.push(spec);
                self.add(file, heading, State::Compiled, notes);
            }
            Err(reasons) => self.add(file, heading, State::LeftOut, reasons),
        }
    }

    /// The rule with a short name of its own.
    fn distinct(&self, mut spec: RuleSpec, rule: &Node) -> Result<RuleSpec, Vec<Reason>> {
        let reason = |code, message: &str| {
            let span = rule::place(rule, "rule_id");
            Err(vec![Reason::new(code, span, message)])
        };
        if self.specs.iter().any(|known| known.id == spec.id) {
            return reason("duplicate-id", "a rule of this id is compiled before");
        }
        if self.specs.len() >= MAX_RULES {
            let message = format!("a component has at most {MAX_RULES} rules");
            return reason("too-many-rules", &message);
        }
        let short = spec.short_name.clone();
        let is_taken = |name: &str| self.specs.iter().any(|known| known.short_name == name);
        let mut number = 2;
        while is_taken(&spec.short_name) {
            let end = format!("-{number}");
            let start = short
                .get(..short.len().min(64 - end.len()))
                .unwrap_or(&short);
            spec.short_name = format!("{}{end}", start.trim_end_matches('-'));
            number += 1;
        }
        Ok(spec)
    }

    fn add(&mut self, file: &File, heading: Heading, state: State, reasons: Vec<Reason>) {
        let finding = |reason: Reason| Finding {
            code: reason.code,
            place: place(&file.text, reason.span.start),
            message: reason.message,
            excerpt: excerpt(&file.text, &reason.span),
        };
        let mut findings: Vec<Finding> = reasons.into_iter().map(finding).collect();
        findings.sort_by_key(|finding| (finding.place.line, finding.place.column));
        let (findings, notes) = match state {
            State::Compiled => (Vec::new(), findings),
            _ => (findings, Vec::new()),
        };
        let Heading { id, name, kind } = heading;
        self.outcomes.push(Outcome {
            file: file.name.clone(),
            id,
            name,
            kind,
            state,
            findings,
            notes,
        });
    }
}
