//! Limits on a component's resources.

use serde::Deserialize;
use weir_common::number_keys;

number_keys! {
    /// Limits on a component and on what it is fed. All are on by default.
    #[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    #[non_exhaustive]
    pub struct Limits in "limits";

    /// Largest sum of an instance's memories.
    memory_mib: 1 to 4096, default 1024;
    /// Longest that one call may take.
    deadline_ms: 1 to 86_400_000, default 10_000;
    /// Call stack of the component's own code.
    stack_kib: 16 to 65_536, default 1024;
    /// Largest sum of an instance's tables.
    table_elements: 1 to 16_777_216, default 1_048_576;
    /// Most core instances, memories and tables, of each.
    instances: 1 to 1000, default 64;
    /// Largest answer to one call in the host's memory: alerts, verdicts, refusals, strings.
    output_mib: 1 to 4096, default 256;
    /// Longest text in what the component says (but for documents that it reads back).
    text_kib: 1 to 1_048_576, default 256;
    /// All that the component says of itself, and of a configuration, a table or a state that it
    /// refuses.
    description_kib: 1 to 1_048_576, default 8192;
    /// Largest alert as a document; the default is 6,000 values of the longest kind, and half as
    /// much again.
    alert_kib: 1 to 1_048_576, default 32_768;
    /// Reasons for the refusals of one batch, besides 128 bytes for each byte of the batch.
    reasons_kib: 1 to 1_048_576, default 16;
    /// Alerts, verdicts and reasons that the component may hand out whatever it was fed: over a run
    /// besides what `alerts_ratio` gives, and after one batch besides 64 times its memory.
    alerts_mib: 1 to 1_048_576, default 256;
    /// Bytes of alerts, verdicts and reasons that a byte of input is good for over a run.
    alerts_ratio: 1 to 1_000_000, default 1000;
    /// Alerts that are held in memory: with `--final` until the input ends, with `--checkpoint`
    /// until one has them.
    final_mib: 1 to 1_048_576, default 2048;
    /// Largest state that the component may hand out.
    snapshot_mib: 1 to 4096, default 1024;
    /// Size at which a batch of documents is handed over; never more than the longest document.
    batch_kib: 1 to 1_048_576, default 256;
    /// Longest document; a longer one is refused as malformed.
    record_mib: 1 to 1024, default 16;
    /// Largest component file.
    component_mib: 1 to 1024, default 16;
    /// Longest function in the component.
    function_kib: 1 to 7168, default 1024;
    /// Longest time to compile the component.
    compile_seconds: 1 to 86_400, default 60;
    /// Failures in a row without a document that succeeds, before the component is given up; ten
    /// times as many when documents succeed in between.
    restarts: 0 to 1_000_000, default 100;
    /// Documents that cannot be read again (from pipes and compressed files) and are kept in
    /// memory for a fresh start: when there are more, a snapshot is made.
    journal_mib: 1 to 65_536, default 64;
    /// Size of the anonymous temporary file that holds the journal before memory is used; 0 for
    /// never.
    journal_disk_mib: 0 to 1_048_576, default 2048;
}

impl Limits {
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
    pub fn answer_to(&self, call: &str) -> (usize, &'static str) {
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
    pub fn stack_bytes(&self) -> usize {
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
