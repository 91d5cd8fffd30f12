//! `weir test`: fixture cases.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use weir::cases::{self, ExecutionReport, Line, Mark, Report};
use weir::{Error, escape};

use super::{fail, print, sandbox};
use crate::cli::{STDOUT, TestArgs};
use crate::terminal::{BAD, FAINT, GOOD, HEAD, Paint};

/// Differences shown for one execution of one case.
const SHOWN: usize = 20;

/// Runs the command.
pub(crate) fn test(arguments: &TestArgs) -> Result<u8, Error> {
    let mut config = arguments.component.config()?;
    arguments.rules.set(&mut config);
    let folders = cases::select(cases::find(&arguments.folders)?, &arguments.cases)?;
    let component = config.component.as_deref();
    let sandbox = sandbox(component, &config.trust, &config.limits, &config.cache)?;
    let paint = Paint::stdout();
    // The report for machines takes standard output for itself.
    let machine = arguments.junit.as_deref() == Some(Path::new(STDOUT));
    let mut reports = Vec::new();
    for folder in folders {
        let report = cases::check(&folder, &sandbox, &config.rules, arguments.update);
        if !machine {
            print(&show(&report, paint))?;
        }
        reports.push(report);
    }
    let failed = reports.iter().filter(|report| !report.passed()).count();
    if machine {
        print(&cases::junit(&reports))?;
        return Ok(u8::from(failed > 0));
    }
    print(&format!(
        "{} cases, {} passed, {failed} failed\n",
        reports.len(),
        reports.len() - failed
    ))?;
    if let Some(path) = &arguments.junit {
        fs::write(path, cases::junit(&reports)).map_err(|source| Error::Output {
            name: path.display().to_string(),
            source,
        })?;
    }
    if failed > 0 {
        fail(&format!("{failed} of {} cases failed", reports.len()));
    }
    Ok(u8::from(failed > 0))
}

pub(super) fn show(report: &Report, paint: Paint) -> String {
    let verdict = match report.passed() {
        true => paint.apply(GOOD, "ok  "),
        false => paint.apply(BAD, "FAIL"),
    };
    let mut out = format!(
        "{verdict} {}: {}\n",
        escape(&report.name),
        escape(&report.why)
    );
    // Writing to a string does not fail.
    if let Some(broken) = &report.broken {
        let _ = writeln!(out, "     {}", escape(broken));
    }
    let wrong = report
        .executions
        .iter()
        .filter(|tried| !tried.differences.is_empty());
    let wrong: Vec<&ExecutionReport> = wrong.collect();
    if wrong.is_empty() {
        return out;
    }
    let legend = format!(
        "{} expected, {} found",
        paint.apply(BAD, "-"),
        paint.apply(GOOD, "+")
    );
    let _ = writeln!(out, "     ({legend})");
    // What several executions have in common is said once.
    for same in wrong.chunk_by(|one, other| one.differences == other.differences) {
        let names: Vec<&str> = same.iter().map(|tried| tried.execution.name()).collect();
        let _ = writeln!(out, "     {}:", paint.apply(HEAD, &names.join(", ")));
        let Some(first) = same.first() else { continue };
        let shown = first.differences.iter().take(SHOWN).cloned();
        for line in cases::lines(&shown.collect::<Vec<_>>()) {
            let _ = writeln!(out, "       {}", painted(&line, paint));
        }
        let more = first.differences.len().saturating_sub(SHOWN);
        if more > 0 {
            let _ = writeln!(out, "       and {more} more");
        }
    }
    out
}

fn painted(line: &Line, paint: Paint) -> String {
    let text = match line.mark {
        Mark::About => line.text.clone(),
        Mark::Expected => paint.apply(BAD, &line.text),
        Mark::Found => paint.apply(GOOD, &line.text),
    };
    format!("{}{text}", paint.apply(FAINT, &line.lead))
}
