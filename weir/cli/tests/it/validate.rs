//! `weir validate`: every stage, all errors at once, with file and line.

use crate::support::{Answer, Room};

const GOOD: &str = "\
[parameters]
min_errors = 12
min_error_rate = 0.5

[[parameters.exceptions]]
reason = \"inventory\"
user = \"u-1\"
expires = 9999-12-31T00:00:00Z

[limits]
memory_mib = 512
";

fn look(room: &Room, text: &str) -> Answer {
    room.write("weir.toml", text);
    room.weir(&["validate", "weir.toml"])
}

/// The lines that are not `ok`.
fn bad(answer: &Answer) -> Vec<&str> {
    let lines = answer.out.lines();
    lines.filter(|line| !line.starts_with("ok ")).collect()
}

#[track_caller]
fn says(answer: &Answer, wanted: &[&str]) {
    let found = bad(answer);
    assert_eq!(found.len(), wanted.len(), "{}", answer.out);
    for (line, wanted) in found.iter().zip(wanted) {
        assert!(line.starts_with(wanted), "{line}\n{wanted}");
    }
}

#[test]
fn a_good_file_is_ok_in_every_stage() {
    let room = Room::new();
    let answer = look(&room, GOOD);
    says(answer.ends(0), &[]);
    let lines: Vec<&str> = answer.out.lines().collect();
    assert_eq!(
        lines,
        [
            "ok      weir.toml: the file has the right shape, and limits in range",
            "ok      weir.toml: the component inside loads: 5 rules",
            "ok      weir.toml: judged by high-4xx",
            "ok      weir.toml: the detector takes its 3 parameters",
            "ok      weir.toml: 1 exception, none expired or about to",
        ]
    );
    assert_eq!(answer.err, "");
    says(look(&room, "").ends(0), &[]);
}

#[test]
fn all_errors_come_at_once_each_with_its_line() {
    let room = Room::new();
    let text = "\
asn_db = \"none.mmdb\"
componnt = \"x\"

[limits]
memory_mib = 0
deadline = 1
record_mib = \"much\"

[parameters]
min_eror = 1
min_errors = -1
early = nan

[tables]
other = \"weir.toml\"
third = 3
";
    says(
        look(&room, text).ends(3),
        &[
            "error   weir.toml:2: unknown field `componnt`; did you mean `component`?",
            "error   weir.toml:5: limits.memory_mib is 0; it must be 1 to 4096",
            "error   weir.toml:6: unknown field `deadline`; did you mean `deadline_ms`?",
            "error   weir.toml:7: limits.record_mib: invalid type: string \"much\"",
            "error   weir.toml:12: parameters.early: NaN is no number",
            "error   weir.toml:16: tables.third: invalid type: integer `3`",
            "error   weir.toml:10: the detector has no parameter `min_eror`; did you mean `min_errors`?",
            "error   weir.toml:11: parameters.min_errors: -1 is not an integer",
            "error   weir.toml:1: none.mmdb: no such file",
            "error   weir.toml:15: the detector has no table `other`; it has: asn",
        ],
    );
}

#[test]
fn exceptions_are_looked_at_one_by_one() {
    let room = Room::new();
    let soon = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now())
        + chrono::TimeDelta::hours(24 * 3 + 1);
    let soon = soon.to_rfc3339();
    let text = format!(
        "\
[[parameters.exceptions]]
user = \"u\"
[[parameters.exceptions]]
reason = \"  \"
user = \"u\"
[[parameters.exceptions]]
reason = \"r\"
source = \"10.0.0.1/8\"
usr = \"u\"
[[parameters.exceptions]]
reason = \"old\"
asn = 1
expires = 2020-01-01
[[parameters.exceptions]]
reason = \"near\"
asn = 1
expires = {soon}
[[parameters.exceptions]]
reason = \"r\"
asn = 1
expires = \"tomorrow\"
"
    );
    says(
        look(&room, &text).ends(3),
        &[
            "error   weir.toml:1: parameters.exceptions[0].reason: missing or empty",
            "error   weir.toml:4: parameters.exceptions[1].reason: missing or empty",
            "error   weir.toml:8: parameters.exceptions[2].source: \"10.0.0.1/8\" has bits set beyond its prefix; the network is 10.0.0.0/8",
            "error   weir.toml:9: parameters.exceptions[2].usr: no such key",
            "error   weir.toml:21: parameters.exceptions[5].expires: \"tomorrow\" is not a time",
            "warning weir.toml:13: parameters.exceptions[3] expired on 2020-01-01: it leaves out no newer events (\"old\")",
            "warning weir.toml:17: parameters.exceptions[4] expires in 3 days",
            "warning weir.toml:21: parameters.exceptions[5] expires: \"tomorrow\" is not RFC 3339",
        ],
    );
    // Warnings alone are no failure.
    let text = "parameters.exceptions = [{ reason = \"old\", asn = 1, expires = \"2020-01-01T00:00:00Z\" }]";
    says(
        look(&room, text).ends(0),
        &["warning weir.toml:1: parameters.exceptions[0] expired on 2020-01-01T00:00:00Z"],
    );
}

