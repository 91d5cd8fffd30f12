//! Text and JSON forms of a tuning.

use std::fmt::Write as _;

use comfy_table::{Cell, CellAlignment, Table, presets};
use serde_json::{Value as Json, json};

use super::{Burst, Count, Grid, Row, Sweep, Tuning};
use crate::explain::figure_text;
use crate::{Scheme, row, text};
use weir_common::escape::{escape, shorten};
use weir_common::numbers::counted;
use weir_common::time::iso;
use weir_host::contract::TruncationKind;
use weir_sinks::output::mark_text;

/// Widest a key's part is shown, in characters.
const WIDEST: usize = 44;

/// Everything as tables.
#[must_use]
pub fn table(tuning: &Tuning, scheme: &Scheme) -> String {
    let today = &tuning.today;
    let whom = escape(&today.whom);
    let Count {
        alerts,
        users,
        windows,
    } = today.count;
    let mut shown = format!(
        "{}: {} in windows from {} to {}, floor {}\n\
         today: {}, {users} {whom}, {}\n",
        escape(&tuning.name),
        counted(today.rows, "group"),
        iso(today.span.0),
        iso(today.span.1),
        today.floor,
        counted(alerts, "alert"),
        counted(windows, "window")
    );
    for sweep in &tuning.sweeps {
        let _ = write!(
            shown,
            "\n{} ({}), the others as they are\n{}",
            escape(&sweep.parameter),
            escape(&sweep.column),
            sweep_table(sweep, scheme, &whom)
        );
    }
    for grid in &tuning.grids {
        let [down, across] = grid.parameters.each_ref().map(|name| escape(name));
        let _ = write!(
            shown,
            "\nalerts ({whom}) by {down} down and {across} across\n{}",
            grid_table(grid, scheme)
        );
    }
    let boundary = &tuning.boundary;
    let _ = writeln!(
        shown,
        "\nbursts across the edge of two windows, of which neither alerts: {} certain, {} possible",
        boundary.certain, boundary.possible
    );
    if !boundary.bursts.is_empty() {
        shown.push_str(&bursts(&boundary.bursts, scheme));
    }
    shown
}

fn right(text: impl Into<String>) -> Cell {
    Cell::new(text.into()).set_alignment(CellAlignment::Right)
}

/// A table without the lines between its rows.
fn shown(table: &Table) -> String {
    let text = table.to_string();
    let lines = text.lines().map(str::trim_end);
    let lines = lines.filter(|line| !line.starts_with('─'));
    lines.map(|line| format!("{line}\n")).collect()
}

/// A setting of a clause's threshold as text.
fn setting(scheme: &Scheme, clause: usize, value: f64) -> String {
    let condition = scheme.conditions.get(clause);
    condition.map_or_else(
        || value.to_string(),
        |condition| figure_text(value, condition),
    )
}

fn sweep_table(sweep: &Sweep, scheme: &Scheme, whom: &str) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header([
        "", "setting", "alerts", whom, "windows", "kept", "lost", "new",
    ]);
    for row in &sweep.rows {
        let mark = if row.present { "now" } else { "" };
        let mut cells = vec![
            Cell::new(mark),
            right(setting(scheme, sweep.clause, row.value)),
        ];
        if row.answerable {
            let figures = [
                row.count.alerts,
                row.count.users,
                row.count.windows,
                row.kept,
                row.lost,
                row.new,
            ];
            cells.extend(figures.map(|figure| right(figure.to_string())));
        } else {
            cells.push(Cell::new("below the ledger's floor"));
        }
        table.add_row(cells);
    }
    self::shown(&table)
}

fn grid_table(grid: &Grid, scheme: &Scheme) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    let head = |which: usize, value: f64| {
        let text = setting(scheme, grid.clauses[which], value);
        let present = value == grid.present[which];
        right(if present { format!("[{text}]") } else { text })
    };
    let across = grid.values[1].iter().map(|value| head(1, *value));
    table.set_header(std::iter::once(Cell::new("")).chain(across));
    for (value, cells) in grid.values[0].iter().zip(&grid.cells) {
        let cells = cells.iter().map(|cell| match cell {
            Some((alerts, users)) => right(format!("{alerts} ({users})")),
            None => right("-"),
        });
        table.add_row(std::iter::once(head(0, *value)).chain(cells));
    }
    let mut text = self::shown(&table);
    if grid.cells.iter().flatten().any(Option::is_none) {
        text.push_str("-: below the ledger's floor\n");
    }
    text
}

