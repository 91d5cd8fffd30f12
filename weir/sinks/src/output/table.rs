//! Alerts as a table for people.

mod colour;

use std::collections::HashMap;

use comfy_table::{CellAlignment, Table, presets};

use super::ecs::phase;
use weir_common::escape::{escape, shorten};
use weir_common::time::iso;
use weir_host::contract::{Alert, Rule, Truncation, TruncationKind, Value};

/// Widest a cell gets, in characters.
const WIDEST: usize = 40;
/// Rows that are held before they are printed.
const ROWS: usize = 1000;

/// Collects alerts and prints them as tables, fitted to a width.
#[derive(Debug)]
pub struct TableRenderer {
    width: usize,
    coloured: bool,
    /// Names of rules, by id; none where there is but one.
    rules: HashMap<String, String>,
    rows: Vec<Vec<(Name, Cell)>>,
}

/// The name of a table's column: the host's own, which no detector can take, or a detector's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Name {
    Own(&'static str),
    Theirs(String),
}

impl Name {
    fn text(&self) -> &str {
        match self {
            Self::Own(name) => name,
            Self::Theirs(name) => name,
        }
    }
}

#[derive(Debug, Clone)]
struct Cell {
    text: String,
    right: bool,
}

/// Number of uses of each last part of a dotted name.
type Lasts = HashMap<String, usize>;

impl TableRenderer {
    /// Tables of at most `width` characters.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self {
            width: width.max(40),
            coloured: false,
            rules: HashMap::new(),
            rows: Vec::new(),
        }
    }

    /// With a column that says of which rule an alert is, where there are several.
    #[must_use]
    pub fn of_rules(mut self, rules: &[Rule]) -> Self {
        if rules.len() > 1 {
            let names = rules
                .iter()
                .map(|rule| (rule.id.clone(), rule.short_name.clone()));
            self.rules = names.collect();
        }
        self
    }

    /// With colours or without.
    #[must_use]
    pub fn coloured(mut self, coloured: bool) -> Self {
        self.coloured = coloured;
        self
    }

    /// Takes in an alert. The answer is a table when enough rows are held.
    pub fn add(&mut self, alert: &Alert) -> Option<String> {
        let mut cells = cells(alert);
        if let Some(rule) = self.rules.get(&alert.rule) {
            let text = escape(rule);
            cells.insert(1, (Name::Own("rule"), Cell { text, right: false }));
        }
        self.rows.push(cells);
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
        let lasts = lasts(names.iter());
        let headers = names.iter().map(|name| short_name(name.text(), &lasts));
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
    fn choose(&self, rows: &[Vec<(Name, Cell)>]) -> (Vec<Name>, usize) {
        let mut places: HashMap<&Name, usize> = HashMap::new();
        // Names in the order in which they come, each with its widest cell.
        let mut all: Vec<(&Name, usize)> = Vec::new();
        for (name, cell) in rows.iter().flatten() {
            let width = cell.text.chars().count();
            let place = *places.entry(name).or_insert(all.len());
            match all.get_mut(place) {
                Some((_, widest)) => *widest = width.max(*widest),
                None => all.push((name, width)),
            }
        }
        let lasts = lasts(all.iter().map(|(name, _)| *name));
        let mut used = 0;
        let mut chosen = Vec::new();
        for (name, width) in &all {
            let header = short_name(name.text(), &lasts).chars().count();
            let widest = header.max(*width);
            // Three for the space around it.
            if used + widest + 3 <= self.width {
                used += widest + 3;
                chosen.push((*name).clone());
            }
        }
        let left_out = all.len() - chosen.len();
        (chosen, left_out)
    }
}

