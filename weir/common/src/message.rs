//! Messages for people during a run.

use crate::escape::escape;

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

/// One message, of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Level.
    pub level: Level,
    /// All of it, harmless to terminals.
    pub text: String,
    /// The file or other source that it is about, as it is named.
    pub file: Option<String>,
    /// The line of it, from 1.
    pub line: Option<u64>,
}

impl Message {
    /// A message. Text from logs, files and components is made harmless.
    #[must_use]
    pub fn new(level: Level, text: &str) -> Self {
        Self {
            level,
            text: escape(text),
            file: None,
            line: None,
        }
    }

    /// Says that it is about a file.
    #[must_use]
    pub fn about(mut self, file: &str) -> Self {
        self.file = Some(file.to_owned());
        self
    }

    /// Says that it is about a line of a file, whose name and number then go before the text.
    #[must_use]
    pub fn at(level: Level, file: &str, line: u64, text: &str) -> Self {
        let mut message = Self::new(level, &format!("{file}:{line}: {text}")).about(file);
        message.line = Some(line);
        message
    }

    /// Says of how many it stands for besides.
    #[must_use]
    pub fn and(mut self, more: u64, what: &str) -> Self {
        if more > 0 {
            self.text = format!("{} (and {more} more {what})", self.text);
        }
        self
    }
}
