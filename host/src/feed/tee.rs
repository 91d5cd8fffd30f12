//! One feed for several takers.

use std::time::Duration;

use super::{Feed, Next, Outbox, Part};
use crate::error::Error;
use crate::run::Progress;
use crate::sandbox::Limits;

/// Longest wait before it is noticed that nobody takes any more.
const WAIT: Duration = Duration::from_millis(50);

impl Feed {
    /// So many feeds that all give what this one gives. Each waits for the slowest; one that is
    /// dropped is no longer waited for.
    ///
    /// # Errors
    ///
    /// [`Error::Broken`] when the system gives no thread.
    pub fn tee(mut self, count: usize, limits: &Limits) -> Result<Vec<Feed>, Error> {
        let mut feeds = Vec::with_capacity(count);
        let mut outboxes = Vec::with_capacity(count);
        for taker in 0..count {
            let progress = match taker {
                0 => self.progress.clone(),
                // The others take the same.
                _ => Progress::default(),
            };
            let (mut feed, outbox) = Feed::new(limits, progress);
            feed.threads = 1;
            feeds.push(feed);
            outboxes.push(outbox);
        }
        std::thread::Builder::new()
            .name("weir-tee".to_owned())
            .spawn(move || {
                let last = pass(&mut self, &mut outboxes);
                for outbox in outboxes {
                    let _ = outbox.parts.send(last());
                }
            })
            .map_err(|error| Error::Broken(format!("no thread to read on: {error}")))?;
        Ok(feeds)
    }
}

/// Passes all parts on; the answer makes the last one.
fn pass(feed: &mut Feed, outboxes: &mut Vec<Outbox>) -> fn() -> Part {
    while !outboxes.is_empty() {
        match feed.next(WAIT) {
            Ok(Next::Part(part)) => {
                outboxes.retain(|outbox| part.copy().is_none_or(|part| outbox.send(part).is_ok()))
            }
            Ok(Next::Nothing) => outboxes.retain(|outbox| !outbox.is_stopped()),
            Ok(Next::End) => return || Part::End,
            Err(_) => return || Part::Broken,
        }
    }
    || Part::End
}

impl Part {
    /// The same part for another taker; none of what is for one alone.
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
                error: error.again(),
                foreign: *foreign,
            },
            Self::Bad(error) => Self::Bad(error.again()),
            Self::Forget { source } => Self::Forget { source: *source },
            Self::Unchanged => Self::Unchanged,
            Self::Note(level, text) => Self::Note(*level, text.clone()),
            Self::Receipt { .. } => return None,
            Self::End => Self::End,
            Self::Broken => Self::Broken,
        })
    }
}
