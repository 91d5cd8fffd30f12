//! The files of the templates.

use super::Language;

/// Paths from the detector's folder, and contents.
type Files = &'static [(&'static str, &'static str)];

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// All files of a new detector in a language.
pub(crate) fn of(
    language: Language,
) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    let (own, sdk) = match language {
        Language::Rust => (RUST, SDK),
        Language::Python => (PYTHON, &[][..]),
        Language::JavaScript => (JAVASCRIPT, &[][..]),
    };
    own.iter().chain(COMMON).chain(CONTRACT).chain(sdk)
}

/// The lock file of the template in Rust.
pub(crate) fn lock() -> &'static str {
    let mut files = RUST.iter();
    let lock = files.find(|(file, _)| *file == "Cargo.lock");
    lock.map_or("", |(_, text)| text)
}
