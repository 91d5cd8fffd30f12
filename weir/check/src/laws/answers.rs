//! The plain run itself.

use weir_host::error::Error;
use weir_schedule::shrink::Tried;
use weir_schedule::{Call, Random, Schedule};

use crate::attempt::{Judged, plain, run_or_broken};
use crate::law::Draw;
use crate::subject::Subject;

/// Documents one by one; the second time alerts and counters are asked for in between.
pub(super) fn draw(of: &Draw<'_>, _: &mut Random) -> Result<Option<Tried>, Error> {
    let lines = of.events.all.clone();
    let calls = plain(lines.len()).calls.into_iter();
    let schedule: Schedule = match of.round {
        0 => calls.collect(),
        1 => calls
            .flat_map(|push| {
                let asked = [
                    Call::Take {
                        instance: 0,
                        max: None,
                    },
                    Call::Counters { instance: 0 },
                ];
                std::iter::once(push).chain(asked)
            })
            .collect(),
        _ => return Ok(None),
    };
    Ok(Some(Tried { lines, schedule }))
}

pub(super) fn judge(subject: &Subject<'_>, tried: &Tried) -> Result<Judged, Error> {
    let run = run_or_broken!(subject, tried);
    let mut wrong = Vec::new();
    if run.behind_end > 0 {
        wrong.push(format!(
            "behind `flush` and when all had been taken, a second `flush` gives {} more",
            weir_common::numbers::counted(run.behind_end, "alert")
        ));
    }
    wrong.extend(run.last().miscounts(run.counts.counted));
    if !run.alerts.is_empty() && run.counts.counted == 0 {
        wrong.push("it alerts, and counts no document".to_owned());
    }
    Ok(Judged::of(wrong))
}
