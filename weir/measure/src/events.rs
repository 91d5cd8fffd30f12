//! The events, in memory: batches as `weir run` pushes them.

use bytes::Bytes;
use weir_common::numbers::{counted, grouped};
use weir_host::contract::Counts;
use weir_host::{Error, Limits};
use weir_pipeline::sizes;
use weir_sources::frame::{Framer, Piece, guess, has_json};
use weir_sources::input::{Source, expand};

/// Most bytes of events that are held.
const MOST: u64 = 1 << 30;

/// Events in batches.
#[derive(Debug)]
pub struct Events {
    name: String,
    batches: Vec<Bytes>,
    documents: u64,
    bytes: u64,
}

impl Events {
    /// Reads files, folders, patterns, or `-` for standard input.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] for a source that cannot be read to its end, for sources without a document,
    /// and for more than 1 GiB of them.
    pub fn read(named: &[String], limits: &Limits) -> Result<Self, Error> {
        let (sources, errors) = expand(named);
        if let Some(error) = errors.into_iter().next() {
            return Err(error.into());
        }
        let mut events = Self {
            name: named.join(", "),
            batches: Vec::new(),
            documents: 0,
            bytes: 0,
        };
        for source in sources {
            events.add(&source, limits)?;
        }
        if events.documents == 0 {
            return Err(Error::input(&events.name, "there are no events in it"));
        }
        Ok(events)
    }

    fn add(&mut self, source: &Source, limits: &Limits) -> Result<(), Error> {
        let failed = |error: &std::io::Error| Error::from(source.error(error));
        let mut framer = Framer::new(source.open()?, sizes(limits), true);
        while let Some(piece) = framer.next_piece().map_err(|error| failed(&error))? {
            // What is refused before the detector costs it nothing.
            let Piece::Batch(batch) = piece else { continue };
            let lines = batch.bytes.split(|byte| *byte == b'\n');
            let documents = lines.filter(|line| !line.trim_ascii().is_empty());
            self.documents += documents.count() as u64;
            self.bytes += batch.bytes.len() as u64;
            self.batches.push(Bytes::copy_from_slice(&batch.bytes));
            if self.bytes > MOST {
                let why =
                    "there are more than 1 GiB of events, which are held in memory; take a part";
                return Err(Error::input(source.name(), why));
            }
        }
        Ok(())
    }

    /// The batches.
    pub(crate) fn batches(&self) -> impl Iterator<Item = &Bytes> {
        self.batches.iter()
    }

    /// Number of documents.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.documents
    }

    /// Their bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The error that a detector counts none of them, and why.
    pub(crate) fn nothing_counted(&self, counts: &Counts) -> Error {
        let others = counts.named().filter(|(_, count)| *count > 0);
        let others: Vec<String> = others
            .map(|(name, count)| format!("{} {}", grouped(count), name.replace('_', " ")))
            .collect();
        let mut why = format!(
            "the detector counts none of {}: there is nothing to measure ({})",
            counted(self.documents, "document"),
            others.join(", ")
        );
        if let Some(first) = self.batches.first().filter(|first| !has_json(first)) {
            why.push_str("; ");
            why.push_str(guess(first));
        }
        Error::input(&self.name, why)
    }
}
