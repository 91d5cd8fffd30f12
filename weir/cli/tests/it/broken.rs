//! Broken records cost themselves, and what is no log at all is said to be so.

use serde_json::{Value, json};

use crate::support::{BURST, Room, burst, gzip, http, lines};

/// The burst and as many calls again, of which any one can be lost.
fn more() -> Vec<Value> {
    let mut values = burst();
    let mut again = burst();
    for (n, value) in again.iter_mut().enumerate() {
        let properties = &mut value["properties"];
        properties["requestId"] = format!("00000000-0000-4000-8000-{n:012}").into();
    }
    values.extend(again);
    values
}

fn breaks(good: &str) -> Vec<(&'static str, String)> {
    let half = good.len() / 2;
    let last = good.rfind('}').unwrap();
    vec![
        ("single quotes", good.replace('"', "'")),
        ("no closing brace", good[..last].trim_end().to_owned()),
        ("a surplus brace", format!("{good}}}")),
        (
            "a trailing comma",
            format!("{},{}", &good[..last], &good[last..]),
        ),
        ("no comma", good.replacen(',', " ", 1)),
        ("a bare word", good.replacen("\"A", "None of \"A", 1)),
        ("an open text", good.replacen("Logs\"", "Logs", 1)),
        ("a comment", good.replacen(',', ", /* of, \"it */", 1)),
        ("half of it", good[..half].trim_end().to_owned()),
        ("prose", "see the other file".to_owned()),
    ]
}

#[test]
fn one_broken_element_costs_itself_in_every_form() {
    let room = Room::new();
    let values = more();
    let printed: Vec<String> = values.iter().map(|value| format!("{value:#}")).collect();
    let indented: Vec<String> = printed
        .iter()
        .map(|text| format!("    {}", text.replace('\n', "\n    ")))
        .collect();
    let tight: Vec<String> = values.iter().map(ToString::to_string).collect();
    type Written = fn(&[String]) -> String;
    let forms: [(&str, &[String], Written); 8] = [
        ("array", &indented, |all| {
            format!("[\n{}\n]\n", all.join(",\n"))
        }),
        ("envelope", &indented, |all| {
            format!("{{\n  \"records\": [\n{}\n  ]\n}}\n", all.join(",\n"))
        }),
        ("list under another key", &indented, |all| {
            let all = all.join(",\n");
            format!("{{\n  \"count\": 3,\n  \"events\": [\n{all}\n  ],\n  \"n\": 1\n}}\n")
        }),
        ("list in an object", &tight, |all| {
            let all = all.join(",\n");
            format!("{{\n  \"data\": {{\n    \"result\": [\n{all}\n]\n  }}\n}}\n")
        }),
        ("values", &printed, |all| all.join("\n") + "\n"),
        ("element a line", &tight, |all| {
            format!("[\n{}\n]\n", all.join(",\n"))
        }),
        ("one line", &tight, |all| {
            format!("{{\"records\":[{}]}}\n", all.join(","))
        }),
        ("one line after another", &tight, |all| {
            format!("{{}}\n[{}]\n{{}}\n", all.join(","))
        }),
    ];
    let last = values.len() - 1;
    for (form, all, wrap) in forms {
        for at in [0, 17, last] {
            for (what, broken) in breaks(&all[at]) {
                let mut all = all.to_vec();
                all[at] = broken;
                room.write("input", wrap(&all));
                let answer = room.weir(&["run", "input"]);
                let counted = answer.count("counted");
                let case = format!("{form}, {what} at {at}:\n{}", answer.err);
                // What one brace too many ends is whole, but where the guest takes a line apart.
                let whole = what == "a surplus brace" && !form.starts_with("one line");
                let wanted = (last as u64 + u64::from(whole), 1);
                assert_eq!((counted, answer.count("malformed")), wanted, "{case}");
                assert_eq!((answer.code, answer.alerts().len()), (Some(0), 1), "{case}");
            }
        }
    }
}

