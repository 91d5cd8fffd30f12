//! Commands in the documents, run step by step: what a page says a command prints is what it prints.
//! A block `sh` is run, unless `<!-- not run: WHY -->` stands before it; a block `text` is what the
//! block before it prints. With `WEIR_UPDATE=1` the pages are written anew.

use std::fs;
use std::path::Path;
use std::process::Command;

use minisign::{KeyPair, SecretKeyBox};

use crate::support::Room;

/// Files of the repository that the commands name.
const FILES: [&str; 2] = [
    "examples/fluent-bit/events.ndjson",
    "contrib/packaging/weir.toml",
];
/// The folder that the commands of the page on rule files are run in a copy of.
const RULES: &str = "examples/azure-rules";
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

/// Does what a command `minisign` does: makes a pair of keys (`-G`), or signs a file (`-S`).
fn minisign(room: &Room, command: &str) {
    let words: Vec<&str> = command.split_whitespace().collect();
    let value = |flag: &str| {
        let at = words.iter().position(|word| *word == flag).unwrap();
        words[at + 1]
    };
    if words.contains(&"-G") {
        let pair = KeyPair::generate_unencrypted_keypair().unwrap();
        room.write(value("-p"), pair.pk.to_box().unwrap().to_string())
            .write(value("-s"), pair.sk.to_box(None).unwrap().into_string());
        return;
    }
    assert!(words.contains(&"-S"), "{command}");
    let key = SecretKeyBox::from_string(&room.read(value("-s"))).unwrap();
    let key = key.into_unencrypted_secret_key().unwrap();
    let file = value("-m");
    let bytes = fs::read(room.path(file)).unwrap();
    let signature = minisign::sign(None, &key, &bytes[..], None, None).unwrap();
    room.write(&format!("{file}.minisig"), signature.to_string());
}

/// What a block prints. Lines of minisign, a program that need not be there, are done by its library.
fn done(room: &Room, script: &str) -> String {
    let (signing, rest): (Vec<&str>, Vec<&str>) = script
        .lines()
        .partition(|line| line.starts_with("minisign "));
    if signing.is_empty() {
        return printed(room, script);
    }
    assert!(rest.is_empty(), "{script}");
    signing.iter().for_each(|line| minisign(room, line));
    String::new()
}

/// A room with the files of the repository that the commands name.
fn repository() -> Room {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let room = Room::new();
    for file in FILES {
        room.write(file, fs::read(root.join(file)).unwrap());
    }
    room
}

/// A room that is a copy of a folder of the repository.
fn copy(folder: &str) -> Room {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(folder);
    let room = Room::new();
    for entry in walkdir::WalkDir::new(&folder) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(&folder).unwrap();
            room.write(&name.display().to_string(), fs::read(entry.path()).unwrap());
        }
    }
    room
}

/// A page with what its commands print now in a room, and how many of them are shown to print
/// something.
fn walked(page: &str, room: &Room) -> (String, usize) {
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
            Some(script) if at % 2 == 1 && is_run => last = done(room, script),
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
fn walk(page: &str, room: &Room, outputs: usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(page);
    let before = fs::read_to_string(&path).unwrap();
    let (text, shown) = walked(&before, room);
    assert_eq!(shown, outputs, "outputs of {page}");
    if std::env::var_os("WEIR_UPDATE").is_some() {
        fs::write(&path, text).unwrap();
    } else {
        assert_eq!(text, before);
    }
}

#[test]
fn readme_shows_what_is_printed() {
    walk("README.md", &repository(), 1);
}

#[test]
fn tour_shows_what_is_printed() {
    walk("docs/tour.md", &repository(), 4);
}

#[test]
fn guide_shows_what_is_printed() {
    walk("docs/guide.md", &repository(), 4);
}

#[test]
fn rules_become_a_tested_tuned_and_signed_component() {
    let room = copy(RULES);
    walk("docs/rules.md", &room, 7);
    // What the page says of the alerts: the false one is gone, and the attack is found.
    let run = [
        "run",
        "--component",
        "azure.wasm",
        "--require-signature",
        "minisign.pub",
    ];
    let alerts = room
        .weir(&[&run[..], &["--final", "logs"]].concat())
        .ends(0)
        .alerts();
    let users: Vec<&str> = { alerts.iter() }
        .map(|alert| {
            alert["azure.signinlogs.properties.user_principal_name"]
                .as_str()
                .unwrap()
        })
        .collect();
    assert_eq!(users, ["dee@contoso.example"]);
    // One byte more, and the component is not what was signed.
    room.append("azure.wasm", "\0");
    room.weir(&[&run[..], &["logs"]].concat()).ends(2);
}

#[test]
fn the_file_for_ci_passes_over_the_rules() {
    let room = copy(RULES);
    let file = room.read("ci.yml");
    let commands = file
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- run: ~/weir/bin/"));
    let ran: Vec<&str> = commands
        .inspect(|command| drop(printed(&room, command)))
        .collect();
    assert_eq!(ran.len(), 3, "{file}");
    assert!(room.read("report.xml").contains("failures=\"0\""));
    assert!(room.path("azure.wasm").is_file());
}
