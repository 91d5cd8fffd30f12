//! A state that is gone on with by another version of a rule, or under other parameters.

use serde_json::Value;

use crate::support::stream::Revisions;
use crate::support::zoo::made;
use crate::support::{Answer, BURST, Room, burst, lines};

const ACCEPT: &str = "--accept-component";
const LOSE: &str = "--accept-loss";

fn run(room: &Room, more: &[&str]) -> Answer {
    let run = ["run", "--checkpoint", "state", "--output", "alerts", "in"];
    room.logged(&[&run[..], more].concat())
}

/// The revisions in the file of alerts: number, phase and calls.
fn revisions(room: &Room) -> Vec<(u64, String, u64)> {
    let text = room.read("alerts");
    let number = |value: &Value| value.as_u64().unwrap();
    { text.lines() }
        .map(|line| serde_json::from_str(line).unwrap())
        .map(|alert: Value| {
            let phase = alert["weir.alert.phase"].as_str().unwrap().to_owned();
            let calls = number(&alert["Esql.total_calls"]);
            (number(&alert["weir.alert.revision"]), phase, calls)
        })
        .collect()
}

#[test]
fn thresholds_may_change_and_what_stands_is_what_holds_now() {
    let room = Room::new();
    let all = burst();
    room.write("in/a", lines(&all[..20]));
    run(&room, &[]).ends(0).lacks("state-taken-over");
    room.write("in/b", lines(&all[20..]));
    let least = |calls: &str| {
        let set = format!("min_total_calls={calls}");
        let answer = run(&room, &["--set", &set]);
        answer
            .ends(0)
            .adds_up(BURST)
            .tells_with("state-taken-over", &format!(" and is {calls}"));
        assert_eq!(answer.count("duplicate"), 0);
    };
    least("25");
    assert_eq!(revisions(&room), [(1, "late".to_owned(), 25)]);
    // Nothing new is read: what is held is judged again all the same.
    least("26");
    let retracted = (2, "retracted".to_owned(), 25);
    assert_eq!(revisions(&room)[1..], [retracted]);
    least("20");
    assert_eq!(revisions(&room)[2..], [(3, "late".to_owned(), 25)]);
    // A last time with what it has: nothing is said or written.
    let again = run(&room, &["--set", "min_total_calls=20"]);
    again.ends(0).lacks("state-taken-over");
    let written = Revisions::of(&room.read("alerts"));
    assert_eq!((written.gaps().len(), written.repeated), (0, 0));
    let plain = room.weir(&["run", "--set", "min_total_calls=20", "in"]);
    let plain = Revisions::of(&plain.ends(0).out).standing();
    assert_eq!(written.standing(), plain);
}

#[test]
fn what_counts_otherwise_is_refused_until_its_loss_is_accepted() {
    let room = Room::new();
    room.write("in/a", lines(&burst()));
    run(&room, &[]).ends(0);
    let before = room.read("alerts");
    let windows = ["--set", "window_seconds=60"];
    let refused = run(&room, &windows);
    refused
        .ends(3)
        .tells_with("configuration-refused", "window_seconds was 120 and is 60")
        .tells_with("configuration-refused", LOSE)
        .tells_with("configuration-refused", "state/checkpoint-");
    // Refused, nothing has changed.
    run(&room, &[]).ends(0).lacks("state-not-taken");
    let lossy = run(&room, &[&windows[..], &[LOSE]].concat());
    lossy
        .ends(0)
        .adds_up(BURST)
        .tells_with("state-not-taken", "window_seconds was 120 and is 60");
    assert_eq!(room.read("alerts"), before, "what was told stays told");
    run(&room, &windows).ends(0).lacks("state-not-taken");
}

#[test]
fn a_rule_may_leave_when_its_loss_is_accepted() {
    let room = Room::new();
    room.write("in/a", lines(&burst()));
    run(&room, &["--rule", "high-4xx", "--rule", "enumeration"]).ends(0);
    run(&room, &[])
        .ends(3)
        .tells_with("configuration-refused", LOSE);
    let answer = run(&room, &[LOSE]);
    answer.ends(0).tells_with("state-not-taken", "enumeration");
    // Only what the rules of now have counted is known of them.
    run(&room, &[]).ends(0).lacks("state-not-taken");
}

#[test]
fn a_component_with_other_texts_takes_all_and_one_that_counts_otherwise_nothing() {
    let room = Room::new();
    let all = burst();
    room.write("it.wasm", made("none"))
        .write("texts.wasm", made("texts"))
        .write("counts.wasm", made("counts"))
        .write("in/a", lines(&all[..20]));
    run(&room, &["--component", "it.wasm"]).ends(0);
    assert_eq!(revisions(&room), [(1, "on-time".to_owned(), 20)]);
    room.write("in/b", lines(&all[20..]));
    let counts = ["--component", "counts.wasm"];
    run(&room, &counts).ends(2).tells("component-changed");
    run(&room, &[&counts[..], &[ACCEPT]].concat())
        .ends(3)
        .tells_with("configuration-refused", "counts otherwise")
        .tells_with("configuration-refused", "rule made");
    let texts = ["--component", "texts.wasm", ACCEPT];
    let answer = run(&room, &texts);
    answer
        .ends(0)
        .adds_up(BURST)
        .tells_with("state-taken-over", "rule made")
        .tells_with("state-taken-over", "version 1");
    assert_eq!(revisions(&room)[1..], [(2, "late".to_owned(), 25)]);
    let last: Value = serde_json::from_str(room.read("alerts").lines().last().unwrap()).unwrap();
    assert_eq!(last["rule.name"], "Every call of a user");
    // And what begins anew closes what was told, and counts on.
    let answer = run(&room, &[&counts[..], &[ACCEPT, LOSE]].concat());
    answer.ends(0).adds_up(BURST).tells("state-not-taken");
    assert_eq!(revisions(&room).len(), 2);
}

/// A state is handed over under the same checks from a server to a run and back.
#[test]
fn a_server_takes_over_what_a_run_has_left() {
    let room = Room::new();
    let all = burst();
    room.write("in/a", lines(&all[..20]));
    run(&room, &[]).ends(0);
    let serve = [
        "serve",
        "--listen",
        "http://127.0.0.1:0",
        "--checkpoint",
        "state",
        "--output",
        "alerts",
        "--set",
        "min_total_calls=25",
    ];
    let mut life = room.start_logged("serve", &serve);
    let at = life.wait_to_listen("http://");
    let rest = lines(&all[20..]);
    let reply = crate::support::http::post(&at, "", rest.as_bytes()).unwrap();
    assert_eq!(reply.status, 200, "{reply:?}");
    let answer = life.stop();
    answer
        .ends(0)
        .adds_up(BURST)
        .tells_with("state-taken-over", "min_total_calls was ");
    room.logged(&[
        "serve",
        "--set",
        "window_seconds=60",
        "--checkpoint",
        "state",
    ])
    .ends(3)
    .tells_with("configuration-refused", LOSE);
}
