//! Commands in the documents, run step by step: what a page says a command prints is what it prints.
//! A block `sh` is run, unless `<!-- not run: WHY -->` stands before it; a block `text` is what the
//! block before it prints. With `WEIR_UPDATE=1` the pages are written anew.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::Room;

/// Files of the repository that the commands name.
const FILES: [&str; 2] = [
    "examples/fluent-bit/events.ndjson",
    "contrib/packaging/weir.toml",
];
/// Stands before a block that is not run.
const NOT_RUN: &str = "<!-- not run: ";

/// What a block of commands prints on standard output, in a folder that has the example's files.
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

/// A page with what its commands print now, and how many of them are shown to print something.
fn walked(page: &str) -> (String, usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let room = Room::new();
    for file in FILES {
        room.write(file, fs::read(root.join(file)).unwrap());
    }
    let (mut text, mut shown) = (String::new(), 0);
    let mut last = String::new();
    for (at, part) in page.split("```").enumerate() {
        let is_run = !text
            .trim_end()
            .rsplit('\n')
            .next()
            .unwrap()
            .starts_with(NOT_RUN);
        if at > 0 {
            text.push_str("```");
        }
        match part.strip_prefix("sh\n") {
            Some(script) if at % 2 == 1 && is_run => last = printed(&room, script),
            None if at % 2 == 1 && part.starts_with("text\n") => {
                assert!(!last.is_empty(), "nothing was printed for:\n{part}");
                shown += 1;
                text.push_str("text\n");
                text.push_str(&std::mem::take(&mut last));
                continue;
            }
            _ => {}
        }
        text.push_str(part);
    }
    (text, shown)
}

/// Holds a page to what its commands print, of which so many are shown.
fn walk(page: &str, outputs: usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(page);
    let before = fs::read_to_string(&path).unwrap();
    let (text, shown) = walked(&before);
    assert_eq!(shown, outputs, "outputs of {page}");
    if std::env::var_os("WEIR_UPDATE").is_some() {
        fs::write(&path, text).unwrap();
    } else {
        assert_eq!(text, before);
    }
}

#[test]
fn readme_shows_what_is_printed() {
    walk("README.md", 1);
}

#[test]
fn tour_shows_what_is_printed() {
    walk("docs/tour.md", 4);
}

#[test]
fn guide_shows_what_is_printed() {
    walk("docs/guide.md", 4);
}
