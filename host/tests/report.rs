//! The page of `weir report`: what is in it is text, says what `weir run` finds, and is the same
//! each time.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

#[path = "report/analyst.rs"]
mod analyst;
mod support;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use support::page::{Node, hash};
use support::{Room, burst, burst_documents, lines, zoo};

/// A call of somebody in a minute of an hour.
fn call(user: &str, minute: usize, number: usize) -> Value {
    let collections = ["users", "groups", "applications", "somewhere"];
    let status = [403, 404, 200, 403, 503][number % 5];
    let app = ["1b730954-1685-4b74-9bfd-dac224a7b894", "not-known"]
        [usize::from(number.is_multiple_of(3))];
    json!({
        "category": "AzureADGraphActivityLogs",
        "tenantId": "aaaaaaaa-0000-4000-8000-000000000001",
        "properties": {
            "timeGenerated": format!("2026-03-04T05:{minute:02}:{:02}.{number:03}Z", number % 60),
            "requestId": format!("{user}-{minute}-{number}"),
            "requestUri": format!("/tenant/{}/{number}?api-version=1.6", collections[number % 4]),
            "httpStatusCode": status,
            "userId": user,
            "appId": app,
            "callerIpAddress": format!("198.51.100.{}", number % 2),
            "userAgent": "Python/3.11 aiohttp/3.9.1",
        },
    })
}

/// Two that alert, one of them twice, and one that does not.
fn stream() -> Vec<Value> {
    let mut calls = Vec::new();
    for (user, minute, count) in [
        ("one", 8, 7),
        ("one", 10, 45),
        ("one", 12, 60),
        ("one", 14, 3),
        ("quiet", 20, 12),
        ("two", 30, 50),
    ] {
        calls.extend((0..count).map(|number| call(user, minute, number)));
    }
    calls
}

#[track_caller]
fn page(room: &Room, arguments: &[&str]) -> Node {
    let mut all = vec!["report", "--output", "report.html"];
    all.extend(arguments);
    room.weir(&all).ends(0);
    Node::read(&room.read("report.html"))
}

/// Which alert a part of the page is about.
#[track_caller]
fn alert_of<'a>(alerts: &'a [Value], detail: &Node) -> &'a Value {
    let text = detail.text();
    let mut all = alerts.iter();
    all.find(|alert| text.contains(alert["weir.alert.id"].as_str().unwrap()))
        .unwrap()
}

fn is_alert(section: &&Node) -> bool {
    section.get("class") == Some("alert")
}

/// The parts of the page that are of single alerts.
fn details(page: &Node) -> Vec<&Node> {
    page.all("section").into_iter().filter(is_alert).collect()
}

#[test]
fn the_page_may_do_nothing_but_show_its_own() {
    let room = Room::new();
    room.write("events.ndjson", lines(&stream()));
    let page = page(&room, &["events.ndjson"]);
    let metas = page.all("meta");
    let named = |meta: &&&Node| meta.get("http-equiv") == Some("Content-Security-Policy");
    let policy = metas.iter().find(named).unwrap().get("content").unwrap();
    let [style, script] = ["style", "script"].map(|name| {
        let all = page.all(name);
        assert_eq!(all.len(), 1, "{name}");
        hash(&all[0].text())
    });
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; style-src {style}; script-src {script}; img-src data:; base-uri 'none'; form-action 'none'"
        )
    );
    // It names the component that it was made with.
    let said: Value = serde_json::from_str(&room.weir(&["inspect", "--json"]).ends(0).out).unwrap();
    let component = said["sha256"].as_str().unwrap();
    assert!(page.text().contains(&format!("SHA-256 {component}.")));
    // It stands before all that it is about.
    let head = &page.all("head")[0];
    assert!(head.all("meta")[0].get("charset").is_some());
    assert!(
        head.all("meta")[1]
            .get("content")
            .unwrap()
            .starts_with("default-src")
    );
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

/// What tries to be more than text.
const HOSTILE: [&str; 9] = [
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "<!--<style>*{display:none}",
    "&lt;b&gt; &amp; ]]>",
    "\u{202e}drawkcab\u{202c}\u{2066}\u{200f}",
    "nul\u{0}bell\u{7}escape\u{1b}[31m",
    "</title></textarea></svg>",
];

/// A burst in which all that a sender can write is hostile.
fn hostile() -> Vec<Value> {
    let mut events = Vec::new();
    for (at, text) in HOSTILE.into_iter().enumerate() {
        events.extend(burst_documents().into_iter().enumerate().map(|(number, mut event)| {
            event["user"]["id"] = json!(text);
            event["@timestamp"] = json!(format!("2026-03-04T05:{:02}:{number:02}.123Z", 10 + 2 * at));
            event["http"]["request"]["id"] = json!(format!("{at}-{number}{text}"));
            event["url"]["path"] = json!(format!("/{text}/users/{number}"));
            event["user_agent"]["original"] = json!(if number == 0 { "A".repeat(10_240) } else { format!("{text}{}", "B".repeat(900)) });
            event["azure"] = json!({"tenant_id": text, "aadgraphactivitylogs": {"properties": {"app_id": text, "api_version": text, "session_id": text, "sign_in_activity_id": text}}});
            event["source"]["as"] = json!({"number": 64500, "organization": {"name": text}});
            event
        }));
    }
    events
}

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
        let seen = weir::escape(text);
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
    assert_eq!(files[0][0], weir::escape(file));
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
    let answer = room.weir(&[
        "report",
        "--output",
        "r.html",
        "events.ndjson",
        "missing.ndjson",
    ]);
    answer.ends(3).says("missing.ndjson: no such file");
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
