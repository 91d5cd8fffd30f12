//! `weir tap`: events of one user become a case that anybody may see, and that finds the same.

use crate::support::start::Start as _;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::Room;
use crate::support::stream::documents;

/// Figures of alerts by window.
fn figures(text: &str, user: Option<&str>) -> BTreeMap<String, Vec<Value>> {
    let alerts = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let of_user = alerts.filter(|alert| user.is_none_or(|user| alert["user.id"] == user));
    let columns = [
        "Esql.total_calls",
        "Esql.errors",
        "Esql.error_rate",
        "Esql.url_path_count",
        "Esql.first_seen",
        "Esql.last_seen",
    ];
    of_user
        .map(|alert| {
            let row = columns
                .iter()
                .map(|column| alert[*column].clone())
                .collect();
            (alert["weir.window.start"].as_str().unwrap().to_owned(), row)
        })
        .collect()
}

fn written(room: &Room, case: &str) -> String {
    let files = ["case.toml", "input.ndjson", "expected.ndjson"];
    files
        .map(|file| room.read(&format!("{case}/{file}")))
        .concat()
}

/// A call whose every field names something.
fn call(n: usize, user: &str, path: &str) -> String {
    json!({
        "category": "AzureADGraphActivityLogs",
        "tenantId": "5ec2e700-0000-4000-8000-00000000aaaa",
        "identity": "secret-identity",
        "properties": {
            "timeGenerated": format!("2026-05-19T09:16:{:02}Z", n % 60),
            "requestId": format!("secret-request-{n}"),
            "requestUri": path,
            "httpStatusCode": 403,
            "userId": user,
            "appId": "5ec2e700-0000-4000-8000-00000000bbbb",
            "callerIpAddress": if n.is_multiple_of(2) { "81.2.69.160" } else { "2a02:db8:5ec2::1" },
            "userAgent": "secret-agent/1.0 (alice's laptop)",
            "scopes": "secret-scope",
            "sessionId": "5ec2e700-0000-4000-8000-00000000cccc",
            "signInActivityId": "5ec2e700SecretAAAA==",
        }
    })
    .to_string()
}

#[test]
fn a_case_finds_what_was_found_of_the_user_and_passes_every_way() {
    let room = Room::new();
    room.write("events.ndjson", documents(4000, 5).join("\n"));
    let whole = room.weir(&["run", "--final", "--quiet", "events.ndjson"]);
    let wanted = figures(&whole.out, Some("user-3"));
    assert!(wanted.len() > 2, "{}", whole.out);
    let tap = [
        "tap",
        "--key",
        "user.id=user-3",
        "--output",
        "cases/one",
        "events.ndjson",
    ];
    room.logged(&tap).ends(0).tells("case-recorded");
    assert_eq!(
        figures(&room.read("cases/one/expected.ndjson"), None),
        wanted
    );
    let tested = room.weir(&["test", "cases"]);
    tested.ends(0);
    assert!(tested.out.contains("1 case passed"), "{}", tested.out);
}

#[test]
fn a_moment_stands_for_its_whole_window() {
    let room = Room::new();
    room.write("events.ndjson", documents(4000, 5).join("\n"));
    let whole = room.weir(&["run", "--final", "--quiet", "events.ndjson"]);
    let wanted = figures(&whole.out, Some("user-3"));
    let (start, row) = wanted.iter().nth(1).unwrap();
    let last = row.last().unwrap().as_str().unwrap();
    let tap = [
        "tap",
        "--key",
        "user.id=user-3",
        "--at",
        last,
        "--output",
        "case",
        "events.ndjson",
    ];
    room.weir(&tap).ends(0);
    let found = figures(&room.read("case/expected.ndjson"), None);
    assert_eq!(found, BTreeMap::from([(start.clone(), row.clone())]));
}

