//! Files that a mirror writes again and again: no event is counted twice, and none is lost.
#![cfg(unix)]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

mod support;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::life::{Life, POLLS};
use support::{Answer, Room, gzip, lines};

/// Longer than a file is taken to be still written to.
const SETTLED: Duration = Duration::from_millis(1500);

const RUN: [&str; 4] = ["run", "--checkpoint", "state", "in"];
const GROWN: &str = "was replaced by a copy that begins with what was read of it before";
/// What stands before the records has changed.
const HEADED: &str = "was replaced by a copy in which all records that were read of it before are";

/// Too few for an alert, unless they count twice.
const CALLS: usize = 16;

/// One user's calls, every second of them refused.
fn calls(ids: bool) -> Vec<Value> {
    (0..CALLS)
        .map(|n| {
            let mut call = json!({
                "category": "AzureADGraphActivityLogs",
                "tenantId": "aaaaaaaa-0000-4000-8000-000000000001",
                "properties": {
                    "timeGenerated": format!("2026-03-04T05:06:{n:02}.1234567Z"),
                    "requestUri": format!("/tenant/objects{n}?api-version=1.6"),
                    "httpStatusCode": if n % 2 == 0 { 403 } else { 200 },
                    "userId": "clerk",
                    "callerIpAddress": "198.51.100.7",
                    "userAgent": "clerk/1.0",
                },
            });
            if ids {
                call["properties"]["requestId"] = json!(format!("request-{n}"));
            }
            call
        })
        .collect()
}

/// The same calls in a text that is longer than two fingerprints.
fn long(mut calls: Vec<Value>) -> Vec<Value> {
    for call in &mut calls {
        call["properties"]["userAgent"] = json!("clerk/1.0 ".repeat(40));
    }
    calls
}

/// As a mirror does it: under another name, and renamed.
fn mirror(room: &Room, name: &str, bytes: impl AsRef<[u8]>) {
    room.write("temporary", bytes);
    fs::create_dir_all(room.path("in")).unwrap();
    fs::rename(room.path("temporary"), room.path(name)).unwrap();
}

/// Each call was counted once.
#[track_caller]
fn once(answer: &Answer) {
    all(answer, CALLS);
}

#[track_caller]
fn all(answer: &Answer, calls: usize) {
    answer.ends(0);
    assert_eq!(answer.count("counted"), calls as u64, "{}", answer.err);
    for none in ["duplicate", "malformed"] {
        assert_eq!(answer.count(none), 0, "{}", answer.err);
    }
    assert_eq!(answer.out, "");
}

#[test]
fn calls_that_count_twice_would_alert_falsely() {
    let room = Room::new();
    room.write("in/a", lines(&calls(false)))
        .write("in/b", lines(&calls(false)));
    assert_eq!(room.weir(&["run", "in"]).ends(0).alerts().len(), 1);
}

type Written = fn(&[Value]) -> Vec<u8>;

/// Forms in which a file may hold records.
fn forms() -> Vec<(&'static str, Written)> {
    vec![
        ("lines", |values| lines(values).into_bytes()),
        ("no end", |values| lines(values).trim_end().into()),
        ("mark", |values| format!("\u{feff}{}", lines(values)).into()),
        ("gzip", |values| gzip(lines(values).as_bytes())),
        ("zstd", |values| {
            zstd::encode_all(lines(values).as_bytes(), 1).unwrap()
        }),
        ("array", |values| format!("{:#}\n", json!(values)).into()),
        ("envelope", |values| {
            format!("{:#}", json!({ "records": values })).into()
        }),
        ("list", |values| json!(values).to_string().into()),
        ("list line", |values| format!("{}\n", json!(values)).into()),
        ("record line", |values| {
            json!({ "records": values }).to_string().into()
        }),
        ("records behind", |values| {
            format!("{}\n", json!({ "n": 1, "records": values })).into()
        }),
    ]
}

