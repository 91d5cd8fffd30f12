//! The error of everything outside the component.

use std::fmt;

/// The name of standard output.
pub const STDOUT: &str = "(stdout)";

/// An error outside the component, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A source of events could not be read, or not to its end.
    #[error("{name}: {message}")]
    Input {
        /// The source's name: a path, or `(stdin)`.
        name: String,
        /// The fault, and the remedy.
        message: String,
    },
    /// A setting, a configuration file or an option is wrong. Each message names
    /// its key or its place.
    #[error("{}", .0.join("\n"))]
    Config(Vec<String>),
    /// Results could not be written.
    #[error("{name}: cannot write: {source}")]
    Output {
        /// The sink's name: a path, or `(stdout)`.
        name: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A bug, or a machine that gives no thread.
    #[error("{0}")]
    Broken(String),
}

impl Error {
    /// An input error with the source's name and a message.
    pub fn input(name: impl fmt::Display, message: impl fmt::Display) -> Self {
        Self::Input {
            name: name.to_string(),
            message: message.to_string(),
        }
    }

    /// A configuration error with a single message.
    pub fn config(message: impl Into<String>) -> Self {
        Self::Config(vec![message.into()])
    }

    /// A copy: of an input error whole, of any other by its words alone.
    #[must_use]
    pub fn copy(&self) -> Self {
        match self {
            Self::Input { name, message } => Self::Input {
                name: name.clone(),
                message: message.clone(),
            },
            other => Self::Broken(other.to_string()),
        }
    }
}
