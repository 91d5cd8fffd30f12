//! Holds hosts to the same alerts, byte for byte, on every fixture.

use super::{Host, Said};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use weir_cases::Case;
use weir_detector::identity;
use weir_detector::model::{self, KeyPart, Window};
use weir_host::Limits;
use weir_pipeline::sizes;
use weir_sources::frame::{Framer, Piece};
use weir_sources::input::Source;

/// Detects on one call, so that a single record shows what becomes of it.
const LOWEST: &str = r#"{"min_total_calls":1,"min_errors":0,"min_error_rate":0,"min_url_paths":0}"#;
/// A number that a double cannot hold; text of several planes, and what JSON escapes; and bytes
/// that are not UTF-8, in a place that the rule reads, in one that it does not, in one element of an
/// envelope, around a record, and as the last line.
const ODD: &[u8] = b"\
{\"@timestamp\":\"2026-05-19T09:31:07Z\",\"data_stream\":{\"dataset\":\"azure.aadgraphactivitylogs\"},\"user\":{\"id\":\"zo\xc3\xab \xf0\x9f\xa6\x8a\\u0001\\u007f\\u2028\\\"\\\\\"},\"source\":{\"as\":{\"number\":9007199254740993}},\"http\":{\"response\":{\"status_code\":403}},\"url\":{\"path\":\"/a\"}}
{\"category\":\"AzureADGraphActivityLogs\",\"properties\":{\"userId\":\"caf\xe9\",\"timeGenerated\":\"2026-05-19T09:31:07Z\"}}
{\"category\":\"AzureADGraphActivityLogs\",\"properties\":{\"userId\":\"a\",\"timeGenerated\":\"2026-05-19T09:31:07Z\",\"other\":\"\xed\xa0\x80\"}}
{\"category\":\"SignInLogs\",\"note\":\"\xff\xfe\"}
{\"records\":[{\"category\":\"SignInLogs\"},{\"category\":\"SignInLogs\",\"note\":\"\xc3\xa9\xe9\"},{\"category\":\"AzureADGraphActivityLogs\",\"properties\":{\"userId\":\"b\",\"timeGenerated\":\"2026-05-19T09:31:07Z\"}}]}
\xff{\"category\":\"SignInLogs\"}\xff
{\"category\":\"SignInLogs\"}
\xc3";

/// What all hosts are asked.
struct Question {
    name: String,
    configuration: String,
    table: Option<PathBuf>,
    input: PathBuf,
    /// The alerts that must stand at the end, as ECS documents; where there are some to compare with.
    expected: Option<Vec<Value>>,
}

/// How the hosts did.
#[derive(Debug, Default)]
pub struct Compared {
    /// Questions that all answered alike, and as expected.
    pub passed: usize,
    /// A line for each answer that is not as it should be.
    pub wrong: Vec<String>,
    /// Alerts that the first host printed.
    pub alerts: usize,
}

/// Asks all hosts about each case in `fixtures`, about odd input and about each of `streams`, on
/// which `table` is loaded. The inputs are laid in `folder` as plain NDJSON: unpacking and
/// reflowing is the host's in `weir run`, and not in these.
///
/// # Errors
/// When a case cannot be read or a host cannot be started.
pub fn compare(
    hosts: &[Host],
    fixtures: &Path,
    streams: &[PathBuf],
    table: &Path,
    folder: &Path,
) -> Result<Compared, String> {
    fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut questions = Vec::new();
    let found = weir_cases::find(&[fixtures.to_owned()]).map_err(|e| e.to_string())?;
    for case in &found.cases {
        questions.extend(of_case(&case.folder, folder)?);
    }
    let odd = folder.join("odd.ndjson");
    fs::write(&odd, ODD).map_err(|e| format!("{}: {e}", odd.display()))?;
    questions.push(Question {
        name: "odd input".to_owned(),
        configuration: LOWEST.to_owned(),
        table: None,
        input: odd,
        expected: None,
    });
    questions.extend(streams.iter().map(|stream| Question {
        name: stream.display().to_string(),
        configuration: "{}".to_owned(),
        table: Some(table.to_owned()),
        input: stream.clone(),
        expected: None,
    }));
    let mut compared = Compared::default();
    for question in &questions {
        let wrong = ask(hosts, question, &mut compared.alerts)?;
        compared.passed += usize::from(wrong.is_empty());
        compared.wrong.extend(wrong);
    }
    let wrong = refused(hosts, &folder.join("odd.ndjson"))?;
    compared.passed += usize::from(wrong.is_empty());
    compared.wrong.extend(wrong);
    Ok(compared)
}

/// Asks all hosts about each of `files` by a configuration, with no table and nothing expected.
///
/// # Errors
/// When a host cannot be started, or a file cannot be opened.
pub fn alike(hosts: &[Host], configuration: &str, files: &[String]) -> Result<Compared, String> {
    let mut compared = Compared::default();
    for file in files {
        let question = Question {
            name: file.clone(),
            configuration: configuration.to_owned(),
            table: None,
            input: file.into(),
            expected: None,
        };
        let wrong = ask(hosts, &question, &mut compared.alerts)?;
        compared.passed += usize::from(wrong.is_empty());
        compared.wrong.extend(wrong);
    }
    Ok(compared)
}

/// None of a case that names its rules: these programs ask the first one.
fn of_case(folder: &Path, out: &Path) -> Result<Option<Question>, String> {
    let case = Case::read(folder).map_err(|e| e.to_string())?;
    if !case.rules.is_empty() {
        return Ok(None);
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let text = fs::read_to_string(folder.join("expected.ndjson"))
        .map_err(|e| format!("{}: {e}", folder.display()))?;
    let expected: Result<_, _> = text.lines().map(serde_json::from_str).collect();
    let input = out.join(format!("{name}.ndjson"));
    fs::write(&input, lines(&case)?).map_err(|e| format!("{}: {e}", input.display()))?;
    Ok(Some(Question {
        name: name.into_owned(),
        configuration: Value::Object(case.parameters).to_string(),
        table: case.tables.get("asn").cloned(),
        input,
        expected: Some(expected.map_err(|e| format!("{}: {e}", folder.display()))?),
    }))
}

/// A case's inputs in order, one document a line.
fn lines(case: &Case) -> Result<Vec<u8>, String> {
    let sizes = sizes(&Limits::default());
    let mut all = Vec::new();
    for input in &case.inputs {
        let source = Source::File(input.clone());
        let mut framer = Framer::new(source.open().map_err(|e| e.to_string())?, sizes, true);
        while let Some(piece) = framer.next_piece().map_err(|e| e.to_string())? {
            if let Piece::Batch(batch) = piece {
                all.extend_from_slice(&batch.bytes);
                if !all.ends_with(b"\n") {
                    all.push(b'\n');
                }
            }
        }
    }
    Ok(all)
}

/// Asks all, and compares their answers with the first one's, and that with what is expected.
fn ask(hosts: &[Host], question: &Question, alerts: &mut usize) -> Result<Vec<String>, String> {
    let mut wrong = Vec::new();
    let mut first: Option<Said> = None;
    for host in hosts {
        let said = host.run(
            &question.configuration,
            question.table.as_deref(),
            &question.input,
        )?;
        let label = format!("{}, {}", question.name, host.name);
        if !said.well {
            wrong.push(format!("{label}: it failed: {}", said.words.trim_end()));
        }
        match &first {
            None => {
                *alerts += said.alerts.lines().count();
                if let Some(expected) = &question.expected {
                    let found = standing(&said.alerts)?;
                    if found != expected.iter().filter_map(essence).collect() {
                        wrong.push(format!("{label}: other alerts than expected: {found:?}"));
                    }
                }
                first = Some(said);
            }
            Some(first) => {
                different(&label, "alerts", &first.alerts, &said.alerts, &mut wrong);
                different(&label, "counts", &first.words, &said.words, &mut wrong);
            }
        }
    }
    Ok(wrong)
}

fn different(label: &str, what: &str, first: &str, other: &str, wrong: &mut Vec<String>) {
    if first == other {
        return;
    }
    let (firsts, others) = (first.lines().count(), other.lines().count());
    let mut pairs = first.lines().zip(other.lines());
    wrong.push(match pairs.find(|(one, two)| one != two) {
        Some((one, two)) => format!("{label}: other {what}:\n  {one}\n  {two}"),
        None => format!("{label}: {others} lines of {what} where the first host has {firsts}"),
    });
}

/// Revision, phase and reason of the alerts that stand at the end, by id.
type Standing = BTreeMap<String, (String, String, String)>;

fn standing(lines: &str) -> Result<Standing, String> {
    let mut found = Standing::new();
    for line in lines.lines() {
        let alert: Value = serde_json::from_str(line).map_err(|e| format!("{e}: {line}"))?;
        let text = |name: &str| match &alert[name] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let (id, phase) = (id(&alert), text("phase"));
        if phase == "retracted" {
            found.remove(&id);
        } else {
            found.insert(id, (text("revision"), phase, text("reason")));
        }
    }
    Ok(found)
}

/// An alert's id, which hosts compute from its rule, window and key.
fn id(alert: &Value) -> String {
    let part = |part: &Value| KeyPart {
        name: String::new(),
        value: match &part["value"] {
            Value::String(text) => Some(model::Value::Text(text.clone())),
            other => other.as_i64().map(model::Value::Integer),
        },
    };
    let time = |end: &str| alert["window"][end].as_i64().unwrap_or_default();
    let key = alert["key"].as_array().into_iter().flatten().map(part);
    identity::of_parts(
        alert["rule"].as_str().unwrap_or_default(),
        Window {
            start: time("start"),
            end: time("end"),
        },
        &key.collect::<Vec<_>>(),
    )
}

/// Identity and content of an ECS document, for comparison.
fn essence(document: &Value) -> Option<(String, (String, String, String))> {
    let text = |name: &str| document[name].as_str().map(str::to_owned);
    let revision = document["weir.alert.revision"].to_string();
    let phase = text("weir.alert.phase")?;
    Some((text("weir.alert.id")?, (revision, phase, text("message")?)))
}

/// A wrong key must be named, and nothing run.
fn refused(hosts: &[Host], input: &Path) -> Result<Vec<String>, String> {
    let mut wrong = Vec::new();
    for host in hosts {
        let said = host.run(r#"{"min_erors": 1}"#, None, input)?;
        if said.well || !said.words.contains("min_erors") || !said.alerts.is_empty() {
            wrong.push(format!("a bad key, {}: {said:?}", host.name));
        }
    }
    Ok(wrong)
}