#[test]
fn a_blob_that_comes_again_longer_goes_on_behind_what_was_read() {
    for ids in [true, false] {
        let all = calls(ids);
        for (name, form) in forms() {
            let room = Room::new();
            for (count, says) in [(1, false), (9, true), (9, false), (CALLS, true)] {
                mirror(&room, "in/h", form(&all[..count]));
                let answer = room.weir(&RUN);
                let said = answer.err.matches(GROWN).count();
                assert_eq!(said, usize::from(says), "{name} {count}: {}", answer.err);
                assert_eq!(
                    answer.count("counted"),
                    count as u64,
                    "{name}: {}",
                    answer.err
                );
                assert_eq!(answer.count("duplicate"), 0, "{name}: {}", answer.err);
                assert_eq!(answer.count("malformed"), 0, "{name}: {}", answer.err);
            }
            once(&room.weir(&RUN));
        }
    }
}

#[test]
fn a_printed_file_whose_last_record_is_broken_or_cut_counts_once_and_grows() {
    let all = long(calls(false));
    let part = |count: usize, broken: bool| {
        let mut printed: Vec<_> = all.iter().map(|call| format!("{call:#}")).collect();
        if broken {
            printed[9] = printed[9].replace('"', "'");
        }
        format!("[\n{}\n]\n", printed[..count].join(",\n"))
    };
    let cut = |text: &str, count: usize| {
        let end = part(count, false).len() - 60;
        text[..end].to_owned()
    };
    let whole = part(CALLS, false);
    for (begun, grown, first, last) in [
        (part(10, true), part(CALLS, true), 9, CALLS - 1),
        (cut(&whole, 13), whole.clone(), 12, CALLS),
        (
            lines(&all).replace(",\"", ",\n\"")[..5000].to_owned(),
            lines(&all).replace(",\"", ",\n\""),
            7,
            CALLS,
        ),
    ] {
        let room = Room::new();
        mirror(&room, "in/h", &begun);
        for _ in 0..3 {
            let answer = room.weir(&RUN);
            assert_eq!(answer.count("counted"), first, "{}", answer.err);
            assert!(!answer.err.contains("rewritten"), "{}", answer.err);
        }
        mirror(&room, "in/h", &grown);
        for _ in 0..2 {
            let answer = room.weir(&RUN);
            assert_eq!(answer.count("counted"), last as u64, "{}", answer.err);
        }
    }
}

#[test]
fn a_followed_line_without_its_end_that_is_whole_is_read() {
    let plain = |name: &str| !matches!(name, "gzip" | "zstd");
    for (name, form) in forms().into_iter().filter(|(name, _)| plain(name)) {
        let room = Room::new();
        let all = calls(false);
        mirror(&room, "in/h", form(&all[..6]));
        let mut life = follow(&room, &["in/h"], false);
        mirror(&room, "in/h", form(&all));
        life.wait_to_say(GROWN);
        sleep(POLLS);
        let answer = life.stop();
        assert_eq!(
            answer.count("counted"),
            CALLS as u64,
            "{name}: {}",
            answer.err
        );
    }
}

#[test]
fn a_blob_whose_beginning_changed_is_another_one_and_read_whole() {
    // From its start, in its middle, and at the end of what was read.
    let all = long(calls(false));
    for changed in [0, 8, 15] {
        let room = Room::new();
        mirror(&room, "in/h", lines(&all));
        room.weir(&RUN).ends(0);
        let mut other = all.clone();
        other[changed]["properties"]["userId"] = json!("others");
        other.push(all[3].clone());
        mirror(&room, "in/h", lines(&other));
        let answer = room.weir(&RUN);
        assert_eq!(answer.count("counted"), 2 * CALLS as u64 + 1, "{changed}");
        answer.says("in/h: is another file than was read before; reading it from its start");
    }
}

