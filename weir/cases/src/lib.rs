//! Fixture cases: what a detector must find in an input, checked several ways.
//!
//! A case is a folder with
//! - `case.toml`: `why` (one line), and optionally `rule = "NAME"` or `rules = ["NAME"]`,
//!   `[parameters]` and `[parameters.NAME]`, `asn_db` or `[tables]` (paths relative to the
//!   case), `[counters]` that must come out equal, and `shuffle = false` where the order of the
//!   input is the point, or `law` and a file `calls.ndjson`, as `weir check` writes them;
//! - `input*`: one or more files in any form that `weir run` reads, in order of
//!   their names;
//! - `expected.ndjson`: what `weir run --final --format ecs` prints for them.
//!
//! Cases of a rule file stand beside it; the file is compiled, and its rules judge.
#![forbid(unsafe_code)]

mod case;
mod compiled;
mod difference;
mod execution;
mod find;
mod junit;
mod probe;
mod readable;
pub mod redact;
mod select;
pub mod tap;
mod trial;
mod values;
mod watched;

use std::path::Path;
use std::time::{Duration, Instant};

pub use case::Case;
pub use compiled::{Compiled, CompiledFile};
pub use difference::Difference;
pub use execution::Execution;
pub use find::{Found, FoundCase, find};
pub use junit::junit;
pub use readable::{Line, Mark, lines};
pub use select::select;
pub use trial::Judges;
use trial::Trial;

use weir_check::{Material, Subject};
use weir_host::Sandbox;
use weir_host::contract::Alert;
use weir_host::error::Error;
use weir_schedule::shrink::Tried;
use weir_sources::input::Source;

/// Result of a case.
#[derive(Debug, Clone)]
pub struct CaseResult {
    /// The case's folder.
    pub name: String,
    /// Purpose of the case; empty when its manifest could not be read.
    pub why: String,
    /// Results of its executions.
    pub executions: Vec<ExecutionResult>,
    /// Error that kept the case from being run.
    pub broken: Option<String>,
}

/// Result of one execution of a case.
#[derive(Debug, Clone)]
pub struct ExecutionResult {
    /// The execution.
    pub execution: Execution,
    /// Differences from what is expected; empty when it passed.
    pub differences: Vec<Difference>,
    /// Wall-clock time.
    pub took: Duration,
}

impl CaseResult {
    /// Whether every execution passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        let mut executions = self.executions.iter();
        self.broken.is_none() && executions.all(|tried| tried.differences.is_empty())
    }
}

/// Runs all executions of one case, judged by the rules that it names or else by those that are
/// given; with `update`, rewrites what it expects first.
#[must_use]
pub fn check(folder: &Path, sandbox: &Sandbox, rules: Judges, update: bool) -> CaseResult {
    let mut result = CaseResult {
        name: folder.display().to_string(),
        why: String::new(),
        executions: Vec::new(),
        broken: None,
    };
    if let Err(error) = check_into(&mut result, folder, (sandbox, rules), update) {
        result.broken = Some(error.to_string());
    }
    result
}

/// The alerts that stand when a case is run straight.
///
/// # Errors
///
/// Problems of the case, or a failure of the component.
pub(crate) fn alerts(folder: &Path, sandbox: &Sandbox) -> Result<Vec<Alert>, Error> {
    let case = Case::read(folder)?;
    let material = material(&case, sandbox)?;
    let trial = Trial::new(sandbox, Judges::Named(&[]), &case, &material)?;
    Ok(trial.run(Execution::Straight, &[])?.standing)
}

fn material(case: &Case, sandbox: &Sandbox) -> Result<Material, Error> {
    let sources: Vec<Source> = case.inputs.iter().cloned().map(Source::File).collect();
    weir_check::read(&sources, sandbox.limits(), usize::MAX)
}

/// Makes the calls of a case, and judges the answers by its law.
fn by_its_calls(
    result: &mut CaseResult,
    case: &Case,
    (sandbox, rules): (&Sandbox, Judges),
    law: &str,
) -> Result<(), Error> {
    let law = weir_check::law(law).map_err(|error| case.wrong(&error))?;
    let lines = weir_check::read_lines(&case.inputs)?;
    let Some(schedule) = weir_check::read_calls(&case.folder, lines.len())? else {
        let path = case.folder.join(weir_check::CALLS);
        return Err(Error::input(
            path.display(),
            "is missing, and the case names a `law`",
        ));
    };
    let nothing = Material::default();
    let trial = Trial::new(sandbox, rules, case, &nothing)?;
    let subject = Subject::new(sandbox, trial.rules.clone(), &case.tables)?;
    // What it refuses is its user's to set right, and no counterexample.
    let opened = subject.open(&[], None);
    opened.map_err(|error| case.origins.explain(error, &trial.rules))?;
    let begun = Instant::now();
    let wrong = weir_check::replay(&subject, law, &Tried { lines, schedule })?;
    result.executions.push(ExecutionResult {
        execution: Execution::Calls,
        differences: wrong.into_iter().map(Difference::says).collect(),
        took: begun.elapsed(),
    });
    Ok(())
}

fn check_into(
    result: &mut CaseResult,
    folder: &Path,
    (sandbox, rules): (&Sandbox, Judges),
    update: bool,
) -> Result<(), Error> {
    let case = Case::read(folder)?;
    result.why.clone_from(&case.why);
    if let Some(law) = &case.law {
        return by_its_calls(result, &case, (sandbox, rules), law);
    }
    let material = material(&case, sandbox)?;
    let trial = Trial::new(sandbox, rules, &case, &material)?;
    let begun = Instant::now();
    let straight = trial.run(Execution::Straight, &[])?;
    let mut took = begun.elapsed();
    if update {
        case.update(&straight.alerts)?;
    }
    let expected = case.expected()?;
    for execution in Execution::ALL {
        if !execution.fits(
            &case,
            &trial.rules,
            sandbox.interfaces(),
            &straight.standing,
        ) {
            continue;
        }
        let differences = if execution == Execution::Straight {
            difference::between(&case, &expected, &straight, execution)
        } else {
            let begun = Instant::now();
            let found = trial.run(execution, &straight.standing)?;
            took = begun.elapsed();
            let wanted = match execution.is_probe() {
                true => &straight.alerts,
                false => &expected,
            };
            difference::between(&case, wanted, &found, execution)
        };
        result.executions.push(ExecutionResult {
            execution,
            differences,
            took,
        });
    }
    Ok(())
}
