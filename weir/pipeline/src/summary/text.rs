//! A run's figures for people.

use std::fmt;
use std::fs;

use super::{Summary, by_rule};
use weir_common::escape::escape;
use weir_common::numbers::{counted, grouped, size};
use weir_common::time::iso;

/// Reasons that are shown.
const REASONS: usize = 3;
/// Kinds of opened documents that are shown.
const KINDS: usize = 8;

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_documents(out)?;
        self.write_findings(out)?;
        self.write_windows(out)?;
        self.write_cost(out)?;
        for hint in self.hints() {
            write!(out, "\nhint      {hint}")?;
        }
        Ok(())
    }
}

impl Summary {
    /// Documents since the first start, by what became of them.
    fn write_documents(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { totals, before, .. } = self;
        let read = totals.read();
        if let Some((sequence, made)) = self.resumed {
            writeln!(
                out,
                "resumed   from checkpoint {sequence} of {}; figures are since the first start, \
                 {} since this one",
                iso(made),
                counted(read.saturating_sub(before.read()), "event")
            )?;
        }
        writeln!(
            out,
            "read      {}, {}",
            counted(read, "event"),
            size(totals.bytes)
        )?;
        for (name, count) in totals.outcomes() {
            if name != "quarantined" || count > 0 {
                let name = name.replace('_', " ");
                writeln!(out, "  {name:<16}{:>14}", grouped(count))?;
            }
        }
        writeln!(out, "  sum {0} = read {0}", grouped(read))
    }

    /// Faults, unknown kinds and reasons for refusals.
    fn write_findings(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counters = &self.counters;
        if let Some(text) = self.miscounts() {
            writeln!(out, "wrong     {text}")?;
        }
        if !counters.opened.is_empty() {
            let kinds = counters.opened.iter().take(KINDS);
            let kinds: Vec<String> = kinds
                .map(|(kind, documents)| format!("{} in `{}`", grouped(*documents), escape(kind)))
                .collect();
            let more = counters.opened.len().saturating_sub(KINDS);
            let more = match more {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            writeln!(out, "opened    {}{more}", kinds.join(", "))?;
        }
        for reason in self.reasons.iter().take(REASONS) {
            let text = escape(&reason.text);
            writeln!(
                out,
                "wrong     {} {}: {text}",
                grouped(reason.events),
                reason.kind
            )?;
        }
        if self.passed_over > 0 {
            writeln!(
                out,
                "passed    {} of NULs and byte order marks between events",
                counted(self.passed_over, "byte")
            )?;
        }
        Ok(())
    }

    /// Sources, windows and alerts.
    fn write_windows(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counters = &self.counters;
        if let Some(sources) = self.sources() {
            writeln!(out, "sources   {sources}")?;
        }
        if let Some(watermark) = counters.watermark {
            writeln!(out, "time      complete up to {}", iso(watermark))?;
        }
        writeln!(
            out,
            "windows   {} fired, {}, {}, {} evicted",
            grouped(counters.sum(|rule| rule.windows_fired)),
            counted(counters.sum(|rule| rule.groups_seen), "group"),
            counted(counters.sum(|rule| rule.late), "late event"),
            grouped(counters.sum(|rule| rule.evicted))
        )?;
        writeln!(
            out,
            "alerts    {} on time, {} early, {} late, {} retracted",
            grouped(counters.sum(|rule| rule.alerts_on_time)),
            grouped(counters.sum(|rule| rule.alerts_early)),
            grouped(counters.sum(|rule| rule.alerts_late)),
            grouped(counters.sum(|rule| rule.alerts_retracted))
        )?;
        if self.rules.len() > 1 {
            out.write_str(&by_rule::table(self))?;
        }
        Ok(())
    }

    /// Time, memory and restarts.
    fn write_cost(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { totals, before, .. } = self;
        let read = totals.read();
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
        Ok(())
    }
}

/// Most memory that this process ever held, in bytes, where the system tells.
pub(super) fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib << 10)
}
