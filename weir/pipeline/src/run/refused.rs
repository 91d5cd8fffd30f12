//! Documents that were refused, here or by the component, and those on which it failed.

use super::Run;
use weir_common::message::Message;
use weir_host::{BatchResult, Error};
use weir_sinks::rejects::{Reject, RejectKind};
use weir_sources::frame::Refused;
use weir_sources::reader::Batch;

impl Run<'_> {
    /// Takes in the documents of a batch that the component refused, or on which it failed.
    pub(super) fn reject_all(&mut self, batch: &Batch, taken: &BatchResult) -> Result<(), Error> {
        if taken.refused.is_empty() && taken.quarantined.is_empty() {
            return Ok(());
        }
        let name = self.source_table.name(batch.source);
        for document in &taken.quarantined {
            self.totals.quarantined += 1;
            let line = batch.lines.line(document.line);
            let text = format!("quarantined: {}", document.reason);
            let message = Message::warn("quarantined", text).at(&name, line);
            self.failures.emit(message, "failures");
            let reject = Reject {
                file: &name,
                line,
                kind: RejectKind::Quarantined,
                reason: &document.reason,
                record: batch
                    .bytes
                    .get(document.from..document.to)
                    .unwrap_or_default(),
                cut: false,
            };
            self.reject(batch.source, &reject)?;
        }
        for refusal in &taken.refused {
            // The offsets are the component's word and may be anything.
            let from = refusal.offset as usize;
            let to = from.saturating_add(refusal.length as usize);
            let reject = Reject {
                file: &name,
                line: batch.lines.line(refusal.line),
                kind: refusal.kind.into(),
                reason: &refusal.reason,
                record: batch.bytes.get(from..to).unwrap_or_default(),
                cut: false,
            };
            self.reject(batch.source, &reject)?;
        }
        Ok(())
    }

    /// Takes a document that was refused before the detector saw it.
    pub(super) fn refused(&mut self, source: usize, refused: &Refused) -> Result<(), Error> {
        self.totals.documents.malformed += 1;
        self.totals.refused_here += 1;
        self.source_table.read(source, 1, 1);
        let name = self.source_table.name(source);
        self.see(&refused.record);
        self.source_table.look(source, &refused.record, true);
        if let Some(to) = refused.given_up {
            let lines = match to == refused.line {
                true => format!("line {to} was"),
                false => format!("lines {} to {to} were", refused.line),
            };
            let why = format!(
                "{lines} given up: {}, and where the next record begins cannot be told; \
                 what comes before was read",
                refused.reason
            );
            self.fail_source(
                "lines-given-up",
                &weir_common::Error::input(name.clone(), why),
            );
        }
        let reject = Reject {
            file: &name,
            line: refused.line,
            kind: RejectKind::Malformed,
            reason: &refused.reason,
            record: &refused.record,
            cut: refused.cut,
        };
        self.reject(source, &reject)
    }

    fn reject(&mut self, source: usize, reject: &Reject<'_>) -> Result<(), Error> {
        if matches!(reject.kind, RejectKind::Malformed | RejectKind::Quarantined) {
            self.reasons.count(reject.kind, reject.reason);
        }
        if reject.kind == RejectKind::Malformed && self.source_table.malformed(source) {
            let text = format!("malformed: {}", reject.reason);
            self.complain(Message::warn("malformed", text).at(reject.file, reject.line));
        }
        match &mut self.rejects {
            Some(rejects) => rejects.write(reject),
            None => Ok(()),
        }
    }
}
