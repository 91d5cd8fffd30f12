//! Each fixture, read by the native guest: its `expected.ndjson`, which a tool wrote, the oracle of its rule, and where no
//! oracle can tell, a truth that is written here.

use flate2::read::GzDecoder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use weir_generator::event::Event;
use weir_generator::fixture::{Fixture, all};
use weir_generator::mmdb::asn_database;
use weir_tests::compare::{
    Revision, differences, in_sequence, last_revisions, of_native, row_of_document,
};
use weir_tests::machine::{Counts, Machine};
use weir_tests::oracle::{Oracle, Rule};
use weir_tests::row::Row;
use weir_tests::rules::{WEEK, enumeration, first_client, first_network, suspicious_agent};

/// The rule of a case that names none.
const USUAL: &str = "high-4xx";
const USER: &str = "c1a5f0de-6a0b-4d0e-8f53-0b7c1f2ad9e4";

/// What no oracle can tell, since it knows no exceptions, horizons, lengths of keywords and documents that no event stands
/// for: how many events count, and of each alert user, total, errors, rate and paths.
const TRUTHS: [(&str, u64, &[&str]); 11] = [
    (
        "allow-listed-agent-beside-another",
        24,
        &["USER 24 24 1.0 24"],
    ),
    (
        "allow-listed-call-closes-nothing",
        24,
        &["USER 24 24 1.0 24"],
    ),
    ("allow-listed-network-expired", 30, &["USER 30 30 1.0 30"]),
    ("allow-listed-user", 24, &["other 24 24 1.0 24"]),
    ("both-ids", 24, &["principal 24 24 1.0 24"]),
    ("elastic-uri-nulls", 30, &[]),
    ("id-is-forgotten-at-the-horizon", 24, &["USER 21 21 1.0 20"]),
    ("nulls-in-words", 42, &["USER 21 21 1.0 21"]),
    ("over-long-keywords", 24, &[" 24 20 0.83 24"]),
    ("ticks-before-the-edge", 21, &["u 21 21 1.0 21"]),
    ("too-late-is-dropped", 21, &[]),
];

fn folder(name: &str) -> PathBuf {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    home.join("fixtures").join(name)
}

/// A folder's manifest.
struct Case {
    folder: PathBuf,
    manifest: toml::Table,
}

impl Case {
    fn read(name: &str) -> Self {
        let folder = folder(name);
        let text = fs::read_to_string(folder.join("case.toml")).unwrap();
        let manifest: toml::Table = text.parse().unwrap();
        assert!(manifest["why"].as_str().unwrap().len() > 20);
        Case { folder, manifest }
    }

    fn rule(&self) -> &str {
        let rule = self.manifest.get("rule");
        rule.map_or(USUAL, |rule| rule.as_str().unwrap())
    }

    /// A parameter, or the rule's own.
    fn number(&self, name: &str, usual: f64) -> f64 {
        let parameters = self.manifest.get("parameters");
        let value = parameters.and_then(|all| all.get(name));
        let number =
            |value: &toml::Value| value.as_float().or(value.as_integer().map(|n| n as f64));
        value.map_or(usual, |value| number(value).unwrap())
    }

    /// What the native guest finds with some parameters.
    fn find(&self, parameters: &str) -> Found {
        let mut detector = aadgraph_rules::open(&[(self.rule(), parameters)], (1, 2)).unwrap();
        if self.manifest.contains_key("asn_db") {
            detector.load_table("asn", &asn_database()).unwrap();
        }
        let mut counts = Counts::default();
        for input in inputs(&self.folder) {
            let outcome = Machine::push(&mut detector, &lines(&input));
            counts
                .iter_mut()
                .zip(outcome)
                .for_each(|(all, n)| *all += n);
        }
        detector.flush();
        let all = detector.take_alerts(u32::MAX);
        Found {
            counts,
            revisions: all.iter().map(of_native).collect(),
        }
    }

    /// What it finds with its own.
    fn run(&self) -> Found {
        let parameters = self.manifest.get("parameters");
        self.find(&parameters.map_or("{}".to_owned(), |p| json(p).to_string()))
    }