#[test]
fn what_is_no_configuration_file_is_said_so() {
    let room = Room::new();
    let says = |name: &str, wanted: &str| {
        let answer = room.weir(&["validate", name]);
        says(answer.ends(3), &[wanted]);
    };
    says("none.toml", "error   none.toml: no such file");
    room.write("folder/file", "");
    says("folder", "error   folder: is a directory");
    room.write("text.toml", [0xff, 0xfe, 0]);
    says("text.toml", "error   text.toml: ");
    room.write("huge.toml", vec![b'#'; (16 << 20) + 1]);
    says(
        "huge.toml",
        "error   huge.toml: larger than 16 MiB: no configuration file",
    );
    room.write("events.ndjson", "{\"category\":\"x\"}\n{}\n");
    let answer = room.weir(&["validate", "events.ndjson"]);
    assert!(answer.ends(3).out.contains("error   events.ndjson:1: "));
    // Control characters steer no terminal.
    room.write("esc.toml", "\"\\u001b[31m\" = 1\n");
    assert!(
        !room
            .weir(&["validate", "esc.toml"])
            .ends(3)
            .out
            .contains('\u{1b}')
    );
}

#[test]
fn every_place_of_broken_toml_is_shown() {
    let room = Room::new();
    let answer = look(&room, "a = [\n\nb = = 1\n[limits\nmemory_mib = 1\n");
    let lines = bad(answer.ends(3));
    assert!(lines.len() > 1, "{}", answer.out);
    assert!(
        lines
            .iter()
            .all(|line| line.starts_with("error   weir.toml:"))
    );
    // A file of another kind, as large as a file may be, ends soon and says little.
    let answer = look(&room, &"{\"a\": 1}\n".repeat(200_000));
    let lines = bad(answer.ends(3));
    assert!(lines.len() < 25, "{}", lines.len());
    assert!(lines.iter().any(|line| line.ends_with(" more after this")));
    let twice = look(&room, "[parameters]\nearly = true\nearly = true\n");
    says(twice.ends(3), &["error   weir.toml:3: duplicate key"]);
}

#[test]
fn a_large_file_is_looked_at_in_a_moment() {
    let room = Room::new();
    let one = "[[parameters.exceptions]]\nreason = \"r\"\nuser = \"u\"\n";
    let answer = look(&room, &one.repeat(100_000));
    says(
        answer.ends(3),
        &["error   weir.toml:1: parameters.exceptions: 100000 exceptions; at most 1000 are taken"],
    );
}

#[test]
fn a_component_that_is_refused_ends_with_2() {
    let room = Room::new();
    room.write("bad.wasm", "no component");
    let answer = look(
        &room,
        "component = \"bad.wasm\"\n[limits]\nmemory_mib = 0\n",
    );
    says(
        answer.ends(2),
        &[
            "error   weir.toml:3: limits.memory_mib is 0",
            "error   weir.toml:1: component refused: it is not WebAssembly",
        ],
    );
    says(
        look(&room, "\ncomponent = \"none.wasm\"\n").ends(3),
        &["error   weir.toml:2: component: none.wasm: no such file"],
    );
    // Several files: the worst counts.
    room.write("good.toml", GOOD)
        .write("bad.toml", "component = \"bad.wasm\"\n")
        .write("wrong.toml", "x = 1\n");
    room.weir(&["validate", "good.toml", "wrong.toml"]).ends(3);
    room.weir(&["validate", "wrong.toml", "bad.toml", "good.toml"])
        .ends(2);
    room.weir(&["validate"]).ends(3);
}

#[test]
fn a_run_takes_exceptions_from_the_file_and_refuses_them_as_a_setting() {
    let room = Room::new();
    room.write("input", crate::support::lines(&crate::support::burst()))
        .write(
            "weir.toml",
            "[[parameters.exceptions]]\nreason = \"r\"\nuser = \"walker\"\nexpires = 2026-03-04T05:06:10Z\n",
        );
    let answer = room.weir(&["run", "--config", "weir.toml", "input"]);
    assert_eq!(answer.ends(0).alerts().len(), 0, "10 of 25 are left out");
    let answer = room.weir(&["run", "--set", "exceptions=[{}]", "input"]);
    answer
        .ends(3)
        .says("exceptions: lists are set in a configuration file (--config)");
}

