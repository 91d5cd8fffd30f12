//! Counting distinct values by their keyed hashes: exactly up to a bound, by a sketch
//! of fixed size above it. What is kept depends on the set of values alone, not on
//! their order, and two counts merge into the count of the union.

use crate::hash::BuildMixed;
use crate::order;
use hashbrown::HashSet;

/// Up to here a plain list is searched, which is smaller and faster.
const FEW: usize = 16;

/// A count of distinct values.
#[derive(Clone, Debug)]
pub(crate) enum Distinct {
    Few(Vec<u64>),
    Many(HashSet<u64, BuildMixed>),
    Sketch(Box<Sketch>),
}

impl Default for Distinct {
    fn default() -> Self {
        Distinct::Few(Vec::new())
    }
}

impl Distinct {
    /// Adds a value by its hash; above `exact` values the count becomes an estimate.
    pub(crate) fn insert(&mut self, hash: u64, exact: usize) {
        match self {
            Distinct::Few(hashes) => {
                if hashes.contains(&hash) {
                    return;
                }
                if hashes.len() < FEW {
                    hashes.push(hash);
                    return;
                }
                let mut set: HashSet<u64, BuildMixed> = hashes.iter().copied().collect();
                set.insert(hash);
                *self = Distinct::Many(set);
            }
            Distinct::Many(set) => {
                set.insert(hash);
            }
            Distinct::Sketch(sketch) => sketch.insert(hash),
        }
        if let Distinct::Many(set) = self
            && set.len() > exact
        {
            let mut sketch = Box::new(Sketch::new());
            set.iter().for_each(|hash| sketch.insert(*hash));
            *self = Distinct::Sketch(sketch);
        }
    }

    /// How many distinct values there were.
    pub(crate) fn count(&self) -> u64 {
        match self {
            Distinct::Few(hashes) => hashes.len() as u64,
            Distinct::Many(set) => set.len() as u64,
            Distinct::Sketch(sketch) => sketch.estimate(),
        }
    }

    /// Whether the count is an estimate.
    pub(crate) fn approximate(&self) -> bool {
        matches!(self, Distinct::Sketch(_))
    }

    /// Takes in all values of another count.
    pub(crate) fn merge(&mut self, other: &Distinct, exact: usize) {
        match other {
            Distinct::Few(hashes) => hashes.iter().for_each(|h| self.insert(*h, exact)),
            Distinct::Many(set) => set.iter().for_each(|h| self.insert(*h, exact)),
            Distinct::Sketch(theirs) => {
                let mut sketch = theirs.clone();
                match self {
                    Distinct::Few(hashes) => hashes.iter().for_each(|h| sketch.insert(*h)),
                    Distinct::Many(set) => set.iter().for_each(|h| sketch.insert(*h)),
                    Distinct::Sketch(ours) => sketch.merge(ours),
                }
                *self = Distinct::Sketch(sketch);
            }
        }
    }

    /// The hashes, ascending; None for a sketch.
    pub(crate) fn hashes(&self) -> Option<Vec<u64>> {
        match self {
            Distinct::Few(hashes) => Some(order::ascending(hashes.iter().copied())),
            Distinct::Many(set) => Some(order::ascending(set.iter().copied())),
            Distinct::Sketch(_) => None,
        }
    }

    /// Bytes on the heap.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Distinct::Few(hashes) => hashes.capacity() * 8,
            Distinct::Many(set) => set.allocation_size(),
            Distinct::Sketch(_) => REGISTERS,
        }
    }
}

/// Bits of the hash that choose a register.
const PRECISION: u32 = 14;
/// Number of registers, one byte each.
pub(crate) const REGISTERS: usize = 1 << PRECISION;
/// Highest rank: all remaining bits are zero.
const TOP: usize = (64 - PRECISION + 1) as usize;

/// A HyperLogLog sketch with O. Ertl's estimator ("New cardinality estimation
/// algorithms for HyperLogLog sketches", 2017), which needs no correction tables.
/// Its typical error is 1.04 / sqrt(2^14), 0.8 %.
#[derive(Clone, Debug)]
pub(crate) struct Sketch {
    registers: Box<[u8]>,
}

impl Sketch {
    fn new() -> Sketch {
        Sketch {
            registers: vec![0; REGISTERS].into(),
        }
    }

    /// A sketch from its registers; None when they are not such.
    pub(crate) fn from_registers(registers: &[u8]) -> Option<Sketch> {
        let good = registers.len() == REGISTERS && registers.iter().all(|r| usize::from(*r) <= TOP);
        good.then(|| Sketch {
            registers: registers.into(),
        })
    }

    pub(crate) fn registers(&self) -> &[u8] {
        &self.registers
    }

    #[allow(clippy::cast_possible_truncation, reason = "14 bits, and at most 51")]
    fn insert(&mut self, hash: u64) {
        let register = &mut self.registers[(hash >> (64 - PRECISION)) as usize];
        let rest = (hash << PRECISION) | (1 << (PRECISION - 1));
        *register = (*register).max(rest.leading_zeros() as u8 + 1);
    }

    fn merge(&mut self, other: &Sketch) {
        for (ours, theirs) in self.registers.iter_mut().zip(&other.registers) {
            *ours = (*ours).max(*theirs);
        }
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a positive estimate, rounded"
    )]
    fn estimate(&self) -> u64 {
        let mut ranks = [0_u32; TOP + 1];
        for register in &self.registers {
            ranks[usize::from(*register)] += 1;
        }
        let m = REGISTERS as f64;
        let mut z = m * tau(1.0 - f64::from(ranks[TOP]) / m);
        for count in ranks[1..TOP].iter().rev() {
            z = 0.5 * (z + f64::from(*count));
        }
        z += m * sigma(f64::from(ranks[0]) / m);
        (m * m / (2.0 * std::f64::consts::LN_2 * z)).round() as u64
    }
}

fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z <= before {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z >= before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Seed;

    fn hashes(n: u64) -> impl Iterator<Item = u64> {
        (0..n).map(|i| Seed(1, 2).text(&i.to_string()))
    }

    #[test]
    fn it_is_exact_up_to_the_bound_and_close_above() {
        let mut count = Distinct::default();
        for (i, hash) in hashes(200_000).enumerate() {
            count.insert(hash, 4096);
            count.insert(hash, 4096);
            if i < 4096 {
                assert_eq!(count.count(), i as u64 + 1);
                assert!(!count.approximate());
            }
        }
        assert!(count.approximate());
        assert!(
            (196_000..204_000).contains(&count.count()),
            "{}",
            count.count()
        );
    }

    #[test]
    fn merging_is_the_union_at_every_size() {
        for (a, b) in [
            (3, 10),
            (10, 40),
            (40, 10),
            (100, 90_000),
            (90_000, 100),
            (60_000, 90_000),
        ] {
            let of = |n| {
                let mut count = Distinct::default();
                hashes(n).for_each(|h| count.insert(h, 4096));
                count
            };
            let mut merged = of(a);
            merged.merge(&of(b), 4096);
            assert_eq!(merged.count(), of(a.max(b)).count());
            assert_eq!(merged.hashes(), of(a.max(b)).hashes());
        }
    }
}
