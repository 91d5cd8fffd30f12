//! The engine's traits for the log: its fields, parameters, exception keys and table.

use crate::asn::{self, AsnTable};
use crate::call::GraphCall;
use crate::document;
use crate::event::{DATASET, GraphEvent};
use crate::fields;
use crate::mapping::{self, Mapping};
use crate::path;
use weir_detector::callers::Caller;
use weir_detector::config::{Config, ParameterRange, ParameterSpec};
use weir_detector::exception::{ExceptionKey, ExceptionValues, Matcher};
use weir_detector::hash::Seed;
use weir_detector::log::{self, Log, LogInfo};
use weir_detector::model::{Column, TableError};
use weir_detector::record::Record;
use weir_detector::time::Minute;

const URI_NULLS: &str = "elastic_uri_nulls";

const PARAMETERS: &[ParameterSpec] = &[ParameterSpec {
    name: URI_NULLS,
    range: ParameterRange::Boolean(false),
    summary: "Give no path to a request URI that Java's URI parser rejects, as Elastic does.",
}];

/// The keys that exceptions can test, in the order of [`GraphEvent`]'s values.
pub const KEYS: &[ExceptionKey] = &[
    key("user", Matcher::Text),
    key("app_id", Matcher::Text),
    key("source", Matcher::Network),
    key("asn", Matcher::Integer(u32::MAX as i64)),
    key("user_agent", Matcher::Prefix),
    key("tenant", Matcher::Text),
];

const fn key(name: &'static str, matcher: Matcher) -> ExceptionKey {
    ExceptionKey { name, matcher }
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
    type Event<'a> = GraphEvent<'a>;
    type Call<'a> = GraphCall<'a>;

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
    fn map<'a>(&self, record: &Record<'a>, seed: Seed) -> Result<Option<GraphEvent<'a>>, String> {
        mapping::map(record, &self.mapping(seed))
    }

    #[inline(always)]
    fn call<'a>(
        &self,
        record: &Record<'a>,
        seed: Seed,
        minute: &mut Minute,
    ) -> Option<GraphCall<'a>> {
        GraphCall::of(record, &self.mapping(seed), minute)
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

    fn columns(event: &GraphEvent, record: &Record) -> Vec<Column> {
        document::columns(event, record)
    }

    fn category(event: &GraphEvent) -> Option<String> {
        event.paths.first().and_then(|path| path::collection(path))
    }
}

impl log::LogEvent for GraphEvent<'_> {
    fn time(&self) -> i64 {
        self.time
    }

    fn id(&self) -> Option<u64> {
        self.id
    }

    fn missed(&self) -> u32 {
        self.missed
    }

    fn values(&self, key: usize) -> ExceptionValues<'_> {
        match key {
            0 => ExceptionValues::Texts(&self.users),
            1 => ExceptionValues::Texts(&self.app_ids),
            2 => ExceptionValues::Addresses(&self.ips),
            3 => ExceptionValues::Integers(&self.asns),
            4 => ExceptionValues::Texts(&self.user_agents),
            _ => ExceptionValues::Texts(&self.tenants),
        }
    }
}

impl log::LogCall for GraphCall<'_> {
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
