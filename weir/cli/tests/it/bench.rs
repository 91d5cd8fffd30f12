//! `weir bench`: the figures, what they are held to, and what it refuses to measure.

use serde_json::{Value, json};

use crate::support::zoo::{self, animal, made};
use crate::support::{Answer, BURST, Room, burst, gzip, lines};

fn room(component: impl AsRef<[u8]>) -> Room {
    let room = Room::new();
    room.write("it.wasm", component)
        .write("events", lines(&burst()));
    room
}

fn bench(room: &Room, more: &[&str]) -> Answer {
    let bench = ["bench", "it.wasm", "--events", "events", "--rounds", "1"];
    room.logged(&[&bench[..], more].concat())
}

fn figures(answer: &Answer) -> Value {
    serde_json::from_str(&answer.ends(0).out).unwrap()
}

fn keys(object: &Value) -> Vec<&str> {
    object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn both_are_measured_over_the_same_events() {
    let component = made("none");
    let room = room(&component);
    let found = figures(&bench(&room, &["--json"]));
    assert_eq!(
        keys(&found),
        [
            "documents",
            "bytes",
            "rounds",
            "detector",
            "shipped",
            "ratio"
        ]
    );
    assert_eq!(
        (&found["documents"], &found["rounds"]),
        (&json!(BURST), &json!(1))
    );
    assert_eq!(found["bytes"], room.read("events").len());
    let (it, shipped) = (&found["detector"], &found["shipped"]);
    for one in [it, shipped] {
        assert_eq!(
            keys(one),
            [
                "component",
                "sha256",
                "rules",
                "size_bytes",
                "events_counted",
                "alerts",
                "events_per_second",
                "bytes_per_second",
                "pass_seconds",
                "instructions",
                "instructions_per_event",
                "memory_bytes",
                "start_cold_seconds",
                "start_warm_seconds",
                "open_seconds"
            ]
        );
        assert_eq!(one["events_counted"], BURST);
        assert_eq!(one["alerts"], 1);
        for times in ["pass", "start_cold", "start_warm", "open"] {
            let times = &one[format!("{times}_seconds")];
            let [least, median, most] =
                ["least", "median", "most"].map(|name| times[name].as_f64().unwrap());
            assert!(0.0 < least && least <= median && median <= most, "{times}");
        }
        let number = |name: &str| one[name].as_f64().unwrap();
        let pass = one["pass_seconds"]["median"].as_f64().unwrap();
        assert_eq!(number("events_per_second"), BURST as f64 / pass);
        assert_eq!(
            number("instructions_per_event"),
            number("instructions") / BURST as f64
        );
        // A page of WebAssembly's memory is the least that there can be.
        assert!(number("memory_bytes") >= 65_536.0);
    }
    assert_eq!(it["component"], "it.wasm");
    assert_eq!(it["rules"], json!(["made"]));
    assert_eq!(it["size_bytes"], component.len());
    assert_eq!(shipped["size_bytes"], weir_shipped::COMPONENT.len());
    let inspected = room.weir(&["inspect", "--json", "it.wasm"]).out;
    let inspected: Value = serde_json::from_str(&inspected).unwrap();
    assert_eq!(it["sha256"], inspected["sha256"]);
    let size = component.len() as f64 / weir_shipped::COMPONENT.len() as f64;
    assert_eq!(found["ratio"]["size_bytes"].as_f64(), Some(size));
}

#[test]
fn instructions_are_the_same_each_time_and_follow_the_work() {
    let room = room(weir_shipped::COMPONENT);
    let of = |more: &[&str]| {
        let found = figures(&bench(&room, &[&["--json"], more].concat()));
        let count = |one: &str| found[one]["instructions"].as_u64().unwrap();
        assert!(count("shipped") > 0);
        (count("detector"), count("shipped"))
    };
    let (it, shipped) = of(&[]);
    assert_eq!(it, shipped);
    // All its rules, not the usual one.
    let (all, one) = of(&["--rule", "all"]);
    assert!(all > one && one == shipped, "{all} {one}");
    // More events are more work.
    room.write("events", lines(&burst()).repeat(4));
    let (more, _) = of(&[]);
    assert!(more > it, "{more} {it}");
}

#[test]
fn options_of_a_run_mean_the_same() {
    let room = room(weir_shipped::COMPONENT);
    room.write("weir.toml", "[parameters]\nmin_errors = 1000000\n");
    for more in [&["--set", "min_errors=1000000"], &["--config", "weir.toml"]] {
        let found = figures(&bench(&room, &[&["--json"], &more[..]].concat()));
        assert_eq!(found["detector"]["alerts"], 0);
        assert_eq!(found["shipped"]["alerts"], 1);
    }
    let batches = ["--json", "--limit", "batch_kib=1"];
    assert_eq!(figures(&bench(&room, &batches))["detector"]["alerts"], 1);
    // Files of any form that a run reads.
    room.write("logs/a", lines(&burst()[..12]))
        .write("logs/b.gz", gzip(lines(&burst()[12..])));
    let found = room.logged(&[
        "bench", "it.wasm", "--events", "logs", "--rounds", "1", "--json",
    ]);
    assert_eq!(figures(&found)["documents"], BURST);
    let text = lines(&burst());
    let piped = [
        "bench", "it.wasm", "--events", "-", "--rounds", "1", "--json",
    ];
    let found = room.logged_with(&piped, text.as_bytes());
    assert_eq!(figures(&found)["documents"], BURST);
}

#[test]
fn a_table_has_the_units_in_its_heads() {
    let room = room(made("none"));
    let answer = room.weir(&["bench", "it.wasm", "--events", "events", "--rounds", "1"]);
    let out = &answer.ends(0).out;
    for head in [
        "events/s ",
        "MB/s ",
        "instructions an event ",
        "memory, MiB ",
        "start cold, ms ",
        "start warm, ms ",
        "size, KiB ",
        "events that count ",
        "alerts ",
    ] {
        let row = out.lines().find(|line| line.starts_with(head));
        let row = row.unwrap_or_else(|| panic!("no {head} in {out}"));
        assert!(row.split_whitespace().count() > 2, "{row}");
    }
    let head: Vec<&str> = out.lines().nth(2).unwrap().split_whitespace().collect();
    assert_eq!(head, ["it.wasm", "shipped", "ratio"], "{out}");
}

#[test]
fn events_that_the_shipped_rule_passes_over_are_noted() {
    let room = room(animal("honest"));
    room.write("events", zoo::lines(100, &[]));
    let answer = bench(&room, &["--json"]);
    answer.tells("bench-note");
    let found = figures(&answer);
    assert_eq!(found["detector"]["events_counted"], 100);
    assert_eq!(found["shipped"]["events_counted"], 0);
}

#[test]
fn what_cannot_be_measured_is_refused_in_a_sentence() {
    let room = room(weir_shipped::COMPONENT);
    room.write("empty", "\n\n")
        .write("others", "{\"category\":\"SignInLogs\"}\n".repeat(3))
        .write("table.csv", "time,user,status\n1,a,403\n2,b,200\n3,c,200\n")
        .write("broken.gz", &gzip(lines(&burst()))[..100])
        .write("text.wasm", "no component")
        .write("fails.wasm", made("event"));
    let mut poisoned = burst();
    poisoned[7]["properties"]["userAgent"] = "poison/1.0".into();
    room.write("poison", lines(&poisoned));
    for (component, events, code, told, datum) in [
        ("it.wasm", "none", 3, "input-failed", "none"),
        ("it.wasm", "empty", 3, "input-failed", "no events"),
        (
            "it.wasm",
            "others",
            3,
            "input-failed",
            "none of 3 documents",
        ),
        ("it.wasm", "others", 3, "input-failed", "3 other data set"),
        ("it.wasm", "table.csv", 3, "input-failed", "CSV"),
        ("it.wasm", "broken.gz", 3, "input-failed", "broken.gz"),
        ("none.wasm", "events", 3, "input-failed", "none.wasm"),
        ("text.wasm", "events", 2, "component-not-wasm", "\\0asm"),
        ("fails.wasm", "poison", 2, "component-panicked", "`push`"),
    ] {
        let answer = room.logged(&["bench", component, "--events", events]);
        answer.ends(code).tells_with(told, datum);
        assert_eq!(answer.out, "");
    }
    for (more, datum) in [
        (["--set", "min_erors=3"], "min_errors"),
        (["--rule", "none"], "`none`"),
        (["--table", "asn=none"], "none"),
        (["--limit", "batch_kb=3"], "batch_kib"),
    ] {
        let answer = bench(&room, &more);
        answer.ends(3);
        let told = answer.messages();
        assert!(
            told.iter()
                .any(|one| one["message"].to_string().contains(datum)),
            "{told:?}"
        );
    }
    room.weir(&["bench", "it.wasm"]).ends(3).says("--events");
    room.weir(&["bench", "it.wasm", "--events", "events", "--rounds", "0"])
        .ends(3)
        .says("--rounds");
}
