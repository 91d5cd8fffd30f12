//! Messages to people: one line, a stable code and data, sent as events of `tracing`.
//!
//! A message's code and data are for machines and stay; its words may change. [`Message::emit`]
//! makes an event of the target [`TARGET`], with the fields `code`, `file` and `line`. A message of
//! one of several detectors is emitted inside of the span [`rule`], which names it.

mod captured;

use std::fmt;

pub use captured::captured;

use crate::escape::escape;

/// Target of the events.
pub const TARGET: &str = "weir";

/// Level of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It cannot go on, or will end with another exit code than 0.
    Error,
    /// It goes on, and something was lost, refused or is not as it should be.
    Warn,
    /// Anything else.
    Info,
}

/// A message that is not emitted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "it is not emitted yet"]
pub struct Message {
    /// Level.
    pub level: Level,
    /// Stable name of what happened, in words with hyphens.
    pub code: &'static str,
    /// One line, harmless to terminals.
    pub text: String,
    /// File or other source that it is about, by its name.
    pub file: Option<String>,
    /// Line of the file, from 1.
    pub line: Option<u64>,
}

impl Message {
    /// A message. Text from logs, files and components is made harmless.
    pub fn new(level: Level, code: &'static str, text: impl fmt::Display) -> Self {
        Self {
            level,
            code,
            text: escape(&text.to_string()),
            file: None,
            line: None,
        }
    }

    /// An error.
    pub fn error(code: &'static str, text: impl fmt::Display) -> Self {
        Self::new(Level::Error, code, text)
    }

    /// A warning.
    pub fn warn(code: &'static str, text: impl fmt::Display) -> Self {
        Self::new(Level::Warn, code, text)
    }

    /// An information.
    pub fn info(code: &'static str, text: impl fmt::Display) -> Self {
        Self::new(Level::Info, code, text)
    }

    /// Names the file that it is about.
    pub fn about(mut self, file: &str) -> Self {
        self.file = Some(file.to_owned());
        self
    }

    /// Names the line of a file that it is about; both then stand before the text.
    pub fn at(mut self, file: &str, line: u64) -> Self {
        self.text = format!("{}:{line}: {}", escape(file), self.text);
        self.line = Some(line);
        self.about(file)
    }

    /// Adds the number of messages that it stands for besides.
    pub fn and(mut self, more: u64, what: &str) -> Self {
        if more > 0 {
            self.text = format!("{} (and {more} more {what})", self.text);
        }
        self
    }

    /// Emits it as an event of `tracing`.
    pub fn emit(self) {
        let Self {
            code, text, line, ..
        } = self;
        let file = self.file.as_deref();
        match self.level {
            Level::Error => tracing::error!(target: TARGET, code, file, line, "{text}"),
            Level::Warn => tracing::warn!(target: TARGET, code, file, line, "{text}"),
            Level::Info => tracing::info!(target: TARGET, code, file, line, "{text}"),
        }
    }
}

/// Span of the messages of one of several detectors; none has no name.
#[must_use]
pub fn rule(name: Option<&str>) -> tracing::Span {
    name.map_or_else(
        tracing::Span::none,
        |name| tracing::error_span!(target: TARGET, "detector", rule = name),
    )
}