/// The burst as tables: two of the log, of which the second has its columns in another order, and
/// one of another.
fn tables() -> Value {
    let names = [
        "Type",
        "TimeGenerated",
        "AADTenantId",
        "UserId",
        "CallerIpAddress",
        "ResponseStatusCode",
        "RequestUri",
        "RequestId",
        "UserAgent",
    ];
    let row = |value: &Value| {
        let p = &value["properties"];
        vec![
            json!("AADGraphActivityLogs"),
            p["timeGenerated"].clone(),
            value["tenantId"].clone(),
            p["userId"].clone(),
            p["callerIpAddress"].clone(),
            p["httpStatusCode"].clone(),
            p["requestUri"].clone(),
            p["requestId"].clone(),
            p["userAgent"].clone(),
        ]
    };
    let columns = |names: &[&str]| -> Vec<Value> {
        names
            .iter()
            .map(|name| json!({ "name": name, "type": "string" }))
            .collect()
    };
    let rows: Vec<Vec<Value>> = more().iter().map(row).collect();
    let (first, second) = rows.split_at(rows.len() / 2);
    let turned: Vec<Vec<Value>> = second
        .iter()
        .map(|row| row.iter().rev().cloned().collect())
        .collect();
    let mut other = names;
    other.reverse();
    json!({ "tables": [
        { "name": "PrimaryResult", "columns": columns(&names), "rows": first },
        { "name": "second", "columns": columns(&other), "rows": turned },
        { "name": "sum", "columns": columns(&["Count"]), "rows": [[7]] },
    ], "statistics": {} })
}

#[test]
fn one_broken_row_of_a_table_costs_itself_in_every_form() {
    let room = Room::new();
    let all = more().len() as u64;
    let tables = tables();
    let printed = format!("{tables:#}\n");
    let lines: Vec<&str> = printed.lines().collect();
    let starts: Vec<usize> = (0..lines.len())
        .filter(|at| lines[*at] == "        [")
        .collect();
    assert_eq!(starts.len() as u64, all + 1);
    room.write("input", &printed);
    let answer = room.weir(&["run", "input"]);
    assert_eq!(
        (answer.ends(0).count("counted"), answer.alerts().len()),
        (all, 1)
    );
    for (at, tight) in [0, 17, 35, 36, 47]
        .into_iter()
        .flat_map(|at| [(at, false), (at, true)])
    {
        let end = starts[at]
            + lines[starts[at]..]
                .iter()
                .position(|line| line.starts_with("        ]"))
                .unwrap();
        let good = lines[starts[at]..=end].join("\n");
        let closed = good.trim_end_matches(',').len() - 1;
        for (what, broken) in [
            ("single quotes", good.replace('"', "'")),
            (
                "no closing bracket",
                good[..closed].trim_end().to_owned() + &good[closed + 1..],
            ),
            (
                "a surplus bracket",
                format!("{}]{}", &good[..=closed], &good[closed + 1..]),
            ),
            ("an open text", good.replacen("Logs\"", "Logs", 1)),
            ("a comment", good.replacen(',', ", /* of, \"it */", 1)),
            (
                "half of it",
                good[..good.len() / 2].trim_end().to_owned() + &good[closed + 1..],
            ),
            (
                "prose",
                "see the other file".to_owned() + &good[closed + 1..],
            ),
        ] {
            let before = lines[..starts[at]].join("\n");
            let text = format!("{before}\n{broken}\n{}\n", lines[end + 1..].join("\n"));
            let text = match tight {
                true => text.lines().map(str::trim).collect::<String>() + "\n",
                false => text,
            };
            room.write("input", text);
            let answer = room.weir(&["run", "input"]);
            let case = format!("{what} at {at}, {tight}:\n{}", answer.err);
            // What one bracket too many ends is whole; on one line the guest passes over it.
            let wanted = match (what, tight) {
                ("a surplus bracket", true) => (all, 0),
                ("a surplus bracket", false) => (all, 1),
                _ => (all - 1, 1),
            };
            let counts = (answer.count("counted"), answer.count("malformed"));
            assert_eq!(counts, wanted, "{case}");
            assert_eq!((answer.code, answer.alerts().len()), (Some(0), 1), "{case}");
        }
    }
}

