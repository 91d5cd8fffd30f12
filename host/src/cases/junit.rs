//! Reports in the form that build servers read.

use std::fmt::Write as _;
use std::time::Duration;

use super::Report;
use super::readable::lines;

/// A JUnit document: a suite for each case, a test for each execution.
#[must_use]
pub fn junit(reports: &[Report]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let tests: usize = reports.iter().map(count).sum();
    let failures: usize = reports.iter().map(failed).sum();
    let errors: usize = reports.iter().map(broken).sum();
    let all: Duration = reports.iter().map(time).sum();
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "<testsuites name=\"weir\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" \
         time=\"{}\">",
        seconds(all)
    );
    for report in reports {
        let name = xml(&report.name);
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{}\">",
            count(report),
            failed(report),
            broken(report),
            seconds(time(report))
        );
        if let Some(broken) = &report.broken {
            let message = xml(broken.lines().next().unwrap_or_default());
            let error = format!("<error message=\"{message}\">{}</error>", xml(broken));
            test(&mut out, &name, "case", Duration::ZERO, Some(&error));
        }
        for tried in &report.executions {
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

fn count(report: &Report) -> usize {
    report.executions.len() + broken(report)
}

fn broken(report: &Report) -> usize {
    usize::from(report.broken.is_some())
}

fn failed(report: &Report) -> usize {
    let executions = report.executions.iter();
    executions
        .filter(|tried| !tried.differences.is_empty())
        .count()
}

fn time(report: &Report) -> Duration {
    report.executions.iter().map(|tried| tried.took).sum()
}

fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

/// Text for XML. Characters that XML cannot hold at all are escaped as for
/// terminals.
fn xml(text: &str) -> String {
    text.lines()
        .map(|line| {
            crate::escape::escape(line)
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
