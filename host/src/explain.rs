//! Why a group did, or did not, alert: the ledger's windows of whoever is asked for, or the nearest
//! misses when nobody is.

mod asked;
mod near;
mod nearest;
mod say;
mod show;

use std::collections::HashMap;

use crate::contract::Verdict;
use crate::error::Error;
use crate::ledger::{Entry, Ledger, LedgerFile, Scheme};
pub use asked::Asked;
use near::Near;
use nearest::Nearest;
pub(crate) use say::figure_text;
pub use say::sentence;
pub use show::{json, table};

/// Windows of whom is asked for that are held.
const MOST: usize = 100_000;

/// Takes the entries of a ledger, and holds those that are asked for.
pub struct Explain {
    scheme: Scheme,
    asked: Asked,
    /// Of whom is asked for, the last entry of each window.
    found: HashMap<u128, Entry>,
    /// Entries that there was no room for.
    left_out: u64,
    /// The nearest misses, when nobody is asked for.
    near: Near,
    /// For each part of the key that is asked for, what there is like it.
    names: Vec<Nearest>,
    /// Entries in all.
    rows: u64,
    /// The highest floor of any.
    floor: f64,
}

/// What there is to say.
#[derive(Debug)]
#[non_exhaustive]
pub struct Explanation {
    /// The windows: in order of time, or the nearest miss first.
    pub entries: Vec<Entry>,
    /// What is not there, and why.
    pub notes: Vec<String>,
}

impl Explain {
    /// Asks of a rule's ledger.
    #[must_use]
    pub fn new(scheme: Scheme, asked: Asked) -> Self {
        let names = asked.key.iter().map(|(_, wanted)| Nearest::to(wanted));
        Self {
            names: names.collect(),
            near: Near::new(asked.top.unwrap_or(TOP)),
            scheme,
            asked,
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
        for ((name, _), nearest) in self.asked.key.iter().zip(&mut self.names) {
            nearest.see(entry.part(name));
        }
        if !self.asked.is_in_time(entry) {
            return;
        }
        if self.asked.key.is_empty() && self.asked.at.is_none() {
            self.near.add(entry);
        } else if self.asked.is_of(entry) {
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

    /// What was found.
    #[must_use]
    pub fn finish(mut self) -> Explanation {
        let named = !self.asked.key.is_empty() || self.asked.at.is_some();
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
        if let Some(top) = self.asked.top
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

    /// Why there is nothing of whom is asked for.
    fn missing(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for ((name, wanted), nearest) in self.asked.key.iter().zip(&self.names) {
            if !nearest.seen {
                let like = nearest.like();
                let what = format!("{name} {}{like}", shown(wanted));
                notes.push(self.nothing(&format!("no events were seen of {what}")));
            }
        }
        if notes.is_empty() {
            let who: Vec<String> = self
                .asked
                .key
                .iter()
                .map(|(name, wanted)| format!("{name} {}", shown(wanted)))
                .collect();
            let who = match who.len() {
                0 => "anybody".to_owned(),
                1 => who.join(""),
                _ => format!("{} together", who.join(" and ")),
            };
            let span = self.asked.span();
            notes.push(self.nothing(&format!("no events were seen of {who}{span}")));
        }
        notes
    }

    /// The same, as far as a ledger with a floor can tell.
    fn nothing(&self, what: &str) -> String {
        let rows = self.rows;
        if self.floor > 0.0 {
            let floor = self.floor;
            return format!(
                "{what}, or a count was below {floor} of its threshold and the window is not in the \
                 ledger (verdicts_floor); it has {rows} entries"
            );
        }
        format!("{what}; the ledger has {rows} entries")
    }
}

/// Near misses that are shown.
const TOP: usize = 20;

fn shown(wanted: &Option<String>) -> String {
    let text = wanted.as_deref().unwrap_or("null");
    crate::escape::escape(text)
}

impl Ledger for &mut Explain {
    fn enter(&mut self, verdict: &Verdict) -> Result<(), Error> {
        let entry = self.scheme.entry(verdict);
        self.add(&entry);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn settle(&mut self) -> Result<Option<u64>, Error> {
        Ok(None)
    }

    fn finish(&mut self) -> Result<(), Error> {
        Ok(())
    }
}
