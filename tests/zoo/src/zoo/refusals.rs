//! Outcomes of the animals.

use super::{animal, wt};

/// Falsifies the outcome of a batch.
pub(super) fn sting(outcome: &mut wt::Outcome, batch: &[u8]) {
    let all = batch.len() as u32;
    let refuse = |outcome: &mut wt::Outcome, offset, length, reason: &str| {
        outcome.counted -= outcome.counted.min(1);
        outcome.malformed += 1;
        outcome.refused.push(wt::Refusal {
            line: 0,
            offset,
            length,
            kind: wt::RefusalKind::Malformed,
            reason: reason.to_owned(),
        });
    };
    match animal() {
        "lie-counts" => outcome.counted += 1_000_000,
        "lie-count-one" => outcome.counted += 1,
        "lie-offsets" => refuse(
            outcome,
            u32::MAX,
            u32::MAX,
            "\u{1b}[31m<b>no such place</b>",
        ),
        // Valid, except for texts with terminal escapes and tags.
        "refuse-marked" => refuse(outcome, 0, 2, "\u{1b}[31m<b>no such word</b>"),
        // The whole batch, once for each document.
        "refuse-span" => (0..outcome.counted).for_each(|_| refuse(outcome, 0, all, "no")),
        "refuse-back" => {
            refuse(outcome, 4, 2, "no");
            refuse(outcome, 0, 2, "no");
        }
        "refuse-nothing" => refuse(outcome, 0, 0, "no"),
        "refuse-words" => {
            let words = "x".repeat(200 << 10);
            (0..outcome.counted as u32).for_each(|n| refuse(outcome, n, 1, &words));
        }
        "refuse-long" => refuse(outcome, 0, all, &"x".repeat(1 << 20)),
        "refuse-few" => outcome.malformed += 1,
        "refuse-steering" => refuse(outcome, 0, 2, super::describe::STEERING),
        "count-max" => {
            (outcome.counted, outcome.duplicate) = (u64::MAX, u64::MAX);
            outcome.other_data_set = u64::MAX;
        }
        "refuse-kind" => {
            refuse(outcome, 0, all, "no");
            outcome.malformed -= 1;
            outcome.dropped_late += 1;
        }
        _ => {}
    }
}
