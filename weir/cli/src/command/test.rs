//! `weir test`: fixture cases, and rule files with theirs.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use weir_cases::{self, CaseResult, ExecutionResult, Line, Mark};
use weir_common::escape::escape;
use weir_common::explain::explain;
use weir_common::numbers::counted;
use weir_config::Config;
use weir_host::Error;

mod judges;

use judges::Judges;

use super::{fail, print, say, warn};
use crate::cli::{STDOUT, TestArgs};
use crate::terminal::{BAD, FAINT, GOOD, HEAD, Paint};

/// The configuration file that is looked for above cases.
const CONFIG: &str = "weir.toml";
/// Differences shown for one execution of one case.
const SHOWN: usize = 20;

/// Rule files without cases that are named in the message.
const NAMED: usize = 5;

/// Runs the command.
pub(crate) fn test(arguments: &TestArgs) -> Result<u8, Error> {
    let mut config = config(arguments)?;
    arguments.rules.set(&mut config);
    let found = weir_cases::find(&arguments.paths)?;
    say_untested(&found.untested);
    let cases = weir_cases::select(found.cases, &arguments.cases)?;
    let judges = Judges::new(&cases, arguments, &config)?;
    let paint = Paint::stdout();
    // The report for machines takes standard output for itself.
    let machine = arguments.junit.as_deref() == Some(Path::new(STDOUT));
    let mut results = Vec::new();
    for result in judges.results(cases, arguments.update) {
        if !machine {
            print(&show(&result, paint))?;
        }
        results.push(result);
    }
    let failed = results.iter().filter(|result| !result.passed()).count();
    if machine {
        print(&weir_cases::junit(&results)?)?;
        return Ok(u8::from(failed > 0));
    }
    print(&format!("{}\n", outcome(results.len(), failed)))?;
    if let Some(path) = &arguments.junit {
        fs::write(path, weir_cases::junit(&results)?)
            .map_err(|source| Error::output(path.display(), source))?;
    }
    if failed > 0 {
        let all = counted(results.len(), "case");
        fail("cases-failed", format!("{failed} of {all} failed"));
    }
    Ok(u8::from(failed > 0))
}

/// The configuration of the options; where these name neither a file nor a component, that of the
/// nearest folder above the cases which has one.
fn config(arguments: &TestArgs) -> Result<Config, Error> {
    let options = &arguments.component;
    let named = options.component.is_some() || options.trust.file.config.is_some();
    let found = match named {
        true => None,
        false => nearest(&arguments.paths)?,
    };
    let config = options.config_or(found.as_deref())?;
    if let Some(found) = found {
        let shown = found.display();
        say(
            "configuration-found",
            format!("{shown}: the configuration of these cases"),
        );
    }
    Ok(config)
}

/// The configuration file that is nearest above all of these folders; none where no folder has one.
fn nearest(folders: &[PathBuf]) -> Result<Option<PathBuf>, Error> {
    let mut found: Vec<PathBuf> = Vec::new();
    for folder in folders {
        let whole = std::path::absolute(folder);
        let whole = whole.map_err(|error| Error::input(folder.display(), explain(&error)))?;
        let mut above = whole.ancestors().map(|folder| folder.join(CONFIG));
        let file = above.find(|file| file.is_file());
        if let Some(file) = file.filter(|file| !found.contains(file)) {
            found.push(file);
        }
    }
    match &found[..] {
        [one, other, ..] => Err(Error::config(format!(
            "{} and {} are configurations of some of these cases each: test them apart, or name one \
             with --config",
            one.display(),
            other.display()
        ))),
        _ => Ok(found.pop()),
    }
}

/// Says which rule files have no cases.
fn say_untested(files: &[PathBuf]) {
    if files.is_empty() {
        return;
    }
    let names = files.iter().take(NAMED);
    let names: Vec<String> = names
        .map(|file| escape(&file.display().to_string()))
        .collect();
    let more = match files.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let all = counted(files.len(), "rule file");
    warn(
        "rules-without-cases",
        format!("{all} without cases: {}{more}", names.join(", ")),
    );
}

/// Summary line: the cases that passed and failed.
fn outcome(all: usize, failed: usize) -> String {
    let cases = counted(all, "case");
    match all - failed {
        _ if failed == 0 => format!("{cases} passed"),
        0 => format!("{cases} failed"),
        passed => format!("{cases}: {passed} passed, {failed} failed"),
    }
}

pub(super) fn show(result: &CaseResult, paint: Paint) -> String {
    let verdict = match result.passed() {
        true => paint.apply(GOOD, "ok  "),
        false => paint.apply(BAD, "FAIL"),
    };
    let mut out = format!(
        "{verdict} {}: {}\n",
        escape(&result.name),
        escape(&result.why)
    );
    // Writing to a string does not fail.
    if let Some(broken) = &result.broken {
        for line in broken.lines() {
            let _ = writeln!(out, "     {}", escape(line));
        }
    }
    let wrong = result
        .executions
        .iter()
        .filter(|tried| !tried.differences.is_empty());
    let wrong: Vec<&ExecutionResult> = wrong.collect();
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
        for line in weir_cases::lines(&shown.collect::<Vec<_>>()) {
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
