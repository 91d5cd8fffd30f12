//! Messages and the summary in the form that machines read.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use walkdir::WalkDir;

use crate::support::{Answer, BURST, Room, burst, lines};

/// The repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The messages, each a JSON object on a line of its own.
fn messages(answer: &Answer) -> Vec<Value> {
    let messages = answer.messages();
    for message in &messages {
        let time = message["timestamp"].as_str().unwrap();
        chrono::DateTime::parse_from_rfc3339(time).unwrap();
        assert!(message["message"].is_string(), "{message}");
        let levels = ["error", "warn", "info"];
        assert!(
            levels.contains(&message["level"].as_str().unwrap()),
            "{message}"
        );
    }
    messages
}

fn of_level<'m>(messages: &'m [Value], level: &str) -> Vec<&'m Value> {
    messages
        .iter()
        .filter(|message| message["level"] == level)
        .collect()
}

#[test]
fn each_message_is_an_object_with_its_level_file_and_line() {
    let room = Room::new();
    let text = format!("{}{}", lines(&burst()), "bad\n".repeat(50));
    room.write("input", &text);
    let answer = room.weir(&["run", "--log-format", "json", "input", "none"]);
    let all = messages(answer.ends(3));
    let errors = of_level(&all, "error");
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert_eq!(errors[0]["file"], "none");
    assert_eq!(errors[0]["message"], "none: no such file");
    let malformed: Vec<&Value> = of_level(&all, "warn")
        .into_iter()
        .filter(|m| m["line"].is_u64())
        .collect();
    // No more than there are as text.
    assert_eq!(malformed.len(), 10, "{malformed:#?}");
    for (at, message) in malformed.iter().enumerate() {
        assert_eq!(message["file"], "input");
        assert_eq!(message["line"], BURST + 1 + at);
    }
    answer
        .tells_of("malformed-more", "input")
        .tells_with("malformed-more", "40");
    // The same lines, in the same order, as text says them.
    let text = room.weir(&["run", "input", "none"]);
    let said: Vec<&str> = text
        .err
        .lines()
        .map(|line| line.strip_prefix("weir: ").unwrap())
        .collect();
    let (last, others) = all.split_last().unwrap();
    for (message, said) in others.iter().zip(said) {
        assert_eq!(message["message"], said);
    }
    assert_eq!(last["code"], "summary");
    assert_eq!(last["summary"]["events_malformed"], 50);
    assert!(!last["summary"]["rule"].as_str().unwrap().is_empty());
}

#[test]
fn the_form_comes_from_the_environment_too_and_holds_for_every_command() {
    let room = Room::new();
    room.write("bad.toml", "x = 1\n").write("folder/file", "");
    let json = [("WEIR_LOG_FORMAT", Some("json"))];
    for arguments in [
        &["run", "--config", "bad.toml", "-"][..],
        &["serve", "--ack", "checkpoint"],
        &["test", "folder"],
        &["run", "kafka://127.0.0.1:9/x", "--follow"],
        &["verify", "folder/file", "--key", "x"],
    ] {
        let answer = room.weir_in(arguments, b"", &json);
        let all = messages(answer.ends(3));
        assert_eq!(of_level(&all, "error").len(), all.len(), "{arguments:?}");
        assert!(!all.is_empty(), "{arguments:?}");
    }
    // An option goes before it.
    let answer = room.weir_in(&["--log-format", "text", "test", "folder"], b"", &json);
    answer.ends(3).says("weir: folder: no cases here");
    let answer = room.weir_in(
        &["test", "folder"],
        b"",
        &[("WEIR_LOG_FORMAT", Some("xml"))],
    );
    answer.ends(3).says("possible values: text, json");
}

