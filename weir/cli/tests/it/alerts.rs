//! Alerts as they come out, and the options that change them.

use serde_json::{Value, json};

use crate::support::{BURST, Room, burst, lines};

#[test]
fn a_document_has_its_fields_in_a_fixed_order() {
    let room = Room::new();
    room.write("input", lines(&burst()));
    let answer = room.weir(&["run", "input"]);
    let alerts = answer.ends(0).alerts();
    let alert = alerts[0].as_object().unwrap();
    let keys: Vec<&str> = alert.keys().map(String::as_str).collect();
    let wanted = [
        "@timestamp",
        "ecs.version",
        "event.kind",
        "event.category",
        "event.type",
        "event.severity",
        "event.risk_score",
        "event.start",
        "event.end",
        "message",
        "tags",
        "rule.id",
        "rule.name",
        "rule.version",
        "rule.description",
        "threat.framework",
        "threat.tactic.id",
        "threat.technique.id",
        "threat.technique.subtechnique.id",
        "weir.alert.id",
        "weir.alert.revision",
        "weir.alert.phase",
        "weir.window.start",
        "weir.window.end",
        "weir.complete",
        "user.id",
        "Esql.time_window",
        "Esql.total_calls",
        "source.ip",
    ];
    let places: Vec<usize> = wanted
        .iter()
        .map(|name| {
            let place = keys.iter().position(|key| key == name);
            place.unwrap_or_else(|| panic!("no {name} in {keys:?}"))
        })
        .collect();
    assert!(places.is_sorted(), "{keys:?}");
    for (name, value) in [
        ("@timestamp", json!("2026-03-04T05:08:00.000Z")),
        ("event.kind", json!("alert")),
        ("event.severity", json!(47)),
        ("event.start", json!("2026-03-04T05:06:00.123Z")),
        ("event.end", json!("2026-03-04T05:06:24.123Z")),
        ("threat.framework", json!("MITRE ATT&CK")),
        ("weir.window.start", json!("2026-03-04T05:06:00.000Z")),
        ("weir.complete", json!(true)),
        ("Esql.time_window", json!("2026-03-04T05:06:00.000Z")),
        ("Esql.error_rate", json!(1.0)),
        ("user.id", json!("walker")),
        ("source.ip", json!("198.51.100.207")),
    ] {
        assert_eq!(alert.get(name), Some(&value), "{name}");
    }
    assert!(!alert.contains_key("source.as.number"));
    assert!(!alert.contains_key("weir.truncated"));
    assert!(!answer.out.contains("null"));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let room = Room::new();
    room.write("input", lines(&burst()));
    let first = room.weir(&["run", "input"]).out;
    assert_eq!(room.weir(&["run", "input"]).out, first);
    room.weir(&["run", "-q", "--output", "out", "input"])
        .ends(0);
    assert_eq!(room.read("out"), first);
}

#[test]
fn cut_lists_are_marked() {
    let room = Room::new();
    room.write("input", lines(&burst()));
    let answer = room.weir(&["run", "--set", "max_sample_paths=3", "input"]);
    let alert = &answer.ends(0).alerts()[0];
    assert_eq!(alert["Esql.sample_paths"].as_array().unwrap().len(), 3);
    assert_eq!(alert["weir.truncated"], json!("Esql.sample_paths: capped"));
}

/// A burst, then an event four hours later, then ten late successes.
fn revised(successes: usize) -> String {
    let mut values = burst();
    let template = values[0].clone();
    let mut later = template.clone();
    later["properties"]["timeGenerated"] = "2026-03-04T09:00:00Z".into();
    values.push(later);
    for n in 0..successes {
        let mut late = template.clone();
        late["properties"]["requestId"] = format!("late-{n}").into();
        late["properties"]["httpStatusCode"] = 200.into();
        values.push(late);
    }
    lines(&values)
}

#[test]
fn final_keeps_the_last_revision_and_drops_the_retracted() {
    let room = Room::new();
    room.write("changed", revised(5))
        .write("retracted", revised(100));
    let phases = |arguments: &[&str]| -> Vec<Value> {
        let answer = room.weir(arguments);
        answer.ends(0);
        answer
            .alerts()
            .iter()
            .map(|alert| alert["weir.alert.phase"].clone())
            .collect()
    };
    assert_eq!(phases(&["run", "changed"]), ["on-time", "late"]);
    assert_eq!(phases(&["run", "--final", "changed"]), ["late"]);
    assert_eq!(
        phases(&["run", "retracted"]).last(),
        Some(&json!("retracted"))
    );
    assert!(phases(&["run", "--final", "retracted"]).is_empty());
    assert_eq!(phases(&["run", "--early", "changed"])[0], "early");
}

