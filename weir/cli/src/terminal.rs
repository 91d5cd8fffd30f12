//! Colours and cursor control of terminals.

use std::env;
use std::io::{self, IsTerminal};

use anstyle::{AnsiColor, Style};

/// Style of success.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// Style of warnings.
pub(crate) const ODD: Style = AnsiColor::Yellow.on_default();
/// Style of errors.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Style of secondary text.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// Style of labels.
pub(crate) const HEAD: Style = Style::new().bold();

/// Painter of text for one output, with colours or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paint(bool);

impl Paint {
    /// On standard output.
    pub(crate) fn stdout() -> Self {
        Self(takes_colours(&io::stdout()))
    }

    /// On standard error.
    pub(crate) fn stderr() -> Self {
        Self(takes_colours(&io::stderr()))
    }

    /// Whether there are colours.
    pub(crate) fn is_on(self) -> bool {
        self.0
    }

    /// Text in a style, or as it is.
    pub(crate) fn apply(self, style: Style, text: &str) -> String {
        match self.0 {
            true => format!("{style}{text}{style:#}"),
            false => text.to_owned(),
        }
    }
}

/// Colours are for terminals, unless people want none (<https://no-color.org>).
fn takes_colours(stream: &impl IsTerminal) -> bool {
    let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !unwanted && moves_cursor(stream)
}

/// Whether a stream is a terminal on which what was written can be written over.
pub(crate) fn moves_cursor(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb")
}