/// A change that keeps all others in their places is between the first and the last 4 KiB.
#[test]
fn a_blob_that_changed_in_its_middle_alone_is_another_one_and_read_whole() {
    let mut all = long(calls(false));
    all.extend(long(calls(true)));
    let mut other = all.clone();
    other[CALLS]["properties"]["userId"] = json!("other");
    assert_eq!(lines(&all).len(), lines(&other).len());
    other.push(all[3].clone());
    for compressed in [false, true] {
        let form = |values: &[Value]| match compressed {
            true => gzip(lines(values).as_bytes()),
            false => lines(values).into_bytes(),
        };
        let room = Room::new();
        mirror(&room, "in/h", form(&all[..CALLS + 4]));
        room.weir(&RUN).ends(0);
        // Read on, in between, by a run that does not begin at the start.
        mirror(&room, "in/h", form(&all));
        let answer = room.weir(&RUN);
        assert_eq!(answer.says(GROWN).count("counted"), 2 * CALLS as u64);
        mirror(&room, "in/h", form(&other));
        let answer = room.weir(&RUN);
        answer.says("in/h: was replaced by a copy that differs from what was read of it before");
        assert_eq!(
            answer.count("counted") + answer.count("duplicate"),
            4 * CALLS as u64 + 1
        );
    }
    let room = Room::new();
    mirror(&room, "in/h", lines(&all));
    let mut life = follow(&room, &["in/h"], false);
    mirror(&room, "in/h", lines(&other));
    life.wait_to_say("in/h: is another file than before");
    sleep(POLLS);
    let answer = life.stop();
    assert_eq!(
        answer.count("counted") + answer.count("duplicate"),
        4 * CALLS as u64 + 1
    );
}

#[test]
fn an_envelope_whose_count_changed_with_its_records_has_grown() {
    let value = |all: &[Value]| json!({ "count": all.len(), "tags": ["a"], "records": all });
    let forms: [(&str, Written); 4] = [
        ("printed", |all| {
            format!("{:#}\n", json!({ "count": all.len(), "records": all })).into()
        }),
        ("line", |all| {
            json!({ "count": all.len(), "records": all })
                .to_string()
                .into()
        }),
        ("gzip", |all| {
            gzip(format!("{:#}", json!({ "count": all.len(), "value": all })).as_bytes())
        }),
        ("numbers", |all| {
            format!("{:#}\n", json!({ "n": [all.len()], "records": all })).into()
        }),
    ];
    for long_ones in [false, true] {
        let all = match long_ones {
            true => long(calls(false)),
            false => calls(false),
        };
        for (name, form) in forms {
            let room = Room::new();
            for (count, says) in [(3, false), (9, true), (9, false), (CALLS, true)] {
                mirror(&room, "in/h", form(&all[..count]));
                let answer = room.weir(&RUN);
                let said = answer.err.matches(HEADED).count();
                let case = format!("{name} {long_ones} {count}: {}", answer.err);
                assert_eq!(said, usize::from(says), "{case}");
                assert_eq!(answer.count("counted"), count as u64, "{case}");
            }
            // A first record that is another one is another file.
            let mut other = all.clone();
            other[0]["properties"]["userId"] = json!("other");
            mirror(&room, "in/h", form(&other));
            let answer = room.weir(&RUN);
            answer.says("reading it from its start");
            assert_eq!(answer.count("counted"), 2 * CALLS as u64, "{name}");
        }
    }
    let room = Room::new();
    let all = calls(false);
    let text = |count: usize| format!("{:#}\n", value(&all[..count]));
    mirror(&room, "in/h", text(9));
    let mut life = follow(&room, &["in"], false);
    mirror(&room, "in/h", text(CALLS));
    life.wait_to_say(HEADED);
    sleep(POLLS);
    once(&life.stop());
}

