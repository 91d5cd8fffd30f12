//! How a run is going, in Prometheus' text format.

use std::fmt::Write;

use crate::run::Reading;

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
    let alerts = [
        ("{phase=\"early\"}", whole(counters.alerts_early)),
        ("{phase=\"on_time\"}", whole(counters.alerts_on_time)),
        ("{phase=\"late\"}", whole(counters.alerts_late)),
        ("{phase=\"retracted\"}", whole(counters.alerts_retracted)),
    ];
    family(
        "weir_alerts_total",
        "counter",
        "Alert revisions, by phase.",
        &alerts,
    );
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
        "weir_late_events_total",
        "counter",
        "Events behind the watermark that were counted.",
        whole(counters.late),
    );
    single(
        "weir_evicted_total",
        "counter",
        "Groups given up to stay in the budget of state.",
        whole(counters.evicted),
    );
    single(
        "weir_component_restarts_total",
        "counter",
        "Fresh instances after a failure.",
        whole(reading.restarts),
    );
    single(
        "weir_windows_open",
        "gauge",
        "Windows that are open.",
        whole(counters.windows),
    );
    single(
        "weir_groups_open",
        "gauge",
        "Groups in open windows.",
        whole(counters.groups),
    );
    single(
        "weir_state_bytes",
        "gauge",
        "State by the detector's own account.",
        whole(counters.state_bytes),
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
    if let Some(delivery) = reading.delivery {
        single(
            "weir_alerts_delivered_total",
            "counter",
            "Alerts that the receiver took.",
            whole(delivery.delivered),
        );
        single(
            "weir_alerts_queued",
            "gauge",
            "Alerts that wait to be delivered.",
            whole(delivery.queued),
        );
        single(
            "weir_alerts_dead_total",
            "counter",
            "Alerts that the receiver will never take.",
            whole(delivery.dead),
        );
        single(
            "weir_output_failures_total",
            "counter",
            "Attempts to deliver that failed.",
            whole(delivery.failures),
        );
    }
    text
}