#[test]
fn a_moment_stands_for_its_window_of_whatever_length() {
    let room = Room::new();
    room.write("events.ndjson", documents(4000, 5).join("\n"));
    let longer = ["--set", "window_seconds=600", "--set", "min_error_rate=0.1"];
    let whole = room.weir(
        &[
            &["run", "--final", "--quiet"],
            &longer[..],
            &["events.ndjson"],
        ]
        .concat(),
    );
    let wanted = figures(&whole.out, Some("user-3"));
    let (start, row) = wanted.iter().nth(1).unwrap();
    let last = row.last().unwrap().as_str().unwrap();
    let tap = [
        "tap",
        "--key",
        "user.id=user-3",
        "--at",
        last,
        "--output",
        "case",
    ];
    room.weir(&[&tap, &longer[..], &["events.ndjson"]].concat())
        .ends(0);
    let found = figures(&room.read("case/expected.ndjson"), None);
    assert_eq!(found, BTreeMap::from([(start.clone(), row.clone())]));
}

#[test]
fn nothing_that_names_anybody_is_left() {
    let room = Room::new();
    let calls: Vec<String> = (0..40)
        .map(|n| {
            let user = "alice@contoso.example";
            let path = format!("/contoso.example/users/secret-{n}/memberOf?$filter=secret");
            call(n, user, &path)
        })
        .collect();
    room.write("events.ndjson", calls.join("\n"));
    room.write(
        "weir.toml",
        "[parameters]\nmin_errors = 5\n[[parameters.exceptions]]\nuser = \"secret-robot\"\nreason = \"secret-ticket\"\n",
    );
    let tap = [
        "tap",
        "--key",
        "user.id=alice@contoso.example",
        "--config",
        "weir.toml",
        "--output",
        "case",
        "events.ndjson",
    ];
    room.weir(&tap).ends(0);
    let text = written(&room, "case");
    for name in [
        "secret", "alice", "contoso", "5ec2", "81.2", "2a02", "laptop",
    ] {
        assert!(!text.to_lowercase().contains(name), "{name} in:\n{text}");
    }
    // What is read of a session and a sign-in is there, under other names.
    let events = room.read("case/input.ndjson");
    for field in ["session_id", "sign_in_activity_id"] {
        let name = format!("azure.aadgraphactivitylogs.properties.{field}\":");
        assert_eq!(events.matches(&name).count(), 40, "{events}");
    }
    assert!(events.contains("\"sign_in_activity_id-1\""), "{events}");
    assert!(text.contains("min_errors = 5"), "{text}");
    assert_eq!(figures(&room.read("case/expected.ndjson"), None).len(), 1);
    // What the detector itself calls it stays, and so does what is asked for.
    assert!(text.contains("/segment-1/users/segment-"), "{text}");
    let kept = [
        "--keep",
        "user_agent.original",
        "--why",
        "An inventory job.",
    ];
    let kept = [&tap[..3], &kept, &["--output", "kept", "events.ndjson"]].concat();
    room.weir(&kept).ends(0);
    let text = written(&room, "kept");
    assert!(
        text.contains("secret-agent/1.0") && text.contains("An inventory job."),
        "{text}"
    );
    assert!(!text.contains("alice@"), "{text}");
}

