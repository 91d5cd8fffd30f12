//! Random numbers, the same for a seed for ever.

/// splitmix64.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The numbers of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 where `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        let product = u128::from(self.bits()) * (n as u128);
        usize::try_from(product >> 64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_below_the_bound() {
        let mut one = Random::new(7);
        let mut other = one.clone();
        assert!((0..1000).all(|_| one.below(9) < 9));
        let mut seen = [false; 9];
        (0..1000).for_each(|_| seen[other.below(9)] = true);
        assert_eq!(seen, [true; 9]);
        assert_eq!(one.bits(), other.bits());
        assert_eq!(Random::new(1).below(0), 0);
    }
}
