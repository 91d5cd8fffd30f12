//! What is read off a ledger is what detectors with those settings give; and what
//! docs/tuning.md shows is what comes out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use high_4xx::RULE_ID;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::Value as Json;
use weir_common::moment::read_time;
use weir_config::named::named_parts;
use weir_generator::mmdb::asn_database;
use weir_generator::random::Random;
use weir_generator::render::{Shape, Style, document};
use weir_generator::stream::{Endless, Knobs, stream};
use weir_host::contract::{Configuration, Verdict};
use weir_host::{Limits, Sandbox};
use weir_ledger::explain::{Explain, Query};
use weir_ledger::tune::{Burst, Tuning, Wanted, tune};
use weir_ledger::{LedgerFile, NdjsonLedger, ParquetLedger, Scheme};
use weir_pipeline::ledger::Ledger;
use weir_sinks::output::Output;
use weir_tests::compare::final_rows;
use weir_tests::machine::native;
use weir_tests::oracle::{Oracle, Rule};
use weir_tests::plan::Plan;

static SANDBOX: LazyLock<Sandbox> =
    LazyLock::new(|| Sandbox::new(weir_shipped::COMPONENT, &Limits::default()).unwrap());

/// A configuration with other settings.
fn with(configuration: &str, settings: &[(&str, f64)]) -> String {
    let mut json: Json = serde_json::from_str(configuration).unwrap();
    for (name, value) in settings {
        json[*name] = match value.fract() == 0.0 && *name != "min_error_rate" {
            true => Json::from(*value as u64),
            false => Json::from(*value),
        };
    }
    json.to_string()
}

/// The ledger of lines under a configuration.
fn verdicts(configuration: &str, lines: &[String]) -> Vec<Verdict> {
    let mut configuration: Json = serde_json::from_str(configuration).unwrap();
    configuration["verdicts"] = true.into();
    let mut detector = SANDBOX
        .open(
            &[Configuration::of(RULE_ID, configuration.to_string())],
            (1, 2),
        )
        .unwrap();
    detector.load_table("asn", &asn_database()).unwrap();
    for some in lines.chunks(500) {
        detector.push(some.join("\n").as_bytes()).unwrap();
    }
    detector.flush().unwrap();
    let mut all = Vec::new();
    loop {
        let some = detector.take_verdicts().unwrap();
        if some.is_empty() {
            return all;
        }
        all.extend(some);
    }
}

/// Both forms of a ledger, in a folder.
fn write(verdicts: &[Verdict], floor: f64, folder: &Path) -> [PathBuf; 2] {
    let scheme = Scheme::new(&SANDBOX.describe().unwrap()[0], floor).unwrap();
    let paths = ["ledger.ndjson", "ledger.parquet"].map(|name| folder.join(name));
    let mut ledgers: [Box<dyn Ledger>; 2] = [
        Box::new(NdjsonLedger::new(
            vec![scheme.clone()],
            Output::create(&paths[0]).unwrap(),
        )),
        Box::new(ParquetLedger::create(&paths[1], vec![scheme]).unwrap()),
    ];
    for ledger in &mut ledgers {
        verdicts.iter().for_each(|one| ledger.enter(one).unwrap());
        ledger.finish().unwrap();
    }
    paths
}

fn tuned(path: &Path, wanted: &Wanted) -> Result<Tuning, weir_host::Error> {
    let rule = SANDBOX.describe().unwrap().remove(0);
    let scheme = Scheme::new(&rule, 0.0).unwrap();
    tune(&LedgerFile::open(path)?, &rule, &scheme, wanted)
}

/// What a detector with a configuration finds: alerts, users and windows.
fn found(configuration: &str, lines: &[String]) -> [u64; 3] {
    let mut detector = native(configuration);
    for some in lines.chunks(500) {
        detector.push(some.join("\n").as_bytes());
    }
    detector.flush();
    let mut machine: Box<dyn weir_tests::machine::Machine> = Box::new(detector);
    let rows = final_rows(&machine.revisions());
    let distinct = |name: &str| {
        rows.iter()
            .map(|row| row.show(name))
            .collect::<BTreeSet<_>>()
            .len()
    };
    [
        rows.len(),
        distinct("user.id"),
        distinct("Esql.time_window"),
    ]
    .map(|n| n as u64)
}

