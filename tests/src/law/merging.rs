//! What holds for merging states, by what comes of them and byte by byte.

use super::scheduled::{Answers, PARTIAL, Standing, merge, scheduled};
use crate::compare::{differences, final_rows};
use crate::machine::Maker;
use crate::plan::Plan;
use weir_generator::event::Event;
use weir_generator::random::Random;
use weir_schedule::{Call, Instance, draw};

/// Three workers, each of a part of every moment or of the time, and machines that take in states.
struct Trees {
    calls: Vec<Call>,
    /// What machines are opened with.
    on: &'static [&'static str],
    shares: Vec<Vec<usize>>,
    last: Instance,
}

impl Trees {
    fn new(plan: &Plan, lines: usize, on: &'static [&'static str]) -> Trees {
        let mut random = Random::new(plan.seed);
        let shares = draw::shares(lines, plan.parts, &mut |n| random.index(n));
        let mut trees = Trees {
            calls: Vec::new(),
            on,
            shares,
            last: 0,
        };
        let mut random = Random::new(plan.seed ^ 6);
        for share in trees.shares.clone() {
            let worker = trees.open();
            let batches = draw::batches(worker, &share, plan.batch, &mut |n| random.index(n));
            trees.calls.extend(batches);
        }
        trees
    }

    fn open(&mut self) -> Instance {
        self.last += 1;
        self.calls.push(Call::open_with(self.last, self.on));
        self.last
    }

    /// A fresh machine that takes in the states of others.
    fn join(&mut self, states: &[Instance]) -> Instance {
        let joined = self.open();
        let merges = states.iter().map(|state| merge(joined, *state));
        self.calls.extend(merges);
        joined
    }

    /// A fresh machine that sees the shares of workers.
    fn saw(&mut self, workers: &[Instance]) -> Instance {
        let one = self.open();
        for worker in workers {
            let share = &self.shares[*worker as usize - 1];
            self.calls.push(Call::push(one, share.iter().copied()));
        }
        one
    }

    /// What the machines are at the end; alerts are taken after a flush, or never.
    fn run(
        mut self,
        maker: &dyn Maker,
        plan: &Plan,
        lines: &[String],
        flush: bool,
    ) -> Result<Answers, String> {
        for instance in 1..=self.last {
            if flush {
                let max = None;
                self.calls
                    .extend([Call::Flush { instance }, Call::Take { instance, max }]);
            }
            self.calls.push(Call::Counters { instance });
        }
        scheduled(maker, plan, lines, self.calls)
    }
}

/// A name, and two machines that are to be the same.
type Same = (&'static str, Instance, Instance);

/// Finds the first two that are not.
fn all_same(
    pairs: &[Same],
    answers: &Answers,
    differ: impl Fn(&Standing, &Standing) -> Option<String>,
) -> Result<(), String> {
    for (law, left, right) in pairs {
        if let Some(how) = differ(&answers.standings[left], &answers.standings[right]) {
            return Err(format!("{law}: {how}"));
        }
    }
    Ok(())
}

/// Merge is commutative, associative, and idempotent where every event has an id.
///
/// # Errors
/// Which law does not hold, and how.
pub fn merge_laws(maker: &dyn Maker, plan: &Plan, events: &[Event]) -> Result<(), String> {
    let plan = &Plan {
        parts: 3,
        ..plan.patient()
    };
    let (lines, ..) = plan.lines(&plan.ordered(events));
    let mut trees = Trees::new(plan, lines.len(), &[]);
    let [a, b, c] = [1, 2, 3];
    let ab = trees.join(&[a, b]);
    let bc = trees.join(&[b, c]);
    // A machine that is flushed is compared through another one that takes in its state.
    let mut same = |law, left: &[Instance], right: &[Instance]| {
        let [left, right] = [trees.join(left), trees.join(right)];
        (law, trees.join(&[left]), trees.join(&[right]))
    };
    let pairs = [
        same("commutative", &[a, b], &[b, a]),
        same("associative", &[ab, c], &[a, bc]),
        same("idempotent", &[a, a], &[a]),
        same("idempotent in part", &[ab, bc, b], &[ab, c]),
    ];
    let answers = trees.run(maker, plan, &lines, true)?;
    all_same(&pairs, &answers, |left, right| {
        let found = differences(&final_rows(&left.revisions), &final_rows(&right.revisions));
        let (m, n) = (left.counts[0], right.counts[0]);
        (!found.is_empty() || m != n).then(|| format!("{m} {n} {}", found.join("\n")))
    })
}

/// Law of merging, byte by byte, on workers that only aggregate: a merged state is the state of one
/// worker that saw the documents of both, in any order and any tree. Merging a state with
/// itself is no exception: the events are the same, and the totals count each document of
/// the second time, so it is compared with one that saw everything twice.
///
/// # Errors
/// Which law does not hold.
pub fn merge_bytes(maker: &dyn Maker, plan: &Plan, events: &[Event]) -> Result<(), String> {
    let plan = &Plan {
        parts: 3,
        ..plan.patient()
    };
    let (lines, ..) = plan.lines(&plan.ordered(events));
    let mut trees = Trees::new(plan, lines.len(), &[PARTIAL]);
    let [a, b, c] = [1, 2, 3];
    let ab = trees.join(&[a, b]);
    let bc = trees.join(&[b, c]);
    let abc = trees.join(&[ab, c]);
    let whole = [
        ("restored", trees.join(&[a]), a),
        ("commutative", ab, trees.join(&[b, a])),
        ("associative", abc, trees.join(&[a, bc])),
    ];
    let but_ends = [
        ("two states and two shares", ab, trees.saw(&[b, a])),
        ("three states and three shares", abc, trees.saw(&[c, a, b])),
        ("idempotent", trees.join(&[a, a]), trees.saw(&[a, a])),
        (
            "idempotent in part",
            trees.join(&[ab, bc]),
            trees.saw(&[a, b, b, c]),
        ),
    ];
    let answers = trees.run(maker, plan, &lines, false)?;
    let differ = |left: &[u8], right: &[u8]| {
        let at = left.iter().zip(right).position(|(l, r)| l != r);
        let (l, r) = (left.len(), right.len());
        (left != right).then(|| format!("{l} and {r} bytes, which differ from {at:?} on"))
    };
    all_same(&whole, &answers, |left, right| {
        differ(&left.state, &right.state)
    })?;
    // At the end are two counts, of what merging took back, and the checksum.
    let but_end = |state: &[u8]| state[..state.len().saturating_sub(24)].to_vec();
    all_same(&but_ends, &answers, |left, right| {
        differ(&but_end(&left.state), &but_end(&right.state))
    })
}
