//! Exact sums of doubles: independent of the order, and values can be subtracted again.
//!
//! A sum is one integer of 2,240 bits in two's complement, in units of 2^-1074, the smallest
//! double: it takes 280 bytes, and 2^140 of the largest doubles do not overflow it. It is rounded
//! once, when it is read: half to even.

use crate::wire::{Reader, Writer};

/// Words of 64 bits.
const WORDS: usize = 35;
/// Bits of a mantissa behind the first.
const MANTISSA: usize = 52;
/// The exponent of what is not finite.
const SPECIAL: usize = 0x7ff;

/// An exact sum of finite doubles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exact([u64; WORDS]);

impl Default for Exact {
    /// Zero.
    fn default() -> Exact {
        Exact([0; WORDS])
    }
}

impl Exact {
    /// Adds a finite double; others are ignored.
    pub fn add(&mut self, value: f64) {
        let bits = value.to_bits();
        #[allow(clippy::cast_possible_truncation, reason = "eleven bits")]
        let exponent = (bits >> MANTISSA) as usize & SPECIAL;
        let fraction = bits & ((1 << MANTISSA) - 1);
        if exponent == SPECIAL {
            return;
        }
        let (mantissa, shift) = match exponent {
            0 => (fraction, 0),
            _ => (fraction | 1 << MANTISSA, exponent - 1),
        };
        let (word, shift) = (shift / 64, shift % 64);
        // The bits that are shifted out at the top, without a shift by all 64 bits.
        let parts = [mantissa << shift, mantissa >> 1 >> (63 - shift)];
        self.shift_in(word, parts, value.is_sign_negative());
    }

    /// Subtracts a double.
    pub fn subtract(&mut self, value: f64) {
        self.add(-value);
    }

    /// Adds or subtracts a number of two words.
    #[inline(never)]
    fn shift_in(&mut self, word: usize, parts: [u64; 2], off: bool) {
        let mut carry = false;
        for (at, sum) in self.0.iter_mut().skip(word).enumerate() {
            let part = parts.get(at).copied().unwrap_or(0);
            if at > 1 && !carry {
                return;
            }
            let (new, one, two);
            if off {
                (new, one) = sum.overflowing_sub(part);
                (*sum, two) = new.overflowing_sub(carry.into());
            } else {
                (new, one) = sum.overflowing_add(part);
                (*sum, two) = new.overflowing_add(carry.into());
            }
            carry = one || two;
        }
    }

    /// Adds another sum.
    #[inline(never)]
    pub fn merge(&mut self, other: &Exact) {
        let mut carry = false;
        for (ours, theirs) in self.0.iter_mut().zip(other.0) {
            let (sum, one) = ours.overflowing_add(theirs);
            let (sum, two) = sum.overflowing_add(carry.into());
            *ours = sum;
            carry = one || two;
        }
    }

    fn is_negative(&self) -> bool {
        self.0[WORDS - 1] >> 63 == 1
    }

    /// The sum as the nearest double; infinite if it is out of range.
    #[must_use]
    #[inline(never)]
    pub fn value(&self) -> f64 {
        let mut words = self.0;
        if self.is_negative() {
            let mut carry = true;
            for word in &mut words {
                (*word, carry) = (!*word).overflowing_add(carry.into());
            }
        }
        let size = magnitude(&words);
        if self.is_negative() { -size } else { size }
    }

    /// The index of the first word that is not 0, and the words from there on without redundant
    /// sign words.
    fn said(&self) -> (usize, &[u64]) {
        let filler = if self.is_negative() { u64::MAX } else { 0 };
        let start = self.0.iter().position(|word| *word != 0);
        let Some(start) = start else {
            return (0, &[]);
        };
        let mut said = &self.0[start..];
        while let [rest @ .., before, last] = said
            && *last == filler
            && before >> 63 == filler >> 63
        {
            said = &said[..rest.len() + 1];
        }
        (start, said)
    }

    /// Writes it.
    #[inline(never)]
    pub fn write(&self, w: &mut Writer) {
        let (start, said) = self.said();
        w.size(start);
        w.size(said.len());
        said.iter().for_each(|word| w.u64(*word));
    }

    /// Reads what [`Exact::write`] wrote.
    #[inline(never)]
    pub fn read(r: &mut Reader) -> Option<Exact> {
        let start = r.size()?;
        let mut sum = Exact::default();
        let mut at = start;
        r.each(|r| {
            *sum.0.get_mut(at)? = r.u64()?;
            at += 1;
            Some(())
        })?;
        if at > start && sum.0[at - 1] >> 63 == 1 {
            sum.0[at..].fill(u64::MAX);
        }
        let (from, said) = sum.said();
        (from == start && said.len() == at - start).then_some(sum)
    }
}

