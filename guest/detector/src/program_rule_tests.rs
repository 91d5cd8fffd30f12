//! Tests of a rule of programs against an equivalent rule of functions, on the toy log.

use super::{ToyEvent, ToyLog};
use crate::columns::Columns;
use crate::conditions::Figure;
use crate::config::{ParameterRange, ParameterSpec};
use crate::definition::{AlertField, Clause, Definition, Rule, columns, parts};
use crate::detector::Detector;
use crate::hash::Seed;
use crate::judgement::Judgement;
use crate::key::{Keys, Part, PartKind};
use crate::log::{FieldLog, LogEvent as _};
use crate::model::{Alert, Comparison};
use crate::program::pattern::Pattern;
use crate::program::value::{Type, Value};
use crate::program::{Builder, Constant, Program};
use crate::program_rule::{KeyProgram, ProgramRule, RulePrograms};
use crate::schema::ColumnKind;
use crate::single::{Single, SingleKind};
use crate::toy;

impl FieldLog for ToyLog {
    fn field(name: &str) -> Option<u16> {
        let names = ["@timestamp", "user", "code"];
        let at = names.iter().position(|known| *known == name)?;
        at.try_into().ok()
    }

    fn value<'e>(event: &'e ToyEvent<'_>, field: u16) -> Value<'e> {
        let texts = match field {
            0 => return Value::Time(event.time()),
            1 => &event.users,
            _ => &event.notes,
        };
        Value::many(texts.iter().map(|text| Value::text(&**text)))
    }
}

fn definition() -> Definition {
    let clause = |column, parameter, figure| Clause {
        column,
        parameter,
        comparison: Comparison::AtLeast,
        figure,
    };
    let setting = |name| ParameterSpec {
        name,
        range: ParameterRange::Integer(3, 1, 99),
        summary: "Smallest that can alert.",
    };
    use SingleKind::{Integer, Number, Text};
    Definition {
        info: toy::info(),
        judgement: Judgement::Tumbling { seconds: 60 },
        parameters: vec![setting("min_calls"), setting("min_total")],
        samples: None,
        exact: None,
        key: parts(&[("user", PartKind::Text), ("codes", PartKind::Integer)]),
        columns: columns(&[
            ("calls", ColumnKind::Count),
            ("late", ColumnKind::CountWhere(0)),
            ("kinds", ColumnKind::Distinct),
            ("all", ColumnKind::Values),
            ("total", ColumnKind::Sum(Integer)),
            ("mean", ColumnKind::Average(Number)),
            ("first", ColumnKind::First(Text)),
            ("last", ColumnKind::Last(Text)),
        ]),
        conditions: vec![
            clause("calls", "min_calls", Figure::Of(0)),
            clause("total", "min_total", Figure::Of(4)),
        ],
        promise: vec![0],
        shown: vec![
            ("calls", AlertField::Column(0)),
            ("late", AlertField::Column(1)),
            ("kinds", AlertField::Column(2)),
            ("all", AlertField::Column(3)),
            ("total", AlertField::Column(4)),
            ("mean", AlertField::Column(5)),
            ("first", AlertField::Column(6)),
            ("last", AlertField::Column(7)),
        ],
        reason: |view| format!("{:?} {:?}", view.measure(4), view.value(6)),
        labels: Vec::new(),
        response: |_| Vec::new(),
        pivots: |_| Vec::new(),
    }
}

/// The rule of functions.
#[derive(Default)]
struct InRust;

