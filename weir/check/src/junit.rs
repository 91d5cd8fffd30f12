//! JUnit reports, which build servers read.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use weir_common::escape::escape;
use weir_host::error::Error;

use crate::suite::{LawResult, Verdict};

/// A JUnit document: one suite, a test for each law.
///
/// # Errors
///
/// [`Error::Broken`] when it cannot be written.
pub fn junit(name: &str, results: &[LawResult]) -> Result<String, Error> {
    let mut report = Report::new("weir");
    let took = results.iter().map(|result| result.took).sum();
    report.set_time(took);
    let name = plain(name);
    let mut suite = TestSuite::new(&*name);
    suite.set_time(took);
    for result in results {
        let status = match &result.verdict {
            Verdict::Held => TestCaseStatus::success(),
            Verdict::LeftOut(why) => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(plain(why));
                status
            }
            Verdict::Failed(found) => {
                let sentences = found.fault.sentences();
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status
                    .set_message(plain(result.law.says))
                    .set_description(plain(&sentences.join("\n")));
                status
            }
        };
        let mut test = TestCase::new(result.law.name, status);
        test.set_classname(&*name).set_time(result.took);
        suite.add_test_case(test);
    }
    report.add_test_suite(suite);
    let text = report.to_string();
    text.map_err(|error| Error::Broken(format!("the JUnit report: {error}")))
}

/// Text whose characters that XML cannot hold at all are escaped as for terminals.
#[must_use]
pub fn plain(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line = escape(line).replace('\u{fffe}', "\\u{fffe}");
        line.replace('\u{ffff}', "\\u{ffff}")
    });
    lines.collect::<Vec<_>>().join("\n")
}
