//! A run on several threads finds what a run on one finds.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};
use weir_generator::random::Random;
use weir_generator::sample::{Delay, hour};

use crate::support::stream::{Revisions, calm, documents, spread};
use crate::support::{Answer, BURST, Room, burst, gzip, lines};

/// Three documents a batch, so that there are many rounds.
const CONFIG: &str = "[limits]\nbatch_kib = 1\nrecord_mib = 1\n";
const CLASSES: [&str; 7] = [
    "counted",
    "duplicate",
    "excluded",
    "other data set",
    "malformed",
    "dropped late",
    "refused future",
];
const ASN_DB: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/data/asn-test.mmdb"
);

fn room() -> Room {
    let room = Room::new();
    room.write("config.toml", CONFIG);
    room
}

/// Runs on some threads; the answer and what was refused.
fn on(room: &Room, threads: usize, arguments: &[&str]) -> (Answer, String) {
    let threads = threads.to_string();
    let base = ["run", "--rejects", "rejects", "--threads", &threads];
    let config = ["--config", "config.toml"];
    let given = arguments.contains(&"--config");
    let config = if given { &[][..] } else { &config[..] };
    let answer = room.weir(&[&base[..], config, arguments].concat());
    let rejects = room.read("rejects");
    (answer, rejects)
}

/// What is said, but for what a machine makes of it.
fn said(answer: &Answer) -> Vec<&str> {
    let machine = |line: &&str| line.starts_with("weir: took") || line.starts_with("weir: memory");
    answer.err.lines().filter(|line| !machine(line)).collect()
}

fn counts(answer: &Answer) -> [u64; 7] {
    CLASSES.map(|name| answer.count(name))
}

/// Alerts without what depends on when they were found.
fn timeless(text: &str) -> Vec<String> {
    let strip = |line: &str| {
        let mut alert: Value = serde_json::from_str(line).unwrap();
        let fields = alert.as_object_mut().unwrap();
        fields.shift_remove("weir.alert.revision").unwrap();
        fields.shift_remove("weir.alert.phase").unwrap();
        alert.to_string()
    };
    text.lines().map(strip).collect()
}

/// The last revision of each alert, by its id, without what depends on when it was found.
fn standing(answer: &Answer) -> BTreeMap<String, String> {
    let ids = answer.alerts().into_iter();
    let ids = ids.map(|alert| alert["weir.alert.id"].to_string());
    ids.zip(timeless(&answer.out)).collect()
}

/// Everything is the same byte by byte, on one to four threads. Gives the answer of one.
#[track_caller]
fn is_the_same(room: &Room, arguments: &[&str]) -> (Answer, String) {
    let (one, refused) = on(room, 1, arguments);
    one.says(" = read ");
    for threads in 2..=4 {
        let (many, also) = on(room, threads, arguments);
        assert_eq!(said(&many), said(&one), "{threads} threads");
        assert_eq!(many.code, one.code);
        assert!(many.out == one.out, "{threads} threads: other alerts");
        assert!(also == refused, "{threads} threads: other refusals");
    }
    (one, refused)
}

