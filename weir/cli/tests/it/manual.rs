//! Completions and manual pages: for every command, in a form that their readers take.

use std::collections::BTreeSet;
use std::process::Command;

use crate::support::Room;

/// The commands, as the help lists them.
fn commands(room: &Room) -> BTreeSet<String> {
    let help = room.weir(&["--help"]).out;
    let listed = help.split("Commands:\n").nth(1).unwrap();
    let listed = listed.split("\n\n").next().unwrap();
    // Descriptions that go on in the next line are indented further.
    let names: BTreeSet<String> = listed
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| !line.starts_with(' '))
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .filter(|name| name != "help")
        .collect();
    assert!(names.contains("run") && names.contains("man"), "{names:?}");
    names
}

#[test]
fn every_command_has_a_page() {
    let room = Room::new();
    room.weir(&["man", "new/man1"]).ends(0);
    let pages: BTreeSet<String> = std::fs::read_dir(room.path("new/man1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut expected: BTreeSet<String> = commands(&room)
        .iter()
        .map(|name| format!("weir-{name}.1"))
        .collect();
    expected.insert("weir.1".to_owned());
    assert_eq!(pages, expected);
    for name in commands(&room) {
        let page = room.read(&format!("new/man1/weir-{name}.1"));
        assert!(page.contains(&format!(".TH weir-{name} 1")), "{page}");
        for section in [".SH NAME", ".SH SYNOPSIS", ".SH OPTIONS"] {
            assert!(page.contains(section), "no {section} in {name}'s page");
        }
    }
    // An option, and what it is for.
    let serve = room.read("new/man1/weir-serve.1");
    assert!(serve.contains("\\-\\-checkpoint"), "{serve}");
    assert!(serve.contains("Keep the state in this folder"), "{serve}");
    // Those of all commands are in each page.
    for name in commands(&room) {
        let page = room.read(&format!("new/man1/weir-{name}.1"));
        for option in ["\\-\\-log\\-format", "WEIR_LOG_FORMAT", "\\-\\-log\\-level"] {
            assert!(page.contains(option), "no {option} in {name}'s page");
        }
    }
    assert!(serve.contains("\\-\\-json\\-summary"), "{serve}");
}

#[test]
fn without_a_folder_the_first_page_is_printed() {
    let room = Room::new();
    room.weir(&["man", "pages"]).ends(0);
    let printed = room.weir(&["man"]);
    assert_eq!(printed.ends(0).out, room.read("pages/weir.1"));
    // What stands after the options keeps its lines.
    let notes = printed.out.split(".SH NOTES\n.nf\nExit codes:\n").nth(1);
    let codes = notes.unwrap().strip_suffix("\n.fi\n").unwrap();
    assert_eq!(codes.lines().count(), 4, "{codes}");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let room = Room::new();
    room.write("file", "");
    room.weir(&["man", "file"]).ends(3).says("file");
}

#[test]
fn completions_know_every_command_and_option() {
    let room = Room::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = room.weir(&["completions", shell]).ends(0).out.clone();
        for word in commands(&room).iter().map(String::as_str).chain([
            "checkpoint",
            "require-signature",
            "junit",
            "case",
            "json-summary",
            "log-format",
            "log-level",
        ]) {
            assert!(script.contains(word), "{shell}: no {word}");
        }
    }
    room.weir(&["completions", "tcsh"])
        .ends(3)
        .says("possible values");
}

/// Whether bash takes the script; and what it then offers.
#[test]
fn bash_takes_the_completions() {
    let room = Room::new();
    room.write("weir.bash", room.weir(&["completions", "bash"]).out);
    let asked = "\
set -e
bash -n weir.bash
source ./weir.bash
complete -p weir >/dev/null
COMP_WORDS=(weir run --check) COMP_CWORD=2
_weir weir --check run
printf '%s\\n' \"${COMPREPLY[@]}\"";
    let answer = Command::new("bash")
        .args(["-c", asked])
        .current_dir(room.folder.path())
        .output();
    let answer = answer.expect("there is bash, by which the scripts of make run, too");
    let errors = String::from_utf8_lossy(&answer.stderr).into_owned();
    assert!(answer.status.success(), "{errors}");
    let offered = String::from_utf8(answer.stdout).unwrap();
    let offered: Vec<&str> = offered.lines().collect();
    assert_eq!(
        offered,
        ["--checkpoint", "--checkpoint-interval"],
        "{errors}"
    );
}
