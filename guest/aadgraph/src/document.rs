//! An event as a document under ECS names.

use crate::event::{self, Event, Texts};
use crate::fields as f;
use std::borrow::Cow;
use weir_detector::address;
use weir_detector::model::{Column, Value};
use weir_detector::order;
use weir_detector::record::Record;

/// What makes a document of the same event, in the order in which people read it.
pub fn columns(event: &Event, record: &Record) -> Vec<Column> {
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
    add(
        "http.response.status_code",
        integers(&event::statuses(record)),
    );
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
    add(
        "azure.aadgraphactivitylogs.properties.actor_type",
        texts(&event.actor_types),
    );
    for (field, column) in [
        (
            f::SESSION,
            "azure.aadgraphactivitylogs.properties.session_id",
        ),
        (
            f::SIGN_IN,
            "azure.aadgraphactivitylogs.properties.sign_in_activity_id",
        ),
    ] {
        add(column, texts(&event::keywords(record, field)));
    }
    columns
}

fn texts(texts: &Texts) -> Option<Value> {
    match &texts[..] {
        [] => None,
        [text] => Some(Value::Text(text.to_string())),
        several => {
            let text = |i: u32| &several[i as usize];
            let order = order::positions(several.len(), &mut |a, b| text(a).cmp(text(b)));
            let list = order.into_iter().map(|i| text(i).to_string());
            Some(Value::TextList(list.collect()))
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