#[test]
fn a_live_pipe_is_recorded_until_it_is_enough() {
    let room = Room::new();
    let start = |enough: [&str; 2]| {
        let arguments = [
            "tap",
            "--key",
            "user.id=u",
            "--follow",
            "--output",
            "case",
            "-",
        ];
        crate::support::weir()
            .args(arguments)
            .args(enough)
            .current_dir(room.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .start()
    };
    // The pipes stay open: it is not their end that ends this.
    let mut silent = start(["--for", "1"]);
    let _pipe = silent.stdin.take();
    assert_eq!(silent.wait().unwrap().code(), Some(3));
    let mut child = start(["--max-events", "20"]);
    let mut pipe = child.stdin.take().unwrap();
    for n in 0..33_usize {
        let user = if n.is_multiple_of(3) { "other" } else { "u" };
        writeln!(pipe, "{}", call(n, user, "/T/users")).unwrap();
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(room.read("case/input.ndjson").lines().count(), 20);
    room.weir(&["test", "case"]).ends(0);
}

#[test]
fn what_cannot_be_recorded_says_why_and_leaves_nothing() {
    let room = Room::new();
    room.write("events.ndjson", call(1, "u", "/T/users"));
    room.write("more.ndjson", call(2, "u", "/T/users"));
    let tap = |more: &[&str]| room.weir(&[&["tap", "--output", "case"], more].concat());
    tap(&["events.ndjson"]).ends(3).says("say whose events");
    tap(&["--key", "user.id=nobody", "events.ndjson"])
        .ends(3)
        .says("no event of that key and time in 1 line;");
    assert!(!room.path("case").exists());
    tap(&["--key", "user.id=u", "--at", "yesterday", "events.ndjson"])
        .ends(3)
        .says("write a time such as");
    tap(&["--key", "user.id", "events.ndjson"])
        .ends(3)
        .says("write NAME=VALUE");
    room.write("case/notes.txt", "mine");
    tap(&["--key", "user.id=u", "events.ndjson"])
        .ends(3)
        .says("there is something in this folder");
    assert_eq!(room.read("case/notes.txt"), "mine");
    fs::remove_dir_all(room.path("case")).unwrap();
    let missing = ["--key", "user.id=u", "missing.ndjson", "events.ndjson"];
    room.logged(&[&["tap", "--output", "case"], &missing[..]].concat())
        .ends(3)
        .tells_with("source-failed", "missing.ndjson");
    assert!(room.path("case/expected.ndjson").exists());
    room.logged(&[
        "tap",
        "--key",
        "user.id=u",
        "--output",
        "many",
        "--max-events",
        "1",
        "events.ndjson",
        "more.ndjson",
    ])
    .tells_with("case-cut", "1 event");
}

#[test]
fn the_null_key_is_a_key() {
    let room = Room::new();
    let calls: Vec<String> = (0..25)
        .map(|n| call(n, ["", "u"][n % 2], "/T/users"))
        .collect();
    room.write("events.ndjson", calls.join("\n"));
    let tap = [
        "tap",
        "--key",
        "user.id=null",
        "--key",
        "as.number=null",
        "--output",
        "case",
        "events.ndjson",
    ];
    room.weir(&tap).ends(0);
    let text = room.read("case/input.ndjson");
    assert_eq!(text.lines().count(), 13);
    assert!(!text.contains("user.id"), "{text}");
}

#[test]
fn a_first_of_its_kind_is_recorded_with_its_history_or_it_is_said_why_it_finds_nothing() {
    let room = Room::new();
    let text: String = (0..3)
        .map(|n| call(n, "5ec2e700-0000-4000-8000-00000000bbbb", "users") + "\n")
        .collect();
    room.write(
        "log",
        text.replace(
            "\"properties\":{",
            "\"properties\":{\"actorType\":\"User\",",
        ),
    );
    let key = "user.id=5ec2e700-0000-4000-8000-00000000bbbb";
    let tap = |case: &str, more: &[&str]| {
        let first = [
            "tap",
            "--rule",
            "first-client",
            "--key",
            key,
            "--keep",
            "azure.aadgraphactivitylogs.properties.actor_type",
            "--output",
            case,
        ];
        room.logged(&[&first[..], more, &["log"]].concat())
    };
    // The moment is that of the last call; what came before decides whether it is the first.
    let cold = tap("cold", &["--at", "2026-05-19T09:16:02Z"]);
    cold.ends(0).tells("case-empty");
    assert_eq!(room.read("cold/input.ndjson").lines().count(), 3);
    let warm = tap("warm", &["--set", "warm_up_seconds=0"]);
    warm.ends(0).lacks("case-empty");
    assert_eq!(room.read("warm/expected.ndjson").lines().count(), 1);
}
