//! Fixture cases: what a detector must find in an input, checked several ways.
//!
//! A case is a folder with
//! - `case.toml`: `why` (one line), and optionally `rule = "NAME"` or `rules = ["NAME"]`,
//!   `[parameters]` and `[parameters.NAME]`, `asn_db` or `[tables]` (paths relative to the
//!   case), `[counters]` that must come out equal, and `shuffle = false` where the order of the
//!   input is the point;
//! - `input*`: one or more files in any form that `weir run` reads, in order of
//!   their names;
//! - `expected.ndjson`: what `weir run --final --format ecs` prints for them.

mod case;
mod difference;
mod execution;
mod junit;
mod material;
mod probe;
mod readable;
mod select;
mod trial;
mod values;
mod watched;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use case::Case;
pub use difference::Difference;
pub use execution::Execution;
pub use junit::junit;
pub use readable::{Line, Mark, lines};
pub use select::select;
use trial::Trial;

use crate::contract::Alert;
use crate::error::Error;
use crate::sandbox::Sandbox;

/// How one case did.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The case's folder.
    pub name: String,
    /// Why the case exists; empty when its manifest could not be read.
    pub why: String,
    /// Each execution of it.
    pub executions: Vec<ExecutionReport>,
    /// What kept the case from being run at all.
    pub broken: Option<String>,
}

/// One execution of a case, and its result.
#[derive(Debug)]
#[non_exhaustive]
pub struct ExecutionReport {
    /// Which one.
    pub execution: Execution,
    /// What was wrong; nothing is a pass.
    pub differences: Vec<Difference>,
    /// How long it took.
    pub took: Duration,
}

impl Report {
    /// Whether all went well.
    #[must_use]
    pub fn passed(&self) -> bool {
        let mut executions = self.executions.iter();
        self.broken.is_none() && executions.all(|tried| tried.differences.is_empty())
    }
}

/// Finds the cases: each folder is one, or holds some at any depth.
///
/// # Errors
///
/// [`Error::Input`] when a folder cannot be read or holds no case.
pub fn find(folders: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for folder in folders {
        let before = found.len();
        for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
            let entry = entry.map_err(|error| {
                let name = error.path().unwrap_or(folder).display().to_string();
                let message = error
                    .io_error()
                    .map_or_else(|| error.to_string(), crate::input::explain);
                Error::input(name, message)
            })?;
            // A folder that looks like a case without its manifest is one that
            // nobody would notice to be unused.
            let path = entry.path();
            let case = path.join(case::MANIFEST).is_file() || path.join(case::EXPECTED).is_file();
            if entry.file_type().is_dir() && case {
                found.push(path.to_owned());
            }
        }
        if found.len() == before {
            return Err(Error::input(
                folder.display().to_string(),
                "no cases here: none of its folders has a case.toml",
            ));
        }
    }
    Ok(found)
}

/// Runs all executions of one case, judged by its own rules or else by those that are named; with
/// `update`, rewrites what it expects first.
#[must_use]
pub fn check(folder: &Path, sandbox: &Sandbox, rules: &[String], update: bool) -> Report {
    let mut report = Report {
        name: folder.display().to_string(),
        why: String::new(),
        executions: Vec::new(),
        broken: None,
    };
    if let Err(error) = check_into(&mut report, folder, (sandbox, rules), update) {
        report.broken = Some(error.to_string());
    }
    report
}

/// The alerts that stand when a case is run straight.
///
/// # Errors
///
/// What is wrong with the case, or that the component fails.
pub(crate) fn alerts(folder: &Path, sandbox: &Sandbox) -> Result<Vec<Alert>, Error> {
    let case = Case::read(folder)?;
    let material = material::read(&case, sandbox.limits())?;
    let trial = Trial::new(sandbox, &[], &case, &material)?;
    Ok(trial.run(Execution::Straight, &[])?.standing)
}

fn check_into(
    report: &mut Report,
    folder: &Path,
    (sandbox, rules): (&Sandbox, &[String]),
    update: bool,
) -> Result<(), Error> {
    let case = Case::read(folder)?;
    report.why.clone_from(&case.why);
    let material = material::read(&case, sandbox.limits())?;
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
        report.executions.push(ExecutionReport {
            execution,
            differences,
            took,
        });
    }
    Ok(())
}
