//! Events of messages, captured for tests.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Runs `act`, and returns with its value the code and the text of each message that it emits on
/// this thread.
pub fn captured<T>(act: impl FnOnce() -> T) -> (T, Vec<(String, String)>) {
    let messages = Messages::default();
    let value = tracing::subscriber::with_default(messages.clone(), act);
    let taken = std::mem::take(&mut *messages.0.lock().unwrap_or_else(PoisonError::into_inner));
    (value, taken)
}

#[derive(Clone, Default)]
struct Messages(Arc<Mutex<Vec<(String, String)>>>);

impl Subscriber for Messages {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        messages.push((fields.code, fields.text));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Fields {
    code: String,
    text: String,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "code" {
            self.code = value.to_owned();
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.text = format!("{value:?}");
        }
    }
}
