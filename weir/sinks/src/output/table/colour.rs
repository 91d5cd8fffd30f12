//! Colours in a table that is laid out already, so that they take no room in it.

use anstyle::{AnsiColor, Style};

/// Phases as the table shows them, up to the number of the revision.
const PHASES: [(&str, Style); 4] = [
    ("early #", AnsiColor::Yellow.on_default()),
    ("on-time #", AnsiColor::Red.on_default()),
    ("late #", AnsiColor::Yellow.on_default()),
    ("retracted #", Style::new().dimmed()),
];

/// The table with its phases coloured.
pub(super) fn phases(table: &str) -> String {
    let lines = table.lines().map(|line| {
        let found = PHASES.iter().find_map(|(phase, style)| {
            let cell = format!(" {phase}");
            let from = line.find(&cell)? + 1;
            let digits = line.get(from + phase.len()..)?;
            let digits = digits
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(digits.len());
            let (before, rest) = line.split_at_checked(from)?;
            let (cell, after) = rest.split_at_checked(phase.len() + digits)?;
            Some(format!("{before}{style}{cell}{style:#}{after}"))
        });
        found.unwrap_or_else(|| line.to_owned())
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_is_coloured_and_nothing_moves() {
        let row = " 2026 │ walker │ on-time #12 │ x ";
        let shown = phases(&format!("head\n{row}"));
        assert!(
            shown.contains("\u{1b}[31mon-time #12\u{1b}[0m │ x "),
            "{shown:?}"
        );
        let plain = shown.replace("\u{1b}[31m", "").replace("\u{1b}[0m", "");
        assert_eq!(plain, format!("head\n{row}"));
    }
}
