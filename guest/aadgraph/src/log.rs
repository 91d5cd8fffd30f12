//! The log as the engine has it: its fields, parameters, exceptions' keys and table.

use crate::asn::{self, AsnTable};
use crate::call::Call;
use crate::document;
use crate::event::{self, DATASET, Event, Mapping};
use crate::fields;
use crate::path;
use weir_detector::callers::Caller;
use weir_detector::config::{Config, Range, Setting};
use weir_detector::exception::{Key, Matcher, Values};
use weir_detector::hash::Seed;
use weir_detector::log::{self, Log, LogInfo};
use weir_detector::model::{Column, TableError};
use weir_detector::record::Record;
use weir_detector::time::Minute;

const URI_NULLS: &str = "elastic_uri_nulls";

const PARAMETERS: &[Setting] = &[Setting {
    name: URI_NULLS,
    range: Range::Boolean(false),
    summary: "Give no path to a request URI that Java's URI parser rejects, as Elastic does.",
}];

/// What exceptions can ask for, in the order of [`Event`]'s values.
pub const KEYS: &[Key] = &[
    key("user", Matcher::Text),
    key("app_id", Matcher::Text),
    key("source", Matcher::Network),
    key("asn", Matcher::Integer(u32::MAX as i64)),
    key("user_agent", Matcher::Prefix),
    key("tenant", Matcher::Text),
];

const fn key(name: &'static str, matcher: Matcher) -> Key {
    Key { name, matcher }
}

/// Azure AD Graph activity logs.
pub struct AadGraph {
    /// Whether a URI that Java's parser rejects has no path.
    elastic_uri_nulls: bool,
    asn: Option<AsnTable>,
}

impl AadGraph {
    #[inline(always)]
    fn mapping(&self, seed: Seed) -> Mapping<'_> {
        Mapping {
            elastic_uri_nulls: self.elastic_uri_nulls,
            seed,
            asn: self.asn.as_ref(),
        }
    }
}

impl Log for AadGraph {
    type Event<'a> = Event<'a>;
    type Call<'a> = Call<'a>;

    const INFO: LogInfo = LogInfo {
        fields: &fields::TABLE,
        data_sets: &[DATASET],
        parameters: PARAMETERS,
        keys: KEYS,
        exceptions: "Events to leave out, at most 1000 objects: reason, expires, and user, app_id, source (an address or a network), asn, user_agent (a prefix when it ends in *), tenant; all that are given must match, each is a value or a list of alternatives.",
        table: Some(asn::TABLE),
    };

    fn new(config: &Config) -> AadGraph {
        AadGraph {
            elastic_uri_nulls: config.is(URI_NULLS),
            asn: None,
        }
    }

    fn load(&mut self, data: &[u8]) -> Result<(), TableError> {
        self.asn = Some(AsnTable::new(data.to_vec())?);
        Ok(())
    }

    #[inline(always)]
    fn map<'a>(&self, record: &Record<'a>, seed: Seed) -> Result<Option<Event<'a>>, String> {
        event::map(record, &self.mapping(seed))
    }

    #[inline(always)]
    fn call<'a>(&self, record: &Record<'a>, seed: Seed, minute: &mut Minute) -> Option<Call<'a>> {
        Call::of(record, &self.mapping(seed), minute)
    }

    #[inline(always)]
    fn event<'a>(&self, call: &Self::Call<'a>) -> Option<Self::Event<'a>> {
        call.event(self.asn.as_ref())
    }

    fn missed(&self, call: &Self::Call<'_>) -> u32 {
        match self.asn {
            Some(_) => 0,
            None => call.looks_up().into(),
        }
    }

    fn columns(event: &Event, record: &Record) -> Vec<Column> {
        document::columns(event, record)
    }

    fn category(event: &Event) -> Option<String> {
        event.paths.first().and_then(|path| path::collection(path))
    }
}

impl log::Event for Event<'_> {
    fn time(&self) -> i64 {
        self.time
    }

    fn id(&self) -> Option<u64> {
        self.id
    }

    fn missed(&self) -> u32 {
        self.missed
    }

    fn values(&self, key: usize) -> Values<'_> {
        match key {
            0 => Values::Texts(&self.users),
            1 => Values::Texts(&self.app_ids),
            2 => Values::Addresses(&self.ips),
            3 => Values::Integers(&self.asns),
            4 => Values::Texts(&self.user_agents),
            _ => Values::Texts(&self.tenants),
        }
    }
}

impl log::Call for Call<'_> {
    #[inline(always)]
    fn time(&self) -> i64 {
        self.time
    }

    #[inline(always)]
    fn id(&self) -> Option<u64> {
        self.id
    }

    #[inline(always)]
    fn caller(&self) -> &Caller<'_> {
        &self.caller
    }
}

#[cfg(test)]
#[path = "exception_tests.rs"]
mod tests;
