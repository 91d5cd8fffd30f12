//! A list of calls: its text, what it delivers, and smaller ones made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::{Call, Instance, Lines, Way};

/// Most instances of one schedule.
const INSTANCES: usize = 64;

/// Calls in the order in which they are made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schedule {
    /// The calls.
    pub calls: Vec<Call>,
}

/// A line of a schedule's text that is no call, or one that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadCall {
    /// Its line, from 1.
    pub line: usize,
    /// The fault.
    pub why: String,
}

impl fmt::Display for BadCall {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for BadCall {}

impl FromIterator<Call> for Schedule {
    fn from_iter<I: IntoIterator<Item = Call>>(calls: I) -> Self {
        Self {
            calls: calls.into_iter().collect(),
        }
    }
}

impl Schedule {
    /// The schedule of a text, one call a line as JSON; empty lines are passed over.
    ///
    /// # Errors
    ///
    /// The first line that is no call.
    pub fn parse(text: &str) -> Result<Self, BadCall> {
        let lines = text.lines().enumerate();
        let lines = lines.filter(|(_, line)| !line.trim().is_empty());
        lines
            .map(|(at, line)| {
                serde_json::from_str(line).map_err(|error| BadCall {
                    line: at + 1,
                    why: error.to_string(),
                })
            })
            .collect()
    }

    /// Its text: one call a line.
    #[must_use]
    pub fn text(&self) -> String {
        let line = |call: &Call| serde_json::to_string(call).unwrap_or_default() + "\n";
        self.calls.iter().map(line).collect()
    }

    /// Checks that its calls can be made over so many lines.
    ///
    /// # Errors
    ///
    /// The first call that cannot; its number counts as its line.
    pub fn check(&self, lines: usize) -> Result<(), BadCall> {
        let mut instances = BTreeSet::new();
        for (at, call) in self.calls.iter().enumerate() {
            let bad = |why: String| Err(BadCall { line: at + 1, why });
            if let Some(beyond) = call
                .lines()
                .and_then(|of| of.0.iter().find(|line| **line >= lines))
            {
                return bad(format!(
                    "line {} of the input, which has {lines}",
                    beyond + 1
                ));
            }
            instances.extend(call.instance());
            if let Call::Merge {
                instance,
                from,
                max,
                ..
            } = call
            {
                instances.insert(*from);
                if instance == from {
                    return bad(format!("instance {from} is merged into itself"));
                }
                if *max == Some(0) {
                    return bad("`max` of 0 groups takes none out".to_owned());
                }
            }
            if instances.len() > INSTANCES {
                return bad(format!("there are more than {INSTANCES} instances"));
            }
        }
        Ok(())
    }

    /// How often each of so many lines is in the state of instance 0 at the end: pushed there, or
    /// merged from where it was pushed.
    #[must_use]
    pub fn delivered(&self, lines: usize) -> Vec<u32> {
        let mut held: BTreeMap<Instance, Vec<u32>> = BTreeMap::new();
        let none = || vec![0_u32; lines];
        for call in &self.calls {
            match call {
                Call::Open { instance, .. } => {
                    held.insert(*instance, none());
                }
                Call::Push {
                    instance,
                    lines: Lines(pushed),
                } => {
                    let counts = held.entry(*instance).or_insert_with(none);
                    for line in pushed {
                        if let Some(count) = counts.get_mut(*line) {
                            *count += 1;
                        }
                    }
                }
                Call::Merge {
                    instance,
                    from,
                    way,
                    ..
                } => {
                    let given = match way {
                        Way::Snapshot => held.get(from).cloned(),
                        Way::TakeState | Way::TakeGroups => held.remove(from),
                    };
                    let counts = held.entry(*instance).or_insert_with(none);
                    for (count, more) in counts.iter_mut().zip(given.unwrap_or_default()) {
                        *count += more;
                    }
                }
                _ => {}
            }
        }
        held.remove(&0).unwrap_or_else(none)
    }

