//! Calls to push, and what came of them.

use weir_detector::model::{Alert, Value};

/// A call as a row of a table. Times are seconds since 2026-05-19T09:00:00Z.
pub(crate) fn call(
    user: &str,
    second: f64,
    status: u32,
    path: &str,
    agent: &str,
    id: &str,
) -> String {
    let (minute, second) = ((second / 60.0).floor(), second % 60.0);
    format!(
        "{{\"Type\":\"AADGraphActivityLogs\",\"TimeGenerated\":\"2026-05-19T{:02}:{:02}:{second:06.3}Z\",\
         \"UserId\":\"{user}\",\"ResponseStatusCode\":{status},\"RequestUri\":\"/T/{path}\",\
         \"UserAgent\":\"{agent}\",\"RequestId\":\"{id}\"}}\n",
        9.0 + (minute / 60.0).floor(),
        minute % 60.0,
    )
}

/// A refused call of the attacker.
pub(crate) fn attack(second: f64, n: u32) -> String {
    call(
        "attacker",
        second,
        403,
        &format!("{n}"),
        "walk/1.0",
        &format!("attack-{n}"),
    )
}

/// `Esql.total_calls` of an alert.
pub(crate) fn total(alert: &Alert) -> i64 {
    alert
        .columns
        .iter()
        .find_map(|c| match (&*c.name, &c.value) {
            ("Esql.total_calls", Value::Integer(n)) => Some(*n),
            _ => None,
        })
        .unwrap()
}
