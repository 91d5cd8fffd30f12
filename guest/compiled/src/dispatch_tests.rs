//! Tests of the dispatch: no rule misses an event that its filter takes.

use super::{conditions, current};
use crate::event::Event;
use crate::{catalog, document};
use std::fmt::Write as _;
use std::rc::Rc;
use weir_detector::hash::Seed;
use weir_detector::program::value::{Type, Value};
use weir_detector::program::{Builder, Constant, FieldValues, Program};

/// Random numbers.
struct Random(u64, u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.1 += 1;
        let bits = Seed(self.0, 5).bytes(&self.1.to_le_bytes());
        usize::try_from(bits % n as u64).unwrap()
    }

    fn pick<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all[self.below(all.len())]
    }
}

const FIELDS: [&str; 5] = [
    "dispatch.action",
    "dispatch.code",
    "dispatch.any.x",
    "dispatch.any.*",
    "_id",
];
/// Values as JSON.
const VALUES: [&str; 12] = [
    "null", "\"a\"", "\"A\"", "\"b\"", "\"7\"", "7", "7.0", "7.9", "true", "\"\"", "\"7.5\"", "8",
];

/// A value of a document: one, or a list, in which others may be.
fn value(r: &mut Random) -> String {
    match r.below(4) {
        0 => {
            let values: Vec<&str> = (0..r.below(4)).map(|_| r.pick(&VALUES)).collect();
            format!("[{},[{}]]", r.pick(&VALUES), values.join(","))
        }
        _ => r.pick(&VALUES).to_owned(),
    }
}

fn document(r: &mut Random) -> String {
    let mut text = "{\"_id\":\"a\"".to_owned();
    for name in ["action", "code", "any.x", "any.y"] {
        if r.below(4) > 0 {
            write!(text, ",\"dispatch.{name}\":{}", value(r)).unwrap();
        }
    }
    text + ",\"dispatch\":{\"action\":null}}"
}

fn constant(r: &mut Random, kind: Type) -> Constant {
    match (r.below(9), kind) {
        (0, _) => Constant::Null(kind),
        (_, Type::Text) => Constant::Text(r.pick(&["a", "A", "b", "7", "true", ""]).to_owned()),
        (1, _) => Constant::Number(7.0),
        (at, _) => Constant::Integer(if at % 2 == 0 { 7 } else { 8 }),
    }
}

fn test(r: &mut Random, b: Builder) -> Builder {
    let kind = if r.below(3) == 0 {
        Type::Integer
    } else {
        Type::Text
    };
    let b = b.field(r.pick(&FIELDS), kind);
    match r.below(6) {
        0 => b.call("is_not_null", 1),
        1 | 2 => {
            let function = r.pick(&["any_in", "in"]);
            let b = b.constant(constant(r, kind));
            b.constant(constant(r, kind)).call(function, 3)
        }
        _ => {
            let function = r.pick(&["any_equal", "any_equal", "equal", "any_less"]);
            b.constant(constant(r, kind)).call(function, 2)
        }
    }
}

fn expression(r: &mut Random, b: Builder, depth: usize) -> Builder {
    match r.below(7) {
        0 => test(r, b).call("not", 1),
        1..=5 if depth > 0 => {
            let b = expression(r, b, depth - 1);
            let on = r.below(3) == 0;
            b.decide(on, |b| expression(r, b, depth - 1))
        }
        _ => test(r, b),
    }
}

/// An event for a program's fields.
struct Fields<'e>(&'e Program, &'e Event<'e>);

impl FieldValues for Fields<'_> {
    fn value(&self, field: usize) -> Value<'_> {
        let name = &self.0.fields()[field].name;
        self.1.value(catalog::field(name).unwrap())
    }
}

fn event(text: &str) -> Event<'_> {
    let values = document::read(text, &catalog::current());
    Event {
        time: 0,
        id: 0,
        identity: "a".into(),
        met: current().met(&values),
        values,
        claims: Rc::new([]),
        texts: Default::default(),
        addresses: Vec::new(),
        missed: 0,
    }
}

#[test]
fn what_a_filter_takes_meets_its_conditions() {
    let mut r = Random(1, 0);
    let programs: Vec<Program> = (0..3000)
        .filter_map(|at| expression(&mut r, Builder::default(), at % 4).build().ok())
        .collect();
    let conditions: Vec<Vec<usize>> = programs.iter().map(conditions).collect();
    let (mut taken, mut left_out, mut missed) = (0, 0, 0);
    for _ in 0..300 {
        let text = document(&mut r);
        let event = event(&text);
        for (program, conditions) in programs.iter().zip(&conditions) {
            let takes = program.eval(&Fields(program, &event)) == Value::Boolean(true);
            let meets = event.met.all(conditions);
            assert!(meets || !takes, "{program:?} {text}");
            taken += usize::from(takes);
            left_out += usize::from(!meets);
            missed += usize::from(meets && !takes && !conditions.is_empty());
        }
    }
    // Conditions are worth asking for.
    assert!(taken > 50_000 && left_out > 50_000, "{taken} {left_out}");
    assert!(left_out > missed, "{left_out} {missed}");
}

#[test]
fn a_condition_that_was_not_looked_up_is_met() {
    let program = |text: String| {
        let b = Builder::default().field(FIELDS[0], Type::Text);
        b.constant(Constant::Text(text))
            .call("any_equal", 2)
            .build()
            .unwrap()
    };
    let known = conditions(&program("met".to_owned()));
    let event = event("{\"dispatch.action\":\"met\"}");
    let later: Vec<Vec<usize>> = (0..200)
        .map(|at| conditions(&program(format!("later {at}"))))
        .collect();
    assert!(event.met.all(&known));
    assert!(later.iter().all(|one| one.len() == 1 && event.met.all(one)));
    assert_eq!(conditions(&program("met".to_owned())), known);
    let other = "{\"dispatch.action\":[\"other\",\"later 7\"]}";
    let values = document::read(other, &catalog::current());
    let met = current().met(&values);
    assert!(!met.all(&known) && met.all(&later[7]) && !met.all(&later[8]));
}
