//! Tests of programs against a naive evaluator, and of invalid programs.

use super::function::{ArgumentType, FUNCTIONS, Meter, Signature};
use super::regex::Dialect;
use super::value::MAX_VALUES;
use super::*;
use crate::address;
use crate::hash::Seed;
use naive::{Expression, NaiveDocument, NaiveValue, NaiveValues, evaluate};

mod further;
mod naive;

/// Random numbers.
struct Random(u64, u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.1 += 1;
        Seed(self.0, 5).bytes(&self.1.to_le_bytes())
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }

    fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

const KINDS: [Type; 6] = [
    Type::Boolean,
    Type::Integer,
    Type::Number,
    Type::Text,
    Type::Time,
    Type::Address,
];

const TEXTS: [&str; 21] = [
    "",
    "a",
    "ab",
    "aB",
    "É",
    "é b",
    " a ",
    "a,b,,c",
    ",",
    "true",
    "7",
    "-7.5",
    "1e3",
    "10.0.0.1",
    "::1",
    "2024-02-29T12:30:00Z",
    "b",
    "ΐ",
    "0.49999999999999994",
    "b\naB É",
    "A-b.a é B",
];
const INTEGERS: [i64; 10] = [0, 1, -1, 2, 3, -7, 10, 86_400_000, i64::MAX, i64::MIN];
const NUMBERS: [f64; 13] = [
    0.0,
    1.0,
    -1.0,
    0.5,
    -2.5,
    7.0,
    1e300,
    12_345_678.25,
    -0.001,
    0.499_999_999_999_999_94,
    -0.499_999_999_999_999_94,
    4_503_599_627_370_497.0,
    -9_007_199_254_740_991.0,
];
const TIMES: [i64; 7] = [
    0,
    -1,
    1_709_209_800_123,
    951_782_400_000,
    60_000,
    -86_400_001,
    4_102_444_800_000,
];

fn ips() -> [u128; 4] {
    ["10.0.0.1", "10.9.0.1", "::1", "2001:db8::9"].map(|text| address::parse(text).unwrap())
}

fn one(kind: Type, random: &mut Random) -> NaiveValue {
    match kind {
        Type::Boolean => NaiveValue::Truth(random.pick(&[true, false])),
        Type::Integer => NaiveValue::Whole(random.pick(&INTEGERS)),
        Type::Number => NaiveValue::Double(random.pick(&NUMBERS)),
        Type::Text => NaiveValue::Words(random.pick(&TEXTS).to_owned()),
        Type::Time => NaiveValue::Moment(random.pick(&TIMES)),
        _ => NaiveValue::Ip(random.pick(&ips())),
    }
}

fn constant(kind: Type, random: &mut Random) -> Constant {
    match kind {
        Type::Network => {
            let text = random.pick(&[
                "10.0.0.0/8",
                "10.0.0.1",
                "::/0",
                "2001:db8::/32",
                "0.0.0.0/0",
            ]);
            Constant::Network(Network::parse(text).unwrap())
        }
        Type::Pattern => {
            let text = random.pick(&["*", "a*", "*b", "?", "*é?*", "A?", "\\*", "", "a*,?c"]);
            Constant::Pattern(Pattern::new(text, random.pick(&[true, false])).unwrap())
        }
        Type::Regex => Constant::Regex(Regex::new("(a|b)*.?c", Dialect::Java).unwrap()),
        kind if random.below(8) == 0 => Constant::Null(kind),
        kind => match one(kind, random) {
            NaiveValue::Truth(value) => Constant::Boolean(value),
            NaiveValue::Whole(number) => Constant::Integer(number),
            NaiveValue::Double(number) => Constant::Number(number),
            NaiveValue::Words(text) => Constant::Text(text),
            NaiveValue::Moment(time) => Constant::Time(time),
            NaiveValue::Ip(bits) => Constant::Address(bits),
        },
    }
}

/// The name of a part of a time.
fn part(random: &mut Random) -> Expression {
    const PARTS: [&str; 11] = [
        "year",
        "month",
        "day_of_month",
        "day_of_year",
        "day_of_week",
        "hour",
        "minute",
        "second",
        "millisecond",
        "epoch_day",
        "century",
    ];
    Expression::Constant(Constant::Text(random.pick(&PARTS).to_owned()))
}

/// A random expression of a type.
fn expression(kind: Type, depth: usize, random: &mut Random) -> Expression {
    if depth == 0 || !kind.is_general() || random.below(6) == 0 {
        return match kind.is_general() && random.below(3) > 0 {
            true => Expression::Field(random.pick(&["f", "g", "h", "i"]).to_owned(), kind),
            false => Expression::Constant(constant(kind, random)),
        };
    }
    loop {
        let function = &FUNCTIONS[random.below(FUNCTIONS.len())];
        let first = random.pick(&KINDS);
        let kinds = arguments(function.takes, first, random);
        let is_naive = !further::NAMES.contains(&function.name);
        if is_naive && check::result(function, &kinds) == Some(kind) {
            let make = |kind: &Type| match (function.name, kind) {
                ("time_part", Type::Text) => part(random),
                _ => expression(*kind, depth - 1, random),
            };
            return Expression::Call(function.name, kinds.iter().map(make).collect());
        }
    }
}

