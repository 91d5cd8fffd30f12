//! Untrusted content: hostile values, long values, and a detector that is not Weir's own.

use serde_json::json;

use super::{HOSTILE, details, hostile, page};
use crate::support::page::Node;
use crate::support::{Room, burst, lines, zoo};

#[test]
fn hostile_values_stay_text() {
    let room = Room::new();
    let file = "<img src=x onerror=alert(1)>\u{202e}'\".ndjson";
    let broken = format!("{} \u{202e}<script>\n", "</script>".repeat(3));
    room.write(file, lines(&hostile()) + &broken);
    let title = "</title><script>alert(1)</script>";
    let page = page(&room, &["--title", title, file]);
    assert_eq!(page.all("script").len(), 1);
    assert_eq!(page.all("title")[0].text(), title);
    let details = details(&page);
    assert_eq!(details.len(), HOSTILE.len());
    for (detail, text) in details.iter().zip(HOSTILE) {
        let seen = weir_common::escape::escape(text);
        let all = detail.text();
        for column in [
            "Values of azure.tenant_id",
            "Values of source.as.organization.name",
        ] {
            assert_eq!(detail.rows(column)[0][0], seen);
        }
        assert!(all.contains(&format!("/{seen}/users/")), "{all}");
        // Each stands alone, so that none turns what is around it.
        let isolated = detail
            .all("bdi")
            .into_iter()
            .any(|value| value.text() == seen);
        assert!(isolated, "{seen}");
        // What holds something unseen is not offered for copying.
        let unseen = seen != text;
        assert_eq!(all.contains("Not to be copied"), unseen, "{seen}");
    }
    let files = page.rows("The files");
    assert_eq!(files[0][0], weir_common::escape::escape(file));
    let refused = page.rows("The first 20 documents");
    assert!(refused[0][0].starts_with("<img src=x onerror=alert(1)>\\u{202e}'\".ndjson:"));
}

#[test]
fn long_values_are_cut_and_say_so() {
    let room = Room::new();
    let mut events = burst();
    for (number, event) in events.iter_mut().enumerate() {
        event["properties"]["userAgent"] = json!("A".repeat(1000));
        event["properties"]["requestUri"] =
            json!(format!("/t/users/{number}{}", "x".repeat(10_240)));
    }
    room.write("events.ndjson", lines(&events));
    let page = page(&room, &["events.ndjson"]);
    let detail = details(&page)[0];
    let agents = detail.rows("Values of user_agent.original");
    assert_eq!(
        agents[0][0],
        format!("{}… (cut: 1,000 characters)", "A".repeat(200))
    );
    let paths = detail.rows("By category");
    // A path of the first ten calls has one digit less.
    let path = paths[0][9].split("403").next().unwrap();
    assert!(path.ends_with("… (cut: 10,250 characters) "), "{path}");
    assert!(room.read("report.html").len() < 200_000);
}

#[test]
fn a_strangers_detector_is_held_to_the_contract() {
    let room = Room::new();
    let numbers = (0..10).map(|n| format!("{{\"n\":{n}}}\n"));
    room.write("events.ndjson", numbers.collect::<String>());
    let with = |name: &str, code: i32| {
        room.write("stranger.wasm", zoo::animal(name));
        let options = [
            "--component",
            "stranger.wasm",
            "--no-cache",
            "events.ndjson",
        ];
        let output = format!("{name}.html");
        let answer = room.weir(&[&["report", "--output", &output], &options[..]].concat());
        answer.ends(code);
        std::fs::read_to_string(room.path(&output)).ok()
    };
    // It keeps no ledger, has no thresholds, and says nothing about single events.
    let page = Node::read(&with("calm", 0).unwrap());
    assert_eq!(details(&page).len(), 2);
    let text = page.text();
    assert!(
        text.contains("The detector keeps no ledger of windows."),
        "{text}"
    );
    assert!(!text.contains("miscounts"), "{text}");
    let page = Node::read(&with("lie-count-one", 0).unwrap());
    assert!(page.text().contains("the component miscounts"));
    let page = Node::read(&with("refuse-marked", 0).unwrap());
    assert!(page.rows("The first 20 documents")[0][2].contains("<b>no such word</b>"));
    for name in [
        "many-alerts",
        "counters-none",
        "panic-push",
        "lie-counts",
        "lie-offsets",
    ] {
        assert_eq!(with(name, 2), None, "{name}");
    }
}
