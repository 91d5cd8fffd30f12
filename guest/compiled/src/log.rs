//! The log: documents with ECS names, of any data set, and raw records of logs that are known.

use crate::catalog::{self, Catalog, EXCEPTION_FIELDS};
use crate::dispatch::{self, Index};
use crate::document;
use crate::event::Event;
use crate::format::IDENTITY;
use crate::raw::{self, RawLog};
use crate::sources::{self, Naming};
use aadgraph::asn;
use aadgraph::event::DATASET;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::Arc;
use weir_detector::config::Config;
use weir_detector::exception::{ExceptionKey, Matcher};
use weir_detector::fields::{DataSetName, Field, FieldTable, Recognised};
use weir_detector::hash::Seed;
use weir_detector::log::{FieldLog, Log, LogInfo};
use weir_detector::model::{self, Column, TableError};
use weir_detector::program::value::{Type, Value};
use weir_detector::record::{Record, Scalar};
use weir_detector::{fields, time};

fields! {
    const;
    TIMESTAMP = "@timestamp",
    STREAM = "data_stream.dataset",
    STREAM_TYPE = "data_stream.type",
    NAMESPACE = "data_stream.namespace",
    DATA_SET = "event.dataset",
    DOCUMENT_ID = "_id",
    EVENT_ID = "event.id",
    INDEX = "_index",
    AGENT = "agent.type",
    // Names of raw records.
    CATEGORY = "category",
    ROW_TYPE = "Type",
    ROW_CATEGORY = "Category",
    RECORDS = "records",
    NEVER_READ = "weir.never.read",
}

static TABLE: FieldTable = FieldTable {
    paths: PATHS,
    aliases: &[],
    first_optional: NEVER_READ,
    roots: &["_source"],
    records: RECORDS,
    marks: &[
        TIMESTAMP,
        STREAM,
        DATA_SET,
        INDEX,
        CATEGORY,
        ROW_TYPE,
        ROW_CATEGORY,
    ],
    times: &[TIMESTAMP],
    // No text has this byte: other documents are not searched for records.
    name: DataSetName {
        before: b"",
        rare: 0xff,
        behind: b"",
    },
    recognise: |record| match record.has(TIMESTAMP) {
        true => Recognised::Whole,
        false => Recognised::WithoutTime,
    },
    may_hold: |_| false,
};

const KEYS: &[ExceptionKey] = &[
    key("user", Matcher::Text),
    key("host", Matcher::Text),
    key("source", Matcher::Network),
    key("process", Matcher::Prefix),
];

const fn key(name: &'static str, matcher: Matcher) -> ExceptionKey {
    ExceptionKey { name, matcher }
}

/// Most namings whose claims are remembered.
const NAMINGS: usize = 1024;

/// Documents with ECS names.
pub struct Documents {
    catalog: Arc<Catalog>,
    claims: RefCell<HashMap<Naming, Rc<[bool]>>>,
    index: Arc<Index>,
    raw: RawLog,
    /// Whether each group of patterns has the raw records' index.
    raw_claims: Rc<[bool]>,
}

impl Documents {
    /// The event of a raw record; None if no rule claims its data set.
    fn raw<'a>(&self, record: &Record<'a>, seed: Seed) -> Result<Option<Event<'a>>, String> {
        if !self.raw_claims.contains(&true) {
            return Ok(None);
        }
        let Some(mapped) = self.raw.map(whole(record)?, &self.catalog, seed)? else {
            return Ok(None);
        };
        let said = Said {
            document: None,
            event: mapped.request.map(Cow::Owned),
            data_sets: [DATASET, DATASET].map(Cow::Borrowed),
        };
        let identified = identity(record, said, mapped.time, seed);
        let claims = Rc::clone(&self.raw_claims);
        let mut event = self.event(mapped.time, identified, mapped.values, claims);
        event.missed = mapped.missed;
        Ok(Some(event))
    }

    fn event<'a>(
        &self,
        time: i64,
        (id, identity): (u64, Cow<'a, str>),
        values: Vec<(u16, Value<'a>)>,
        claims: Rc<[bool]>,
    ) -> Event<'a> {
        let mut event = Event {
            time,
            id,
            identity,
            met: self.index.met(&values),
            values,
            claims,
            texts: Default::default(),
            addresses: Vec::new(),
            missed: 0,
        };
        event.for_exceptions(&self.catalog);
        event
    }

    fn claims(&self, naming: Naming) -> Rc<[bool]> {
        let mut known = self.claims.borrow_mut();
        if let Some(claims) = known.get(&naming) {
            return Rc::clone(claims);
        }
        if known.len() >= NAMINGS {
            known.clear();
        }
        let claims: Rc<[bool]> = sources::claims(&naming).into();
        known.insert(naming, Rc::clone(&claims));
        claims
    }
}

/// The first text of a field; None if it has none, or an empty one.
fn text<'a>(record: &Record<'a>, field: Field) -> Option<Cow<'a, str>> {
    let mut found = None;
    let _ = record.each(field, |value| match value {
        Scalar::Text(text) if !text.is_empty() => {
            found = Some(text);
            Err(())
        }
        _ => Ok(()),
    });
    found
}

fn naming(record: &Record) -> Naming {
    let text = |field| text(record, field).map(Cow::into_owned);
    Naming {
        index: text(INDEX),
        stream: [text(STREAM_TYPE), text(STREAM), text(NAMESPACE)],
        data_set: text(DATA_SET),
        agent: text(AGENT),
    }
}

