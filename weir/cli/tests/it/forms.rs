//! Every form in which logs come gives the same alert.

use serde_json::{Value, json};

use crate::support::{BURST, Room, burst, burst_documents, burst_rows, gzip, lines};

/// The figures of the one alert that an input gives.
#[track_caller]
fn figures(room: &Room, arguments: &[&str], input: &[u8]) -> Value {
    let arguments = [&["run", "--format", "ecs"], arguments].concat();
    let answer = room.weir_with(&arguments, input);
    answer.ends(0);
    assert_eq!(answer.count("malformed"), 0, "{}", answer.err);
    let alerts = answer.alerts();
    assert_eq!(alerts.len(), 1, "{}", answer.err);
    alerts[0]["Esql.total_calls"].clone()
}

#[track_caller]
fn is_the_burst(bytes: impl AsRef<[u8]>) {
    let room = Room::new();
    room.write("input", bytes.as_ref());
    assert_eq!(figures(&room, &["input"], b""), json!(BURST));
    assert_eq!(figures(&room, &["-"], bytes.as_ref()), json!(BURST));
}

#[test]
fn lines_with_any_end() {
    let text = lines(&burst());
    is_the_burst(&text);
    is_the_burst(text.trim_end());
    is_the_burst(text.replace('\n', "\r\n"));
    is_the_burst(format!("\n\n{}\n\n", text.replace('\n', "\n\n")));
}

#[test]
fn no_argument_is_standard_input() {
    let room = Room::new();
    assert_eq!(
        figures(&room, &[], lines(&burst()).as_bytes()),
        json!(BURST)
    );
}

#[test]
fn a_byte_order_mark_is_dropped() {
    is_the_burst(format!("\u{feff}{}", lines(&burst())));
    is_the_burst(gzip(format!("\u{feff}{}", lines(&burst()))));
}

#[test]
fn gzip_of_several_members() {
    let text = lines(&burst());
    let (one, other) = text.split_at(text.len() / 3);
    is_the_burst(gzip(&text));
    is_the_burst([gzip(one), gzip(other)].concat());
}

#[test]
fn zstd_of_several_frames() {
    let text = lines(&burst());
    let (one, other) = text.split_at(text.len() / 3);
    let frame = |text: &str| zstd::encode_all(text.as_bytes(), 3).unwrap();
    is_the_burst(frame(&text));
    is_the_burst([frame(one), frame(other)].concat());
}

#[test]
fn arrays_and_envelopes_on_one_line() {
    is_the_burst(json!(burst()).to_string());
    is_the_burst(json!({"records": burst()}).to_string());
}

#[test]
fn arrays_and_envelopes_over_many_lines() {
    for values in [burst(), burst_rows(), burst_documents()] {
        is_the_burst(format!("{:#}", json!(values)));
        is_the_burst(format!(
            "{:#}\n",
            json!({"records": values, "next": {"a": [1]}})
        ));
        let elements: Vec<String> = values.iter().map(ToString::to_string).collect();
        is_the_burst(format!("[\n{}\n]\n", elements.join(",\n")));
        is_the_burst(format!("{{\"records\":[\n{}\n]}}", elements.join("\n,")));
    }
}

#[test]
fn pretty_printed_values_one_after_the_other() {
    for values in [burst(), burst_rows(), burst_documents()] {
        let text: String = values.iter().map(|value| format!("{value:#}\n")).collect();
        is_the_burst(text.replace('\n', "\r\n"));
        is_the_burst(&text);
    }
}

#[test]
fn folders_patterns_and_several_files() {
    let room = Room::new();
    let values = burst();
    let (one, other) = values.split_at(10);
    room.write("logs/b/two.json.gz", gzip(lines(other)))
        .write("logs/a.json", lines(one))
        .write("logs/.hidden", "bad")
        .write("logs/.git/x", "bad");
    assert_eq!(figures(&room, &["logs"], b""), json!(BURST));
    assert_eq!(
        figures(&room, &["logs/*.json", "logs/*/*.gz"], b""),
        json!(BURST)
    );
    assert_eq!(figures(&room, &["log*"], b""), json!(BURST));
    assert_eq!(
        figures(&room, &["logs/a.json", "-"], lines(other).as_bytes()),
        json!(BURST)
    );
}

#[test]
fn a_file_named_twice_counts_once() {
    let room = Room::new();
    room.write("input", lines(&burst()));
    let answer = room.logged(&["run", "input", "input"]);
    answer.ends(0).tells_of("source-twice", "input");
    assert_eq!(
        (answer.count("counted"), answer.count("duplicate")),
        (BURST as u64, 0)
    );
    assert_eq!(answer.alerts().len(), 1);
}

#[test]
fn lines_of_refusals_are_those_of_the_file() {
    let room = Room::new();
    let mut text = lines(&burst()).repeat(2000);
    let before = text.lines().count();
    text.push_str("bad\n");
    room.write("large", &text);
    room.logged(&["run", "large"])
        .ends(0)
        .tells_at("malformed", "large", before + 1);
    let mut values = burst();
    values[3]["properties"]["httpStatusCode"] = json!({});
    let text: String = values.iter().map(|value| format!("{value:#}\n")).collect();
    let line = 1 + text
        .lines()
        .enumerate()
        .filter(|(_, line)| *line == "{")
        .nth(3)
        .unwrap()
        .0;
    room.write("pretty", text);
    room.logged(&["run", "pretty"])
        .ends(0)
        .tells_at("malformed", "pretty", line);
}
