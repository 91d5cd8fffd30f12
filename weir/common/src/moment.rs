//! Times as people write them.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// A time in UTC where there is no zone: `2026-05-19T09:16:00Z`, `2026-05-19 09:16`, `2026-05-19`;
/// in milliseconds since 1970.
///
/// # Errors
///
/// The expected form, in a few words.
pub fn read_time(text: &str) -> Result<i64, String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.timestamp_millis());
    }
    let plain = text.replace('T', " ");
    let forms = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"];
    let day = || NaiveDate::parse_from_str(&plain, "%Y-%m-%d").ok();
    forms
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(&plain, form).ok())
        .or_else(|| day()?.and_hms_opt(0, 0, 0))
        .map(|time| time.and_utc().timestamp_millis())
        .ok_or_else(|| "write a time such as 2026-05-19T09:16:00Z or 2026-05-19 09:16".to_owned())
}
