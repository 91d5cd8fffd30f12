//! A toy log and its rules, for tests of the engine.

use crate::columns::Caps;
use crate::definition::Info;
use crate::facts::ColumnId;
use crate::fields;
use crate::fields::{DataSetName, FieldTable, Recognised};
use crate::key::PartKind;
use crate::model::Severity;
use crate::record::Record;
use crate::schema::{Column, ColumnKind, KeyColumn, Schema};

fields! {
    pub(crate) const;
    CATEGORY = "category",
    TIME = "properties.timeGenerated",
    USER = "properties.userId",
    CODE = "properties.code",
    DATASET = "data_stream.dataset",
    TIMESTAMP = "@timestamp",
    NESTED_USER = "user.id",
    STATUS = "http.response.status_code",
    TYPE = "Type",
    ROW_TIME = "TimeGenerated",
    RECORDS = "records",
    NOTE = "note",
}

pub(crate) static TABLE: FieldTable = FieldTable {
    paths: PATHS,
    aliases: &[("TimeGenerated [UTC]", ROW_TIME)],
    first_optional: NOTE,
    roots: &["_source"],
    records: RECORDS,
    marks: &[CATEGORY, DATASET, TYPE],
    times: &[TIME, TIMESTAMP, ROW_TIME],
    name: DataSetName {
        before: b"toyactivit",
        rare: b'y',
        behind: b"logs",
    },
    recognise,
    may_hold: |record| recognise(record) == Recognised::WithoutTime || !record.has(CATEGORY),
};

fn recognise(record: &Record) -> Recognised {
    let time = match record {
        _ if record.is(CATEGORY, "ToyActivityLogs") => TIME,
        _ if record.is(DATASET, "toyactivitylogs") => TIMESTAMP,
        _ if record.is(TYPE, "ToyActivityLogs") => ROW_TIME,
        _ => return Recognised::No,
    };
    match record.has(time) {
        true => Recognised::Whole,
        false => Recognised::WithoutTime,
    }
}

/// Indexes of the columns of the toy log's rules.
pub(crate) const AGENT_COUNT: ColumnId = 2;
pub(crate) const PATH_COUNT: ColumnId = 3;

/// The schema of the toy log's rules.
pub(crate) fn schema() -> Schema {
    let column = |name: &str, kind| Column {
        name: name.to_owned(),
        kind,
    };
    let part = |name: &str, kind| KeyColumn {
        name: name.to_owned(),
        kind,
    };
    let schema = Schema::new(
        vec![
            part("user", PartKind::Text),
            part("port", PartKind::Integer),
            part("admin", PartKind::Boolean),
        ],
        vec![
            column("calls", ColumnKind::Count),
            column("bad", ColumnKind::CountWhere(0)),
            column("agents", ColumnKind::Distinct),
            column("paths", ColumnKind::Distinct),
            column("names", ColumnKind::Values),
            column("addresses", ColumnKind::Addresses),
            column("samples", ColumnKind::Samples),
        ],
    );
    schema.unwrap()
}

pub(crate) const CAPS: Caps = Caps {
    values: 1000,
    samples: 25,
    distinct: 4096,
};

/// Metadata of the rules on the toy log.
pub(crate) fn info() -> Info {
    Info {
        id: "toy",
        short_name: "toy",
        name: "Toy",
        version: 1,
        description: "",
        references: Vec::new(),
        severity: Severity::Low,
        risk_score: 1,
        tags: Vec::new(),
        event_category: Vec::new(),
        event_type: Vec::new(),
        threats: Vec::new(),
    }
}