    /// Whether rows are equal; what differs where they are not.
    fn compare(&self, wanted: &[Row], found: &[Row]) -> Vec<String> {
        if self.rule() == USUAL {
            return differences(wanted, found);
        }
        let (wanted, found) = (sorted(wanted), sorted(found));
        match wanted == found {
            true => Vec::new(),
            false => vec![format!("expected {wanted:#?}, found {found:#?}")],
        }
    }

    /// What an oracle expects of the events, and how many of them it counts and knows to be duplicates.
    fn judge(&self, events: &[Event]) -> (Vec<Row>, Option<[u64; 2]>) {
        let whole = |name, usual| self.number(name, usual) as i64;
        let span = ("history_seconds", "warm_up_seconds");
        let week = WEEK as f64 / 1000.0;
        let span = (1000 * whole(span.0, week), 1000 * whole(span.1, week));
        let rows = match self.rule() {
            USUAL => {
                let mut oracle = Oracle::new(self.thresholds());
                events.iter().for_each(|event| oracle.add(event));
                return (oracle.rows(), Some([oracle.counted, oracle.duplicate]));
            }
            "enumeration" => {
                enumeration::rows(events, whole("min_distinct_endpoints", 5.0) as usize)
            }
            "suspicious-agent" => {
                let span = 1000 * whole("suppress_seconds", 3600.0);
                suspicious_agent::rows(events, span.max(1))
            }
            "first-client" => first_client::rows(events, span),
            "first-network" => first_network::rows(events, span),
            rule => panic!("{rule} has no oracle"),
        };
        (rows, None)
    }

    fn thresholds(&self) -> Rule {
        let usual = Rule::default();
        let whole = |name, usual: f64| self.number(name, usual) as usize;
        Rule {
            calls: whole("min_total_calls", usual.calls as f64) as u64,
            errors: whole("min_errors", usual.errors as f64) as u64,
            rate: self.number("min_error_rate", usual.rate),
            paths: whole("min_url_paths", usual.paths as f64),
            window: usual.window,
            values: whole("max_values", usual.values as f64),
            samples: whole("max_sample_paths", usual.samples as f64),
        }
    }
}

/// What a fixture gave.
struct Found {
    counts: Counts,
    revisions: Vec<Revision>,
}

impl Found {
    /// The alerts that stand.
    fn alerts(&self) -> Vec<&Revision> {
        last_revisions(&self.revisions)
    }

    fn rows(&self) -> Vec<Row> {
        self.alerts()
            .iter()
            .map(|alert| alert.row.clone())
            .collect()
    }

    /// Columns of each alert, one text for each.
    fn show(&self, columns: &[&str]) -> Vec<String> {
        let row = |row: &Row| {
            let cells: Vec<String> = columns.iter().map(|column| row.show(column)).collect();
            cells.join(" ").replace(USER, "USER")
        };
        self.rows().iter().map(row).collect()
    }

    /// The main columns of each alert.
    fn figures(&self) -> Vec<String> {
        self.show(&[
            "user.id",
            "Esql.total_calls",
            "Esql.errors",
            "Esql.error_rate",
            "Esql.url_path_count",
        ])
    }
}

/// All that is wrong with a fixture.
fn problems(fixture: &Fixture) -> Vec<String> {
    let case = Case::read(fixture.name);
    let found = case.run();
    let mut problems = Vec::new();
    if case.rule() == USUAL {
        problems.extend(in_sequence(&found.revisions).err());
    }
    if let Some(wanted) = case.manifest.get("counters") {
        let names = [
            "counted",
            "duplicate",
            "excluded",
            "other_data_set",
            "malformed",
            "dropped_late",
            "refused_future",
        ];
        let counts: BTreeMap<&str, u64> = names.into_iter().zip(found.counts).collect();
        for (counter, n) in wanted.as_table().unwrap() {
            if n.as_integer() != i64::try_from(counts[counter.as_str()]).ok() {
                problems.push(format!("{counter} is {}", counts[counter.as_str()]));
            }
        }
    }
    let expected = fs::read_to_string(case.folder.join("expected.ndjson")).unwrap();
    let documents = expected
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let written: Vec<Row> = documents.map(|d| row_of_document(&d)).collect();
    let differ = case.compare(&written, &found.rows()).into_iter();
    problems.extend(differ.map(|line| format!("expected.ndjson: {line}")));
    let truth = TRUTHS.iter().find(|(name, ..)| *name == fixture.name);
    match (truth, &fixture.events) {
        (Some((_, counted, rows)), _) => {
            if found.counts[0] != *counted || found.figures() != *rows {
                problems.push(format!(
                    "{} counted, {:?}",
                    found.counts[0],
                    found.figures()
                ));
            }
        }
        (None, Some(events)) => {
            let mut events = events.clone();
            if !case.manifest.contains_key("asn_db") {
                events
                    .iter_mut()
                    .for_each(|event| (event.asns, event.asn_names) = Default::default());
            }
            let (rows, counts) = case.judge(&events);
            let differ = case.compare(&rows, &found.rows()).into_iter();
            problems.extend(differ.map(|line| format!("the oracle: {line}")));
            if counts.is_some_and(|counts| counts != found.counts[..2]) {
                problems.push(format!(
                    "the oracle: {counts:?}, counted {:?}",
                    found.counts
                ));
            }
        }
        (None, None) => problems.push("has neither events nor a truth".to_owned()),
    }
    problems
}

