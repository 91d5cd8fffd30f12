//! What must come out of each fixture, stated here once more and apart from its
//! `expected.ndjson`, which a tool wrote. A folder without a test of its name does not
//! compile, nor does a test without its folder.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use flate2::read::GzDecoder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use weir_tests::compare::{
    Revision, differences, in_sequence, last_revisions, of_native, row_of_document,
};
use weir_tests::machine::{Counts, Machine, native};
use weir_tests::mmdb::asn_database;
use weir_tests::row::Row;

include!(concat!(env!("OUT_DIR"), "/fixtures.rs"));

/// Demands a test for each folder.
macro_rules! demand_tests {
    ($($name:ident)*) => { const _: &[fn()] = &[$($name),*]; };
}
each_fixture!(demand_tests);

/// The rule of a case that names none.
const USUAL: &str = "high-4xx";
const USER: &str = "c1a5f0de-6a0b-4d0e-8f53-0b7c1f2ad9e4";

/// What a fixture gave.
struct Found {
    alerts: Vec<Revision>,
    counts: Counts,
    all: Vec<Revision>,
}

impl Found {
    /// The alerts' columns, one text for each alert, in order.
    fn show(&self, columns: &[&str]) -> Vec<String> {
        let row = |r: &Revision| {
            columns
                .iter()
                .map(|c| r.row.show(c))
                .collect::<Vec<_>>()
                .join(" ")
        };
        self.alerts.iter().map(row).collect()
    }

    /// No alert, and so many events counted.
    fn nothing_of(&self, counted: u64) {
        assert_eq!(self.show(&["user.id", "Esql.total_calls"]), [""; 0]);
        assert_eq!(self.counts[0], counted);
    }

    /// One alert with user, total, errors, rate and paths.
    fn one(&self, expected: &str) {
        self.each(&[expected]);
    }

    /// Alerts with user, total, errors, rate and paths.
    fn each(&self, expected: &[&str]) {
        let columns = [
            "user.id",
            "Esql.total_calls",
            "Esql.errors",
            "Esql.error_rate",
            "Esql.url_path_count",
        ];
        let found: Vec<String> = self
            .show(&columns)
            .iter()
            .map(|row| row.replace(USER, "USER"))
            .collect();
        assert_eq!(found, expected);
    }

    /// A column of the only alert.
    fn column(&self, name: &str) -> String {
        assert_eq!(self.alerts.len(), 1);
        self.alerts[0].row.show(name)
    }
}

/// Runs a fixture natively; its `expected.ndjson` must say the same.
fn run(name: &str) -> Found {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name);
    let manifest: toml::Table = fs::read_to_string(folder.join("case.toml"))
        .unwrap()
        .parse()
        .unwrap();
    assert!(manifest["why"].as_str().unwrap().len() > 20);
    let parameters = manifest
        .get("parameters")
        .map_or("{}".to_owned(), |p| json(p).to_string());
    let rule = manifest.get("rule").map_or(USUAL, |r| r.as_str().unwrap());
    let mut detector = aadgraph_rules::open(&[(rule, &parameters)], (1, 2)).unwrap();
    if manifest.contains_key("asn_db") {
        detector.load_table("asn", &asn_database()).unwrap();
    }
    let mut counts = Counts::default();
    for input in inputs(&folder) {
        let outcome = Machine::push(&mut detector, &lines(&input));
        counts
            .iter_mut()
            .zip(outcome)
            .for_each(|(all, n)| *all += n);
    }
    detector.flush();
    let all: Vec<Revision> = detector
        .take_alerts(u32::MAX)
        .iter()
        .map(of_native)
        .collect();
    if rule == USUAL {
        in_sequence(&all).unwrap();
    }
    if let Some(wanted) = manifest.get("counters") {
        let names = [
            "counted",
            "duplicate",
            "excluded",
            "other_data_set",
            "malformed",
            "dropped_late",
            "refused_future",
        ];
        let found: BTreeMap<&str, u64> = names.into_iter().zip(counts).collect();
        for (counter, n) in wanted.as_table().unwrap() {
            assert_eq!(
                n.as_integer(),
                i64::try_from(found[counter.as_str()]).ok(),
                "{counter}"
            );
        }
    }
    let alerts: Vec<Revision> = last_revisions(&all).into_iter().cloned().collect();
    let rows: Vec<Row> = alerts.iter().map(|alert| alert.row.clone()).collect();
    let expected = fs::read_to_string(folder.join("expected.ndjson")).unwrap();
    let documents = expected
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let written: Vec<Row> = documents.map(|d| row_of_document(&d)).collect();
    let what = format!("{name}/expected.ndjson and the native guest");
    if rule == USUAL {
        assert_eq!(differences(&written, &rows), [""; 0], "{what}");
    } else {
        assert_eq!(sorted(&written), sorted(&rows), "{what}");
    }
    Found {
        alerts,
        counts,
        all,
    }
}

