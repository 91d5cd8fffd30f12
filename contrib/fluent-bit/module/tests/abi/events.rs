//! Synthetic calls.

use serde_json::{Value, json};

/// 2026-05-19T09:30:00Z: the start of a window, in milliseconds since 1970.
pub(crate) const WINDOW: i64 = 1_779_183_000_000;

/// A call of a user at a time, to a path, with a status.
pub(crate) fn call(user: &str, at: i64, path: usize, status: u16) -> Value {
    let (seconds, fraction) = ((at - WINDOW).div_euclid(1000), at.rem_euclid(1000));
    let (minutes, seconds) = (30 + seconds.div_euclid(60), seconds.rem_euclid(60));
    let (hours, minutes) = (9 + minutes.div_euclid(60), minutes.rem_euclid(60));
    json!({
        "category": "AzureADGraphActivityLogs",
        "tenantId": "7d0c2d1e-52f4-4c07-9a3b-1f6f5e0a9b11",
        "properties": {
            "userId": user,
            "httpStatusCode": status,
            "timeGenerated": format!("2026-05-19T{hours:02}:{minutes:02}:{seconds:02}.{fraction:03}0000Z"),
            "requestUri": format!("/t/users/{path}?api-version=1.6"),
            "requestId": format!("{user}-{at}-{path}"),
        }
    })
}

/// Calls of one user that are an alert, and no more.
pub(crate) fn walk(user: &str) -> impl Iterator<Item = Value> {
    (0..21).map(move |n| call(user, WINDOW + n, usize::try_from(n).unwrap_or(0), 403))
}

/// A call so late that the windows before it close.
pub(crate) fn closing() -> Value {
    call("closing", WINDOW + 600_000, 0, 200)
}