/// As a page of an API: a link to the next one, or a count, stands behind the records.
#[test]
fn a_list_with_fields_behind_it_that_grows_goes_on_behind_its_records() {
    let list = |all: &[Value], key: &str, behind: &str, printed: bool| {
        let one = |value: &Value| match printed {
            true => format!("{value:#}"),
            false => value.to_string(),
        };
        let values: Vec<String> = all.iter().map(one).collect();
        match printed {
            true => format!(
                "{{\n \"{key}\": [\n{}\n ]{behind}\n}}\n",
                values.join(",\n")
            ),
            false => format!("{{\"{key}\":[{}]{behind}}}\n", values.join(",")),
        }
    };
    let link = |count: usize| format!(",\"@odata.nextLink\":\"https://api/?skip={count}\"");
    type Behind = fn(usize) -> String;
    let count: Behind = |count| format!(", \"count\": {count}");
    let gone: Behind = |count| match count {
        CALLS => String::new(),
        _ => format!(",\"nextLink\":\"https://api/?skip={}\"", "x".repeat(300)),
    };
    for all in [calls(false), long(calls(false))] {
        for (key, behind) in [
            ("value", link as Behind),
            ("records", count),
            ("value", gone),
        ] {
            for printed in [true, false] {
                let room = Room::new();
                let numbers = [(3, false), (9, true), (9, false), (CALLS, true)];
                for (count, says) in numbers {
                    mirror(
                        &room,
                        "in/h",
                        list(&all[..count], key, &behind(count), printed),
                    );
                    let answer = room.weir(&RUN);
                    let said = answer.err.matches(GROWN).count();
                    let case = format!("{key} {printed} {count}: {}", answer.err);
                    assert_eq!(answer.count("counted"), count as u64, "{case}");
                    assert_eq!(said, usize::from(says), "{case}");
                }
                let mut other = all.clone();
                other[8]["properties"]["userId"] = json!("other");
                mirror(&room, "in/h", list(&other, key, "", printed));
                let answer = room.weir(&RUN);
                answer.says("reading it from its start");
                assert_eq!(answer.count("counted"), 2 * CALLS as u64, "{key}");
            }
        }
    }
    let room = Room::new();
    let all = calls(false);
    let text = |count: usize| list(&all[..count], "value", &link(count), true);
    mirror(&room, "in/h", text(9));
    let mut life = follow(&room, &["in"], false);
    mirror(&room, "in/h", text(CALLS));
    life.wait_to_say(GROWN);
    sleep(POLLS);
    once(&life.stop());
}

/// Nothing is lost; what was read of it before counts again where its records have no ids.
#[test]
fn a_list_that_is_not_opened_and_grows_is_read_whole() {
    let forms: [(&str, Written); 4] = [
        ("events", |all| {
            format!("{:#}\n", json!({ "events": all })).into()
        }),
        ("no end", |all| {
            format!("{:#}", json!({ "events": all })).into()
        }),
        ("result", |all| {
            format!("{:#}", json!({ "data": { "result": all } })).into()
        }),
        ("list of lists", |all| {
            format!("{:#}\n", json!([all])).into()
        }),
    ];
    for (name, form) in forms {
        let room = Room::new();
        let all = calls(true);
        mirror(&room, "in/h", form(&all[..12]));
        for _ in 0..2 {
            assert_eq!(room.weir(&RUN).ends(0).count("counted"), 12, "{name}");
        }
        mirror(&room, "in/h", form(&all));
        let answer = room.weir(&RUN);
        answer.says("reading it from its start");
        let counted = (answer.count("counted"), answer.count("duplicate"));
        assert_eq!(counted, (CALLS as u64, 12), "{name}: {}", answer.err);
    }
}

#[test]
fn a_file_that_is_rewritten_in_place_behind_its_beginning_is_read_whole() {
    let room = Room::new();
    let all = calls(false);
    room.write("in/h", lines(&all));
    room.weir(&RUN).ends(0);
    let mut other = all.clone();
    other[CALLS - 1]["properties"]["userId"] = json!("others");
    room.write("in/h", lines(&other));
    let answer = room.weir(&RUN);
    answer.ends(0).says("in/h: was rewritten: ");
    assert_eq!(answer.count("counted"), 2 * CALLS as u64);
}

#[test]
fn a_copy_that_is_not_whole_yet_is_waited_for() {
    let (short, long) = (lines(&calls(false)), lines(&long(calls(false))));
    assert!(short.len() < 5500 && long.len() > 8192);
    for (text, length) in [
        (&short, 0),
        (&short, 100),
        (&short, 2500),
        (&short, short.len() - 9),
        (&long, 2500),
        (&long, 5000),
        (&long, long.len() - 9),
    ] {
        let room = Room::new();
        room.write("in/h", text);
        once(&room.weir(&RUN));
        // In place, and in its stead.
        room.write("in/h", &text[..length]);
        let answer = room.weir(&RUN);
        once(answer.says("in/h: has only a part of what was read of it before"));
        room.write("in/h", text);
        once(&room.weir(&RUN));
        mirror(&room, "in/h", &text[..length]);
        once(&room.weir(&RUN));
        mirror(&room, "in/h", text);
        once(&room.weir(&RUN));
    }
}

