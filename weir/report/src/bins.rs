//! Bins of equal width in time.

pub(super) use weir_common::numbers::duration as length;
use weir_common::time::iso;

/// Widths of a bin in milliseconds: minutes, hours, days.
const WIDTHS: [i128; 19] = [
    60_000,
    120_000,
    300_000,
    600_000,
    900_000,
    1_800_000,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    30 * DAY,
    90 * DAY,
    365 * DAY,
    3650 * DAY,
];
const HOUR: i128 = 3_600_000;
const DAY: i128 = 24 * HOUR;
/// Most and fewest bins.
const MOST: i128 = 48;
const FEWEST: i128 = 12;

/// Adjacent bins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bins {
    /// Start of the first, in milliseconds since 1970.
    start: i128,
    /// In milliseconds.
    pub(super) width: i128,
    pub(super) count: usize,
}

impl Bins {
    /// Bins of at least `least` milliseconds for the moments from `first` to `last`, which are the
    /// component's word and may be anything.
    pub(super) fn new(first: i64, last: i64, least: i64) -> Self {
        let (first, last) = (i128::from(first), i128::from(last));
        let fits = |width: &i128| {
            *width >= least.into() && last.div_euclid(*width) - first.div_euclid(*width) < MOST
        };
        let width = WIDTHS.into_iter().find(fits);
        let width = width.unwrap_or((last - first) / (MOST - 1) + 1);
        let (mut from, to) = (first.div_euclid(width), last.div_euclid(width));
        let count = (to - from + 1).clamp(FEWEST, MOST + 1);
        from -= (count - (to - from + 1)) / 2;
        Self {
            start: from * width,
            width,
            count: usize::try_from(count).unwrap_or(0),
        }
    }

    /// The place of the bin of a moment.
    pub(super) fn index(&self, at: i64) -> Option<usize> {
        let index = (i128::from(at) - self.start).div_euclid(self.width);
        let index = usize::try_from(index).ok();
        index.filter(|index| *index < self.count)
    }

    /// When the bin at this place starts.
    pub(super) fn at(&self, bin: usize) -> String {
        let at = self.start + self.width * bin as i128;
        i64::try_from(at).map_or_else(|_| at.to_string(), iso)
    }

    /// The start of the bin at this place, in short.
    pub(super) fn label(&self, bin: usize) -> String {
        let iso = self.at(bin);
        let (day, clock) = (iso.get(5..10), iso.get(11..16));
        match (self.width < DAY, day, clock) {
            (true, Some(day), Some(clock)) => format!("{day} {clock}"),
            (false, Some(_), Some(_)) => iso.get(..10).unwrap_or(&iso).to_owned(),
            _ => iso,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_moment_is_in_one_bar_whatever_the_times() {
        for moments in [
            vec![0],
            vec![-1, 0],
            vec![0, 3_600_000, 7_200_000 * 20],
            vec![i64::MIN, 0, i64::MAX],
        ] {
            let (first, last) = (moments[0], moments[moments.len() - 1]);
            let bins = Bins::new(first, last, 120_000);
            assert!(
                moments.iter().all(|at| bins.index(*at).is_some()),
                "{bins:?}"
            );
            let bars = bins.count as i128;
            assert!((FEWEST..=MOST + 1).contains(&bars), "{bins:?}");
            bins.at(0);
            bins.label(bins.count - 1);
        }
    }
}
