//! Index of the valid rows: the last one of each window and key.

use std::collections::{HashMap, HashSet};

use super::{Entry, LedgerFile, Scheme};
use weir_host::error::Error;

/// Index of the valid rows, built in one reading.
///
/// Nearly all windows have one row, so only half of each id is remembered until it comes again:
/// 9 to 18 bytes a row in all. Where two halves are the same by chance, the ids themselves tell
/// them apart.
pub struct Latest {
    /// The last row of each id that may have come more than once.
    last: HashMap<u128, u64>,
    /// Number of rows.
    pub rows: u64,
    /// The first one.
    pub first: Option<Entry>,
    /// Note for the user when the last line is incomplete.
    pub note: Option<String>,
}

impl Latest {
    /// Reads a ledger once.
    ///
    /// # Errors
    ///
    /// As [`LedgerFile::each`].
    pub fn of(file: &LedgerFile, scheme: &Scheme) -> Result<Self, Error> {
        let mut seen = HashSet::new();
        let mut last = HashMap::new();
        let (mut rows, mut first) = (0, None);
        let note = file.each(scheme, &mut |row, entry| {
            rows = row + 1;
            if first.is_none() {
                first = Some(entry.clone());
            }
            if !seen.insert(half(entry.id)) {
                last.insert(entry.id, row);
            }
            Ok(())
        })?;
        Ok(Self {
            last,
            rows,
            first,
            note,
        })
    }

    /// Whether a row holds.
    #[must_use]
    pub fn holds(&self, row: u64, entry: &Entry) -> bool {
        self.last.get(&entry.id).is_none_or(|last| *last == row)
    }
}

/// Half of an id; it is a cryptographic hash, so any half will do.
#[allow(clippy::cast_possible_truncation, reason = "that is what is meant")]
fn half(id: u128) -> u64 {
    id as u64
}
