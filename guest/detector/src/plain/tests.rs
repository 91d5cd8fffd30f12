//! Tests of a plain rule on a plain log, by the engine's own functions.

use super::{Info, Judgement, Plain, PlainField, PlainLog, PlainRule, address, text};
use crate::describe::describe;
use crate::detector::Detector;
use crate::model::{Alert, Outcome, Selection, Value};

struct Logins;

impl PlainLog for Logins {
    const NAME: &'static str = "system.auth";
    const MARK: &'static str = "event.dataset";
    const FIELDS: &'static [PlainField] = &[
        text("event.outcome"),
        text("user.name"),
        address("source.ip"),
        text("bytes"),
        // What the log has for itself can be used by rules too.
        text("event.dataset"),
    ];
}

/// A log without a name in its records, and with times that are numbers.
struct App;

impl PlainLog for App {
    const NAME: &'static str = "app";
    const MARK: &'static str = "login.result";
    const MARK_VALUE: &'static str = "";
    const TIME: &'static str = "ts";
    const ID: &'static str = "";
    const FIELDS: &'static [PlainField] = &[text("login.result")];
}

fn info() -> Info {
    Info {
        description: "Many failed logins.",
        ..Info::of("a-rule", "failed-logins", "Failed logins")
    }
}

fn rule() -> PlainRule<Logins> {
    PlainRule::new(info(), Judgement::Tumbling { seconds: 300 })
        .only("event.outcome", "failure")
        .by_known("user.name")
        .by("source.ip")
        .count("failures")
        .count_where("empty", "bytes", "0")
        .addresses("addresses", "source.ip")
        .distinct("sets", "event.dataset")
        .sum("bytes.total", "bytes")
        .largest("bytes.largest", "bytes")
        .at_least("failures", "min_failures", 3, "Fewest failures that alert.")
        .reason(|view| {
            let (user, failures) = (view.named("user.name"), view.count("failures"));
            let from = view.listed("addresses").join(", ");
            let others = ["failures", "sets", "nothing"].map(|name| view.listed(name).len());
            assert_eq!(others, [0; 3]);
            format!("{user} failed {failures} times from {from}")
        })
}

type Logged = Detector<Plain<Logins>>;

fn open(parameters: &str) -> Logged {
    match Detector::only(rule(), parameters, (1, 2)) {
        Ok(detector) => detector,
        Err(problems) => panic!("{problems:?}"),
    }
}

fn line(n: u32, user: &str, ip: &str) -> String {
    format!(
        r#"{{"@timestamp":"2026-05-19T09:31:{:02}Z","event":{{"dataset":"system.auth","id":"e{n}","outcome":"failure"}},"user.name":"{user}","source":{{"ip":"{ip}"}},"bytes":{n}}}"#,
        n % 60
    )
}

fn lines() -> Vec<String> {
    let line = |n: u32| match n % 3 {
        0 => line(n, "root", "203.0.113.7"),
        1 => line(n, "admin", "2001:DB8:0::7"),
        _ => line(n, "guest", ""),
    };
    (0..20).map(line).collect()
}

fn counts(outcome: &Outcome) -> [u64; 4] {
    let Outcome {
        counted,
        duplicate,
        other_data_set,
        malformed,
        ..
    } = *outcome;
    [counted, duplicate, other_data_set, malformed]
}

fn push(detector: &mut Logged, text: &str) -> [u64; 4] {
    counts(&detector.push(text.as_bytes()))
}

fn finish(mut detector: Logged) -> Vec<Alert> {
    detector.flush();
    let mut alerts = detector.take_alerts(100);
    for alert in &mut alerts {
        alert.revision = 1;
    }
    alerts
}

fn value<'a>(alert: &'a Alert, name: &str) -> Option<&'a Value> {
    let column = alert.columns.iter().find(|column| column.name == name);
    column.map(|column| &column.value)
}