#[test]
fn a_broken_element_is_kept_with_its_line() {
    let room = Room::new();
    let mut all: Vec<String> = more().iter().map(|value| format!("{value:#}")).collect();
    let before: usize = all[..17].iter().map(|text| text.lines().count()).sum();
    all[17] = all[17].replace('"', "'");
    room.write("input", format!("[\n{}\n]\n", all.join(",\n")));
    room.weir(&["run", "input", "--rejects", "rejects"]).ends(0);
    let reject: Value = serde_json::from_str(room.read("rejects").trim()).unwrap();
    assert_eq!(reject["line"], 2 + before);
    assert_eq!(reject["record"], all[17]);
}

#[test]
fn what_is_given_up_is_said_once_with_its_lines() {
    let room = Room::new();
    // No two begin alike, so that nothing tells where the next one begins.
    let all: Vec<String> = (0..40)
        .map(|n| format!("{{\"{}{n}\": 1, \"a\": {n}}}", "k".repeat(n)))
        .collect();
    let all = all.join(", ").replacen('1', "1 2", 1);
    room.write(
        "input",
        format!("{{\"v\": 1, \"records\": [{{\"x\": 1}},\n {} ]}}\n", all),
    );
    let answer = room.logged(&["run", "input"]);
    answer
        .ends(3)
        .tells_of("lines-given-up", "input")
        .tells_with("lines-given-up", "2 to 3");
    assert_eq!(answer.told("lines-given-up").len(), 1, "{}", answer.err);
}

#[test]
fn what_is_no_log_is_said_and_the_rest_is_read() {
    let room = Room::new();
    let good = lines(&burst());
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf32: Vec<u8> = good
        .chars()
        .flat_map(|c| u32::from(c).to_be_bytes())
        .collect();
    let mut tar = vec![0; 1024];
    tar[..9].copy_from_slice(b"logs.json");
    tar[257..262].copy_from_slice(b"ustar");
    let csv = "\u{feff}TenantId,TimeGenerated [UTC],Type\n1,\"5/19/2026, 9:30:00.000 AM\",x\n";
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("mlr --icsv --ojson", csv.into()),
        ("mlr --itsv --ojson", csv.replace(',', "\t").into()),
        ("--ifs ';'", csv.replace(", ", " ").replace(',', ";").into()),
        (
            "zip archive",
            b"PK\x03\x04\x14\0\0\0\x08\0aaaaaaaaaaaa".into(),
        ),
        ("bzip2", b"BZh91AY&SY\x9d\xf1\x01\x02\x03\x04\x05".into()),
        (
            "xz -dc",
            b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46\x02\0\x21\x01".into(),
        ),
        ("7z", b"7z\xbc\xaf\x27\x1c\0\x04aaaaaaaaaaaaa".into()),
        ("tar -x", tar),
        (
            "Parquet",
            b"PAR1\x15\x04\x15\x10\x15\x14\x4c\x15\x02aaaaaa".into(),
        ),
        ("Avro", b"Obj\x01\x04\x16avro.schemaaaaaaa".into()),
        ("EVTX", b"ElfFile\0\0\0\0\0\0\0\0\0\0\0".into()),
        ("SQLite", b"SQLite format 3\0\x10\0".into()),
        ("PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n".into()),
        ("image", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".into()),
        ("HTML", b"<!DOCTYPE html>\n<html></html>\n".into()),
        ("XML", b"<?xml version=\"1.0\"?>\n<Events/>\n".into()),
        ("YAML", b"---\n- a: 1\n".into()),
        ("UTF-16", utf16),
        ("UTF-32", utf32),
        ("more than twice", gzip(gzip(gzip(&good)))),
    ];
    for (word, bytes) in &cases {
        room.write("logs/a", bytes).write("logs/b", &good);
        let answer = room.logged(&["run", "logs"]);
        answer
            .ends(3)
            .tells_of("source-failed", "logs/a")
            .tells_with("source-failed", word);
        assert_eq!(answer.count("malformed"), 0, "{word} {}", answer.err);
        assert_eq!(answer.alerts().len(), 1, "{word}");
        let (out, err) = (answer.out, room.logged_with(&["run", "-"], bytes));
        err.ends(3)
            .tells_of("source-failed", "(stdin)")
            .tells_with("source-failed", word);
        assert!(!out.is_empty());
    }
    for bytes in [
        gzip(gzip(&good)),
        zstd::encode_all(&gzip(&good)[..], 1).unwrap(),
    ] {
        room.write("twice", bytes);
        let answer = room.weir(&["run", "twice"]);
        assert_eq!(answer.ends(0).count("counted"), BURST as u64);
    }
}

