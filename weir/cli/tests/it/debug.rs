//! `--debug`: what a detector says for its author, and where it fails.

use serde_json::Value;

use crate::support::zoo::{made, made_to_debug};
use crate::support::{Answer, Room, burst, lines};

const RUN: [&str; 4] = ["run", "--no-cache", "--component", "it.wasm"];
/// The file of the rule that fails.
const SOURCE: &str = "tests/zoo/src/made.rs:";

/// A burst with one event in it that the rule says something about, and a component.
fn room(component: Vec<u8>) -> Room {
    let mut events = burst();
    events[7]["properties"]["userAgent"] = "poison/1.0".into();
    let room = Room::new();
    room.write("it.wasm", component)
        .write("input", lines(&events));
    room
}

fn run(room: &Room, more: &[&str]) -> Answer {
    room.logged(&[&RUN[..], &["input"], more].concat())
}

#[test]
fn what_a_rule_says_is_shown_to_its_author_only() {
    let room = room(made("none"));
    let said = "the detector says: an agent that is known: poison/1.0\\u{1b}[2J";
    let shown = run(&room, &["--debug"]);
    shown.ends(0).tells_with("detector-message", said);
    assert_eq!(shown.told("detector-message")[0]["level"], "debug");
    assert!(!shown.err.contains(['\u{1b}', '\r']), "{:?}", shown.err);
    // It is the level of no other message, and is not left out with others.
    let quiet = run(&room, &["--debug", "--quiet", "--log-level", "error"]);
    quiet.ends(0).tells_with("detector-message", said);
    assert_eq!(quiet.messages().len(), shown.told("detector-message").len());
    let text = room.weir(&[&RUN[..], &["--debug", "input"]].concat());
    text.ends(0).says(&format!("weir: {said}"));

    let more = ["--rejects", "rejects", "--json-summary=summary"];
    let silent = run(&room, &more);
    silent.ends(0).lacks("detector-message");
    let all = [
        &silent.out,
        &silent.err,
        &room.read("rejects"),
        &room.read("summary"),
    ];
    assert!(all.iter().all(|text| !text.contains("an agent that")));
    // Alerts are the same.
    assert_eq!(silent.out, shown.out);
}

#[test]
fn two_threads_and_cases_say_it_too() {
    let room = room(made("none"));
    let threads = run(&room, &["--debug", "--threads", "2"]);
    threads
        .ends(0)
        .tells_with("detector-message", "an agent that is known");
    room.write("case/case.toml", "why = \"it says something\"\n")
        .write("case/input", room.read("input"));
    let test = ["test", "--no-cache", "--component", "it.wasm", "case"];
    room.logged(&[&test[..], &["--update"]].concat()).ends(0);
    room.logged(&test).ends(0).lacks("detector-message");
    room.logged(&[&test[..], &["--debug"]].concat())
        .ends(0)
        .tells_with("detector-message", "an agent that is known");
}

