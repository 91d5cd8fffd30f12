//! Alerts at other thresholds, counted from a ledger alone.
//!
//! A window alerts when every clause holds, and the ledger has the value of each. So the alerts at
//! another threshold can be counted without the logs; and so can bursts that the edge of two windows
//! cuts in two.

mod boundary;
mod episodes;
mod figures;
mod grid;
mod show;
mod steps;
mod sweep;

use crate::{Entry, Latest, LedgerFile, Scheme, text};
pub use boundary::{BoundaryBursts, Burst};
use episodes::Episodes;
pub use figures::{Count, Today};
pub use grid::Grid;
use grid::GridTally;
pub use show::{json, table};
pub use steps::{Steps, Wanted};
use sweep::Tally;
pub use sweep::{Row, Sweep};
use weir_common::numbers::{agree, counted};
use weir_common::time::iso;
use weir_host::contract::{Judgement, Rule};
use weir_host::error::Error;

/// Counts of a ledger at other thresholds.
#[derive(Debug)]
pub struct Tuning {
    /// The ledger's name.
    pub name: String,
    /// The ledger as it is.
    pub today: Today,
    /// One threshold at a time.
    pub sweeps: Vec<Sweep>,
    /// Two at a time.
    pub grids: Vec<Grid>,
    /// Bursts that the edge of two windows cuts in two.
    pub boundary: BoundaryBursts,
    /// Notes for the user.
    pub notes: Vec<String>,
}

/// Goes through a ledger: once to know which rows hold, once to count, and for bursts across an
/// edge once more for each two million rows; where windows overlap, once more for those that would
/// alert at the lowest settings, whose figures are held, too. Held are 9 to 18 bytes for each row, whoever alerts at
/// the lowest settings, and in the last readings about 100 bytes for each of the two million.
///
/// # Errors
///
/// As [`LedgerFile::each`], and [`Error::Config`] when what is wanted is not of the rule.
pub fn tune(
    file: &LedgerFile,
    rule: &Rule,
    scheme: &Scheme,
    wanted: &Wanted,
) -> Result<Tuning, Error> {
    let wanted = wanted.of(rule)?;
    let latest = Latest::of(file, scheme)?;
    let Some(first) = latest.first.clone() else {
        return Err(Error::input(file.name(), "holds no windows"));
    };
    let mut today = Today::new(&first);
    let sweeps = wanted.sweeps(rule, &first);
    let mut tallies: Vec<Tally> = sweeps.iter().map(Tally::new).collect();
    let grids = wanted.grids(rule, &first);
    let mut cells: Vec<GridTally> = grids.iter().map(GridTally::new).collect();
    let counts = |entry: &Entry| {
        tallies.iter().any(|tally| tally.reaches(&entry.figures))
            || cells.iter().any(|cells| cells.reaches(&entry.figures))
    };
    let episodes = Episodes::of(file, scheme, &latest, wanted.every, &counts)?;
    file.each(scheme, &mut |row, entry| {
        same_settings(file, scheme, &first, row, entry)?;
        if !latest.holds(row, entry) {
            return Ok(());
        }
        let who = who(entry);
        let before = episodes.before(scheme, entry);
        today.add(entry, before, &who);
        let sweeps = tallies.iter_mut();
        sweeps.for_each(|tally| tally.add(entry, before, &who));
        let pairs = cells.iter_mut();
        pairs.for_each(|cells| cells.add(entry, before, &who));
        Ok(())
    })?;
    // Windows that overlap cut no burst in two.
    let boundary = match rule.judgement {
        Judgement::Sliding(_) => BoundaryBursts::default(),
        _ => boundary::find(file, scheme, &latest, wanted.top)?,
    };
    let mut notes: Vec<String> = latest.note.iter().cloned().collect();
    if today.incomplete > 0 {
        notes.push(format!(
            "{} {} incomplete: state was given up, so {} figures may fall short",
            counted(today.incomplete, "window"),
            agree(today.incomplete, "is", "are"),
            agree(today.incomplete, "its", "their")
        ));
    }
    if today.estimates > 0 {
        notes.push(format!(
            "of {} a figure is an estimate (weir.truncated): what they give at settings near \
             it is about right",
            counted(today.estimates, "window")
        ));
    }
    if first.floor > 0.0 {
        notes.push(format!(
            "the ledger was kept with a floor of {}: settings below it cannot be answered, and of \
             bursts across an edge those with a half below it are not seen",
            first.floor
        ));
    }
    Ok(Tuning {
        name: file.name(),
        sweeps: tallies
            .into_iter()
            .map(|tally| tally.sweep(scheme, &today))
            .collect(),
        grids: cells.into_iter().map(|cells| cells.grid(scheme)).collect(),
        today: today.closed(),
        boundary,
        notes,
    })
}

/// Rows that were judged by other thresholds, or left out by another floor, cannot be compared.
fn same_settings(
    file: &LedgerFile,
    scheme: &Scheme,
    first: &Entry,
    row: u64,
    entry: &Entry,
) -> Result<(), Error> {
    let before = first.figures.iter().map(|figure| figure.threshold);
    let now = entry.figures.iter().map(|figure| figure.threshold);
    let other = before.zip(now).position(|(before, now)| before != now);
    let what = match other.and_then(|at| scheme.conditions.get(at)) {
        Some(condition) => condition.parameter.as_str(),
        None if first.floor != entry.floor => "verdicts_floor",
        None if length(first) != length(entry) => "the window's length",
        None => return Ok(()),
    };
    let row = row + 1;
    let when = iso(entry.window.start);
    Err(Error::input(
        file.name(),
        format!(
            "from row {row} on (window {when}) {what} is another than at its start; keep a ledger for \
             each configuration"
        ),
    ))
}

/// The window's length in milliseconds.
fn length(entry: &Entry) -> i64 {
    entry.window.end.saturating_sub(entry.window.start)
}

/// Value of the key's first part; `None` for the null key.
fn who(entry: &Entry) -> Option<String> {
    entry.key.first().and_then(|part| text(part.value.as_ref()))
}