#[test]
fn nuls_and_byte_order_marks_between_records_are_passed_over_and_counted() {
    let room = Room::new();
    let values = burst();
    let (one, other) = values.split_at(9);
    let printed = |some: &[Value]| format!("{:#}\n", json!(some));
    for (text, passed) in [
        (format!("{}\u{feff}{}", lines(one), lines(other)), 3),
        (
            format!("{}{}", "\0".repeat(20 << 20), lines(&values)),
            20 << 20,
        ),
        (
            format!("{}{}{}", lines(one), "\0".repeat(20 << 20), lines(other)),
            20 << 20,
        ),
        (
            format!("{}{}{}", lines(one), "\0".repeat(4096), lines(other)),
            4096,
        ),
        (format!("{}\u{feff}{}", printed(one), printed(other)), 3),
    ] {
        room.write("input", text);
        let answer = room.weir(&["run", "input", "--json-summary=summary"]);
        answer.ends(0);
        assert_eq!(answer.count("counted"), BURST as u64, "{}", answer.err);
        assert_eq!(answer.count("malformed"), 0, "{}", answer.err);
        let summary: Value = serde_json::from_str(&room.read("summary")).unwrap();
        assert_eq!(summary["bytes_passed_over"], passed);
    }
}

#[test]
fn where_nothing_is_counted_a_hint_shows_what_was_seen() {
    let room = Room::new();
    room.write(
        "other",
        "{\"timestamp\":1,\"src\":{},\"\\u001b[31m\":2}\n".repeat(3),
    );
    let answer = room.weir(&["run", "other"]);
    answer
        .ends(0)
        .says("nothing was counted: all events are of other data sets")
        .says("the first has the keys `timestamp`, `src`, `\\u{1b}[31m`");
    room.write("cef", "CEF:0|Vendor|Product\n".repeat(3));
    room.weir(&["run", "cef"])
        .ends(3)
        .says("all events are malformed")
        .says("begins with `CEF:0|Vendor|Product`");
    room.write("good", lines(&burst()));
    assert!(
        !room
            .weir(&["run", "good"])
            .err
            .contains("nothing was counted")
    );
}

#[test]
fn senders_keep_what_is_good_and_hear_what_is_no_log() {
    let room = Room::new();
    let arguments = ["serve", "--listen", "http://127.0.0.1:0", "--ack", "memory"];
    let mut life = room.start_logged("serve", &arguments);
    let at = life.wait_to_listen("http://");
    let mut all: Vec<String> = burst().iter().map(ToString::to_string).collect();
    all[3] = all[3].replace('"', "'");
    for body in [
        format!("{{\"records\":[{}]}}", all.join(",")),
        format!("[\n{}\n]", all.join(",\n")),
    ] {
        let answer = http::post(&at, "", body.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{:?}", answer.json());
        assert_eq!(answer.json()["documents"], BURST);
        assert_eq!(answer.json()["malformed"], 1);
    }
    let answer = http::post(&at, "", b"a,b,c\n1,2,3\n").unwrap();
    assert_eq!(answer.status, 415);
    assert!(answer.json()["error"].as_str().unwrap().contains("is CSV"));
    life.stop();
}
