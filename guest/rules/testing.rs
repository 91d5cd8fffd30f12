//! Helpers for the tests of rules.

use aadgraph::log::AadGraph;
use weir_detector::detector::Detector;
use weir_detector::model::{Alert, Problem};

/// Most alerts that a test reads.
const MAX: u32 = 99;

/// The alerts on some calls by the fast reader, which are compared with those by the plain reader.
pub(crate) fn alerts(
    open: impl Fn() -> Result<Detector<AadGraph>, Vec<Problem>>,
    calls: &[String],
) -> Vec<Alert> {
    let found = [false, true].map(|plainly| {
        let mut detector = open().unwrap_or_else(|e| panic!("{e:?}"));
        if plainly {
            detector = detector.plainly();
        }
        // The fast reader learns from the first ones.
        for call in calls {
            detector.push(call.as_bytes());
        }
        detector.flush();
        detector.take_alerts(MAX)
    });
    let [quick, plain] = found;
    assert_eq!(quick, plain);
    quick
}
