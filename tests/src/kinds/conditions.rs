//! Conditions over the figures of a row, all of which must hold.

use super::Standing;

/// A figure, compared with a threshold.
#[derive(Clone, Copy, Debug)]
pub struct Condition {
    /// The figure's name.
    pub figure: &'static str,
    /// How it is compared: `>=`, `>`, `<=`, `<`, `==` or `!=`.
    pub comparison: &'static str,
    /// The threshold, in hundredths.
    pub hundredths: i64,
}

/// A figure; none of no value.
fn figure(name: &str, row: &Standing) -> Option<f64> {
    let whole = |number: Option<i64>| number.map(|number| number as f64);
    match name {
        "calls" => Some(row.count as f64),
        "codes" => Some(row.codes.len() as f64),
        "rate" => Some(row.bad as f64 / row.count as f64),
        "total" => whole(row.total),
        "mean" => row.mean.as_ref()?.parse().ok(),
        "least" => whole(row.least),
        "most" => whole(row.most),
        "opening" => whole(row.opening),
        "closing" => whole(row.closing),
        _ => None,
    }
}

impl Condition {
    fn holds(&self, row: &Standing) -> bool {
        let Some(figure) = figure(self.figure, row) else {
            return false;
        };
        let threshold = self.hundredths as f64 / 100.0;
        match self.comparison {
            ">=" => figure >= threshold,
            ">" => figure > threshold,
            "<=" => figure <= threshold,
            "<" => figure < threshold,
            "==" => figure == threshold,
            _ => figure != threshold,
        }
    }
}

/// Whether a row is worth an alert.
#[must_use]
pub fn hold(conditions: &[Condition], row: &Standing) -> bool {
    conditions.iter().all(|condition| condition.holds(row))
}
