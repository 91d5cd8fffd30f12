//! Ledger files, in NDJSON or Parquet.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::row::Row;
use super::{Entry, Scheme, ndjson, parquet_read};
use weir_host::error::Error;

/// The first bytes of a Parquet file.
const PARQUET: &[u8; 4] = b"PAR1";

/// Note on a last line that is no row.
const CUT: &str = "the last line is cut short and left out: a run may still be writing it, or was \
    killed";
/// Note on a ledger without rows.
const NOTHING: &str = "holds no windows: none was closed, or all were below the floor";
/// Other rules that are named.
const NAMED: usize = 8;

/// A ledger's file, which can be gone through as often as is needed.
#[derive(Debug)]
pub struct LedgerFile {
    path: PathBuf,
    parquet: bool,
}

impl LedgerFile {
    /// The ledger there: NDJSON or Parquet, by its first bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] when it cannot be read, or only once.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let failed = |message: String| Error::input(path.display(), message);
        let explained = |error: &std::io::Error| failed(weir_common::explain::explain(error));
        let meta = std::fs::metadata(path).map_err(|error| explained(&error))?;
        if !meta.is_file() {
            let why = "is no regular file; a ledger is read more than once, so write it to one";
            return Err(failed(why.to_owned()));
        }
        let mut first = Vec::new();
        let file = File::open(path).map_err(|error| explained(&error))?;
        let read = file.take(4).read_to_end(&mut first);
        read.map_err(|error| explained(&error))?;
        if first.is_empty() {
            let why = "is empty: the run that was to write it closed no window, or has not ended";
            return Err(failed(why.to_owned()));
        }
        Ok(Self {
            path: path.to_owned(),
            parquet: first == PARQUET,
        })
    }

    /// Its name in messages.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Goes through all rows of a rule, each with its number from 0. The answer is what to tell
    /// people, if the last line is not whole.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] with the line or the row that is no row of a ledger, or when there is none of
    /// this rule; and what `visit` answers.
    pub fn each(
        &self,
        scheme: &Scheme,
        visit: &mut dyn FnMut(u64, &Entry) -> Result<(), Error>,
    ) -> Result<Option<String>, Error> {
        let mut rows = 0;
        let mut others: Vec<String> = Vec::new();
        let mut count = |row: Row| match row {
            Row::Ours(entry) => {
                rows += 1;
                visit(rows - 1, &entry)
            }
            Row::Other(rule) => {
                if others.len() < NAMED && !others.contains(&rule) {
                    others.push(rule);
                }
                Ok(())
            }
        };
        let cut = if self.parquet {
            parquet_read::each(&self.path, scheme, &mut count)?;
            None
        } else {
            self.each_line(scheme, &mut count)?
        };
        let cut = cut.map(|line| format!("{}:{line}", self.name()));
        if rows == 0 && !others.is_empty() {
            let why = format!(
                "holds no windows of rule {}, and some of {}; name the rule (--rule), or the component \
                 that it is of (--component)",
                scheme.rule,
                others.join(", ")
            );
            return Err(Error::input(self.name(), why));
        }
        match (rows, cut) {
            (0, Some(place)) => Err(Error::input(place, CUT)),
            (0, None) => Err(Error::input(self.name(), NOTHING)),
            (_, cut) => Ok(cut.map(|place| format!("{place}: {CUT}"))),
        }
    }

    /// Gives the number of the last line, if it is cut short.
    fn each_line(
        &self,
        scheme: &Scheme,
        visit: &mut dyn FnMut(Row) -> Result<(), Error>,
    ) -> Result<Option<u64>, Error> {
        let failed = |error: &std::io::Error| {
            Error::input(self.name(), weir_common::explain::explain(error))
        };
        let file = File::open(&self.path).map_err(|error| failed(&error))?;
        let mut file = BufReader::with_capacity(1 << 18, file);
        let mut text = Vec::new();
        for number in 1_u64.. {
            text.clear();
            let read = file.read_until(b'\n', &mut text);
            if read.map_err(|error| failed(&error))? == 0 {
                break;
            }
            let ended = text.ends_with(b"\n");
            if text.trim_ascii().is_empty() {
                continue;
            }
            match ndjson::parse(&text, scheme) {
                Ok(row) => visit(row)?,
                Err(_) if !ended => return Ok(Some(number)),
                Err(why) => {
                    let place = format!("{}:{number}", self.name());
                    return Err(Error::input(place, format!("no row of a ledger: {why}")));
                }
            }
        }
        Ok(None)
    }
}
