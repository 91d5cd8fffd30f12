//! Summaries of a run: as text, or as JSON objects in a file or at the end of stderr.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::Value as Json;
use weir_common::escape::escape_json;
use weir_host::Error;

use crate::cli::DetectArgs;
use crate::log;
use crate::progress::suspended;
use crate::terminal::{HEAD, ODD, Paint};

/// The file name that means standard error.
const STDERR: &str = "-";
/// The words that what is not as it should be begins with.
const ODDITIES: [&str; 3] = ["wrong", "restarts", "hint"];

/// The summaries of the detectors of a run.
#[derive(Debug, Default)]
pub(super) struct Summaries {
    /// Objects that are still to be written, in the order in which the detectors ended.
    lines: Mutex<Vec<String>>,
}

impl Summaries {
    /// Takes one; `name` is the rule's where there are several.
    pub(super) fn add(
        &self,
        arguments: &DetectArgs,
        text: &str,
        object: &Json,
        name: Option<&str>,
    ) {
        let file = arguments.json_summary.as_deref();
        if log::is_json() && file == Some(Path::new(STDERR)) {
            // Asked for by name, so whatever else is left out.
            return log::summarise_anyway(object, name);
        }
        if file.is_some() {
            let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            lines.push(escape_json(&object.to_string()));
        }
        if arguments.quiet {
            return;
        }
        if log::is_json() {
            log::summarise(object);
        } else if file != Some(Path::new(STDERR)) {
            let paint = Paint::stderr();
            text.lines()
                .for_each(|line| log::line(&styled(line, paint)));
        }
    }

    /// Writes the objects that are asked for. On standard error it is the last thing.
    pub(super) fn write(self, arguments: &DetectArgs) -> Result<(), Error> {
        let lines = self
            .lines
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(path) = &arguments.json_summary else {
            return Ok(());
        };
        let mut text = lines.join("\n");
        text.push('\n');
        if path != Path::new(STDERR) {
            return fs::write(path, text).map_err(|source| Error::output(path.display(), source));
        }
        if !lines.is_empty() {
            // A closed reader is no error.
            suspended(|| drop(io::stderr().lock().write_all(text.as_bytes())));
        }
        Ok(())
    }
}

/// A line of the summary with its first word marked.
fn styled(line: &str, paint: Paint) -> String {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    if !paint.is_on() || word.is_empty() {
        return line.to_owned();
    }
    let style = if ODDITIES.contains(&word) { ODD } else { HEAD };
    format!("{} {rest}", paint.apply(style, word))
}
