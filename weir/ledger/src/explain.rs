//! Explanation of alerts and of their absence: the ledger's windows of a group, or the nearest misses
//! when no group is named.

mod near_misses;
mod query;
mod say;
mod show;
mod spelling;

use std::collections::HashMap;

use crate::{Entry, LedgerFile, Scheme};
use near_misses::NearMisses;
pub use query::Query;
pub(crate) use say::figure_text;
pub use say::sentence;
pub use show::{json, table};
use spelling::Suggestions;
use weir_common::numbers::counted;
use weir_host::contract::Verdict;
use weir_host::error::Error;
use weir_pipeline::ledger::Ledger;

/// Most windows of the group that are held.
const MOST: usize = 100_000;

/// Collector of the ledger entries that a query selects.
pub struct Explain {
    scheme: Scheme,
    query: Query,
    /// Last entry of each window of the queried group.
    found: HashMap<u128, Entry>,
    /// Number of entries that were dropped for lack of room.
    left_out: u64,
    /// Nearest misses, when the query names no group.
    near: NearMisses,
    /// Spelling suggestions for each queried part of the key.
    names: Vec<Suggestions>,
    /// Number of entries read.
    rows: u64,
    /// Highest floor of the entries.
    floor: f64,
}

/// Answer to a query.
#[derive(Debug)]
pub struct Explanation {
    /// Windows in order of time, or the nearest miss first.
    pub entries: Vec<Entry>,
    /// Notes on what is missing, and why.
    pub notes: Vec<String>,
}

impl Explain {
    /// Asks of a rule's ledger.
    #[must_use]
    pub fn new(scheme: Scheme, query: Query) -> Self {
        let names = query.key.iter().map(|(_, wanted)| Suggestions::to(wanted));
        Self {
            names: names.collect(),
            near: NearMisses::new(query.top.unwrap_or(TOP)),
            scheme,
            query,
            found: HashMap::new(),
            left_out: 0,
            rows: 0,
            floor: 0.0,
        }
    }

    /// Takes an entry; the last one of a window and a key holds.
    pub fn add(&mut self, entry: &Entry) {
        self.rows += 1;
        self.floor = self.floor.max(entry.floor);
        for ((name, _), nearest) in self.query.key.iter().zip(&mut self.names) {
            nearest.see(entry.part(name));
        }
        if !self.query.is_in_time(entry) {
            return;
        }
        if self.query.key.is_empty() && self.query.at.is_none() {
            self.near.add(entry);
        } else if self.query.is_of(entry) {
            if self.found.len() < MOST || self.found.contains_key(&entry.id) {
                self.found.insert(entry.id, entry.clone());
            } else {
                self.left_out += 1;
            }
        }
    }

    /// Takes a whole ledger. The answer is what to tell people, if its last line is not whole.
    ///
    /// # Errors
    ///
    /// As [`LedgerFile::each`].
    pub fn read(&mut self, file: &LedgerFile) -> Result<Option<String>, Error> {
        let scheme = self.scheme.clone();
        file.each(&scheme, &mut |_, entry| {
            self.add(entry);
            Ok(())
        })
    }

    /// Returns the answer.
    #[must_use]
    pub fn finish(mut self) -> Explanation {
        let named = !self.query.key.is_empty() || self.query.at.is_some();
        let mut notes = Vec::new();
        if !named {
            let entries = self.near.take();
            if entries.is_empty() {
                notes.push(self.nothing("no window came near an alert without being one"));
            }
            return Explanation { entries, notes };
        }
        if self.found.is_empty() {
            notes.extend(self.missing());
        }
        let mut entries: Vec<Entry> = self.found.drain().map(|(_, entry)| entry).collect();
        let order = |entry: &Entry| (entry.window.start, entry.id);
        entries.sort_by_key(order);
        let mut left_out = self.left_out;
        if let Some(top) = self.query.top
            && entries.len() > top
        {
            left_out += (entries.len() - top) as u64;
            entries.truncate(top);
        }
        if left_out > 0 {
            notes.push(format!(
                "{left_out} more windows; --from and --to name a span"
            ));
        }
        if self.floor > 0.0 && !entries.is_empty() {
            notes.push(format!(
                "windows in which a count was below {} of its threshold are not in the ledger \
                 (verdicts_floor)",
                self.floor
            ));
        }
        Explanation { entries, notes }
    }

    /// Reasons for the lack of windows of the queried group.
    fn missing(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for ((name, wanted), nearest) in self.query.key.iter().zip(&self.names) {
            if !nearest.seen {
                let like = nearest.like();
                let what = format!("{name} {}{like}", shown(wanted));
                notes.push(self.nothing(&format!("no events were seen of {what}")));
            }
        }
        if notes.is_empty() {
            let who: Vec<String> = self
                .query
                .key
                .iter()
                .map(|(name, wanted)| format!("{name} {}", shown(wanted)))
                .collect();
            let who = match who.len() {
                0 => "anybody".to_owned(),
                1 => who.join(""),
                _ => format!("{} together", who.join(" and ")),
            };
            let span = self.query.span();
            notes.push(self.nothing(&format!("no events were seen of {who}{span}")));
        }
        notes
    }

    /// A note on missing windows; a ledger with a floor lacks windows far below the thresholds.
    fn nothing(&self, what: &str) -> String {
        let rows = counted(self.rows, "entry");
        if self.floor > 0.0 {
            let floor = self.floor;
            return format!(
                "{what}, or a count was below {floor} of its threshold and the window is not in the \
                 ledger (verdicts_floor); it has {rows}"
            );
        }
        format!("{what}; the ledger has {rows}")
    }
}

/// Default number of near misses that are shown.
const TOP: usize = 20;

fn shown(wanted: &Option<String>) -> String {
    let text = wanted.as_deref().unwrap_or("null");
    weir_common::escape::escape(text)
}

impl Ledger for &mut Explain {
    fn enter(&mut self, verdict: &Verdict) -> Result<(), Error> {
        let entry = self.scheme.entry(verdict);
        self.add(&entry);
        Ok(())
    }
}
