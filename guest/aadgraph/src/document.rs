//! An event as a document under ECS names.

use crate::event::{GraphEvent, Texts};
use crate::fields as f;
use crate::values;
use std::borrow::Cow;
use weir_detector::address;
use weir_detector::model::{Column, Value};
use weir_detector::order;
use weir_detector::record::Record;

/// The event as the columns of a document, in reading order.
pub fn columns(event: &GraphEvent, record: &Record) -> Vec<Column> {
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
        integers(&values::statuses(record)),
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
        add(column, texts(&values::keywords(record, field)));
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

/// Integers in the order of the document, with repetitions: two statuses are no error, even if they
/// are equal.
fn integers(numbers: &[i64]) -> Option<Value> {
    match numbers {
        [] => None,
        [number] => Some(Value::Integer(*number)),
        several => Some(Value::IntegerList(several.to_vec())),
    }
}
