//! Metrics of a run in Prometheus' text format.

use std::fmt::Write;

use weir_host::contract::RuleCounters;
use weir_pipeline::run::Reading;

/// All figures of a reading.
#[must_use]
pub fn prometheus(reading: &Reading) -> String {
    let (totals, counters) = (&reading.totals, &reading.counters);
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, help: &str, values: &[(&str, f64)]| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in values {
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    };
    let whole = |number: u64| number as f64;
    family(
        "weir_events_total",
        "counter",
        "Documents read, by what became of them.",
        &[
            ("{outcome=\"counted\"}", whole(totals.counted)),
            ("{outcome=\"duplicate\"}", whole(totals.duplicate)),
            ("{outcome=\"excluded\"}", whole(totals.excluded)),
            ("{outcome=\"other_data_set\"}", whole(totals.other_data_set)),
            ("{outcome=\"malformed\"}", whole(totals.malformed)),
            ("{outcome=\"dropped_late\"}", whole(totals.dropped_late)),
            ("{outcome=\"refused_future\"}", whole(totals.refused_future)),
            ("{outcome=\"quarantined\"}", whole(totals.quarantined)),
        ],
    );
    let opened: Vec<(String, f64)> = counters
        .opened
        .iter()
        .map(|(kind, documents)| (format!("{{kind=\"{}\"}}", label(kind)), whole(*documents)))
        .collect();
    let opened: Vec<(&str, f64)> = opened
        .iter()
        .map(|(kind, documents)| (kind.as_str(), *documents))
        .collect();
    family(
        "weir_opened_total",
        "counter",
        "Documents taken out of others that are none of the detector's data sets, by where they stood.",
        &opened,
    );
    by_rule(reading, &mut family);
    let mut single = |name: &str, kind: &str, help: &str, value: f64| {
        family(name, kind, help, &[("", value)]);
    };
    single(
        "weir_read_bytes_total",
        "counter",
        "Bytes read, decompressed.",
        whole(totals.bytes),
    );
    single(
        "weir_bad_sources_total",
        "counter",
        "Requests and sources that could not be read whole.",
        whole(totals.bad_sources),
    );
    single(
        "weir_component_restarts_total",
        "counter",
        "Fresh instances after a failure.",
        whole(reading.restarts),
    );
    single(
        "weir_component_memory_bytes",
        "gauge",
        "Memory of all instances.",
        whole(reading.memory_bytes),
    );
    single(
        "weir_waiting_requests",
        "gauge",
        "Requests that wait for a checkpoint.",
        whole(reading.waiting),
    );
    if let Some(watermark) = counters.watermark {
        single(
            "weir_watermark_seconds",
            "gauge",
            "The watermark, in seconds since 1970.",
            watermark as f64 / 1000.0,
        );
    }
    if let Some(kept) = reading.kept {
        single(
            "weir_checkpoint_ok",
            "gauge",
            "Whether the last checkpoint could be written.",
            f64::from(u8::from(kept)),
        );
    }
    of_delivery(reading, &mut single);
    text
}

/// Figures of the delivery; none without one.
fn of_delivery(reading: &Reading, single: &mut impl FnMut(&str, &str, &str, f64)) {
    let Some(figures) = &reading.delivery else {
        return;
    };
    let whole = |number: u64| number as f64;
    single(
        "weir_alerts_delivered_total",
        "counter",
        "Alerts that the receiver took.",
        whole(figures.delivered),
    );
    single(
        "weir_alerts_queued",
        "gauge",
        "Alerts that wait to be delivered.",
        whole(figures.queued),
    );
    single(
        "weir_alerts_dead_total",
        "counter",
        "Alerts that the receiver will never take.",
        whole(figures.dead),
    );
    single(
        "weir_output_failures_total",
        "counter",
        "Attempts to deliver that failed.",
        whole(figures.failures),
    );
}

/// Figures of each rule, under its short name.
fn by_rule(reading: &Reading, family: &mut impl FnMut(&str, &str, &str, &[(&str, f64)])) {
    let counters = &reading.counters.rules;
    let name = |id: &str| {
        let mut rules = reading.rules.iter();
        let known = rules.find(|rule| rule.id == id);
        label(known.map_or(id, |rule| &rule.short_name))
    };
    let mut alerts: Vec<(String, u64)> = Vec::new();
    for rule in counters {
        for (phase, count) in [
            ("early", rule.alerts_early),
            ("on_time", rule.alerts_on_time),
            ("late", rule.alerts_late),
            ("retracted", rule.alerts_retracted),
        ] {
            let labels = format!("{{rule=\"{}\",phase=\"{phase}\"}}", name(&rule.rule));
            alerts.push((labels, count));
        }
    }
    let mut put = |(metric, kind, help): (&str, &str, &str), values: &[(String, u64)]| {
        let values: Vec<(&str, f64)> = values
            .iter()
            .map(|(labels, value)| (labels.as_str(), *value as f64))
            .collect();
        family(metric, kind, help, &values);
    };
    let of_alerts = (
        "weir_alerts_total",
        "counter",
        "Alert revisions, by rule and phase.",
    );
    put(of_alerts, &alerts);
    for (about, figure) in BY_RULE {
        let values: Vec<(String, u64)> = counters
            .iter()
            .map(|rule| (format!("{{rule=\"{}\"}}", name(&rule.rule)), figure(rule)))
            .collect();
        put(about, &values);
    }
}

/// A figure of a rule: its metric, kind and help.
type Figure = (
    (&'static str, &'static str, &'static str),
    fn(&RuleCounters) -> u64,
);

/// Figures that each rule has.
const BY_RULE: [Figure; 6] = [
    (
        (
            "weir_rule_events_total",
            "counter",
            "Events that took part, by rule.",
        ),
        |rule| rule.counted,
    ),
    (
        (
            "weir_late_events_total",
            "counter",
            "Events behind the watermark that were counted, by rule.",
        ),
        |rule| rule.late,
    ),
    (
        (
            "weir_evicted_total",
            "counter",
            "Groups given up to stay in the budget of state, by rule.",
        ),
        |rule| rule.evicted,
    ),
    (
        (
            "weir_windows_open",
            "gauge",
            "Windows that are open, by rule.",
        ),
        |rule| rule.windows,
    ),
    (
        (
            "weir_groups_open",
            "gauge",
            "Groups in open windows, by rule.",
        ),
        |rule| rule.groups,
    ),
    (
        (
            "weir_state_bytes",
            "gauge",
            "State by the detector's own account, by rule.",
        ),
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
