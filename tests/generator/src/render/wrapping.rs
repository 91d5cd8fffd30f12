//! Documents inside others, as shippers, sinks, search answers and exports write them.

use crate::random::Random;
use serde_json::{Map, Value, json};

/// Fields that hold a record as text.
const FIELDS: [&str; 12] = [
    "message", "log", "payload", "_raw", "body", "Body", "line", "data", "value", "records",
    "@message", "whatever",
];

/// What else a document is wrapped in.
const WAYS: usize = 14;

/// The document in one of many wrappings, in one line. What does not name its data set plainly, and
/// so is no record that anybody wraps, stays as it is.
#[must_use]
pub fn wrapped(document: &str, random: &mut Random) -> String {
    match is_plain(document) {
        true => way(random.index(WAYS), document, random),
        false => document.to_owned(),
    }
}

/// Several documents in one; None when one of them cannot be wrapped.
#[must_use]
pub fn wrapped_together(documents: &[String], random: &mut Random) -> Option<String> {
    let all = documents.iter().all(|document| is_plain(document));
    let joined = documents.join(",");
    let list = json!(format!("[{joined}]"));
    all.then(|| match random.below(4) {
        0 => format!("{{\"message\":{list},\"offset\":1}}"),
        1 => format!("{{\"log\":{}}}", json!(documents.join("\n"))),
        2 => format!("{{\"took\":1,\"hits\":{{\"total\":2,\"hits\":[{joined}]}}}}"),
        _ => json!({"records": documents}).to_string(),
    })
}

/// Whether a document names its data set without escapes.
fn is_plain(document: &str) -> bool {
    [
        "\"AzureADGraphActivityLogs\"",
        "\"AADGraphActivityLogs\"",
        "\"azure.aadgraphactivitylogs\"",
    ]
    .iter()
    .any(|name| document.contains(name))
}

/// One way to wrap a document; one that its shape does not allow leaves it as it is.
#[must_use]
pub(crate) fn way(number: usize, document: &str, random: &mut Random) -> String {
    let text = json!(document);
    let field = *random.pick(&FIELDS);
    match number {
        0 | 1 => format!("{{\"@timestamp\":\"x\",\"{field}\":{text},\"tags\":[\"a\",1]}}"),
        2 => format!("{{\"event\":{{\"original\":{text},\"kind\":\"event\"}},\"message\":{text}}}"),
        3 => format!("{{\"event.original\":{text},\"data_stream\":{{\"dataset\":\"generic\"}}}}"),
        4 => format!("{{\"preview\":false,\"result\":{{\"host\":\"h\",\"_raw\":{text}}}}}"),
        5 => format!("{{\"result\":{document}}}"),
        6 => text.to_string(),
        7 => format!("{{\"payload\":{}}}", json!(text.to_string())),
        8 => format!(
            "{{\"message\":{}}}",
            json!(format!("{{\"records\":[{document}]}}\n"))
        ),
        9 => format!("{{\"records\":[{text}]}}"),
        10 => format!("{{\"streams\":[{{\"stream\":{{}},\"values\":[[\"17\",{text}]]}}]}}"),
        11 => part_as_text(document).unwrap_or_else(|| document.to_owned()),
        12 => table(document).unwrap_or_else(|| document.to_owned()),
        _ => fields(document).unwrap_or_else(|| document.to_owned()),
    }
}

fn object(document: &str) -> Option<Map<String, Value>> {
    match serde_json::from_str(document) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    }
}

/// An Event Hub record with its properties as text.
fn part_as_text(document: &str) -> Option<String> {
    let mut object = object(document)?;
    let properties = object.get_mut("properties")?;
    *properties = json!(properties.to_string());
    Some(Value::Object(object).to_string())
}

/// A row as an answer of the query API.
fn table(document: &str) -> Option<String> {
    let object = object(document).filter(|object| object.contains_key("TimeGenerated"))?;
    let columns: Vec<Value> = object
        .keys()
        .map(|key| json!({"name": key, "type": "x"}))
        .collect();
    let row: Vec<&Value> = object.values().collect();
    let table = json!({"name": "PrimaryResult", "columns": columns, "rows": [row]});
    Some(json!({"tables": [table]}).to_string())
}

/// An Elastic document as a hit whose fields were asked for.
fn fields(document: &str) -> Option<String> {
    let mut object = object(document)?;
    let hit = object.remove("_source");
    let id = object.remove("_id");
    let source = match hit {
        Some(Value::Object(source)) => source,
        _ => object,
    };
    let mut fields: Map<String, Value> = Map::new();
    flatten("", source, &mut fields);
    if !fields.contains_key("data_stream.dataset") {
        return None;
    }
    let mut hit = json!({"_index": "i", "_score": null, "fields": fields});
    if let Some(id) = id {
        hit["_id"] = id;
    }
    Some(json!({"hits": {"hits": [hit]}}).to_string())
}

fn flatten(path: &str, object: Map<String, Value>, fields: &mut Map<String, Value>) {
    for (key, value) in object {
        let path = match path {
            "" => key,
            path => format!("{path}.{key}"),
        };
        let values = match value {
            Value::Object(inner) => {
                flatten(&path, inner, fields);
                continue;
            }
            Value::Array(values) => values,
            Value::Null => continue,
            one => vec![one],
        };
        let known = fields.entry(path).or_insert_with(|| json!([]));
        if let Value::Array(known) = known {
            known.extend(values);
        }
    }
}