fn bursts(bursts: &[Burst], scheme: &Scheme) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    let mut header = vec!["".to_owned(), "edge".to_owned(), "seconds".to_owned()];
    if let Some(first) = bursts.first() {
        header.extend(first.before.key.iter().map(|part| escape(&part.name)));
    }
    header.extend(
        scheme
            .conditions
            .iter()
            .map(|condition| escape(&condition.column)),
    );
    table.set_header(header);
    for burst in bursts {
        let mut cells = vec![
            Cell::new(if burst.certain { "certain" } else { "possible" }),
            Cell::new(iso(burst.after.window.start)),
            right(format!("{:.1}", burst.span() as f64 / 1000.0)),
        ];
        cells.extend(burst.before.key.iter().map(|part| {
            let value = text(part.value.as_ref()).unwrap_or_else(|| "null".to_owned());
            Cell::new(shorten(&escape(&value), WIDEST))
        }));
        let each = scheme.conditions.iter().zip(&burst.figures).enumerate();
        cells.extend(each.map(|(at, (condition, (least, most)))| {
            let about = if burst.is_estimate(at) { "about " } else { "" };
            let (least, most) = (
                figure_text(*least, condition),
                figure_text(*most, condition),
            );
            right(if least == most {
                format!("{about}{most}")
            } else {
                format!("{about}{least} to {most}")
            })
        }));
        table.add_row(cells);
    }
    shown(&table)
}

/// Everything as one JSON object a line, each with its `kind`: `today`, `sweep` for each setting,
/// `grid` for each pair of settings, `astride`, and `burst` for each of those listed.
#[must_use]
pub fn json(tuning: &Tuning, scheme: &Scheme) -> String {
    let today = &tuning.today;
    let mut lines = vec![json!({
        "kind": "today",
        "ledger": tuning.name,
        "whom": today.whom,
        "rows": today.rows,
        "start": iso(today.span.0),
        "end": iso(today.span.1),
        "floor": today.floor,
        "incomplete": today.incomplete,
        "estimates": today.estimates,
        "alerts": today.count.alerts,
        "users": today.count.users,
        "windows": today.count.windows,
    })];
    for sweep in &tuning.sweeps {
        lines.extend(sweep.rows.iter().map(|row| sweep_line(sweep, row, scheme)));
    }
    for grid in &tuning.grids {
        lines.extend(grid_lines(grid, scheme));
    }
    lines.push(json!({
        "kind": "astride",
        "certain": tuning.boundary.certain,
        "possible": tuning.boundary.possible,
    }));
    lines.extend(
        tuning
            .boundary
            .bursts
            .iter()
            .map(|burst| burst_line(burst, scheme)),
    );
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A figure as JSON; a count without a point.
fn figure(scheme: &Scheme, clause: usize, value: f64) -> Json {
    let condition = scheme.conditions.get(clause);
    condition.map_or(Json::Null, |condition| row::figure(value, condition).json())
}

fn sweep_line(sweep: &Sweep, row: &Row, scheme: &Scheme) -> Json {
    let mut line = json!({
        "kind": "sweep",
        "parameter": sweep.parameter,
        "column": sweep.column,
        "value": figure(scheme, sweep.clause, row.value),
        "present": row.present,
        "answerable": row.answerable,
    });
    if row.answerable {
        line["alerts"] = row.count.alerts.into();
        line["users"] = row.count.users.into();
        line["windows"] = row.count.windows.into();
        line["kept"] = row.kept.into();
        line["lost"] = row.lost.into();
        line["new"] = row.new.into();
    }
    line
}

fn grid_lines(grid: &Grid, scheme: &Scheme) -> Vec<Json> {
    let mut lines = Vec::new();
    let [one, other] = &grid.values;
    for (first, cells) in one.iter().zip(&grid.cells) {
        for (second, cell) in other.iter().zip(cells) {
            let mut line = json!({
                "kind": "grid",
                "parameters": grid.parameters,
                "values": [
                    figure(scheme, grid.clauses[0], *first),
                    figure(scheme, grid.clauses[1], *second),
                ],
                "present": *first == grid.present[0] && *second == grid.present[1],
                "answerable": cell.is_some(),
            });
            if let Some((alerts, users)) = cell {
                line["alerts"] = (*alerts).into();
                line["users"] = (*users).into();
            }
            lines.push(line);
        }
    }
    lines
}

fn burst_line(burst: &Burst, scheme: &Scheme) -> Json {
    let mut line = json!({
        "kind": "burst",
        "certain": burst.certain,
        "edge": iso(burst.after.window.start),
        "first_seen": iso(burst.before.first_seen),
        "last_seen": iso(burst.after.last_seen),
        "span_ms": burst.span(),
    });
    for part in &burst.before.key {
        line[part.name.as_str()] = text(part.value.as_ref()).into();
    }
    let each = scheme.conditions.iter().zip(&burst.figures).enumerate();
    for (at, (condition, (least, most))) in each {
        line[condition.column.as_str()] = if least == most {
            figure(scheme, at, *most)
        } else {
            json!([figure(scheme, at, *least), figure(scheme, at, *most)])
        };
    }
    let conditions = scheme.conditions.iter().enumerate();
    let estimates = conditions.filter(|(at, _)| burst.is_estimate(*at));
    let marks = estimates.map(|(_, one)| mark_text(&one.column, TruncationKind::Approximate));
    let marks: Vec<String> = marks.collect();
    if !marks.is_empty() {
        line["weir.truncated"] = marks.into();
    }
    line
}
