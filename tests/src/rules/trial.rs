//! All rules on the log in one detector, on a random stream: whatever the order, the batches, the
//! workers and the restarts, each finds what its batch engine does.

use super::{enumeration, first_client, first_network, stream, suspicious_agent};
use crate::compare::{Revision, final_rows, of_native};
use crate::oracle;
use crate::row::Row;
use aadgraph::log::AadGraph;
use std::collections::BTreeMap;
use weir_detector::detector::Detector;
use weir_generator::event::Event;
use weir_generator::mmdb::asn_database;
use weir_generator::random::Random;
use weir_generator::render::{SHAPES, Style, document, lines};

/// How a stream is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// In batches of any size.
    Batches,
    /// With restarts from snapshots.
    Restarts,
    /// To workers, whose states are merged.
    Workers,
    /// To workers that only aggregate, whose states are merged now and then.
    Partial,
    /// To workers, group by group.
    Groups,
}

/// A random case.
struct Case {
    random: Random,
    events: Vec<Event>,
    /// The rules by their short names: parameters, and what must be found.
    rules: Vec<(&'static str, String, Vec<Row>)>,
}

/// Seconds for which late events are taken: all of a stream.
const LATENESS: u64 = 30 * 24 * 3600;
const SEED: (u64, u64) = (0x5eed, 0xfeed);

impl Case {
    fn new(seed: u64) -> Case {
        let events = stream::stream(seed);
        let mut random = Random::new(seed ^ 0x7215);
        let common = format!(
            "\"allowed_lateness_seconds\":{LATENESS},\"dedup_horizon_seconds\":{LATENESS},\"early\":{}",
            random.one_in(2)
        );
        let least = *random.pick(&[1, 2, 3, 5]);
        let suppress = *random.pick(&[0, 60, 3600]);
        let history = *random.pick(&[60, 86_400, 604_800, 604_800]);
        let warm_up = *random.pick(&[0, 86_400, history]);
        let span = (history * 1000, warm_up * 1000);
        let first =
            format!("{{{common},\"history_seconds\":{history},\"warm_up_seconds\":{warm_up}}}");
        let rules = vec![
            (
                "high-4xx",
                format!("{{{common}}}"),
                oracle::rows(&events, &oracle::Rule::default()),
            ),
            (
                "enumeration",
                format!("{{{common},\"min_distinct_endpoints\":{least}}}"),
                enumeration::rows(&events, least),
            ),
            (
                "suspicious-agent",
                format!("{{{common},\"suppress_seconds\":{suppress}}}"),
                suspicious_agent::rows(&events, (suppress * 1000).max(1)),
            ),
            (
                "first-client",
                first.clone(),
                first_client::rows(&events, span),
            ),
            ("first-network", first, first_network::rows(&events, span)),
        ];
        Case {
            random,
            events,
            rules,
        }
    }

    /// A detector on all rules.
    fn open(&self, partial: bool) -> Result<Detector<AadGraph>, String> {
        let parameters = |text: &str| match partial {
            true => text.replacen('{', "{\"partial\":true,", 1),
            false => text.to_owned(),
        };
        let wanted: Vec<(&str, String)> = { self.rules.iter() }
            .map(|(name, text, _)| (*name, parameters(text)))
            .collect();
        let wanted: Vec<(&str, &str)> = { wanted.iter() }
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        let mut detector = aadgraph_rules::open(&wanted, SEED).map_err(|e| format!("{e:?}"))?;
        let loaded = detector.load_table("asn", &asn_database());
        loaded.map_err(|e| format!("{e:?}"))?;
        Ok(detector)
    }

    /// Lines in the order of their arrival.
    fn lines(&mut self) -> Vec<String> {
        let random = &mut self.random;
        if random.one_in(2) {
            random.shuffle(&mut self.events);
        }
        let style = *random.pick(&[Style::Wild, Style::Brief]);
        let documents: Vec<String> = { self.events.iter() }
            .map(|event| document(event, *random.pick(&SHAPES), style, random))
            .collect();
        lines(&documents, random)
    }