#[test]
fn each_gives_what_is_expected_of_it() {
    let mut wrong = Vec::new();
    for fixture in all() {
        let lines = problems(&fixture).into_iter();
        wrong.extend(lines.map(|line| format!("{}: {line}", fixture.name)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let known = |name: &str| all().iter().any(|fixture| fixture.name == name);
    assert!(TRUTHS.iter().all(|(name, ..)| known(name)));
}

#[test]
fn both_sides_of_every_threshold_are_there() {
    for (name, alerts) in [
        ("total-20", 0),
        ("total-21", 1),
        ("errors-9", 0),
        ("errors-10", 1),
        ("rate-39-of-100", 0),
        ("rate-40-of-100", 1),
        ("rate-78-of-200", 0),
        ("rate-79-of-200", 1),
        ("paths-14", 0),
        ("paths-15", 1),
    ] {
        assert_eq!(Case::read(name).run().alerts().len(), alerts, "{name}");
    }
}

/// Marks and revisions are no part of a row.
#[test]
fn what_is_cut_is_marked_and_what_is_late_is_revised() {
    let marks = |name: &str| Case::read(name).run().alerts()[0].marks.clone();
    assert_eq!(marks("roadrecon-walk"), ["Esql.sample_paths capped"]);
    let both = ["Esql.user_agents capped", "Esql.sample_paths capped"];
    assert_eq!(marks("capped-lists"), both);
    let phases = |name: &str| -> Vec<String> {
        let revisions = Case::read(name).run().revisions;
        let phase = |r: &Revision| format!("{} {:?}", r.number, r.phase);
        revisions.iter().map(phase).collect()
    };
    let retracted = ["1 OnTime", "2 Retracted"];
    assert_eq!(phases("late-success-retracts"), retracted);
    assert_eq!(phases("late-event-makes-an-alert").len(), 1);
}

/// Further columns of those that no oracle judges.
#[test]
fn columns_that_no_oracle_tells() {
    let show = |name: &str, columns: &[&str]| Case::read(name).run().show(columns);
    let seen = ["Esql.time_window", "Esql.last_seen"];
    assert_eq!(
        show("ticks-before-the-edge", &seen),
        ["2026-05-19T09:30:00.000Z 2026-05-19T09:31:59.999Z"]
    );
    let name = "allow-listed-network-expired";
    assert_eq!(
        show(name, &["Esql.first_seen"]),
        ["2026-05-19T09:30:05.000Z"]
    );
    let name = "allow-listed-agent-beside-another";
    assert_eq!(
        show(name, &["Esql.user_agents"]),
        [r#"["sync/1.0","walk/1.0"]"#]
    );
    assert_eq!(show("over-long-keywords", &["Esql.app_ids"])[0].len(), 1024);
}

/// Of the first 22 calls two have two statuses, two none, and one the same twice: 17 errors.
#[test]
fn a_call_without_one_status_is_no_error() {
    let case = Case::read("status-missing-or-multivalued");
    let lower = case.find(r#"{"min_error_rate":0.38}"#);
    assert_eq!(lower.figures(), ["USER 44 17 0.39 22"]);
}

#[test]
fn generating_again_gives_the_same_files() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let all = all();
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
    assert!(fs::read(home.join("data/asn-test.mmdb")).unwrap() == asn_database());
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
