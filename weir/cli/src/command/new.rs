//! `weir new`: a detector to begin with.

use std::path::Path;

use weir_host::Error;

use super::say;
use crate::cli::{Language, NewArgs};

/// Runs the command.
pub(crate) fn new(arguments: &NewArgs) -> Result<u8, Error> {
    let language = match arguments.language {
        Language::Rust => weir_new::Language::Rust,
        Language::Python => weir_new::Language::Python,
        Language::Javascript => weir_new::Language::JavaScript,
        Language::Esql => weir_new::Language::Esql,
    };
    let folder = weir_new::write(Path::new(""), &arguments.name, language)?;
    let folder = folder.display();
    let (name, first) = (language.name(), language.first());
    say(
        "detector-written",
        format!("{folder}: a detector in {name}; next: cd {folder} && {first}"),
    );
    Ok(0)
}
