//! Hostile components, and what becomes of each: the exact outcome.

use serde_json::Value;

use crate::support::Room;
use crate::support::zoo::{
    CONFIG, PANIC, RUN, alerted, fails, fails_under, fifths, lines, room, roomy, run,
};

#[test]
fn without_a_sting_it_is_an_honest_detector() {
    let room = room("honest", CONFIG, &(lines(100, &[]) + &lines(10, &[])));
    let answer = run(&room, &["input"]);
    answer.ends(0).adds_up(110);
    assert_eq!(
        (answer.count("counted"), answer.count("duplicate")),
        (100, 10)
    );
    assert_eq!(alerted(&answer), fifths(100));
}

#[test]
fn spinning_is_stopped_by_the_deadline() {
    let limit = "100 ms in one call (limits.deadline_ms)";
    fails("spin-describe", "deadline-passed", &["`describe`", limit]);
    fails("spin-open", "deadline-passed", &["`open`", limit]);
    let answer = fails(
        "spin-push",
        "component-given-up",
        &["6 times", "limits.restarts", limit],
    );
    answer.tells_at("batch-failed", "input", 1);
    assert_eq!(answer.told("detector-restarted").len(), 5);
    fails(
        "spin-alerts",
        "component-given-up",
        &["3 times", "`take-alerts`", limit],
    );
}

#[test]
fn what_wants_too_much_is_stopped_by_its_limit() {
    let up = "component-given-up";
    fails("recurse", up, &["1024 KiB", "limits.stack_kib"]);
    let memory = "32 (limits.memory_mib)";
    let patient = CONFIG.replace("deadline_ms = 100", "deadline_ms = 30000");
    fails_under(&patient, "grow", up, &[memory]);
    fails_under(&patient, "block", up, &[" 102", memory]);
    fails_under(&roomy(), "big-string", up, &["16 MiB (limits.output_mib)"]);
}

#[test]
fn an_answer_that_cannot_be_is_no_answer() {
    let (up, out) = ("component-given-up", "the contract: ");
    // It does not get as far as handing it out.
    fails("long-list", up, &["`take-alerts`"]);
    fails("long-string", up, &[out]);
    fails("utf8", up, &[out, "utf-8"]);
    let output = "16 MiB (limits.output_mib)";
    fails_under(&roomy(), "many-alerts", up, &[output]);
    let many = roomy().replace("output_mib = 16", "output_mib = 2048");
    fails_under(&many, "many-alerts", up, &[out, "1000000", "256"]);
    fails(
        "other-rule",
        up,
        &[out, "rule `another-rule`, alerts[2].rule: "],
    );
    // In each of two batches.
    fails(
        "lie-count-one",
        "miscount",
        &["zoo-lie-count-one", "100", "102"],
    );
}

#[test]
fn what_panics_always_is_given_up_with_an_account() {
    fails("panic-push", "component-given-up", &["6 times", PANIC]).tells_at(
        "batch-failed",
        "input",
        1,
    );
    // Where the host writes a batch into it.
    let room = room("realloc", "[limits]\nrestarts = 2\n", &lines(20_000, &[]));
    run(&room, &["input"])
        .ends(2)
        .tells_with("component-given-up", "3 times");
}

#[test]
fn what_does_not_fit_into_its_memory_at_once_is_taken_a_part_at_a_time() {
    for (name, more) in [
        ("hungry-alerts", &["input"][..]),
        ("ledger-hungry", &["--verdicts", "ledger", "input"]),
    ] {
        let patient = CONFIG.replace("deadline_ms = 100", "deadline_ms = 30000");
        let room = room(name, &patient, &lines(100, &[]));
        let answer = run(&room, more);
        answer
            .ends(0)
            .tells_with("detector-restarted", "32 (limits.memory_mib)");
        assert_eq!(alerted(&answer), fifths(100));
        let entries = || room.read("ledger").lines().count();
        assert!(more.len() == 1 || entries() == 20);
    }
}

