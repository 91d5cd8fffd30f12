//! Options of the messages on stderr, for every command.

use clap::{Args, ValueEnum};

/// Options of the messages, for every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Messages")]
pub(crate) struct MessageArgs {
    /// Form of the messages on stderr; the environment variable WEIR_LOG_FORMAT sets it too
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORM",
        env = "WEIR_LOG_FORMAT",
        hide_env = true,
        default_value = "text"
    )]
    pub(crate) log_format: LogFormat,
    /// Lowest level of messages that are shown; the summary is an info message
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "LEVEL",
        default_value = "info"
    )]
    pub(crate) log_level: LogLevel,
    /// Show what a detector says for its author (`debug!`, `take-messages`), and the stack where it
    /// fails, with source lines where the component has debug information
    #[arg(long, global = true)]
    pub(crate) debug: bool,
}

/// Form of the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// `weir: ` and a line of text
    Text,
    /// One JSON object a line: timestamp, level, message, code, and file, line or rule where known
    Json,
}

/// Level of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    /// Weir cannot go on, or will end with an exit code other than 0
    Error,
    /// Something was lost, refused or needs attention
    Warn,
    /// All other messages
    Info,
}
