//! Options of `weir new`.

use clap::{Args, ValueEnum};

pub(super) const EXAMPLES: &str = "\
Writes the folder NAME: a detector that works, with one case that alerts and one that does not,
its configuration weir.toml, a page on what to do next, and an example for CI. Its first command
builds the component; `weir test cases` passes then. In ES|QL it is a rule file with its cases
beside it, without a configuration; `weir test NAME` passes at once.

Examples:
  weir new failed-logins
  weir new failed-logins --language python
  weir new failed-logins --language esql";

/// Options of `weir new`.
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// Name of the detector, its folder and its crate: lower-case letters, digits and hyphens
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Write it in this language
    #[arg(long, value_enum, default_value_t = Language::Rust)]
    pub(crate) language: Language,
}

/// A language that detectors are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// On the SDK: windows, late events, duplicates, snapshots and merging are done; the smallest
    /// and fastest component
    Rust,
    /// By componentize-py, without the SDK
    Python,
    /// By componentize-js, without the SDK
    Javascript,
    /// A rule file with its cases beside it; nothing is built
    Esql,
}
