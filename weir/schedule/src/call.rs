//! One call of a schedule.

use serde::{Deserialize, Serialize};

use crate::Lines;

/// Number of an instance of the detector.
pub type Instance = u32;

/// The way in which a state goes from one instance into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// A copy: `snapshot`.
    #[default]
    Snapshot,
    /// The whole state is taken out: `take-state`.
    TakeState,
    /// Group by group, until there are no more, then what is left of the state: `take-groups`.
    TakeGroups,
}

/// A call to an instance of a detector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Call {
    /// Opens an instance, in place of one that has this number.
    Open {
        /// The instance.
        #[serde(default, skip_serializing_if = "is_first")]
        instance: Instance,
        /// Parameters as `NAME=VALUE`, over those of the case, in the rules that have them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        set: Vec<String>,
        /// Hash seed, if not the usual one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64>,
    },
    /// Offers parameters that must be refused; opens nothing.
    Misconfigure {
        /// Parameters as `NAME=VALUE`, set in every rule.
        set: Vec<String>,
    },
    /// Hands over lines as one batch.
    Push {
        /// The instance.
        #[serde(default, skip_serializing_if = "is_first")]
        instance: Instance,
        /// The lines.
        lines: Lines,
    },
    /// Tells the time, in milliseconds since 1970.
    Advance {
        /// The instance.
        #[serde(default, skip_serializing_if = "is_first")]
        instance: Instance,
        /// Watermark.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<i64>,
        /// Wall clock.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        clock: Option<i64>,
    },
    /// Takes alerts.
    Take {
        /// The instance.
        #[serde(default, skip_serializing_if = "is_first")]
        instance: Instance,
        /// Most of them; all that there are when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u32>,
    },
    /// Takes entries of the ledger.
    TakeVerdicts {
        /// The instance.
        #[serde(default, skip_serializing_if = "is_first")]
        instance: Instance,
        /// Most of them; all that there are when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u32>,
    },
    /// Asks for the counters.
    Counters {
        /// The instance.
        #[serde(default, skip_serializing_if = "is_first")]
        instance: Instance,
    },
    /// Looks at lines without counting them.
    Select {
        /// The instance.
        #[serde(default, skip_serializing_if = "is_first")]
        instance: Instance,
        /// The lines.
        lines: Lines,
    },
    /// Closes every window.
    Flush {
        /// The instance.
        #[serde(default, skip_serializing_if = "is_first")]
        instance: Instance,
    },
    /// Puts the instance's snapshot into a fresh one, which takes its place.
    Restart {
        /// The instance.
        #[serde(default, skip_serializing_if = "is_first")]
        instance: Instance,
    },
    /// Lets a fresh instance take over the instance's snapshot, in its place.
    TakeOver {
        /// The instance.
        #[serde(default, skip_serializing_if = "is_first")]
        instance: Instance,
    },
    /// Merges the state of an instance into another one.
    Merge {
        /// The instance that takes it in.
        #[serde(default, skip_serializing_if = "is_first")]
        instance: Instance,
        /// The instance that it is of.
        from: Instance,
        /// The way in which it goes.
        #[serde(default)]
        way: Way,
        /// Groups in one call of `take-groups`; 64 when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u32>,
    },
    /// Offers the instance a damaged copy of its own snapshot, which it must refuse.
    Damage {
        /// The instance.
        #[serde(default, skip_serializing_if = "is_first")]
        instance: Instance,
        /// Bit that is changed, counted modulo the length.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        flip: Option<u64>,
        /// Bytes that are left of it, modulo the length.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cut: Option<u64>,
    },
}

/// Whether an instance need not be written.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_first(instance: &Instance) -> bool {
    *instance == 0
}

impl Call {
    /// Pushes lines.
    #[must_use]
    pub fn push(instance: Instance, lines: impl IntoIterator<Item = usize>) -> Self {
        let lines = Lines(lines.into_iter().collect());
        Self::Push { instance, lines }
    }

    /// Opens an instance with some boolean parameters on.
    #[must_use]
    pub fn open_with(instance: Instance, on: &[&str]) -> Self {
        let set = on.iter().map(|name| format!("{name}=true")).collect();
        Self::Open {
            instance,
            set,
            seed: None,
        }
    }

    /// The instance that it is a call to.
    #[must_use]
    pub fn instance(&self) -> Option<Instance> {
        match self {
            Self::Misconfigure { .. } => None,
            Self::Open { instance, .. }
            | Self::Push { instance, .. }
            | Self::Advance { instance, .. }
            | Self::Take { instance, .. }
            | Self::TakeVerdicts { instance, .. }
            | Self::Counters { instance }
            | Self::Select { instance, .. }
            | Self::Flush { instance }
            | Self::Restart { instance }
            | Self::TakeOver { instance }
            | Self::Merge { instance, .. }
            | Self::Damage { instance, .. } => Some(*instance),
        }
    }

    /// The lines that it is about.
    #[must_use]
    pub fn lines(&self) -> Option<&Lines> {
        match self {
            Self::Push { lines, .. } | Self::Select { lines, .. } => Some(lines),
            _ => None,
        }
    }

    pub(crate) fn lines_mut(&mut self) -> Option<&mut Lines> {
        match self {
            Self::Push { lines, .. } | Self::Select { lines, .. } => Some(lines),
            _ => None,
        }
    }
}
