//! Runner of one execution of a case.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value as Json;

use super::execution::{Execution, shuffled};
use super::watched::Watched;
use super::{Case, probe};
use weir_check::Material;
use weir_common::explain::explain;
use weir_config::configured::{ConfiguredRule, choose, configurations, configure, set, usual};
use weir_host::Detector;
use weir_host::Sandbox;
use weir_host::contract::{Alert, Counts, Rule};
use weir_host::error::Error;
use weir_host::parameters::is_called;
use weir_sinks::output::EcsRenderer;

/// Documents in an odd batch.
pub(super) const ODD: usize = 7;
/// The parameter that makes a worker which only aggregates.
pub(super) const PARTIAL: &str = "partial";
/// Hash seed of all detectors: cases give the same at every run.
const SEED: (u64, u64) = (0x5765_6972, 0x6361_7365);

/// The rules that may judge a case.
#[derive(Debug, Clone, Copy)]
pub enum Judges<'r> {
    /// Those of its component; where it names none, these.
    Named(&'r [String]),
    /// Those of the rule file beside it alone, by their ids.
    OfFile(&'r [String]),
}

/// The rules of a file that a case names; all of the file's where it names none. A name that rules
/// of several files have is the one of this file.
fn of_file(described: &[Rule], ids: &[String], names: &[String]) -> Result<Vec<Rule>, Error> {
    let own = choose(described, ids)?;
    let in_file = |name: &String| {
        // Among rules of several files its short name may be another one.
        let by_name = |rule: &&Rule| weir_compile::short_name(&rule.name) == *name;
        match own.iter().any(|rule| is_called(rule, name)) {
            true => name.clone(),
            false => { own.iter().find(by_name) }.map_or(name.clone(), |rule| rule.id.clone()),
        }
    };
    let names: Vec<String> = names.iter().map(in_file).collect();
    choose(&own, &names)
}

/// A case with its input and its detector.
pub(super) struct Trial<'a> {
    pub(super) sandbox: &'a Sandbox,
    pub(super) case: &'a Case,
    pub(super) material: &'a Material,
    /// The rules that judge, with the parameters of the case.
    pub(super) rules: Vec<ConfiguredRule>,
}

/// Results of a run.
pub(super) struct Found {
    /// The alerts that stand at the end, as `weir run --final` prints them.
    pub(super) alerts: Vec<Json>,
    /// These alerts as the component gives them.
    pub(super) standing: Vec<Alert>,
    pub(super) counters: BTreeMap<&'static str, u64>,
    /// Breaches of the contract, a sentence each.
    pub(super) faults: Vec<String>,
}

impl<'a> Trial<'a> {
    pub(super) fn new(
        sandbox: &'a Sandbox,
        judges: Judges,
        case: &'a Case,
        material: &'a Material,
    ) -> Result<Self, Error> {
        let described = sandbox.describe()?;
        let rules = match judges {
            Judges::OfFile(ids) => of_file(&described, ids, &case.rules)?,
            Judges::Named(named) => {
                let names = if case.rules.is_empty() {
                    named
                } else {
                    &case.rules
                };
                choose(&described, &usual(sandbox, names))?
            }
        };
        let rules = configure(&described, rules, &case.parameters, &case.origins)?;
        Ok(Self {
            sandbox,
            case,
            material,
            rules,
        })
    }

    /// A fresh detector, with these parameters over the case's in the rules that have them.
    pub(super) fn open(&self, more: &[(&str, bool)]) -> Result<Detector, Error> {
        let mut rules = self.rules.clone();
        for (name, value) in more {
            set(&mut rules, name, &Json::Bool(*value));
        }
        let opened = self.sandbox.open(&configurations(&rules), SEED);
        let mut detector = opened.map_err(|error| self.case.origins.explain(error, &rules))?;
        for (name, path) in &self.case.tables {
            let bytes =
                fs::read(path).map_err(|error| Error::input(path.display(), explain(&error)))?;
            detector.load_table(name, &bytes)?;
        }
        Ok(detector)
    }

    pub(super) fn watched(&self, more: &[(&str, bool)]) -> Result<Watched, Error> {
        Ok(Watched::new(self.open(more)?))
    }

    /// Whether the case sets a parameter of any rule to true.
    pub(super) fn sets(&self, name: &str) -> bool {
        let mut rules = self.rules.iter();
        rules.any(|one| one.parameters.get(name) == Some(&Json::Bool(true)))
    }

