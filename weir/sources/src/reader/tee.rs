//! Tee: one reader for several receivers.

use std::time::Duration;

use super::{Next, Part, PartSender, Reader};
use crate::frame::Sizes;
use crate::progress::Progress;
use weir_common::error::Error;

/// Longest wait before dropped receivers are noticed.
const WAIT: Duration = Duration::from_millis(50);

impl Reader {
    /// So many readers that all give what this one gives. Each waits for the slowest; one that is
    /// dropped is no longer waited for.
    ///
    /// # Errors
    ///
    /// [`Error::Broken`] when the system gives no thread.
    pub fn tee(mut self, count: usize, sizes: Sizes) -> Result<Vec<Reader>, Error> {
        let mut readers = Vec::with_capacity(count);
        let mut senders = Vec::with_capacity(count);
        for taker in 0..count {
            let progress = match taker {
                0 => self.progress.clone(),
                // Bytes are counted once.
                _ => Progress::default(),
            };
            let (mut reader, sender) = Reader::new(sizes, progress);
            reader.threads = 1;
            readers.push(reader);
            senders.push(sender);
        }
        std::thread::Builder::new()
            .name("weir-tee".to_owned())
            .spawn(move || {
                let last = pass(&mut self, &mut senders);
                for sender in senders {
                    let _ = sender.parts.send(last());
                }
            })
            .map_err(|error| Error::Broken(format!("no thread to read on: {error}")))?;
        Ok(readers)
    }
}

/// Passes all parts on; returns what makes the last one.
fn pass(reader: &mut Reader, senders: &mut Vec<PartSender>) -> fn() -> Part {
    while !senders.is_empty() {
        match reader.next(WAIT) {
            Ok(Next::Part(part)) => {
                senders.retain(|sender| {
                    part.copy()
                        .is_none_or(|part| sender.send(part).is_ok() || ended(sender))
                });
            }
            Ok(Next::Timeout) => senders.retain(|sender| !sender.is_stopped() || ended(sender)),
            Ok(Next::End) => return || Part::End,
            Err(_) => return || Part::Broken,
        }
    }
    || Part::End
}

/// Tells a receiver that has stopped reading that nothing more comes. It is not kept: false.
fn ended(sender: &PartSender) -> bool {
    // A dropped receiver is no error: it waits for nothing.
    let _ = sender.parts.send(Part::End);
    false
}

impl Part {
    /// A copy of the part for another receiver; none of a part for one alone.
    fn copy(&self) -> Option<Part> {
        Some(match self {
            Self::Opened {
                source,
                name,
                identity,
                position,
            } => Self::Opened {
                source: *source,
                name: name.clone(),
                identity: identity.clone(),
                position: *position,
            },
            Self::Identified { source, identity } => Self::Identified {
                source: *source,
                identity: identity.clone(),
            },
            Self::Batch(batch) => Self::Batch(batch.clone()),
            Self::Refused {
                source,
                refused,
                position,
            } => Self::Refused {
                source: *source,
                refused: refused.clone(),
                position: *position,
            },
            Self::Ended {
                source,
                position,
                size,
            } => Self::Ended {
                source: *source,
                position: *position,
                size: *size,
            },
            Self::Failed {
                source,
                position,
                error,
                foreign,
            } => Self::Failed {
                source: *source,
                position: *position,
                error: error.copy(),
                foreign: *foreign,
            },
            Self::Bad(error) => Self::Bad(error.copy()),
            Self::Forget { source } => Self::Forget { source: *source },
            Self::Unchanged => Self::Unchanged,
            Self::Note(message) => Self::Note(message.clone()),
            Self::Receipt { .. } => return None,
            Self::End => Self::End,
            Self::Broken => Self::Broken,
        })
    }
}
