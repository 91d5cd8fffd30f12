//! `weir check`: the shipped rules hold every law, each lawless detector breaks its own, and the
//! counterexample breaks it again.

use std::collections::BTreeMap;

use serde_json::Value;
use weir_generator::mmdb::asn_database;
use weir_generator::random::Random;
use weir_generator::render::{Shape, Style, document};
use weir_generator::tenant::Tenant;

use crate::support::zoo::{animal, sloppy, without};
use crate::support::{Answer, Room, burst, gzip, lines};

/// All laws, in their order.
const LAWS: [&str; 22] = [
    "answers",
    "batches",
    "order",
    "take",
    "twice",
    "seed",
    "revisions",
    "early",
    "advance",
    "clock",
    "partial",
    "restart",
    "take-over",
    "merge",
    "merge-again",
    "groups",
    "damaged",
    "ledger",
    "select",
    "flood",
    "hostile-bytes",
    "limits",
];
const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures");
const STATE: [&str; 6] = [
    "restart",
    "take-over",
    "merge",
    "merge-again",
    "groups",
    "damaged",
];

/// Three bursts in as many hours, each an alert.
fn bursts() -> String {
    let burst = lines(&burst());
    ["T05:", "T06:", "T07:"]
        .map(|hour| burst.replace("T05:", hour))
        .concat()
}

/// Eight days in which every rule finds something.
fn days() -> String {
    let mut random = Random::new(1);
    let events = Tenant::for_all_rules(1200, 1);
    let line = |event| document(&event, Shape::EventHub, Style::Brief, &mut random) + "\n";
    events.map(line).collect()
}

/// A room with a component and events.
fn room(component: &[u8]) -> Room {
    let room = Room::new();
    room.write("it.wasm", component).write("events", bursts());
    room
}

const CHECK: [&str; 6] = ["check", "it.wasm", "--events", "events", "--flood", "2000"];

fn check(room: &Room, more: &[&str]) -> Answer {
    room.logged(&[&CHECK[..], more].concat())
}

/// The laws of a report, each with its row.
fn verdicts(answer: &Answer) -> BTreeMap<String, Value> {
    let report: Value = serde_json::from_str(&answer.out).unwrap();
    let rows = report["laws"].as_array().unwrap().iter();
    rows.map(|row| (row["law"].as_str().unwrap().to_owned(), row.clone()))
        .collect()
}

/// The laws with this verdict, in their order.
fn with(verdict: &str, of: &BTreeMap<String, Value>) -> Vec<&'static str> {
    let laws = LAWS.into_iter();
    laws.filter(|law| of.get(*law).is_some_and(|row| row["verdict"] == verdict))
        .collect()
}

#[test]
fn every_shipped_rule_holds_every_law() {
    let room = Room::new();
    room.write("events", days())
        .write("asn.mmdb", asn_database());
    let rules = [
        "high-4xx",
        "enumeration",
        "suspicious-agent",
        "first-client",
        "first-network",
        "all",
    ];
    for rule in rules {
        // What takes a week to be new is in a case.
        let (events, is_week) = match rule.starts_with("first-") {
            true => (format!("{FIXTURES}/{rule}-week/input.ndjson"), true),
            false => ("events".to_owned(), false),
        };
        let answer = room.logged(&[
            "check", "--events", &events, "--rule", rule, "--asn-db", "asn.mmdb", "--rounds", "3",
            "--flood", "4000", "--json", "--output", rule,
        ]);
        let verdicts = verdicts(&answer);
        assert_eq!(verdicts.keys().len(), LAWS.len());
        assert_eq!(with("failed", &verdicts), [""; 0], "{rule}: {}", answer.out);
        answer.ends(0);
        // A rule for single events closes no windows, and not every rule keeps a ledger.
        let may_lack = ["advance", "ledger", "merge-again"];
        let lacks = |law: &&str| may_lack.contains(law) || is_week && *law == "order";
        let left_out = with("left-out", &verdicts);
        assert!(left_out.iter().all(lacks), "{rule}: {left_out:?}");
        assert!(!room.path(rule).exists());
    }
}