/// Rows of any rule in a form in which they can be compared: columns that no other part of a
/// document is called like, by their names.
fn sorted(rows: &[Row]) -> Vec<String> {
    let row = |row: &Row| {
        let kept = row_of_document(&Value::Object(row.0.clone())).0;
        format!("{:?}", kept.iter().collect::<BTreeMap<_, _>>())
    };
    let mut rows: Vec<String> = rows.iter().map(row).collect();
    rows.sort();
    rows
}

/// TOML's values as JSON's; a time is its text.
fn json(value: &toml::Value) -> Value {
    match value {
        toml::Value::Datetime(time) => Value::from(time.to_string()),
        toml::Value::Array(all) => all.iter().map(json).collect(),
        toml::Value::Table(all) => all.iter().map(|(key, v)| (key.clone(), json(v))).collect(),
        scalar => serde_json::to_value(scalar).unwrap(),
    }
}

fn inputs(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut inputs: Vec<PathBuf> = paths
        .filter(|p| {
            p.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("input")
        })
        .collect();
    inputs.sort();
    inputs
}

/// The file as the guest takes it: unpacked, and a pretty-printed document on one line.
fn lines(file: &Path) -> Vec<u8> {
    let mut bytes = fs::read(file).unwrap();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut text = Vec::new();
        GzDecoder::new(bytes.as_slice())
            .read_to_end(&mut text)
            .unwrap();
        bytes = text;
    }
    if file.extension().is_some_and(|e| e == "json") {
        bytes
            .iter_mut()
            .filter(|b| **b == b'\n')
            .for_each(|b| *b = b' ');
    }
    bytes
}

/// Tests whose truth is nothing but the alerts' main columns, or that there are none.
macro_rules! truths {
    ($($name:ident $constant:ident: $($expected:literal)|*;)*) => { $(
        #[test]
        fn $name() {
            run(fixture::$constant).each(&[$($expected),*]);
        }
    )* };
}

// user, total, errors, rate, paths
truths! {
    total_20 TOTAL_20: ;
    total_21 TOTAL_21: "USER 21 21 1.0 21";
    errors_9 ERRORS_9: ;
    errors_10 ERRORS_10: "USER 22 10 0.45 22";
    rate_16_of_43 RATE_16_OF_43: ;
    rate_17_of_43 RATE_17_OF_43: "USER 43 17 0.4 20";
    rate_18_of_48 RATE_18_OF_48: ;
    rate_19_of_48 RATE_19_OF_48: "USER 48 19 0.4 20";
    rate_39_of_100 RATE_39_OF_100: ;
    rate_40_of_100 RATE_40_OF_100: "USER 100 40 0.4 20";
    rate_78_of_200 RATE_78_OF_200: ;
    rate_79_of_200 RATE_79_OF_200: "USER 200 79 0.4 20";
    rate_23_of_40 RATE_23_OF_40: "USER 40 23 0.57 20";
    paths_14 PATHS_14: ;
    paths_15 PATHS_15: "USER 42 42 1.0 15";
    thresholds_by_parameter THRESHOLDS_BY_PARAMETER: "just 6 3 0.5 3";
    throttled THROTTLED: "USER 30 30 1.0 30";
    client_errors_edges CLIENT_ERRORS_EDGES: "USER 40 20 0.5 20";
    envelope ENVELOPE: "USER 24 20 0.83 24";
    bare_array BARE_ARRAY: "USER 24 20 0.83 24";
    pretty_printed PRETTY_PRINTED: "USER 24 20 0.83 24";
    gzip GZIP: "USER 24 20 0.83 24";
    windows_line_ends WINDOWS_LINE_ENDS: "USER 24 20 0.83 24";
    no_newline_at_the_end NO_NEWLINE_AT_THE_END: "USER 24 20 0.83 24";
    all_shapes_in_one_stream ALL_SHAPES_IN_ONE_STREAM: "USER 24 20 0.83 24";
    search_hits SEARCH_HITS: "USER 24 20 0.83 24";
    paths_are_exact PATHS_ARE_EXACT: "USER 30 30 1.0 15";
    raw_space_keeps_its_path RAW_SPACE_KEEPS_ITS_PATH: "USER 30 30 1.0 15";
    same_id_other_call SAME_ID_OTHER_CALL: "USER 24 20 0.83 24";
    other_data_sets OTHER_DATA_SETS: "USER 24 20 0.83 24";
    malformed_lines MALFORMED_LINES: "USER 24 20 0.83 24";
    no_request_id_no_duplicate NO_REQUEST_ID_NO_DUPLICATE: "USER 40 40 1.0 20";
    first_delivery_wins FIRST_DELIVERY_WINS: "USER 21 21 1.0 21";
    wrapped_as_text WRAPPED_AS_TEXT: "USER 21 21 1.0 21";
    wrapped_envelope WRAPPED_ENVELOPE: "USER 21 21 1.0 21";
    wrapped_twice_over WRAPPED_TWICE_OVER: "USER 21 21 1.0 21";
    splunk_export SPLUNK_EXPORT: "USER 21 21 1.0 21";
    records_of_text RECORDS_OF_TEXT: "USER 21 21 1.0 21";
    properties_as_text PROPERTIES_AS_TEXT: "USER 21 21 1.0 21";
    search_answer SEARCH_ANSWER: "USER 21 21 1.0 21";
    query_answer_tables QUERY_ANSWER_TABLES: "USER 21 21 1.0 21";
    esql_answer ESQL_ANSWER: "USER 21 21 1.0 21";
    nulls_in_words NULLS_IN_WORDS: "USER 21 21 1.0 21";
    wrapped_other_data_sets WRAPPED_OTHER_DATA_SETS: ;
    wrapped_and_cut WRAPPED_AND_CUT: "USER 21 21 1.0 21";
}

