//! `--format ocsf`: what the alerts of all fixtures are as findings.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value as Json, json};
use weir_common::time::iso;
use weir_host::contract::{Alert, Column, Phase, Value};
use weir_sinks::output::{EcsRenderer, OcsfRenderer};

use super::alerts::{GIVEN, path};
use super::ocsf::Schema;

fn findings() -> impl Iterator<Item = (&'static str, &'static Alert, Json)> {
    GIVEN.alerts.iter().map(|(name, alert)| {
        let line = OcsfRenderer::new(GIVEN.rule_of(alert)).line(alert);
        assert!(!line.contains('\n'));
        (name.as_str(), alert, serde_json::from_str(&line).unwrap())
    })
}

#[test]
fn every_alert_is_a_finding_of_the_published_schema() {
    let schema = Schema::read();
    let mut activities = BTreeSet::new();
    for (name, _, finding) in findings() {
        assert_eq!(schema.problems(&finding), [""; 0], "{name}: {finding:#}");
        activities.insert(finding["activity_name"].as_str().unwrap().to_owned());
    }
    assert_eq!(Vec::from_iter(activities), ["Close", "Create", "Update"]);
}

#[test]
fn the_revisions_of_an_alert_are_one_finding_that_is_created_updated_and_closed() {
    let mut uids = BTreeMap::new();
    for (name, alert, finding) in findings() {
        let (activity, status) = match (alert.phase, alert.revision) {
            (Phase::Retracted, _) => (3, "Deleted"),
            (_, 1) => (1, "New"),
            _ => (2, "New"),
        };
        assert_eq!(finding["activity_id"], activity, "{name}");
        assert_eq!(finding["status"], status, "{name}");
        assert_eq!(finding["is_alert"], activity != 3, "{name}");
        assert_eq!(finding["finding_info"]["uid"], alert.id(), "{name}");
        assert_eq!(finding["metadata"]["sequence"], alert.revision, "{name}");
        let event = finding["metadata"]["uid"].as_str().unwrap().to_owned();
        let known = uids.insert((name, event), ());
        assert!(known.is_none(), "{name}: two events of one uid");
    }
}

#[test]
fn nothing_that_the_document_says_is_lost() {
    for (name, alert, finding) in findings() {
        let renderer = EcsRenderer::new(GIVEN.rule_of(alert));
        let mut said = BTreeSet::new();
        leaves(&finding, &mut said);
        for (field, value) in renderer.document(alert) {
            // Said by the class, and by the severity's own numbers.
            if ["event.kind", "event.severity", "threat.framework"].contains(&field.as_str()) {
                continue;
            }
            let mut values = BTreeSet::new();
            leaves(&value, &mut values);
            let lost: Vec<&String> = values.difference(&said).collect();
            assert!(lost.is_empty(), "{name}: {field} {lost:?}");
        }
    }
}

/// All single values in one; a time as text in either form.
fn leaves(value: &Json, into: &mut BTreeSet<String>) {
    match value {
        Json::Object(fields) => fields.values().for_each(|value| leaves(value, into)),
        Json::Array(values) => values.iter().for_each(|value| leaves(value, into)),
        value => {
            into.insert(value.to_string());
            into.insert(json!(value.as_i64().map(iso)).to_string());
        }
    }
}

