//! Release of alerts once a checkpoint holds them.

use super::sender::Sender;
use weir_host::contract::Alert;
use weir_host::error::Error;
use weir_sinks::output::{Documents, Sink};

/// A topic, or a file or stream.
pub enum Release {
    /// Each alert as a document keyed by its id.
    Topic(Box<Topic>),
    /// Lines or tables.
    Sink(Box<Sink>),
}

/// A topic of alerts.
pub struct Topic {
    name: String,
    documents: Documents,
}

impl Release {
    /// To a topic on the brokers that the events come from.
    #[must_use]
    pub fn topic(name: &str, documents: Documents) -> Self {
        Self::Topic(Box::new(Topic {
            name: name.to_owned(),
            documents,
        }))
    }

    /// To a file or stream.
    #[must_use]
    pub fn sink(sink: Sink) -> Self {
        Self::Sink(Box::new(sink))
    }

    /// Writes alerts, and waits until they are there.
    pub(super) fn release(&mut self, alerts: Vec<Alert>, sender: &mut Sender) -> Result<(), Error> {
        if alerts.is_empty() {
            return Ok(());
        }
        match self {
            Self::Sink(sink) => {
                sink.release(alerts)?;
                sink.settle().map(|_| ())
            }
            Self::Topic(topic) => {
                for alert in &alerts {
                    let line = topic.documents.text(alert).unwrap_or_default();
                    sender.put(
                        &topic.name,
                        None,
                        alert.id().as_bytes(),
                        Some(line.as_bytes()),
                    )?;
                }
                sender.settle().map(|_| ())
            }
        }
    }
}