#[test]
fn a_file_that_lost_whole_lines_is_read_again() {
    let room = Room::new();
    let all = long(calls(true));
    room.write("in/h", lines(&all));
    once(&room.weir(&RUN));
    mirror(&room, "in/h", lines(&all[..12]));
    let answer = room.weir(&RUN);
    answer
        .ends(0)
        .says("in/h: is shorter than what was read of it before; reading it from its start");
    assert_eq!(answer.count("duplicate"), 12);
}

#[test]
fn a_temporary_file_beside_its_blob_is_not_read_twice() {
    let all = calls(false);
    let room = Room::new();
    // At the first run both are there; at the next, the temporary one has grown.
    room.write("in/h", lines(&all[..8]))
        .write("in/h.partial", lines(&all[..8]));
    assert_eq!(room.weir(&RUN).ends(0).count("counted"), 8);
    room.write("in/h.partial", lines(&all[..12]));
    assert_eq!(room.weir(&RUN).ends(0).count("counted"), 12);
    fs::rename(room.path("in/h.partial"), room.path("in/h")).unwrap();
    assert_eq!(room.weir(&RUN).ends(0).count("counted"), 12);
    // One that has less than is known.
    let text = lines(&all);
    room.write("in/h.partial", &text[..text.len() / 2 + 300]);
    assert_eq!(room.weir(&RUN).ends(0).count("counted"), 12);
    room.write("in/h.partial", &text);
    fs::rename(room.path("in/h.partial"), room.path("in/h")).unwrap();
    once(&room.weir(&RUN));
}

/// File systems give the number of a file that is gone to the next one.
#[test]
fn a_number_that_another_file_had_says_nothing() {
    let all = calls(false);
    let room = Room::new();
    room.write("in/a", lines(&all[..6]))
        .write("in/b", lines(&all[8..12]));
    assert_eq!(room.weir(&RUN).ends(0).count("counted"), 10);
    fs::rename(room.path("in/a"), room.path("number")).unwrap();
    mirror(&room, "in/a", lines(&all[..8]));
    room.write("number", lines(&all[8..]));
    fs::rename(room.path("number"), room.path("in/b")).unwrap();
    once(&room.weir(&RUN));
}

#[test]
fn links_lead_to_what_they_lead_to() {
    let all = calls(false);
    let room = Room::new();
    room.write("one", lines(&all[..8])).write("in/.keep", "");
    symlink("../one", room.path("in/h")).unwrap();
    let run = ["run", "--checkpoint", "state", "in/h"];
    assert_eq!(room.weir(&run).ends(0).count("counted"), 8);
    room.write("two", lines(&all[..12]));
    symlink("../two", room.path("in/new")).unwrap();
    fs::rename(room.path("in/new"), room.path("in/h")).unwrap();
    assert_eq!(room.weir(&run).ends(0).count("counted"), 12);
    // The same file by another name.
    fs::remove_file(room.path("in/h")).unwrap();
    fs::hard_link(room.path("two"), room.path("in/h")).unwrap();
    room.write("two", lines(&all));
    once(&room.weir(&run));
}

#[test]
fn a_checkpoint_without_fingerprints_is_taken() {
    let all = calls(false);
    let room = Room::new();
    room.write("in/h", lines(&all[..8]));
    room.weir(&RUN).ends(0);
    for entry in fs::read_dir(room.path("state")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "weir") {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let length = u64::from_le_bytes(bytes[10..18].try_into().unwrap()) as usize;
        let mut header: Value = serde_json::from_slice(&bytes[18..18 + length]).unwrap();
        for source in header["sources"].as_array_mut().unwrap() {
            let position = source["position"].as_object_mut().unwrap();
            assert!(position.remove("print").unwrap().is_object());
        }
        let header = serde_json::to_vec(&header).unwrap();
        let mut old = bytes[..10].to_vec();
        old.extend((header.len() as u64).to_le_bytes());
        old.extend(&header);
        old.extend(&bytes[18 + length..bytes.len() - 32]);
        let digest = Sha256::digest(&old);
        old.extend(digest);
        fs::write(&path, old).unwrap();
    }
    mirror(&room, "in/h", lines(&all));
    once(&room.weir(&RUN));
}

