//! A mapped document.

use crate::catalog::{Catalog, EXCEPTION_FIELDS, IDENTITY_FIELD};
use crate::dispatch::Met;
use std::borrow::Cow;
use std::rc::Rc;
use weir_detector::address;
use weir_detector::exception::ExceptionValues;
use weir_detector::log::LogEvent;
use weir_detector::program::value::Value;

/// A document with a time, under ECS names.
#[derive(Debug)]
pub struct Event<'a> {
    pub(crate) time: i64,
    pub(crate) id: u64,
    /// What identifies it, as text.
    pub(crate) identity: Cow<'a, str>,
    /// The values of fields, by ascending number.
    pub(crate) values: Vec<(u16, Value<'a>)>,
    /// Whether each group of patterns has its index.
    pub(crate) claims: Rc<[bool]>,
    /// The conditions of filters that it meets.
    pub(crate) met: Met,
    /// Values that exceptions test: texts, and addresses of the field of addresses.
    pub(crate) texts: [Vec<Cow<'a, str>>; EXCEPTION_FIELDS.len()],
    pub(crate) addresses: Vec<u128>,
    /// The number of look-ups in a table that is not loaded.
    pub(crate) missed: u32,
}

impl<'a> Event<'a> {
    /// The values of a field.
    pub(crate) fn value(&self, field: u16) -> Value<'_> {
        if field == IDENTITY_FIELD {
            return Value::text(&*self.identity);
        }
        match self
            .values
            .binary_search_by_key(&field, |(number, _)| *number)
        {
            Ok(at) => self
                .values
                .get(at)
                .map(|(_, value)| borrowed(value))
                .unwrap_or_default(),
            Err(_) => Value::Null,
        }
    }

    /// Sets the values that exceptions test.
    pub(crate) fn for_exceptions(&mut self, catalog: &Catalog) {
        for (at, name) in EXCEPTION_FIELDS.iter().enumerate() {
            let Some(field) = catalog.known(name) else {
                continue;
            };
            let found = self.values.iter().find(|(number, _)| *number == field);
            let values = found.map(|(_, value)| value.each()).unwrap_or_default();
            let texts: Vec<Cow<'a, str>> = { values.iter() }
                .filter_map(|value| match value {
                    Value::Text(text) => Some(text.clone()),
                    _ => None,
                })
                .collect();
            if at == SOURCE {
                self.addresses = { texts.iter() }
                    .filter_map(|text| address::parse(text))
                    .collect();
            }
            if let Some(kept) = self.texts.get_mut(at) {
                *kept = texts;
            }
        }
    }
}

/// The index of the field of addresses among those that exceptions test.
pub(crate) const SOURCE: usize = 2;

/// A value that borrows its texts.
pub(crate) fn borrowed<'v>(value: &'v Value<'_>) -> Value<'v> {
    match value {
        Value::Text(text) => Value::text(&**text),
        Value::Boolean(value) => Value::Boolean(*value),
        Value::Integer(number) => Value::Integer(*number),
        Value::Number(number) => Value::Number(*number),
        Value::Many(values) => Value::Many(values.iter().map(borrowed).collect()),
        _ => Value::Null,
    }
}

impl LogEvent for Event<'_> {
    fn time(&self) -> i64 {
        self.time
    }

    fn id(&self) -> Option<u64> {
        Some(self.id)
    }

    fn missed(&self) -> u32 {
        self.missed
    }

    fn values(&self, key: usize) -> ExceptionValues<'_> {
        match key {
            SOURCE => ExceptionValues::Addresses(&self.addresses),
            key => ExceptionValues::Texts(self.texts.get(key).map_or(&[], |texts| texts)),
        }
    }
}