#[test]
fn a_document_on_which_it_fails_is_quarantined_and_nothing_else_is_lost() {
    let poison = [1, 57, 58, 400, 1000];
    for (name, why) in [
        ("panic-poison", PANIC),
        ("spin-poison", "100 ms in one call (limits.deadline_ms)"),
    ] {
        let config = CONFIG.replace("restarts = 5", "restarts = 20");
        let room = room(name, &config, &lines(1000, &poison));
        for way in [&["input"][..], &["-"]] {
            let arguments = [&RUN[..], &["--rejects", "rejects"], way].concat();
            let input = room.read("input");
            let answer = room.logged_with(&arguments, input.as_bytes());
            answer.ends(0).adds_up(1000).tells("detector-restarted");
            assert_eq!(answer.count("counted"), 995);
            assert_eq!(answer.count("quarantined"), 5);
            assert_eq!(alerted(&answer), fifths(995));
            let rejects = room.read("rejects");
            let rejects: Vec<Value> = rejects
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect();
            let found: Vec<u64> = rejects
                .iter()
                .map(|r| r["line"].as_u64().unwrap())
                .collect();
            assert_eq!(found, poison.map(|n| n as u64));
            for (reject, line) in rejects.iter().zip(poison) {
                assert_eq!(reject["kind"], "quarantined");
                assert_eq!(reject["record"], format!("{{\"poison\":{line}}}"));
                assert!(reject["reason"].as_str().unwrap().contains(why));
            }
            let file = if way == ["-"] { "(stdin)" } else { "input" };
            answer
                .tells_at("quarantined", file, 57)
                .tells_with("quarantined", why);
        }
    }
}

#[test]
fn a_restart_goes_on_from_snapshots_of_any_size_of_journal() {
    // From a pipe the documents are kept, and a snapshot is made whenever there are too many.
    let mut input = lines(30_000, &[29_000]);
    let filler = "x".repeat(200);
    input = input.replace("{\"line\":", &format!("{{\"pad\":\"{filler}\",\"line\":"));
    for disk in [0, 1, 2048] {
        let journal = format!("journal_mib = 1\njournal_disk_mib = {disk}\n");
        let config = format!("{CONFIG}{journal}")
            .replace("batch_kib = 1", "batch_kib = 128")
            .replace("restarts = 5", "restarts = 20");
        let room = room("panic-poison", &config, &input);
        for way in ["input", "-"] {
            let answer = room.logged_with(&[&RUN[..], &[way]].concat(), input.as_bytes());
            answer.ends(0).adds_up(30_000);
            assert_eq!(answer.count("quarantined"), 1);
            assert_eq!(alerted(&answer), fifths(29_999));
        }
    }
}

#[test]
fn a_leak_costs_restarts_and_no_document() {
    let config = "[limits]\nmemory_mib = 16\nbatch_kib = 64\n";
    let room = room("leak", config, &lines(60_000, &[]));
    let answer = run(&room, &["input"]);
    answer.ends(0).adds_up(60_000).tells("detector-restarted");
    assert_eq!(answer.count("counted"), 60_000);
    assert_eq!(alerted(&answer), fifths(60_000));
}

#[test]
fn what_fails_while_it_is_told_the_time_is_given_up_or_goes_on_all_the_same() {
    // On a busy machine it would run out of time before it runs out of memory.
    let config = CONFIG.replace("deadline_ms = 100", "deadline_ms = 30000");
    let grow = room("grow", &config, &lines(100, &[]));
    let text = lines(100, &[]);
    let follow = [&RUN[..], &["--follow", "-"]].concat();
    grow.logged_with(&follow, text.as_bytes())
        .ends(2)
        .tells_with("component-given-up", "32 (limits.memory_mib)");
    let config = "[limits]\nmemory_mib = 16\nbatch_kib = 64\n";
    let leak = room("leak", config, "");
    let text = lines(40_000, &[]);
    let answer = leak.logged_with(&follow, text.as_bytes());
    answer.ends(0).adds_up(40_000).tells("detector-restarted");
    assert_eq!(alerted(&answer), fifths(40_000));
}

#[test]
fn a_state_that_is_huge_or_damaged_ends_the_run_when_it_is_needed() {
    let arguments = ["--checkpoint", "state", "input"];
    let config = roomy();
    let huge = room("huge-snapshot", &config, &lines(100, &[]));
    run(&huge, &arguments)
        .ends(2)
        .tells_with("component-given-up", "16 MiB (limits.snapshot_mib)");
    let long = room("long-bytes", &config, &lines(100, &[]));
    run(&long, &arguments)
        .ends(2)
        .tells_with("component-given-up", "the contract: ");
    let damaged = room("bad-snapshot", CONFIG, &lines(100, &[]));
    run(&damaged, &arguments).ends(0);
    run(&damaged, &arguments)
        .ends(3)
        .tells_with("configuration-refused", "not of this zoo");
}