/// What each lawless detector breaks, and what else may be broken by that.
const LAWLESS: [(&str, &[&str], &[&str]); 17] = [
    ("none", &[], &[]),
    ("counters-more", &["answers"], &[]),
    (
        "batches",
        &["batches"],
        &[
            "order",
            "merge",
            "merge-again",
            "groups",
            "flood",
            "hostile-bytes",
        ],
    ),
    (
        "order",
        &["order"],
        &[
            "batches",
            "merge",
            "merge-again",
            "groups",
            "advance",
            "flood",
            "hostile-bytes",
        ],
    ),
    ("take", &["take"], &[]),
    ("seed", &["seed"], &[]),
    (
        "revisions",
        &["revisions"],
        &["restart", "take-over", "damaged"],
    ),
    ("early", &["early"], &[]),
    ("advance", &["advance"], &[]),
    ("clock", &["clock"], &[]),
    ("partial", &["partial"], &["merge", "merge-again", "groups"]),
    (
        "forgets",
        &["restart", "merge", "groups"],
        &["take-over", "merge-again", "ledger", "damaged"],
    ),
    ("takes-nothing", &["take-over"], &[]),
    (
        "merge-once",
        &["merge", "groups"],
        &["merge-again", "damaged"],
    ),
    ("damaged", &["damaged"], &[]),
    ("select-counts", &["select"], &[]),
    ("utf8", &["hostile-bytes"], &[]),
];

#[test]
fn each_lawless_detector_breaks_its_own_laws_and_a_replay_breaks_them_again() {
    for (fault, broken, follow) in LAWLESS {
        let room = room(&sloppy(fault));
        let answer = check(&room, &["--json", "--rounds", "6"]);
        let verdicts = verdicts(&answer);
        let failed = with("failed", &verdicts);
        assert!(
            broken.iter().all(|law| failed.contains(law)),
            "{fault}: {failed:?}"
        );
        let known = |law: &&str| broken.contains(law) || follow.contains(law);
        assert!(failed.iter().all(known), "{fault}: {failed:?}");
        assert_eq!(answer.code, Some(i32::from(!broken.is_empty())), "{fault}");
        for law in broken {
            breaks_again(&room, fault, law, &verdicts[*law]);
        }
    }
}

/// A counterexample is small, and `weir test` says of it what `weir check` said.
#[track_caller]
fn breaks_again(room: &Room, fault: &str, law: &str, row: &Value) {
    let folder = row["folder"].as_str().unwrap();
    let why = row["why"][0].as_str().unwrap();
    let (documents, calls) = (
        row["documents"].as_u64().unwrap(),
        row["calls"].as_u64().unwrap(),
    );
    assert!(
        documents <= 30 && calls <= 12,
        "{fault}, {law}: {documents} documents, {calls} calls"
    );
    let input = std::fs::read(room.path(&format!("{folder}/input.ndjson"))).unwrap();
    let lines = input.split_inclusive(|byte| *byte == b'\n').count();
    assert_eq!(lines as u64, documents);
    let replayed = room.weir(&["test", "--component", "it.wasm", folder]);
    let out = &replayed.ends(1).out;
    assert!(
        out.contains("by its calls") && out.contains(why),
        "{fault}, {law}: {why}\n{out}"
    );
    // The honest detector passes the same case.
    let honest = room.weir(&["test", "--rule", "high-4xx", folder]);
    honest.ends(0);
}

#[test]
fn what_grows_without_bound_is_stopped_by_the_memory_under_a_flood() {
    let room = room(&sloppy("leak"));
    let more = [
        "--limit",
        "memory_mib=64",
        "--law",
        "flood",
        "--law",
        "order",
    ];
    let answer = check(&room, &[&more[..], &["--json"]].concat());
    let verdicts = verdicts(answer.ends(1));
    assert_eq!(with("failed", &verdicts), ["flood"]);
    assert_eq!(with("held", &verdicts), ["order"]);
    let why = verdicts["flood"]["why"][0].as_str().unwrap();
    assert!(why.contains("limits.memory_mib"), "{why}");
}

