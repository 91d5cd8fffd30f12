//! What ends badly says so, whatever else is left out, and what comes near its end is warned of.

use crate::support::zoo::animal;
use crate::support::{Room, burst, lines};

/// Every exit code but 0 has a line on stderr, in the quietest of all ways.
#[test]
fn no_exit_code_but_0_is_silent() {
    let room = Room::new();
    room.write("input", lines(&burst()))
        .write("bad", "no json\n")
        .write("broken", "{no json\n")
        .write("bad.wasm", "no component")
        .write("counts.wasm", animal("lie-count-one"))
        .write("bad.toml", "x = 1\n")
        .write("case/case.toml", "why = \"x\"\n")
        .write("case/input", lines(&burst()))
        .write("case/expected.ndjson", "");
    let quiet = ["--quiet"];
    let bad = ["--component", "bad.wasm"];
    let counts = ["run", "--no-cache", "--component", "counts.wasm", "bad"];
    for (code, command) in [
        (2, [&counts[..], &quiet].concat()),
        (2, [&["run", "input"], &bad[..], &quiet].concat()),
        (2, [&["serve"], &bad[..], &quiet].concat()),
        (2, [&["explain", "input"], &bad[..]].concat()),
        (
            2,
            [&["report", "input", "--output", "x"], &bad[..]].concat(),
        ),
        (2, [&["test", "case"], &bad[..]].concat()),
        (2, vec!["inspect", "bad.wasm"]),
        (2, vec!["inspect", "--json", "bad.wasm"]),
        (3, vec!["verify", "bad.wasm", "--key", "no key"]),
        (3, vec!["validate", "bad.toml"]),
        (3, vec!["run", "bad", "--quiet"]),
        (3, vec!["run", "--strict", "broken", "--quiet"]),
        (3, vec!["run", "none", "--quiet"]),
        (3, vec!["report", "none", "--output", "x", "--quiet"]),
        (3, vec!["tune", "--ledger", "none"]),
        (
            3,
            vec!["tap", "--key", "user.id=u", "--output", "o", "input"],
        ),
        (1, vec!["run", "--fail-on-alert", "input", "--quiet"]),
        (1, vec!["test", "case"]),
    ] {
        let answer = room.weir(&[&["--log-level", "error"], &command[..]].concat());
        answer.ends(code);
        assert!(
            answer.err.starts_with("weir: "),
            "{command:?}: {:?}",
            answer.err
        );
    }
    room.logged(&[&counts[..], &quiet].concat())
        .tells("miscount");
}

#[test]
fn a_batch_that_takes_more_than_half_its_time_is_warned_of() {
    let room = Room::new();
    // Deadlines are kept to within 20 ms, so that no call of these is stopped.
    room.write("weir.toml", "[limits]\ndeadline_ms = 1\nrestarts = 1000\n")
        .write("input", lines(&burst()).repeat(400));
    let answer = room.logged(&["run", "--config", "weir.toml", "input"]);
    answer
        .ends(0)
        .tells_at("batch-slow", "input", 1)
        .tells_with("batch-slow", "limits.deadline_ms");
    let shown = answer.told("batch-slow").len();
    assert!(shown <= 20, "{shown} of {}", answer.err);
    room.logged(&["run", "input"]).ends(0).lacks("batch-slow");
}

/// Commands that look at a component go by the configuration and by limits.
#[test]
fn a_large_component_can_be_looked_at() {
    let room = Room::new();
    // A custom section of 17 MiB behind all that there is.
    let mut large = weir_shipped::COMPONENT.to_vec();
    let size: u32 = 17 << 20;
    large.push(0);
    let bytes = [0, 7, 14, 21].map(|shift| ((size >> shift) & 0x7f) as u8);
    large.extend([bytes[0] | 0x80, bytes[1] | 0x80, bytes[2] | 0x80, bytes[3]]);
    large.extend([1, b'x']);
    large.resize(large.len() + size as usize - 2, 0);
    room.write("large.wasm", large)
        .write(
            "weir.toml",
            "component = \"large.wasm\"\n[limits]\ncomponent_mib = 32\n",
        )
        .write("case/case.toml", "why = \"x\"\n")
        .write("case/input", lines(&burst()));
    let refused = room.logged(&["inspect", "large.wasm"]);
    refused
        .ends(2)
        .tells_with("component-too-large", "--limit component_mib=");
    let read = |out: &str| out.lines().any(|line| line == "imports     0");
    assert!(
        refused.out.contains("imports     not read"),
        "{}",
        refused.out
    );
    let json = room.weir(&["inspect", "--json", "large.wasm"]);
    let said: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert!(said["imports"].is_null() && said["import_count"].is_null());
    let config = ["--config", "weir.toml"];
    let limit = ["--limit", "component_mib=32"];
    let seen = room.weir(&[&["inspect"], &config[..]].concat());
    assert!(read(&seen.ends(0).out), "{}", seen.out);
    let seen = room.weir(&[&["inspect", "large.wasm"], &limit[..]].concat());
    assert!(read(&seen.ends(0).out), "{}", seen.out);
    room.weir(&[&["test", "--update", "case"], &config[..]].concat())
        .ends(0);
    let key = ["verify", "large.wasm", "--key", "no key"];
    room.logged(&key).ends(2).tells("component-too-large");
    room.weir(&[&key[..], &limit].concat())
        .ends(3)
        .says("no public key");
    room.weir(&[&["verify", "large.wasm"], &config[..]].concat())
        .ends(3)
        .says("no key to check by");
    for (limit, words) in [
        ("component_mb=3", "did you mean `component_mib`?"),
        ("component_mib=0", "it must be 1 to 1024"),
        ("component_mib", "write NAME=VALUE"),
    ] {
        room.weir(&["inspect", "--limit", limit])
            .ends(3)
            .says(words);
    }
    room.write("core.wasm", b"\0asm\x01\0\0\0");
    let core = room.weir(&["inspect", "core.wasm"]);
    assert!(
        core.ends(2).out.contains("imports     not read"),
        "{}",
        core.out
    );
}
