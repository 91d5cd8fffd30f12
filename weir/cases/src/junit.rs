//! JUnit reports, which build servers read.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::CaseResult;
use super::readable::lines;
use weir_check::plain;
use weir_host::error::Error;

/// A JUnit document: a suite for each case, a test for each execution.
///
/// # Errors
///
/// [`Error::Broken`] when it cannot be written.
pub fn junit(results: &[CaseResult]) -> Result<String, Error> {
    let mut report = Report::new("weir");
    report.set_time(
        results
            .iter()
            .flat_map(|result| &result.executions)
            .map(|tried| tried.took)
            .sum(),
    );
    for result in results {
        let name = plain(&result.name);
        let mut suite = TestSuite::new(&*name);
        suite.set_time(result.executions.iter().map(|tried| tried.took).sum());
        let mut add = |test: &str, took, status| {
            let mut test = TestCase::new(test, status);
            test.set_classname(&*name).set_time(took);
            suite.add_test_case(test);
        };
        if let Some(broken) = &result.broken {
            let message = broken.lines().next().unwrap_or_default();
            let status = wrong(NonSuccessKind::Error, message, broken);
            add("case", Duration::ZERO, status);
        }
        for tried in &result.executions {
            let differences = &tried.differences;
            let status = match differences.len() {
                0 => TestCaseStatus::success(),
                number => {
                    let lines = lines(differences).into_iter();
                    let lines: Vec<String> = lines.map(|line| line.lead + &line.text).collect();
                    let message = format!("{number} differences");
                    wrong(NonSuccessKind::Failure, &message, &lines.join("\n"))
                }
            };
            add(tried.execution.name(), tried.took, status);
        }
        report.add_test_suite(suite);
    }
    let text = report.to_string();
    text.map_err(|error| Error::Broken(format!("the JUnit report: {error}")))
}

/// The status of a test that did not pass.
fn wrong(kind: NonSuccessKind, message: &str, text: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status
        .set_message(plain(message))
        .set_description(plain(text));
    status
}
