//! Reports in the form that build servers read.

use std::fmt::Write as _;

use super::Report;

/// A JUnit document: a suite for each case, a test for each way.
#[must_use]
pub fn junit(reports: &[Report]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let tests: usize = reports.iter().map(count).sum();
    let failures: usize = reports.iter().map(failed).sum();
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "<testsuites name=\"weir\" tests=\"{tests}\" failures=\"{failures}\">"
    );
    for report in reports {
        let name = xml(&report.name);
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\">",
            count(report),
            failed(report)
        );
        if let Some(broken) = &report.broken {
            test(&mut out, &name, "case", std::slice::from_ref(broken));
        }
        for (way, wrong) in &report.ways {
            test(&mut out, &name, way.name(), wrong);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn test(out: &mut String, case: &str, name: &str, wrong: &[String]) {
    let _ = write!(out, "    <testcase classname=\"{case}\" name=\"{name}\"");
    if wrong.is_empty() {
        out.push_str("/>\n");
        return;
    }
    let _ = writeln!(
        out,
        ">\n      <failure message=\"{} differences\">{}</failure>\n    </testcase>",
        wrong.len(),
        xml(&wrong.join("\n"))
    );
}

fn count(report: &Report) -> usize {
    report.ways.len() + usize::from(report.broken.is_some())
}

fn failed(report: &Report) -> usize {
    let ways = report.ways.iter().filter(|(_, wrong)| !wrong.is_empty());
    ways.count() + usize::from(report.broken.is_some())
}

/// Text for XML. Characters that XML cannot hold at all are escaped as for
/// terminals.
fn xml(text: &str) -> String {
    text.lines()
        .map(|line| {
            crate::escape::escape(line)
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;")
        })
        .collect::<Vec<_>>()
        .join("\n")
}
