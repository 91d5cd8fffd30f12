//! `weir test`: fixture cases.

use std::fmt::Write as _;
use std::fs;

use weir::cases::{self, Report};
use weir::config::CacheSetting;
use weir::{Error, Limits, Trust, escape};

use super::{print, sandbox};
use crate::cli::TestArgs;

/// Differences shown for one way of one case.
const SHOWN: usize = 20;

/// Runs the command.
pub(crate) fn test(arguments: &TestArgs) -> Result<u8, Error> {
    let cache = match arguments.no_cache {
        true => CacheSetting::Off,
        false => CacheSetting::Usual,
    };
    let trust = Trust::default();
    let sandbox = sandbox(
        arguments.component.as_deref(),
        &trust,
        &Limits::default(),
        &cache,
    )?;
    let mut reports = Vec::new();
    for folder in cases::find(&arguments.folders)? {
        let report = cases::check(&folder, &sandbox, arguments.update);
        print(&show(&report))?;
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

pub(super) fn show(report: &Report) -> String {
    let verdict = if report.passed() { "ok  " } else { "FAIL" };
    let mut out = format!(
        "{verdict} {}: {}\n",
        escape(&report.name),
        escape(&report.why)
    );
    // Writing to a string does not fail.
    if let Some(broken) = &report.broken {
        let _ = writeln!(out, "     {}", escape(broken));
    }
    for (way, wrong) in report.ways.iter().filter(|(_, wrong)| !wrong.is_empty()) {
        let _ = writeln!(out, "     {}:", way.name());
        for line in wrong.iter().take(SHOWN) {
            let _ = writeln!(out, "       {}", escape(line));
        }
        if wrong.len() > SHOWN {
            let _ = writeln!(out, "       and {} more", wrong.len() - SHOWN);
        }
    }
    out
}
