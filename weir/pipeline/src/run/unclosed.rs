//! Windows that a detector leaves open when it is told to close all.

use weir_common::numbers;
use weir_host::contract::{Counters, Judgement, Rule, RuleCounters};

/// Message about windows of any of the open rules that stay open behind `flush`; `before` holds the
/// counters ahead of it. `replay` says that event time went on by events alone, from the first
/// of them: the window of the newest one was open then.
pub fn unclosed(
    rules: &[Rule],
    before: &Counters,
    after: &Counters,
    replay: bool,
) -> Option<String> {
    let counters = before.rules.iter().zip(&after.rules);
    let mut all = rules.iter().zip(counters);
    all.find_map(|(rule, (before, after))| {
        let text = match rule.judgement {
            // Elsewhere what is held is no window that fires once.
            Judgement::Tumbling(_) => of_rule(before, after, replay)?,
            _ => return None,
        };
        Some(match rules.len() {
            1 => text,
            _ => format!("rule {}: {text}", rule.short_name),
        })
    })
}

fn of_rule(before: &RuleCounters, after: &RuleCounters, replay: bool) -> Option<String> {
    // A window that begins with late events fires never, and each has one of them.
    let known = after.windows_fired.saturating_add(after.late);
    let never_fired = after.windows.saturating_sub(known);
    let none_closed = replay
        && after.windows > 0
        && after.counted > 0
        && after.evicted == 0
        && after.windows_fired == before.windows_fired;
    let how_many = match never_fired {
        0 if !none_closed => return None,
        0 => "at least 1 window".to_owned(),
        windows => numbers::counted(windows, "window"),
    };
    Some(format!(
        "the detector was told to close every window at the end (`flush`), and {how_many} stayed \
         open: alerts on what is in there are missing. A worker with `partial` set fires nothing; \
         in any other it is a fault of the component"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(windows: u64, windows_fired: u64, late: u64) -> RuleCounters {
        RuleCounters {
            counted: 9,
            late,
            windows,
            windows_fired,
            ..RuleCounters::default()
        }
    }

    #[test]
    fn windows_that_stay_open_are_told() {
        let before = counted(3, 2, 0);
        assert_eq!(of_rule(&before, &counted(3, 3, 0), true), None);
        assert_eq!(of_rule(&before, &counted(4, 3, 1), true), None);
        let told = of_rule(&before, &counted(3, 1, 0), false).unwrap_or_default();
        assert!(told.contains("and 2 windows stayed open"), "{told}");
        // Old windows are let go of, and hide that the last one did not fire.
        let before = counted(3, 50, 0);
        let told = of_rule(&before, &counted(3, 50, 0), true).unwrap_or_default();
        assert!(told.contains("at least 1 window"), "{told}");
        assert_eq!(of_rule(&before, &counted(3, 50, 0), false), None);
        assert_eq!(of_rule(&before, &counted(0, 50, 0), true), None);
    }
}
