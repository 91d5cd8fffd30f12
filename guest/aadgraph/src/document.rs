//! An event as a document under ECS names.

use crate::event::{DATASET, GraphEvent, Texts};
use crate::fields as f;
use crate::values;
use std::borrow::Cow;
use weir_detector::address;
use weir_detector::fields::Field;
use weir_detector::model::{Column, Value};
use weir_detector::order;
use weir_detector::record::Record;

/// The field with the id of a request.
pub const REQUEST: &str = "http.request.id";

/// The fields that the document of a raw record has: those of [`of_raw`].
pub const OF_RAW: [&str; 22] = [
    "@timestamp",
    "user.id",
    "source.as.number",
    "source.as.organization.name",
    "source.ip",
    "http.response.status_code",
    "url.path",
    "user_agent.original",
    "azure.tenant_id",
    "azure.aadgraphactivitylogs.properties.app_id",
    "azure.aadgraphactivitylogs.properties.api_version",
    "azure.aadgraphactivitylogs.properties.actor_type",
    "azure.aadgraphactivitylogs.properties.session_id",
    "azure.aadgraphactivitylogs.properties.sign_in_activity_id",
    "data_stream.type",
    "data_stream.dataset",
    "data_stream.namespace",
    "event.dataset",
    "event.id",
    REQUEST,
    "http.request.method",
    "url.original",
];

/// A raw record's event as the columns of the document that Elastic makes of it.
pub fn of_raw(event: &GraphEvent, record: &Record) -> Vec<Column> {
    let mut columns = columns(event, record);
    // Elastic's own is a document's; a raw record has none.
    columns.retain(|column| column.name != "_id");
    let mut add = |name: &str, value: Option<Value>| {
        columns.extend(value.map(|value| Column {
            name: name.to_owned(),
            value,
        }));
    };
    for (name, text) in [
        ("data_stream.type", "logs"),
        ("data_stream.dataset", DATASET),
        ("data_stream.namespace", "default"),
        ("event.dataset", DATASET),
    ] {
        add(name, Some(Value::Text(text.to_owned())));
    }
    let either = |fields: [Field; 2]| {
        let found = fields.map(|field| values::texts(record, field).unwrap_or_default());
        texts(&found.into_iter().flatten().collect())
    };
    let request = [f::REQUEST_ID, f::ROW_REQUEST_ID];
    add("event.id", either(request));
    add(REQUEST, either(request));
    add(
        "http.request.method",
        texts(&values::keywords(record, f::METHOD)),
    );
    add("url.original", either([f::REQUEST_URI, f::ROW_REQUEST_URI]));
    columns
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::{self, Mapping};
    use weir_detector::fields::FieldTree;
    use weir_detector::hash::Seed;
    use weir_detector::record::{self, Document};

    /// The names of the columns of a raw record.
    fn names(text: &str) -> Vec<String> {
        let tree = FieldTree::whole(&f::TABLE);
        let Ok(Document::Object(record)) = record::read(text, &tree) else {
            return Vec::new();
        };
        let with = Mapping {
            elastic_uri_nulls: false,
            seed: Seed(1, 2),
            asn: None,
        };
        let event = mapping::map(&record, &with).unwrap().unwrap();
        let columns = of_raw(&event, &record).into_iter();
        columns.map(|column| column.name).collect()
    }

    #[test]
    fn raw_records_have_the_fields_that_are_listed() {
        let hub = r#"{"category":"AzureADGraphActivityLogs","tenantId":"t","properties":{
            "timeGenerated":"2026-05-19T09:31:07Z","userId":"u","callerIpAddress":"192.0.2.1",
            "httpStatusCode":403,"requestUri":"/t/users","requestId":"r","userAgent":"a","apiVersion":"1",
            "appId":"p","actorType":"User","sessionId":"s","signInActivityId":"i","httpMethod":"GET"}}"#;
        let row = r#"{"Type":"AADGraphActivityLogs","AADTenantId":"t","TimeRequested":"2026-05-19T09:31:07Z",
            "UserId":"u","CallerIpAddress":"192.0.2.1","ResponseStatusCode":403,"RequestUri":"/t/users",
            "RequestId":"r","UserAgent":"a","ApiVersion":"1","AppId":"p","ActorType":"User",
            "SessionId":"s","SignInActivityId":"i","RequestMethod":"GET"}"#;
        // These are looked up.
        let here = |name: &&str| !name.starts_with("source.as.");
        let mut listed: Vec<&str> = OF_RAW.iter().copied().filter(here).collect();
        listed.sort_unstable();
        for text in [hub, row] {
            let mut found = names(text);
            found.sort_unstable();
            assert_eq!(found, listed, "{text}");
        }
    }
}
