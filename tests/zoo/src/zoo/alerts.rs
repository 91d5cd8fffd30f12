//! Alerts of the animals: honest ones, invented ones, and those that break the contract.

use super::{State, animal, wa};

/// The line whose alert breaks the contract; those before it are valid.
const STINGS: u64 = 100;

/// Alerts that some animals return regardless of their state.
pub(super) fn instead(state: &mut State) -> Option<Vec<wa::Alert>> {
    let leak = |one: Vec<u8>| Box::leak(one.into_boxed_slice()).as_mut_ptr();
    Some(match animal() {
        // A list that is longer than all memory.
        "long-list" => {
            let start = Box::leak(vec![alert(1)].into_boxed_slice()).as_mut_ptr();
            unsafe { Vec::from_raw_parts(start, 1 << 26, 1 << 26) }
        }
        "many-alerts" => (0..1_000_000).map(alert).collect(),
        "long-string" => {
            let start = leak(b"xxxxxxxx".to_vec());
            vec![with_reason(unsafe {
                String::from_raw_parts(start, 0xf000_0000, 0xf000_0000)
            })]
        }
        "big-string" => vec![with_reason("x".repeat(300 << 20))],
        "long-reason" => vec![with_reason("x".repeat(100 << 20))],
        "utf8" => vec![with_reason(unsafe {
            String::from_utf8_unchecked(vec![0xff, 0xfe, b'x'])
        })],
        "many-integers" => vec![with_column(wa::Value::IntegerList(vec![1; 12_000_000]))],
        "many-columns" => {
            let mut one = alert(1);
            let number = |n| column(&format!("zoo.c{n}"), wa::Value::Integer(n));
            one.columns = (0..100_000).map(number).collect();
            vec![one]
        }
        // Forever the same, or forever a new one.
        "same-alert" => vec![heavy(1)],
        "endless-alerts" => {
            state.invented += 256;
            (0..256).map(|n| alert(state.invented + n)).collect()
        }
        "heavy-alerts" => {
            state.invented += 1;
            vec![heavy(state.invented)]
        }
        // One at a time, and honest except for the time that each takes.
        "slow-alerts" if !state.waiting.is_empty() => {
            let mut n = 0_u64;
            while n < 20_000_000 {
                n = std::hint::black_box(n + 1);
            }
            vec![alert(state.waiting.remove(0))]
        }
        // Two MiB for each fifth line, and then an end.
        "heavy-drip" if !state.waiting.is_empty() => {
            vec![heavy(state.waiting.remove(0))]
        }
        _ => return None,
    })
}

fn column(name: &str, value: wa::Value) -> wa::Column {
    wa::Column {
        name: name.to_owned(),
        value,
    }
}

fn with_reason(reason: String) -> wa::Alert {
    wa::Alert { reason, ..alert(1) }
}

fn with_column(value: wa::Value) -> wa::Alert {
    let mut one = alert(1);
    one.columns.push(column("zoo.value", value));
    one
}

/// An alert of two MiB.
fn heavy(number: u64) -> wa::Alert {
    let mut one = alert(number);
    let words = vec!["x".repeat(100 << 10); 20];
    one.columns
        .push(column("zoo.words", wa::Value::TextList(words)));
    one
}

/// The alerts on a line, usually one.
pub(super) fn all_on(number: u64) -> Vec<wa::Alert> {
    let one = alert(number);
    if number != STINGS {
        return vec![one];
    }
    let again = |revision, phase| wa::Alert {
        revision,
        phase,
        ..one.clone()
    };
    match animal() {
        "revision-again" => vec![one.clone(), one],
        "revision-gap" => vec![again(1, wa::Phase::OnTime), again(3, wa::Phase::Late)],
        "revision-back" => vec![
            again(1, wa::Phase::OnTime),
            again(2, wa::Phase::Late),
            again(1, wa::Phase::Late),
        ],
        "revision-0" => vec![again(0, wa::Phase::OnTime)],
        "retracted-first" => vec![again(1, wa::Phase::Retracted)],
        "early-behind" => vec![again(1, wa::Phase::OnTime), again(2, wa::Phase::Early)],
        _ => vec![one],
    }
}

/// The alert on a line; one of them breaks the contract.
pub(super) fn alert(number: u64) -> wa::Alert {
    let mut one = wa::Alert {
        rule: super::describe::id(),
        revision: 1,
        phase: wa::Phase::OnTime,
        window: wa::Window {
            start: 0,
            end: 1000,
        },
        key: vec![part("line", Some(wa::Value::Integer(number as i64)))],
        first_seen: 0,
        last_seen: 0,
        columns: vec![column("line", wa::Value::Integer(number as i64))],
        reason: format!("line {number}"),
        complete: true,
        truncated: Vec::new(),
        response: Vec::new(),
        pivots: Vec::new(),
    };
    match animal() {
        // New columns in each, until no index accepts more.
        "column-flood" => {
            let name = |n: u64| format!("zoo.c{number}-{n}");
            let new = (0..90).map(|n| column(&name(n), wa::Value::Boolean(true)));
            one.columns.extend(new);
        }
        "column-retyped" if number < STINGS => {
            one.columns.push(column("zoo.value", wa::Value::Integer(1)));
        }
        "steering-words" => steer(&mut one),
        _ => {}
    }
    if number == STINGS {
        sting(&mut one);
    }
    one
}

