//! Refused documents: to people on stderr, and whole to a file.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use base64::Engine as _;
use serde_json::{Map, json};

use crate::output::Output;
use weir_host::contract::RefusalKind;
use weir_host::error::Error;

/// A refused document with where it came from.
#[derive(Debug, Clone, Copy)]
pub struct Reject<'a> {
    /// Name of the source.
    pub file: &'a str,
    /// Line of the source, from 1.
    pub line: u64,
    /// Why it was not counted.
    pub kind: RejectKind,
    /// The fault.
    pub reason: &'a str,
    /// Its bytes, as far as they are kept.
    pub record: &'a [u8],
    /// Whether the record is cut.
    pub cut: bool,
}

/// Writes refused documents as JSON, one object a line: `detector` where there are several, `file`,
/// `line`, `kind`, `reason`, the document as `record` (or in Base64 as `record_base64` when it is
/// not UTF-8), and `cut` when it is not all there.
#[derive(Clone)]
pub struct Rejects {
    output: Output,
    detector: Option<String>,
}

impl Rejects {
    /// Writes them there.
    #[must_use]
    pub fn new(output: Output) -> Self {
        Self {
            output,
            detector: None,
        }
    }

    /// Gives up a pipe that takes nothing once `stop` is set.
    ///
    /// # Errors
    ///
    /// As [`Output::ending_on`].
    pub fn ending_on(mut self, stop: &Arc<AtomicBool>) -> Result<Self, Error> {
        self.output = self.output.ending_on(stop)?;
        Ok(self)
    }

    /// Says which detector refuses, by its rule's id.
    #[must_use]
    pub fn of(mut self, detector: Option<String>) -> Self {
        self.detector = detector;
        self
    }

    /// Writes one.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when that fails.
    pub fn write(&mut self, reject: &Reject<'_>) -> Result<(), Error> {
        let mut object = Map::new();
        if let Some(detector) = &self.detector {
            object.insert("detector".into(), json!(detector));
        }
        object.insert("file".into(), json!(reject.file));
        object.insert("line".into(), json!(reject.line));
        object.insert("kind".into(), json!(reject.kind.name()));
        object.insert("reason".into(), json!(reject.reason));
        match std::str::from_utf8(reject.record) {
            Ok(text) => object.insert("record".into(), json!(text)),
            // A cut may go through a character; the rest is still text.
            Err(error) if reject.cut && error.error_len().is_none() => {
                let whole = reject.record.get(..error.valid_up_to()).unwrap_or_default();
                object.insert("record".into(), json!(String::from_utf8_lossy(whole)))
            }
            Err(_) => {
                let encoded = base64::engine::general_purpose::STANDARD.encode(reject.record);
                object.insert("record_base64".into(), json!(encoded))
            }
        };
        if reject.cut {
            object.insert("cut".into(), json!(true));
        }
        self.output
            .put(&format!("{}\n", serde_json::Value::Object(object)))
    }

    /// Hands everything on.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when that fails.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.output.flush()
    }

    /// Makes durable what was written to a regular file; its length in bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when that fails.
    pub fn settle(&mut self) -> Result<Option<u64>, Error> {
        self.output.settle()
    }
}

/// Why a document was not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectKind {
    /// Not JSON, or a record of the rule's data set without a field it cannot do without.
    Malformed,
    /// Later than the allowed lateness.
    DroppedLate,
    /// Further in the future than allowed.
    RefusedFuture,
    /// The component fails on it.
    Quarantined,
}

impl RejectKind {
    /// Its name; those of the contract have the contract's.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::DroppedLate => "dropped-late",
            Self::RefusedFuture => "refused-future",
            Self::Quarantined => "quarantined",
        }
    }
}

impl From<RefusalKind> for RejectKind {
    fn from(kind: RefusalKind) -> Self {
        match kind {
            RefusalKind::Malformed => Self::Malformed,
            RefusalKind::DroppedLate => Self::DroppedLate,
            RefusalKind::RefusedFuture => Self::RefusedFuture,
        }
    }
}