fn arguments(takes: Signature, first: Type, random: &mut Random) -> Vec<Type> {
    let list = match takes {
        Signature::These(takes) => takes.to_vec(),
        Signature::More(takes) => {
            let last = takes[takes.len() - 1];
            [takes, &vec![last; random.below(3)][..]].concat()
        }
        Signature::Case => {
            let pairs = [Type::Boolean, first].repeat(1 + random.below(2));
            return [&pairs[..], &vec![first; random.below(2)][..]].concat();
        }
    };
    let kind = |takes: &ArgumentType| match takes {
        ArgumentType::A(kind) => *kind,
        ArgumentType::Beside if first.is_numeric() => random.pick(&[Type::Integer, Type::Number]),
        ArgumentType::Numeric if !first.is_numeric() => random.pick(&[Type::Integer, Type::Number]),
        _ => first,
    };
    list.iter().map(kind).collect()
}

/// A builder that pushes an expression.
fn push(builder: Builder, expression: &Expression) -> Builder {
    match expression {
        Expression::Field(name, kind) => builder.field(name, *kind),
        Expression::Constant(constant) => builder.constant(constant.clone()),
        Expression::Call(name @ ("and" | "or"), arguments) if arguments.len() == 2 => {
            push(builder, &arguments[0]).decide(*name == "or", |b| push(b, &arguments[1]))
        }
        Expression::Call(name, arguments) => {
            let count = u8::try_from(arguments.len()).unwrap();
            arguments.iter().fold(builder, push).call(name, count)
        }
    }
}

/// A document as the fields of a program.
struct TestFields<'d>(&'d Program, &'d NaiveDocument);

fn value(one: &NaiveValue) -> Value<'_> {
    match one {
        NaiveValue::Truth(value) => Value::Boolean(*value),
        NaiveValue::Whole(number) => Value::Integer(*number),
        NaiveValue::Double(number) => Value::Number(*number),
        NaiveValue::Words(text) => Value::text(text.as_str()),
        NaiveValue::Moment(time) => Value::Time(*time),
        NaiveValue::Ip(bits) => Value::Address(*bits),
    }
}

impl FieldValues for TestFields<'_> {
    fn value(&self, field: usize) -> Value<'_> {
        let name = &self.0.fields()[field].name;
        let found = self.1.iter().find(|(known, _)| known == name);
        found.map_or(Value::Null, |(_, values)| {
            Value::many(values.iter().map(value))
        })
    }
}

fn document(random: &mut Random) -> NaiveDocument {
    let mut field = |name: &str| {
        let kind = random.pick(&KINDS);
        let values = (0..random.below(4)).map(|_| {
            // Most fields are of one type.
            let kind = if random.below(9) == 0 {
                random.pick(&KINDS)
            } else {
                kind
            };
            one(kind, random)
        });
        (name.to_owned(), values.collect::<NaiveValues>())
    };
    ["f", "g", "h"].map(&mut field).into()
}

#[test]
fn programs_equal_a_naive_evaluator() {
    let mut random = Random(1, 0);
    let mut called = std::collections::BTreeMap::new();
    for round in 0..20_000 {
        let kind = random.pick(&KINDS);
        let expression = expression(kind, 1 + round % 4, &mut random);
        let program = push(Builder::default(), &expression).build().unwrap();
        assert_eq!(program.kind(), kind);
        let program = Program::decode(&program.encode()).unwrap();
        for _ in 0..3 {
            let document = document(&mut random);
            let mut meter = Meter::default();
            let asked = TestFields(&program, &document);
            let found = program.measured(&asked, &mut meter);
            let wanted = evaluate(&expression, &document);
            let wanted = Value::many(wanted.iter().map(value));
            assert_eq!(found, wanted, "{expression:?} {document:?}");
            assert!(meter.steps <= program.steps());
            if let (Expression::Call(name, _), false) = (&expression, wanted == Value::Null) {
                *called.entry(*name).or_insert(0) += 1;
            }
        }
    }
    for function in FUNCTIONS {
        if further::NAMES.contains(&function.name) {
            continue;
        }
        assert!(called.get(function.name) > Some(&2), "{}", function.name);
    }
}

fn wrong(builder: Builder) -> Option<String> {
    builder.build().err().map(|problem| problem.key)
}

