//! Bursts across a window boundary, of which neither half alerts.

use std::collections::{BTreeMap, HashMap};

use super::length;
use crate::{Entry, Latest, LedgerFile, Scheme};
use weir_host::contract::{Aggregate, Condition, Window};
use weir_host::error::Error;
use weir_host::identity::identity;

/// Rows that are held at once; for more, the ledger is read more than once.
const ROWS: u64 = 1 << 21;

/// Bursts across window boundaries.
#[derive(Debug, Default)]
pub struct BoundaryBursts {
    /// Pairs of neighbouring windows that together would alert, and whose calls lie within one
    /// window's length.
    pub certain: u64,
    /// Pairs that may: their calls lie further apart, or how many of the distinct values are in both
    /// is not known.
    pub possible: u64,
    /// The first of them: the certain ones first, then the shorter ones.
    pub bursts: Vec<Burst>,
}

/// Two neighbouring windows of one group.
#[derive(Debug)]
pub struct Burst {
    /// Whether the burst is certain.
    pub certain: bool,
    /// The earlier window.
    pub before: Entry,
    /// The later one.
    pub after: Entry,
    /// Least and greatest value of each clause over both windows.
    pub figures: Vec<(f64, f64)>,
}

impl Burst {
    /// Whether what both have of a clause is an estimate.
    #[must_use]
    pub fn is_estimate(&self, clause: usize) -> bool {
        let halves = [&self.before, &self.after];
        let mut figures = halves.iter().filter_map(|half| half.figures.get(clause));
        figures.any(|figure| figure.estimate)
    }

    /// From the first call of the one to the last of the other, in milliseconds.
    #[must_use]
    pub fn span(&self) -> i64 {
        self.after.last_seen.saturating_sub(self.before.first_seen)
    }
}

/// Ids and times of a row.
struct Half {
    /// Hash of the group's key.
    group: u128,
    id: u128,
    start: i64,
    first: i64,
    last: i64,
    /// Index of its figures, in rows.
    figures: u32,
}

/// Rows side by side: a map of them would take twice the room.
struct Halves {
    halves: Vec<Half>,
    figures: Vec<f64>,
    /// Figures of a row.
    each: usize,
}

impl Halves {
    /// Room for so many rows, which is taken only as they come.
    fn with_room(rows: u64, each: usize) -> Self {
        // Hashes share rows out nearly evenly.
        let rows = rows.min(ROWS + ROWS / 64) as usize;
        Self {
            halves: Vec::with_capacity(rows),
            figures: Vec::with_capacity(rows * each),
            each,
        }
    }

    fn add(&mut self, group: u128, entry: &Entry) {
        self.halves.push(Half {
            group,
            id: entry.id,
            start: entry.window.start,
            first: entry.first_seen,
            last: entry.last_seen,
            figures: self.halves.len() as u32,
        });
        let values = entry.figures.iter().map(|figure| figure.value);
        self.figures.extend(values);
    }

    fn figures(&self, half: &Half) -> &[f64] {
        let from = half.figures as usize * self.each;
        self.figures.get(from..from + self.each).unwrap_or_default()
    }

    /// Brings the windows of a group together, in the order of time.
    fn sort(&mut self) {
        let order = |half: &Half| (half.group, half.start);
        self.halves.sort_unstable_by_key(order);
    }

    /// Pairs of windows of one group of which the one ends where the other begins, once sorted.
    fn neighbours(&self, length: i64) -> impl Iterator<Item = (&Half, &Half)> {
        let pairs = self.halves.windows(2).filter_map(|pair| match pair {
            [before, after] => Some((before, after)),
            _ => None,
        });
        pairs.filter(move |(before, after)| {
            before.group == after.group && before.start.saturating_add(length) == after.start
        })
    }
}

/// A pair by its rank: certain or not, its span, and the ids of its rows.
type Rank = (bool, i64, u128, u128);

/// Counts the bursts of a ledger, and returns the first ones.
pub(super) fn find(
    file: &LedgerFile,
    scheme: &Scheme,
    latest: &Latest,
    top: usize,
) -> Result<BoundaryBursts, Error> {
    let mut found = BoundaryBursts::default();
    let mut ranks: BTreeMap<Rank, ()> = BTreeMap::new();
    let parts = u128::from(latest.rows.div_ceil(ROWS).max(1));
    for part in 0..parts {
        let mut halves = Halves::with_room(latest.rows, scheme.conditions.len());
        let mut settings = None;
        file.each(scheme, &mut |row, entry| {
            if entry.alerted || !latest.holds(row, entry) {
                return Ok(());
            }
            let group = identity(&scheme.rule, Window { start: 0, end: 0 }, &entry.key);
            if group % parts != part {
                return Ok(());
            }
            if settings.is_none() {
                let thresholds: Vec<f64> = entry.figures.iter().map(|f| f.threshold).collect();
                settings = Some((length(entry), thresholds));
            }
            halves.add(group, entry);
            Ok(())
        })?;
        let Some((length, thresholds)) = settings else {
            continue;
        };
        halves.sort();
        for (before, after) in halves.neighbours(length) {
            let [one, other] = [before, after].map(|half| halves.figures(half));
            let both = together(&scheme.conditions, one, other);
            let clauses = scheme.conditions.iter().zip(both.iter().zip(&thresholds));
            let hold = clauses.map(|(condition, (between, threshold))| {
                condition.comparison.holds_between(*between, *threshold)
            });
            let (may, must) = hold.fold((true, true), |all, one| (all.0 && one.0, all.1 && one.1));
            if !may {
                continue;
            }
            let span = after.last.saturating_sub(before.first);
            let certain = must && span < length;
            if certain {
                found.certain += 1;
            } else {
                found.possible += 1;
            }
            ranks.insert((!certain, span, before.id, after.id), ());
            if ranks.len() > top {
                ranks.pop_last();
            }
        }
    }
    found.bursts = whole(file, scheme, latest, &ranks)?;
    Ok(found)
}

