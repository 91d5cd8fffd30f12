//! Making a counterexample small.

use super::Law;
use crate::machine::Maker;
use crate::plan::Plan;
use weir_generator::event::Event;

/// The fewest events on which the law still fails, found by leaving out ever smaller
/// parts, and what fails then. The lines of that case are left in a file.
#[must_use]
pub fn smallest_failure(
    law: Law,
    maker: &dyn Maker,
    plan: &Plan,
    events: &[Event],
    failure: String,
) -> String {
    let mut events = events.to_vec();
    let mut failure = failure;
    let mut size = events.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < events.len() {
            let mut fewer = events.clone();
            fewer.drain(at..(at + size).min(events.len()));
            match law(maker, plan, &fewer) {
                Err(e) => (events, failure) = (fewer, e),
                Ok(()) => at += size,
            }
        }
        size /= 2;
    }
    let lines = plan.lines(&plan.ordered(&events)).0.join("\n") + "\n";
    let file = std::env::temp_dir().join(format!("weir-counterexample-{:016x}.ndjson", plan.seed));
    let place = match std::fs::write(&file, &lines) {
        Ok(()) => format!("in {}", file.display()),
        Err(_) => lines,
    };
    let failure: String = failure.lines().take(12).collect::<Vec<_>>().join("\n");
    format!(
        "{failure}\n{} events, configuration {}, {place}",
        events.len(),
        plan.configuration()
    )
}