    /// What differs from what must be found.
    fn judge(&self, revisions: &BTreeMap<String, Vec<Revision>>) -> Result<(), String> {
        for (name, parameters, wanted) in &self.rules {
            let [configured] = &aadgraph_rules::configured(&[(name, "{}")])[..] else {
                return Err(format!("{name}: there is no such rule"));
            };
            let found = revisions
                .get(&configured.rule)
                .map_or(Vec::new(), |all| final_rows(all));
            let texts = |rows: &[Row]| {
                let mut texts: Vec<String> = rows.iter().map(sorted).collect();
                texts.sort();
                texts
            };
            let (wanted, found) = (texts(wanted), texts(&found));
            let only = |some: &[String], others: &[String]| -> Vec<String> {
                some.iter()
                    .filter(|text| !others.contains(text))
                    .cloned()
                    .collect()
            };
            if wanted != found {
                let (missing, surplus) = (only(&wanted, &found), only(&found, &wanted));
                return Err(format!(
                    "{name} {parameters}\nmissing: {missing:#?}\nsurplus: {surplus:#?}"
                ));
            }
        }
        Ok(())
    }
}

/// A row as text, its columns by name.
fn sorted(row: &Row) -> String {
    let columns: BTreeMap<&String, &serde_json::Value> = row.0.iter().collect();
    format!("{columns:?}")
}

/// Takes what is ready, by rule.
fn take(detector: &mut Detector<AadGraph>, into: &mut BTreeMap<String, Vec<Revision>>) {
    for alert in detector.take_alerts(u32::MAX) {
        into.entry(alert.rule.clone())
            .or_default()
            .push(of_native(&alert));
    }
}

/// Checks the rules on the random case of a seed.
///
/// # Errors
/// What differs, rule by rule.
pub fn check(seed: u64, way: Way) -> Result<usize, String> {
    let mut case = Case::new(seed);
    let lines = case.lines();
    let mut random = Random::new(seed ^ 0x51);
    let mut one = case.open(false)?;
    let mut found = BTreeMap::new();
    let mut rest = lines.as_slice();
    while !rest.is_empty() {
        let (some, after) = rest.split_at(1 + random.index(rest.len()));
        rest = after;
        match way {
            Way::Batches | Way::Restarts => drop(one.push(some.join("\n").as_bytes())),
            Way::Workers | Way::Partial | Way::Groups => {
                workers(&case, way, some, &mut one, &mut random)?;
            }
        }
        if way == Way::Restarts {
            let state = one.snapshot();
            one = case.open(false)?;
            one.merge(&state).map_err(|e| format!("{e:?}"))?;
        }
        if way != Way::Workers && random.one_in(2) {
            take(&mut one, &mut found);
        }
    }
    one.flush();
    take(&mut one, &mut found);
    case.judge(&found)?;
    Ok(case.rules.iter().map(|(.., rows)| rows.len()).sum())
}

/// Lines for two workers, whose states are merged into the one.
fn workers(
    case: &Case,
    way: Way,
    lines: &[String],
    one: &mut Detector<AadGraph>,
    random: &mut Random,
) -> Result<(), String> {
    let mut two = [
        case.open(way != Way::Workers)?,
        case.open(way != Way::Workers)?,
    ];
    for line in lines {
        two[random.index(2)].push(line.as_bytes());
    }
    for mut worker in two {
        if way == Way::Groups {
            loop {
                let groups = worker.take_groups(7);
                if groups.is_empty() {
                    break;
                }
                for group in groups {
                    one.merge(&group.state).map_err(|e| format!("{e:?}"))?;
                }
            }
        }
        one.merge(&worker.snapshot())
            .map_err(|e| format!("{e:?}"))?;
    }
    Ok(())
}