#[test]
fn reports_problems_of_a_program_with_their_places() {
    let text = |text: &str| Constant::Text(text.to_owned());
    let two = || {
        Builder::default()
            .constant(text("a"))
            .constant(Constant::Integer(1))
    };
    let number = |number| Builder::default().constant(Constant::Number(number));
    for (builder, place) in [
        (two().call("equal", 2), "code[2]"),
        (two().call("nothing", 2), "code[2]"),
        (two().call("add", 2), "code[2]"),
        (two().call("length", 1), "code[2]"),
        (two().call("concat", 3), "code[2]"),
        (two(), "code"),
        (Builder::default(), "code"),
        (number(f64::NAN), "constants[0]"),
        (
            Builder::default().constant(text(&"a".repeat(40_000))),
            "constants[0]",
        ),
        (
            Builder::default().constant(Constant::Null(Type::Pattern)),
            "constants[0]",
        ),
        (Builder::default().field("", Type::Text), "fields[0]"),
        (Builder::default().field("a", Type::Network), "fields[0]"),
        (
            Builder::default()
                .field("a", Type::Text)
                .decide(true, |b| b),
            "code[1]",
        ),
        (number(1.5).call("coalesce", 1), "code[1]"),
    ] {
        assert_eq!(
            wrong(builder.clone()).as_deref(),
            Some(place),
            "{builder:?}"
        );
    }
    let deep = |n: usize| (0..n).fold(Builder::default(), |b, _| b.field("a", Type::Text));
    assert_eq!(wrong(deep(64).call("concat", 64)), None);
    assert_eq!(
        wrong(deep(65).call("concat", 65)).as_deref(),
        Some("code[64]")
    );
    let dear = |n: usize| (0..n).fold(deep(1), |b, _| b.call("lower", 1));
    assert_eq!(wrong(dear(900)), None);
    assert!(wrong(dear(920)).is_some());
    assert_eq!(wrong(dear(MAX_PARTS)).as_deref(), Some("code"));
}

#[test]
fn skips_require_equal_stacks() {
    let skip = |over| Instruction::Skip { on: true, over };
    let code = |code: Vec<Instruction>| {
        let constants = vec![Constant::Boolean(true)];
        Program::new(Vec::new(), constants, code)
            .err()
            .map(|problem| problem.key)
    };
    let (push, and) = (
        Instruction::Constant(0),
        Instruction::Call {
            function: function::named("and").unwrap(),
            arguments: 2,
        },
    );
    assert_eq!(code(vec![push, skip(2), push, and]), None);
    assert_eq!(code(vec![push, skip(0)]), None);
    for (wrong, place) in [
        (vec![push, skip(1), push, and], "code[3]"),
        (vec![push, skip(3), push, and], "code[1]"),
        (
            vec![push, skip(2), push, skip(2), and, push, and],
            "code[3]",
        ),
        (vec![skip(0), push], "code[0]"),
    ] {
        assert_eq!(code(wrong).as_deref(), Some(place));
    }
}

#[test]
fn any_bytes_decode_or_are_refused() {
    let mut random = Random(2, 0);
    let nothing = NaiveDocument::new();
    for _ in 0..300 {
        let expression = expression(Type::Boolean, 3, &mut random);
        let bytes = push(Builder::default(), &expression)
            .build()
            .unwrap()
            .encode();
        for _ in 0..20 {
            let mut damaged = bytes.clone();
            let at = random.below(bytes.len());
            match random.below(3) {
                0 => damaged.truncate(at),
                1 => damaged[at] ^= 1 << random.below(8),
                _ => damaged.insert(at, random.next().to_le_bytes()[0]),
            }
            if let Ok(program) = Program::decode(&damaged) {
                let mut meter = Meter::default();
                program.measured(&TestFields(&program, &nothing), &mut meter);
                assert!(meter.steps <= program.steps());
                assert_eq!(Program::decode(&program.encode()), Ok(program));
            }
        }
    }
}

#[test]
fn the_largest_values_stay_inside_the_steps() {
    let long = "é?".repeat(10_000);
    let values = || {
        (0..1000)
            .map(|n| NaiveValue::Words(format!("{n}{long}")))
            .collect::<NaiveValues>()
    };
    let most = (0..MAX_VALUES).map(|_| NaiveValue::Words("ΐ".repeat(128)));
    let documents = [values(), most.collect()].map(|values| vec![("f".to_owned(), values)]);
    for function in FUNCTIONS {
        let takes = match function.takes {
            Signature::These(takes) | Signature::More(takes) => takes,
            Signature::Case => continue,
        };
        let mut builder = Builder::default();
        for take in takes {
            builder = match take {
                ArgumentType::A(Type::Pattern) => {
                    builder.constant(Constant::Pattern(Pattern::new("*??x*", true).unwrap()))
                }
                ArgumentType::A(Type::Regex) => {
                    let regex = Regex::new("(.*x)+y?", Dialect::Java).unwrap();
                    builder.constant(Constant::Regex(regex))
                }
                ArgumentType::A(Type::Text)
                | ArgumentType::Any
                | ArgumentType::Ordered
                | ArgumentType::AsFirst
                | ArgumentType::Beside => builder.field("f", Type::Text),
                ArgumentType::A(kind) => builder.constant(constant(*kind, &mut Random(3, 1))),
                ArgumentType::Numeric => builder.constant(Constant::Integer(1)),
            };
        }
        let count = u8::try_from(takes.len()).unwrap();
        let program = builder.call(function.name, count).build().unwrap();
        for document in &documents {
            let mut meter = Meter::default();
            program.measured(&TestFields(&program, document), &mut meter);
            assert!(meter.steps <= program.steps(), "{}", function.name);
        }
    }
}
