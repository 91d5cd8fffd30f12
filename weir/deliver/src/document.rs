//! Fields of an alert's line that the protocols need, in either form of alert.

use chrono::DateTime;
use serde_json::Value as Json;

/// An alert's id and revision.
pub(super) fn identity(document: &Json) -> Option<(&str, u64)> {
    let ecs = || {
        let id = document.get("weir.alert.id")?.as_str()?;
        Some((id, document.get("weir.alert.revision")?.as_u64()?))
    };
    let ocsf = || {
        let id = document.pointer("/finding_info/uid")?.as_str()?;
        Some((id, document.pointer("/metadata/sequence")?.as_u64()?))
    };
    ecs().or_else(ocsf)
}

/// An alert's time, in milliseconds since 1970.
pub(super) fn time(document: &Json) -> Option<i64> {
    let ecs = || {
        let text = document.get("@timestamp")?.as_str()?;
        let time = DateTime::parse_from_rfc3339(text).ok()?;
        Some(time.timestamp_millis())
    };
    ecs().or_else(|| document.get("time")?.as_i64())
}
