//! A run in figures.

mod by_rule;
mod hints;
mod json;

use std::fmt;
use std::fs;
use std::time::Duration;

use crate::contract::{Counters, Rule};
use crate::escape::escape;
use crate::numbers::{grouped, size};
use crate::output::iso;
use crate::run::{Reason, Totals};

/// Reasons that are shown to people.
const REASONS: usize = 3;
/// Kinds of what was opened that are shown to people.
const KINDS: usize = 8;

/// What went through a run, and what it took.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Summary {
    /// The rules that judged.
    pub rules: Vec<RuleName>,
    /// What went through since the first start, with what merging states found.
    pub totals: Totals,
    /// What had gone through before this start.
    pub before: Totals,
    /// Number of the checkpoint that the run went on from, and when it was made, in
    /// milliseconds since 1970.
    pub resumed: Option<(u64, i64)>,
    /// What only the detector can count.
    pub counters: Counters,
    /// Wall-clock time since this start.
    pub elapsed: Duration,
    /// Bytes of memory of the component's instance.
    pub guest_memory: u64,
    /// How often the component failed and a fresh instance went on.
    pub restarts: u64,
    /// Whether a fresh instance went on without what the one before it knew.
    pub lost_state: bool,
    /// Alerts written since this start.
    pub written: u64,
    /// Why documents were refused since this start, the most frequent first.
    pub reasons: Vec<Reason>,
    /// Bytes of NULs and byte order marks between documents, since this start.
    pub passed_over: u64,
    /// What the first document since this start looked like.
    pub seen: Option<String>,
}

/// What a rule is called.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleName {
    /// Its id.
    pub id: String,
    /// Its short name.
    pub short_name: String,
}

impl RuleName {
    /// That of a rule.
    pub(crate) fn of(rule: &Rule) -> Self {
        Self {
            id: rule.id.clone(),
            short_name: rule.short_name.clone(),
        }
    }
}

impl Summary {
    /// That a rule counts other events than were counted, in a sentence.
    #[must_use]
    pub fn miscounts(&self) -> Option<String> {
        match self.lost_state {
            // What it counted before is lost, too.
            true => None,
            false => self.counters.miscounts(self.totals.counted),
        }
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
            ("counted", totals.counted),
            ("duplicate", totals.duplicate),
            ("excluded", totals.excluded),
            ("other data set", totals.other_data_set),
            ("malformed", totals.malformed),
            ("dropped late", totals.dropped_late),
            ("refused future", totals.refused_future),
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
        writeln!(out, "  sum {0} = read {0}", grouped(read))?;
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
                "passed    {} bytes of NULs and byte order marks between events",
                grouped(self.passed_over)
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
            grouped(counters.sum(|rule| rule.windows_fired)),
            grouped(counters.sum(|rule| rule.groups_seen)),
            grouped(counters.sum(|rule| rule.late)),
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
