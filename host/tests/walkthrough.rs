//! The walk-through in the README, step by step: what it says a command prints is what it prints.
//! With `WEIR_UPDATE=1` the README is written anew.
#![cfg(unix)]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::Room;

const SECTION: &str = "## From an alert to a test\n";
const EVENTS: &str = "examples/fluent-bit/events.ndjson";

/// What a block of commands prints on standard output, in a folder that has the example's events.
fn printed(room: &Room, script: &str) -> String {
    let path = std::env::var("PATH").unwrap();
    let here = Path::new(env!("CARGO_BIN_EXE_weir")).parent().unwrap();
    let done = Command::new("sh")
        .args(["-euc", script])
        .current_dir(room.folder.path())
        .env("PATH", format!("{}:{path}", here.display()))
        .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{script}\n{said}");
    String::from_utf8(done.stdout).unwrap()
}

/// The section with what its commands print now, and how many of them print something.
fn walked(section: &str) -> (String, usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let room = Room::new();
    room.write(EVENTS, fs::read(root.join(EVENTS)).unwrap());
    let (mut text, mut shown) = (String::new(), 0);
    let mut last = String::new();
    for (at, part) in section.split("```").enumerate() {
        let block = match part.strip_prefix("sh\n") {
            Some(script) if at % 2 == 1 => {
                last = printed(&room, script);
                part.to_owned()
            }
            _ if at % 2 == 1 => {
                assert!(part.starts_with("text\n"), "{part}");
                assert!(!last.is_empty(), "nothing was printed for:\n{part}");
                shown += 1;
                format!("text\n{}", std::mem::take(&mut last))
            }
            _ => part.to_owned(),
        };
        if at > 0 {
            text.push_str("```");
        }
        text.push_str(&block);
    }
    assert!(room.read("out/tour/report.html").contains("</html>"));
    (text, shown)
}

#[test]
fn each_step_prints_what_the_readme_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(SECTION).unwrap();
    let (section, after) = rest.split_once("\n## ").unwrap();
    let (text, shown) = walked(section);
    assert!(shown >= 4, "{shown} outputs");
    if std::env::var_os("WEIR_UPDATE").is_some() {
        fs::write(&path, format!("{before}{SECTION}{text}\n## {after}")).unwrap();
    } else {
        assert_eq!(text, section);
    }
}