#[test]
fn roadrecon_walk() {
    let found = run(fixture::ROADRECON_WALK);
    found.one("USER 48 32 0.67 48");
    assert_eq!(
        found.column("Esql.user_agents"),
        "Python/3.11 aiohttp/3.9.5"
    );
    assert_eq!(found.column("Esql.source_asn_name"), "Example Hosting BV");
    assert_eq!(found.column("Esql.time_window"), "2026-05-19T09:30:00.000Z");
    // The samples are the refused paths only, the first 25 of 32, first seen first.
    let samples = found.alerts[0].row.0["Esql.sample_paths"]
        .as_array()
        .unwrap();
    assert_eq!(samples.len(), 25);
    assert_eq!(samples[0], "/7d0c2d1e-52f4-4c07-9a3b-1f6f5e0a9b11/groups");
    assert_eq!(
        samples[2],
        "/7d0c2d1e-52f4-4c07-9a3b-1f6f5e0a9b11/applications"
    );
    assert_eq!(found.alerts[0].marks, ["Esql.sample_paths capped"]);
}

#[test]
fn aadinternals_walk() {
    let found = run(fixture::AADINTERNALS_WALK);
    found.each(&["USER 24 21 0.88 24"; 3]);
    let windows = found.show(&["Esql.time_window"]);
    assert_eq!(
        windows,
        [
            "2026-05-19T09:30:00.000Z",
            "2026-05-19T09:32:00.000Z",
            "2026-05-19T09:34:00.000Z"
        ]
    );
}

#[test]
fn first_party_noise() {
    run(fixture::FIRST_PARTY_NOISE).nothing_of(120);
}

#[test]
fn server_errors() {
    run(fixture::SERVER_ERRORS).nothing_of(60);
}

#[test]
fn paths_over_all_calls() {
    let found = run(fixture::PATHS_OVER_ALL_CALLS);
    found.one("USER 22 10 0.45 22");
    assert_eq!(
        found.alerts[0].row.0["Esql.sample_paths"]
            .as_array()
            .unwrap()
            .len(),
        10
    );
}

#[test]
fn batch_is_one_path() {
    let found = run(fixture::BATCH_IS_ONE_PATH);
    found.one("second 40 40 1.0 15");
    assert!(found.column("Esql.sample_paths").contains("/$batch"));
}

#[test]
fn null_user() {
    let found = run(fixture::NULL_USER);
    found.one(" 30 20 0.67 30");
    assert_eq!(found.column("source.as.number"), "64501");
}