#[test]
fn words_of_a_component_reach_no_terminal_raw() {
    let room = room("escape", CONFIG, &lines(5, &[]));
    let answer = room.weir(&["inspect", "it.wasm"]);
    let shown = answer.ends(0).out.clone();
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
    let table = run(&room, &["--format", "table", "input"]);
    assert!(
        !table.ends(0).out.contains(['\u{1b}', '\u{202e}']),
        "{:?}",
        table.out
    );
}

/// The lines that were entered into the ledger.
fn entered(room: &Room) -> Vec<String> {
    let row = |line: &str| -> Value { serde_json::from_str(line).unwrap() };
    let ledger = room.read("ledger");
    ledger
        .lines()
        .map(|line| format!("line {}", row(line)["line"]))
        .collect()
}

#[test]
fn a_leak_costs_no_verdict_and_gives_none_twice() {
    let config = "[limits]\nmemory_mib = 16\nbatch_kib = 64\n";
    let room = room("ledger-leak", config, &lines(60_000, &[]));
    let answer = run(&room, &["--verdicts", "ledger", "input"]);
    answer.ends(0).adds_up(60_000).tells("detector-restarted");
    assert_eq!(alerted(&answer), fifths(60_000));
    assert_eq!(entered(&room), fifths(60_000));
}

#[test]
fn verdicts_that_break_the_contract_end_the_run() {
    for (name, words) in [
        ("ledger-spin", "`take-verdicts`: it ran longer than 500 ms"),
        (
            "ledger-many",
            "`take-verdicts`: its answer was larger than 16 MiB",
        ),
        (
            "ledger-nan",
            "verdicts[0].clauses: zoo.lines is no finite number",
        ),
        (
            "ledger-lies",
            "verdicts[0].clauses: zoo.lines says wrongly whether it holds",
        ),
        (
            "ledger-part",
            "verdicts[0].clauses: zoo.lines is a count and has a fraction",
        ),
        (
            "ledger-minus",
            "verdicts[0].clauses: zoo.lines is a count and -1",
        ),
        (
            "ledger-huge",
            "verdicts[0].clauses: zoo.lines is a count and 1000000",
        ),
        (
            "ledger-half",
            "verdicts[0].clauses: zoo.lines is a count and has a fraction",
        ),
        (
            "ledger-mark",
            "verdicts[0].truncated: zoo.others is none of its clauses",
        ),
        (
            "ledger-distance",
            "verdicts[0].clauses: zoo.lines has another distance than value - threshold",
        ),
        (
            "ledger-other",
            "verdicts[0].clauses: are others than the rule's conditions",
        ),
        (
            "ledger-clash",
            "verdicts[0].key: its parts are weir.alerted and described are line",
        ),
        (
            "ledger-clause",
            "verdicts[0].key: its parts are zoo.lines and described are line",
        ),
    ] {
        let deadline = if name == "ledger-spin" { 500 } else { 60_000 };
        let config = roomy().replace("30000", &deadline.to_string());
        let room = room(name, &config, &lines(100, &[]));
        run(&room, &["--verdicts", "ledger", "input"])
            .ends(2)
            .tells_with("component-given-up", words);
    }
    let room = room("ledger-keys", CONFIG, &lines(100, &[]));
    run(&room, &["--verdicts", "ledger.parquet", "input"])
        .ends(2)
        .tells_with("component-given-up", "].key: its parts are line-");
}

#[test]
fn a_rule_without_conditions_keeps_no_ledger() {
    let none = room("honest", CONFIG, &lines(10, &[]));
    run(&none, &["--verdicts", "ledger", "input"])
        .ends(3)
        .tells_with("configuration-refused", "`verdicts`");
}

#[test]
fn several_detectors_keep_no_ledger_together() {
    let room = room("honest", CONFIG, &lines(10, &[]));
    run(
        &room,
        &["--component", "embedded", "--verdicts", "ledger", "input"],
    )
    .ends(3)
    .tells_with("configuration-refused", "--verdicts");
}