// From here on files are followed.

/// Starts following, with a checkpoint or without.
fn follow(room: &Room, inputs: &[&str], kept: bool) -> Life {
    let checkpoint: &[&str] = if kept {
        &["--checkpoint", "state"]
    } else {
        &[]
    };
    room.follow(&[checkpoint, inputs].concat())
}

#[test]
fn a_followed_blob_that_comes_again_longer_goes_on_behind_what_was_read() {
    for (ids, kept) in [(true, true), (false, true), (true, false), (false, false)] {
        let room = Room::new();
        let all = calls(ids);
        mirror(&room, "in/h", lines(&all[..6]));
        mirror(&room, "in/h.gz", gzip(b"{}\n"));
        let mut life = follow(&room, &["in"], kept);
        for (before, count) in [7, 12, CALLS].into_iter().enumerate() {
            mirror(&room, "in/h", lines(&all[..count]));
            life.wait_until("message", || {
                room.read("life.err")
                    .matches(&format!("h: {GROWN}"))
                    .count()
                    == before + 1
            });
        }
        sleep(POLLS);
        once(&life.stop());
    }
}

#[test]
fn a_followed_compressed_blob_that_comes_again_longer_goes_on_behind_what_was_read() {
    let room = Room::new();
    let all = calls(false);
    mirror(&room, "in/h.gz", gzip(lines(&all[..6]).as_bytes()));
    let life = follow(&room, &["in"], false);
    sleep(SETTLED);
    mirror(&room, "in/h.gz", gzip(lines(&all[..12]).as_bytes()));
    sleep(SETTLED);
    // And in place.
    room.write("in/h.gz", gzip(lines(&all).as_bytes()));
    sleep(SETTLED);
    once(&life.stop());
}

#[test]
fn a_followed_array_that_comes_again_longer_goes_on_behind_what_was_read() {
    let room = Room::new();
    let all = calls(false);
    let array = |count: usize| format!("{:#}\n", json!(&all[..count]));
    mirror(&room, "in/h", array(6));
    let life = follow(&room, &["in"], false);
    for count in [11, CALLS] {
        mirror(&room, "in/h", array(count));
        sleep(POLLS);
    }
    once(&life.stop());
}

#[test]
fn a_blob_that_came_again_while_nobody_followed_goes_on_behind_what_was_read() {
    let room = Room::new();
    let all = calls(false);
    mirror(&room, "in/h", lines(&all[..6]));
    all_of(follow(&room, &["in"], true), 6);
    mirror(&room, "in/h", lines(&all[..12]));
    let life = follow(&room, &["in"], true);
    assert!(life.err().contains(GROWN), "{}", life.err());
    room.append("in/h", &lines(&all[12..]));
    sleep(POLLS);
    once(&life.stop());
    once(&room.weir(&RUN));
}

#[track_caller]
fn all_of(life: Life, count: usize) {
    all(&life.stop(), count);
}

#[test]
fn a_followed_file_that_is_rewritten_longer_between_two_looks_is_read_whole() {
    let room = Room::new();
    let all = calls(false);
    room.write("in/h", lines(&all[..4]));
    let mut life = follow(&room, &["in"], false);
    // Longer than before at once, and of another beginning.
    room.write("in/h", lines(&all[4..]));
    life.wait_to_say("reading it from its start");
    sleep(POLLS);
    let answer = life.stop();
    once(&answer);
    assert_eq!(answer.err.matches("from its start").count(), 1);
}