/// One random stream, its ledger in both forms, and every answer of them.
fn case(seed: u64) -> Result<(), String> {
    let (plan, knobs) = Plan::random(seed);
    let knobs = Knobs {
        identified: true,
        ..knobs
    };
    let events = plan.ordered(&stream(plan.seed, knobs));
    let (lines, ..) = plan.lines(&events);
    let mut random = Random::new(seed ^ 9);
    let floor = *random.pick(&[0.0, 0.25, 0.5]);
    let configuration = plan.configuration();
    let verdicts = verdicts(&with(&configuration, &[("verdicts_floor", floor)]), &lines);
    if verdicts.is_empty() {
        return Ok(());
    }
    let folder = tempfile::tempdir().unwrap();
    let wanted = Wanted {
        top: 1000,
        ..Wanted::default()
    };
    let scheme = Scheme::new(&SANDBOX.describe().unwrap()[0], floor).unwrap();
    let mut told = Vec::new();
    for path in write(&verdicts, floor, folder.path()) {
        let mut tuning = tuned(&path, &wanted).map_err(|error| error.to_string())?;
        tuning.name = String::new();
        told.push((weir_ledger::tune::json(&tuning, &scheme), tuning));
    }
    let (parquet, tuning) = told.pop().unwrap();
    if told[0].0 != parquet {
        return Err(format!("NDJSON: {}\nParquet: {parquet}", told[0].0));
    }
    let agrees = |settings: &[(&str, f64)], claimed: &[u64]| {
        let found = found(&with(&configuration, settings), &lines);
        match found[..claimed.len()] == *claimed {
            true => Ok(()),
            false => Err(format!(
                "{settings:?}: a run finds {found:?}, tune says {claimed:?}"
            )),
        }
    };
    for sweep in &tuning.sweeps {
        for row in sweep.rows.iter().filter(|row| row.answerable) {
            let count = row.count;
            let claimed = [count.alerts, count.users, count.windows];
            agrees(&[(&sweep.parameter, row.value)], &claimed)?;
        }
    }
    for grid in &tuning.grids {
        let (x, y) = (
            random.index(grid.values[0].len()),
            random.index(grid.values[1].len()),
        );
        if let Some((alerts, users)) = grid.cells[x][y] {
            let [one, other] = &grid.parameters;
            let settings = [
                (one.as_str(), grid.values[0][x]),
                (other, grid.values[1][y]),
            ];
            agrees(&settings, &[alerts, users])?;
        }
    }
    for burst in tuning.boundary.bursts.iter().filter(|burst| burst.certain) {
        would_alert(burst, &plan, &events)?;
    }
    Ok(())
}

/// Whether a burst alerts where no edge cuts it in two.
fn would_alert(
    burst: &Burst,
    plan: &Plan,
    events: &[weir_generator::event::Event],
) -> Result<(), String> {
    let mut oracle = Oracle::new(Rule {
        window: 1 << 52,
        ..plan.rule()
    });
    let span = burst.before.first_seen..=burst.after.last_seen;
    let seen = events.iter().filter(|event| span.contains(&event.time));
    let hidden =
        |event: &&weir_generator::event::Event| !plan.exceptions.iter().any(|e| e.hides(event));
    seen.filter(hidden).for_each(|event| oracle.add(event));
    let text = |at: usize| weir_text(&burst.before.key[at].value);
    let alerts = oracle
        .rows()
        .iter()
        .any(|row| row.show("user.id") == text(0) && row.show("source.as.number") == text(1));
    match alerts || plan.late.is_some() {
        true => Ok(()),
        false => Err(format!("a certain burst does not alert alone: {burst:?}")),
    }
}

fn weir_text(value: &Option<weir_host::contract::Value>) -> String {
    match value {
        Some(weir_host::contract::Value::Text(text)) => text.clone(),
        Some(weir_host::contract::Value::Integer(number)) => number.to_string(),
        _ => String::new(),
    }
}

#[test]
fn every_setting_gives_what_a_detector_with_it_gives() {
    let mut runner = TestRunner::new(Config {
        cases: crate::common::cases() / 4,
        failure_persistence: None,
        max_shrink_iters: 0,
        ..Config::default()
    });
    let result = runner.run(&any::<u64>(), |seed| {
        case(seed).map_err(|why| TestCaseError::fail(format!("seed {seed}: {why}")))
    });
    if let Err(e) = result {
        panic!("{e}");
    }
}

/// The logs of docs/tuning.md: `weir-generate --edges --events 20000 --seed 7`.
fn edges() -> Vec<String> {
    let mut random = Random::new(7 ^ 0x9e37);
    Endless::new(7)
        .take(20_000)
        .map(|event| document(&event, Shape::EventHub, Style::Wild, &mut random))
        .collect()
}

fn example(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    std::fs::read_to_string(root.join("examples/tuning").join(name)).unwrap()
}

#[test]
fn the_examples_are_what_comes_out() {
    let verdicts = verdicts("{}", &edges());
    let folder = tempfile::tempdir().unwrap();
    let scheme = Scheme::new(&SANDBOX.describe().unwrap()[0], 0.0).unwrap();
    let wanted = Wanted {
        top: 5,
        ..Wanted::default()
    };
    for path in write(&verdicts, 0.0, folder.path()) {
        let mut tuning = tuned(&path, &wanted).unwrap();
        tuning.name = "ledger.parquet".to_owned();
        assert_eq!(
            weir_ledger::tune::table(&tuning, &scheme),
            example("tune.txt")
        );
        for name in ["near.txt", "user.txt"] {
            let mut asked = Query::default();
            if name == "near.txt" {
                asked.top = Some(3);
            } else {
                let parts = ["user.id=u-2", "source.as.number=null"].map(str::to_owned);
                let rule = &SANDBOX.describe().unwrap()[0];
                asked.key = named_parts(&parts, &rule.key).unwrap();
                asked.from = Some(read_time("2026-05-19T09:58:00Z").unwrap());
                asked.to = Some(read_time("2026-05-19T10:02:00Z").unwrap());
            }
            let mut explain = Explain::new(scheme.clone(), asked);
            explain.read(&LedgerFile::open(&path).unwrap()).unwrap();
            let shown = weir_ledger::explain::table(&explain.finish().entries, &scheme);
            assert_eq!(shown, example(name));
        }
    }
}