/// An alert's cells: window, key, figures, then lists. Names are a component's own words, too.
fn cells(alert: &Alert) -> Vec<(Name, Cell)> {
    let mut row = Vec::new();
    let start = iso(alert.window.start);
    let plain = |text: String, right: bool| Cell { text, right };
    row.push((
        Name::Own("window"),
        plain(start.get(..16).unwrap_or(&start).replace('T', " "), false),
    ));
    for part in &alert.key {
        let text = part.value.as_ref().map_or_else(|| "-".to_owned(), show);
        row.push((theirs(&part.name), plain(text, false)));
    }
    let revision = format!("{} #{}", phase(alert.phase), alert.revision);
    let (figures, lists): (Vec<_>, Vec<_>) = alert
        .columns
        .iter()
        .filter(|column| !alert.key.iter().any(|part| part.name == column.name))
        .filter(|column| !matches!(column.value, Value::Timestamp(_)))
        .partition(|column| matches!(column.value, Value::Integer(_) | Value::Number(_)));
    for column in figures {
        let text = about(alert, &column.name).to_owned() + &show(&column.value);
        row.push((theirs(&column.name), plain(text, true)));
    }
    row.push((Name::Own("phase"), plain(revision, false)));
    for column in lists {
        row.push((theirs(&column.name), plain(show(&column.value), false)));
    }
    row
}

/// Mark before the figure of a column that is an estimate.
fn about(alert: &Alert, column: &str) -> &'static str {
    let mut marks = alert.truncated.iter();
    let estimate =
        |mark: &Truncation| mark.column == column && mark.kind == TruncationKind::Approximate;
    if marks.any(estimate) { "about " } else { "" }
}

fn theirs(name: &str) -> Name {
    Name::Theirs(escape(name))
}

fn show(value: &Value) -> String {
    let text = match value {
        Value::Text(text) => escape(text),
        Value::TextList(list) => list_text(list.first().map(|text| escape(text)), list.len()),
        Value::IntegerList(list) => list_text(list.first().map(i64::to_string), list.len()),
        one => one.to_string(),
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

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn lasts<'n>(names: impl Iterator<Item = &'n Name>) -> Lasts {
    let mut lasts = Lasts::new();
    for name in names {
        *lasts.entry(last(name.text()).to_owned()).or_default() += 1;
    }
    lasts
}

/// The last part of a dotted name, when that is enough to tell it from the rest.
fn short_name(name: &str, all: &Lasts) -> String {
    let short = last(name);
    let alone = all.get(short).is_none_or(|count| *count < 2);
    // Short words say too little alone: `id`, `ip`, `number`.
    if alone && (short.len() > 6 || short == "errors") {
        short.to_owned()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_host::contract::{Column, KeyPart, Phase, Window};

    fn alert(key: &str, columns: Vec<Column>) -> Alert {
        Alert {
            rule: String::new(),
            revision: 1,
            phase: Phase::OnTime,
            window: Window { start: 0, end: 1 },
            key: vec![KeyPart {
                name: key.to_owned(),
                value: None,
            }],
            first_seen: 0,
            last_seen: 0,
            columns,
            reason: String::new(),
            complete: true,
            truncated: Vec::new(),
            response: Vec::new(),
            pivots: Vec::new(),
        }
    }

    #[test]
    fn a_column_called_phase_or_window_takes_the_place_of_neither() {
        let column = |name: &str, number| Column {
            name: name.to_owned(),
            value: Value::Integer(number),
        };
        let columns = vec![column("phase", 7), column("window", 8)];
        let mut table = TableRenderer::new(160);
        table.add(&alert("who", columns));
        let shown = table.take().unwrap_or_default();
        assert!(shown.contains("on-time #1"), "{shown}");
        assert!(shown.contains("1970-01-01 00:00"), "{shown}");
        assert!(shown.contains(" 7 ") && shown.contains(" 8 "), "{shown}");
    }

    #[test]
    fn names_of_columns_steer_no_terminal() {
        let name = "\u{1b}]0;owned\u{7}";
        let column = |value| Column {
            name: format!("{name}x"),
            value,
        };
        let text = Value::Text("a".to_owned());
        let alert = alert(name, vec![column(Value::Integer(1)), column(text)]);
        let mut table = TableRenderer::new(160);
        assert_eq!(table.add(&alert), None);
        let shown = table.take().unwrap_or_default();
        assert!(shown.contains("]0;owned"), "{shown}");
        assert!(!shown.contains(['\u{1b}', '\u{7}']), "{shown:?}");
    }
}
