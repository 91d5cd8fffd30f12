//! JUnit reports, which build servers read.

use std::fmt::Write as _;
use std::time::Duration;

use super::CaseResult;
use super::readable::lines;

/// A JUnit document: a suite for each case, a test for each execution.
#[must_use]
pub fn junit(results: &[CaseResult]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let tests: usize = results.iter().map(count).sum();
    let failures: usize = results.iter().map(failed).sum();
    let errors: usize = results.iter().map(broken).sum();
    let all: Duration = results.iter().map(time).sum();
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "<testsuites name=\"weir\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" \
         time=\"{}\">",
        seconds(all)
    );
    for result in results {
        let name = xml(&result.name);
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{}\">",
            count(result),
            failed(result),
            broken(result),
            seconds(time(result))
        );
        if let Some(broken) = &result.broken {
            let message = xml(broken.lines().next().unwrap_or_default());
            let error = format!("<error message=\"{message}\">{}</error>", xml(broken));
            test(&mut out, &name, "case", Duration::ZERO, Some(&error));
        }
        for tried in &result.executions {
            let failure = (!tried.differences.is_empty()).then(|| {
                let lines = lines(&tried.differences);
                let text: Vec<String> = lines
                    .iter()
                    .map(|l| format!("{}{}", l.lead, l.text))
                    .collect();
                let number = tried.differences.len();
                let text = xml(&text.join("\n"));
                format!("<failure message=\"{number} differences\">{text}</failure>")
            });
            test(
                &mut out,
                &name,
                tried.execution.name(),
                tried.took,
                failure.as_deref(),
            );
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// One test; `wrong` is the element that says that it did not pass.
fn test(out: &mut String, case: &str, name: &str, took: Duration, wrong: Option<&str>) {
    let time = seconds(took);
    let _ = write!(
        out,
        "    <testcase classname=\"{case}\" name=\"{name}\" time=\"{time}\""
    );
    let _ = match wrong {
        None => writeln!(out, "/>"),
        Some(wrong) => writeln!(out, ">\n      {wrong}\n    </testcase>"),
    };
}

fn count(result: &CaseResult) -> usize {
    result.executions.len() + broken(result)
}

fn broken(result: &CaseResult) -> usize {
    usize::from(result.broken.is_some())
}

fn failed(result: &CaseResult) -> usize {
    let executions = result.executions.iter();
    executions
        .filter(|tried| !tried.differences.is_empty())
        .count()
}

fn time(result: &CaseResult) -> Duration {
    result.executions.iter().map(|tried| tried.took).sum()
}

fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

/// Text for XML. Characters that XML cannot hold at all are escaped as for
/// terminals.
fn xml(text: &str) -> String {
    text.lines()
        .map(|line| {
            weir_common::escape::escape(line)
                .replace('\u{fffe}', "\\u{fffe}")
                .replace('\u{ffff}', "\\u{ffff}")
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;")
        })
        .collect::<Vec<_>>()
        .join("\n")
}
