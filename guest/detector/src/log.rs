//! A log: what its records are, and what an event of them is.

use crate::callers::Caller;
use crate::config::{Config, Setting};
use crate::exception::{Key, Values};
use crate::fields::FieldTable;
use crate::hash::Seed;
use crate::model::{self, Column, TableError};
use crate::program::value::Value;
use crate::record::Record;
use crate::time::Minute;
use std::convert::Infallible;

/// A look-up table that a host may hand over; see the contract's `table`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "documented in wit/description.wit, under the same names"
)]
pub struct Table {
    pub name: &'static str,
    pub format: &'static str,
    pub summary: &'static str,
    pub when_absent: &'static str,
}

impl From<Table> for model::Table {
    fn from(table: Table) -> model::Table {
        model::Table {
            name: table.name.to_owned(),
            format: table.format.to_owned(),
            summary: table.summary.to_owned(),
            when_absent: table.when_absent.to_owned(),
        }
    }
}

/// What the engine has to know of a log.
pub struct LogInfo {
    /// Its fields.
    pub fields: &'static FieldTable,
    /// The data sets that its events are of.
    pub data_sets: &'static [&'static str],
    /// Its parameters.
    pub parameters: &'static [Setting],
    /// What exceptions can ask for.
    pub keys: &'static [Key],
    /// The sentence on the parameter `exceptions`.
    pub exceptions: &'static str,
    /// The table that it looks values up in.
    pub table: Option<Table>,
}

/// A log, with its parameters and the table that was loaded.
///
/// Every record can be [mapped](Log::map). The plain ones among them can be read as
/// [calls](Log::call) too, which is quicker: a caller that a group has heard of teaches it
/// little.
pub trait Log: Sized + 'static {
    /// An event as it is mapped.
    type Event<'a>: Event;
    /// A plain record; [`Infallible`] where there are no calls.
    type Call<'a>: Call;
    /// What the engine has to know of the log.
    const INFO: LogInfo;

    /// The log under a configuration, without a table.
    fn new(config: &Config) -> Self;

    /// Takes the table of [`LogInfo::table`].
    ///
    /// # Errors
    /// When the bytes are not in its format.
    fn load(&mut self, data: &[u8]) -> Result<(), TableError>;

    /// Maps a record; None when it is of another data set.
    ///
    /// # Errors
    /// A sentence naming the field that makes the record unusable.
    fn map<'a>(&self, record: &Record<'a>, seed: Seed) -> Result<Option<Self::Event<'a>>, String>;

    /// The call that a record is; None when it is not a plain one. A log without calls is
    /// slower and needs nothing else. A record that is a call has an event.
    fn call<'a>(
        &self,
        _record: &Record<'a>,
        _seed: Seed,
        _minute: &mut Minute,
    ) -> Option<Self::Call<'a>> {
        None
    }

    /// A call as the event that [`Log::map`] makes of its record; None when the record has to
    /// be looked at again.
    fn event<'a>(&self, _call: &Self::Call<'a>) -> Option<Self::Event<'a>> {
        None
    }

    /// The look-ups that the event of a call wants of a table that is not there.
    fn missed(&self, _call: &Self::Call<'_>) -> u32 {
        0
    }

    /// What makes a document of an event, in the order in which people read it.
    fn columns(event: &Self::Event<'_>, record: &Record) -> Vec<Column>;

    /// What an event is about, for a summary of many.
    fn category(event: &Self::Event<'_>) -> Option<String>;
}

/// A log whose events programs can ask for fields, by the names that alerts have for them.
pub trait FieldLog: Log {
    /// The number of a field; None where the log has none of that name.
    fn field(name: &str) -> Option<u16>;

    /// The values of a field of an event, in any order and of whatever type they are.
    fn value<'e>(event: &'e Self::Event<'_>, field: u16) -> Value<'e>;
}

/// An event.
pub trait Event {
    /// Milliseconds since 1970.
    fn time(&self) -> i64;
    /// Hash of what identifies it; none when nothing does.
    fn id(&self) -> Option<u64>;
    /// Look-ups that it wants of a table that is not there.
    fn missed(&self) -> u32;
    /// Its values of a key of [`LogInfo::keys`].
    fn values(&self, key: usize) -> Values<'_>;
}

/// A record whose every field has one plain value or none.
pub trait Call {
    /// Milliseconds since 1970.
    fn time(&self) -> i64;
    /// As of its event.
    fn id(&self) -> Option<u64>;
    /// All that a group learns from it but what differs from call to call.
    fn caller(&self) -> &Caller<'_>;
}

impl Call for Infallible {
    fn time(&self) -> i64 {
        match *self {}
    }

    fn id(&self) -> Option<u64> {
        match *self {}
    }

    fn caller(&self) -> &Caller<'_> {
        match *self {}
    }
}
