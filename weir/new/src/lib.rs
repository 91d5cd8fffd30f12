//! Writes a detector to begin with, in one of several languages.
//!
//! A template is a whole detector that works, by the name of `failed-logins`. A new one is a copy with
//! another name, and with an id of its own, which its cases know.
#![forbid(unsafe_code)]

mod files;
mod lock;
mod name;
mod tools;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use weir_common::message::Message;
use weir_host::contract::{KeyPart, Value, Window};
use weir_host::{Error, identity::identity};

/// The name of the detector that the templates are.
const TEMPLATE: &str = "failed-logins";
/// Its id.
const TEMPLATE_ID: &str = "0b8a5f6e-2f0c-4d1c-9c39-6a1f0d6b7f52";

/// A language that detectors are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Rust, on the SDK.
    Rust,
    /// Python, by componentize-py.
    Python,
    /// JavaScript, by componentize-js.
    JavaScript,
    /// ES|QL, in a rule file of Elastic's format.
    Esql,
}

impl Language {
    /// Its name in sentences.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
            Self::Esql => "ES|QL",
        }
    }

    /// The command that builds a detector, in its folder, and runs its cases.
    #[must_use]
    pub fn first(self) -> &'static str {
        match self {
            Self::Rust => "cargo build --release && weir test cases",
            Self::Python => "sh build.sh && weir test cases",
            Self::JavaScript => "npm run build && weir test cases",
            Self::Esql => "weir test .",
        }
    }
}

/// Writes a new detector into a folder of its name below `parent`, which must not exist, and says
/// which tools it needs that this machine does not have.
///
/// # Errors
///
/// [`Error::Config`] for a name that is none, or that there is a folder of; [`Error::Output`] when
/// the folder cannot be written, of which nothing is left then.
pub fn write(parent: &Path, name: &str, language: Language) -> Result<PathBuf, Error> {
    name::check(name)?;
    let folder = parent.join(name);
    if let Err(error) = fs::create_dir(&folder) {
        return Err(match error.kind() {
            ErrorKind::AlreadyExists => Error::config(format!(
                "{}: this is there already; choose another name, or remove it",
                folder.display()
            )),
            _ => Error::output(folder.display(), error),
        });
    }
    let id = new_id();
    for (file, text) in files::of(language) {
        let path = folder.join(file.replace(TEMPLATE, name));
        let text = renamed(file, text, name, &id);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all);
        if let Err(error) = written.and_then(|()| fs::write(&path, text)) {
            // What is half a detector would only be in the way.
            let _ = fs::remove_dir_all(&folder);
            return Err(Error::output(path.display(), error));
        }
    }
    for missing in tools::missing(language) {
        Message::warn("tool-missing", missing).emit();
    }
    Ok(folder)
}

/// A file of the template as one of the detector with this name and id.
fn renamed(file: &str, text: &str, name: &str, id: &str) -> String {
    let alert = |id: &str| format!("{:032x}", template_alert(id));
    let text = text
        .replace(TEMPLATE, name)
        .replace(&underscored(TEMPLATE), &underscored(name))
        .replace(TEMPLATE_ID, id)
        .replace(&alert(TEMPLATE_ID), &alert(id));
    match file {
        "Cargo.lock" => lock::sorted(&text),
        _ => text,
    }
}

fn underscored(name: &str) -> String {
    name.replace('-', "_")
}

/// The id of the alert that the template's case expects, of a rule with this id.
fn template_alert(rule: &str) -> u128 {
    let part = |name: &str, value: &str| KeyPart {
        name: name.to_owned(),
        value: Some(Value::Text(value.to_owned())),
    };
    let window = Window {
        start: 1_779_183_000_000,
        end: 1_779_183_300_000,
    };
    let key = [part("user.name", "root"), part("source.ip", "203.0.113.7")];
    identity(rule, window, &key)
}

/// A random UUID.
fn new_id() -> String {
    let (high, low) = weir_common::seed::random_seed();
    let bits = (u128::from(high) << 64 | u128::from(low)) & !(0xf << 76) & !(0x3 << 62);
    let digits = format!("{:032x}", bits | 0x4 << 76 | 0x2 << 62);
    let parts =
        [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| digits.get(part).unwrap_or_default());
    parts.join("-")
}

#[cfg(test)]
mod tests;