#[test]
fn null_asn() {
    let found = run(fixture::NULL_ASN);
    found.one("USER 30 20 0.67 30");
    assert_eq!(found.column("source.as.number"), "");
    assert_eq!(found.column("Esql.source_asn_name"), "");
    assert_eq!(found.column("Esql.source_ips"), "198.51.100.200");
}

#[test]
fn null_keys() {
    let found = run(fixture::NULL_KEYS);
    found.one(" 30 20 0.67 30");
    assert_eq!(
        found.column("source.as.number") + &found.column("Esql.source_ips"),
        ""
    );
}

#[test]
fn no_database() {
    let found = run(fixture::NO_DATABASE);
    found.one("USER 30 20 0.67 30");
    assert_eq!(found.column("source.as.number"), "");
    assert_eq!(
        found.column("Esql.source_ips"),
        r#"["192.0.2.40","203.0.113.24"]"#
    );
}

#[test]
fn null_user_is_its_own_group() {
    run(fixture::NULL_USER_IS_ITS_OWN_GROUP).nothing_of(30);
}

#[test]
fn both_ids() {
    run(fixture::BOTH_IDS).one("principal 24 24 1.0 24");
}

#[test]
fn two_tenants() {
    let found = run(fixture::TWO_TENANTS);
    found.one("USER 24 20 0.83 24");
    let tenants =
        r#"["00000000-0000-4000-8000-000000000002","7d0c2d1e-52f4-4c07-9a3b-1f6f5e0a9b11"]"#;
    assert_eq!(found.column("Esql.azure_tenants"), tenants);
}

#[test]
fn two_networks() {
    run(fixture::TWO_NETWORKS).nothing_of(30);
}

#[test]
fn one_network_many_addresses() {
    let found = run(fixture::ONE_NETWORK_MANY_ADDRESSES);
    found.one("USER 30 30 1.0 30");
    assert_eq!(
        found.column("source.ip"),
        r#"["2001:db8:1::7","203.0.113.24","203.0.113.9"]"#
    );
}

#[test]
fn multivalued_key() {
    let found = run(fixture::MULTIVALUED_KEY);
    found.each(&[
        "a 24 20 0.83 24",
        "a 24 20 0.83 24",
        "b 24 20 0.83 24",
        "b 24 20 0.83 24",
    ]);
    assert_eq!(
        found.show(&["source.as.number"]),
        ["64496", "64501", "64496", "64501"]
    );
    assert_eq!(found.counts[0], 24);
}