/// Milliseconds since 1970: a date, or such a number.
fn timestamp(record: &Record) -> Result<i64, String> {
    let mut found = None;
    let _ = record.each(TIMESTAMP, |value| {
        found = match value {
            Scalar::Text(text) => time::parse(&text),
            Scalar::Number(number) => number.parse().ok(),
            _ => None,
        };
        Err(())
    });
    found.ok_or_else(|| match record.has(TIMESTAMP) {
        true => "@timestamp: not a date".to_owned(),
        false => "@timestamp: missing".to_owned(),
    })
}

impl Log for Documents {
    type Event<'a> = Event<'a>;
    type Call<'a> = Infallible;

    const INFO: LogInfo = LogInfo {
        fields: &TABLE,
        data_sets: &["*"],
        parameters: &[],
        keys: KEYS,
        exceptions: "Events to leave out, at most 1000 objects: reason, expires, and user (user.name), host (host.name), source (source.ip: an address or a network), process (process.name: a prefix when it ends in *); all that are given must match, each is a value or a list of alternatives.",
        table: Some(asn::TABLE),
    };
    /// 1: raw records of Azure AD Graph are read.
    const READING: u64 = 1;

    fn new(_: &Config) -> Documents {
        let catalog = catalog::current();
        Documents {
            raw: RawLog::new(&catalog),
            raw_claims: sources::claims(&raw::naming()).into(),
            catalog,
            claims: RefCell::default(),
            index: dispatch::current(),
        }
    }

    fn load(&mut self, data: &[u8]) -> Result<(), TableError> {
        self.raw.load(data)
    }

    fn map<'a>(&self, record: &Record<'a>, seed: Seed) -> Result<Option<Event<'a>>, String> {
        let naming = naming(record);
        let named = naming != Naming::default();
        if !named && raw::is_raw(record, CATEGORY, [ROW_TYPE, ROW_CATEGORY]) {
            return self.raw(record, seed);
        }
        let claims = self.claims(naming);
        if !claims.contains(&true) || !named && !record.has(TIMESTAMP) {
            return Ok(None);
        }
        let time = timestamp(record)?;
        let values = document::read(whole(record)?, &self.catalog);
        let identified = identity(record, Said::by(record), time, seed);
        Ok(Some(self.event(time, identified, values, claims)))
    }

    fn columns(event: &Event, _: &Record) -> Vec<Column> {
        let column = |name: &str, value| Column {
            name: name.to_owned(),
            value,
        };
        let mut columns = vec![
            column("@timestamp", model::Value::Timestamp(event.time)),
            column(
                IDENTITY,
                model::Value::Text(event.identity.clone().into_owned()),
            ),
        ];
        let catalog = catalog::current();
        for (field, value) in &event.values {
            let Some(name) = catalog.name(*field) else {
                continue;
            };
            let texts: Vec<String> = { value.each().iter() }
                .filter_map(|value| match value.clone().cast(Type::Text) {
                    Value::Text(text) if !text.is_empty() => Some(text.into_owned()),
                    _ => None,
                })
                .collect();
            if !texts.is_empty() {
                columns.push(column(name, model::Value::TextList(texts)));
            }
        }
        columns
    }

    fn category(event: &Event) -> Option<String> {
        let action = catalog::field("event.action")?;
        match event.value(action) {
            Value::Text(text) => Some(text.into_owned()),
            _ => None,
        }
    }
}

/// The text of a record.
fn whole<'a>(record: &Record<'a>) -> Result<&'a str, String> {
    std::str::from_utf8(record.text)
        .map_err(|e| format!("not UTF-8: invalid byte at column {}", e.valid_up_to() + 1))
}

/// What a document says of its own identity.
struct Said<'a> {
    /// The index's own id.
    document: Option<Cow<'a, str>>,
    /// The event's id.
    event: Option<Cow<'a, str>>,
    /// `data_stream.dataset` and `event.dataset`.
    data_sets: [Cow<'a, str>; 2],
}

impl<'a> Said<'a> {
    fn by(record: &Record<'a>) -> Said<'a> {
        Said {
            document: text(record, DOCUMENT_ID),
            event: text(record, EVENT_ID),
            data_sets: [STREAM, DATA_SET].map(|field| text(record, field).unwrap_or_default()),
        }
    }
}

/// What tells a second delivery of a document from another document: the index's own id, the
/// event's id with its time and data set, or the whole document.
fn identity<'a>(record: &Record<'a>, said: Said<'a>, time: i64, seed: Seed) -> (u64, Cow<'a, str>) {
    let mut hash = seed.hasher();
    if let Some(id) = said.document {
        hash.number(1);
        hash.text(id.as_bytes());
        return (hash.finish(), id);
    }
    if let Some(id) = said.event {
        hash.number(2);
        hash.text(id.as_bytes());
        hash.integer(time);
        for data_set in said.data_sets {
            hash.text(data_set.as_bytes());
        }
        return (hash.finish(), id);
    }
    hash.number(3);
    hash.text(record.text);
    // Not by the detector's seed: it is in alerts.
    let mut identity = String::new();
    for seed in [Seed(1, 2), Seed(3, 4)] {
        // Writing to a String cannot fail.
        let _ = write!(identity, "{:016x}", seed.bytes(record.text));
    }
    (hash.finish(), Cow::Owned(identity))
}

impl FieldLog for Documents {
    fn field(name: &str) -> Option<u16> {
        catalog::field(name)
    }

    fn value<'e>(event: &'e Event<'_>, field: u16) -> Value<'e> {
        event.value(field)
    }
}

const _: () = assert!(KEYS.len() == EXCEPTION_FIELDS.len());
