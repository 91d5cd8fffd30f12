//! The log: documents with ECS names, of any data set.

use crate::catalog::{self, Catalog, EXCEPTION_FIELDS};
use crate::dispatch::{self, Index};
use crate::document;
use crate::event::Event;
use crate::format::IDENTITY;
use crate::sources::{self, Naming};
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
    RECORDS = "records",
    NEVER_READ = "weir.never.read",
}

static TABLE: FieldTable = FieldTable {
    paths: PATHS,
    aliases: &[],
    first_optional: NEVER_READ,
    roots: &["_source"],
    records: RECORDS,
    marks: &[TIMESTAMP, STREAM, DATA_SET, INDEX],
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
}

impl Documents {
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
        table: None,
    };

    fn new(_: &Config) -> Documents {
        Documents {
            catalog: catalog::current(),
            claims: RefCell::default(),
            index: dispatch::current(),
        }
    }

    fn load(&mut self, _: &[u8]) -> Result<(), TableError> {
        Ok(())
    }

    fn map<'a>(&self, record: &Record<'a>, seed: Seed) -> Result<Option<Event<'a>>, String> {
        let naming = naming(record);
        let named = naming != Naming::default();
        let claims = self.claims(naming);
        if !claims.contains(&true) || !named && !record.has(TIMESTAMP) {
            return Ok(None);
        }
        let time = timestamp(record)?;
        let text = std::str::from_utf8(record.text)
            .map_err(|e| format!("not UTF-8: invalid byte at column {}", e.valid_up_to() + 1))?;
        let (id, identity) = identity(record, time, seed);
        let values = document::read(text, &self.catalog);
        let mut event = Event {
            time,
            id,
            identity,
            met: self.index.met(&values),
            values,
            claims,
            texts: Default::default(),
            addresses: Vec::new(),
        };
        event.for_exceptions(&self.catalog);
        Ok(Some(event))
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

/// What tells a second delivery of a document from another document: the index's own id, the
/// event's id with its time and data set, or the whole document.
fn identity<'a>(record: &Record<'a>, time: i64, seed: Seed) -> (u64, Cow<'a, str>) {
    let mut hash = seed.hasher();
    if let Some(id) = text(record, DOCUMENT_ID) {
        hash.number(1);
        hash.text(id.as_bytes());
        return (hash.finish(), id);
    }
    if let Some(id) = text(record, EVENT_ID) {
        hash.number(2);
        hash.text(id.as_bytes());
        hash.integer(time);
        for field in [STREAM, DATA_SET] {
            hash.text(text(record, field).unwrap_or_default().as_bytes());
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
