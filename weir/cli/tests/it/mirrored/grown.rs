//! Files that come again longer: reading goes on behind the last record.

use serde_json::{Value, json};

use super::{CALLS, GROWN, HEADED, RUN, Written, calls, forms, long, mirror, once};
use crate::support::{Room, gzip, lines};

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

/// Followed, it goes on as it does from run to run.
#[test]
fn a_blob_that_came_again_while_nobody_followed_goes_on_behind_what_was_read() {
    let room = Room::new();
    let all = calls(false);
    mirror(&room, "in/h", lines(&all[..6]));
    assert_eq!(room.weir(&RUN).ends(0).count("counted"), 6);
    mirror(&room, "in/h", lines(&all[..12]));
    let mut life = room.start("life", &[&RUN[..], &["--follow"]].concat());
    life.wait_to_say(GROWN);
    room.append("in/h", &lines(&all[12..]));
    life.stop().ends(0);
    once(&room.weir(&RUN));
}

#[test]
fn an_envelope_whose_count_changed_with_its_records_has_grown() {
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
