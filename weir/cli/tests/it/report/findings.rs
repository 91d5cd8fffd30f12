//! The findings on the page: alerts, their windows, responses and queries.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{alert_of, details, page, stream};
use crate::support::page::Node;
use crate::support::{Room, lines};

/// The table of categories counts these calls, each by its answer, and shows paths of both kinds.
#[track_caller]
fn answered_by_category(detail: &Node, calls: &[&Value]) {
    for row in detail.rows("By category") {
        let about = |call: &&&Value| {
            let uri = call["properties"]["requestUri"].as_str().unwrap();
            let name = if row[0] == "other" {
                "somewhere"
            } else {
                &row[0]
            };
            uri.starts_with(&format!("/tenant/{name}/"))
        };
        let of: Vec<_> = calls.iter().filter(about).collect();
        let answered = |status: u64| {
            let all = of.iter();
            all.filter(|call| call["properties"]["httpStatusCode"] == status)
                .count()
        };
        // Read, refused, not found, and anything else.
        let answers = [200, 403, 404, 503].map(answered);
        let expected = [&[of.len()][..], &answers, &[of.len()]].concat();
        let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(row[1..7], expected, "{row:?}");
        // Paths of both kinds, each where it belongs.
        for call in &of {
            let path = call["properties"]["requestUri"].as_str().unwrap();
            let path = path.split('?').next().unwrap();
            let status = call["properties"]["httpStatusCode"].as_u64().unwrap();
            let wrong = if status == 200 { 9 } else { 8 };
            let cells = row[wrong].split(['–', ' ']);
            assert!(!cells.clone().any(|cell| cell.ends_with(path)), "{row:?}");
        }
        assert_eq!(row[8] == "–", answers[0] == 0, "{row:?}");
        assert_eq!(row[9] == "–", answers[0] == of.len(), "{row:?}");
    }
}

#[test]
fn the_page_says_what_run_finds_and_what_is_in_the_files() {
    let room = Room::new();
    let stream = stream();
    // Every fifth comes again, and one is no JSON.
    let again: Vec<Value> = stream.iter().step_by(5).cloned().collect();
    room.write("a.ndjson", lines(&stream) + "no json\n" + &lines(&again));
    room.write("b.ndjson", "{\"of\":\"another\"}\n");
    let page = page(&room, &["a.ndjson", "b.ndjson"]);
    let run = room.weir(&[
        "run", "--final", "--quiet", "--format", "ecs", "a.ndjson", "b.ndjson",
    ]);
    let alerts = run.ends(0).alerts();
    assert_eq!(alerts.len(), 3);

    let listed = page.rows("All alerts");
    let details = details(&page);
    assert_eq!((listed.len(), details.len()), (3, 3));
    for (number, (row, detail)) in (1..).zip(listed.iter().zip(&details)) {
        let alert = alert_of(&alerts, detail);
        let figure = |name: &str| alert[name].to_string();
        let time = alert["weir.window.start"].as_str().unwrap();
        let shown = time.replacen('T', " ", 1).replace(".000Z", " UTC");
        assert_eq!(row[..2], [number.to_string(), shown]);
        assert!(
            row[2].contains(alert["user.id"].as_str().unwrap()),
            "{row:?}"
        );
        let names = [
            "Esql.total_calls",
            "Esql.errors",
            "Esql.error_rate",
            "Esql.url_path_count",
        ];
        let rate = format!("{:.2}", alert["Esql.error_rate"].as_f64().unwrap());
        let figures = names.map(figure);
        assert_eq!(
            row[3..7].iter().collect::<Vec<_>>(),
            [&figures[0], &figures[1], &rate, &figures[3]]
        );
        let text = detail.text();
        assert!(text.contains(alert["message"].as_str().unwrap()), "{text}");
        assert!(
            text.contains(alert["weir.alert.id"].as_str().unwrap()),
            "{text}"
        );
        assert!(!text.contains("The alert counts"), "{text}");

        let user = alert["user.id"].as_str().unwrap();
        let minutes = &time[..15];
        let own = |call: &&Value| {
            let of = &call["properties"];
            let at = of["timeGenerated"].as_str().unwrap();
            // Windows start on even minutes, and so do the bursts.
            of["userId"] == user && at[..16] == time[..16] && at.starts_with(minutes)
        };
        let calls: Vec<&Value> = stream.iter().filter(own).collect();
        assert_eq!(calls.len().to_string(), figure("Esql.total_calls"));
        let mut counted = BTreeMap::new();
        for call in &calls {
            *counted
                .entry(call["properties"]["httpStatusCode"].to_string())
                .or_insert(0) += 1;
        }
        let statuses = detail.rows("Status codes");
        let shown = statuses
            .iter()
            .map(|row| (row[0].clone(), row[1].parse().unwrap()));
        assert_eq!(shown.collect::<BTreeMap<String, u64>>(), counted);
        answered_by_category(detail, &calls);
        let apps = detail.rows("Values of azure.aadgraphactivitylogs.properties.app_id");
        assert!(
            apps[0][1].starts_with("Azure Active Directory PowerShell"),
            "{apps:?}"
        );
        assert_eq!(
            (apps[1][0].as_str(), apps[1][1].as_str()),
            ("not-known", "–")
        );
        let agents = detail.rows("Values of user_agent.original");
        assert!(agents[0][1].contains("ROADrecon"), "{agents:?}");
    }
    let counts = page.rows("What became of every document");
    let count = |name: &str| counts.iter().find(|row| row[0] == name).unwrap()[2].clone();
    assert_eq!(count("counted"), stream.len().to_string());
    assert_eq!(count("duplicate"), again.len().to_string());
    assert_eq!(
        (count("malformed"), count("other data set")),
        ("1".into(), "1".into())
    );
    assert_eq!(count("all"), (stream.len() + again.len() + 2).to_string());
    let refused = page.rows("The first 20 documents");
    assert_eq!(
        refused[0][..2],
        [format!("a.ndjson:{}", stream.len() + 1), "malformed".into()]
    );
}

