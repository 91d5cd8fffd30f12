//! Findings on valid keys in the wrong section.

use super::{Severity, Validation};
use weir_config::belongs;
use weir_host::contract::Rule;
use weir_host::parameters::names;

/// Says of keys that the host does not know which of them are parameters of the detector.
pub(super) fn parameters(report: &mut Validation, rules: &[Rule]) {
    let errors = report.findings.iter_mut();
    for finding in errors.filter(|finding| finding.level == Severity::Error) {
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

/// Message about an unknown parameter: the section it belongs to, or the nearest name.
pub(super) fn of_host(name: &str, nearest: impl FnOnce() -> String) -> String {
    match belongs(name) {
        Some(where_to) => format!("the detector has no parameter `{name}`; {where_to}"),
        None => nearest(),
    }
}
