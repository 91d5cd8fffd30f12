//! What a component may use.

use serde::Deserialize;

/// Limits on a component and on what it is fed. All are on by default.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Limits {
    /// Largest sum of an instance's memories, in MiB. 1 to 4096, default 1024.
    pub memory_mib: u64,
    /// Longest that one call may take, in milliseconds. At least 1, default 10000.
    pub deadline_ms: u64,
    /// Size at which a batch of documents is handed over, in KiB. 1 to 1048576,
    /// default 256.
    pub batch_kib: u64,
    /// Longest document, in MiB; a longer one is refused as malformed. 1 to 1024,
    /// default 16.
    pub record_mib: u64,
    /// Largest component file, in MiB. 1 to 1024, default 64.
    pub component_mib: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_mib: 1024,
            deadline_ms: 10_000,
            batch_kib: 256,
            record_mib: 16,
            component_mib: 64,
        }
    }
}

impl Limits {
    /// Everything that is out of range, a sentence each; empty when all is well.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        [
            ("memory_mib", self.memory_mib, 4096),
            ("deadline_ms", self.deadline_ms, 86_400_000),
            ("batch_kib", self.batch_kib, 1 << 20),
            ("record_mib", self.record_mib, 1024),
            ("component_mib", self.component_mib, 1024),
        ]
        .into_iter()
        .filter(|(_, value, most)| *value == 0 || value > most)
        .map(|(name, value, most)| format!("limits.{name} is {value}; it must be 1 to {most}"))
        .collect()
    }

    /// Longest document in bytes.
    #[must_use]
    pub fn record_bytes(&self) -> usize {
        bytes(self.record_mib, 20)
    }

    /// Size of a batch in bytes, never more than the longest document.
    #[must_use]
    pub fn batch_bytes(&self) -> usize {
        bytes(self.batch_kib, 10).min(self.record_bytes())
    }

    /// Cap of an instance's memory in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        bytes(self.memory_mib, 20)
    }
}

fn bytes(count: u64, shift: u32) -> usize {
    usize::try_from(count << shift).unwrap_or(usize::MAX)
}