/// A folder with all forms, mixed shapes, and all that can be wrong with them.
fn forms(room: &Room, documents: &[String]) {
    let eighth = documents.len() / 8;
    let part = |n: usize| {
        let to = if n == 7 {
            documents.len()
        } else {
            (n + 1) * eighth
        };
        documents[n * eighth..to]
            .iter()
            .map(|text| serde_json::from_str(text).unwrap())
            .collect::<Vec<Value>>()
    };
    let text = |values: &[Value]| values.iter().map(|v| format!("{v}\n")).collect::<String>();
    let halves = |n: usize, between: &str| {
        let (first, second) = (part(n), part(n));
        let half = first.len() / 2;
        format!("{}{between}{}", text(&first[..half]), text(&second[half..]))
    };
    room.write(
        "in/a.ndjson",
        halves(0, "not json\n\n{\"cut\": \n\u{1b}[31m\n"),
    );
    room.write("in/b.ndjson.gz", gzip(text(&part(1))));
    room.write("in/c.json", serde_json::to_string_pretty(&part(2)).unwrap());
    let filler = format!("{{\"filler\":\"{}\"}}", "y".repeat(10_000));
    let mut array: Vec<String> = part(3).iter().map(Value::to_string).collect();
    let middle = array.len() / 2;
    array.splice(middle..middle, std::iter::repeat_n(filler, 120));
    room.write("in/d.json", format!("[{}]", array.join(",")));
    let long = "x".repeat(1_100_000);
    room.write("in/e.ndjson", halves(4, &format!("{long}\n")));
    // Nothing ends the element that is broken but the next line that is whole.
    let mut broken: Vec<String> = part(5).iter().map(|v| format!("{v:#}")).collect();
    broken[eighth / 2] = "{\"broken\": tru}".to_owned();
    room.write("in/f.json", format!("[\n{}\n]", broken.join(",\n")));
    room.write("in/g.json", format!("{}\n", json!({"records": part(6)})));
    room.write("in/h.ndjson", halves(7, &"bad\n".repeat(30)));
}

#[test]
fn input_in_any_form_gives_the_same_bytes() {
    let room = room();
    forms(&room, &hour(4000, 21, Delay::Disorder, None));
    let (one, refused) = is_the_same(&room, &["--asn-db", ASN_DB, "in"]);
    assert!(one.ends(0).alerts().len() > 10);
    assert!(one.count("duplicate") > 30, "{}", one.err);
    assert!(one.count("malformed") > 30, "{}", one.err);
    assert_eq!(refused.lines().count() as u64, one.count("malformed"));
    let (last, _) = is_the_same(&room, &["--final", "in"]);
    assert!(last.alerts().len() > 10);
}

#[test]
fn sources_that_cannot_be_read_whole_give_the_same_bytes() {
    let room = room();
    let documents = calm(1500, 22);
    let (first, second) = documents.split_at(700);
    let gz = gzip(second.join("\n"));
    room.write("whole", first.join("\n"))
        .write("cut.gz", &gz[..gz.len() / 2]);
    let (one, _) = is_the_same(&room, &["missing", "whole", "cut.gz"]);
    one.ends(3).says("cut.gz: at line ").says("missing: ");
    assert!(one.count("counted") > 900);
}

#[test]
fn last_revisions_are_the_same_with_late_events() {
    for (seed, settings) in [
        (31, &[][..]),
        (32, &["--early"]),
        (33, &["--set", "max_values=2"]),
    ] {
        let room = room();
        let inputs = spread(&room, &documents(4000, seed));
        let arguments = [&["--final"], settings, &inputs].concat();
        let (one, refused) = on(&room, 1, &arguments);
        assert!(one.ends(0).alerts().len() > 10);
        for threads in 2..=4 {
            let (many, also) = on(&room, threads, &arguments);
            assert_eq!(timeless(&many.ends(0).out), timeless(&one.out));
            assert_eq!(counts(&many), counts(&one));
            assert_eq!(also, refused);
        }
    }
}

#[test]
fn a_second_run_gives_the_same_bytes() {
    let room = room();
    let mut documents = documents(4000, 41);
    // Ids that come again with other contents.
    let mut random = Random::new(42);
    for _ in 0..200 {
        let from = random.below(3900) as usize;
        let mut again: Value = serde_json::from_str(&documents[from]).unwrap();
        if again["properties"].is_object() {
            again["properties"]["requestUri"] = json!(format!("/other/{from}"));
            again["properties"]["httpStatusCode"] = json!(200);
        }
        documents.insert(from + random.below(90) as usize, again.to_string());
    }
    let inputs = spread(&room, &documents);
    for settings in [
        &[][..],
        &["--early"],
        &["--set", "allowed_lateness_seconds=300"],
    ] {
        let horizon = ["--set", "dedup_horizon_seconds=300"];
        let arguments = [&horizon[..], settings, &inputs].concat();
        let (first, refused) = on(&room, 3, &arguments);
        assert!(first.ends(0).out.lines().count() > 10);
        let (second, also) = on(&room, 3, &arguments);
        assert_eq!(said(&first), said(&second));
        assert!(first.out == second.out && refused == also);
    }
}

