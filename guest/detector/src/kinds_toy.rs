//! A toy log with calls, and rules of every kind of judgement on it, for tests.

use crate::callers::Caller;
use crate::columns::Columns;
use crate::conditions::Figure;
use crate::config::{Config, ParameterRange, ParameterSpec};
use crate::definition::{
    AlertField, Clause, Definition, FilterDecision, Info, Rule, columns, parts,
};
use crate::exception::ExceptionValues;
use crate::facts::ColumnId;
use crate::hash::Seed;
use crate::judgement::Judgement;
use crate::key::{Keys, Part, PartKind};
use crate::log::{Log, LogCall, LogEvent, LogInfo};
use crate::model::{Column, Comparison, TableError};
use crate::record::{Record, Scalar};
use crate::schema::ColumnKind;
use crate::single::{Single, SingleKind};
use crate::time::Minute;
use crate::{time, toy};
use std::borrow::Cow;

pub(crate) struct KindsLog {
    calls: bool,
}

/// `id,code,bad,wanted,weight`, where `bad` and `wanted` are 0 or 1, and the weight may be empty.
#[derive(Clone, Copy)]
pub(crate) struct Code<'a> {
    id: u64,
    pub(crate) code: &'a str,
    pub(crate) bad: bool,
    pub(crate) wanted: bool,
    pub(crate) weight: Option<i64>,
}

impl<'a> Code<'a> {
    fn read(text: &'a str, seed: Seed) -> Option<Code<'a>> {
        let mut parts = text.split(',');
        Some(Code {
            id: seed.text(parts.next()?),
            code: parts.next()?,
            bad: parts.next()? == "1",
            wanted: parts.next()? == "1",
            weight: parts.next()?.parse().ok(),
        })
    }
}

pub(crate) struct KindsEvent<'a> {
    time: i64,
    pub(crate) users: Vec<Cow<'a, str>>,
    pub(crate) code: Code<'a>,
}

pub(crate) struct KindsCall<'a> {
    time: i64,
    user: &'a str,
    code: Code<'a>,
    caller: Caller<'a>,
}

fn texts<'a>(record: &Record<'a>, field: crate::fields::Field) -> Vec<Cow<'a, str>> {
    let mut found = Vec::new();
    let _ = record.each::<()>(field, |scalar| {
        if let Scalar::Text(text) = scalar {
            found.push(text);
        }
        Ok(())
    });
    found
}

fn plain<'a>(record: &Record<'a>, field: crate::fields::Field) -> Option<&'a str> {
    match texts(record, field)[..] {
        [Cow::Borrowed(text)] => Some(text),
        _ => None,
    }
}

fn read<'a>(record: &Record<'a>, seed: Seed) -> Option<(i64, Code<'a>)> {
    let time = time::parse(plain(record, toy::TIME)?)?;
    Some((time, Code::read(plain(record, toy::CODE)?, seed)?))
}

impl Log for KindsLog {
    type Event<'a> = KindsEvent<'a>;
    type Call<'a> = KindsCall<'a>;

    const INFO: LogInfo = LogInfo {
        fields: &toy::TABLE,
        data_sets: &["toyactivitylogs"],
        parameters: &[ParameterSpec {
            name: "calls",
            range: ParameterRange::Boolean(true),
            summary: "Whether callers are remembered.",
        }],
        keys: &[],
        exceptions: "Events to leave out.",
        table: None,
    };

    fn new(config: &Config) -> KindsLog {
        KindsLog {
            calls: config.is("calls"),
        }
    }

    fn load(&mut self, _: &[u8]) -> Result<(), TableError> {
        Ok(())
    }

    fn map<'a>(&self, record: &Record<'a>, seed: Seed) -> Result<Option<KindsEvent<'a>>, String> {
        let (time, code) = read(record, seed).ok_or("there is no time or no code")?;
        let mut users = texts(record, toy::USER);
        users.sort();
        users.dedup();
        Ok(Some(KindsEvent { time, users, code }))
    }

    fn call<'a>(&self, record: &Record<'a>, seed: Seed, _: &mut Minute) -> Option<KindsCall<'a>> {
        let user = plain(record, toy::USER).filter(|_| self.calls)?;
        let (time, code) = read(record, seed)?;
        Some(KindsCall {
            time,
            user,
            code,
            caller: Caller {
                profile: [b""; 5],
                own: [user.as_bytes(), b"", b""],
            },
        })
    }

    fn event<'a>(&self, call: &Self::Call<'a>) -> Option<Self::Event<'a>> {
        let users = vec![Cow::Borrowed(call.user)];
        let (time, code) = (call.time, call.code);
        Some(KindsEvent { time, users, code })
    }

    fn columns(_: &KindsEvent, _: &Record) -> Vec<Column> {
        Vec::new()
    }

    fn category(_: &KindsEvent) -> Option<String> {
        None
    }
}

impl LogEvent for KindsEvent<'_> {
    fn time(&self) -> i64 {
        self.time
    }

    fn id(&self) -> Option<u64> {
        Some(self.code.id)
    }

    fn missed(&self) -> u32 {
        0
    }

    fn values(&self, _: usize) -> ExceptionValues<'_> {
        ExceptionValues::Texts(&self.users)
    }
}

impl LogCall for KindsCall<'_> {
    fn time(&self) -> i64 {
        self.time
    }

    fn id(&self) -> Option<u64> {
        Some(self.code.id)
    }

    fn caller(&self) -> &Caller<'_> {
        &self.caller
    }
}