#[test]
fn less_grave_messages_can_be_left_out() {
    let room = Room::new();
    room.write("input", "bad\n{\n");
    let says = |level: &str| {
        room.weir(&["run", "--log-level", level, "input", "none"])
            .err
    };
    assert_eq!(says("error"), "weir: none: no such file\n");
    let warnings = says("warn");
    assert!(warnings.contains("weir: input:1: malformed"), "{warnings}");
    assert!(!warnings.contains("weir: read"), "{warnings}");
    assert!(says("info").contains("weir: read"));
}

#[cfg(unix)]
#[test]
fn names_and_values_of_strangers_leave_a_line_a_line_and_a_terminal_alone() {
    let room = Room::new();
    let name = "\u{1b}[31m\u{202e}\"\\\n\u{9b}\u{e0041}.ndjson";
    room.write(name, "{\"category\":\"AzureADGraphActivityLogs\",\"properties\":{\"timeGenerated\":\"\u{1b}]0;x\\u0007\"}}\nbad\n");
    let answer = room.weir(&["run", "--log-format", "json", name]);
    let all = messages(answer.ends(0));
    let malformed: Vec<&Value> = all.iter().filter(|message| message["line"] == 2).collect();
    assert_eq!(malformed[0]["file"], name);
    assert!(
        malformed[0]["message"]
            .as_str()
            .unwrap()
            .starts_with("\\u{1b}[31m\\u{202e}")
    );
    let summary = room.weir(&["run", "--json-summary", name]);
    for text in [&answer.err, &summary.ends(0).err] {
        let steers =
            |c: char| c != '\n' && (c.is_control() || matches!(c, '\u{202e}' | '\u{e0041}'));
        assert!(!text.contains(steers), "{text:?}");
    }
}

/// The number behind a word of a line of the summary.
fn figure(err: &str, line: &str, before: &str) -> f64 {
    let found = err
        .lines()
        .find_map(|text| text.strip_prefix(&format!("weir: {line}")));
    let found = found.unwrap_or_else(|| panic!("no {line} in {err}"));
    let word = found
        .split(before)
        .next()
        .unwrap()
        .split([' ', '('])
        .rfind(|word| !word.is_empty());
    word.unwrap()
        .replace(',', "")
        .parse()
        .unwrap_or_else(|_| panic!("{found:?} {before}"))
}

#[track_caller]
fn equal(object: &Value, name: &str, figure: f64, off: f64) {
    let value = object[name]
        .as_f64()
        .unwrap_or_else(|| panic!("{name} in {object}"));
    assert!(
        (value - figure).abs() <= off,
        "{name}: {value} and {figure}"
    );
}

