//! Makes a failing schedule and its lines smaller, by leaving out ever smaller parts of them.
//!
//! The search ends by a count of attempts and of the lines that they push, never by a clock, so that
//! it finds the same on every machine.

use crate::{Call, Schedule};

/// How much may be tried.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Schedules that are tried.
    pub attempts: usize,
    /// Lines of all that are tried.
    pub lines: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            attempts: 4_000,
            lines: 4_000_000,
        }
    }
}

/// Lines without their ends, and a schedule over them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The lines.
    pub lines: Vec<Vec<u8>>,
    /// The schedule.
    pub schedule: Schedule,
}

/// The smallest that still fails of those that were found. `fits` says which schedules are tried at
/// all, and `fails` tries one.
///
/// # Errors
///
/// The first error of `fails`.
pub fn shrink<E>(
    from: Tried,
    budget: Budget,
    fits: impl Fn(&Tried) -> bool,
    fails: impl FnMut(&Tried) -> Result<bool, E>,
) -> Result<Tried, E> {
    let mut search = Search {
        best: from,
        budget,
        fits,
        fails,
    };
    loop {
        let before = search.size();
        search.by_parts(|tried| tried.lines.len(), without_lines)?;
        search.by_parts(|tried| tried.schedule.calls.len(), without_calls)?;
        search.joins()?;
        if search.size() >= before || search.is_over() {
            return Ok(search.best);
        }
    }
}

struct Search<F, T> {
    best: Tried,
    budget: Budget,
    fits: F,
    fails: T,
}

impl<E, F: Fn(&Tried) -> bool, T: FnMut(&Tried) -> Result<bool, E>> Search<F, T> {
    fn size(&self) -> (usize, usize) {
        (self.best.lines.len(), self.best.schedule.calls.len())
    }

    fn is_over(&self) -> bool {
        self.budget.attempts == 0 || self.budget.lines == 0
    }

    /// Goes on with what is smaller, if it fails too.
    fn attempt(&mut self, smaller: Tried) -> Result<bool, E> {
        if self.is_over() || !(self.fits)(&smaller) {
            return Ok(false);
        }
        self.budget.attempts -= 1;
        // A schedule without lines costs something too.
        let cost = smaller.lines.len() + smaller.schedule.calls.len() + 1;
        self.budget.lines = self.budget.lines.saturating_sub(cost);
        let failed = (self.fails)(&smaller)?;
        if failed {
            self.best = smaller;
        }
        Ok(failed)
    }

    /// Leaves out halves, quarters, and so on down to single ones.
    fn by_parts(
        &mut self,
        count: impl Fn(&Tried) -> usize,
        without: impl Fn(&Tried, std::ops::Range<usize>) -> Tried,
    ) -> Result<(), E> {
        let mut size = count(&self.best).div_ceil(2);
        while size > 0 {
            let mut at = 0;
            while at < count(&self.best) {
                let end = (at + size).min(count(&self.best));
                if !self.attempt(without(&self.best, at..end))? {
                    at += size;
                }
                if self.is_over() {
                    return Ok(());
                }
            }
            size /= 2;
        }
        Ok(())
    }

    /// Makes one batch of two that follow each other.
    fn joins(&mut self) -> Result<(), E> {
        let mut at = 0;
        while at + 1 < self.best.schedule.calls.len() {
            let joined = joined(&self.best.schedule, at);
            let smaller = joined.map(|schedule| Tried {
                lines: self.best.lines.clone(),
                schedule,
            });
            let done = match smaller {
                Some(smaller) => self.attempt(smaller)?,
                None => false,
            };
            at += usize::from(!done);
        }
        Ok(())
    }
}

fn without_lines(tried: &Tried, left_out: std::ops::Range<usize>) -> Tried {
    let kept: Vec<bool> = (0..tried.lines.len())
        .map(|at| !left_out.contains(&at))
        .collect();
    let lines = tried.lines.iter().zip(&kept).filter(|(_, kept)| **kept);
    Tried {
        lines: lines.map(|(line, _)| line.clone()).collect(),
        schedule: tried.schedule.keep_lines(&kept),
    }
}

fn without_calls(tried: &Tried, left_out: std::ops::Range<usize>) -> Tried {
    Tried {
        lines: tried.lines.clone(),
        schedule: tried.schedule.without(left_out),
    }
}

/// The schedule with a push and the one behind it as one.
fn joined(schedule: &Schedule, at: usize) -> Option<Schedule> {
    let (
        Call::Push { instance, lines },
        Call::Push {
            instance: other,
            lines: more,
        },
    ) = (schedule.calls.get(at)?, schedule.calls.get(at + 1)?)
    else {
        return None;
    };
    if instance != other {
        return None;
    }
    let both = Call::push(*instance, lines.0.iter().chain(&more.0).copied());
    let mut joined = schedule.without(at..at + 1);
    *joined.calls.get_mut(at)? = both;
    Some(joined)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    /// Hundred lines in batches of one, with restarts between.
    fn tried() -> Tried {
        let calls = (0..100).flat_map(|n| [Call::push(0, [n]), Call::Restart { instance: 0 }]);
        Tried {
            lines: (0..100)
                .map(|n: usize| n.to_string().into_bytes())
                .collect(),
            schedule: calls.collect(),
        }
    }

    fn whole(tried: &Tried) -> bool {
        tried
            .schedule
            .delivered(tried.lines.len())
            .iter()
            .all(|count| *count == 1)
    }

    /// Fails where line 17 comes before line 71 with a restart between.
    fn fails(tried: &Tried) -> bool {
        let mut seen = 0;
        for call in &tried.schedule.calls {
            match call {
                Call::Push { lines, .. } => {
                    for line in &lines.0 {
                        seen = match (seen, tried.lines[*line].as_slice()) {
                            (0, b"17") => 1,
                            (2, b"71") => return true,
                            (seen, _) => seen,
                        };
                    }
                }
                Call::Restart { .. } if seen == 1 => seen = 2,
                _ => {}
            }
        }
        false
    }

    #[test]
    fn what_is_not_needed_for_the_failure_is_left_out() {
        let found = shrink(tried(), Budget::default(), whole, |t| {
            Ok::<_, Infallible>(fails(t))
        });
        let found = found.unwrap();
        assert_eq!(found.lines, [b"17", b"71"]);
        let wanted = [
            Call::push(0, [0]),
            Call::Restart { instance: 0 },
            Call::push(0, [1]),
        ];
        assert_eq!(found.schedule.calls, wanted);
    }

    #[test]
    fn batches_that_need_not_be_apart_are_one() {
        let fails = |t: &Tried| {
            Ok::<_, Infallible>(
                [&b"3"[..], b"4"]
                    .iter()
                    .all(|n| t.lines.iter().any(|l| l == n)),
            )
        };
        let found = shrink(tried(), Budget::default(), whole, fails).unwrap();
        assert_eq!(found.schedule.calls, [Call::push(0, [0, 1])]);
    }

    #[test]
    fn the_search_ends_by_its_budget_and_with_what_fails() {
        for attempts in [0, 1, 5, 20] {
            let budget = Budget {
                attempts,
                ..Budget::default()
            };
            let mut count = 0;
            let found = shrink(tried(), budget, whole, |t| {
                count += 1;
                Ok::<_, Infallible>(fails(t))
            });
            assert!(fails(&found.unwrap()));
            assert!(count <= attempts, "{count}");
        }
    }

    #[test]
    fn an_error_ends_the_search() {
        assert_eq!(
            shrink(tried(), Budget::default(), whole, |_| Err("gone")),
            Err("gone")
        );
    }
}