/// The nearest double to a number without a sign.
fn magnitude(words: &[u64; WORDS]) -> f64 {
    let bit = |at: usize| words[at / 64] >> (at % 64) & 1;
    let Some(top) = words.iter().rposition(|word| *word != 0) else {
        return 0.0;
    };
    let first = top * 64 + 63 - words[top].leading_zeros() as usize;
    let Some(shift) = first.checked_sub(MANTISSA).filter(|shift| *shift > 0) else {
        // A subnormal number, exact as it is.
        return f64::from_bits(words[0]);
    };
    if shift >= SPECIAL - 1 {
        return f64::INFINITY;
    }
    let mantissa = (shift..=first).rev().fold(0, |all, at| all << 1 | bit(at));
    let half = bit(shift - 1) == 1;
    let beyond = || (0..shift - 1).any(|at| bit(at) == 1);
    let up = half && (mantissa & 1 == 1 || beyond());
    // The first bit of the mantissa adds one to the exponent, and so may rounding.
    f64::from_bits(((shift as u64) << MANTISSA) + mantissa + u64::from(up))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Seed;

    fn sum(values: &[f64]) -> Exact {
        let mut sum = Exact::default();
        values.iter().for_each(|value| sum.add(*value));
        sum
    }

    /// Doubles of all magnitudes.
    fn doubles(count: u64, seed: u64) -> Vec<f64> {
        let random = |at| Seed(seed, 1).bytes(&u64::to_le_bytes(at));
        let doubles = (0..count).map(|at| f64::from_bits(random(at)));
        doubles.filter(|value| value.is_finite()).collect()
    }

    fn written(sum: &Exact) -> Vec<u8> {
        let mut w = Writer::default();
        sum.write(&mut w);
        w.bytes
    }

    #[test]
    fn one_value_is_itself() {
        let special = [0.0, 5e-324, f64::MIN_POSITIVE, f64::MAX, f64::MIN, 1.0, 0.1];
        for value in doubles(2000, 7).into_iter().chain(special) {
            assert_eq!(sum(&[value]).value(), value, "{value:e}");
        }
        assert_eq!(sum(&[f64::NAN, f64::INFINITY]), Exact::default());
    }

    #[test]
    fn sums_are_rounded_once() {
        for (values, wanted) in [
            (&[1e16, 1.0, 1.0, -1e16][..], 2.0),
            (&[0.1; 10], 1.0),
            (&[1e308, 1e308, -1e308], 1e308),
            (&[f64::MAX, f64::MAX], f64::INFINITY),
            (&[f64::MIN, f64::MIN], f64::NEG_INFINITY),
            (&[1.0, f64::EPSILON / 2.0], 1.0),
            (
                &[1.0 + f64::EPSILON, f64::EPSILON / 2.0],
                1.0 + 2.0 * f64::EPSILON,
            ),
            (&[1.0, f64::EPSILON / 2.0, 5e-324], 1.0 + f64::EPSILON),
            (&[5e-324, -5e-324], 0.0),
            (&[-5e-324, -5e-324], -1e-323),
        ] {
            assert_eq!(sum(values).value(), wanted, "{values:?}");
        }
    }

    #[test]
    fn sums_ignore_order_and_can_be_subtracted() {
        let mut values = doubles(300, 3);
        let whole = sum(&values);
        values.reverse();
        assert_eq!(sum(&values), whole);
        let (some, others) = values.split_at(100);
        let mut merged = sum(some);
        merged.merge(&sum(others));
        assert_eq!(merged, whole);
        others.iter().for_each(|value| merged.subtract(*value));
        assert_eq!(merged, sum(some));
    }

    #[test]
    fn only_canonical_bytes_are_read() {
        let mut all = vec![Exact::default(), sum(&[1.0]), sum(&[-1.0])];
        all.extend((0..50).map(|seed| sum(&doubles(5, seed))));
        all.push(sum(&[f64::MIN, f64::MAX, -5e-324]));
        for sum in all {
            let bytes = written(&sum);
            assert_eq!(Exact::read(&mut Reader(&bytes)), Some(sum));
        }
        // Redundant words, and words behind the last.
        for wrong in [
            &[0, 1, 0][..],
            &[0, 2, 1, 0],
            &[35, 1, 1],
            &[36, 0],
            &[1, 0],
        ] {
            assert_eq!(Exact::read(&mut Reader(wrong)), None, "{wrong:?}");
        }
    }
}