    /// Runs it; `standing` is what the straight run found.
    pub(super) fn run(&self, execution: Execution, standing: &[Alert]) -> Result<Found, Error> {
        let documents = &self.material.documents;
        let mut watched = self.watched(&[])?;
        match execution {
            Execution::Straight => {
                for batch in &self.material.batches {
                    watched.batch(batch)?;
                }
            }
            Execution::Single => watched.push(documents, 1)?,
            Execution::OddBatches => watched.push(documents, ODD)?,
            Execution::Shuffled => watched.push(&shuffled(documents), ODD)?,
            Execution::Restarted => {
                let (before, after) = documents.split_at(documents.len() / 2);
                watched.push(before, ODD)?;
                watched.take()?;
                let state = watched.detector.snapshot()?;
                watched.detector = self.open(&[])?;
                watched.detector.merge(&state)?;
                watched.push(after, ODD)?;
            }
            Execution::TakenOut => probe::taken_out(self, &mut watched)?,
            Execution::TwoWorkers => probe::two_workers(self, &mut watched)?,
            Execution::ByGroups => probe::by_groups(self, &mut watched)?,
            Execution::Ledger => probe::ledger(self, &mut watched)?,
            Execution::Advanced => probe::advanced(self, &mut watched, standing)?,
            Execution::Selected => probe::selected(self, &mut watched, standing)?,
            // Not a run of this case's own documents: see `by_its_calls`.
            Execution::Calls => {}
            Execution::Clocked => {
                let faults = probe::clocked(self, standing)?;
                let counters = watched.detector.counters()?;
                let counts = counters.corrected(watched.pushed);
                return Ok(self.found(Vec::new(), counts, faults));
            }
        }
        let ledger = execution == Execution::Ledger || self.sets(probe::VERDICTS);
        let merged = matches!(execution, Execution::TwoWorkers);
        let counters = match execution {
            // Where groups are taken out, a document of several counts once for each.
            Execution::ByGroups => {
                watched.detector.flush()?;
                watched.take()?;
                watched.detector.counters()?
            }
            _ => watched.end(ledger, merged)?,
        };
        let counts = counters.corrected(watched.pushed);
        let mut faults = std::mem::take(&mut watched.faults);
        if execution == Execution::Ledger {
            faults.extend(probe::entries(self, &mut watched, standing)?);
        }
        let standing = watched.finals.into_alerts();
        if !standing.is_empty() && counts.counted == 0 {
            faults.push("it alerts, and counts no document".to_owned());
        }
        Ok(self.found(standing, counts, faults))
    }

    fn found(&self, standing: Vec<Alert>, mut counts: Counts, faults: Vec<String>) -> Found {
        counts.malformed += self.material.refused;
        let rules = self.rules.iter();
        let renderers: Vec<(&str, EcsRenderer)> = rules
            .map(|one| (one.rule.id.as_str(), EcsRenderer::new(&one.rule)))
            .collect();
        let alerts = standing.iter().filter_map(|alert| {
            let (_, renderer) = renderers.iter().find(|(rule, _)| *rule == alert.rule)?;
            Some(Json::Object(renderer.document(alert)))
        });
        Found {
            alerts: alerts.collect(),
            standing,
            counters: counts.named().collect(),
            faults,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use weir_host::contract::{Judgement, Severity};

    fn rule(id: &str, short_name: &str) -> Rule {
        Rule {
            id: id.to_owned(),
            short_name: short_name.to_owned(),
            name: "A Burst".to_owned(),
            version: 1,
            description: String::new(),
            references: Vec::new(),
            severity: Severity::Low,
            risk_score: 0,
            tags: Vec::new(),
            event_category: Vec::new(),
            event_type: Vec::new(),
            threats: Vec::new(),
            judgement: Judgement::Tumbling(1000),
            data_sets: Vec::new(),
            key: Vec::new(),
            columns: Vec::new(),
            parameters: Vec::new(),
            conditions: Vec::new(),
            tables: Vec::new(),
        }
    }

    #[test]
    fn a_name_is_of_a_rule_in_the_file_beside_the_case() {
        // Two files have a rule of this name.
        let described = [rule("one", "a-burst"), rule("two", "a-burst-2")];
        let chosen = |ids: &[&str], names: &[&str]| {
            let texts = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
            let rules = of_file(&described, &texts(ids), &texts(names))?;
            Ok::<_, Error>(
                rules
                    .into_iter()
                    .map(|rule| (rule.id, rule.short_name))
                    .collect::<Vec<_>>(),
            )
        };
        let two = [("two".to_owned(), "a-burst-2".to_owned())];
        assert_eq!(chosen(&["two"], &["a-burst"]).unwrap(), two);
        assert_eq!(chosen(&["two"], &["two"]).unwrap(), two);
        assert_eq!(chosen(&["two"], &[]).unwrap(), two);
        assert!(chosen(&["two"], &["one"]).is_err());
        assert_eq!(chosen(&["one", "two"], &["two"]).unwrap(), two);
    }
}
