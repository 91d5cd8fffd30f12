//! All alerts that the fixtures give, in every phase.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::json;
use weir_cases::{self, Case};
use weir_config::configured::{choose, configurations, configure, usual};
use weir_host::contract::{Alert, Phase, Rule};
use weir_host::{Limits, Sandbox};
use weir_sources::frame::{Framer, Piece, Sizes};
use weir_sources::input::Source;

/// What the fixtures give.
pub(crate) struct Given {
    rules: Vec<Rule>,
    /// Each with the fixture and the way that gave it.
    pub(crate) alerts: Vec<(String, Alert)>,
}

impl Given {
    /// The rule of an alert.
    pub(crate) fn rule_of(&self, alert: &Alert) -> &Rule {
        let mut rules = self.rules.iter();
        rules.find(|rule| rule.id == alert.rule).unwrap()
    }
}

/// Found once for all tests.
pub(crate) static GIVEN: LazyLock<Given> = LazyLock::new(given);

/// A path in the folder of this crate.
pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn the_fixtures_give_every_phase() {
    let has = |phase| GIVEN.alerts.iter().any(|(_, alert)| alert.phase == phase);
    let all = [Phase::Early, Phase::OnTime, Phase::Late, Phase::Retracted];
    assert!(all.into_iter().all(has));
    assert!(
        GIVEN
            .alerts
            .iter()
            .any(|(_, alert)| !alert.truncated.is_empty())
    );
    assert!(
        GIVEN
            .alerts
            .iter()
            .any(|(_, alert)| alert.key.iter().any(|part| part.value.is_none()))
    );
}

fn given() -> Given {
    let sandbox = Sandbox::new(weir_shipped::COMPONENT, &Limits::default()).unwrap();
    let rules = sandbox.describe().unwrap();
    let mut alerts = Vec::new();
    for found in weir_cases::find(&[path("fixtures")]).unwrap().cases {
        let folder = found.folder;
        let case = Case::read(&folder).unwrap();
        let documents = documents(&case);
        for way in ["as it is", "early", "backwards"] {
            let mut parameters = case.parameters.clone();
            if way == "early" {
                parameters.insert("early".to_owned(), json!(true));
            }
            let chosen = choose(&rules, &usual(&sandbox, &case.rules)).unwrap();
            let chosen = configure(&rules, chosen, &parameters, &case.origins).unwrap();
            let mut detector = sandbox.open(&configurations(&chosen), (1, 2)).unwrap();
            for (name, path) in &case.tables {
                detector.load_table(name, &fs::read(path).unwrap()).unwrap();
            }
            let name = format!("{} {way}", folder.file_name().unwrap().to_string_lossy());
            let mut documents: Vec<&Vec<u8>> = documents.iter().collect();
            if way == "backwards" {
                documents.reverse();
            }
            for document in documents {
                detector.push(document).unwrap();
            }
            detector.flush().unwrap();
            alerts.extend(
                detector
                    .alerts()
                    .map(|alert| (name.clone(), alert.unwrap())),
            );
        }
    }
    Given { rules, alerts }
}

/// A case's documents, each with its line's end.
fn documents(case: &Case) -> Vec<Vec<u8>> {
    let sizes = Sizes {
        batch: 1 << 20,
        record: 1 << 20,
    };
    let mut documents = Vec::new();
    for input in &case.inputs {
        let reader = Source::File(input.clone()).open().unwrap();
        let mut framer = Framer::new(reader, sizes, true);
        while let Some(piece) = framer.next_piece().unwrap() {
            if let Piece::Batch(batch) = piece {
                let lines = batch.bytes.split(|byte| *byte == b'\n');
                documents.extend(lines.map(|line| [line, b"\n"].concat()));
            }
        }
    }
    documents
}
