//! The files of the templates.

use super::Language;

/// Paths from the detector's folder, and contents.
type Files = &'static [(&'static str, &'static str)];

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// All files of a new detector in a language.
pub(crate) fn of(
    language: Language,
) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    let none = &[][..];
    let (own, common, contract, sdk) = match language {
        Language::Rust => (RUST, COMMON, CONTRACT, SDK),
        Language::Python => (PYTHON, COMMON, CONTRACT, none),
        Language::JavaScript => (JAVASCRIPT, COMMON, CONTRACT, none),
        // The cases stand beside the rule file, and nothing is built.
        Language::Esql => (ESQL, none, none, none),
    };
    own.iter().chain(common).chain(contract).chain(sdk)
}

/// The lock file of the template in Rust.
pub(crate) fn lock() -> &'static str {
    let mut files = RUST.iter();
    let lock = files.find(|(file, _)| *file == "Cargo.lock");
    lock.map_or("", |(_, text)| text)
}