    /// The schedule over the lines that are kept: the others are not pushed, and what is left is
    /// numbered anew. Batches that are left empty are not pushed at all.
    #[must_use]
    pub fn keep_lines(&self, kept: &[bool]) -> Self {
        let mut next = 0;
        let place: Vec<Option<usize>> = kept
            .iter()
            .map(|kept| {
                let place = kept.then_some(next);
                next += usize::from(*kept);
                place
            })
            .collect();
        let mut calls = self.calls.clone();
        calls.retain_mut(|call| {
            let Some(Lines(lines)) = call.lines_mut() else {
                return true;
            };
            let before = lines.len();
            *lines = lines
                .iter()
                .filter_map(|line| place.get(*line).copied().flatten())
                .collect();
            before == 0 || !lines.is_empty()
        });
        Self { calls }
    }

    /// The schedule without some of its calls.
    #[must_use]
    pub fn without(&self, calls: std::ops::Range<usize>) -> Self {
        let kept = self.calls.iter().enumerate();
        let kept = kept.filter(|(at, _)| !calls.contains(at));
        kept.map(|(_, call)| call.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merge(from: Instance, way: Way) -> Call {
        Call::Merge {
            instance: 0,
            from,
            way,
            max: None,
        }
    }

    #[test]
    fn every_call_is_written_and_read_again() {
        let calls = [
            Call::open_with(1, &["partial"]),
            Call::Open {
                instance: 0,
                set: vec![],
                seed: Some(7),
            },
            Call::Misconfigure {
                set: vec!["x=1".to_owned()],
            },
            Call::push(1, [0, 1, 2, 7]),
            Call::Advance {
                instance: 0,
                to: Some(-5),
                clock: None,
            },
            Call::Take {
                instance: 0,
                max: Some(3),
            },
            Call::TakeVerdicts {
                instance: 2,
                max: None,
            },
            Call::Counters { instance: 0 },
            Call::Select {
                instance: 0,
                lines: Lines(vec![3]),
            },
            Call::Flush { instance: 0 },
            Call::Restart { instance: 3 },
            Call::TakeOver { instance: 1 },
            merge(1, Way::TakeGroups),
            Call::Damage {
                instance: 0,
                flip: Some(9),
                cut: None,
            },
        ];
        let schedule: Schedule = calls.into_iter().collect();
        assert_eq!(Schedule::parse(&schedule.text()), Ok(schedule));
    }

    #[test]
    fn what_is_no_call_is_told_with_its_line() {
        for text in [
            "{\"call\":\"push\",\"lines\":\"1\"}\n\n{\"call\":\"pusch\"}\n",
            "\n\n{\"call\":\"push\",\"lines\":\"1\",\"more\":1}",
            "\n\n{\"call\":\"push\",\"lines\":\"0\"}",
        ] {
            assert_eq!(Schedule::parse(text).unwrap_err().line, 3, "{text}");
        }
    }

    #[test]
    fn calls_that_cannot_be_made_are_told() {
        let bad = |call: Call| {
            let schedule: Schedule = [Call::push(0, [1]), call].into_iter().collect();
            schedule.check(2).map_err(|bad| bad.line)
        };
        assert_eq!(bad(Call::push(1, [0, 1])), Ok(()));
        assert_eq!(bad(Call::push(1, [2])), Err(2));
        assert_eq!(bad(merge(0, Way::Snapshot)), Err(2));
        let many: Schedule = (0..100).map(|instance| Call::Flush { instance }).collect();
        assert!(many.check(0).is_err());
    }

    #[test]
    fn lines_reach_the_first_instance_through_merges() {
        let calls = [
            Call::push(0, [0]),
            Call::push(1, [1, 2]),
            merge(1, Way::TakeState),
            merge(1, Way::Snapshot),
            Call::push(2, [3]),
            merge(2, Way::Snapshot),
            merge(2, Way::Snapshot),
            Call::push(3, [4]),
        ];
        let schedule: Schedule = calls.into_iter().collect();
        assert_eq!(schedule.delivered(5), [1, 1, 1, 2, 0]);
    }

    #[test]
    fn lines_that_are_left_out_are_not_pushed_and_the_rest_is_numbered_anew() {
        let calls = [
            Call::push(0, [3, 0]),
            Call::push(0, [1]),
            Call::push(0, []),
            Call::push(0, [2]),
        ];
        let schedule: Schedule = calls.into_iter().collect();
        let fewer = schedule.keep_lines(&[true, false, true, true]);
        let wanted = [Call::push(0, [2, 0]), Call::push(0, []), Call::push(0, [1])];
        assert_eq!(fewer.calls, wanted);
    }
}
