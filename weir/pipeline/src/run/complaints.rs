//! Messages about sources.

use super::Run;
use weir_common::message::{Level, Message};

impl Run<'_> {
    /// Reports an error of a source; the run goes on with the next.
    pub fn bad_source(&mut self, error: &weir_common::Error) {
        self.fail_source("source-failed", error);
    }

    /// Reports an error of a source under a code of its own.
    pub(super) fn fail_source(&mut self, code: &'static str, error: &weir_common::Error) {
        self.totals.bad_sources += 1;
        // What senders do wrong is theirs, and ends nothing here.
        let level = match self.gauges {
            Some(_) => Level::Warn,
            None => Level::Error,
        };
        let message = Message::new(level, code, error);
        self.complain(match error {
            weir_common::Error::Input { name, .. } => message.about(name),
            _ => message,
        });
    }

    /// Reports what is wrong with a source; throttled where each request is a source of its own.
    pub(super) fn complain(&mut self, message: Message) {
        match self.gauges {
            Some(_) => self.senders.emit(message, "like it"),
            None => message.emit(),
        }
    }
}
