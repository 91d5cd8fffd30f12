//! A dash in the place of a file is standard output, and never a file of that name.

use serde_json::Value;

use crate::support::{Room, burst, lines};

#[test]
fn a_dash_is_standard_output() {
    let room = Room::new();
    room.write("in", lines(&burst()) + "broken\n");
    let rows = |text: &str| -> Vec<Value> {
        let rows = text.lines().map(|line| serde_json::from_str(line).unwrap());
        rows.collect()
    };
    let alerts = room.weir(&["run", "--output", "-", "in"]);
    assert_eq!(alerts.ends(0).alerts()[0]["event.kind"], "alert");
    let rejects = room.weir(&["run", "--rejects", "-", "--output", "alerts", "in"]);
    assert_eq!(rows(&rejects.ends(0).out)[0]["record"], "broken");
    let ledger = room.weir(&["run", "--verdicts", "-", "--output", "alerts", "in"]);
    assert_eq!(rows(&ledger.ends(0).out)[0]["weir.alerted"], true);
    let checkpoint = [
        "run",
        "--checkpoint",
        "state",
        "--rejects",
        "-",
        "--output",
        "alerts",
        "in",
    ];
    assert_eq!(rows(&room.weir(&checkpoint).ends(0).out).len(), 1);
    let page = room.weir(&["report", "--output", "-", "in"]);
    assert!(
        page.ends(0).out.starts_with("<!DOCTYPE html>"),
        "{}",
        page.out
    );
    room.weir(&["tap", "--key", "user.id=walker", "--output", "-", "in"])
        .ends(3)
        .says("a case is a folder");
    room.weir(&["tap", "--key", "user.id=walker", "--output", "case", "in"])
        .ends(0);
    let junit = room.weir(&["test", "--junit", "-", "case"]);
    assert!(junit.ends(0).out.starts_with("<?xml"), "{}", junit.out);
    assert!(!room.path("-").exists());
}

#[test]
fn standard_output_holds_one_thing() {
    let room = Room::new();
    room.write("in", lines(&burst()));
    for (arguments, what) in [
        (vec!["--rejects", "-"], "the alerts and what was refused"),
        (
            vec!["--output", "-", "--verdicts", "-"],
            "the alerts and the ledger",
        ),
        (
            vec!["--output", "a", "--rejects", "-", "--verdicts", "-"],
            "what was refused and the ledger",
        ),
    ] {
        let answer = room.weir(&[&["run"], &arguments[..], &["in"]].concat());
        answer.ends(3).says(&format!(
            "standard output is to hold both {what}; name two files"
        ));
    }
}
