//! Executions of a case: ways of running it, which must give the same alerts.

use serde_json::{Map, Value as Json};

use super::Case;
use super::probe::FUTURE;
use super::trial::PARTIAL;
use weir_check::Document;
use weir_config::configured::ConfiguredRule;
use weir_host::contract::{Alert, Interface, Interfaces, Judgement, Rule};
use weir_host::parameters::has_parameter;
use weir_ledger::keeps_ledger;

/// One execution of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Execution {
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
    /// The state is taken out after half of the documents, and merged back.
    TakenOut,
    /// A worker's groups are taken out and merged one by one; for detectors that have `partial`.
    ByGroups,
    /// With the ledger, which is held against the alerts; for detectors that have one.
    Ledger,
    /// Windows are closed by the host's word that event time has passed them.
    Advanced,
    /// The events of each alert are asked for; for rules that name a data set.
    Selected,
    /// The host's clock stands long before the events; for detectors that have the parameter
    /// `max_future_seconds`.
    Clocked,
    /// The calls of the case are made and judged by its law, and no other way is tried.
    Calls,
}

impl Execution {
    /// All executions of a case without calls of its own, in the order in which they are run.
    pub const ALL: [Self; 12] = [
        Self::Straight,
        Self::Single,
        Self::OddBatches,
        Self::Shuffled,
        Self::Restarted,
        Self::TwoWorkers,
        Self::TakenOut,
        Self::ByGroups,
        Self::Ledger,
        Self::Advanced,
        Self::Selected,
        Self::Clocked,
    ];

    /// Name in messages and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Straight => "straight",
            Self::Single => "one document a push",
            Self::OddBatches => "odd batches",
            Self::Shuffled => "shuffled",
            Self::Restarted => "restarted midway",
            Self::TwoWorkers => "two workers merged",
            Self::TakenOut => "state taken out midway",
            Self::ByGroups => "groups taken out and merged",
            Self::Ledger => "with the ledger",
            Self::Advanced => "closed by `advance`",
            Self::Selected => "events selected",
            Self::Clocked => "told an earlier clock",
            Self::Calls => "by its calls",
        }
    }

    /// Optional interface that it needs.
    fn needs(self) -> Option<Interface> {
        match self {
            Self::Restarted | Self::TwoWorkers | Self::TakenOut | Self::ByGroups => {
                Some(Interface::State)
            }
            Self::Ledger | Self::Selected => Some(Interface::Inspection),
            _ => None,
        }
    }

    /// Whether a case can be run this way; `standing` is what the straight run finds. What a
    /// detector need not have is not asked of it.
    pub(super) fn fits(
        self,
        case: &Case,
        rules: &[ConfiguredRule],
        interfaces: Interfaces,
        standing: &[Alert],
    ) -> bool {
        if self.needs().is_some_and(|needed| !interfaces.has(needed)) {
            return false;
        }
        let all = |has: &dyn Fn(&Rule) -> bool| rules.iter().all(|one| has(&one.rule));
        let has = |name: &str| all(&|rule| has_parameter(rule, name));
        match self {
            Self::Shuffled => case.shuffle,
            // Workers see the order of their own documents only.
            Self::TwoWorkers | Self::ByGroups => case.shuffle && has(PARTIAL),
            Self::Ledger => rules.iter().any(|one| keeps_ledger(&one.rule)),
            Self::Advanced => {
                all(&|rule| !matches!(rule.judgement, Judgement::Each(0))) && !standing.is_empty()
            }
            // What is the first of its kind is so by the events before it, which are not selected.
            Self::Selected => {
                let by_itself = |rule: &Rule| !matches!(rule.judgement, Judgement::FirstSeen(_));
                all(&|rule| !rule.data_sets.is_empty() && by_itself(rule)) && !standing.is_empty()
            }
            Self::Clocked => has(FUTURE) && !standing.is_empty(),
            _ => true,
        }
    }

    /// Whether it is to find what the straight run found, whatever that is; the others are to find
    /// what the case expects.
    pub(super) fn is_probe(self) -> bool {
        matches!(
            self,
            Self::TakenOut
                | Self::ByGroups
                | Self::Ledger
                | Self::Advanced
                | Self::Selected
                | Self::Clocked
        )
    }

    /// Whether it delivers in the order of the input, so that revisions, phases and counters
    /// are as expected too.
    pub(super) fn keeps_order(self) -> bool {
        !matches!(self, Self::Shuffled | Self::TwoWorkers | Self::ByGroups)
    }
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

/// The loose documents in another order, the same at every run: Fisher and
/// Yates, over a linear congruential generator.
pub(super) fn shuffled(documents: &[Document]) -> Vec<Document> {
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