#[test]
fn the_object_has_the_figures_of_the_text() {
    let room = Room::new();
    let text = format!("{}{{}}\nbad\nbad\n{}", lines(&burst()), lines(&burst()));
    room.write("input", &text)
        .write("more", lines(&burst()[..3]));
    let arguments = [
        "run",
        "--checkpoint",
        "state",
        "--json-summary=sum.json",
        "--output",
        "alerts",
    ];
    room.weir(&[&arguments[..], &["input"]].concat()).ends(0);
    let answer = room.weir(&[&arguments[..], &["input", "more", "none"]].concat());
    let err = &answer.ends(3).err;
    let object: Value = serde_json::from_str(&room.read("sum.json")).unwrap();
    let mut seen = BTreeSet::new();
    let mut same = |name: &'static str, line: &str, before: &str, off: f64| {
        seen.insert(name);
        equal(&object, name, figure(err, line, before), off);
    };
    same("events_read", "read", " events", 0.0);
    same("bytes_read", "read", " KiB", f64::INFINITY);
    for (name, line) in [
        ("events_counted", "  counted"),
        ("events_duplicate", "  duplicate"),
        ("events_excluded", "  excluded"),
        ("events_other_data_set", "  other data set"),
        ("events_malformed", "  malformed"),
        ("events_dropped_late", "  dropped late"),
        ("events_refused_future", "  refused future"),
    ] {
        same(name, line, "\n", 0.0);
    }
    same("events_sum", "  sum ", " =", 0.0);
    same("sources_read", "sources ", " read", 0.0);
    same("sources_unchanged", "sources ", " unchanged", 0.0);
    same("sources_failed", "sources ", " not readable", 0.0);
    same("windows_fired", "windows ", " fired", 0.0);
    same("groups_seen", "windows ", " group", 0.0);
    same("events_late", "windows ", " late", 0.0);
    same("groups_evicted", "windows ", " evicted", 0.0);
    same("alerts_on_time", "alerts ", " on time", 0.0);
    same("alerts_early", "alerts ", " early", 0.0);
    same("alerts_late", "alerts ", " late", 0.0);
    same("alerts_retracted", "alerts ", " retracted", 0.0);
    same("elapsed_seconds", "took ", " s,", 0.006);
    same("events_per_second", "took ", " events/s", 1.0);
    same(
        "resumed_checkpoint",
        "resumed   from checkpoint ",
        " of",
        0.0,
    );
    let bytes = object["bytes_read"].as_f64().unwrap();
    assert_eq!(bytes as usize, text.len() + room.read("more").len());
    assert!(err.contains(&format!("{:.1} KiB", bytes / 1024.0)), "{err}");
    let pace = object["bytes_per_second"].as_f64().unwrap() / 1e6;
    assert!((pace - figure(err, "took ", " MB/s")).abs() < 0.06, "{err}");
    let memory = object["component_memory_bytes"].as_f64().unwrap() / 1024.0;
    assert!(err.contains(&format!("{memory:.1} KiB component")), "{err}");
    assert!(err.contains(object["watermark"].as_str().unwrap()), "{err}");
    assert!(
        err.contains(object["resumed_checkpoint_made"].as_str().unwrap()),
        "{err}"
    );
    let read =
        object["events_read"].as_u64().unwrap() - object["resumed_events_read"].as_u64().unwrap();
    assert_eq!(read, 3, "{object}");
    assert!(err.contains("3 events since this one"), "{err}");
    assert_eq!(object["tables_missed"][0]["table"], "asn");
    assert_eq!(object["reasons"], Value::Array(Vec::new()));
}

#[test]
fn the_object_says_what_went_wrong() {
    let room = Room::new();
    let mut values = burst();
    values[0]["properties"]["timeGenerated"] = "2026-03-09T00:00:00Z".into();
    room.write("input", format!("{}bad\nbad\n{{\n", lines(&values)));
    let answer = room.weir(&["run", "--json-summary", "input"]);
    // It is the last line, and there is no text.
    let object: Value = serde_json::from_str(answer.ends(0).err.lines().last().unwrap()).unwrap();
    assert!(!answer.err.contains("weir: read"), "{}", answer.err);
    assert_eq!(object["events_dropped_late"], BURST - 1);
    assert_eq!(object["reasons"][0]["kind"], "malformed");
    assert_eq!(object["reasons"][0]["events"], 2);
    let reason = object["reasons"][0]["reason"].as_str().unwrap();
    let hint = object["hints"][0].as_str().unwrap();
    let text = room.weir(&["run", "input"]);
    text.ends(0)
        .says(&format!("weir: wrong     2 malformed: {reason}"))
        .says(&format!("weir: hint      {hint}"));
    // Asked for by name, it comes all the same.
    let quiet = room.weir(&["run", "--quiet", "--json-summary=sum.json", "input"]);
    assert!(!quiet.ends(0).err.contains("weir: read"), "{}", quiet.err);
    assert!(room.read("sum.json").starts_with("{\"rule\":"));
}

