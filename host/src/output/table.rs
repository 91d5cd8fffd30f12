//! Alerts as a table for people.

mod colour;

use comfy_table::{CellAlignment, Table, presets};

use super::ecs::phase;
use super::time::iso;
use crate::contract::{Alert, Value};
use crate::escape::{escape, shorten};

/// Widest a cell gets, in characters.
const WIDEST: usize = 40;
/// Rows that are held before they are printed.
const ROWS: usize = 1000;

/// Collects alerts and prints them as tables, fitted to a width.
#[derive(Debug)]
pub struct TableRenderer {
    width: usize,
    coloured: bool,
    rows: Vec<Vec<(String, Cell)>>,
}

#[derive(Debug, Clone)]
struct Cell {
    text: String,
    right: bool,
}

impl TableRenderer {
    /// Tables of at most `width` characters.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self {
            width: width.max(40),
            coloured: false,
            rows: Vec::new(),
        }
    }

    /// With colours or without.
    #[must_use]
    pub fn coloured(mut self, coloured: bool) -> Self {
        self.coloured = coloured;
        self
    }

    /// Takes in an alert. The answer is a table when enough rows are held.
    pub fn add(&mut self, alert: &Alert) -> Option<String> {
        self.rows.push(cells(alert));
        (self.rows.len() >= ROWS).then(|| self.take())?
    }

    /// The rows held, as a table; none when there are none.
    pub fn take(&mut self) -> Option<String> {
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return None;
        }
        let (names, left_out) = self.choose(&rows);
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY);
        let headers = names.iter().map(|name| short_name(name, &names));
        table.set_header(headers);
        for row in &rows {
            table.add_row(names.iter().map(|name| {
                let cell = row.iter().find(|(column, _)| column == name);
                cell.map_or_else(
                    || comfy_table::Cell::new("-"),
                    |(_, cell)| {
                        comfy_table::Cell::new(&cell.text).set_alignment(if cell.right {
                            CellAlignment::Right
                        } else {
                            CellAlignment::Left
                        })
                    },
                )
            }));
        }
        let mut shown = table.to_string();
        if self.coloured {
            shown = colour::phases(&shown);
        }
        shown.push('\n');
        if left_out > 0 {
            shown.push_str(&format!(
                "{left_out} more columns do not fit; --format ecs has them all\n"
            ));
        }
        Some(shown)
    }

    /// The columns that fit, narrow ones of all rows first come first served.
    fn choose(&self, rows: &[Vec<(String, Cell)>]) -> (Vec<String>, usize) {
        let mut names: Vec<String> = Vec::new();
        for (name, _) in rows.iter().flatten() {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        let all = names.len();
        let mut used = 0;
        let mut chosen: Vec<String> = Vec::new();
        for name in &names {
            let widest = rows
                .iter()
                .flatten()
                .filter(|(column, _)| column == name)
                .map(|(_, cell)| cell.text.chars().count())
                .max()
                .unwrap_or(0)
                .max(short_name(name, &names).chars().count());
            // Three for the space around it.
            if used + widest + 3 <= self.width {
                used += widest + 3;
                chosen.push(name.clone());
            }
        }
        let left_out = all - chosen.len();
        (chosen, left_out)
    }
}

/// An alert's cells: window, key, figures, then lists. Names are a component's own words, too.
fn cells(alert: &Alert) -> Vec<(String, Cell)> {
    let mut row = Vec::new();
    let start = iso(alert.window.start);
    let plain = |text: String, right: bool| Cell { text, right };
    row.push((
        "window".to_owned(),
        plain(start.get(..16).unwrap_or(&start).replace('T', " "), false),
    ));
    for part in &alert.key {
        let text = part.value.as_ref().map_or_else(|| "-".to_owned(), show);
        row.push((escape(&part.name), plain(text, false)));
    }
    let revision = format!("{} #{}", phase(alert.phase), alert.revision);
    let (figures, lists): (Vec<_>, Vec<_>) = alert
        .columns
        .iter()
        .filter(|column| !alert.key.iter().any(|part| part.name == column.name))
        .filter(|column| !matches!(column.value, Value::Timestamp(_)))
        .partition(|column| matches!(column.value, Value::Integer(_) | Value::Number(_)));
    for column in figures {
        row.push((escape(&column.name), plain(show(&column.value), true)));
    }
    row.push(("phase".to_owned(), plain(revision, false)));
    for column in lists {
        row.push((escape(&column.name), plain(show(&column.value), false)));
    }
    row
}

fn show(value: &Value) -> String {
    let text = match value {
        Value::Text(text) => escape(text),
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Timestamp(time) => iso(*time),
        Value::TextList(list) => list_text(list.first().map(|text| escape(text)), list.len()),
        Value::IntegerList(list) => list_text(list.first().map(i64::to_string), list.len()),
    };
    shorten(&text, WIDEST)
}

fn list_text(first: Option<String>, count: usize) -> String {
    let first = first.unwrap_or_default();
    if count < 2 {
        return first;
    }
    let more = format!(" (+{})", count - 1);
    shorten(&first, WIDEST - more.len()) + &more
}

/// The last part of a dotted name, when that is enough to tell it from the rest.
fn short_name(name: &str, all: &[String]) -> String {
    let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    let short = last(name);
    let alone = all.iter().filter(|other| last(other) == short).count() < 2;
    // Short words say too little alone: `id`, `ip`, `number`.
    if alone && (short.len() > 6 || short == "errors") {
        short
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Column, KeyPart, Phase, Window};

    #[test]
    fn names_of_columns_steer_no_terminal() {
        let name = || "\u{1b}]0;owned\u{7}".to_owned();
        let column = |value| Column {
            name: name() + "x",
            value,
        };
        let alert = Alert {
            id: String::new(),
            revision: 1,
            phase: Phase::OnTime,
            window: Window { start: 0, end: 1 },
            key: vec![KeyPart {
                name: name(),
                value: None,
            }],
            first_seen: 0,
            last_seen: 0,
            columns: vec![
                column(Value::Integer(1)),
                column(Value::Text("a".to_owned())),
            ],
            reason: String::new(),
            complete: true,
            truncated: Vec::new(),
            response: Vec::new(),
            pivots: Vec::new(),
        };
        let mut table = TableRenderer::new(160);
        assert_eq!(table.add(&alert), None);
        let shown = table.take().unwrap_or_default();
        assert!(shown.contains("]0;owned"), "{shown}");
        assert!(!shown.contains(['\u{1b}', '\u{7}']), "{shown:?}");
    }
}
