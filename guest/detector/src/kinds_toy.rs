//! A log with calls, and rules of every kind of judgement on it, for tests.

use crate::callers::Caller;
use crate::columns::Columns;
use crate::conditions::Figure;
use crate::config::{Config, Range, Setting};
use crate::definition::{Clause, Definition, Rule, Shown, Wanted, columns, parts};
use crate::exception::Values;
use crate::hash::Seed;
use crate::judgement::Judgement;
use crate::key::{Keys, Part, PartKind};
use crate::log::{Call, Event, Log, LogInfo};
use crate::model::{Column, TableError};
use crate::record::{Record, Scalar};
use crate::schema::ColumnKind;
use crate::single::{Single, SingleKind};
use crate::time::Minute;
use crate::{time, toy};
use std::borrow::Cow;

pub(crate) struct KindsLog {
    calls: bool,
}

/// `id,code,bad,wanted`, the last two 0 or 1.
#[derive(Clone, Copy)]
struct Code<'a> {
    id: u64,
    code: &'a str,
    bad: bool,
    wanted: bool,
}

impl<'a> Code<'a> {
    fn read(text: &'a str, seed: Seed) -> Option<Code<'a>> {
        let mut parts = text.split(',');
        Some(Code {
            id: seed.text(parts.next()?),
            code: parts.next()?,
            bad: parts.next()? == "1",
            wanted: parts.next()? == "1",
        })
    }
}

pub(crate) struct KindsEvent<'a> {
    time: i64,
    users: Vec<Cow<'a, str>>,
    code: Code<'a>,
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
        parameters: &[Setting {
            name: "calls",
            range: Range::Boolean(true),
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

impl Event for KindsEvent<'_> {
    fn time(&self) -> i64 {
        self.time
    }

    fn id(&self) -> Option<u64> {
        Some(self.code.id)
    }

    fn missed(&self) -> u32 {
        0
    }

    fn values(&self, _: usize) -> Values<'_> {
        Values::Texts(&self.users)
    }
}

impl Call for KindsCall<'_> {
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

/// A rule of some kind of judgement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kinds(pub(crate) Judgement);

impl Rule for Kinds {
    type Log = KindsLog;

    fn definition(&self) -> Definition {
        let setting = |name, range| Setting {
            name,
            range,
            summary: "A threshold.",
        };
        let clause = |column, parameter, figure| Clause {
            column,
            parameter,
            figure,
        };
        let ratio = Figure::Ratio {
            part: 1,
            whole: 0,
            decimals: 9,
        };
        let mut conditions = vec![
            clause("calls", "min_calls", Figure::Of(0)),
            clause("codes", "min_codes", Figure::Of(2)),
            clause("rate", "min_rate", ratio),
            clause("weight", "min_weight", Figure::Of(5)),
        ];
        if !self.0.has_conditions() {
            conditions.clear();
        }
        Definition {
            info: toy::info(),
            judgement: self.0,
            parameters: vec![
                setting("min_calls", Range::Integer(3, 0, 9)),
                setting("min_codes", Range::Integer(2, 0, 9)),
                setting("min_rate", Range::Number(0.5, 0.0, 1.0)),
                setting("min_weight", Range::Number(-1e9, -1e9, 1e9)),
            ],
            samples: None,
            exact: None,
            key: parts(&[("user", PartKind::Text)]),
            columns: columns(&[
                ("calls", ColumnKind::Count),
                ("bad", ColumnKind::CountWhere(1)),
                ("codes", ColumnKind::Distinct),
                ("all codes", ColumnKind::Values),
                ("first codes", ColumnKind::Samples),
                ("weight", ColumnKind::Sum(SingleKind::Integer)),
            ]),
            promise: (0..conditions.len().min(2)).collect(),
            conditions,
            shown: vec![
                ("calls", Shown::Column(0)),
                ("bad", Shown::Column(1)),
                ("all codes", Shown::Column(3)),
                ("first codes", Shown::Column(4)),
                ("weight", Shown::Column(5)),
            ],
            labels: Vec::new(),
            reason: |view| format!("{:?} had {} codes", view.text(0), view.number(2)),
            response: |_| Vec::new(),
            pivots: |_| Vec::new(),
        }
    }

    fn wants(&self, event: &KindsEvent) -> bool {
        event.code.wanted
    }

    fn wants_call(&self, call: &KindsCall) -> Wanted {
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

    fn known_flags(&self, call: &KindsCall) -> u8 {
        u8::from(call.code.bad) << 1
    }

    fn fill(&self, event: &KindsEvent, columns: &mut Columns) {
        fill(event.code.code, columns);
    }

    fn fill_known(&self, call: &KindsCall, columns: &mut Columns) {
        fill(call.code.code, columns);
    }
}

/// What a code such as `code 3` adds to the sum; none is 1.
pub(crate) fn weight(code: &str) -> i64 {
    let number = code.split(' ').nth(1);
    number.map_or(1, |number| number.parse().unwrap())
}

fn fill(code: &str, columns: &mut Columns) {
    columns.distinct(2, code);
    columns.text(3, code);
    columns.sample(4, code);
    columns.value(5, Single::Integer(weight(code)));
}