fn codes<'e>(event: &'e ToyEvent<'_>) -> Vec<&'e str> {
    let mut codes: Vec<&str> = event.notes.iter().map(|code| &**code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

impl Rule for InRust {
    type Log = ToyLog;

    fn definition(&self) -> Definition {
        definition()
    }

    /// It counts what the programs count.
    fn counting(&self) -> u64 {
        in_programs().counting()
    }

    fn filter(&self, event: &ToyEvent) -> bool {
        event.notes.iter().any(|code| !code.starts_with('n'))
    }

    fn keys(&self, event: &ToyEvent) -> Keys {
        let mut keys = Keys::default();
        if event.users.is_empty() || !self.filter(event) {
            keys.none();
        }
        let mut users: Vec<&str> = event.users.iter().map(|user| &**user).collect();
        users.sort_unstable();
        users.dedup();
        keys.part(users.into_iter().map(|user| Part::text(Some(user))));
        let count = i64::try_from(codes(event).len()).unwrap();
        keys.part(std::iter::once(Part::Integer(count)));
        keys
    }

    fn flags(&self, event: &ToyEvent) -> u8 {
        u8::from(event.time % 60_000 >= 30_000)
    }

    fn fill(&self, event: &ToyEvent, columns: &mut Columns) {
        for code in codes(event) {
            columns.distinct(2, &code.to_lowercase());
            columns.text(3, code);
            if let Ok(number) = code.parse::<f64>() {
                #[allow(clippy::cast_possible_truncation, reason = "the codes are small")]
                let whole = (number + 0.5).floor() as i64;
                columns.value(4, Single::Integer(whole));
                columns.value(5, Single::Number(number / 3.0));
            }
            columns.value(6, Single::Text(code));
            columns.value(7, Single::Text(code));
        }
    }
}

fn code() -> Builder {
    Builder::default().field("code", Type::Text)
}

fn built(builder: Builder) -> Program {
    let program = builder
        .build()
        .unwrap_or_else(|problem| panic!("{problem:?}"));
    Program::decode(&program.encode()).unwrap_or_else(|problem| panic!("{problem:?}"))
}

fn inputs() -> RulePrograms {
    let none = Constant::Pattern(Pattern::new("n*", false).unwrap());
    let third = code()
        .call("mv_min", 1)
        .call("to_number", 1)
        .constant(Constant::Integer(3))
        .call("divide", 2);
    let late = Builder::default()
        .field("@timestamp", Type::Integer)
        .constant(Constant::Integer(60_000))
        .call("remainder", 2)
        .constant(Constant::Integer(30_000))
        .call("at_least", 2);
    // Events without a code, or with codes that all begin with an n, are left out: a single code
    // decides.
    let filter = code()
        .call("mv_max", 1)
        .constant(none)
        .call("like", 2)
        .call("not", 1);
    let user = Builder::default().field("user", Type::Text);
    let key = |builder, required| KeyProgram {
        program: built(builder),
        required,
    };
    let columns = [
        None,
        None,
        Some(code().call("lower", 1)),
        Some(code()),
        Some(code().call("to_integer", 1)),
        Some(third),
        Some(code()),
        Some(code()),
    ];
    RulePrograms {
        filter: Some(built(filter)),
        key: vec![key(user, true), key(code().call("mv_count", 1), false)],
        flags: vec![built(late)],
        columns: columns.map(|builder| builder.map(built)).into(),
    }
}

/// The rule of programs.
fn in_programs() -> ProgramRule<ToyLog> {
    let rule = ProgramRule::new(definition, inputs());
    rule.unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Lines with some users and a code or none.
fn lines(count: u64, seed: u64) -> String {
    let users = ["\"a\"", "\"b\"", "[\"a\",\"b\"]", "[]", "[\"b\",\"b\"]"];
    let codes = [
        "\"7\"", "\"-2\"", "\"n1\"", "\"X\"", "\"é\"", "[]", "\"1.5\"",
    ];
    let line = |at: u64| {
        let random = Seed(seed, 3).bytes(&at.to_le_bytes());
        let pick = |by: u64, from: &[&'static str]| {
            let at = usize::try_from(random / by).unwrap() % from.len();
            from[at]
        };
        let (minute, second) = (random % 4, random / 7 % 60);
        format!(
            "{{\"category\":\"ToyActivityLogs\",\"properties\":{{\"timeGenerated\":\"2026-05-19T09:3{minute}:{second:02}Z\",\"userId\":{},\"code\":{}}}}}\n",
            pick(1000, &users),
            pick(100_000, &codes),
        )
    };
    (0..count).map(line).collect()
}

fn run(rule: impl Rule<Log = ToyLog>, text: &str) -> (Vec<Alert>, Vec<u8>, [u64; 2]) {
    let opened = Detector::only(rule, "{}", (1, 2));
    let mut detector = opened.unwrap_or_else(|problems| panic!("{problems:?}"));
    let outcome = detector.push(text.as_bytes());
    let state = detector.snapshot();
    detector.flush();
    let alerts = detector.take_alerts(u32::MAX);
    (alerts, state, [outcome.counted, outcome.other_data_set])
}

#[test]
fn a_rule_of_programs_alerts_as_one_of_functions() {
    let (mut alerting, mut unwanted) = (0, 0);
    for seed in 0..20 {
        let text = lines(20 + seed * 10, seed);
        let found = run(in_programs(), &text);
        assert_eq!(found, run(InRust, &text));
        alerting += found.0.len();
        unwanted += found.2[1];
    }
    assert!(alerting > 40 && unwanted > 100, "{alerting} {unwanted}");
}

#[test]
fn what_is_counted_is_known_by_the_programs() {
    let number = |change: &dyn Fn(&mut RulePrograms)| {
        let mut inputs = inputs();
        change(&mut inputs);
        let rule = ProgramRule::<ToyLog>::new(definition, inputs);
        rule.unwrap_or_else(|problems| panic!("{problems:?}"))
            .counting()
    };
    let same = number(&|_| {});
    assert_eq!(number(&|_| {}), same);
    let always = || built(Builder::default().constant(Constant::Boolean(true)));
    let text = || built(Builder::default().constant(Constant::Text("x".to_owned())));
    let changes: [&dyn Fn(&mut RulePrograms); 6] = [
        &|inputs| inputs.filter = None,
        &|inputs| inputs.filter = Some(always()),
        &|inputs| inputs.key[0].required = !inputs.key[0].required,
        &|inputs| inputs.flags[0] = always(),
        &|inputs| inputs.key[0].program = text(),
        &|inputs| inputs.columns[2] = Some(text()),
    ];
    let mut numbers: Vec<u64> = changes.into_iter().map(number).collect();
    numbers.push(same);
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 7);
}

#[test]
fn reports_problems_of_programs_with_their_places() {
    let wrong = |change: &dyn Fn(&mut RulePrograms)| {
        let mut inputs = inputs();
        change(&mut inputs);
        let problems = ProgramRule::<ToyLog>::new(definition, inputs).err();
        let keys = problems.into_iter().flatten().map(|problem| problem.key);
        keys.collect::<Vec<String>>()
    };
    let number = || built(Builder::default().constant(Constant::Number(1.0)));
    assert_eq!(wrong(&|_| {}), [""; 0]);
    assert_eq!(wrong(&|i| i.filter = Some(number())), ["filter"]);
    assert_eq!(wrong(&|i| i.key[0].program = number()), ["key[0]"]);
    assert_eq!(wrong(&|i| i.key.truncate(1)), ["key"]);
    assert_eq!(wrong(&|i| i.flags[0] = number()), ["flags[0]"]);
    assert_eq!(wrong(&|i| i.flags.push(number())), ["flags", "flags[1]"]);
    assert_eq!(wrong(&|i| i.columns[4] = Some(number())), ["columns[4]"]);
    assert_eq!(wrong(&|i| i.columns[0] = Some(number())), ["columns[0]"]);
    assert_eq!(wrong(&|i| i.columns[2] = None), ["columns[2]"]);
    let unknown = built(Builder::default().field("port", Type::Boolean));
    assert_eq!(wrong(&|i| i.filter = Some(unknown.clone())), ["filter"]);
}
