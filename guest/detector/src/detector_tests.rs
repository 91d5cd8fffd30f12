//! Tests of a rule on the toy log: a log without calls, and a definition of one column of each
//! kind.

use super::Detector;
use crate::columns::Columns;
use crate::conditions::Figure;
use crate::config::{Config, ParameterRange, ParameterSpec};
use crate::definition::{AlertField, Clause, Definition, Rule, columns, parts};
use crate::describe::describe;
use crate::exception::{ExceptionKey, ExceptionValues, Matcher};
use crate::hash::Seed;
use crate::judgement::Judgement;
use crate::key::{Keys, Part, PartKind};
use crate::log::{Log, LogEvent, LogInfo};
use crate::model::{self, Alert, Column, Field, TableError, Value, ValueType};
use crate::record::{Record, Scalar};
use crate::schema::ColumnKind;
use crate::{identity, time, toy};
use std::borrow::Cow;
use std::convert::Infallible;

struct ToyLog {
    shouts: bool,
}

#[derive(Default)]
struct ToyEvent<'a> {
    time: i64,
    users: Vec<Cow<'a, str>>,
    notes: Vec<Cow<'a, str>>,
}

fn texts<'a>(record: &Record<'a>, field: crate::fields::Field) -> Vec<Cow<'a, str>> {
    let mut found = Vec::new();
    let read = record.each::<()>(field, |scalar| {
        if let Scalar::Text(text) = scalar {
            found.push(text);
        }
        Ok(())
    });
    read.map_or_else(|()| Vec::new(), |()| found)
}

impl Log for ToyLog {
    type Event<'a> = ToyEvent<'a>;
    type Call<'a> = Infallible;

    const INFO: LogInfo = LogInfo {
        fields: &toy::TABLE,
        data_sets: &["toyactivitylogs"],
        parameters: &[ParameterSpec {
            name: "shouts",
            range: ParameterRange::Boolean(false),
            summary: "Whether users are in capitals.",
        }],
        keys: &[ExceptionKey {
            name: "user",
            matcher: Matcher::Prefix,
        }],
        exceptions: "Events to leave out.",
        table: None,
    };

    fn new(config: &Config) -> ToyLog {
        let shouts = config.is("shouts");
        ToyLog { shouts }
    }

    fn load(&mut self, _: &[u8]) -> Result<(), TableError> {
        Ok(())
    }

    fn map<'a>(&self, record: &Record<'a>, _: Seed) -> Result<Option<ToyEvent<'a>>, String> {
        if !record.is(toy::CATEGORY, "ToyActivityLogs") {
            return Ok(None);
        }
        let times = texts(record, toy::TIME);
        let time = times.first().and_then(|text| time::parse(text));
        let mut users = texts(record, toy::USER);
        if self.shouts {
            for user in &mut users {
                *user = user.to_uppercase().into();
            }
        }
        Ok(Some(ToyEvent {
            time: time.ok_or("there is no event time")?,
            users,
            notes: texts(record, toy::CODE),
        }))
    }

    fn columns(event: &ToyEvent, _: &Record) -> Vec<Column> {
        vec![Column {
            name: "time".to_owned(),
            value: Value::Timestamp(event.time),
        }]
    }

    fn category(_: &ToyEvent) -> Option<String> {
        None
    }
}

impl LogEvent for ToyEvent<'_> {
    fn time(&self) -> i64 {
        self.time
    }

    fn id(&self) -> Option<u64> {
        None
    }

    fn missed(&self) -> u32 {
        0
    }

    fn values(&self, _: usize) -> ExceptionValues<'_> {
        ExceptionValues::Texts(&self.users)
    }
}

#[derive(Default)]
struct Toy;

impl Rule for Toy {
    type Log = ToyLog;

    fn definition(&self) -> Definition {
        Definition {
            info: toy::info(),
            judgement: Judgement::Tumbling { seconds: 60 },
            parameters: vec![ParameterSpec {
                name: "min_codes",
                range: ParameterRange::Integer(2, 1, 9),
                summary: "Fewest distinct codes that can alert.",
            }],
            samples: None,
            exact: None,
            key: parts(&[("user", PartKind::Text)]),
            columns: columns(&[
                ("calls", ColumnKind::Count),
                ("late", ColumnKind::CountWhere(1)),
                ("codes", ColumnKind::Distinct),
                ("all codes", ColumnKind::Values),
                ("first codes", ColumnKind::Samples),
            ]),
            conditions: vec![Clause {
                column: "codes",
                parameter: "min_codes",
                comparison: model::Comparison::AtLeast,
                figure: Figure::Of(2),
            }],
            promise: vec![0],
            shown: vec![
                ("calls", AlertField::Column(0)),
                ("late", AlertField::Column(1)),
                ("all codes", AlertField::Column(3)),
                ("codes again", AlertField::Figure(0)),
                ("first codes again", AlertField::Again(4)),
            ],
            labels: vec![("user", "User"), ("codes again", "Codes")],
            reason: |view| format!("{:?} had {} codes", view.text(0), view.number(2)),
            response: |_| Vec::new(),
            pivots: |_| Vec::new(),
        }
    }

    fn keys(&self, event: &ToyEvent) -> Keys {
        let mut keys = Keys::default();
        keys.part(event.users.iter().map(|user| Part::text(Some(user))));
        keys
    }

    fn flags(&self, event: &ToyEvent) -> u8 {
        u8::from(event.time % 60_000 >= 30_000) << 1
    }

