//! Lines of the bulk interface of Elasticsearch and OpenSearch: what is to be done, and the
//! document that it is done with.

use serde_json::json;

/// The line that indexes a document under an alert's id, as the version that its revision is. An
/// index that holds a later revision keeps it; the same one again changes nothing.
#[must_use]
pub fn action(id: &str, revision: u64) -> String {
    json!({"index": {"_id": id, "version": revision, "version_type": "external_gte"}}).to_string()
}
