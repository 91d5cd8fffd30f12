//! Limits on a component's resources.

use serde::{Deserialize, Serialize};

/// Limits on a component and on what it is fed. All are on by default.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Limits {
    /// Largest sum of an instance's memories, in MiB. 1 to 4096, default 1024.
    pub memory_mib: u64,
    /// Longest that one call may take, in milliseconds. At least 1, default 10000.
    pub deadline_ms: u64,
    /// Call stack of the component's own code, in KiB. 16 to 65536, default 1024.
    pub stack_kib: u64,
    /// Largest sum of an instance's tables, in elements. 1 to 16777216, default 1048576.
    pub table_elements: u64,
    /// Most core instances, memories and tables, of each. 1 to 1000, default 64.
    pub instances: u64,
    /// Largest answer to one call in the host's memory, in MiB: alerts, verdicts, refusals,
    /// strings. 1 to 4096, default 256.
    pub output_mib: u64,
    /// Longest text in what it says (but for documents that it reads back), in KiB. 1 to 1048576,
    /// default 256.
    pub text_kib: u64,
    /// All that it says of itself, and of a configuration, a table or a state that it refuses, in
    /// KiB. 1 to 1048576, default 256.
    pub description_kib: u64,
    /// Largest alert as a document, in KiB. 1 to 1048576, default 32768: 6,000 values of the
    /// longest kind, and half as much again.
    pub alert_kib: u64,
    /// Reasons for the refusals of one batch in KiB, besides 128 bytes for each byte of the
    /// batch. 1 to 1048576, default 16.
    pub reasons_kib: u64,
    /// Alerts, verdicts and reasons that it may hand out whatever it was fed, in MiB: over a run
    /// besides what `alerts_ratio` gives, and after one batch besides 64 times its memory. 1 to
    /// 1048576, default 256.
    pub alerts_mib: u64,
    /// Bytes of them that a byte of input is good for over a run. 1 to 1000000, default 1000.
    pub alerts_ratio: u64,
    /// Alerts that are held in memory, in MiB: with `--final` until the input ends, with
    /// `--checkpoint` until one has them. 1 to 1048576, default 2048.
    pub final_mib: u64,
    /// Largest state that it may hand out, in MiB. 1 to 4096, default 1024.
    pub snapshot_mib: u64,
    /// Size at which a batch of documents is handed over, in KiB. 1 to 1048576,
    /// default 256.
    pub batch_kib: u64,
    /// Longest document, in MiB; a longer one is refused as malformed. 1 to 1024,
    /// default 16.
    pub record_mib: u64,
    /// Largest component file, in MiB. 1 to 1024, default 16.
    pub component_mib: u64,
    /// Longest function in it, in KiB. 1 to 7168, default 1024.
    pub function_kib: u64,
    /// Longest time to compile it, in seconds. 1 to 86400, default 60.
    pub compile_seconds: u64,
    /// Failures in a row without a document that succeeds, before the component is given up; ten
    /// times as many when documents succeed in between. 0 to 1000000, default 100.
    pub restarts: u64,
    /// Documents that cannot be read again (from pipes and compressed files) and are kept in
    /// memory for a fresh start, in MiB: when there are more, a snapshot is made. 1 to 65536,
    /// default 64.
    pub journal_mib: u64,
    /// Size in MiB of the anonymous temporary file that holds the journal before memory is used; 0
    /// for never. 0 to 1048576, default 2048.
    pub journal_disk_mib: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_mib: 1024,
            deadline_ms: 10_000,
            stack_kib: 1024,
            table_elements: 1 << 20,
            instances: 64,
            output_mib: 256,
            text_kib: 256,
            description_kib: 256,
            alert_kib: 32 << 10,
            reasons_kib: 16,
            alerts_mib: 256,
            alerts_ratio: 1000,
            final_mib: 2048,
            snapshot_mib: 1024,
            batch_kib: 256,
            record_mib: 16,
            component_mib: 16,
            function_kib: 1024,
            compile_seconds: 60,
            restarts: 100,
            journal_mib: 64,
            journal_disk_mib: 2048,
        }
    }
}

impl Limits {
    /// Everything that is out of range, a sentence each; empty when all is well.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        [
            ("memory_mib", self.memory_mib, 1, 4096),
            ("deadline_ms", self.deadline_ms, 1, 86_400_000),
            ("stack_kib", self.stack_kib, 16, 65_536),
            ("table_elements", self.table_elements, 1, 1 << 24),
            ("instances", self.instances, 1, 1000),
            ("output_mib", self.output_mib, 1, 4096),
            ("text_kib", self.text_kib, 1, 1 << 20),
            ("description_kib", self.description_kib, 1, 1 << 20),
            ("alert_kib", self.alert_kib, 1, 1 << 20),
            ("reasons_kib", self.reasons_kib, 1, 1 << 20),
            ("alerts_mib", self.alerts_mib, 1, 1 << 20),
            ("alerts_ratio", self.alerts_ratio, 1, 1_000_000),
            ("final_mib", self.final_mib, 1, 1 << 20),
            ("snapshot_mib", self.snapshot_mib, 1, 4096),
            ("batch_kib", self.batch_kib, 1, 1 << 20),
            ("record_mib", self.record_mib, 1, 1024),
            ("component_mib", self.component_mib, 1, 1024),
            ("function_kib", self.function_kib, 1, 7168),
            ("compile_seconds", self.compile_seconds, 1, 86_400),
            ("restarts", self.restarts, 0, 1_000_000),
            ("journal_mib", self.journal_mib, 1, 65_536),
            ("journal_disk_mib", self.journal_disk_mib, 0, 1 << 20),
        ]
        .into_iter()
        .filter(|(_, value, least, most)| value < least || value > most)
        .map(|(name, value, least, most)| {
            format!("limits.{name} is {value}; it must be {least} to {most}")
        })
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

    /// Documents that are kept for a fresh start, in bytes.
    #[must_use]
    pub fn journal_bytes(&self) -> usize {
        bytes(self.journal_mib, 20)
    }

    /// Largest answer to a call in bytes, and the setting that says so.
    pub(crate) fn answer_to(&self, call: &str) -> (usize, &'static str) {
        match call {
            "snapshot" | "take-state" | "take-groups" => {
                (bytes(self.snapshot_mib, 20), "snapshot_mib")
            }
            _ => (bytes(self.output_mib, 20), "output_mib"),
        }
    }

    /// Alerts that are held in memory, in bytes.
    pub fn held_bytes(&self) -> u64 {
        self.final_mib << 20
    }

    /// Call stack in bytes.
    pub(crate) fn stack_bytes(&self) -> usize {
        bytes(self.stack_kib, 10)
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