#[test]
fn the_windows_before_and_after_are_those_of_the_ledger() {
    let room = Room::new();
    room.write("events.ndjson", lines(&stream()));
    let page = page(&room, &["events.ndjson"]);
    let first = details(&page)[0];
    let windows = first.rows("The windows of this group");
    assert_eq!(windows.len(), 31);
    let of = |time: &str| {
        let start = format!("2026-03-04 {time}:00 UTC");
        let row = windows
            .iter()
            .find(|row| row[0].starts_with(&start))
            .unwrap();
        row[1..].to_vec()
    };
    // 45 calls: 18 of 403 and 9 of 404, each to a path of its own.
    assert_eq!(of("05:10"), ["45", "27", "0.60", "45", "yes"]);
    assert_eq!(of("05:12"), ["60", "36", "0.60", "60", "yes"]);
    assert_eq!(of("05:08"), ["7", "5", "0.71", "7", "no"]);
    assert_eq!(of("05:06"), ["0", "0", "0", "0", "no"]);
    // The other windows of this user have 7, 45 and 3 calls.
    let around = first
        .rows("Status codes")
        .into_iter()
        .map(|row| row[3].clone());
    let around: u64 = around.map(|number| number.parse::<u64>().unwrap()).sum();
    assert_eq!(around, 55);
    let thresholds = first.rows("Figures and thresholds");
    assert_eq!(thresholds[0], ["calls", "60", "21", "39", "2.9 ×"]);
    assert_eq!(
        thresholds[2],
        ["4xx ratio", "0.60", "0.40", "0.20", "1.5 ×"]
    );
    // What is drawn says the same, and has the alert marked.
    let charts = first.all("svg");
    let titles: Vec<String> = charts[0]
        .all("title")
        .iter()
        .map(|title| title.text())
        .collect();
    assert_eq!(titles.len(), 31);
    assert!(titles[15].ends_with("calls 60, 4xx 36, 4xx ratio 0.60, distinct paths 60, an alert"));
    let marks = charts[0]
        .all("rect")
        .into_iter()
        .filter(|rect| rect.get("class") == Some("mark"));
    assert_eq!(marks.count(), 1);
    let drawn: Vec<String> = charts[0]
        .all("text")
        .iter()
        .map(|text| text.text())
        .collect();
    let unit = "calls in 2 minutes".to_owned();
    assert!(drawn.contains(&unit), "{drawn:?}");
    assert!(drawn.contains(&"alert".to_owned()), "{drawn:?}");
    assert!(drawn.contains(&"calls ≥ 21".to_owned()), "{drawn:?}");
    assert!(drawn.contains(&"4xx ≥ 10".to_owned()), "{drawn:?}");
}

#[test]
fn responses_and_queries_are_those_of_the_alert() {
    let room = Room::new();
    room.write("events.ndjson", lines(&stream()));
    let page = page(&room, &["events.ndjson"]);
    let alerts = room
        .weir(&[
            "run",
            "--final",
            "--quiet",
            "--format",
            "ecs",
            "events.ndjson",
        ])
        .alerts();
    for detail in details(&page) {
        let alert = alert_of(&alerts, detail);
        let blocks: Vec<String> = detail.all("pre").iter().map(|block| block.text()).collect();
        let pivots = alert["weir.pivots"].as_array().unwrap();
        let mut expected: Vec<String> = pivots
            .iter()
            .map(|pivot| pivot["query"].as_str().unwrap().to_owned())
            .collect();
        let actions = detail
            .all("div")
            .into_iter()
            .filter(|div| div.get("class") == Some("action"));
        let actions: Vec<_> = actions.collect();
        let wanted = alert["weir.response"].as_array().unwrap();
        assert_eq!(actions.len(), wanted.len());
        for (shown, action) in actions.iter().zip(wanted) {
            let text = |name: &str| action[name].as_str().unwrap_or_default().to_owned();
            expected.push(format!("{} {}", text("method"), text("url")));
            expected.extend(action["body"].as_str().map(str::to_owned));
            let says = if action["destructive"] == true {
                "Destructive:"
            } else {
                "Not destructive."
            };
            assert!(
                shown.text().contains(says) && shown.text().contains(&text("name")),
                "{}",
                shown.text()
            );
        }
        assert_eq!(blocks, expected);
        // Each can be copied, by a button that says what.
        let buttons = detail.all("button");
        assert_eq!(buttons.len(), blocks.len());
        for button in buttons {
            assert!(button.get("aria-label").unwrap().starts_with("Copy: "));
        }
    }
}
