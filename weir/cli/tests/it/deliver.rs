//! Alerts that are sent: each arrives, whatever becomes of the receiver, the way and weir.

mod full_queue;
mod protocols;
mod retries;
mod settings;

use serde_json::Value as Json;

use crate::support::{Room, burst, lines};

/// Bursts of so many users, each an alert.
fn bursts(users: usize) -> String {
    let text = lines(&burst());
    let of = |user: usize| {
        text.replace("walker", &format!("walker-{user}"))
            .replace("request-", &format!("request-{user}-"))
    };
    (0..users).map(of).collect()
}

/// A room with an input of three alerts, and these.
fn three() -> (Room, String) {
    let room = Room::new();
    room.write("in", bursts(3)).write("nothing", "");
    let alerts = room.weir(&["run", "in"]).ends(0).out.clone();
    assert_eq!(alerts.lines().count(), 3);
    (room, alerts)
}

fn ids(text: &str) -> Vec<String> {
    let id = |line: &str| {
        let alert: Json = serde_json::from_str(line).unwrap();
        alert["weir.alert.id"].as_str().unwrap().to_owned()
    };
    text.lines().map(id).collect()
}
