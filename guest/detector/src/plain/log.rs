//! A log as a list of fields.

use super::event::{self, FieldValues, PlainEvent};
use crate::config::Config;
use crate::exception::{ExceptionKey, Matcher};
use crate::fields::{DataSetName, Field, FieldTable, MAX_FIELDS, Recognised};
use crate::hash::Seed;
use crate::log::{Log, LogInfo};
use crate::model::{Column, TableError, Value};
use crate::record::Record;
use std::convert::Infallible;
use std::marker::PhantomData;

/// A field of a plain log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlainField {
    /// Its path: the keys that lead to it, joined by dots.
    pub path: &'static str,
    /// Whether its values are IP addresses; whatever else stands there is no value.
    pub is_address: bool,
}

/// A field of texts. Numbers and truth values are texts too.
#[must_use]
pub const fn text(path: &'static str) -> PlainField {
    PlainField {
        path,
        is_address: false,
    }
}

/// A field of IP addresses.
#[must_use]
pub const fn address(path: &'static str) -> PlainField {
    PlainField {
        path,
        is_address: true,
    }
}

/// A log: the records that are its own, and the fields that rules use.
///
/// A record is one of the log's if its [mark](PlainLog::MARK) says so, or if `data_stream.dataset`
/// is [`NAME`](PlainLog::NAME), as in the documents of `weir tap`.
pub trait PlainLog: 'static {
    /// The name of the data set.
    const NAME: &'static str;
    /// The path of the field that tells its records from others.
    const MARK: &'static str = "data_stream.dataset";
    /// The value of that field; empty if it is enough that it has one.
    const MARK_VALUE: &'static str = Self::NAME;
    /// The path of the event's time: ISO 8601, or a number of seconds or milliseconds since 1970.
    const TIME: &'static str = "@timestamp";
    /// The path of what identifies an event, beside `_id`: an event whose identity was seen before
    /// is a duplicate. Empty if nothing does.
    const ID: &'static str = "event.id";
    /// The fields that rules use.
    const FIELDS: &'static [PlainField];
}

/// The engine's view of a plain log.
pub struct Plain<L>(PhantomData<fn() -> L>);

/// Fields that every plain log has, by their index in its table.
const TIME: usize = 0;
const TIMESTAMP: usize = 1;
const MARK: usize = 2;
const DATA_SET: usize = 3;
const DOCUMENT_ID: usize = 4;
const ID: usize = 5;
const RECORDS: usize = 6;
/// The first of the log's own.
const OWN: usize = 7;

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

impl<L: PlainLog> Plain<L> {
    /// All paths, in a place that is long enough. A log with too many does not compile.
    const ALL_PATHS: &'static [&'static str; MAX_FIELDS] = &{
        let mut paths = [""; MAX_FIELDS];
        paths[TIME] = L::TIME;
        paths[TIMESTAMP] = "@timestamp";
        paths[MARK] = L::MARK;
        paths[DATA_SET] = "data_stream.dataset";
        paths[DOCUMENT_ID] = "_id";
        paths[ID] = if L::ID.is_empty() { "_id" } else { L::ID };
        paths[RECORDS] = "records";
        let mut at = 0;
        while at < L::FIELDS.len() {
            paths[OWN + at] = L::FIELDS[at].path;
            at += 1;
        }
        paths
    };

    const PATHS: &'static [&'static str] = Self::ALL_PATHS.split_at(OWN + L::FIELDS.len()).0;

    /// The log's own paths.
    pub(super) const OWN_PATHS: &'static [&'static str] = Self::PATHS.split_at(OWN).1;

    const ALL_KEYS: &'static [ExceptionKey; MAX_FIELDS] = &{
        let mut keys = [ExceptionKey {
            name: "",
            matcher: Matcher::Prefix,
        }; MAX_FIELDS];
        let mut at = 0;
        while at < L::FIELDS.len() {
            keys[at].name = L::FIELDS[at].path;
            if L::FIELDS[at].is_address {
                keys[at].matcher = Matcher::Network;
            }
            at += 1;
        }
        keys
    };

    const TABLE: &'static FieldTable = &FieldTable {
        paths: Self::PATHS,
        aliases: &[],
        // None is optional.
        first_optional: Field(u8::MAX),
        roots: &["_source"],
        records: Self::field(RECORDS),
        marks: &[Self::field(MARK), Self::field(DATA_SET)],
        times: &[Self::field(TIME), Self::field(TIMESTAMP)],
        name: data_set_name(if L::MARK_VALUE.is_empty() {
            last_step(L::MARK)
        } else {
            L::MARK_VALUE
        }),
        recognise: recognise::<L>,
        may_hold: may_hold::<L>,
    };

    /// The fields by their index; of several with one path all are the first, which is read.
    const NUMBERS: &'static [Field; MAX_FIELDS] = &{
        let mut numbers = [Field(0); MAX_FIELDS];
        let mut at = 0;
        while at < Self::PATHS.len() {
            let mut first = 0;
            while !same(Self::PATHS[first], Self::PATHS[at]) {
                first += 1;
            }
            #[allow(clippy::cast_possible_truncation, reason = "at most 64")]
            let number = first as u8;
            numbers[at] = Field(number);
            at += 1;
        }
        numbers
    };

    const fn field(at: usize) -> Field {
        Self::NUMBERS[at]
    }
}

