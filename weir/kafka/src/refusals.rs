//! Refused events, named by their place `TOPIC/PARTITION@OFFSET`.

use weir_common::message::Message;
use weir_common::throttle::Throttle;
use weir_host::error::Error;
use weir_sinks::rejects::{Reject, RejectKind, Rejects};
use weir_sources::frame::Refused;

/// Tells people of it, and writes it to the file of refused documents if there is one.
pub(super) struct Refusals<'a> {
    topic: &'a str,
    rejects: Option<Rejects>,
    throttle: Throttle,
}

impl<'a> Refusals<'a> {
    /// Of the events in a topic.
    pub(super) fn new(topic: &'a str, rejects: Option<Rejects>) -> Self {
        Self {
            topic,
            rejects,
            throttle: Throttle::new(),
        }
    }

    /// A document that the detector refused, or on which it fails.
    pub(super) fn document(
        &mut self,
        source: i32,
        offset: i64,
        kind: RejectKind,
        reason: &str,
        record: Option<&[u8]>,
    ) -> Result<(), Error> {
        self.reject(&Reject {
            file: &self.place(source, offset),
            line: 1,
            kind,
            reason,
            record: record.unwrap_or_default(),
            cut: false,
        })
    }

    /// Reports a document that is refused before the detector sees it.
    pub(super) fn unseen(
        &mut self,
        source: i32,
        offset: i64,
        refused: &Refused,
    ) -> Result<(), Error> {
        self.reject(&Reject {
            file: &self.place(source, offset),
            line: refused.line,
            kind: RejectKind::Malformed,
            reason: &refused.reason,
            record: &refused.record,
            cut: refused.cut,
        })
    }

    /// Hands everything on.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        self.rejects.as_mut().map_or(Ok(()), Rejects::flush)
    }

    fn place(&self, source: i32, offset: i64) -> String {
        format!("{}/{source}@{offset}", self.topic)
    }

    fn reject(&mut self, reject: &Reject<'_>) -> Result<(), Error> {
        let told = matches!(reject.kind, RejectKind::Malformed | RejectKind::Quarantined);
        if told {
            let kind = reject.kind.name();
            let text = format!("{}: {kind}: {}", reject.file, reject.reason);
            self.throttle.emit(Message::warn(kind, text), "like it");
        }
        match &mut self.rejects {
            Some(rejects) => rejects.write(reject),
            None => Ok(()),
        }
    }
}
