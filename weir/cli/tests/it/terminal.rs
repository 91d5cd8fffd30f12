//! What is shown on a terminal: progress, colours, and nothing of them elsewhere.

use crate::support::start::Start as _;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::pty::{Terminal, on_terminal, screen};
use crate::support::{Room, burst, lines, weir};

/// The command in a room, on a terminal that knows colours.
fn command(room: &Room, arguments: &[&str]) -> Command {
    let mut command = weir();
    command
        .args(arguments)
        .current_dir(room.folder.path())
        .env("TERM", "xterm")
        .env_remove("NO_COLOR");
    command
}

fn room() -> Room {
    let room = Room::new();
    room.write("input", format!("{}bad\n", lines(&burst())));
    room
}

/// Whether there are colours.
fn is_coloured(text: &str) -> bool {
    let escapes = text.split("\u{1b}[").skip(1);
    let mut orders =
        escapes.map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';'));
    orders.any(|order| order.starts_with('m'))
}

#[test]
fn progress_is_drawn_on_a_terminal_and_gone_when_the_rest_is_written() {
    let room = room();
    let (code, seen) = on_terminal(command(&room, &["run", "input"]));
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("%), "), "{seen:?}");
    let shown = screen(&seen);
    assert!(
        !shown.iter().any(|line| line.contains("%), ")),
        "{shown:#?}"
    );
    // What is left is what is written where there is no terminal, but for colours.
    let piped = room.weir(&["run", "--format", "table", "input"]);
    let is_same = |line: &&str| !line.contains("took") && !line.contains("memory");
    for line in piped.ends(0).err.lines().filter(is_same) {
        assert!(
            shown.iter().any(|shown| shown == line),
            "no {line:?} in {shown:#?}"
        );
    }
    assert!(
        shown.iter().any(|line| line.contains("walker")),
        "{shown:#?}"
    );
    let last = shown.iter().rev().find(|line| !line.is_empty()).unwrap();
    assert!(last.starts_with("weir: memory"), "{shown:#?}");
}

#[test]
fn messages_and_progress_do_not_tear_each_other() {
    let room = Room::new();
    let terminal = Terminal::new();
    let mut command = command(&room, &["run", "-"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(terminal.stream());
    let mut child = command.start();
    drop(command);
    let mut input = child.stdin.take().unwrap();
    terminal.wait_for(&|seen| seen.contains("read 0 bytes"));
    // What begins as no JSON at all would be waited for.
    input.write_all(b"{}\n").unwrap();
    for number in 2..=6 {
        input.write_all(b"bad\n").unwrap();
        // First the message, then the line again.
        terminal.wait_for(&|seen| {
            let after = seen.split_once(&format!("(stdin):{number}: malformed"));
            after.is_some_and(|(_, after)| after.contains("read "))
        });
    }
    drop(input);
    assert!(child.wait().unwrap().success());
    let seen = terminal.end();
    let shown = screen(&seen);
    for number in 2..=6 {
        let message =
            format!("weir: (stdin):{number}: malformed: not JSON: expected a value at column 1");
        assert_eq!(shown[number - 2], message, "{shown:#?}");
    }
    // Nobody knows how much more there is.
    assert!(!seen.contains('%') && !seen.contains("left"), "{seen:?}");
    assert!(
        !shown.iter().any(|line| line.starts_with("read ")),
        "{shown:#?}"
    );
}

#[test]
fn there_is_no_progress_where_it_is_unwanted_or_could_not_be_taken_away() {
    let room = room();
    let piped = room.weir(&["run", "input"]);
    assert!(
        !piped.ends(0).err.contains(['\r', '\u{1b}']),
        "{}",
        piped.err
    );
    for arguments in [
        &["run", "--quiet", "input"][..],
        &["run", "--log-format", "json", "input"],
    ] {
        let (_, seen) = on_terminal(command(&room, arguments));
        assert!(!seen.contains("%), "), "{seen:?}");
    }
    let mut dumb = command(&room, &["run", "input"]);
    dumb.env("TERM", "dumb");
    let (_, seen) = on_terminal(dumb);
    assert!(
        seen.contains("weir: read") && !seen.contains('\u{1b}'),
        "{seen:?}"
    );
    assert!(!seen.contains("%), "), "{seen:?}");
}

#[test]
fn colours_are_for_terminals_whose_users_do_not_refuse_them() {
    let room = room();
    room.write("weir.toml", "[parameters]\npartial = true\nmin_eror = 1\n")
        .write("case/case.toml", "why = \"one\"\n")
        .write("case/input", lines(&burst()))
        .write("case/expected.ndjson", "");
    for arguments in [
        &["run", "input"][..],
        &["run", "none"],
        &["validate", "weir.toml"],
        &["test", "case"],
    ] {
        let seen = |value: Option<&str>| {
            let mut command = command(&room, arguments);
            if let Some(value) = value {
                command.env("NO_COLOR", value);
            }
            on_terminal(command).1
        };
        assert!(is_coloured(&seen(None)), "{arguments:?}");
        assert!(is_coloured(&seen(Some(""))), "{arguments:?}");
        let plain = seen(Some("1"));
        assert!(!is_coloured(&plain), "{arguments:?}: {plain:?}");
        let piped = room.weir(arguments);
        let both = format!("{}{}", piped.out, piped.err);
        assert!(!both.contains('\u{1b}'), "{arguments:?}: {both:?}");
    }
    // Nor do documents steer it.
    let mut hostile = burst();
    for call in &mut hostile {
        call["properties"]["userAgent"] = "\u{202e}\u{9b}2J".into();
    }
    room.write("hostile", lines(&hostile));
    let (_, seen) = on_terminal(command(&room, &["run", "--format", "ecs", "hostile"]));
    assert!(seen.contains("\\u202e\\u009b2J"), "{seen:?}");
    assert!(!seen.contains(['\u{202e}', '\u{9b}']), "{seen:?}");
    // Machines read these.
    let (_, seen) = on_terminal(command(
        &room,
        &["run", "--format", "ecs", "--log-format", "json", "input"],
    ));
    assert!(!seen.contains('\u{1b}'), "{seen:?}");
}
