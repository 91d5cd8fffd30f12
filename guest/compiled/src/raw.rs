//! Raw records of a log that is known, as the fields that their ECS documents have.
//!
//! A record of Azure AD Graph is read with the log's own fields and mapped by the log. Which fields
//! it has then is said in [`aadgraph::document`].

use crate::catalog::Catalog;
use crate::sources::Naming;
use aadgraph::asn::AsnTable;
use aadgraph::event::{CATEGORY, DATASET, ROW_TABLE};
use aadgraph::mapping::{self, Mapping};
use aadgraph::{document, fields};
use weir_detector::fields::{Field, FieldTree};
use weir_detector::hash::Seed;
use weir_detector::model::{self, Column, TableError};
use weir_detector::program::value::Value;
use weir_detector::record::{self, Document, Record};
use weir_detector::text;

/// The fields that look-ups in the table give.
const LOOKED_UP: [&str; 2] = ["source.as.number", "source.as.organization.name"];

/// A raw record under ECS names.
pub(crate) struct Mapped {
    pub(crate) time: i64,
    /// The values of fields, by ascending number.
    pub(crate) values: Vec<(u16, Value<'static>)>,
    /// The id of the request, if there is one.
    pub(crate) request: Option<String>,
    /// The number of look-ups in a table that is not loaded.
    pub(crate) missed: u32,
}

/// The log's own reading.
pub(crate) struct RawLog {
    tree: FieldTree,
    asn: Option<AsnTable>,
    /// Whether any rule reads what the table gives.
    looks_up: bool,
}

/// The data set of raw records, as their documents name it.
pub(crate) fn naming() -> Naming {
    Naming {
        stream: ["logs", DATASET, "default"].map(|part| Some(part.to_owned())),
        data_set: Some(DATASET.to_owned()),
        ..Naming::default()
    }
}

/// Whether a record is a raw one: by the field with its category, or by those with its table.
pub(crate) fn is_raw(record: &Record, category: Field, tables: [Field; 2]) -> bool {
    let is_table = |field: Field| record.is(field, ROW_TABLE) || record.is(field, CATEGORY);
    record.is(category, CATEGORY) || tables.into_iter().any(is_table)
}

impl RawLog {
    pub(crate) fn new(catalog: &Catalog) -> RawLog {
        RawLog {
            tree: FieldTree::whole(&fields::TABLE),
            asn: None,
            looks_up: LOOKED_UP.iter().any(|name| catalog.known(name).is_some()),
        }
    }

    pub(crate) fn load(&mut self, data: &[u8]) -> Result<(), TableError> {
        self.asn = Some(AsnTable::new(data.to_vec())?);
        Ok(())
    }

    /// Maps a record by its text; None if it has none or is another log's.
    pub(crate) fn map(
        &self,
        text: &str,
        catalog: &Catalog,
        seed: Seed,
    ) -> Result<Option<Mapped>, String> {
        let Ok(Document::Object(record)) = record::read(text, &self.tree) else {
            return Ok(None);
        };
        let mapping = Mapping {
            elastic_uri_nulls: false,
            seed,
            asn: self.asn.as_ref(),
        };
        let Some(event) = mapping::map(&record, &mapping)? else {
            return Ok(None);
        };
        let columns = document::of_raw(&event, &record);
        let request = { columns.iter() }
            .find(|column| column.name == document::REQUEST)
            .and_then(|column| match values(column).into_iter().next() {
                Some(Value::Text(text)) => Some(text.into_owned()),
                _ => None,
            });
        let known = |column: &Column| {
            let number = catalog.known(&column.name)?;
            Some((number, Value::many(values(column))))
        };
        let mut values: Vec<(u16, Value)> = columns.iter().filter_map(known).collect();
        values.sort_by_key(|(field, _)| *field);
        Ok(Some(Mapped {
            time: event.time,
            values,
            request,
            missed: if self.looks_up { event.missed } else { 0 },
        }))
    }
}

/// The values of a column, as a document has them.
fn values(column: &Column) -> Vec<Value<'static>> {
    let one = |text: &String| Value::text(text.clone());
    match &column.value {
        model::Value::Text(text) => vec![one(text)],
        model::Value::TextList(texts) => texts.iter().map(one).collect(),
        model::Value::Integer(number) => vec![Value::Integer(*number)],
        model::Value::IntegerList(all) => all.iter().copied().map(Value::Integer).collect(),
        model::Value::Number(number) => vec![Value::number(*number)],
        model::Value::Boolean(value) => vec![Value::Boolean(*value)],
        model::Value::Timestamp(time) => vec![Value::text(text::iso(*time))],
    }
}