    fn fill(&self, event: &ToyEvent, columns: &mut Columns) {
        for note in &event.notes {
            columns.distinct(2, note);
            columns.text(3, note);
            columns.sample(4, note);
        }
    }
}

fn open(configuration: &str) -> Detector<ToyLog> {
    Detector::only(Toy, configuration, (1, 2)).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn line(second: u32, user: &str, code: &str) -> String {
    format!(
        "{{\"category\":\"ToyActivityLogs\",\"properties\":{{\"timeGenerated\":\"2026-05-19T09:31:{second:02}Z\",\"userId\":{user},\"code\":\"{code}\"}}}}\n"
    )
}

fn lines() -> [String; 4] {
    [
        line(1, "\"a\"", "y"),
        line(40, "\"a\"", "x"),
        line(2, "\"b\"", "x"),
        line(3, "[]", "x"),
    ]
}

fn alerts(detector: &mut Detector<ToyLog>) -> Vec<Alert> {
    detector.flush();
    detector.take_alerts(u32::MAX)
}

#[test]
fn alerts_follow_the_definition() {
    let mut detector = open("{}");
    assert_eq!(detector.push(lines().concat().as_bytes()).counted, 4);
    let alerts = alerts(&mut detector);
    assert_eq!(alerts.len(), 1);
    let shown = alerts[0].columns.iter();
    let shown: Vec<(&str, &Value)> = shown.map(|c| (c.name.as_str(), &c.value)).collect();
    let list = |texts: [&str; 2]| Value::TextList(texts.map(str::to_owned).into());
    assert_eq!(
        shown,
        [
            ("user", &Value::Text("a".to_owned())),
            ("calls", &Value::Integer(2)),
            ("late", &Value::Integer(1)),
            ("all codes", &list(["x", "y"])),
            ("codes again", &Value::Number(2.0)),
            ("first codes again", &list(["y", "x"])),
        ]
    );
    assert_eq!(alerts[0].reason, "Some(\"a\") had 2 codes.");
    assert_eq!(identity::of(&alerts[0]).len(), 32);
    assert_eq!(alerts[0].rule, "toy");
}

#[test]
fn merged_and_moved_parts_alert_as_the_whole() {
    let mut whole = open("{}");
    whole.push(lines().concat().as_bytes());
    let wanted = alerts(&mut whole);
    for at in 0..=4 {
        let lines = lines();
        let (first, second) = lines.split_at(at);
        let (mut ours, mut theirs) = (open("{}"), open(r#"{"partial":true}"#));
        ours.push(first.concat().as_bytes());
        theirs.push(second.concat().as_bytes());
        let groups = theirs.take_groups(1);
        for state in groups
            .iter()
            .map(|group| &group.state)
            .chain([&theirs.snapshot()])
        {
            assert_eq!(ours.merge(state), Ok(()));
        }
        assert_eq!(alerts(&mut ours), wanted, "{at}");
    }
}

#[test]
fn a_logs_parameters_and_keys_take_effect() {
    let text = lines().concat();
    for (configuration, counted, alerting) in [
        ("{}", 4, 1),
        (r#"{"min_codes":3}"#, 4, 0),
        (r#"{"exceptions":[{"reason":"r","user":"a*"}]}"#, 2, 0),
        (r#"{"exceptions":[{"reason":"r","user":"A"}]}"#, 4, 1),
        (
            r#"{"shouts":true,"exceptions":[{"reason":"r","user":"A"}]}"#,
            2,
            0,
        ),
    ] {
        let mut detector = open(configuration);
        let outcome = detector.push(text.as_bytes());
        assert_eq!(outcome.counted, counted, "{configuration}");
        assert_eq!(outcome.excluded, 4 - counted, "{configuration}");
        assert_eq!(alerts(&mut detector).len(), alerting, "{configuration}");
    }
    let wrong = Detector::only(Toy, r#"{"exceptions":[{"reason":"r","port":1}]}"#, (1, 2));
    let places = wrong.err().unwrap().into_iter().map(|p| (p.rule, p.key));
    let place = ("toy".to_owned(), "exceptions[0].port".to_owned());
    assert_eq!(places.collect::<Vec<_>>(), [place]);
}

#[test]
fn the_description_follows_from_the_definition() {
    let rule = describe(&Toy);
    let names: Vec<&str> = rule.parameters.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names.first(), Some(&"min_codes"));
    assert_eq!(names[names.len() - 2..], ["shouts", "exceptions"]);
    assert_eq!(rule.judgement, model::Judgement::Tumbling(60_000));
    let fields = |fields: &[Field]| {
        let field = |field: &Field| (field.name.clone(), field.label.clone(), field.kind);
        fields.iter().map(field).collect::<Vec<_>>()
    };
    let field = |name: &str, label: &str, kind| (name.to_owned(), label.to_owned(), kind);
    assert_eq!(fields(&rule.key), [field("user", "User", ValueType::Text)]);
    assert_eq!(
        fields(&rule.columns),
        [
            field("calls", "calls", ValueType::Integer),
            field("late", "late", ValueType::Integer),
            field("all codes", "all codes", ValueType::TextList),
            field("codes again", "Codes", ValueType::Number),
            field(
                "first codes again",
                "first codes again",
                ValueType::TextList
            ),
        ]
    );
    assert_eq!(rule.conditions[0].parameter, "min_codes");
    assert!(rule.tables.is_empty());
    assert_eq!(
        open("{}").load_table("table", b""),
        Err(TableError::Unknown(Vec::new()))
    );
}

#[path = "careless_tests.rs"]
mod careless;

#[path = "program_rule_tests.rs"]
mod program_rule;
