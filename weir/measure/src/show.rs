//! The comparison as a table, and as JSON with stable keys.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};
use weir_common::escape::{escape, shorten};
use weir_common::numbers::{counted, grouped, size};

use crate::{Comparison, Figures, Spread};

/// Characters of a name in a head.
const NAME: usize = 24;

/// One row: its name with the unit, the figures, and their ratio where it says something.
struct Row {
    name: &'static str,
    figures: [Option<f64>; 2],
    decimals: usize,
    compared: bool,
}

/// For people.
#[must_use]
pub fn table(comparison: &Comparison) -> String {
    let mut out = format!(
        "{}, {}; median of {}\n\n",
        counted(comparison.documents, "document"),
        size(comparison.bytes),
        counted(comparison.rounds, "round"),
    );
    let both = [&comparison.detector, &comparison.shipped];
    let [name, shipped] = both.map(|one| shorten(&escape(&one.component), NAME));
    let rows = rows(comparison);
    let mut lines = vec![[String::new(), name, shipped, "ratio".to_owned()]];
    for row in &rows {
        let [figure, other] = row.figures.map(|figure| shown(figure, row.decimals));
        let ratio = match ratio(row.figures).filter(|_| row.compared) {
            Some(ratio) => format!("{ratio:.2}"),
            None => String::new(),
        };
        lines.push([row.name.to_owned(), figure, other, ratio]);
    }
    let width = |at: usize| {
        let widths = lines.iter().map(|line| line[at].chars().count());
        widths.max().unwrap_or_default()
    };
    let widths = [0, 1, 2, 3].map(width);
    for [name, cells @ ..] in &lines {
        let _ = write!(out, "{name:<0$}", widths[0]);
        for (cell, width) in cells.iter().zip(&widths[1..]) {
            let _ = write!(out, "  {cell:>width$}");
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    for figures in both {
        let rules = figures.rules.join(", ");
        let name = shorten(&escape(&figures.component), NAME);
        let _ = write!(out, "\n{name}: rules {}", escape(&rules));
    }
    out.push('\n');
    out
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn rows(comparison: &Comparison) -> Vec<Row> {
    let both = [&comparison.detector, &comparison.shipped];
    let row = |name, decimals, compared, figure: fn(&Figures) -> Option<f64>| Row {
        name,
        figures: both.map(figure),
        decimals,
        compared,
    };
    vec![
        row("events/s", 0, true, |of| Some(of.events_per_second)),
        row("  slowest round", 0, false, |of| {
            Some(of.events_per_second * of.pass.median / of.pass.most)
        }),
        row("  fastest round", 0, false, |of| {
            Some(of.events_per_second * of.pass.median / of.pass.least)
        }),
        row("MB/s", 1, true, |of| Some(of.bytes_per_second / 1e6)),
        row("instructions an event", 0, true, |of| {
            Some(of.instructions_per_event)
        }),
        row("memory, MiB", 2, true, |of| {
            Some(of.memory_bytes as f64 / 1_048_576.0)
        }),
        row("start cold, ms", 1, true, |of| {
            Some(of.start_cold.median * 1e3)
        }),
        row("start warm, ms", 2, true, |of| {
            of.start_warm.map(|warm| warm.median * 1e3)
        }),
        row("further instance, ms", 3, true, |of| {
            Some(of.open.median * 1e3)
        }),
        row("size, KiB", 1, true, |of| {
            Some(of.size_bytes as f64 / 1024.0)
        }),
        row("events that count", 0, false, |of| {
            Some(of.events_counted as f64)
        }),
        row("alerts", 0, false, |of| Some(of.alerts as f64)),
    ]
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures are positive, and far below 2^64"
)]
fn shown(figure: Option<f64>, decimals: usize) -> String {
    match figure {
        None => "-".to_owned(),
        Some(figure) if decimals == 0 => grouped(figure.round() as u64),
        Some(figure) => format!("{figure:.decimals$}"),
    }
}

/// The first as a multiple of the second.
fn ratio([figure, other]: [Option<f64>; 2]) -> Option<f64> {
    let ratio = figure? / other?;
    ratio.is_finite().then_some(ratio)
}

/// For programs: one object. Keys keep their names and units; there may be more later.
#[must_use]
pub fn json(comparison: &Comparison) -> Json {
    let Comparison {
        detector, shipped, ..
    } = comparison;
    let both = [detector, shipped];
    let ratio = |figure: fn(&Figures) -> Option<f64>| ratio(both.map(figure));
    json!({
        "documents": comparison.documents,
        "bytes": comparison.bytes,
        "rounds": comparison.rounds,
        "detector": figures(detector),
        "shipped": figures(shipped),
        "ratio": {
            "events_per_second": ratio(|of| Some(of.events_per_second)),
            "instructions_per_event": ratio(|of| Some(of.instructions_per_event)),
            "memory_bytes": ratio(|of| Some(of.memory_bytes as f64)),
            "start_cold_seconds": ratio(|of| Some(of.start_cold.median)),
            "start_warm_seconds": ratio(|of| of.start_warm.map(|warm| warm.median)),
            "open_seconds": ratio(|of| Some(of.open.median)),
            "size_bytes": ratio(|of| Some(of.size_bytes as f64)),
        },
    })
}

fn figures(of: &Figures) -> Json {
    json!({
        "component": of.component,
        "sha256": of.sha256,
        "rules": of.rules,
        "size_bytes": of.size_bytes,
        "events_counted": of.events_counted,
        "alerts": of.alerts,
        "events_per_second": of.events_per_second,
        "bytes_per_second": of.bytes_per_second,
        "pass_seconds": spread(&of.pass),
        "instructions": of.instructions,
        "instructions_per_event": of.instructions_per_event,
        "memory_bytes": of.memory_bytes,
        "start_cold_seconds": spread(&of.start_cold),
        "start_warm_seconds": of.start_warm.as_ref().map(spread),
        "open_seconds": spread(&of.open),
    })
}

fn spread(of: &Spread) -> Json {
    json!({ "median": of.median, "least": of.least, "most": of.most })
}
