//! Messages for people about sources and failures, each kind throttled.

use super::Run;
use weir_common::message::{Level, Message};

impl Run<'_> {
    /// Reports an error of a source; the run goes on with the next.
    pub fn bad_source(&mut self, error: &weir_common::Error) {
        self.totals.bad_sources += 1;
        // What senders do wrong is theirs, and ends nothing here.
        let level = match self.gauges {
            Some(_) => Level::Warn,
            None => Level::Error,
        };
        let message = Message::new(level, &error.to_string());
        self.complain(match error {
            weir_common::Error::Input { name, .. } => message.about(name),
            _ => message,
        });
    }

    /// Tells people what is wrong with a source. Where each request is one of its own, there
    /// may be too many to tell of all.
    pub(super) fn complain(&mut self, message: Message) {
        let gauges = self.gauges.as_ref();
        if let Some(more) = gauges.map_or(Some(0), |_| self.senders.pass()) {
            (self.report)(message.and(more, "more like it"));
        }
    }

    /// Tells people what the engine has to say.
    pub(super) fn pass_on(&mut self) {
        for note in self.engine.notes() {
            self.failure(Message::new(Level::Warn, &note));
        }
    }

    /// Tells people of a failure of the component's, unless there are too many.
    pub(super) fn failure(&mut self, message: Message) {
        if let Some(more) = self.failures.pass() {
            (self.report)(message.and(more, "more failures"));
        }
    }
}
