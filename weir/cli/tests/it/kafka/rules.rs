//! Workers over Kafka that judge by several rules.

use std::path::Path;

use serde_json::Value;

use super::broker::Broker;
use crate::support::{Answer, Room};

const PARTITIONS: i32 = 3;
/// A walk that three of the rules find.
const WALK: &str = "../../tests/fixtures/roadrecon-walk/input.json";

/// The records of the walk, one a message, over all partitions.
fn walk(broker: &mut Broker) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(WALK);
    let walk: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let records = walk["records"].as_array().unwrap();
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    broker.create("events", PARTITIONS);
    broker.create_for("g", PARTITIONS, "alerts");
    for line in &lines {
        broker.produce("events", PARTITIONS as usize, line);
    }
    broker.flush();
    lines.join("\n")
}

/// A worker that reads to the end.
fn worker(room: &Room, broker: &Broker, ask: &str, more: &[&str]) -> Answer {
    let address = format!("kafka://{}/events?group=g&until=end{ask}", broker.servers);
    let output = ["--output", "kafka:///alerts"];
    room.weir(&[&["run", &address], &output[..], more].concat())
}

/// The alerts in their topic, each under its key.
fn found(broker: &Broker) -> Vec<Value> {
    let alert = |(key, value): (Vec<u8>, Vec<u8>)| {
        let alert: Value = serde_json::from_slice(&value).unwrap();
        assert_eq!(alert["weir.alert.id"].as_str().unwrap().as_bytes(), key);
        alert
    };
    let mut all: Vec<Value> = { broker.read("alerts", PARTITIONS).into_iter() }
        .map(alert)
        .collect();
    all.sort_by_key(|alert| alert["weir.alert.id"].to_string());
    all
}

#[test]
fn alerts_of_several_rules_are_those_of_one_run_and_told_apart() {
    let mut broker = Broker::mock();
    let room = Room::new();
    room.write("events", walk(&mut broker));
    let answer = worker(&room, &broker, "", &["--rule", "all", "--json-summary=s"]);
    answer.ends(0);
    let run = room.weir(&["run", "--final", "--rule", "all", "events"]);
    let mut expected = run.ends(0).alerts();
    expected.sort_by_key(|alert| alert["weir.alert.id"].to_string());
    assert_eq!(expected.len(), 3);
    assert_eq!(found(&broker), expected);
    // What each rule counted is in the summary, for people and for machines.
    for row in ["high-4xx ", "enumeration ", "first-network "] {
        answer.says(&format!("weir:   {row}"));
    }
    let summary: Value = serde_json::from_str(&room.read("s")).unwrap();
    let rules = summary["decided"]["rules"].as_array().unwrap();
    let alerts: Vec<(&str, u64)> = { rules.iter() }
        .map(|rule| (&rule["short_name"], &rule["alerts_on_time"]))
        .map(|(name, alerts)| (name.as_str().unwrap(), alerts.as_u64().unwrap()))
        .collect();
    let one = ["high-4xx", "enumeration", "suspicious-agent"].map(|name| (name, 1));
    let none = ["first-client", "first-network"].map(|name| (name, 0));
    assert_eq!(alerts, [&one[..], &none].concat());
}

#[test]
fn a_worker_of_other_rules_is_refused_before_anything_is_lost() {
    let mut broker = Broker::mock();
    let room = Room::new();
    room.write("events", walk(&mut broker));
    let two = ["--rule", "enumeration", "--rule", "high-4xx"];
    worker(&room, &broker, "&role=collect", &two).ends(0);
    for more in [&[][..], &["--rule", "all"], &["--rule", "first-client"]] {
        for role in ["&role=collect", "&role=decide"] {
            worker(&room, &broker, role, more).ends(3).says(
                "g.state: all workers of a group judge by the same rules, and this group's are \
                 high-4xx, enumeration; name these (--rule), or another group",
            );
        }
    }
    worker(&room, &broker, "&role=decide", &two).ends(0);
    let run = room.weir(&[&["run", "--final", "events"], &two[..]].concat());
    assert_eq!(found(&broker).len(), run.ends(0).alerts().len());
}