/// Puts terminal escapes, line ends and tags into every text of an alert.
fn steer(one: &mut wa::Alert) {
    let words = super::describe::STEERING;
    one.reason = words.to_owned();
    let value = wa::Value::TextList(vec![words.to_owned()]);
    one.columns.push(column("zoo.words", value));
    one.response.push(wa::Action {
        note: Some(words.to_owned()),
        ..action(words, words, "{}")
    });
    one.pivots.push(wa::Pivot {
        name: words.to_owned(),
        language: words.to_owned(),
        query: words.to_owned(),
    });
}

fn action(name: &str, url: &str, body: &str) -> wa::Action {
    wa::Action {
        name: name.to_owned(),
        method: "POST".to_owned(),
        url: url.to_owned(),
        body: Some(body.to_owned()),
        note: None,
        destructive: false,
    }
}

fn sting(one: &mut wa::Alert) {
    let text = |text: &str| wa::Value::Text(text.to_owned());
    let mut say = |name: &str, value| one.columns.push(column(name, value));
    match animal() {
        // With the id of another rule's alert, and a high revision.
        "own-alert-id" => say("weir.alert.id", text("0123456789abcdef0123456789abcdef")),
        "own-revision" => say("weir.alert.revision", wa::Value::Integer(9_000_000_000)),
        "own-rule-id" => say("rule.id", text("another-rule")),
        "own-time" => say("@timestamp", text("1970-01-01T00:00:00.000Z")),
        "own-kind" => say("event.kind", text("signal")),
        "own-tags" => say("tags", text("benign")),
        "own-case" => say("Weir.Alert.Id", text("x")),
        "own-object" => say("weir", text("x")),
        "own-below" => say("message.text", text("x")),
        "own-index" => say("_id", text("x")),
        "own-event" => say("event", text("x")),
        "own-space" => say("@timestamp ", text("x")),
        "own-unseen" => say("weir\u{3164}.alert.id", text("x")),
        "column-deep" => say(&vec!["a"; 30].join("."), text("x")),
        "column-retyped" => say("zoo.value", text("x")),
        "column-around" => {
            say("zoo", text("x"));
            say("zoo.lines", text("x"));
        }
        "column-twice" => say("line", wa::Value::Integer(100)),
        "column-lies" => one.columns[0].value = wa::Value::Integer(7),
        "column-nameless" => say("", text("x")),
        "column-dots" => say("zoo..lines", text("x")),
        "column-steers" => say("\u{1b}[2J", text("x")),
        "nan" => say("zoo.value", wa::Value::Number(f64::NAN)),
        "infinite" => say("zoo.value", wa::Value::Number(f64::INFINITY)),
        "empty-text" => say("zoo.value", text("")),
        "empty-list" => say("zoo.value", wa::Value::IntegerList(Vec::new())),
        "empty-element" => say("zoo.value", wa::Value::TextList(vec![String::new()])),
        "key-empty" => one.key = Vec::new(),
        "key-twice" => one.key.push(one.key[0].clone()),
        "key-renamed" => {
            one.key[0].name = "row".to_owned();
            one.columns = Vec::new();
        }
        "key-retyped" => {
            one.key[0].value = Some(text("100"));
            one.columns = Vec::new();
        }
        "window-inverted" => (one.window.start, one.window.end) = (1000, 0),
        "window-far" => {
            one.window.start = 253_402_300_800_000;
            one.window.end = one.window.start + 1000;
            (one.first_seen, one.last_seen) = (one.window.start, one.window.start);
        }
        // The last second of the year 9999: its document would be of the year 10000.
        "window-last" => {
            one.window.end = 253_402_300_800_000;
            one.window.start = one.window.end - 1000;
            (one.first_seen, one.last_seen) = (one.window.start, one.window.start);
        }
        "window-long" => one.window.end = 2000,
        "seen-outside" => one.last_seen = 1000,
        "seen-inverted" => one.first_seen = 1,
        "body-no-json" => one.response.push(action("Do", "/", "{")),
        "body-deep" => one.response.push(action("Do", "/", &"[".repeat(100_000))),
        // With the id of another rule.
        "other-rule" => one.rule = "another-rule".to_owned(),
        "described-type" => say("zoo.lines", text("x")),
        "window-shifted" => (one.window.start, one.window.end) = (-500, 500),
        "mark-nameless" => one.truncated.push(wa::Truncation {
            column: String::new(),
            kind: wa::TruncationKind::Capped,
        }),
        _ => {}
    }
}

pub(super) fn part(name: &str, value: Option<wa::Value>) -> wa::KeyPart {
    wa::KeyPart {
        name: name.to_owned(),
        value,
    }
}
