//! Figures beside their thresholds.

use super::{Aggregate, Comparison, Condition};

impl Comparison {
    /// Whether a clause holds for a figure.
    pub fn holds(self, figure: f64, threshold: f64) -> bool {
        match self {
            Self::AtLeast => figure >= threshold,
            Self::MoreThan => figure > threshold,
            Self::AtMost => figure <= threshold,
            Self::LessThan => figure < threshold,
            Self::Equal => figure == threshold,
            Self::Unequal => !figure.is_nan() && figure != threshold,
        }
    }

    /// Whether a clause may hold, and whether it must, for a figure that lies between these two.
    pub fn holds_between(self, (least, most): (f64, f64), threshold: f64) -> (bool, bool) {
        let ends = [least, most].map(|figure| self.holds(figure, threshold));
        let inside = least <= threshold && threshold <= most;
        match self {
            Self::Equal => (inside, ends == [true; 2]),
            Self::Unequal => (ends != [false; 2], !inside),
            _ => (ends != [false; 2], ends == [true; 2]),
        }
    }

    /// Whether it is a minimum, which a figure comes to from below.
    pub fn is_minimum(self) -> bool {
        matches!(self, Self::AtLeast | Self::MoreThan)
    }

    /// Whether it is a maximum.
    pub fn is_maximum(self) -> bool {
        matches!(self, Self::AtMost | Self::LessThan)
    }

    /// Words before the threshold.
    pub fn words(self) -> &'static str {
        match self {
            Self::AtLeast => "at least",
            Self::MoreThan => "more than",
            Self::AtMost => "at most",
            Self::LessThan => "less than",
            Self::Equal => "equal to",
            Self::Unequal => "other than",
        }
    }
}

impl Condition {
    /// Whether a ledger that was kept with a floor lacks what is too far below the threshold: a
    /// figure that never becomes smaller, under a minimum.
    pub fn has_floor(&self) -> bool {
        let rises = matches!(
            self.aggregate,
            Aggregate::Count | Aggregate::Distinct | Aggregate::Largest
        );
        rises && self.comparison.is_minimum()
    }
}

#[cfg(test)]
mod tests {
    use super::Comparison;

    const ALL: [Comparison; 6] = [
        Comparison::AtLeast,
        Comparison::MoreThan,
        Comparison::AtMost,
        Comparison::LessThan,
        Comparison::Equal,
        Comparison::Unequal,
    ];

    #[test]
    fn what_may_and_what_must_hold_is_what_some_and_all_figures_say() {
        for comparison in ALL {
            for threshold in 0..9 {
                for least in 0..9 {
                    for most in least..9 {
                        let [threshold, least, most] = [threshold, least, most].map(f64::from);
                        let between = [least, (least + most) / 2.0, threshold, most];
                        let mut between = between
                            .into_iter()
                            .filter(|figure| (least..=most).contains(figure));
                        let mut all = between.clone();
                        let holds = |figure| comparison.holds(figure, threshold);
                        assert_eq!(
                            comparison.holds_between((least, most), threshold),
                            (between.any(holds), all.all(holds)),
                            "{least} to {most} {} {threshold}",
                            comparison.words()
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn no_figure_holds_that_is_none() {
        assert!(
            ALL.iter()
                .all(|comparison| !comparison.holds(f64::NAN, 1.0))
        );
    }
}