#[test]
fn status_missing_or_multivalued() {
    // Of the first 22, two have two statuses, two none, and one the same twice.
    run(fixture::STATUS_MISSING_OR_MULTIVALUED).nothing_of(44);
    let text = lines(
        &inputs(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/status-missing-or-multivalued"),
        )[0],
    );
    let mut lower = native(r#"{"min_error_rate":0.38}"#);
    lower.push(&text);
    lower.flush();
    let alerts = lower.take_alerts(9);
    let row = of_native(&alerts[0]).row;
    assert_eq!(
        [
            row.show("Esql.total_calls"),
            row.show("Esql.errors"),
            row.show("Esql.error_rate")
        ],
        ["44", "17", "0.39"]
    );
}

#[test]
fn unicode_and_escapes() {
    let found = run(fixture::UNICODE_AND_ESCAPES);
    found.one("Zoë \"☃\" \\ 𝒳 36 30 0.83 18");
    assert_eq!(found.column("Esql.user_agents"), "agent\tü");
    assert!(
        found
            .column("Esql.sample_paths")
            .contains("/T/Größe 17/ana@example.org")
    );
}

#[test]
fn one_path_many_spellings() {
    run(fixture::ONE_PATH_MANY_SPELLINGS).nothing_of(42);
}

#[test]
fn elastic_uri_nulls() {
    run(fixture::ELASTIC_URI_NULLS).nothing_of(30);
}

#[test]
fn redelivered() {
    run(fixture::REDELIVERED).nothing_of(20);
}

#[test]
fn redelivered_across_shapes() {
    run(fixture::REDELIVERED_ACROSS_SHAPES).nothing_of(20);
}

#[test]
fn over_long_keywords() {
    let found = run(fixture::OVER_LONG_KEYWORDS);
    found.one(" 24 20 0.83 24");
    assert_eq!(found.column("Esql.app_ids").len(), 1024);
}

#[test]
fn capped_lists() {
    let found = run(fixture::CAPPED_LISTS);
    found.one("USER 24 20 0.83 24");
    assert_eq!(found.column("Esql.user_agents"), r#"["a","b"]"#);
    let t = "/7d0c2d1e-52f4-4c07-9a3b-1f6f5e0a9b11/users";
    assert_eq!(
        found.column("Esql.sample_paths"),
        format!(r#"["{t}/0","{t}/1","{t}/2"]"#)
    );
    assert_eq!(
        found.alerts[0].marks,
        ["Esql.user_agents capped", "Esql.sample_paths capped"]
    );
}

#[test]
fn window_edge_splits_a_burst() {
    run(fixture::WINDOW_EDGE_SPLITS_A_BURST).nothing_of(30);
}

#[test]
fn window_edge_to_the_millisecond() {
    let found = run(fixture::WINDOW_EDGE_TO_THE_MILLISECOND);
    found.one("USER 21 21 1.0 21");
    assert_eq!(found.column("Esql.first_seen"), "2026-05-19T09:30:00.000Z");
    assert_eq!(found.column("Esql.last_seen"), "2026-05-19T09:31:59.999Z");
    assert_eq!(found.counts[0], 23);
}

#[test]
fn ticks_before_the_edge() {
    let found = run(fixture::TICKS_BEFORE_THE_EDGE);
    found.one("u 21 21 1.0 21");
    assert_eq!(found.column("Esql.time_window"), "2026-05-19T09:30:00.000Z");
    assert_eq!(found.column("Esql.last_seen"), "2026-05-19T09:31:59.999Z");
}

#[test]
fn before_1970() {
    let found = run(fixture::BEFORE_1970);
    found.one("USER 24 24 1.0 24");
    assert_eq!(found.column("Esql.time_window"), "1969-12-31T23:58:00.000Z");
    assert_eq!(found.column("Esql.last_seen"), "1969-12-31T23:59:59.999Z");
}

#[test]
fn two_windows_two_alerts() {
    let found = run(fixture::TWO_WINDOWS_TWO_ALERTS);
    found.each(&["USER 24 20 0.83 24", "USER 30 30 1.0 15"]);
    assert_ne!(found.alerts[0].id, found.alerts[1].id);
}

#[test]
fn late_event_makes_an_alert() {
    let found = run(fixture::LATE_EVENT_MAKES_AN_ALERT);
    found.one("USER 21 21 1.0 21");
    assert_eq!(found.all.len(), 1);
}

#[test]
fn late_success_retracts() {
    let found = run(fixture::LATE_SUCCESS_RETRACTS);
    found.nothing_of(53);
    let phases: Vec<_> = found
        .all
        .iter()
        .map(|r| format!("{} {:?}", r.number, r.phase))
        .collect();
    assert_eq!(phases, ["1 OnTime", "2 Retracted"]);
}

#[test]
fn too_late_is_dropped() {
    let found = run(fixture::TOO_LATE_IS_DROPPED);
    found.nothing_of(21);
    assert_eq!(found.counts[5], 1);
}

#[test]
fn id_is_forgotten_at_the_horizon() {
    let found = run(fixture::ID_IS_FORGOTTEN_AT_THE_HORIZON);
    found.one("USER 21 21 1.0 20");
    assert_eq!(found.counts, [24, 1, 0, 0, 0, 0, 0]);
}

#[test]
fn allow_listed_user() {
    let found = run(fixture::ALLOW_LISTED_USER);
    found.one("other 24 24 1.0 24");
    assert_eq!(found.counts, [24, 0, 30, 0, 0, 0, 0]);
}

#[test]
fn allow_listed_network_expired() {
    let found = run(fixture::ALLOW_LISTED_NETWORK_EXPIRED);
    found.one("USER 30 30 1.0 30");
    assert_eq!(found.column("Esql.first_seen"), "2026-05-19T09:30:05.000Z");
}

#[test]
fn allow_listed_agent_beside_another() {
    let found = run(fixture::ALLOW_LISTED_AGENT_BESIDE_ANOTHER);
    found.one("USER 24 24 1.0 24");
    let agents = r#"["sync/1.0","walk/1.0"]"#;
    assert_eq!(found.column("Esql.user_agents"), agents);
}

#[test]
fn allow_listed_call_closes_nothing() {
    let found = run(fixture::ALLOW_LISTED_CALL_CLOSES_NOTHING);
    found.one("USER 24 24 1.0 24");
    assert_eq!(found.counts, [24, 0, 1, 0, 0, 0, 0]);
}

#[test]
fn generating_again_gives_the_same_files() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let all = weir_tests::fixture::all();
    for made in &all {
        for (name, bytes) in made.files() {
            let place = home.join("fixtures").join(made.name).join(name);
            assert!(
                fs::read(&place).unwrap() == bytes,
                "{}: run `weir-generate fixtures`",
                place.display()
            );
        }
        let inputs = inputs(&home.join("fixtures").join(made.name)).len();
        assert_eq!(
            inputs + 1,
            made.files().len(),
            "{}: inputs that nobody makes",
            made.name
        );
    }
    let folders = fs::read_dir(home.join("fixtures")).unwrap().count();
    assert_eq!(folders, all.len(), "folders that nobody makes");
    assert!(fs::read(home.join("data/asn-test.mmdb")).unwrap() == weir_tests::mmdb::asn_database());
}

/// Tests of the other rules: these columns of each alert, in the alerts' order.
macro_rules! rules {
    ($($name:ident $constant:ident $columns:expr => $($expected:literal)|*;)*) => { $(
        #[test]
        fn $name() {
            assert_eq!(run(fixture::$constant).show(&$columns), [$($expected),*] as [&str; _]);
        }
    )* };
}

/// What is shown of a walk, of a suspicious agent, of a first client and of a first network.
const WALK: [&str; 3] = ["user.id", "Esql.distinct_endpoints", "Esql.request_count"];
const AGENT: [&str; 2] = ["user_agent.original", "Esql.total_calls"];
const ACTOR: [&str; 2] = ["user.id", "Esql.total_calls"];
const CLIENT: [&str; 3] = [
    "user.id",
    "azure.aadgraphactivitylogs.properties.app_id",
    "Esql.first_seen",
];
const NETWORK: [&str; 3] = ["user.id", "source.as.number", "Esql.first_seen"];

rules! {
    enumeration_4_classes ENUMERATION_4_CLASSES WALK => ;
    enumeration_5_classes ENUMERATION_5_CLASSES WALK => "five 5 5";
    enumeration_agents ENUMERATION_AGENTS WALK => "my AIOHTTP/4 5 5";
    enumeration_minutes ENUMERATION_MINUTES WALK => "one-minute 5 5";
    enumeration_tenants ENUMERATION_TENANTS WALK => ;
    enumeration_other_paths ENUMERATION_OTHER_PATHS WALK => ;
    enumeration_nested ENUMERATION_NESTED WALK => ;
    enumeration_by_parameter ENUMERATION_BY_PARAMETER WALK => "three 3 3";
    suspicious_agent_patterns SUSPICIOUS_AGENT_PATTERNS AGENT =>
        "AADInternals 1" | "BAV2ROPC 1" | "Go-http-client/2.0 1" | "Python/3.11 aiohttp/3.9.5 1" | "axios/1.7.2 1"
        | "azurehound/v2.1 1" | "curl/8.5.0 1" | "fasthttp 1" | "go-resty/2.7.0 1" | "node-fetch 1"
        | "okhttp/4.12.0 1" | "python-requests/2.32.3 1" | "undici 1";
    suspicious_agent_actors SUSPICIOUS_AGENT_ACTORS ACTOR => "actor-User 1";
    suspicious_agent_hour SUSPICIOUS_AGENT_HOUR AGENT => "curl/8.5.0 2" | "curl/8.5.0 1";
    suspicious_agent_each SUSPICIOUS_AGENT_EACH AGENT => "curl/8.5.0 1" | "curl/8.5.0 1" | "curl/8.5.0 1";
    first_client_week FIRST_CLIENT_WEEK CLIENT => "new app 2026-05-26T09:00:00.001Z";
    first_client_warm_up FIRST_CLIENT_WARM_UP CLIENT => "warm app 2026-05-26T09:00:00.000Z";
    first_client_excluded FIRST_CLIENT_EXCLUDED CLIENT =>
        "user 18ed3507-a475-4ccb-b669-d66bc9f2a36f 2026-05-19T09:00:00.000Z";
    first_client_actors FIRST_CLIENT_ACTORS CLIENT => "person app 2026-05-19T09:00:00.000Z";
    first_network_week FIRST_NETWORK_WEEK NETWORK =>
        "moved 64502 2026-05-26T09:00:00.000Z" | "new 64501 2026-05-26T09:00:00.001Z";
    first_network_excluded FIRST_NETWORK_EXCLUDED NETWORK =>
        "hoster 8076 2026-05-19T09:00:00.000Z" | "two 64501 2026-05-19T09:00:00.000Z"
        | "two 64502 2026-05-19T09:00:00.000Z";
}
