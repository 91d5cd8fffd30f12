//! The zoo of hostile components.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use serde_json::Value;

use super::{Answer, Room};

#[allow(dead_code, reason = "build scripts use the rest")]
#[path = "../../../../shipped/build/component.rs"]
mod component;

/// What stands before an animal's name in the compiled bytes.
const MARK: &[u8] = b"weir-zoo-animal:";
/// Room for the name.
const NAME: usize = 16;

/// A component of the zoo's package: the feature says which.
fn build(feature: &str) -> Vec<u8> {
    build_with(feature, &[])
}

/// One with further flags. All become the same file, so it is read before the next is built.
fn build_with(feature: &str, more: &[&str]) -> Vec<u8> {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap();
    let own = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("zoo");
    let target = component::folder(workspace, &own);
    let flags = [
        "-Clinker=wasm-component-ld",
        "-Ctarget-feature=+simd128,+bulk-memory",
    ];
    let flags = [&flags[..], more].concat();
    let built = component::cargo(workspace, "weir-zoo", &[feature], &flags, &target).unwrap();
    std::fs::read(built).unwrap()
}

/// The zoo, built once a test file.
fn zoo() -> &'static [u8] {
    static ZOO: OnceLock<Vec<u8>> = OnceLock::new();
    ZOO.get_or_init(|| build("component"))
}

/// The real detection with one fault.
pub(crate) fn sloppy(fault: &str) -> Vec<u8> {
    static SLOPPY: OnceLock<Vec<u8>> = OnceLock::new();
    marked(SLOPPY.get_or_init(|| build("sloppy")), fault)
}

/// A rule in the engine's own shell that fails in one place.
pub(crate) fn made(fault: &str) -> Vec<u8> {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    marked(MADE.get_or_init(|| build("made")), fault)
}

/// That rule with names of functions and with line tables.
pub(crate) fn made_to_debug(fault: &str) -> Vec<u8> {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    let flags = ["-Cstrip=none", "-Cdebuginfo=line-tables-only"];
    marked(MADE.get_or_init(|| build_with("made", &flags)), fault)
}

/// One of its animals.
pub(crate) fn animal(name: &str) -> Vec<u8> {
    marked(zoo(), name)
}

/// A component that exports these interfaces under other names, which is as good as none of them.
pub(crate) fn without(component: &[u8], interfaces: &[&str]) -> Vec<u8> {
    let mut bytes = component.to_vec();
    for interface in interfaces {
        let name = format!("weir:detector/{interface}@");
        let places: Vec<usize> = memchr::memmem::find_iter(&bytes, &name).collect();
        assert!(!places.is_empty(), "{interface}");
        for at in places {
            bytes[at + name.len() - 2] = b'x';
        }
    }
    bytes
}

/// A component with a name over its mark.
fn marked(component: &[u8], name: &str) -> Vec<u8> {
    let mut bytes = component.to_vec();
    let at = bytes.windows(MARK.len()).position(|part| part == MARK);
    let at = at.expect("the mark is in the component") + MARK.len();
    let mut filled = name.as_bytes().to_vec();
    assert!(filled.len() <= NAME, "{name}");
    filled.resize(NAME, b'.');
    bytes[at..at + NAME].copy_from_slice(&filled);
    bytes
}

/// Small limits, so that reaching them takes no time.
pub(crate) const CONFIG: &str = "[limits]\ndeadline_ms = 100\nmemory_mib = 32\nbatch_kib = 1\nrestarts = 5\n\
                      output_mib = 16\nsnapshot_mib = 16\n";

/// How a panic without a text is told.
pub(crate) const PANIC: &str = "(a panic or an abort)";

/// So many lines, those at `poison` poisoned.
pub(crate) fn lines(count: usize, poison: &[usize]) -> String {
    let line = |n: usize| match poison.contains(&n) {
        true => format!("{{\"poison\":{n}}}\n"),
        false => format!("{{\"line\":{n}}}\n"),
    };
    (1..=count).map(line).collect()
}

pub(crate) fn room(name: &str, config: &str, input: &str) -> Room {
    let room = Room::new();
    room.write("it.wasm", animal(name))
        .write("config.toml", config)
        .write("input", input);
    room
}

pub(crate) const RUN: [&str; 6] = [
    "run",
    "--component",
    "it.wasm",
    "--config",
    "config.toml",
    "--no-cache",
];

/// Its messages are JSON.
pub(crate) fn run(room: &Room, more: &[&str]) -> Answer {
    room.logged(&[&RUN[..], more].concat())
}

/// An animal's run over a hundred lines ends with 2 and a message of this code, with these data.
#[track_caller]
pub(crate) fn fails(name: &str, code: &str, data: &[&str]) -> Answer {
    fails_under(CONFIG, name, code, data)
}

#[track_caller]
pub(crate) fn fails_under(config: &str, name: &str, code: &str, data: &[&str]) -> Answer {
    let room = room(name, config, &lines(100, &[]));
    let answer = run(&room, &["input"]);
    answer.ends(2).tells(code);
    for datum in data {
        answer.tells_with(code, datum);
    }
    answer
}

/// With memory and time for large answers.
pub(crate) fn roomy() -> String {
    CONFIG
        .replace("memory_mib = 32", "memory_mib = 1024")
        .replace("deadline_ms = 100", "deadline_ms = 30000")
}

/// The lines that were alerted on.
pub(crate) fn alerted(answer: &Answer) -> Vec<String> {
    let line = |alert: &Value| alert["message"].as_str().unwrap().to_owned();
    answer.alerts().iter().map(line).collect()
}

/// What the honest detector finds in so many lines.
pub(crate) fn fifths(lines: usize) -> Vec<String> {
    (1..=lines / 5).map(|n| format!("line {}", n * 5)).collect()
}