/// The documents that were dropped late, as they stand in the file of refusals.
fn dropped(refused: &str) -> Vec<String> {
    let all = refused
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let late = all.filter(|reject| reject["kind"] == "dropped-late");
    late.map(|reject| reject["record"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_comes_too_late_is_counted_and_refused_with_its_record() {
    let room = room();
    let all = documents(4000, 51);
    // The first half comes after the second: some of it in the round in which the time
    // goes on, some before the workers hear of it, and the rest after.
    let (early, late) = all.split_at(2000);
    let text = |part: &[String]| part.join("\n") + "\n";
    room.write("one", text(&late[..1900]))
        .write("two", text(early) + &text(&late[1900..]));
    let settings = [
        "--set",
        "allowed_lateness_seconds=300",
        "--set",
        "dedup_horizon_seconds=300",
    ];
    let arguments = [&settings[..], &["one", "two"]].concat();
    let (one, refused) = on(&room, 1, &arguments);
    let strict = dropped(&refused);
    assert!(strict.len() > 1000, "{}", one.err);
    for threads in 2..=4 {
        let (many, refused) = on(&room, threads, &arguments);
        let kinder = dropped(&refused);
        assert_eq!(kinder.len() as u64, many.ends(0).count("dropped late"));
        many.adds_up(4000);
        assert!(kinder.len() > 1000, "{threads} threads: {}", many.err);
        let mut strict = strict.iter();
        for record in &kinder {
            let found = strict.any(|other| other == record);
            assert!(found, "dropped, but not on one thread: {record}");
        }
    }
}

#[test]
fn exceptions_other_data_sets_and_networks() {
    let room = room();
    room.write(
        "exceptions.toml",
        format!(
            "[parameters]\nmin_total_calls = 15\nmin_errors = 5\nmin_url_paths = 5\n\
             [[parameters.exceptions]]\nreason = \"inventory\"\nuser = \"user-1\"\n\
             [[parameters.exceptions]]\nreason = \"old\"\nuser = \"user-2\"\n\
             expires = 2026-03-04T05:20:00Z\n{CONFIG}"
        ),
    );
    room.write("in", calm(3000, 61).join("\n"));
    let config = ["--config", "exceptions.toml", "--asn-db", ASN_DB, "in"];
    let (one, _) = is_the_same(&room, &config);
    assert!(one.count("excluded") > 100, "{}", one.err);
    assert!(one.count("other data set") > 10, "{}", one.err);
    assert!(one.alerts().len() > 10);
}

/// A record of the year 9999.
fn far(n: usize) -> String {
    let mut record = burst().remove(0);
    record["properties"]["timeGenerated"] = json!("9999-12-31T23:00:00Z");
    record["properties"]["requestId"] = json!(format!("far-{n}"));
    record.to_string()
}

#[test]
fn a_time_that_cannot_be_closes_nothing_wherever_it_stands() {
    let room = room();
    // With one record a batch, each worker begins with one from the future.
    room.write("single.toml", "[limits]\nbatch_kib = 1\n");
    let mut documents = calm(1500, 71);
    for at in [900, 500, 300, 3, 2, 1] {
        let pad = format!("{{\"pad\":\"{}\"}}", "p".repeat(2000));
        // At the very start one is all that can be told from the log's own time: it is
        // counted in a window of its own, and the watermark waits for two that agree.
        for n in 0..if at < 10 { 1 } else { 4 } {
            documents.insert(at, pad.clone());
            documents.insert(at, far(at * 10 + n));
        }
    }
    room.write("in", documents.join("\n"));
    let (one, refused) = is_the_same(&room, &["--config", "single.toml", "in"]);
    assert_eq!(one.count("refused future"), 12);
    assert_eq!(refused.lines().count(), 12);
    assert!(one.alerts().len() > 5);
}

#[test]
fn a_log_with_long_gaps_is_believed_as_on_one_thread() {
    let room = room();
    // Ten minutes from one event to the next, in bursts; then half a day without any.
    let events = (0..1200_i64).map(|n| {
        let mut record = burst().remove(0);
        let gap = if n > 700 { 43_200_000 } else { 0 };
        let time = 1_772_600_400_000 + n / 5 * 600_000 + n % 5 * 1000 + gap;
        record["properties"]["timeGenerated"] = json!(weir_common::time::iso(time));
        record["properties"]["requestId"] = json!(format!("sparse-{n}"));
        record["properties"]["requestUri"] = json!(format!("/t/objects{}", n % 5));
        record
    });
    room.write("in", lines(&events.collect::<Vec<_>>()));
    let few = ["min_total_calls=3", "min_errors=3", "min_url_paths=3"];
    let few = few.map(|setting| ["--set", setting]).concat();
    for (jump, refused) in [(3600, 16), (0, 0)] {
        let jump = format!("max_jump_seconds={jump}");
        let arguments = [&few[..], &["--set", &jump, "in"]].concat();
        let (one, _) = is_the_same(&room, &arguments);
        assert_eq!(one.count("refused future"), refused);
        assert_eq!(one.count("dropped late"), 0);
        assert!(one.alerts().len() > 230);
    }
}

#[test]
fn a_killed_run_goes_on_with_any_number_of_threads() {
    let room = room();
    let inputs = spread(&room, &documents(6000, 81));
    let base = [&["run", "--config", "config.toml"], &inputs[..]].concat();
    let whole = room.weir(&base);
    let expected = Revisions::of(&whole.ends(0).out).standing();
    assert!(expected.len() > 10);
    println!("seed 82");
    let mut random = Random::new(82);
    let mut kills = 0;
    while kills < 12 {
        let _ = std::fs::remove_dir_all(room.path("state"));
        let to_file = kills % 2 == 0;
        let mut written = Revisions::default();
        let (answer, lives) = loop {
            let threads = (1 + random.below(4)).to_string();
            let options = ["--checkpoint", "state", "--checkpoint-interval", "0.01"];
            let files: &[&str] = if to_file {
                &["--output", "alerts"]
            } else {
                &[]
            };
            let more = ["--rejects", "rejects", "--threads", &threads];
            let mut life = room.start("life", &[&base[..], &options, files, &more].concat());
            if kills < 12 {
                room.wait_for_lock("state", &mut life);
                sleep(Duration::from_millis(random.below(300)));
                if !life.is_over() {
                    kills += 1;
                    written.add(&life.kill().out);
                    continue;
                }
            }
            let answer = life.end();
            written.add(&answer.out);
            break (answer, kills);
        };
        answer.ends(0);
        if to_file {
            written = Revisions::of(&room.read("alerts"));
            assert_eq!(written.repeated, 0, "the file has every revision once");
        }
        assert_eq!(written.gaps(), Vec::<&String>::new(), "after {lives} kills");
        assert_eq!(written.standing(), expected);
        assert_eq!(counts(&answer), counts(&whole));
        assert_eq!(room.read("rejects").lines().count(), 1);
    }
}

#[test]
fn a_followed_line_is_alerted_on_at_once_and_a_signal_drains() {
    let room = room();
    let all = burst();
    room.write("log", lines(&all[..20]));
    let mut life = room.start("life", &["run", "--follow", "--threads", "3", "log"]);
    // A bad line is reported behind all that stands before it.
    room.append("log", &(lines(&all[20..]) + "bad\n"));
    life.wait_to_say("log:26: malformed: ");
    assert_eq!(life.out(), "", "its window is open");
    let later = |minute: usize, n: usize| {
        let mut record = all[n].clone();
        record["properties"]["timeGenerated"] = json!(format!("2026-03-04T05:{minute}:{n:02}Z"));
        record["properties"]["requestId"] = json!(format!("at-{minute}-{n}"));
        record
    };
    room.append("log", &lines(&[later(30, 0)]));
    life.wait_for_output();
    assert!(!life.is_over());
    // What was read when the signal comes is counted.
    let rest: Vec<Value> = (1..BURST).map(|n| later(30, n)).collect();
    room.append("log", &(lines(&rest) + "bad\n"));
    life.wait_to_say("log:52: malformed: ");
    let answer = life.stop();
    assert_eq!(answer.ends(0).count("counted"), 2 * BURST as u64);
    assert_eq!(answer.alerts().len(), 2);
}

/// Calls of a busy log, then a burst, then an event four hours later.
fn before_the_trouble() -> String {
    let mut text = calm(300, 91).join("\n") + "\n";
    text.push_str(&lines(&burst()));
    let mut later = burst().remove(0);
    later["properties"]["timeGenerated"] = "2026-03-04T09:00:00Z".into();
    text.push_str(&format!("{later}\nbad\n"));
    text
}

#[test]
fn a_document_on_which_the_component_fails_is_quarantined_wherever_it_is_read() {
    let room = Room::new();
    let text = before_the_trouble();
    let line = text.lines().count() + 1;
    let filler = format!("[{}1]\n", "1,".repeat(1 << 20));
    // Which repetitions are known beyond the horizon depends on what was read together.
    let config = "[limits]\nmemory_mib = 4\nbatch_kib = 1\n\
                  [parameters]\ndedup_horizon_seconds = 28800\n";
    room.write("config.toml", config)
        .write("in/a", text)
        .write("in/b", format!("{{}}\n{}", filler.repeat(3)))
        .write("in/c", calm(300, 92).join("\n"));
    let (one, refused) = on(&room, 1, &["in"]);
    one.ends(0)
        .says("in/b:2: quarantined: component failed in `push`: it wanted 5 MiB of memory")
        .says(&format!("in/a:{}: malformed: ", line - 1));
    assert_eq!(one.count("quarantined"), 3);
    assert!(one.alerts().len() > 1);
    for threads in 2..=4 {
        let (many, also) = on(&room, threads, &["in"]);
        many.ends(0).adds_up(631);
        assert_eq!(counts(&many), counts(&one), "{}\n{}", many.err, one.err);
        assert_eq!(many.count("quarantined"), 3);
        assert!(
            standing(&many) == standing(&one),
            "other alerts than on one"
        );
        let records = |text: &str| {
            let record =
                |line: &str| serde_json::from_str::<Value>(line).unwrap()["record"].clone();
            text.lines().map(record).collect::<Vec<_>>()
        };
        assert_eq!(records(&also), records(&refused));
    }
}

#[test]
fn a_detector_without_partial_cannot_be_split() {
    let room = room();
    let mut bytes = weir_shipped::COMPONENT.to_vec();
    let name = b"partial";
    while let Some(at) = bytes.windows(name.len()).position(|part| part == name) {
        bytes[at + name.len() - 1] = b'x';
    }
    room.write("it.wasm", bytes).write("in", lines(&burst()));
    let component = ["--component", "it.wasm", "in"];
    let (one, _) = on(&room, 1, &component);
    assert_eq!(one.ends(0).alerts().len(), 1);
    let (two, _) = on(&room, 2, &component);
    two.ends(3)
        .says("rule high-4xx has no parameter `partial`, so its work cannot be split");
    assert_eq!(two.out, "");
}

#[test]
fn a_number_of_threads_out_of_range_is_an_error_of_usage() {
    let room = room();
    for number in ["0", "65", "many"] {
        let answer = room.weir(&["run", "--threads", number, "in"]);
        answer.ends(3).says("for '--threads <N>'");
    }
}
