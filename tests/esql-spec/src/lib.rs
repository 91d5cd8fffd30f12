//! Runs csv-spec files, the public tests of ES|QL, against the reference evaluation.
//!
//! A folder holds files `*.csv-spec` of named tests, each a query and the table that it gives, and the
//! data that queries read: `NAME.csv`, beside them or in `data/`, for `FROM NAME`. A test passes if its
//! table has the same names, types and rows; it is left out if it asks for a part of the language or
//! of the data that is not supported, which the report names and counts; otherwise it fails.
#![forbid(unsafe_code)]

mod case;
mod cell;
mod data;
pub mod report;
mod trial;

use report::{FileReport, Report};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its table is the expected one.
    Passed,
    /// It is not, or the query is refused though nothing in it is unsupported: how.
    Failed(String),
    /// What is not supported.
    LeftOut(String),
}

/// Runs all files of a folder.
///
/// # Errors
/// A sentence if the folder cannot be read or holds no test.
pub fn run(folder: &Path) -> Result<Report, String> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "csv-spec"))
        .collect();
    paths.sort();
    let mut report = Report::default();
    let mut sources = data::Sources::new(folder);
    for path in paths {
        let name = path.file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        let mut file = FileReport {
            name,
            ..FileReport::default()
        };
        match fs::read_to_string(&path) {
            Ok(text) => one(&text, &mut sources, &mut file),
            Err(error) => file.malformed.push(error.to_string()),
        }
        report.files.push(file);
    }
    if report.files.is_empty() {
        return Err(format!("{}: no file *.csv-spec is in it", folder.display()));
    }
    Ok(report)
}

/// Runs the tests of a file's text.
fn one(text: &str, sources: &mut data::Sources, file: &mut FileReport) {
    let (cases, malformed) = case::read(text);
    file.malformed.extend(malformed);
    for case in cases {
        match trial::tried(&case, sources) {
            Verdict::Passed => file.passed += 1,
            Verdict::Failed(why) => {
                let title = format!("{}:{} {}", file.name, case.line, case.name);
                file.failed.push((title, why));
            }
            Verdict::LeftOut(feature) => {
                let features: &mut BTreeMap<String, usize> = &mut file.left_out;
                *features.entry(feature).or_default() += 1;
            }
        }
    }
}
