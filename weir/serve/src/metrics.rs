//! Metrics of a run in Prometheus' text format.

use std::fmt::Write;

use weir_host::contract::RuleCounters;
use weir_pipeline::run::Reading;

/// All figures of a reading.
#[must_use]
pub fn prometheus(reading: &Reading) -> String {
    let (totals, counters) = (&reading.totals, &reading.counters);
    let mut page = Page(String::new());
    let outcomes = totals.outcomes();
    page.family(
        "weir_events_total counter Documents read, by what became of them.",
        outcomes.map(|(name, count)| (format!("outcome=\"{name}\""), count)),
    );
    let opened = counters.opened.iter();
    page.family(
        "weir_opened_total counter Documents taken out of others that are none of the detector's \
         data sets, by where they stood.",
        opened.map(|(kind, documents)| (format!("kind=\"{}\"", label(kind)), *documents)),
    );
    let reloads = [
        ("result=\"done\"", totals.reloaded),
        ("result=\"refused\"", totals.reloads_refused),
    ];
    page.family(
        "weir_reloads_total counter Configurations loaded again since the start (SIGHUP).",
        reloads
            .into_iter()
            .map(|(label, count)| (label.to_owned(), count)),
    );
    by_rule(reading, &mut page);
    for (about, figure) in [
        (
            "weir_read_bytes_total counter Bytes read, decompressed.",
            totals.bytes,
        ),
        (
            "weir_bad_sources_total counter Requests and sources that could not be read whole.",
            totals.bad_sources,
        ),
        (
            "weir_component_restarts_total counter Fresh instances after a failure.",
            reading.restarts,
        ),
        (
            "weir_component_memory_bytes gauge Memory of all instances.",
            reading.memory_bytes,
        ),
        (
            "weir_waiting_requests gauge Requests that wait for a checkpoint.",
            reading.waiting,
        ),
    ] {
        page.single(about, figure as f64);
    }
    if let Some(watermark) = counters.watermark {
        page.single(
            "weir_watermark_seconds gauge The watermark, in seconds since 1970.",
            watermark as f64 / 1000.0,
        );
    }
    if let Some(kept) = reading.kept {
        page.single(
            "weir_checkpoint_ok gauge Whether the last checkpoint could be written.",
            f64::from(u8::from(kept)),
        );
    }
    if let Some(figures) = &reading.delivery {
        for (about, figure) in [
            (
                "weir_alerts_delivered_total counter Alerts that the receiver took.",
                figures.delivered,
            ),
            (
                "weir_alerts_queued gauge Alerts that wait to be delivered.",
                figures.queued,
            ),
            (
                "weir_alerts_dead_total counter Alerts that the receiver will never take.",
                figures.dead,
            ),
            (
                "weir_output_failures_total counter Attempts to deliver that failed.",
                figures.failures,
            ),
        ] {
            page.single(about, figure as f64);
        }
    }
    page.0
}

/// The text of the metrics. A metric is given by its name, kind and help, with spaces between.
struct Page(String);

impl Page {
    fn head<'a>(&mut self, about: &'a str) -> &'a str {
        let mut parts = about.splitn(3, ' ');
        let [name, kind, help] = [(); 3].map(|()| parts.next().unwrap_or_default());
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        name
    }

    /// A metric with labels.
    fn family(&mut self, about: &str, values: impl Iterator<Item = (String, u64)>) {
        let name = self.head(about);
        for (labels, value) in values {
            let _ = writeln!(self.0, "{name}{{{labels}}} {value}");
        }
    }

    /// A metric of one value.
    fn single(&mut self, about: &str, value: f64) {
        let name = self.head(about);
        let _ = writeln!(self.0, "{name} {value}");
    }
}

/// Figures of each rule, under its short name.
fn by_rule(reading: &Reading, page: &mut Page) {
    let counters = &reading.counters.rules;
    let name = |id: &str| {
        let mut rules = reading.rules.iter();
        let known = rules.find(|rule| rule.id == id);
        label(known.map_or(id, |rule| &rule.short_name))
    };
    let alerts = counters.iter().flat_map(|rule| {
        let name = name(&rule.rule);
        let phases = [
            ("early", rule.alerts_early),
            ("on_time", rule.alerts_on_time),
            ("late", rule.alerts_late),
            ("retracted", rule.alerts_retracted),
        ];
        phases.map(|(phase, count)| (format!("rule=\"{name}\",phase=\"{phase}\""), count))
    });
    page.family(
        "weir_alerts_total counter Alert revisions, by rule and phase.",
        alerts,
    );
    for (about, figure) in BY_RULE {
        let rules = counters.iter();
        page.family(
            about,
            rules.map(|rule| (format!("rule=\"{}\"", name(&rule.rule)), figure(rule))),
        );
    }
}

/// A metric of a rule, with its value.
type Figure = (&'static str, fn(&RuleCounters) -> u64);

/// Figures that each rule has.
const BY_RULE: [Figure; 6] = [
    (
        "weir_rule_events_total counter Events that took part, by rule.",
        |rule| rule.counted,
    ),
    (
        "weir_late_events_total counter Events behind the watermark that were counted, by rule.",
        |rule| rule.late,
    ),
    (
        "weir_evicted_total counter Groups given up to stay in the budget of state, by rule.",
        |rule| rule.evicted,
    ),
    (
        "weir_windows_open gauge Windows that are open, by rule.",
        |rule| rule.windows,
    ),
    (
        "weir_groups_open gauge Groups in open windows, by rule.",
        |rule| rule.groups,
    ),
    (
        "weir_state_bytes gauge State by the detector's own account, by rule.",
        |rule| rule.state_bytes,
    ),
];

/// A label's value between its quotes: these escapes and no others are known there.
fn label(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    text.replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn labels_have_the_escapes_that_are_known() {
        assert_eq!(label("message"), "message");
        assert_eq!(label("a\"} 1\nb\\ \u{1b}ü"), "a\\\"} 1\\nb\\\\ \u{1b}ü");
    }
}
