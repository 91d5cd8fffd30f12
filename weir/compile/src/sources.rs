//! Rule files, from paths.

use crate::files;
use crate::node::{Syntax, Value};
use std::fs;
use std::path::{Path, PathBuf};

/// A rule file.
#[derive(Clone, Debug)]
pub struct File {
    /// Its name in reports.
    pub name: String,
    /// Its text.
    pub text: String,
    /// How it is written.
    pub syntax: Syntax,
    /// Whether it was found in a folder, and not named.
    pub found: bool,
}

/// A path that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The path.
    pub name: String,
    /// Why not.
    pub why: String,
}

/// Largest file, in bytes.
const LARGEST: u64 = 256 << 20;

/// Reads rule files, and those in folders, in the order of their names.
#[must_use]
pub fn read(paths: &[PathBuf]) -> (Vec<File>, Vec<Unreadable>) {
    let (mut files, mut failed) = (Vec::new(), Vec::new());
    for path in paths {
        let found = path.is_dir();
        let mut list = vec![path.clone()];
        if found {
            list.clear();
            let walk = walkdir::WalkDir::new(path).sort_by_file_name();
            for entry in walk.into_iter().filter_entry(|entry| !holds_cases(entry)) {
                match entry {
                    Ok(entry) if entry.file_type().is_dir() => {}
                    Ok(entry) if is_rule_file(entry.path()) => list.push(entry.into_path()),
                    Ok(_) => {}
                    Err(error) => failed.push(Unreadable {
                        name: path.display().to_string(),
                        why: error.to_string(),
                    }),
                }
            }
        }
        for path in list {
            match read_one(&path, found) {
                Ok(file) => files.push(file),
                Err(why) => failed.push(Unreadable {
                    name: path.display().to_string(),
                    why,
                }),
            }
        }
    }
    (files, failed)
}

/// Whether an entry below a folder is one with the cases of a rule file, which holds none.
fn holds_cases(entry: &walkdir::DirEntry) -> bool {
    let ending = entry.path().extension();
    entry.depth() > 0 && entry.file_type().is_dir() && ending.is_some_and(|it| it == "cases")
}

fn is_rule_file(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    matches!(ending, Some("toml" | "ndjson"))
}

fn read_one(path: &Path, found: bool) -> Result<File, String> {
    let meta = fs::metadata(path).map_err(|error| error.to_string())?;
    if !meta.is_file() {
        return Err("is no file but a pipe or a device".to_owned());
    }
    if meta.len() > LARGEST {
        return Err(format!("is larger than {} MiB", LARGEST >> 20));
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes).map_err(|error| {
        format!(
            "is not UTF-8 from byte {} on",
            error.utf8_error().valid_up_to()
        )
    })?;
    Ok(file(&path.display().to_string(), text, found))
}

/// Whether a TOML file has a table `[rule]`.
///
/// # Errors
/// Why it cannot be read.
pub fn is_rule(path: &Path) -> Result<bool, String> {
    Ok(has_rule(&read_one(path, true)?.text))
}

fn has_rule(text: &str) -> bool {
    let Ok(document) = files::toml(text.trim_start_matches('\u{feff}')) else {
        return false;
    };
    let rule = document.get("rule");
    rule.is_some_and(|rule| matches!(rule.value, Value::Table(_)))
}

/// A file of a text: a JSON object a line if it begins with one, else TOML.
#[must_use]
pub fn file(name: &str, text: String, found: bool) -> File {
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    let syntax = match text.trim_start().starts_with('{') {
        true => Syntax::Ndjson,
        false => Syntax::Toml,
    };
    File {
        name: name.to_owned(),
        text,
        syntax,
        found,
    }
}
