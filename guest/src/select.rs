//! Looking at single events: what the detector reads in the documents of a batch.

use crate::address;
use crate::alert::key;
use crate::batch::{self, Place, Taken};
use crate::event::{self, Event, Mapping, Texts};
use crate::exception::Exception;
use crate::fields::Tree;
use crate::model::{self, Column, KeyPart, Selection, Value};
use crate::path;
use crate::record::{Reader, Record};
use std::borrow::Cow;

/// Leaves every document to the plain reader: nobody waits for this, and the other one is large.
struct Plain;

impl Reader for Plain {
    fn object<'a>(&mut self, _: &'a [u8], _: &mut Record<'a>) -> Option<usize> {
        None
    }
}

/// What is looked for, and how documents are read.
pub(crate) struct Search<'d> {
    pub(crate) wanted: &'d [Selection],
    pub(crate) exceptions: &'d [Exception],
    pub(crate) with: Mapping<'d>,
    pub(crate) tree: &'d Tree,
}

impl Search<'_> {
    /// The events that are asked for, in the order of the batch.
    pub(crate) fn events(&self, batch: &[u8]) -> Vec<model::Event> {
        let mut found = Vec::new();
        batch::read(batch, self.tree, &mut Plain, |place, taken| {
            if let Taken::Record(record) = taken
                && let Some(event) = self.event(&place, record)
            {
                found.push(event);
            }
        });
        found
    }

    fn event(&self, place: &Place, record: &Record) -> Option<model::Event> {
        let event = event::map(record, &self.with).ok()??;
        if self.exceptions.iter().any(|e| e.covers(&event)) {
            return None;
        }
        let keys: Vec<Vec<KeyPart>> = keys(&event)
            .into_iter()
            .filter(|key| self.wanted.iter().any(|w| asks_for(w, event.time, key)))
            .collect();
        if keys.is_empty() {
            return None;
        }
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Some(model::Event {
            line: place.line,
            offset: number(place.span.start),
            length: number(place.span.len()),
            time: event.time,
            keys,
            category: event.paths.first().and_then(|path| path::collection(path)),
            columns: columns(&event, &event::statuses(record)),
        })
    }
}

fn asks_for(selection: &Selection, time: i64, key: &[KeyPart]) -> bool {
    let window = selection.window;
    (window.start..window.end).contains(&time)
        && selection.key.iter().all(|part| key.contains(part))
}

/// All groups of an event.
fn keys(event: &Event) -> Vec<Vec<KeyPart>> {
    let some = |text: &Cow<str>| Some(text.to_string());
    let mut users: Vec<Option<String>> = event.users.iter().map(some).collect();
    let mut asns: Vec<Option<i64>> = event.asns.iter().copied().map(Some).collect();
    if users.is_empty() {
        users.push(None);
    }
    if asns.is_empty() {
        asns.push(None);
    }
    let pairs = users
        .iter()
        .flat_map(|user| asns.iter().map(move |asn| key(user.as_deref(), *asn)));
    pairs.collect()
}

/// What makes a document of the same event, in the order in which people read it.
fn columns(event: &Event, statuses: &[i64]) -> Vec<Column> {
    let ips: Vec<String> = event.ips.iter().copied().map(address::render).collect();
    let mut columns = Vec::new();
    let mut add = |name: &str, value: Option<Value>| {
        columns.extend(value.map(|value| Column {
            name: name.to_owned(),
            value,
        }));
    };
    add("@timestamp", Some(Value::Timestamp(event.time)));
    add("_id", event.id.map(|id| Value::Text(format!("{id:016x}"))));
    add("user.id", texts(&event.users));
    add("source.as.number", integers(&event.asns));
    add("source.as.organization.name", texts(&event.asn_names));
    add(
        "source.ip",
        texts(&ips.into_iter().map(Cow::Owned).collect()),
    );
    add("http.response.status_code", integers(statuses));
    add("url.path", texts(&event.paths));
    add("user_agent.original", texts(&event.user_agents));
    add("azure.tenant_id", texts(&event.tenants));
    add(
        "azure.aadgraphactivitylogs.properties.app_id",
        texts(&event.app_ids),
    );
    add(
        "azure.aadgraphactivitylogs.properties.api_version",
        texts(&event.api_versions),
    );
    columns
}

fn texts(texts: &Texts) -> Option<Value> {
    match &texts[..] {
        [] => None,
        [text] => Some(Value::Text(text.to_string())),
        several => {
            let mut list: Vec<String> = several.iter().map(Cow::to_string).collect();
            list.sort_unstable();
            Some(Value::TextList(list))
        }
    }
}

/// In the order of the document, repeats kept: two answers are none, though they be the same.
fn integers(numbers: &[i64]) -> Option<Value> {
    match numbers {
        [] => None,
        [number] => Some(Value::Integer(*number)),
        several => Some(Value::IntegerList(several.to_vec())),
    }
}
