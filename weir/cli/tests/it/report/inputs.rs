//! The page and its inputs: repeatable, unreadable, empty, large, and with settings of one's own.

use serde_json::json;

use super::{details, hostile, page, stream};
use crate::support::page::Node;
use crate::support::{Room, burst, lines};

#[test]
fn the_same_files_give_the_same_bytes() {
    let room = Room::new();
    room.write("logs/a.ndjson", lines(&stream()));
    room.write("logs/b.ndjson", lines(&hostile()));
    let first = room.weir(&["report", "--output", "-", "logs"]);
    let second = room.weir(&["report", "--output", "-", "--no-cache", "logs"]);
    assert!(first.ends(0).out.len() > 10_000);
    assert_eq!(first.out, second.out);
    room.weir(&["report", "--output", "report.html", "logs"])
        .ends(0);
    assert_eq!(room.read("report.html"), first.out);
}

#[test]
fn what_can_be_read_once_only_is_refused() {
    let room = Room::new();
    room.write("events.ndjson", lines(&burst()));
    let answer = room.weir_with(
        &["report", "--output", "r.html", "-"],
        lines(&burst()).as_bytes(),
    );
    answer
        .ends(3)
        .says("(stdin): a report reads its input twice");
    assert!(!room.path("r.html").exists());
    let answer = room.weir(&["report", "--output", "events.ndjson", "events.ndjson"]);
    answer.ends(3).says("is to be written and is also read");
    assert_eq!(room.read("events.ndjson"), lines(&burst()));
    room.weir(&["report", "--output", "r.html"]).ends(3);
}

#[test]
fn what_cannot_be_read_is_on_the_page() {
    let room = Room::new();
    room.write("events.ndjson", lines(&burst()));
    let answer = room.logged(&[
        "report",
        "--output",
        "r.html",
        "events.ndjson",
        "missing.ndjson",
    ]);
    answer.ends(3).tells_with("source-failed", "missing.ndjson");
    let page = Node::read(&room.read("r.html"));
    assert_eq!(details(&page).len(), 1);
    let text = page.text();
    assert!(
        text.contains("Not all was read: 1 of the sources"),
        "{text}"
    );
    assert!(text.contains("missing.ndjson: no such file"), "{text}");
    assert_eq!(page.rows("The files")[1][5], "could not be read");
}

#[test]
fn no_alerts_is_a_page_too() {
    let room = Room::new();
    room.write("events.ndjson", lines(&burst()[..5]));
    let page = page(&room, &["events.ndjson"]);
    assert_eq!(details(&page).len(), 0);
    let text = page.text();
    assert!(text.contains("There are none."), "{text}");
    assert!(
        text.contains("events from 2026-03-04 05:06:00.123 UTC to 2026-03-04 05:06:04.123 UTC"),
        "{text}"
    );
}

#[test]
fn many_alerts_are_listed_and_the_rest_is_counted() {
    let room = Room::new();
    let mut text = String::new();
    for user in 0..1010 {
        let events = burst()
            .into_iter()
            .take(21)
            .enumerate()
            .map(|(number, mut event)| {
                event["properties"]["userId"] = json!(format!("user-{user}"));
                event["properties"]["requestId"] = json!(format!("{user}-{number}"));
                event
            });
        text += &lines(&events.collect::<Vec<_>>());
    }
    room.write("events.ndjson", text);
    let few = page(&room, &["--max-alerts", "3", "events.ndjson"]);
    assert_eq!(
        (few.rows("All alerts").len(), details(&few).len()),
        (1000, 3)
    );
    let text = few.text();
    assert!(text.contains("1,010 alerts in 21,210 documents"), "{text}");
    assert!(
        text.contains("And 10 more alerts, which are not listed."),
        "{text}"
    );
    assert!(text.contains("The first 3 are shown in detail"), "{text}");
    // All are in the chart.
    let counted: u64 = few
        .rows("Calls of these groups over time")
        .iter()
        .map(|row| row[3].replace(',', "").parse::<u64>().unwrap())
        .sum();
    assert_eq!(counted, 1010);
    let usual = page(&room, &["events.ndjson"]);
    assert_eq!(details(&usual).len(), 100);
}

#[test]
fn settings_and_clients_of_ones_own_count() {
    let room = Room::new();
    room.write("events.ndjson", lines(&stream()));
    room.write("mine.tsv", "column\tvalue\tname\tkind\tsource\nsource.ip\t198.51.100.*\tOur gateway\tours\tinventory\n");
    let page = page(
        &room,
        &[
            "--set",
            "min_errors=30",
            "--clients",
            "mine.tsv",
            "events.ndjson",
        ],
    );
    let details = details(&page);
    assert_eq!(details.len(), 2);
    let addresses = details[0].rows("Values of source.ip");
    assert_eq!(addresses[0][1], "Our gateway (ours)");
    assert!(page.text().contains("min_errors = 30"));
    let thresholds = page.rows("What a group must reach");
    assert_eq!(thresholds[1], ["Esql.errors", "min_errors", "30"]);
    room.write("wrong.tsv", "column\tvalue\n");
    let answer = room.weir(&[
        "report",
        "--output",
        "r.html",
        "--clients",
        "wrong.tsv",
        "events.ndjson",
    ]);
    answer
        .ends(3)
        .says("wrong.tsv:1: must be: column, value, name, kind, source");
}
