//! Tests of necessary conditions: a result is never true where one is not met.

use super::{Literal, Need};
use crate::kinds_case::Random;
use crate::program::value::{Type, Value};
use crate::program::{Builder, Constant, FieldValues, Instruction, Program};

/// Fields, and the types that programs read them as.
const FIELDS: [(&str, Type); 4] = [
    ("a", Type::Text),
    ("a", Type::Integer),
    ("b", Type::Text),
    ("c", Type::Integer),
];
const TEXTS: [&str; 6] = ["1", "2", "x", "X", "", "1.5"];

struct Event(Vec<(&'static str, Value<'static>)>);

/// An event for a program's fields.
struct Fields<'p>(&'p Program, &'p Event);

impl FieldValues for Fields<'_> {
    fn value(&self, field: usize) -> Value<'_> {
        let name = &self.0.fields()[field].name;
        let found = self.1.0.iter().find(|(known, _)| known == name);
        found.map_or(Value::Null, |(_, value)| value.clone())
    }
}

fn single(r: &mut Random) -> Value<'static> {
    match r.below(6) {
        0 => Value::Null,
        1 => Value::Boolean(r.one_in(2)),
        2 => Value::Number(*r.pick(&[1.0, 1.5, 2.5, -0.0])),
        3 => Value::Integer(r.between(0, 3)),
        _ => Value::text(*r.pick(&TEXTS)),
    }
}

fn event(r: &mut Random) -> Event {
    let value = |r: &mut Random| match r.below(3) {
        0 => Value::many((0..r.below(4)).map(|_| single(r)).collect::<Vec<_>>()),
        _ => single(r),
    };
    Event(["a", "b", "c"].map(|name| (name, value(r))).to_vec())
}

fn constant(r: &mut Random, kind: Type) -> Constant {
    match kind {
        _ if r.one_in(12) => Constant::Null(kind),
        Type::Text => Constant::Text((*r.pick(&TEXTS)).to_owned()),
        _ if r.one_in(8) => Constant::Number(*r.pick(&[1.0, 1.5])),
        _ => Constant::Integer(r.between(0, 3)),
    }
}

/// A comparison of a field with constants, or something else of a truth value.
fn test(r: &mut Random, b: Builder) -> Builder {
    let (name, kind) = *r.pick(&FIELDS);
    let b = b.field(name, kind);
    match r.below(8) {
        0 => b.call("is_null", 1),
        1 => b
            .call("mv_count", 1)
            .constant(Constant::Integer(1))
            .call("equal", 2),
        2 if kind == Type::Text => b
            .call("lower", 1)
            .constant(constant(r, kind))
            .call("any_equal", 2),
        3 | 4 => {
            let function = *r.pick(&["in", "any_in"]);
            let count = 1 + r.below(3);
            let b = (0..count).fold(b, |b, _| b.constant(constant(r, kind)));
            b.call(function, u8::try_from(count + 1).unwrap())
        }
        _ => {
            let function = *r.pick(&["equal", "any_equal", "any_equal", "not_equal", "any_less"]);
            b.constant(constant(r, kind)).call(function, 2)
        }
    }
}

fn expression(r: &mut Random, b: Builder, depth: u64) -> Builder {
    match r.below(8) {
        0 => expression(r, b, depth.saturating_sub(1)).call("not", 1),
        1..=6 if depth > 0 => {
            let on = r.one_in(3);
            let b = expression(r, b, depth - 1);
            match r.one_in(3) {
                true => {
                    let b = expression(r, b, depth - 1);
                    expression(r, b, depth - 1).call(if on { "or" } else { "and" }, 3)
                }
                false => b.decide(on, |b| expression(r, b, depth - 1)),
            }
        }
        _ => test(r, b),
    }
}

fn meets(program: &Program, event: &Event) -> bool {
    let met = |need: &Need| {
        let kind = program.fields()[need.field].kind;
        need.is_met(&Fields(program, event).value(need.field).of_field(kind))
    };
    program.needs().iter().all(met)
}

#[test]
fn a_true_result_meets_all_needs() {
    let (mut left_out, mut are_true) = (0, 0);
    for seed in 0..20_000 {
        let mut r = Random::new(seed);
        let Ok(program) = expression(&mut r, Builder::default(), seed % 4).build() else {
            continue;
        };
        for _ in 0..10 {
            let event = event(&mut r);
            let is_true = program.eval(&Fields(&program, &event)) == Value::Boolean(true);
            let meets = meets(&program, &event);
            assert!(meets || !is_true, "{seed}: {program:?} {:?}", event.0);
            left_out += usize::from(!meets);
            are_true += usize::from(is_true);
        }
    }
    assert!(
        left_out > 20_000 && are_true > 20_000,
        "{left_out} {are_true}"
    );
}

fn texts(field: usize, values: &[&str]) -> Need {
    let literal = |text: &&str| Literal::Text((*text).to_owned());
    Need {
        field,
        values: values.iter().map(literal).collect(),
    }
}

/// Adds whether a field has a text.
fn is(b: Builder, name: &str, text: &str) -> Builder {
    let b = b.field(name, Type::Text);
    let b = b.constant(Constant::Text(text.to_owned()));
    b.call("any_equal", 2)
}

fn any(b: Builder) -> Builder {
    is(b, "a", "x").decide(true, |b| is(b, "a", "y"))
}

fn needs(b: Builder) -> Vec<Need> {
    b.build().unwrap().needs()
}

#[test]
fn needs_are_those_of_every_way_to_be_true() {
    let start = Builder::default;
    assert_eq!(needs(is(start(), "a", "x")), [texts(0, &["x"])]);
    assert_eq!(needs(any(start())), [texts(0, &["x", "y"])]);
    let both = any(start()).decide(false, |b| is(b, "b", "z"));
    assert_eq!(needs(both), [texts(0, &["x", "y"]), texts(1, &["z"])]);
    let either = is(start(), "a", "x").decide(true, |b| is(b, "b", "z"));
    assert_eq!(needs(either), []);
    assert_eq!(needs(is(start(), "a", "x").call("not", 1)), []);
    let number = start().field("c", Type::Integer);
    let number = number.constant(Constant::Integer(7)).call("equal", 2);
    let seven = Need {
        field: 0,
        values: vec![Literal::Integer(7)],
    };
    assert_eq!(needs(number), [seven]);
}

/// Jumps that are not those of `and` and `or` are not seen through.
#[test]
fn a_jump_elsewhere_leaves_no_needs() {
    let compared = Builder::default().field("a", Type::Text);
    let compared = compared
        .constant(Constant::Text("x".to_owned()))
        .call("any_equal", 2);
    let program = compared
        .decide(true, |b| b.constant(Constant::Boolean(true)))
        .build()
        .unwrap();
    let code = program.code.clone();
    // `or` jumps where the first part is false, and `not` is behind it: true where nothing equals.
    let not = Instruction::Call {
        function: crate::program::function::named("not").unwrap(),
        arguments: 1,
    };
    let with = |code: Vec<Instruction>| {
        Program::new(program.fields.clone(), program.constants.clone(), code).unwrap()
    };
    let skip = |on, over| Instruction::Skip { on, over };
    let [field, constant, equal] = [code[0], code[1], code[2]];
    let odd = with(vec![field, constant, equal, skip(false, 1), not]);
    assert_eq!(odd.needs(), []);
    // A skip that jumps where it need not leaves its value.
    let odd = with(vec![field, constant, equal, skip(true, 1), not, not, not]);
    assert_eq!(odd.needs(), []);
    assert_eq!(with(vec![field, constant, equal]).needs().len(), 1);
}
