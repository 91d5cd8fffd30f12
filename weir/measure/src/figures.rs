//! The figures of a detector, and of two side by side.

use weir_host::digest;

use crate::pass::{Outcome, Pass};
use crate::start::Starts;
use crate::{Events, Subject};

/// Two detectors over the same events.
#[derive(Debug)]
pub struct Comparison {
    /// Number of documents.
    pub documents: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Number of timed passes of each.
    pub rounds: usize,
    /// The detector that was asked about.
    pub detector: Figures,
    /// The shipped one.
    pub shipped: Figures,
}

/// The figures of one detector. Times are in seconds.
#[derive(Debug)]
pub struct Figures {
    /// Name of the component: its path, or `shipped`.
    pub component: String,
    /// Its SHA-256 in lower-case hexadecimal.
    pub sha256: String,
    /// Short names of the rules that judge.
    pub rules: Vec<String>,
    /// Size of the component in bytes.
    pub size_bytes: u64,
    /// Number of documents that count.
    pub events_counted: u64,
    /// Revisions of alerts that it makes.
    pub alerts: u64,
    /// Times of its passes.
    pub pass: Spread,
    /// Documents that it takes in a second.
    pub events_per_second: f64,
    /// Their bytes in a second.
    pub bytes_per_second: f64,
    /// Instructions of WebAssembly of a pass.
    pub instructions: u64,
    /// Those a document.
    pub instructions_per_event: f64,
    /// Memory of an instance at the end, its most.
    pub memory_bytes: u64,
    /// Times of starts that compile.
    pub start_cold: Spread,
    /// Times of starts from kept code; none where it could not be kept.
    pub start_warm: Option<Spread>,
    /// Times in which a further instance is open.
    pub open: Spread,
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
impl Figures {
    pub(crate) fn new(
        subject: &Subject,
        events: &Events,
        (outcome, pass): (Outcome, Spread),
        starts: Starts,
        counted: &Pass,
    ) -> Self {
        let instructions = counted.instructions.unwrap_or_default();
        Self {
            component: subject.name().to_owned(),
            sha256: digest(subject.bytes()),
            rules: subject.rules().into_iter().map(str::to_owned).collect(),
            size_bytes: subject.bytes().len() as u64,
            events_counted: outcome.counts.counted,
            alerts: outcome.alerts,
            events_per_second: events.documents() as f64 / pass.median,
            bytes_per_second: events.bytes() as f64 / pass.median,
            pass,
            instructions,
            instructions_per_event: instructions as f64 / events.documents() as f64,
            memory_bytes: counted.memory,
            start_cold: starts.cold,
            start_warm: starts.warm,
            open: starts.open,
        }
    }
}

/// Times of the same thing, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spread {
    /// The middle one; of an even number the mean of the two in the middle.
    pub median: f64,
    /// The shortest.
    pub least: f64,
    /// The longest.
    pub most: f64,
}

impl Spread {
    pub(crate) fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        let at = |place: usize| times.get(place).copied().unwrap_or_default();
        let middle = times.len() / 2;
        let median = match times.len() % 2 {
            0 => f64::midpoint(at(middle.saturating_sub(1)), at(middle)),
            _ => at(middle),
        };
        Self {
            median,
            least: at(0),
            most: at(times.len().saturating_sub(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let spread = |times: &[f64]| Spread::of(times.to_vec());
        assert_eq!(spread(&[3.0, 1.0, 9.0]).median, 3.0);
        assert_eq!(spread(&[3.0, 1.0, 9.0, 5.0]).median, 4.0);
        let one = spread(&[2.0]);
        assert_eq!((one.median, one.least, one.most), (2.0, 2.0, 2.0));
        let three = spread(&[3.0, 1.0, 9.0]);
        assert_eq!((three.least, three.most), (1.0, 9.0));
    }
}