#[test]
fn alerts_can_set_the_exit_code() {
    let room = Room::new();
    room.write("alert", lines(&burst()))
        .write("none", lines(&burst()[1..5]))
        .write("retracted", revised(100));
    room.weir(&["run", "--fail-on-alert", "alert"]).ends(1);
    room.weir(&["run", "--fail-on-alert", "none"]).ends(0);
    room.weir(&["run", "--fail-on-alert", "--final", "retracted"])
        .ends(0);
    room.weir(&["run", "--fail-on-alert", "alert", "missing"])
        .ends(3);
}

#[test]
fn a_table_escapes_what_comes_from_logs() {
    let room = Room::new();
    let mut values = burst();
    for value in &mut values {
        value["properties"]["userId"] = "\u{1b}]0;walker\u{7}\u{202e}".into();
    }
    room.write("input", lines(&values));
    let answer = room.weir(&["run", "--format", "table", "input"]);
    let out = &answer.ends(0).out;
    assert!(out.contains("walker"), "{out}");
    assert!(out.contains("2026-03-04 05:06"), "{out}");
    assert!(out.contains("total_calls"), "{out}");
    assert!(!out.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{out:?}");
    assert!(out.lines().all(|line| line.chars().count() <= 160), "{out}");
}

#[test]
fn the_summary_adds_up_and_can_be_left_out() {
    let room = Room::new();
    let text = format!("{}{{}}\nbad\n{}", lines(&burst()), lines(&burst()));
    room.write("input", text);
    let answer = room.weir(&["run", "input"]);
    let all = 2 * BURST + 2;
    answer.ends(0).adds_up(all);
    assert_eq!(answer.count("counted"), BURST as u64);
    assert_eq!(answer.count("duplicate"), BURST as u64);
    assert_eq!(answer.count("other data set"), 1);
    let answer = room.logged(&["run", "input"]);
    answer.adds_up(all).tells_with("table-missing", "`asn`");
    room.logged(&["run", "--quiet", "input"]).lacks("summary");
    let quiet = room.weir(&["run", "--quiet", "input"]);
    assert!(!quiet.err.contains("sum"), "{}", quiet.err);
}

#[test]
fn events_dropped_late_come_with_a_hint() {
    let room = Room::new();
    let mut values = burst();
    values[0]["properties"]["timeGenerated"] = "2026-03-09T00:00:00Z".into();
    room.write("input", lines(&values));
    let answer = room.logged(&["run", "--rejects", "rejects", "input"]);
    assert_ne!(answer.ends(0).summary()["hints"], json!([]));
    assert_eq!(answer.count("dropped late"), BURST as u64 - 1);
    let rejects = room.read("rejects");
    let reject: Value = serde_json::from_str(rejects.lines().next().unwrap()).unwrap();
    assert_eq!(reject["kind"], "dropped-late");
    assert_eq!(reject["file"], "input");
    assert_eq!(reject["line"], 2);
    assert_eq!(reject["record"], values[1].to_string());
}

#[test]
fn no_document_is_of_the_year_10000() {
    let at = |time: &str| {
        let mut calls = burst();
        for call in &mut calls {
            call["properties"]["timeGenerated"] = time.into();
        }
        lines(&calls)
    };
    let room = Room::new();
    let run = ["run", "--verdicts", "ledger", "input"];
    // The last window that ends in the year 9999.
    room.write("input", at("9999-12-31T23:57:59.999Z"));
    let answer = room.weir(&run);
    let alert = &answer.ends(0).alerts()[0];
    assert_eq!(alert["@timestamp"], "9999-12-31T23:58:00.000Z");
    // The one behind it, and what is behind all by its offset.
    for time in ["9999-12-31T23:58:00Z", "9999-12-31T23:59:59-01:00"] {
        room.write("input", at(time));
        let answer = room.weir(&run);
        answer.ends(0).adds_up(25);
        assert_eq!(answer.count("refused future"), BURST as u64);
        assert_eq!(
            (answer.out.as_str(), room.read("ledger").as_str()),
            ("", "")
        );
    }
    // A window of a day is refused as a whole.
    room.write("input", at("9999-12-31T01:00:00Z"));
    let answer = room.weir(&[&run[..], &["--set", "window_seconds=86400"]].concat());
    assert_eq!(answer.ends(0).count("refused future"), BURST as u64);
}
