//! Bad input is named with its file and line, and the rest is processed.

use crate::support::start::Start as _;
use std::process::Stdio;

use crate::support::{BURST, Room, burst, gzip, lines};

#[test]
fn an_empty_file_is_no_error() {
    let room = Room::new();
    room.write("empty", "");
    let answer = room.logged(&["run", "empty"]);
    answer.ends(0).adds_up(0);
    assert_eq!(answer.out, "");
}

#[test]
fn a_binary_file_is_malformed_and_escaped() {
    let room = Room::new();
    let bytes: Vec<u8> = (0..200_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    room.write("binary", &bytes).write("good", lines(&burst()));
    let answer = room.logged(&["run", "binary", "good"]);
    answer
        .ends(3)
        .tells_of("source-failed", "binary")
        .tells_at("malformed", "binary", 1)
        .tells_of("malformed-more", "binary");
    assert_eq!(answer.alerts().len(), 1);
    assert!(answer.err.chars().all(|c| c == '\n' || !c.is_control()));
    room.weir(&["run", "binary", "--strict"]).ends(3);
}

#[test]
fn a_line_of_50_mb_is_refused_and_the_rest_is_read() {
    let room = Room::new();
    let mut text = String::from("{\"other\":1}\n");
    text.push_str(&"x".repeat(50_000_000));
    text.push('\n');
    text.push_str(&lines(&burst()));
    room.write("long", &text);
    let answer = room.logged(&["run", "long", "--rejects", "rejects"]);
    answer
        .ends(0)
        .tells_at("malformed", "long", 2)
        .tells_with("malformed", "16 MiB");
    assert_eq!(answer.count("counted"), BURST as u64);
    assert_eq!(answer.count("malformed"), 1);
    let reject: serde_json::Value = serde_json::from_str(room.read("rejects").trim()).unwrap();
    assert_eq!(reject["cut"], true);
    assert_eq!(reject["line"], 2);
    assert_eq!(reject["record"].as_str().unwrap().len(), 64 << 10);
}

#[test]
fn half_a_record_before_a_long_run_of_nuls_costs_itself() {
    let room = Room::new();
    let all = lines(&burst());
    let half = &all[..all.find('\n').unwrap() / 2];
    for nuls in [4096, 17 << 20] {
        for before in [String::new(), "{\"other\":1}\n".repeat(9)] {
            room.write("cut", format!("{before}{half}{}{all}", "\0".repeat(nuls)));
            let answer = room.weir(&["run", "cut"]);
            answer.ends(0);
            assert_eq!(answer.count("counted"), BURST as u64, "{}", answer.err);
            assert_eq!(answer.count("malformed"), 1, "{}", answer.err);
            assert_eq!(answer.alerts().len(), 1);
        }
    }
}

#[test]
fn an_envelope_of_50_mb_on_one_line_is_streamed() {
    let room = Room::new();
    let filler = format!("{{\"filler\":\"{}\"}}", "y".repeat(1000));
    let mut records = vec![filler; 50_000];
    records.extend(burst().iter().map(ToString::to_string));
    room.write(
        "envelope",
        format!("{{\"records\":[{}]}}", records.join(",")),
    );
    let answer = room.weir(&["run", "envelope"]);
    answer.ends(0);
    assert_eq!(answer.count("other data set"), 50_000);
    assert_eq!(answer.count("counted"), BURST as u64);
    assert_eq!(answer.alerts().len(), 1);
}

#[test]
fn a_gzip_file_cut_short_is_named_and_its_whole_lines_are_read() {
    let room = Room::new();
    let mut values = Vec::new();
    for _ in 0..40 {
        values.extend(burst());
    }
    let bytes = gzip(lines(&values));
    room.write("cut.gz", &bytes[..bytes.len() * 9 / 10])
        .write("good", lines(&burst()));
    let answer = room.logged(&["run", "cut.gz", "good"]);
    answer
        .ends(3)
        .tells_of("source-failed", "cut.gz")
        .tells_with("source-failed", "at line ");
    assert!(answer.count("counted") >= BURST as u64);
    assert_eq!(answer.alerts().len(), 1);
}

#[test]
fn a_zstd_file_cut_short_is_named() {
    let room = Room::new();
    let bytes = zstd::encode_all(lines(&burst()).as_bytes(), 1).unwrap();
    room.write("cut.zst", &bytes[..bytes.len() / 2]);
    room.logged(&["run", "cut.zst"])
        .ends(3)
        .tells_of("source-failed", "cut.zst");
}

#[test]
fn damaged_compression_is_named() {
    let room = Room::new();
    room.write(
        "bad.gz",
        b"\x1f\x8b\x08\x00nonsense that is no deflate stream at all",
    );
    room.logged(&["run", "bad.gz"])
        .ends(3)
        .tells_of("source-failed", "bad.gz");
}

#[test]
fn a_line_that_is_not_utf8_is_malformed_and_kept_in_base64() {
    let room = Room::new();
    room.write("latin", b"{\"a\":1}\n{\"a\":\"\xff\xfe\"}\n{\"a\":2}\n");
    let answer = room.logged(&["run", "latin", "--rejects", "rejects"]);
    answer.ends(0).tells_at("malformed", "latin", 2);
    assert_eq!(answer.count("other data set"), 2);
    let reject: serde_json::Value = serde_json::from_str(room.read("rejects").trim()).unwrap();
    assert_eq!(reject["record_base64"], "eyJhIjoi//4ifQ==");
    assert_eq!(reject["kind"], "malformed");
}

#[test]
fn ten_thousand_levels_are_one_malformed_document() {
    let room = Room::new();
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let objects = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    room.write("deep", format!("{{}}\n{deep}\n{objects}\n{{}}\n"))
        .write("first", format!("{{\n\"a\":\n{objects}}}\n{{}}\n"));
    let answer = room.logged(&["run", "deep", "first"]);
    answer
        .ends(0)
        .tells_at("malformed", "deep", 2)
        .tells_at("malformed", "deep", 3)
        .tells_at("malformed", "first", 1);
    assert_eq!(answer.count("malformed"), 3);
    assert_eq!(answer.count("other data set"), 3);
}

#[test]
fn numbers_out_of_range_are_malformed() {
    let room = Room::new();
    let mut record = burst().remove(0);
    record["properties"]["httpStatusCode"] = "STATUS".into();
    let text = record.to_string();
    let status = |number: &str| text.replace("\"STATUS\"", number);
    room.write(
        "numbers",
        format!(
            "{}\n{}\n{}\n",
            status("403"),
            status("99999999999999999999999999"),
            status("1e999")
        ),
    );
    let answer = room.logged(&["run", "numbers"]);
    answer
        .ends(0)
        .tells_at("malformed", "numbers", 2)
        .tells_at("malformed", "numbers", 3);
    assert_eq!(answer.count("counted"), 1);
}

#[test]
fn a_missing_file_is_named_and_the_rest_is_read() {
    let room = Room::new();
    room.write("good", lines(&burst()));
    let answer = room.logged(&["run", "missing", "good"]);
    answer.ends(3).tells_of("source-failed", "missing");
    assert_eq!(answer.alerts().len(), 1);
    room.logged(&["run", "no*thing"])
        .ends(3)
        .tells_of("source-failed", "no*thing");
}

#[cfg(target_os = "linux")]
#[test]
fn an_unreadable_file_is_named_and_the_rest_is_read() {
    let room = Room::new();
    room.write("good", lines(&burst()));
    // Opens, and gives an error at the first read, for root too.
    let answer = room.logged(&["run", "/proc/self/mem", "good"]);
    answer.ends(3).tells_of("source-failed", "/proc/self/mem");
    assert_eq!(answer.alerts().len(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named() {
    let room = Room::new();
    room.write("good", lines(&burst()));
    for option in ["--output", "--rejects"] {
        room.write("mixed", format!("{}bad\n", lines(&burst())));
        room.logged(&["run", "mixed", option, "/dev/full"])
            .ends(3)
            .tells_with("output-failed", "/dev/full");
    }
    room.logged(&["run", "good", "--output", "no/such/folder"])
        .ends(3)
        .tells_with("output-failed", "no/such/folder");
}

#[test]
fn a_reader_that_has_had_enough_is_no_error() {
    let room = Room::new();
    let mut values = Vec::new();
    for hour in 0..400 {
        for mut value in burst() {
            let time = format!("2026-03-{:02}T{:02}:06:07Z", 1 + hour / 24, hour % 24);
            value["properties"]["timeGenerated"] = time.into();
            values.push(value);
        }
    }
    room.write("good", lines(&values));
    let mut child = crate::support::weir()
        .args(["run", "good"])
        .current_dir(room.folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .start();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert!(!err.contains("cannot write"), "{err}");
}

#[test]
fn utf16_is_refused_with_what_to_do() {
    let room = Room::new();
    let text: Vec<u8> = "\u{feff}{}\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    room.write("wide", text).write("good", lines(&burst()));
    let answer = room.logged(&["run", "wide", "good"]);
    answer
        .ends(3)
        .tells_of("source-failed", "wide")
        .tells_with("source-failed", "iconv");
    assert_eq!(answer.alerts().len(), 1);
}

#[test]
fn many_bad_lines_are_counted_and_few_are_shown() {
    let room = Room::new();
    room.write("bad", "\u{1b}[31mbad\n".repeat(1244));
    let answer = room.logged(&["run", "bad"]);
    answer
        .ends(3)
        .tells_of("malformed-more", "bad")
        .tells_with("malformed-more", "1234");
    assert!(!answer.err.contains('\u{1b}'));
    assert_eq!(answer.told("malformed").len(), 10);
}

#[test]
fn what_is_to_be_read_is_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.ndjson");
    std::fs::write(&file, "{\"of\":\"another data set\"}\n").unwrap();
    for option in ["--output", "--rejects"] {
        let run = crate::support::weir()
            .args(["run", option])
            .args([&file, folder.path()])
            .output()
            .unwrap();
        assert_eq!(run.status.code(), Some(3));
        let message = String::from_utf8(run.stderr).unwrap();
        assert!(message.contains("also an input"), "{message}");
        assert!(std::fs::metadata(&file).unwrap().len() > 0);
    }
}

#[test]
fn what_is_no_json_from_end_to_end_ends_with_3_and_is_named() {
    let room = Room::new();
    for (text, what) in [
        ("_raw\n\"{\"\"category\"\": 1}\"\n", "CSV"),
        ("a,b\n1,2\n3,4\n", "CSV"),
        ("a,b,c\r1,2,3\r4,5,6\r", "CSV"),
        ("- a: 1\n  b: 2\n", "YAML"),
        ("a=1 b=2\na=2 b=3\n", "logfmt"),
        ("not json\nnor this\n", "no line begins with `{` or `[`"),
    ] {
        room.write("input", text);
        room.logged(&["run", "input"])
            .ends(3)
            .tells_of("source-failed", "input")
            .tells_with("source-failed", what);
    }
    for text in ["not json\n{\"a\":1\n", "\0\n\0\n\0\n\0\n\0\n\0\n\0\n\0\n"] {
        room.write("input", text);
        room.weir(&["run", "input"]).ends(0);
    }
}
