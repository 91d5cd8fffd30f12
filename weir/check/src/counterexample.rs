//! A counterexample as a case that `weir test` replays.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};

use weir_common::explain::explain;
use weir_host::error::Error;
use weir_schedule::Schedule;
use weir_schedule::shrink::Tried;
use weir_sinks::output::EcsRenderer;

use crate::attempt::{plain, run};
use crate::compare::standing;
use crate::law::Law;
use crate::subject::Subject;
use crate::suite::Counterexample;

/// The file of the calls.
pub const CALLS: &str = "calls.ndjson";
/// The file of the lines.
const INPUT: &str = "input.ndjson";

/// Writes a case into a folder, which is created: the lines, the calls, the law, rules, parameters
/// and tables, and what a plain run of the lines finds.
///
/// # Errors
///
/// [`Error::Output`].
pub fn write(
    folder: &Path,
    subject: &Subject<'_>,
    law: &Law,
    found: &Counterexample,
) -> Result<(), Error> {
    let failed = |path: &Path, source| Error::output(path.display(), source);
    fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).map_err(|source| failed(&path, source))
    };
    let mut input = Vec::new();
    for line in &found.tried.lines {
        input.extend_from_slice(line);
        input.push(b'\n');
    }
    write(INPUT, &input)?;
    write(CALLS, found.tried.schedule.text().as_bytes())?;
    write(
        "expected.ndjson",
        plainly(subject, &found.tried)?.as_bytes(),
    )?;
    let manifest = manifest(subject, law)?;
    write("case.toml", manifest.to_string().as_bytes())
}

/// What a plain run finds, as `weir run --final` prints it; nothing where it fails.
fn plainly(subject: &Subject<'_>, tried: &Tried) -> Result<String, Error> {
    let plain = plain(tried.lines.len());
    let Ok(run) = run(subject, &tried.lines, &plain, false)? else {
        return Ok(String::new());
    };
    let mut text = String::new();
    for alert in standing(&run.alerts).values() {
        let rule = subject.rules.iter().find(|one| one.rule.id == alert.rule);
        if let Some(rule) = rule {
            let document = EcsRenderer::new(&rule.rule).document(alert);
            text.push_str(&Json::Object(document).to_string());
            text.push('\n');
        }
    }
    Ok(text)
}

fn manifest(subject: &Subject<'_>, law: &Law) -> Result<toml::Table, Error> {
    let broken = |error: toml::ser::Error| Error::Broken(format!("case.toml: {error}"));
    let mut manifest = toml::Table::new();
    manifest.insert(
        "why".to_owned(),
        format!("{} ({})", law.says, law.name).into(),
    );
    manifest.insert("law".to_owned(), law.name.into());
    let names = subject.rules.iter().map(|one| one.rule.short_name.clone());
    manifest.insert("rules".to_owned(), names.collect::<Vec<_>>().into());
    let parameters: Map<String, Json> = subject
        .rules
        .iter()
        .filter(|one| !one.parameters.is_empty())
        .map(|one| {
            (
                one.rule.short_name.clone(),
                Json::Object(one.parameters.clone()),
            )
        })
        .collect();
    if !parameters.is_empty() {
        let table = toml::Value::try_from(&parameters).map_err(broken)?;
        manifest.insert("parameters".to_owned(), table);
    }
    if !subject.tables.is_empty() {
        let path = |path: &PathBuf| fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        let tables = subject.tables.iter().map(|(name, (file, _))| {
            (
                name.clone(),
                toml::Value::from(path(file).display().to_string()),
            )
        });
        manifest.insert("tables".to_owned(), toml::Value::Table(tables.collect()));
    }
    Ok(manifest)
}

/// The calls of a case, to be made over so many lines; none where it has no file of them.
///
/// # Errors
///
/// [`Error::Input`] when the file cannot be read, or one of its lines is no call that can be made.
pub fn read_calls(folder: &Path, lines: usize) -> Result<Option<Schedule>, Error> {
    let path = folder.join(CALLS);
    if !path.exists() {
        return Ok(None);
    }
    let text =
        fs::read_to_string(&path).map_err(|error| Error::input(path.display(), explain(&error)))?;
    let bad = |bad: weir_schedule::BadCall| {
        Error::input(format!("{}:{}", path.display(), bad.line), bad.why)
    };
    let schedule = Schedule::parse(&text).map_err(bad)?;
    schedule.check(lines).map_err(bad)?;
    Ok(Some(schedule))
}

/// The lines of a case as they are, whatever bytes they have.
///
/// # Errors
///
/// [`Error::Input`] when a file cannot be read.
pub fn read_lines(inputs: &[PathBuf]) -> Result<Vec<Vec<u8>>, Error> {
    let mut lines = Vec::new();
    for path in inputs {
        let bytes =
            fs::read(path).map_err(|error| Error::input(path.display(), explain(&error)))?;
        let ended = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        if !bytes.is_empty() {
            lines.extend(ended.split(|byte| *byte == b'\n').map(<[u8]>::to_vec));
        }
    }
    Ok(lines)
}
