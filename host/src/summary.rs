//! A run in figures.

mod hints;
mod json;

use std::fmt;
use std::fs;
use std::time::Duration;

use crate::contract::Counters;
use crate::escape::escape;
use crate::numbers::{grouped, size};
use crate::output::iso;
use crate::run::{Reason, Totals};

/// Reasons that are shown to people.
const REASONS: usize = 3;

/// What went through a run, and what it took.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Summary {
    /// What the host saw go through since the first start.
    pub totals: Totals,
    /// What had gone through before this start.
    pub before: Totals,
    /// Number of the checkpoint that the run went on from, and when it was made, in
    /// milliseconds since 1970.
    pub resumed: Option<(u64, i64)>,
    /// What the detector counted.
    pub counters: Counters,
    /// Wall-clock time since this start.
    pub elapsed: Duration,
    /// Bytes of memory of the component's instance.
    pub guest_memory: u64,
    /// How often the component failed and a fresh instance went on.
    pub restarts: u64,
    /// Alerts written since this start.
    pub written: u64,
    /// Why documents were refused since this start, the most frequent first.
    pub reasons: Vec<Reason>,
}

impl Summary {
    /// The sum of the detector's seven counters, of what was refused before it, and of what it
    /// failed on. It must be what was read.
    #[must_use]
    pub fn sum(&self) -> u64 {
        let counters = &self.counters;
        counters.counted
            + counters.duplicate
            + counters.excluded
            + counters.other_data_set
            + counters.malformed
            + counters.dropped_late
            + counters.refused_future
            + self.totals.refused_here
            + self.totals.quarantined
    }

    /// Wall-clock time since this start, which is never nothing.
    fn seconds(&self) -> f64 {
        self.elapsed.as_secs_f64().max(1e-6)
    }

    /// What became of the sources, if there were any.
    fn sources(&self) -> Option<String> {
        let totals = &self.totals;
        let parts = [
            (totals.sources, "read"),
            (totals.unchanged_sources, "unchanged since they were read"),
            (totals.bad_sources, "not readable, or not to the end"),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts
            .map(|(count, what)| format!("{} {what}", grouped(*count)))
            .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            totals,
            counters,
            before,
            ..
        } = self;
        let read = totals.read();
        if let Some((sequence, made)) = self.resumed {
            writeln!(
                out,
                "resumed   from checkpoint {sequence} of {}; figures are since the first start, \
                 {} events since this one",
                iso(made),
                grouped(read.saturating_sub(before.read()))
            )?;
        }
        writeln!(
            out,
            "read      {} events, {}",
            grouped(read),
            size(totals.bytes)
        )?;
        for (name, count) in [
            ("counted", counters.counted),
            ("duplicate", counters.duplicate),
            ("excluded", counters.excluded),
            ("other data set", counters.other_data_set),
            ("malformed", counters.malformed + totals.refused_here),
            ("dropped late", counters.dropped_late),
            ("refused future", counters.refused_future),
        ] {
            writeln!(out, "  {name:<16}{:>14}", grouped(count))?;
        }
        if totals.quarantined > 0 {
            writeln!(
                out,
                "  {:<16}{:>14}",
                "quarantined",
                grouped(totals.quarantined)
            )?;
        }
        let sum = self.sum();
        let verdict = if sum == read {
            format!("sum {} = read {}", grouped(sum), grouped(read))
        } else {
            format!(
                "sum {} IS NOT read {}: the component miscounts",
                grouped(sum),
                grouped(read)
            )
        };
        writeln!(out, "  {verdict}")?;
        for reason in self.reasons.iter().take(REASONS) {
            let text = escape(&reason.text);
            writeln!(
                out,
                "wrong     {} {}: {text}",
                grouped(reason.events),
                reason.kind
            )?;
        }
        if let Some(sources) = self.sources() {
            writeln!(out, "sources   {sources}")?;
        }
        if let Some(watermark) = counters.watermark {
            writeln!(out, "time      complete up to {}", iso(watermark))?;
        }
        writeln!(
            out,
            "windows   {} fired, {} groups, {} late events, {} evicted",
            grouped(counters.windows_fired),
            grouped(counters.groups_seen),
            grouped(counters.late),
            grouped(counters.evicted)
        )?;
        writeln!(
            out,
            "alerts    {} on time, {} early, {} late, {} retracted",
            grouped(counters.alerts_on_time),
            grouped(counters.alerts_early),
            grouped(counters.alerts_late),
            grouped(counters.alerts_retracted)
        )?;
        let seconds = self.seconds();
        write!(
            out,
            "took      {seconds:.2} s, {} events/s, {:.1} MB/s",
            grouped((read.saturating_sub(before.read()) as f64 / seconds) as u64),
            totals.bytes.saturating_sub(before.bytes) as f64 / 1e6 / seconds
        )?;
        if let Some(host) = peak_memory() {
            write!(
                out,
                "\nmemory    {} host at its peak, {} component",
                size(host),
                size(self.guest_memory)
            )?;
        } else {
            write!(out, "\nmemory    {} component", size(self.guest_memory))?;
        }
        if self.restarts > 0 {
            write!(
                out,
                "\nrestarts  {}: the component failed, and a fresh instance went on",
                grouped(self.restarts)
            )?;
        }
        for hint in self.hints() {
            write!(out, "\nhint      {hint}")?;
        }
        Ok(())
    }
}

/// Most memory that this process ever held, in bytes, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib << 10)
}