#[test]
fn a_server_says_it_and_no_metric_does() {
    let room = room(made("none"));
    let serve = ["serve", "--debug", "--listen", "http://127.0.0.1:0"];
    let component = ["--no-cache", "--component", "it.wasm"];
    let mut life = room.start_logged("serve", &[&serve[..], &component].concat());
    let at = life.wait_to_listen("http://");
    let answer = crate::support::http::post(&at, "", room.read("input").as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    life.wait_to_tell("detector-message");
    let metrics = crate::support::http::get(&at, "/metrics").unwrap();
    assert!(!metrics.body.contains("an agent that"));
    life.stop().ends(0);
}

/// The detector keeps a thousand from call to call, and the host shows so many of a burst. What is
/// not shown is counted.
#[test]
fn a_flood_is_bounded_and_what_is_left_out_is_counted() {
    let room = room(made("flood"));
    let answer = run(&room, &["--debug", "--limit", "batch_kib=1"]);
    answer
        .ends(0)
        .tells_with("detector-message", "more messages, which were not kept");
    let shown = answer.told("detector-message").len() as u64;
    let hidden = |message: &Value| {
        let text = message["message"].as_str().unwrap();
        text.split(' ').next().unwrap().parse::<u64>().unwrap()
    };
    let hidden: u64 = answer.told("messages-hidden").iter().map(hidden).sum();
    assert!(shown >= 10_000 && hidden > 0, "{shown} {hidden}");
    assert_eq!((shown + hidden) % 1000, 0, "{shown} {hidden}");
}

#[test]
fn a_failure_names_its_function_and_to_its_author_the_line() {
    for (fault, function, code) in [
        ("event", "fill", "it panicked: "),
        ("unreachable", "made::stops_here", "it gave up"),
        (
            "memory",
            "made::reads_outside",
            "out of bounds memory access",
        ),
        ("spin", "made::never_ends", "(limits.deadline_ms)"),
    ] {
        let room = room(made_to_debug(fault));
        let limit = ["--limit", "deadline_ms=3000"];
        let author = run(&room, &[&limit[..], &["--debug"]].concat());
        author
            .ends(0)
            .tells_with("quarantined", code)
            .tells_with("detector-frame", "stack 0: `")
            .tells_with("detector-frame", SOURCE);
        let reason = author.told("quarantined")[0]["message"].to_string();
        let (_, place) = reason.split_once(" (in `").unwrap();
        assert!(fault == "event" || place.contains(function), "{reason}");
        // The compiler may give an instruction of its own no line.
        let has_line = place.contains("` at ") && place.contains(".rs:");
        assert!(fault == "unreachable" || has_line, "{reason}");
        let is_here = ["memory", "spin"].contains(&fault);
        assert!(!is_here || place.contains(SOURCE), "{reason}");
        // Elsewhere no debug information is read: the function has its name, and no more.
        let other = run(&room, &limit);
        other.ends(0).lacks("detector-frame");
        let reason = other.told("quarantined")[0]["message"].to_string();
        let (_, place) = reason.split_once(" (in `").unwrap();
        assert!(fault == "event" || place.contains(function), "{reason}");
        assert!(!place.contains("` at "), "{reason}");
    }
}

#[test]
fn without_names_it_is_a_number() {
    let room = room(made("unreachable"));
    for more in [&[][..], &["--debug"]] {
        run(&room, more)
            .ends(0)
            .tells_with("quarantined", " (in `function ");
    }
}

/// Debug information that is damaged in any way changes what is said of a place, and nothing else.
#[test]
fn damaged_line_tables_do_no_harm() {
    let whole = made_to_debug("unreachable");
    // The name of the section with its length; the section's contents follow.
    let name = b"\x0b.debug_line";
    let at = memchr::memmem::find(&whole, name).unwrap() + name.len();
    for n in 0..6_usize {
        let mut bytes = whole.clone();
        let end = (at + (2000 << n)).min(bytes.len() - 100_000);
        let damaged = &mut bytes[at..end];
        for (at, byte) in damaged.iter_mut().enumerate() {
            match n {
                0 => *byte = 0xff,
                1 => *byte = 0,
                _ if at % (13 * n) == n => *byte ^= 1 << (at % 8),
                _ => {}
            }
        }
        let room = room(bytes);
        run(&room, &["--debug"])
            .ends(0)
            .tells_with("quarantined", "made::stops_here");
    }
}

#[test]
fn a_name_steers_no_terminal() {
    let mut bytes = made_to_debug("unreachable");
    let name = b"stops_here";
    let all: Vec<usize> = memchr::memmem::find_iter(&bytes, name).collect();
    assert!(!all.is_empty());
    for at in all {
        bytes[at..at + name.len()].copy_from_slice(b"\x1b[2J\xe2\x80\xae\rxx");
    }
    let room = room(bytes);
    for more in [&[][..], &["--debug"]] {
        let answer = room.weir(&[&RUN[..], &["input"], more].concat());
        answer.ends(0).says("\\u{1b}[2J\\u{202e}\\u{d}");
        assert!(!answer.err.contains(['\u{1b}', '\u{202e}', '\r']));
    }
}
