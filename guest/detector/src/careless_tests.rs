//! Tests of rules with authors' mistakes, on the toy log.

use super::{Toy, ToyEvent, ToyLog, line};
use crate::columns::Columns;
use crate::definition::{Definition, Rule};
use crate::describe::describe;
use crate::detector::Detector;
use crate::key::{Keys, Part};
use crate::model::{Value, Window};
use crate::program::value::MAX_TEXT_LENGTH;
use crate::schema::MAX_COLUMNS;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The toy rule, with one mistake.
#[derive(Clone, Copy)]
struct Careless {
    key: fn(&mut Keys),
    fill: fn(&mut Columns),
    define: fn(&mut Definition),
}

const SOUND: Careless = Careless {
    key: |keys| keys.part([Part::text(Some("a"))].into_iter()),
    fill: |columns| {
        columns.distinct(2, "x");
        columns.distinct(2, "y");
    },
    define: |_| {},
};

impl Rule for Careless {
    type Log = ToyLog;

    fn definition(&self) -> Definition {
        let mut definition = Toy.definition();
        (self.define)(&mut definition);
        definition
    }

    fn keys(&self, _: &ToyEvent) -> Keys {
        let mut keys = Keys::default();
        (self.key)(&mut keys);
        keys
    }

    fn fill(&self, _: &ToyEvent, columns: &mut Columns) {
        (self.fill)(columns);
    }
}

/// The text of a panic.
fn panic_of(act: impl FnOnce()) -> String {
    let text = match catch_unwind(AssertUnwindSafe(act)) {
        Ok(()) => None,
        Err(thrown) => thrown.downcast::<String>().ok(),
    };
    text.map_or_else(String::new, |text| *text)
}

fn push(rule: Careless) -> Detector<ToyLog> {
    let mut detector = Detector::only(rule, "{}", (1, 2)).unwrap_or_else(|p| panic!("{p:?}"));
    assert_eq!(detector.push(line(1, "[]", "c").as_bytes()).counted, 1);
    detector
}

#[test]
fn describing_an_invalid_definition_panics_with_its_problems() {
    let bad = Careless {
        define: |definition| definition.columns[2].name = "calls".to_owned(),
        ..SOUND
    };
    let text = panic_of(|| drop(describe(&bad)));
    assert!(
        text.starts_with("rule toy: columns[2]: the name calls stands before"),
        "{text}"
    );
    let problems = Detector::only(bad, "{}", (1, 2)).err().unwrap();
    assert_eq!(problems[0].key, "columns[2]");
    assert_eq!(describe(&SOUND).id, "toy");
}

#[test]
fn adding_to_a_wrong_column_panics() {
    const PAST: u8 = MAX_COLUMNS as u8 + 2;
    type Fill = fn(&mut Columns);
    let fills: [(Fill, &str); 10] = [
        (|c| c.text(PAST, "x"), "column 30 "),
        (|c| c.sample(PAST, "x"), "column 30 "),
        (|c| c.distinct(PAST, "x"), "column 30 "),
        (|c| c.address(PAST, 1), "column 30 "),
        (|c| c.text(5, "x"), "column 5 "),
        (|c| c.text(2, "x"), "column 2 "),
        (|c| c.distinct(3, "x"), "column 3 "),
        (|c| c.sample(3, "x"), "column 3 "),
        (|c| c.text(4, "x"), "column 4 "),
        (|c| c.address(0, 1), "column 0 "),
    ];
    for (fill, wanted) in fills {
        let text = panic_of(|| drop(push(Careless { fill, ..SOUND })));
        assert!(text.starts_with(wanted), "{wanted}: {text}");
    }
}

#[test]
fn a_key_with_wrong_parts_panics() {
    let keys: [fn(&mut Keys); 3] = [
        |_| {},
        |keys| keys.part([Part::Integer(1)].into_iter()),
        |keys| {
            for text in ["a", "b"] {
                keys.part([Part::text(Some(text))].into_iter());
            }
        },
    ];
    for key in keys {
        let text = panic_of(|| drop(push(Careless { key, ..SOUND })));
        assert!(text.starts_with("rule toy: the parts of a key"), "{text}");
    }
}

#[test]
fn no_text_of_an_alert_is_empty_or_too_long() {
    let rule = Careless {
        key: |keys| {
            let texts = ["".to_owned(), "é".repeat(MAX_TEXT_LENGTH)];
            keys.part(texts.into_iter().map(|text| Part::Text(text.into())));
        },
        fill: |columns| {
            (SOUND.fill)(columns);
            for text in ["", &"é".repeat(MAX_TEXT_LENGTH)] {
                columns.text(3, text);
                columns.sample(4, text);
            }
            columns.sample(4, "x");
        },
        ..SOUND
    };
    let mut detector = push(rule);
    detector.flush();
    let alerts = detector.take_alerts(u32::MAX);
    assert_eq!(alerts.len(), 2);
    let of = |value: &Value| match value {
        Value::Text(text) => vec![text.len()],
        Value::TextList(texts) => texts.iter().map(String::len).collect(),
        _ => Vec::new(),
    };
    for (alert, key) in alerts.iter().zip([None, Some(MAX_TEXT_LENGTH)]) {
        let lengths: Vec<usize> = alert.columns.iter().flat_map(|c| of(&c.value)).collect();
        let wanted = key.into_iter().chain([MAX_TEXT_LENGTH, 1]);
        assert_eq!(lengths, wanted.collect::<Vec<_>>());
        assert_eq!(
            alert.window,
            Window {
                start: 1_779_183_060_000,
                end: 1_779_183_120_000
            }
        );
    }
}
