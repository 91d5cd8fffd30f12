//! The traits of a log: its records, and the events that they are mapped to.

use crate::callers::Caller;
use crate::config::{Config, ParameterSpec};
use crate::exception::{ExceptionKey, ExceptionValues};
use crate::fields::FieldTable;
use crate::hash::Seed;
use crate::model::{self, Column, TableError};
use crate::program::value::Value;
use crate::record::Record;
use crate::time::Minute;
use std::convert::Infallible;

/// A look-up table that a host may load; see the contract's `table`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "documented in wit/description.wit, under the same names"
)]
pub struct LookupTable {
    pub name: &'static str,
    pub format: &'static str,
    pub summary: &'static str,
    pub when_absent: &'static str,
}

impl From<LookupTable> for model::Table {
    fn from(table: LookupTable) -> model::Table {
        model::Table {
            name: table.name.to_owned(),
            format: table.format.to_owned(),
            summary: table.summary.to_owned(),
            when_absent: table.when_absent.to_owned(),
        }
    }
}

/// The static description of a log.
pub struct LogInfo {
    /// Its fields.
    pub fields: &'static FieldTable,
    /// The data sets of its events.
    pub data_sets: &'static [&'static str],
    /// Its parameters.
    pub parameters: &'static [ParameterSpec],
    /// The keys that exceptions can test.
    pub keys: &'static [ExceptionKey],
    /// The description of the parameter `exceptions`.
    pub exceptions: &'static str,
    /// The look-up table.
    pub table: Option<LookupTable>,
}

/// A log, with its parameters and its loaded table.
///
/// Every record can be [mapped](Log::map). Plain records can be read as [calls](Log::call) too,
/// which is quicker: the attributes of a cached caller are already in its group.
pub trait Log: Sized + 'static {
    /// A mapped event.
    type Event<'a>: LogEvent;
    /// A plain record; [`Infallible`] if the log has no calls.
    type Call<'a>: LogCall;
    /// The static description.
    const INFO: LogInfo;
    /// The version of what is read: another number where records are mapped to other events, so
    /// that states of before and after are not taken for each other's.
    const READING: u64 = 0;

    /// The log under a configuration, without a table.
    fn new(config: &Config) -> Self;

    /// Loads the table of [`LogInfo::table`].
    ///
    /// # Errors
    /// When the bytes are not in its format.
    fn load(&mut self, data: &[u8]) -> Result<(), TableError>;

    /// Maps a record; None if it belongs to another data set.
    ///
    /// # Errors
    /// A sentence naming the field that makes the record unusable.
    fn map<'a>(&self, record: &Record<'a>, seed: Seed) -> Result<Option<Self::Event<'a>>, String>;

    /// The record as a call; None if it is not a plain one. Without calls a log is slower and
    /// otherwise complete. A record that is a call always maps to an event.
    fn call<'a>(
        &self,
        _record: &Record<'a>,
        _seed: Seed,
        _minute: &mut Minute,
    ) -> Option<Self::Call<'a>> {
        None
    }

    /// The call as the event that [`Log::map`] makes of its record; None if the record has to be
    /// mapped itself.
    fn event<'a>(&self, _call: &Self::Call<'a>) -> Option<Self::Event<'a>> {
        None
    }

    /// The number of look-ups of a call's event in a table that is not loaded.
    fn missed(&self, _call: &Self::Call<'_>) -> u32 {
        0
    }

    /// The event as the columns of a document, in reading order.
    fn columns(event: &Self::Event<'_>, record: &Record) -> Vec<Column>;

    /// The category of an event, for summaries.
    fn category(event: &Self::Event<'_>) -> Option<String>;
}

/// A log whose event fields programs can read, by the names that alerts use.
pub trait FieldLog: Log {
    /// The number of a field; None if the log has no such field.
    fn field(name: &str) -> Option<u16>;

    /// The values of a field of an event, in any order and of whatever type they are.
    fn value<'e>(event: &'e Self::Event<'_>, field: u16) -> Value<'e>;
}

/// An event.
pub trait LogEvent {
    /// Milliseconds since 1970.
    fn time(&self) -> i64;
    /// The hash of its identity; None if it has none.
    fn id(&self) -> Option<u64>;
    /// The number of its look-ups in a table that is not loaded.
    fn missed(&self) -> u32;
    /// Its values for a key of [`LogInfo::keys`].
    fn values(&self, key: usize) -> ExceptionValues<'_>;
}

/// A record in which every field has one plain value or none.
pub trait LogCall {
    /// Milliseconds since 1970.
    fn time(&self) -> i64;
    /// The id of its event.
    fn id(&self) -> Option<u64>;
    /// The attributes that a group stores, except those that differ from call to call.
    fn caller(&self) -> &Caller<'_>;
}

impl LogCall for Infallible {
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