/// The last step of a path.
const fn last_step(path: &'static str) -> &'static str {
    let bytes = path.as_bytes();
    let mut from = bytes.len();
    while from > 0 && bytes[from - 1] != b'.' {
        from -= 1;
    }
    path.split_at(from).1
}

/// The name as texts are searched for it.
const fn data_set_name(name: &'static str) -> DataSetName {
    assert!(!name.is_empty(), "a plain log needs a NAME, or a MARK");
    let bytes = name.as_bytes();
    let (mut rare, mut at) = (0, 1);
    while at < bytes.len() {
        if frequency(bytes[at]) < frequency(bytes[rare]) {
            rare = at;
        }
        at += 1;
    }
    DataSetName {
        before: bytes.split_at(rare).0,
        rare: bytes[rare],
        behind: bytes.split_at(rare + 1).1,
    }
}

/// How often a byte stands in logs, roughly.
const fn frequency(byte: u8) -> u8 {
    match byte {
        b'q' | b'z' | b'j' | b'x' | b'Q' | b'X' | b'Z' | b'J' => 0,
        b'A'..=b'Z' | b'k' | b'w' | b'v' | b'y' => 1,
        b'_' | b'/' | b' ' => 2,
        b'a' | b'e' | b'i' | b'o' | b't' | b's' | b'r' | b'n' => 5,
        b'a'..=b'z' => 3,
        _ => 4,
    }
}

fn is_marked<L: PlainLog>(record: &Record) -> bool {
    match L::MARK_VALUE {
        "" => record.has(Plain::<L>::field(MARK)),
        value => record.is(Plain::<L>::field(MARK), value),
    }
}

fn recognise<L: PlainLog>(record: &Record) -> Recognised {
    if !is_marked::<L>(record) && !record.is(Plain::<L>::field(DATA_SET), L::NAME) {
        return Recognised::No;
    }
    let times = [TIME, TIMESTAMP].map(Plain::<L>::field);
    match times.into_iter().any(|field| record.has(field)) {
        true => Recognised::Whole,
        false => Recognised::WithoutTime,
    }
}

fn may_hold<L: PlainLog>(record: &Record) -> bool {
    let marks = [MARK, DATA_SET].map(Plain::<L>::field);
    recognise::<L>(record) == Recognised::WithoutTime
        || !marks.into_iter().any(|field| record.has(field))
}

impl<L: PlainLog> Log for Plain<L> {
    type Event<'a> = PlainEvent<'a>;
    type Call<'a> = Infallible;

    const INFO: LogInfo = LogInfo {
        fields: Self::TABLE,
        data_sets: &[L::NAME],
        parameters: &[],
        keys: Self::ALL_KEYS.split_at(L::FIELDS.len()).0,
        exceptions: "Events to leave out, by the log's fields under their own paths: an exact \
            text, one that ends in *, or a network where the field is an address.",
        table: None,
    };

    fn new(_: &Config) -> Plain<L> {
        Plain(PhantomData)
    }

    fn load(&mut self, _: &[u8]) -> Result<(), TableError> {
        Err(TableError::Unknown(Vec::new()))
    }

    fn map<'a>(&self, record: &Record<'a>, seed: Seed) -> Result<Option<PlainEvent<'a>>, String> {
        if recognise::<L>(record) == Recognised::No {
            return Ok(None);
        }
        if record.overfull {
            return Err("the same fields stand in too many objects".to_owned());
        }
        let texts = |at: usize| event::texts(record, Self::field(at), Self::PATHS[at]);
        let mut time = None;
        for at in [TIME, TIMESTAMP] {
            if time.is_none() {
                time = event::earliest(&texts(at)?, Self::PATHS[at])?;
            }
        }
        let time = time.ok_or_else(|| format!("{}: there is no event time", L::TIME))?;
        let mut id = event::identity(seed, &texts(DOCUMENT_ID)?);
        if id.is_none() {
            id = event::identity(seed, &texts(ID)?);
        }
        let mut values = Vec::with_capacity(L::FIELDS.len());
        for (at, field) in L::FIELDS.iter().enumerate() {
            let texts = texts(OWN + at)?;
            values.push(match field.is_address {
                true => event::addresses(&texts),
                false => FieldValues {
                    texts,
                    addresses: None,
                },
            });
        }
        let paths = Self::OWN_PATHS;
        Ok(Some(PlainEvent {
            time,
            id,
            values,
            paths,
        }))
    }

    fn columns(event: &PlainEvent, _: &Record) -> Vec<Column> {
        let column = |name: &str, value| Column {
            name: name.to_owned(),
            value,
        };
        let mut columns = vec![column("@timestamp", Value::Timestamp(event.time))];
        if let Some(id) = event.id {
            columns.push(column("_id", Value::Text(format!("{id:016x}"))));
        }
        for (path, values) in event.paths.iter().zip(&event.values) {
            // The time and the identity stand there already, and name the event as these do.
            if matches!(*path, "@timestamp" | "_id") {
                continue;
            }
            match &values.texts[..] {
                [] => {}
                [text] => columns.push(column(path, Value::Text(text.to_string()))),
                several => {
                    let texts = several.iter().map(ToString::to_string).collect();
                    columns.push(column(path, Value::TextList(texts)));
                }
            }
        }
        columns
    }

    fn category(_: &PlainEvent) -> Option<String> {
        None
    }
}
