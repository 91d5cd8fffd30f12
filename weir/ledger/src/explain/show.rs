//! Text and JSON forms of an explanation's windows.

use comfy_table::{Cell, CellAlignment, Table, presets};
use serde_json::{Value as Json, json};

use super::say::{figure_text, sentence, value_text};
use crate::{Entry, Scheme, text};
use weir_common::escape::{escape, shorten};
use weir_common::time::iso;
use weir_host::contract::Comparison;

/// Widest a key's part is shown, in characters.
const WIDEST: usize = 60;

/// Entries as blocks of text: whom and when, the clauses, and what stood in the way.
#[must_use]
pub fn table(entries: &[Entry], scheme: &Scheme) -> String {
    let mut shown = String::new();
    for entry in entries {
        let key: Vec<String> = entry
            .key
            .iter()
            .map(|part| {
                let value = text(part.value.as_ref()).unwrap_or_else(|| "null".to_owned());
                format!(
                    "{} {}",
                    escape(&part.name),
                    shorten(&escape(&value), WIDEST)
                )
            })
            .collect();
        shown.push_str(&format!(
            "{} to {}  {}\n",
            iso(entry.window.start),
            iso(entry.window.end),
            key.join("  ")
        ));
        let mut clauses = Table::new();
        clauses.load_style(presets::NOTHING);
        for (condition, figure) in scheme.conditions.iter().zip(&entry.figures) {
            let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
            let mut distance = figure_text(figure.distance(), condition);
            if figure.distance() >= 0.0 {
                distance.insert(0, '+');
            }
            clauses.add_row([
                Cell::new(format!(" {}", escape(&condition.column))),
                right(value_text(figure, condition)),
                Cell::new(match condition.comparison {
                    Comparison::AtLeast => escape(&condition.parameter),
                    other => format!("{} {}", other.words(), escape(&condition.parameter)),
                }),
                right(figure_text(figure.threshold, condition)),
                right(distance),
                Cell::new(if figure.holds() { "ok" } else { "FAILED" }),
            ]);
        }
        for line in clauses.to_string().lines() {
            shown.push_str(line.trim_end());
            shown.push('\n');
        }
        shown.push_str(&format!("  {}\n\n", sentence(entry, scheme)));
    }
    shown
}

/// Entries as rows of the ledger, one JSON object a line, with `message`, the sentence, and
/// `weir.explain.failed`, the columns of the clauses that fail.
#[must_use]
pub fn json(entries: &[Entry], scheme: &Scheme) -> String {
    let mut shown = String::new();
    for entry in entries {
        let failed: Vec<&str> = scheme
            .conditions
            .iter()
            .zip(&entry.figures)
            .filter(|(_, figure)| !figure.holds())
            .map(|(condition, _)| condition.column.as_str())
            .collect();
        let mut row = scheme.object(entry);
        row.insert("weir.explain.failed".to_owned(), json!(failed));
        row.insert("message".to_owned(), json!(sentence(entry, scheme)));
        shown.push_str(&format!("{}\n", Json::Object(row)));
    }
    shown
}