#[test]
fn observables_point_to_what_they_name() {
    let mut seen = 0;
    for (name, _, finding) in findings() {
        for observable in finding["observables"].as_array().into_iter().flatten() {
            let pointer = observable["name"]
                .as_str()
                .unwrap()
                .replace(['.', '['], "/");
            let found = finding.pointer(&format!("/{}", pointer.replace(']', "")));
            assert_eq!(found, Some(&observable["value"]), "{name}");
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn what_the_schema_does_not_have_so_is_refused() {
    let schema = Schema::read();
    let (_, _, good) = findings()
        .find(|(_, alert, _)| !alert.response.is_empty())
        .unwrap();
    assert_eq!(schema.problems(&good), [""; 0]);
    let refused = |pointer: &str, value: Option<Json>, why: &str| {
        let mut bad = good.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = bad.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match value {
            Some(value) => parent.insert(name.to_owned(), value),
            None => parent.remove(name),
        };
        let wrong = schema.problems(&bad);
        assert!(
            wrong.iter().any(|it| it.contains(why)),
            "{pointer}: {wrong:?}"
        );
    };
    refused("/speed", Some(json!(1)), ".speed: unknown");
    refused(
        "/finding_info/analytic/colour",
        Some(json!("red")),
        "unknown",
    );
    refused("/finding_info/uid", None, ".finding_info.uid: missing");
    refused("/metadata/product", None, "missing");
    refused("/severity_id", None, "missing");
    refused("/severity_id", Some(json!(7)), ".severity_id");
    refused("/severity", Some(json!("Grave")), ".severity_id");
    refused("/severity_id", Some(json!("3")), ".severity_id");
    refused("/activity_name", Some(json!("Close")), ".activity_id");
    refused("/type_uid", Some(json!(200_403)), "type_uid");
    refused("/evidences", Some(json!({})), "no list");
    refused("/evidences", Some(json!([{"name": "x"}])), ".evidences[0]");
    refused(
        "/evidences",
        Some(json!([{"device": {}}])),
        "not in the copy",
    );
    refused(
        "/evidences/0/actor/user",
        Some(json!({"domain": "d"})),
        "user",
    );
    refused("/time_dt", Some(json!("2026-05-19T09:30:00.000Z")), ".time");
    refused("/time_dt", Some(json!("yesterday")), ".time_dt");
    refused("/metadata/profiles", None, ".time_dt: unknown");
    refused(
        "/metadata/profiles",
        Some(json!(["datetime", "x"])),
        "metadata.profiles",
    );
    refused(
        "/metadata/version",
        Some(json!("1.7.0")),
        "metadata.version",
    );
    refused("/is_suspected_breach", Some(json!(true)), "unknown");
    let end = json!([{"src_endpoint": {"ip": "here"}}]);
    refused("/evidences", Some(end), ".src_endpoint.ip");
    let end = json!([{"src_endpoint": {"ip": "192.0.2.1", "port": 65_536}}]);
    refused("/evidences", Some(end), ".src_endpoint.port");
}

#[test]
fn an_alert_of_any_rule_is_a_finding_with_all_its_columns() {
    let schema = Schema::read();
    let rule = GIVEN.rule_of(&GIVEN.alerts[0].1);
    let (ecs, ocsf) = (EcsRenderer::new(rule), OcsfRenderer::new(rule));
    let list = |texts: &[&str]| Value::TextList(texts.iter().map(|&it| it.to_owned()).collect());
    for (name, value) in [
        ("user.name", Value::Text("name".to_owned())),
        ("user.name", list(&["one", "two"])),
        ("user.email", Value::Text("name@example.org".to_owned())),
        ("user.email", Value::Text("@".to_owned())),
        ("user.id", Value::Integer(1)),
        ("source.ip", list(&["192.0.2.1", "2001:db8::1"])),
        ("source.ip", list(&["192.0.2.1", "not an address"])),
        ("source.port", Value::Integer(443)),
        ("source.port", Value::Integer(70_000)),
        ("source.as.number", Value::IntegerList(vec![1, 2])),
        ("source.as.organization.name", Value::Text("AS".to_owned())),
        ("destination.ip", Value::Text("192.0.2.9".to_owned())),
        (
            "destination.domain",
            Value::Text("dc.example.org".to_owned()),
        ),
        ("finding_info.uid", Value::Boolean(true)),
    ] {
        let (_, alert, _) = findings().next().unwrap();
        let mut alert = alert.clone();
        alert.columns.retain(|column| column.name != name);
        let name = name.to_owned();
        alert.columns.push(Column { name, value });
        (alert.first_seen, alert.window.end) = (i64::MIN, i64::MAX);
        let finding = Json::Object(ocsf.finding(&alert));
        assert_eq!(schema.problems(&finding), [""; 0], "{finding:#}");
        let (mut said, mut wanted) = (BTreeSet::new(), BTreeSet::new());
        leaves(&finding, &mut said);
        for column in &alert.columns {
            leaves(&ecs.document(&alert)[&column.name], &mut wanted);
        }
        assert!(wanted.is_subset(&said), "{:?}", alert.columns.last());
    }
}

#[test]
fn the_finding_of_a_walk_is_this_one() {
    let golden = fs::read_to_string(path("data/roadrecon-walk.ocsf.ndjson")).unwrap();
    let mut lines = golden.lines();
    for (name, _, finding) in findings() {
        if name == "roadrecon-walk as it is" {
            let mut expected: Json = serde_json::from_str(lines.next().unwrap()).unwrap();
            // Whatever is released next.
            expected["metadata"]["product"]["version"] = json!(env!("CARGO_PKG_VERSION"));
            assert_eq!(finding, expected);
        }
    }
    assert_eq!((golden.lines().count(), lines.next()), (1, None));
}
