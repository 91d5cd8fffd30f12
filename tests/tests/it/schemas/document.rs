//! `--format ecs`: what the alerts of all fixtures are as documents, and as an index maps them.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Map, Value as Json, json};
use weir_sinks::output::EcsRenderer;

use super::alerts::{GIVEN, path};
use super::ecs::{Schema, fits, several};

fn documents() -> impl Iterator<Item = (&'static str, Map<String, Json>)> {
    GIVEN.alerts.iter().map(|(name, alert)| {
        let renderer = EcsRenderer::new(GIVEN.rule_of(alert));
        (name.as_str(), renderer.document(alert))
    })
}

#[test]
fn every_document_is_of_the_published_schema() {
    let schema = Schema::read();
    for (name, document) in documents() {
        assert_eq!(schema.problems(&document), [""; 0], "{name}: {document:#?}");
    }
}

#[test]
fn what_the_schema_does_not_have_so_is_refused() {
    let schema = Schema::read();
    let (_, good) = documents().next().unwrap();
    for (name, value) in [
        ("user.shoe_size", json!(43)),
        ("alert.id", json!("x")),
        ("@timestamp", json!("2026-05-19 09:32")),
        ("event.kind", json!("alarm")),
        ("event.category", json!(["iam", "directory"])),
        ("event.type", json!("denied")),
        ("event.severity", json!(47.5)),
        ("event.risk_score", json!("47")),
        ("event.start", json!(1_779_183_120_000_u64)),
        ("rule.version", json!(1)),
        ("rule.name", json!(["one", "two"])),
        ("source.ip", json!(["192.0.2.1", "192.0.2"])),
        ("source.as.number", json!("64501")),
        ("ecs.version", json!("8.11.0")),
    ] {
        let mut bad = good.clone();
        bad.insert(name.to_owned(), value);
        let wrong = schema.problems(&bad);
        assert!(
            wrong
                .iter()
                .all(|it| it.starts_with(name) || it.starts_with("event.type"))
        );
        assert!(!wrong.is_empty(), "{name}");
    }
}

/// The fields that an index gets by the component template, and their types.
fn mapped() -> Map<String, Json> {
    let text = fs::read_to_string(path("../examples/elastic/component-template.json")).unwrap();
    let template: Json = serde_json::from_str(&text).unwrap();
    let mut fields = Map::new();
    flatten(
        "",
        &template["template"]["mappings"]["properties"],
        &mut fields,
    );
    fields
}

fn flatten(prefix: &str, properties: &Json, into: &mut Map<String, Json>) {
    for (name, mapping) in properties.as_object().unwrap() {
        let name = format!("{prefix}{name}");
        match mapping.get("properties") {
            Some(inner) => flatten(&format!("{name}."), inner, into),
            None => {
                into.insert(name, mapping["type"].clone());
            }
        }
    }
}

#[test]
fn the_template_maps_every_field_as_its_type() {
    let fields = mapped();
    let mut seen = BTreeSet::new();
    for (name, document) in documents() {
        for (field, value) in &document {
            for value in several(value) {
                let inner = value.as_object().into_iter().flatten();
                let parts = inner.map(|(part, value)| (format!("{field}.{part}"), value));
                let mut parts: Vec<(String, &Json)> = parts.collect();
                if !value.is_object() {
                    parts.push((field.clone(), value));
                }
                for (field, value) in parts {
                    let kind = fields.get(&field).and_then(Json::as_str);
                    let kind = kind.unwrap_or_else(|| panic!("{name}: {field} is not mapped"));
                    assert!(fits(kind, value), "{name}: {field} is no {kind}");
                    seen.insert(field);
                }
            }
        }
    }
    let idle: Vec<&String> = fields.keys().filter(|name| !seen.contains(*name)).collect();
    assert_eq!(idle, Vec::<&String>::new(), "mapped, and in no document");
}

#[test]
fn the_template_and_the_schema_are_of_one_mind() {
    let schema = Schema::read();
    let fields = mapped();
    let shared = fields
        .iter()
        .filter_map(|(name, kind)| Some((name, kind, schema.0.get(name)?)));
    let mut count = 0;
    for (name, kind, field) in shared {
        assert_eq!(*kind, field.kind, "{name}");
        count += 1;
    }
    assert!(count > 25, "{count}");
}

#[test]
fn the_index_template_uses_the_component_template() {
    let text = fs::read_to_string(path("../examples/elastic/index-template.json")).unwrap();
    let template: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(template["composed_of"], json!(["weir-alerts"]));
    // A revision updates its alert, which a data stream refuses.
    assert_eq!(template.get("data_stream"), None);
}