/// The pairs with all that is known of them.
fn whole(
    file: &LedgerFile,
    scheme: &Scheme,
    latest: &Latest,
    ranks: &BTreeMap<Rank, ()>,
) -> Result<Vec<Burst>, Error> {
    if ranks.is_empty() {
        return Ok(Vec::new());
    }
    let ids = ranks
        .keys()
        .flat_map(|(_, _, before, after)| [*before, *after]);
    let mut entries: HashMap<u128, Option<Entry>> = ids.map(|id| (id, None)).collect();
    file.each(scheme, &mut |row, entry| {
        if let Some(place) = entries.get_mut(&entry.id)
            && latest.holds(row, entry)
        {
            *place = Some(entry.clone());
        }
        Ok(())
    })?;
    let entry = |id: &u128| entries.get(id).cloned().flatten();
    let bursts = ranks.keys().filter_map(|(uncertain, _, before, after)| {
        let (before, after) = (entry(before)?, entry(after)?);
        let values = |entry: &Entry| entry.figures.iter().map(|f| f.value).collect::<Vec<_>>();
        Some(Burst {
            certain: !uncertain,
            figures: together(&scheme.conditions, &values(&before), &values(&after)),
            before,
            after,
        })
    });
    Ok(bursts.collect())
}

/// Least and greatest value of each clause over two parts of a span.
fn together(conditions: &[Condition], one: &[f64], other: &[f64]) -> Vec<(f64, f64)> {
    let sum = |column: &str| {
        let of = |known: &Condition| {
            known.column == column && matches!(known.aggregate, Aggregate::Count | Aggregate::Sum)
        };
        let at = conditions.iter().position(of)?;
        Some(one.get(at)? + other.get(at)?)
    };
    let each = conditions.iter().zip(one.iter().zip(other));
    each.map(|(condition, (one, other))| match &condition.aggregate {
        Aggregate::Count | Aggregate::Sum => (one + other, one + other),
        Aggregate::Distinct => (one.max(*other), one + other),
        Aggregate::Smallest => (one.min(*other), one.min(*other)),
        Aggregate::Largest => (one.max(*other), one.max(*other)),
        Aggregate::Between => (one.min(*other), one.max(*other)),
        Aggregate::Ratio(ratio) => match (sum(&ratio.numerator), sum(&ratio.denominator)) {
            (Some(numerator), Some(denominator)) => {
                let value = rounded(numerator, denominator, ratio.decimals);
                (value, value)
            }
            // It lies between them.
            _ => (one.min(*other), one.max(*other)),
        },
    })
    .collect()
}

/// A ratio as the contract rounds it.
fn rounded(numerator: f64, denominator: f64, decimals: u8) -> f64 {
    if denominator == 0.0 {
        return 0.0;
    }
    let scale = 10_f64.powi(i32::from(decimals));
    (numerator / denominator * scale + 0.5).floor() / scale
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_host::contract::{Comparison, Ratio};

    fn conditions() -> Vec<Condition> {
        let condition = |column: &str, aggregate| Condition {
            column: column.to_owned(),
            parameter: format!("min_{column}"),
            comparison: Comparison::AtLeast,
            aggregate,
        };
        vec![
            condition("calls", Aggregate::Count),
            condition("errors", Aggregate::Count),
            condition(
                "rate",
                Aggregate::Ratio(Ratio {
                    numerator: "errors".to_owned(),
                    denominator: "calls".to_owned(),
                    decimals: 2,
                }),
            ),
            condition("paths", Aggregate::Distinct),
        ]
    }

    #[test]
    fn sums_add_up_extremes_are_one_of_both_and_averages_lie_between() {
        let conditions = [
            Aggregate::Sum,
            Aggregate::Smallest,
            Aggregate::Largest,
            Aggregate::Between,
        ];
        let conditions = conditions.map(|aggregate| Condition {
            column: "bytes".to_owned(),
            parameter: "min_bytes".to_owned(),
            comparison: Comparison::AtLeast,
            aggregate,
        });
        assert_eq!(
            together(&conditions, &[-3.0; 4], &[5.0; 4]),
            [(2.0, 2.0), (-3.0, -3.0), (5.0, 5.0), (-3.0, 5.0)]
        );
    }

    #[test]
    fn counts_add_up_ratios_follow_and_distinct_values_lie_between() {
        let both = together(
            &conditions(),
            &[30.0, 3.0, 0.1, 9.0],
            &[10.0, 20.0, 2.0, 8.0],
        );
        // 23 of 40 in doubles: not decimal half-up.
        assert_eq!(
            both,
            [(40.0, 40.0), (23.0, 23.0), (0.57, 0.57), (9.0, 17.0)]
        );
    }

    #[test]
    fn a_ratio_of_what_is_no_clause_lies_between_its_parts() {
        let some = &conditions()[2..];
        assert_eq!(together(some, &[0.1, 1.0], &[0.5, 1.0])[0], (0.1, 0.5));
    }

    #[test]
    fn of_nothing_the_ratio_is_nothing() {
        let both = together(&conditions(), &[0.0; 4], &[0.0; 4]);
        assert_eq!(both, [(0.0, 0.0); 4]);
    }
}