/// The conditions of a rule: figures by name, and the comparison of each with its parameter.
pub(crate) type ConditionList = Vec<(&'static str, Comparison)>;

/// A rule of any kind of judgement.
#[derive(Clone, Debug)]
pub(crate) struct Kinds {
    pub(crate) name: &'static str,
    pub(crate) judgement: Judgement,
    pub(crate) asked: ConditionList,
}

/// The threshold of each figure: its parameter, and the parameter's range.
const THRESHOLDS: [(&str, &str, ParameterRange); 9] = [
    ("calls", "limit_calls", ParameterRange::Integer(3, 0, 9)),
    ("codes", "limit_codes", ParameterRange::Integer(2, 0, 9)),
    ("rate", "limit_rate", ParameterRange::Number(0.5, 0.0, 1.0)),
    (
        "total",
        "limit_total",
        ParameterRange::Number(0.0, -99.0, 99.0),
    ),
    (
        "mean",
        "limit_mean",
        ParameterRange::Number(0.0, -99.0, 99.0),
    ),
    (
        "least",
        "limit_least",
        ParameterRange::Number(0.0, -99.0, 99.0),
    ),
    (
        "most",
        "limit_most",
        ParameterRange::Number(0.0, -99.0, 99.0),
    ),
    (
        "opening",
        "limit_opening",
        ParameterRange::Number(0.0, -99.0, 99.0),
    ),
    (
        "closing",
        "limit_closing",
        ParameterRange::Number(0.0, -99.0, 99.0),
    ),
];

pub(crate) const COLUMNS: [(&str, ColumnKind); 11] = [
    ("calls", ColumnKind::Count),
    ("bad", ColumnKind::CountWhere(1)),
    ("codes", ColumnKind::Distinct),
    ("all codes", ColumnKind::Values),
    ("first codes", ColumnKind::Samples),
    ("total", ColumnKind::Sum(SingleKind::Integer)),
    ("mean", ColumnKind::Average(SingleKind::Integer)),
    ("least", ColumnKind::Min(SingleKind::Integer)),
    ("most", ColumnKind::Max(SingleKind::Integer)),
    ("opening", ColumnKind::First(SingleKind::Integer)),
    ("closing", ColumnKind::Last(SingleKind::Integer)),
];

/// The first column of weights.
const WEIGHTS: ColumnId = 5;

/// The figure with a name.
fn figure(name: &str) -> Figure {
    let column = { (0..).zip(COLUMNS) }.find(|(_, (column, _))| *column == name);
    match column {
        Some((column, _)) => Figure::Of(column),
        None => Figure::Ratio {
            part: 1,
            whole: 0,
            decimals: 9,
        },
    }
}

impl Rule for Kinds {
    type Log = KindsLog;

    fn definition(&self) -> Definition {
        let setting = |(_, name, range)| ParameterSpec {
            name,
            range,
            summary: "A threshold.",
        };
        let clause = |(column, comparison): &(&'static str, Comparison)| {
            let mut known = THRESHOLDS.iter();
            let known = known.find(|(name, ..)| name == column);
            Clause {
                column,
                parameter: known.map_or("", |(_, parameter, _)| *parameter),
                comparison: *comparison,
                figure: figure(column),
            }
        };
        let mut conditions: Vec<Clause> = self.asked.iter().map(clause).collect();
        if !self.judgement.has_conditions() {
            conditions.clear();
        }
        let promises = |clause: &Clause| {
            matches!(clause.figure, Figure::Of(0..=2))
                && matches!(
                    clause.comparison,
                    Comparison::AtLeast | Comparison::MoreThan
                )
        };
        let promise = { conditions.iter().enumerate() }
            .filter(|(_, clause)| promises(clause))
            .map(|(at, _)| at);
        let shown = (0..)
            .zip(COLUMNS)
            .map(|(at, (name, _))| (name, AlertField::Column(at)));
        let rate = { conditions.iter() }.position(|clause| clause.column == "rate");
        Definition {
            info: Info {
                id: self.name,
                short_name: self.name,
                ..toy::info()
            },
            judgement: self.judgement,
            parameters: THRESHOLDS.map(setting).to_vec(),
            samples: None,
            exact: None,
            key: parts(&[("user", PartKind::Text)]),
            columns: columns(&COLUMNS),
            promise: promise.take(2).collect(),
            shown: shown
                .chain(rate.map(|rate| ("rate", AlertField::Figure(rate))))
                .collect(),
            conditions,
            labels: Vec::new(),
            reason: |view| format!("{:?} had {} codes", view.text(0), view.number(2)),
            response: |_| Vec::new(),
            pivots: |_| Vec::new(),
        }
    }

    fn filter(&self, event: &KindsEvent) -> bool {
        event.code.wanted
    }

    fn filter_call(&self, call: &KindsCall) -> FilterDecision {
        call.code.wanted.into()
    }

    fn keys(&self, event: &KindsEvent) -> Keys {
        let mut keys = Keys::default();
        keys.part(event.users.iter().map(|user| Part::text(Some(user))));
        keys
    }

    fn flags(&self, event: &KindsEvent) -> u8 {
        u8::from(event.code.bad) << 1
    }

    fn call_flags(&self, call: &KindsCall) -> u8 {
        u8::from(call.code.bad) << 1
    }

    fn fill(&self, event: &KindsEvent, columns: &mut Columns) {
        fill(event.code, columns);
    }

    fn fill_call(&self, call: &KindsCall, columns: &mut Columns) {
        fill(call.code, columns);
    }
}

fn fill(code: Code, columns: &mut Columns) {
    columns.distinct(2, code.code);
    columns.text(3, code.code);
    columns.sample(4, code.code);
    if let Some(weight) = code.weight {
        for column in WEIGHTS..WEIGHTS + 6 {
            columns.value(column, Single::Integer(weight));
        }
    }
}
