//! The rule's thresholds and caps, as the oracle knows them.

/// The thresholds and caps. The default is the rule as published.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Fewest calls.
    pub calls: u64,
    /// Fewest 4xx answers.
    pub errors: u64,
    /// Smallest reported error rate.
    pub rate: f64,
    /// Fewest distinct paths.
    pub paths: usize,
    /// Window length in milliseconds.
    pub window: i64,
    /// Most values in a list.
    pub values: usize,
    /// Most sample paths.
    pub samples: usize,
}

impl Default for Rule {
    fn default() -> Self {
        Rule {
            calls: 21,
            errors: 10,
            rate: 0.4,
            paths: 15,
            window: 120_000,
            values: 1000,
            samples: 25,
        }
    }
}