#[test]
fn a_batch_at_the_limit_and_parameters_are_looked_at() {
    for (fault, why) in [
        ("short-sighted", "component failed in `push`"),
        ("careless", "it takes `"),
    ] {
        let room = room(&sloppy(fault));
        let answer = check(&room, &["--json", "--law", "limits"]);
        let verdicts = verdicts(answer.ends(1));
        let sentences = verdicts["limits"]["why"].to_string();
        assert!(sentences.contains(why), "{fault}: {sentences}");
    }
}

#[test]
fn where_the_plain_run_fails_nothing_is_compared_with_it() {
    let room = Room::new();
    room.write("it.wasm", animal("panic-poison")).write(
        "events",
        "{\"line\":1}\n{\"line\":2}\n{\"poison\":3}\n{\"line\":4}\n",
    );
    let answer = check(&room, &["--json"]);
    let verdicts = verdicts(answer.ends(1));
    assert_eq!(with("failed", &verdicts), ["answers"]);
    assert_eq!(with("left-out", &verdicts), LAWS[1..]);
    assert_eq!(
        room.read("weir-check/answers/input.ndjson"),
        "{\"poison\":3}\n"
    );
    assert_eq!(
        room.read("weir-check/answers/calls.ndjson"),
        "{\"call\":\"push\",\"lines\":\"1\"}\n"
    );
    let replayed = room.weir(&["test", "--component", "it.wasm", "weir-check"]);
    assert!(
        replayed
            .ends(1)
            .out
            .contains("call 1: component failed in `push`"),
        "{}",
        replayed.out
    );
}

#[test]
fn laws_about_interfaces_that_are_missing_are_left_out() {
    let lacking = without(&sloppy("none"), &["state", "inspection"]);
    let answer = check(&room(&lacking), &["--json", "--rounds", "2"]);
    let verdicts = verdicts(answer.ends(0));
    let wanted = [&STATE[..], &["ledger", "select"]].concat();
    assert_eq!(with("left-out", &verdicts), wanted);
    assert!(
        verdicts["merge"]["why"][0]
            .as_str()
            .unwrap()
            .contains("`state`")
    );
}

#[test]
fn the_same_seed_finds_the_same() {
    let of = |seed: &str, output: &str| {
        let room = room(&sloppy("order"));
        let more = [
            "--law", "order", "--json", "--seed", seed, "--output", output,
        ];
        let answer = check(&room, &more);
        let calls = room.read(&format!("{output}/order/calls.ndjson"));
        (answer.ends(1).out.clone(), calls)
    };
    assert_eq!(of("5", "there"), of("5", "there"));
}

#[test]
fn reports_for_people_and_for_build_servers() {
    let room = room(&sloppy("damaged"));
    let laws = ["--law", "damaged", "--law", "seed", "--law", "order"];
    let table = check(&room, &[&laws[..], &["--junit", "laws.xml"]].concat());
    let out = &table
        .ends(1)
        .tells_with("laws-failed", "1 of 3 laws failed")
        .out;
    assert!(
        out.contains("3 laws: 2 held, 1 failed, 0 left out"),
        "{out}"
    );
    let replay = "weir test --component it.wasm weir-check/damaged";
    assert!(out.contains(replay), "{out}");
    let xml = room.read("laws.xml");
    let xml = roxmltree::Document::parse(&xml).unwrap();
    let cases: Vec<_> = xml
        .descendants()
        .filter(|node| node.has_tag_name("testcase"))
        .collect();
    let names: Vec<_> = cases
        .iter()
        .map(|case| case.attribute("name").unwrap())
        .collect();
    assert_eq!(names, ["order", "seed", "damaged"]);
    let failed =
        |case: &&roxmltree::Node<'_, '_>| case.children().any(|node| node.has_tag_name("failure"));
    assert_eq!(cases.iter().filter(failed).count(), 1);
    // The counterexamples of one run are not written over by the next.
    let again = check(&room, &laws);
    again
        .ends(3)
        .tells_with("configuration-refused", "weir-check");
    let to_stdout = check(
        &room,
        &["--law", "seed", "--junit", "-", "--output", "other"],
    );
    assert!(roxmltree::Document::parse(&to_stdout.ends(0).out).is_ok());
    assert!(!room.path("other").exists());
}

