//! `weir test`: fixture cases.

use std::fmt::Write as _;
use std::fs;

use weir::cases::{self, Line, Mark, Report, Tried};
use weir::config::CacheSetting;
use weir::{Error, Limits, Trust, escape};

use super::{print, sandbox};
use crate::cli::TestArgs;
use crate::terminal::{BAD, FAINT, GOOD, HEAD, Paint};

/// Differences shown for one way of one case.
const SHOWN: usize = 20;

/// Runs the command.
pub(crate) fn test(arguments: &TestArgs) -> Result<u8, Error> {
    let cache = match arguments.no_cache {
        true => CacheSetting::Off,
        false => CacheSetting::Usual,
    };
    let trust = Trust::default();
    let folders = cases::select(cases::find(&arguments.folders)?, &arguments.cases)?;
    let sandbox = sandbox(
        arguments.component.as_deref(),
        &trust,
        &Limits::default(),
        &cache,
    )?;
    let paint = Paint::stdout();
    let mut reports = Vec::new();
    for folder in folders {
        let report = cases::check(&folder, &sandbox, arguments.update);
        print(&show(&report, paint))?;
        reports.push(report);
    }
    let failed = reports.iter().filter(|report| !report.passed()).count();
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
        .ways
        .iter()
        .filter(|tried| !tried.differences.is_empty());
    let wrong: Vec<&Tried> = wrong.collect();
    if wrong.is_empty() {
        return out;
    }
    let legend = format!(
        "{} expected, {} found",
        paint.apply(BAD, "-"),
        paint.apply(GOOD, "+")
    );
    let _ = writeln!(out, "     ({legend})");
    // What several ways have in common is said once.
    for same in wrong.chunk_by(|one, other| one.differences == other.differences) {
        let names: Vec<&str> = same.iter().map(|tried| tried.way.name()).collect();
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
