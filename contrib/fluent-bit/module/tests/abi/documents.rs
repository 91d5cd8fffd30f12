//! Tests that alerts equal the documents of the component in the host, byte for byte.

use crate::events::closing;
use crate::host::Host;
use aadgraph_4xx_fluent_bit::{Answer, Filter, Format, Time};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use weir_generator::random::Random;
use weir_generator::render::{SHAPES, Style, document};
use weir_generator::tenant::Tenant;
use weir_host::contract::Configuration;
use weir_host::{Limits, Sandbox};
use weir_sinks::output::EcsRenderer;

/// The documents that `weir run` writes for these records under a clock.
fn wanted(sandbox: &Sandbox, parameters: &str, asn: &[u8], records: &[Vec<u8>]) -> Vec<String> {
    let rule = &sandbox.describe().unwrap()[0];
    let configuration = [Configuration::of(&rule.id, parameters)];
    let mut detector = sandbox.open(&configuration, (3, 4)).unwrap();
    if !asn.is_empty() {
        detector.load_table("asn", asn).unwrap();
    }
    let renderer = EcsRenderer::new(rule);
    let now = i64::from(crate::calls::NOW) * 1000;
    detector.advance(None, Some(now)).unwrap();
    for record in records {
        detector.push(record).unwrap();
    }
    detector.flush().unwrap();
    let mut lines = Vec::new();
    loop {
        let alerts = detector.take_alerts().unwrap();
        if alerts.is_empty() {
            return lines;
        }
        lines.extend(alerts.iter().map(|alert| renderer.line(alert)));
    }
}

/// Whether a fixture names another rule: the module has only the default one.
fn is_of_another_rule(folder: &Path) -> bool {
    let case = fs::read_to_string(folder.join("case.toml")).unwrap();
    let case: toml::Table = case.parse().unwrap();
    case.contains_key("rule") || case.contains_key("rules")
}

/// The records of a fixture, its parameters, and whether it wants the database.
fn fixture(folder: &Path) -> (Vec<Vec<u8>>, String) {
    let mut parameters = "{}".to_owned();
    let mut records = Vec::new();
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        if name == "case.toml" {
            let case: toml::Table = fs::read_to_string(&file).unwrap().parse().unwrap();
            if let Some(given) = case.get("parameters") {
                parameters = plain(given).to_string();
            }
        } else if name.starts_with("input") && name.ends_with(".json") {
            records.push(fs::read(&file).unwrap().replace_ends());
        } else if name.starts_with("input") && name.ends_with(".ndjson") {
            let text = fs::read(&file).unwrap();
            let lines = text
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty());
            records.extend(lines.map(<[u8]>::to_vec));
        }
    }
    (records, parameters)
}

trait ReplaceEnds {
    /// The document on one line, as the host's framer has it.
    fn replace_ends(self) -> Self;
}

impl ReplaceEnds for Vec<u8> {
    fn replace_ends(mut self) -> Self {
        self.iter_mut()
            .filter(|byte| **byte == b'\n')
            .for_each(|byte| *byte = b' ');
        self
    }
}

/// TOML's values as JSON's; a time is its text.
fn plain(value: &toml::Value) -> Value {
    match value {
        toml::Value::Datetime(time) => json!(time.to_string()),
        toml::Value::Array(all) => all.iter().map(plain).collect(),
        toml::Value::Table(all) => all
            .iter()
            .map(|(key, value)| (key.clone(), plain(value)))
            .collect(),
        scalar => serde_json::to_value(scalar).unwrap(),
    }
}

#[test]
fn each_fixture_gives_the_documents_of_weir_run() {
    let sandbox = Sandbox::new(weir_shipped::COMPONENT, &Limits::default()).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/fixtures");
    let mut alerts = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let folder = entry.unwrap().path();
        if is_of_another_rule(&folder) {
            continue;
        }
        let (records, parameters) = fixture(&folder);
        let wanted = wanted(&sandbox, &parameters, &[], &records);
        let mut host = Host::with(&format!(r#"{{"parameters":{parameters}}}"#));
        for record in &records {
            host.event(record);
        }
        let found: Vec<String> = host.silence(400).iter().map(Value::to_string).collect();
        assert_eq!(found, wanted, "{}", folder.display());
        alerts += found.len();
    }
    assert!(alerts > 40, "{alerts}");
}

#[test]
fn a_tenants_hour_gives_the_documents_of_weir_run() {
    let sandbox = Sandbox::new(weir_shipped::COMPONENT, &Limits::default()).unwrap();
    let mut random = Random::new(5);
    let mut records: Vec<Vec<u8>> = Tenant::new(60_000, 3, 1)
        .map(|event| {
            let shape = SHAPES[random.index(SHAPES.len())];
            document(&event, shape, Style::Plain, &mut random).into_bytes()
        })
        .collect();
    records.push(closing().to_string().into_bytes());
    let asn = weir_generator::mmdb::asn_database();
    let wanted_with = wanted(&sandbox, "{}", &asn, &records);
    let wanted_without = wanted(&sandbox, "{}", &[], &records);
    assert!(!wanted_with.is_empty() && wanted_with != wanted_without);

    let mut host = Host::with("{}");
    for record in &records {
        host.event(record);
    }
    let found: Vec<String> = host.silence(400).iter().map(Value::to_string).collect();
    assert_eq!(found, wanted_without);

    // The database is built into a module; here it is in the same filter, natively.
    let mut filter = Filter::new("{}", Vec::leak(asn), (1, 1));
    let mut found = Vec::new();
    let mut tick = |filter: &mut Filter, n: u32| {
        let time = Time {
            seconds: crate::calls::NOW + n,
            nanoseconds: 0,
        };
        if let Answer::Text(text) = filter.tick(Format::Json, time, b"{}") {
            found.extend(
                crate::calls::parsed(&text)
                    .alerts
                    .iter()
                    .map(Value::to_string),
            );
        }
    };
    tick(&mut filter, 0);
    for record in &records {
        filter.event(Format::Json, record);
    }
    for n in 1..400 {
        tick(&mut filter, n);
    }
    assert_eq!(found, wanted_with);
}
