//! Estimation of the number of distinct values, from their keyed hashes, in fixed space: for groups
//! with too many to store. Two sketches merge into the sketch of the union.

use crate::facts::PAYLOAD_BITS;

/// Bits of the hash that choose a register.
const PRECISION: u32 = 14;
/// Number of registers, one byte each.
pub const REGISTERS: usize = 1 << PRECISION;
/// Highest rank: all remaining bits are zero.
const TOP: usize = (64 - PRECISION + 1) as usize;

/// A HyperLogLog sketch with O. Ertl's estimator ("New cardinality estimation
/// algorithms for HyperLogLog sketches", 2017), which needs no correction tables.
/// Its typical error is 1.04 / sqrt(2^14), 0.8 %.
#[derive(Clone, Debug)]
pub struct Sketch {
    registers: Box<[u8]>,
}

impl Default for Sketch {
    /// A sketch of no values.
    fn default() -> Sketch {
        Sketch {
            registers: vec![0; REGISTERS].into(),
        }
    }
}

impl Sketch {
    /// A sketch from its registers; None if they are invalid.
    pub fn from_registers(registers: &[u8]) -> Option<Sketch> {
        let good = registers.len() == REGISTERS && registers.iter().all(|r| usize::from(*r) <= TOP);
        good.then(|| Sketch {
            registers: registers.into(),
        })
    }

    /// The registers.
    pub fn registers(&self) -> &[u8] {
        &self.registers
    }

    /// Adds a value by its hash of [`PAYLOAD_BITS`] bits.
    #[allow(clippy::cast_possible_truncation, reason = "14 bits, and at most 51")]
    pub fn insert(&mut self, hash: u64) {
        let hash = hash << (u64::BITS - PAYLOAD_BITS);
        let register = &mut self.registers[(hash >> (64 - PRECISION)) as usize];
        let rest = (hash << PRECISION) | (1 << (PRECISION - 1));
        *register = (*register).max(rest.leading_zeros() as u8 + 1);
    }

    /// Merges another sketch.
    pub fn merge(&mut self, other: &Sketch) {
        for (ours, theirs) in self.registers.iter_mut().zip(&other.registers) {
            *ours = (*ours).max(*theirs);
        }
    }

    /// The estimated number of distinct values.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a positive estimate, rounded"
    )]
    pub fn estimate(&self) -> u64 {
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