#[test]
fn a_summary_that_is_asked_for_by_name_comes_whatever_is_left_out() {
    let room = Room::new();
    room.write("input", lines(&burst()));
    for more in [
        &["--quiet"][..],
        &["--log-level", "warn"],
        &["--quiet", "--log-level", "error"],
        &[],
    ] {
        let run = ["run", "--json-summary", "--log-format", "json", "input"];
        let answer = room.weir(&[&run[..], more].concat());
        let all = messages(answer.ends(0));
        assert_eq!(answer.told("summary").len(), 1, "{more:?}");
        let last = all.last().unwrap();
        assert_eq!(last["level"], "info");
        assert_eq!(last["summary"]["events_counted"], BURST, "{more:?}");
    }
}

#[test]
fn the_summary_is_not_written_over_what_is_read_or_written() {
    let room = Room::new();
    room.write("input", lines(&burst()));
    for other in ["--output=input", "--json-summary=input"] {
        let answer = room.weir(&["run", other, "input"]);
        answer
            .ends(3)
            .says("input is to be written and is also an input");
    }
    let answer = room.weir(&["run", "--output=x", "--json-summary=x", "input"]);
    answer
        .ends(3)
        .says("x is to hold both the alerts and the summary; name two files");
    assert_eq!(room.read("input"), lines(&burst()));
    let answer = room.weir(&["run", "--json-summary=no/such/folder", "input"]);
    answer.ends(3).says("no/such/folder: cannot write");
}

/// Every field has a line in the documentation, and every line there is a field.
#[test]
fn the_documentation_knows_every_field() {
    let room = Room::new();
    room.write("input", lines(&burst()));
    room.weir(&["run", "--json-summary=sum.json", "input"])
        .ends(0);
    let object: Value = serde_json::from_str(&room.read("sum.json")).unwrap();
    let fields: Vec<&str> = object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(documented("## The summary as an object"), fields);
}

/// Names in the first column of the table below a heading of the documentation.
fn documented(heading: &str) -> Vec<String> {
    let page = Path::new(ROOT).join("docs/terminal.md");
    let page = fs::read_to_string(page).unwrap();
    let below = page.split(&format!("\n{heading}\n")).nth(1).unwrap();
    let table = below.split("\n## ").next().unwrap();
    let names = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    names.map(str::to_owned).collect()
}

/// What stands before a code in the sources, but for a level.
const BEFORE: [&str; 11] = [
    "error(",
    "warn(",
    "info(",
    "say(",
    "fail(",
    "fail_source(",
    "tell(",
    ".message(",
    "const CODE: &str =",
    "const FRAME: &str =",
    "const SUMMARY: &str =",
];

/// The code at the beginning of a text, if there is one.
fn code(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let text = match text.strip_prefix("Level::") {
        Some(level) => level.split_once(',')?.1.trim_start(),
        None => text,
    };
    let code = text.strip_prefix('"')?.split('"').next()?;
    let is_one = |c: char| c.is_ascii_lowercase() || c == '-';
    (!code.is_empty() && code.chars().all(is_one)).then_some(code)
}

/// Every code in the sources has a line in the documentation, and every line there is a code.
#[test]
fn the_documentation_knows_every_code() {
    let mut codes = BTreeSet::new();
    let folders = ["host/src", "weir"].map(|folder| WalkDir::new(Path::new(ROOT).join(folder)));
    for file in folders.into_iter().flatten() {
        let path = file.unwrap().into_path();
        let is_source = path.extension().is_some_and(|kind| kind == "rs");
        let mut parts = path.strip_prefix(ROOT).unwrap().components();
        if !is_source || parts.any(|part| part.as_os_str() == "tests") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        // The codes of errors are arms of `match`.
        let arm = path.ends_with("weir/contract/src/error.rs").then_some("=>");
        for before in BEFORE.into_iter().chain(arm) {
            let places = text.match_indices(before);
            let found = places.filter_map(|(at, _)| code(&text[at + before.len()..]));
            codes.extend(found.map(str::to_owned));
        }
    }
    let documented: BTreeSet<String> = documented("### Codes").into_iter().collect();
    assert!(codes.len() > 80, "{codes:?}");
    assert_eq!(documented, codes);
}
