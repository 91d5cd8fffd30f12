//! NDJSON ledgers: one row a line, with flat dotted keys, equal in every row of a rule.

use super::row::Row;
use super::{Ledger, Scheme};
use weir_host::contract::Verdict;
use weir_host::error::Error;
use weir_sinks::output::Output;

/// NDJSON writer of rows to one output.
pub struct NdjsonLedger {
    schemes: Vec<Scheme>,
    output: Output,
}

impl NdjsonLedger {
    /// Writes the rows of these rules there; entries of others are passed over.
    #[must_use]
    pub fn new(schemes: Vec<Scheme>, output: Output) -> Self {
        Self { schemes, output }
    }
}

impl Ledger for NdjsonLedger {
    fn enter(&mut self, verdict: &Verdict) -> Result<(), Error> {
        let mut schemes = self.schemes.iter();
        let Some(scheme) = schemes.find(|scheme| scheme.rule == verdict.rule) else {
            return Ok(());
        };
        let line = scheme.line(&scheme.entry(verdict));
        let mut line = line.map_err(|error| Error::Broken(format!("a row: {error}")))?;
        line.push('\n');
        self.output.put(&line)
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.output.flush()
    }

    fn settle(&mut self) -> Result<Option<u64>, Error> {
        self.output.settle()
    }
}

/// The row that a line holds; else what is wrong with it.
pub(super) fn parse(line: &[u8], scheme: &Scheme) -> Result<Row, String> {
    match serde_json::from_slice(line) {
        Ok(fields) => scheme.row(&fields),
        Err(error) if error.is_data() => Err("it is no JSON object".to_owned()),
        Err(error) => Err(format!("it is not JSON: {error}")),
    }
}