#[test]
fn events_come_in_any_form_and_a_bad_one_is_told() {
    let room = room(&sloppy("none"));
    room.write("events.gz", gzip(bursts())).write("empty", "");
    let of = |events: &str, more: &[&str]| {
        let first = [
            "check", "it.wasm", "--law", "seed", "--json", "--events", events,
        ];
        room.logged(&[&first[..], more].concat())
    };
    let report = |answer: &Answer| -> Value { serde_json::from_str(&answer.out).unwrap() };
    let plain = report(of("events", &[]).ends(0));
    assert_eq!(plain, report(of("events.gz", &[]).ends(0)));
    let piped = room.logged_with(
        &[
            "check", "it.wasm", "--law", "seed", "--json", "--events", "-",
        ],
        bursts().as_bytes(),
    );
    assert_eq!(plain, report(piped.ends(0)));
    let few = of("events", &["--max-events", "10"]);
    assert_eq!(
        report(few.ends(0).tells("events-left-out"))["documents"],
        10
    );
    of("missing", &[]).ends(3).tells("input-failed");
    of("empty", &[]).ends(3).tells_with("input-failed", "empty");
    of("events", &["--law", "ordr"])
        .ends(3)
        .tells_with("configuration-refused", "did you mean `order`");
    of("events", &["--set", "min_errors=-1"])
        .ends(3)
        .tells("configuration-refused");
    room.write("it.wasm", "no component");
    of("events", &[]).ends(2).tells("component-not-wasm");
}

#[test]
fn a_case_by_its_calls_is_read_with_care() {
    let room = room(&sloppy("none"));
    room.write("case/input.ndjson", bursts())
        .write(
            "case/calls.ndjson",
            "{\"call\":\"push\",\"lines\":\"1-3\"}\n",
        )
        .write("case/case.toml", "why = \"x\"\n");
    let test = || room.weir(&["test", "--component", "it.wasm", "case"]);
    let told = |words: &str| {
        let answer = test();
        assert!(
            answer.ends(1).out.contains(words),
            "{words}: {}",
            answer.out
        );
    };
    told("`law` is missing");
    room.write("case/case.toml", "why = \"x\"\nlaw = \"ordre\"\n");
    told("did you mean `order`");
    room.write("case/case.toml", "why = \"x\"\nlaw = \"order\"\n");
    // Calls that deliver only a part are no counterexample to anything.
    told("the law `order` cannot be judged");
    room.write(
        "case/calls.ndjson",
        "{\"call\":\"take\"}\n{\"call\":\"pull\"}\n",
    );
    told("calls.ndjson:2");
    room.write(
        "case/calls.ndjson",
        "{\"call\":\"push\",\"lines\":\"1-9999\"}\n",
    );
    told("calls.ndjson:1");
    let all = bursts().lines().count();
    room.write(
        "case/calls.ndjson",
        format!("{{\"call\":\"push\",\"lines\":\"1-{all}\"}}\n"),
    );
    test().ends(0);
    std::fs::remove_file(room.path("case/calls.ndjson")).unwrap();
    told("calls.ndjson: is missing");
}

/// What breaks the contract in a single answer fails the plain run, in these words.
#[test]
fn the_zoo_breaks_the_contract_in_its_answers() {
    for (name, words) in [
        ("counters-lie", "miscounts"),
        ("revision-gap", "revision: is 3 and must be 2"),
        ("revision-again", "revision: is 1 and must be 2"),
        ("retracted-first", "is retracted where nothing stands"),
        ("early-behind", "is early behind what was on time"),
        ("window-inverted", "window"),
        ("column-twice", "columns"),
        ("nan", "columns"),
        ("other-rule", "is no open rule"),
        ("panic-push", "call 1: component failed in `push`"),
        ("grow", "limits.memory_mib"),
    ] {
        let room = Room::new();
        let events: String = (1..=100).map(|n| format!("{{\"line\":{n}}}\n")).collect();
        room.write("it.wasm", animal(name)).write("events", events);
        let answer = check(
            &room,
            &["--json", "--limit", "memory_mib=32", "--law", "answers"],
        );
        let verdicts = verdicts(answer.ends(1));
        let why = verdicts["answers"]["why"].to_string();
        assert!(why.contains(words), "{name}: {why}");
    }
}
