//! Keys that are right and stand in the wrong section.

use super::{Level, Report};
use crate::chosen::names;
use crate::config::belongs;
use crate::contract::Rule;

/// Says of keys that the host does not know which of them are parameters of the detector.
pub(super) fn parameters(report: &mut Report, rules: &[Rule]) {
    let errors = report.findings.iter_mut();
    for finding in errors.filter(|finding| finding.level == Level::Error) {
        let is_it = |name: &str| {
            finding
                .message
                .starts_with(&format!("unknown field `{name}`"))
        };
        if let Some(name) = names(rules).into_iter().find(|name| is_it(name)) {
            finding.message = format!("unknown field `{name}`; it belongs under [parameters]");
        }
    }
}

/// What is said of a parameter that there is none of: where it belongs, or the nearest.
pub(super) fn of_host(name: &str, nearest: impl FnOnce() -> String) -> String {
    match belongs(name) {
        Some(where_to) => format!("the detector has no parameter `{name}`; {where_to}"),
        None => nearest(),
    }
}
