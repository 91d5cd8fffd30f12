//! Times as people and indexes read them.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::DateTime;

/// Milliseconds since 1970 as ISO 8601 in UTC with three decimals, or as the
/// bare number when no calendar reaches that far.
#[must_use]
pub fn iso(milliseconds: i64) -> String {
    DateTime::from_timestamp_millis(milliseconds).map_or_else(
        || milliseconds.to_string(),
        |time| time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
    )
}

/// A moment of the wall clock in milliseconds since 1970; 0 before that.
#[must_use]
pub fn milliseconds(moment: SystemTime) -> i64 {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