#[test]
fn a_followed_file_that_is_rewritten_as_long_as_it_was_is_read_whole() {
    let room = Room::new();
    let all = calls(false);
    let same = lines(&all[2..4]);
    room.write("in/h", lines(&all[..2]));
    assert_eq!(same.len(), lines(&all[..2]).len());
    let mut life = follow(&room, &["in"], false);
    room.write("in/h", same);
    life.wait_to_say("reading it from its start");
    sleep(POLLS);
    all_of(life, 4);
}

#[test]
fn a_followed_file_that_is_copied_in_place_once_more_goes_on_where_it_was() {
    let text = lines(&long(calls(false)));
    for part in [300, 3000, 5000, 6000] {
        let room = Room::new();
        room.write("in/h", &text[..6100]);
        let life = follow(&room, &["in"], false);
        room.write("in/h", &text[..part]);
        sleep(POLLS);
        room.append("in/h", &text[part..]);
        sleep(POLLS);
        once(&life.stop());
    }
}

#[test]
fn a_temporary_file_in_a_followed_folder_is_not_read_twice() {
    let text = lines(&long(calls(false)));
    // The temporary one is seen first, and last.
    for name in ["in/h.partial", "in/a.partial"] {
        let room = Room::new();
        room.write("in/h", &text[..5000]);
        let life = follow(&room, &["in"], false);
        for range in [0..400, 400..3000, 3000..5500, 5500..text.len()] {
            room.append(name, &text[range]);
            sleep(POLLS);
        }
        fs::rename(room.path(name), room.path("in/h")).unwrap();
        sleep(POLLS);
        once(&life.stop());
    }
}

#[test]
fn a_rotated_log_and_the_new_one_at_its_path_are_both_read() {
    let room = Room::new();
    let all = calls(false);
    room.write("in/log", lines(&all[..5]));
    let mut life = follow(&room, &["in/log"], true);
    let mut old = OpenOptions::new()
        .append(true)
        .open(room.path("in/log"))
        .unwrap();
    fs::rename(room.path("in/log"), room.path("in/log.1")).unwrap();
    room.write("in/log", lines(&all[5..10]));
    life.wait_to_say("in/log: is another file than before, as after a rotation; reading it from");
    old.write_all(lines(&all[10..]).as_bytes()).unwrap();
    sleep(POLLS);
    once(&life.stop());
}

#[test]
fn what_was_rotated_while_nobody_followed_is_known_again() {
    // By renaming, and by a copy that goes on.
    for copied in [false, true] {
        let room = Room::new();
        let all = calls(false);
        room.write("in/log", lines(&all[..5]));
        all_of(follow(&room, &["in"], true), 5);
        if copied {
            room.write("copy", lines(&all[..5]));
        }
        fs::rename(room.path("in/log"), room.path("in/log.1")).unwrap();
        room.append("in/log.1", &lines(&all[5..8]));
        if copied {
            fs::rename(room.path("copy"), room.path("in/log")).unwrap();
        }
        room.append("in/log", &lines(&all[8..]));
        let answer = follow(&room, &["in"], true).stop();
        once(&answer);
        assert!(!answer.err.contains("another file"), "{}", answer.err);
    }
}

#[test]
fn lines_that_are_written_to_a_file_after_its_copy_took_its_place_are_read() {
    let room = Room::new();
    let all = calls(false);
    room.write("in/h", lines(&all[..5]));
    let mut life = follow(&room, &["in/h"], false);
    let mut old = OpenOptions::new()
        .append(true)
        .open(room.path("in/h"))
        .unwrap();
    mirror(&room, "in/h", lines(&all[..10]));
    life.wait_to_say(GROWN);
    old.write_all(lines(&all[10..]).as_bytes()).unwrap();
    sleep(POLLS);
    once(&life.stop());
}

#[test]
fn the_last_line_of_a_blob_without_its_end_counts_once() {
    let room = Room::new();
    let all = calls(false);
    mirror(&room, "in/h", lines(&all[..6]).trim_end());
    let mut life = follow(&room, &["in/h"], false);
    mirror(&room, "in/h", lines(&all));
    life.wait_to_say(GROWN);
    sleep(POLLS);
    once(&life.stop());
}
