//! The ways in which a case is run. All must find the same.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Map, Value as Json};

use super::material::{Document, Material};
use super::{Case, case::COUNTERS};
use crate::contract::{Counters, Rule};
use crate::detector::Detector;
use crate::error::Error;
use crate::input::explain;
use crate::output::{EcsRenderer, Finals};
use crate::parameters::configuration;
use crate::sandbox::Sandbox;

/// Documents in an odd batch.
const ODD: usize = 7;
/// The parameter that makes a worker which only aggregates.
const PARTIAL: &str = "partial";
/// Hash seed of all detectors: cases give the same at every run.
const SEED: (u64, u64) = (0x5765_6972, 0x6361_7365);

/// A way of running a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// As `weir run` does it.
    Straight,
    /// One document a push.
    Single,
    /// Seven documents a push.
    OddBatches,
    /// Documents that are lines of their input in another order.
    Shuffled,
    /// A snapshot after half of the documents goes into a fresh instance.
    Restarted,
    /// Documents dealt in turn to two instances that only aggregate, whose states are merged
    /// into a third; for detectors that have the parameter `partial`.
    TwoWorkers,
}

impl Way {
    /// All ways, in the order in which they are run.
    pub const ALL: [Self; 6] = [
        Self::Straight,
        Self::Single,
        Self::OddBatches,
        Self::Shuffled,
        Self::Restarted,
        Self::TwoWorkers,
    ];

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Straight => "straight",
            Self::Single => "one document a push",
            Self::OddBatches => "odd batches",
            Self::Shuffled => "shuffled",
            Self::Restarted => "restarted midway",
            Self::TwoWorkers => "two workers merged",
        }
    }

    /// Whether a case can be run this way.
    pub(super) fn fits(self, case: &Case, rule: &Rule) -> bool {
        match self {
            Self::Shuffled => case.shuffle,
            // Workers see the order of their own documents only.
            Self::TwoWorkers => {
                let mut parameters = rule.parameters.iter();
                case.shuffle && parameters.any(|parameter| parameter.name == PARTIAL)
            }
            _ => true,
        }
    }

    /// Whether it delivers in the order of the input, so that revisions, phases and counters
    /// are as expected too.
    pub(super) fn keeps_order(self) -> bool {
        !matches!(self, Self::Shuffled | Self::TwoWorkers)
    }
}

/// What a run found.
pub(super) struct Found {
    /// The alerts that stand at the end, as `weir run --final` prints them.
    pub(super) alerts: Vec<Json>,
    pub(super) counters: BTreeMap<&'static str, u64>,
}

/// Runs a case one way.
pub(super) fn run(
    sandbox: &Sandbox,
    case: &Case,
    material: &Material,
    way: Way,
) -> Result<Found, Error> {
    let rule = sandbox.describe()?;
    let open_on = |parameters: &Map<String, Json>| -> Result<Detector, Error> {
        let mut detector = sandbox.open(&configuration(parameters, &rule)?, SEED)?;
        for (name, path) in &case.tables {
            let bytes = fs::read(path)
                .map_err(|error| Error::input(path.display().to_string(), explain(&error)))?;
            detector.load_table(name, &bytes)?;
        }
        Ok(detector)
    };
    let open = || open_on(&case.parameters);
    let mut finals = Finals::new();
    let mut detector = open()?;
    let documents = &material.documents;
    match way {
        Way::Straight => {
            for batch in &material.batches {
                detector.push(batch)?;
            }
        }
        Way::Single => push(&mut detector, documents, 1)?,
        Way::OddBatches => push(&mut detector, documents, ODD)?,
        Way::Shuffled => push(&mut detector, &shuffled(documents), ODD)?,
        Way::Restarted => {
            let (before, after) = documents.split_at(documents.len() / 2);
            push(&mut detector, before, ODD)?;
            take(&mut detector, &mut finals)?;
            let state = detector.snapshot()?;
            detector = open()?;
            detector.merge(&state)?;
            push(&mut detector, after, ODD)?;
        }
        Way::TwoWorkers => {
            let mut parameters = case.parameters.clone();
            parameters.insert(PARTIAL.to_owned(), Json::Bool(true));
            for worker in 0..2 {
                let share = documents.iter().skip(worker).step_by(2);
                let share: Vec<Document> = share.cloned().collect();
                let mut worker = open_on(&parameters)?;
                push(&mut worker, &share, ODD)?;
                detector.merge(&worker.snapshot()?)?;
            }
        }
    }
    detector.flush()?;
    take(&mut detector, &mut finals)?;
    let mut counters = named(&detector.counters()?);
    if let Some(malformed) = counters.get_mut("malformed") {
        *malformed += material.refused;
    }
    let renderer = EcsRenderer::new(&rule);
    Ok(Found {
        alerts: finals
            .into_alerts()
            .iter()
            .map(|alert| Json::Object(renderer.document(alert)))
            .collect(),
        counters,
    })
}

/// An alert without what depends on the order of the input.
pub(super) fn timeless(alert: &Json) -> Json {
    let Json::Object(fields) = alert else {
        return alert.clone();
    };
    let kept: Map<String, Json> = fields
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "weir.alert.revision" | "weir.alert.phase"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Json::Object(kept)
}

fn push(detector: &mut Detector, documents: &[Document], count: usize) -> Result<(), Error> {
    for chunk in documents.chunks(count) {
        let batch: Vec<u8> = chunk
            .iter()
            .flat_map(|document| document.line.iter().copied())
            .collect();
        detector.push(&batch)?;
    }
    Ok(())
}

fn take(detector: &mut Detector, finals: &mut Finals) -> Result<(), Error> {
    loop {
        let alerts = detector.take_alerts()?;
        if alerts.is_empty() {
            return Ok(());
        }
        for alert in alerts {
            finals.add(alert);
        }
    }
}

/// The loose documents in another order, the same at every run: Fisher and
/// Yates, over a linear congruential generator.
fn shuffled(documents: &[Document]) -> Vec<Document> {
    let loose: Vec<usize> = (0..documents.len())
        .filter(|at| documents.get(*at).is_some_and(|document| document.loose))
        .collect();
    let mut documents = documents.to_vec();
    let mut state: u64 = 0x2545_f491_4f6c_dd1d;
    for last in (1..loose.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let drawn = usize::try_from((state >> 33) % (last as u64 + 1)).unwrap_or(0);
        if let (Some(one), Some(other)) = (loose.get(last), loose.get(drawn)) {
            documents.swap(*one, *other);
        }
    }
    documents
}

fn named(counters: &Counters) -> BTreeMap<&'static str, u64> {
    COUNTERS
        .into_iter()
        .zip([
            counters.counted,
            counters.duplicate,
            counters.excluded,
            counters.other_data_set,
            counters.malformed,
            counters.dropped_late,
            counters.refused_future,
        ])
        .collect()
}