#[test]
fn columns_are_those_of_the_group() {
    let mut detector = open("{}");
    assert_eq!(push(&mut detector, &lines().join("\n")), [20, 0, 0, 0]);
    let alerts = finish(detector);
    assert_eq!(alerts.len(), 3);
    let root = alerts.last().unwrap();
    let integer = |name| match value(root, name) {
        Some(Value::Integer(number)) => *number,
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(["failures", "empty", "sets"].map(integer), [7, 1, 1]);
    let list = Value::TextList(vec!["203.0.113.7".to_owned()]);
    assert_eq!(value(root, "addresses"), Some(&list));
    let total = (0..20).step_by(3).sum::<i32>().into();
    assert_eq!(value(root, "bytes.total"), Some(&Value::Number(total)));
    assert_eq!(value(root, "bytes.largest"), Some(&Value::Number(18.0)));
    assert_eq!(root.reason, "root failed 7 times from 203.0.113.7.");
    let keys = alerts.iter().map(|alert| {
        let parts = alert.key.iter().map(|part| part.value.clone());
        parts.collect::<Vec<_>>()
    });
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let wanted = [
        vec![text("admin"), text("2001:db8::7")],
        vec![text("guest"), None],
        vec![text("root"), text("203.0.113.7")],
    ];
    assert!(keys.eq(wanted));
}

#[test]
fn alerts_are_the_same_in_any_order_batches_and_over_a_snapshot() {
    let straight = {
        let mut detector = open("{}");
        push(&mut detector, &lines().join("\n"));
        finish(detector)
    };
    let mut lines = lines();
    for turn in 1..lines.len() {
        lines.rotate_left(turn);
        let mut detector = open("{}");
        for line in &lines[..turn] {
            push(&mut detector, line);
        }
        let mut restored = open("{}");
        assert_eq!(restored.merge(&detector.snapshot()), Ok(()));
        push(&mut restored, &lines[turn..].join("\n"));
        // Each of them is known.
        assert_eq!(push(&mut restored, &lines.join("\n")), [0, 20, 0, 0]);
        assert_eq!(finish(restored), straight, "{turn}");
    }
}

#[test]
fn records_are_recognised_by_their_mark_wherever_they_stand() {
    let one = line(1, "root", "203.0.113.7");
    let text = one.replace('"', "\\\"");
    for (document, wanted) in [
        (one.clone(), [1, 0, 0, 0]),
        (format!(r#"{{"records":[{one},{one}]}}"#), [1, 1, 0, 0]),
        (format!(r#"{{"_source":{one},"_id":"x"}}"#), [1, 0, 0, 0]),
        (format!(r#"{{"message":"{text}"}}"#), [1, 0, 0, 0]),
        (one.replace("system.auth", "other"), [0, 0, 1, 0]),
        (
            one.replace("event\":{\"dataset", "data_stream\":{\"dataset"),
            [0, 0, 1, 0],
        ),
        (one.replace("@timestamp", "time"), [0, 0, 0, 1]),
        (one.replace("2026-05-19T", "on Tuesday, "), [0, 0, 0, 1]),
        ("{}".to_owned(), [0, 0, 1, 0]),
        ("{".to_owned(), [0, 0, 0, 1]),
    ] {
        assert_eq!(push(&mut open("{}"), &document), wanted, "{document}");
    }
    // Without a user it is in no group.
    let nobody = one.replace("user.name", "user.id");
    assert_eq!(push(&mut open("{}"), &nobody)[3], 0);
}

#[test]
fn a_log_may_have_no_name_and_times_that_are_numbers() {
    let rule = || {
        PlainRule::<App>::new(
            info(),
            Judgement::Each {
                suppress_seconds: 0,
            },
        )
        .by("login.result")
        .count("events")
    };
    assert_eq!(describe(&rule()).data_sets, ["app"]);
    let times = [
        (r#""ts":1779183067"#, 1_779_183_067_000),
        (r#""ts":1779183067.25"#, 1_779_183_067_250),
        (r#""ts":1779183067482"#, 1_779_183_067_482),
        (r#""ts":"1779183067""#, 1_779_183_067_000),
        (r#""ts":"2026-05-19T09:31:07Z""#, 1_779_183_067_000),
        (r#""@timestamp":"2026-05-19T09:31:07Z""#, 1_779_183_067_000),
    ];
    for (time, wanted) in times {
        let mut detector = Detector::only(rule(), "{}", (1, 2)).ok().unwrap();
        let document = format!(r#"{{{time},"login":{{"result":"failed"}}}}"#);
        // Nothing identifies it: the second is no duplicate.
        let twice = format!("{document}\n{document}");
        assert_eq!(counts(&detector.push(twice.as_bytes())), [2, 0, 0, 0]);
        detector.flush();
        let alerts = detector.take_alerts(9);
        assert_eq!(alerts.len(), 1, "{time}");
        assert_eq!(alerts[0].first_seen, wanted, "{time}");
    }
    let mut detector = Detector::only(rule(), "{}", (1, 2)).ok().unwrap();
    let bad = br#"{"ts":"soon","login":{"result":"failed"}}"#;
    assert_eq!(counts(&detector.push(bad)), [0, 0, 0, 1]);
}

#[test]
fn selected_events_make_documents_that_are_read_as_the_same() {
    let batch = lines().join("\n");
    let mut detector = open("{}");
    push(&mut detector, &batch);
    let wanted = Selection {
        rule: "a-rule".to_owned(),
        key: Vec::new(),
        window: crate::model::Window {
            start: 0,
            end: i64::MAX,
        },
    };
    let mut again = open("{}");
    let events = detector.select(batch.as_bytes(), &[wanted]);
    assert_eq!(events.len(), 20);
    for event in events {
        let columns = event.columns.iter().map(|column| {
            let value = match &column.value {
                Value::Text(text) => format!("\"{text}\""),
                Value::Timestamp(time) => format!("\"{}\"", crate::text::iso(*time)),
                other => panic!("{other:?}"),
            };
            format!("\"{}\":{value}", column.name)
        });
        let columns: Vec<String> = columns.collect();
        let document = format!(
            r#"{{"data_stream.dataset":"system.auth",{}}}"#,
            columns.join(",")
        );
        assert_eq!(push(&mut again, &document), [1, 0, 0, 0], "{document}");
    }
    assert_eq!(finish(again), finish(detector));
}

#[test]
fn exceptions_name_fields_by_their_paths() {
    let exceptions = r#"{"exceptions":[
        {"reason":"a scanner","source.ip":["203.0.113.0/24"]},
        {"reason":"a guest","user.name":["gue*"]}]}"#;
    let mut detector = open(exceptions);
    let outcome = detector.push(lines().join("\n").as_bytes());
    assert_eq!((outcome.counted, outcome.excluded), (7, 13));
    let wrong = Detector::only(rule(), &exceptions.replace("user.name", "user"), (1, 2));
    assert!(wrong.is_err());
}

#[test]
fn a_description_is_complete() {
    let described = describe(&rule().label("failures", "Failed logins"));
    assert_eq!(described.data_sets, ["system.auth"]);
    let labels = described.columns.iter().map(|field| field.label.as_str());
    assert_eq!(labels.collect::<Vec<_>>()[..2], ["Failed logins", "empty"]);
    let condition = described.conditions.first().unwrap();
    assert_eq!(condition.parameter, "min_failures");
}

#[test]
#[should_panic(expected = "source.port: the log lists no such field; users: a condition")]
fn names_that_do_not_fit_are_told_together() {
    let wrong = rule()
        .by("source.port")
        .at_least("users", "min_users", 2, "Fewest users.");
    let _ = describe(&wrong);
}