#[test]
fn keys_in_the_wrong_section_are_sent_to_the_right_one() {
    let room = Room::new();
    let text = "\
min_errors = 1
memory_mib = 64
idle_timeout = 1
[parameters]
record_mib = 1
asn_db = \"x\"
[live]
idle_timeout_second = 1
[tables]
asm = \"weir.toml\"
";
    says(
        look(&room, text).ends(3),
        &[
            "error   weir.toml:1: unknown field `min_errors`; it belongs under [parameters]",
            "error   weir.toml:2: unknown field `memory_mib`; it belongs under [limits]",
            "error   weir.toml:3: unknown field `idle_timeout`; there are: component",
            "error   weir.toml:8: unknown field `idle_timeout_second`; did you mean `idle_timeout_seconds`?",
            "error   weir.toml:5: the detector has no parameter `record_mib`; it belongs under [limits]",
            "error   weir.toml:6: the detector has no parameter `asn_db`; it belongs before the first [section] of the file",
            "error   weir.toml:10: the detector has no table `asm`; did you mean `asn`?",
        ],
    );
}

#[test]
fn what_is_odd_but_legal_is_a_warning_with_its_line() {
    let room = Room::new();
    room.write("no.mmdb", "");
    let text = "\
cache = false
cache_dir = \"x\"

[limits]
memory_mib = 24
record_mib = 16
batch_kib = 32768
snapshot_mib = 32
alert_kib = 1048576
[parameters]
window_seconds = 7
min_errors = 5
min_total_calls = 4
partial = true

[[parameters.exceptions]]
reason = \"one\"
user = \"u\"
[[parameters.exceptions]]
user = \"u\"
reason = \"other\"
";
    let mut wanted = vec![
        "warning weir.toml:2: cache_dir is not used: cache is false",
        "warning weir.toml:6: limits.record_mib is 16, and the component has 24 MiB",
        "warning weir.toml:7: limits.batch_kib is 32768: batches are no longer than",
        "warning weir.toml:8: limits.snapshot_mib is 32: the state that 64 MiB",
        "warning weir.toml:9: limits.alert_kib is 1048576, and an answer takes 256 MiB at most",
        "warning weir.toml:11: parameters.window_seconds: windows of 7 seconds do not divide an hour",
        "warning weir.toml:12: parameters.min_errors: min_total_calls decides nothing",
        "warning weir.toml:13: parameters.min_total_calls: min_total_calls decides nothing",
        "warning weir.toml:14: parameters.partial: a partial detector never alerts",
        "warning weir.toml:19: parameters.exceptions[1] leaves out the same as exceptions[0]",
    ];
    says(look(&room, text).ends(0), &wanted);
    let answer = look(&room, text);
    let ok = |text: &str| {
        answer
            .out
            .lines()
            .any(|line| line.starts_with("ok ") && line.contains(text))
    };
    assert!(ok("the detector takes its 5 parameters"), "{}", answer.out);
    // One that has errors is not advised.
    let wrong = text.replace("partial = true", "partial = 1");
    let answer = look(&room, &wrong);
    wanted.retain(|line| !line.contains("parameters."));
    wanted.insert(5, "error   weir.toml:14: parameters.partial: ");
    says(answer.ends(3), &wanted);
    // As published, nothing is odd.
    says(look(&room, "").ends(0), &[]);
}

/// Settings that no client takes are said as `weir run kafka://...` says them, with their lines.
#[cfg(feature = "kafka")]
#[test]
fn kafka_settings_are_looked_at_where_the_client_is_built_in() {
    let room = Room::new();
    let text = "\
[kafka]
security.protocol = \"SASL_SLL\"
sasl.password = \"hush\"
no.such = 1
acks = 1
\"socket.timeout.ms\" = -5
sasl.username = \"@none.secret\"
client.rack = [1]
";
    let answer = look(&room, text);
    says(
        answer.ends(3),
        &[
            "error   weir.toml:8: kafka.client.rack must be text, an integer or true or false",
            "error   weir.toml:2: kafka.security.protocol: ",
            "error   weir.toml:3: kafka.sasl.password: write it to a file",
            "error   weir.toml:4: kafka.no.such: ",
            "error   weir.toml:5: kafka.acks: Weir sets this itself",
            "error   weir.toml:6: kafka.socket.timeout.ms: ",
            "error   weir.toml:7: kafka.sasl.username: none.secret: no such file",
        ],
    );
    assert!(!answer.out.contains("hush"), "{}", answer.out);
    // Each is taken, and not all together.
    let text = "[kafka]\nsecurity.protocol = \"SASL_SSL\"\nsasl.mechanism = \"PLAIN\"\nssl.ca.location = \"none.pem\"\n";
    says(look(&room, text).ends(3), &["error   weir.toml:1: kafka: "]);
    let answer = look(
        &room,
        "[kafka]\nclient.rack = \"a\"\nfetch.wait.max.ms = 100\n",
    );
    says(answer.ends(0), &[]);
    let ok = "ok      weir.toml: the Kafka client takes its 2 settings";
    assert!(answer.out.lines().any(|line| line == ok), "{}", answer.out);
}
