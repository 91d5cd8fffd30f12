//! Random pairs of a rule in ES|QL and a stream: the alerts of the component's rules equal the rows of
//! the language's reference evaluation over naively cut windows.
//!
//! [`pair`] tries one. What rules are made of stays in memory and is numbered for the whole process,
//! so that many pairs are tried by several processes, one after another.
#![forbid(unsafe_code)]

mod queries;
mod rows;

use queries::{Generator, Query, Shape};
use rows::{EVERY, LENGTH, Row, SECONDS, START};
use weir_compile::{Choice, Compilation, State, compile, sources};
use weir_compiled::format::RuleSpec;
use weir_compiled::log::Documents;
use weir_detector::detector::Detector;
use weir_detector::judgement::Judgement;
use weir_detector::model::{Alert, Phase, RuleConfiguration};

/// Documents of a stream.
const DOCUMENTS: usize = 40;
/// Why a random rule may be left out.
const LEFT_OUT: [&str; 2] = ["empty-group", "program-too-large"];

/// What came of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Both have the same rows, so many.
    Equal(usize),
    /// The rule does not compile, for these reasons.
    LeftOut(Vec<&'static str>),
}

/// A rule file of a query.
#[must_use]
pub fn rule(id: &str, query: &str, rest: &str) -> String {
    format!(
        "[metadata]\nmaturity = \"production\"\n\n[rule]\nrule_id = \"{id}\"\nname = \"Rule {id}\"\n\
         description = \"A rule of the tests.\"\nseverity = \"medium\"\nrisk_score = 47\n\
         language = \"esql\"\ntype = \"esql\"\n{rest}query = '''\n{query}\n'''\n"
    )
}

/// The rules of files.
#[must_use]
pub fn compiled(texts: &[String]) -> Compilation {
    let files = (0..)
        .zip(texts)
        .map(|(at, text): (u32, _)| sources::file(&format!("{at}.toml"), text.clone(), false));
    compile(&files.collect::<Vec<_>>(), &Choice::default())
}

/// A detector on all rules.
///
/// # Errors
/// What is wrong with the definitions or the parameters.
pub fn opened(specs: &'static [RuleSpec], parameters: &str) -> Result<Detector<Documents>, String> {
    let configured: Vec<RuleConfiguration> = { specs.iter() }
        .map(|spec| {
            // Rules of other types have no such parameter.
            let terms = matches!(spec.judgement, Judgement::FirstSeen { .. });
            RuleConfiguration {
                rule: spec.id.clone(),
                parameters: if terms {
                    WARM.to_owned()
                } else {
                    parameters.to_owned()
                },
            }
        })
        .collect();
    let rules = weir_compiled::rules(specs)?;
    let opened = Detector::open(rules, &configured, (1, 2));
    opened.map_err(|problems| format!("{problems:?}"))
}

/// New terms alert from the first event on.
const WARM: &str = r#"{"warm_up_seconds":0}"#;

/// The last revisions, without those that are retracted.
#[must_use]
pub fn last(alerts: Vec<Alert>) -> Vec<Alert> {
    let mut standing: Vec<Alert> = Vec::new();
    for alert in alerts {
        let is_older = |old: &Alert| {
            old.rule == alert.rule && old.window == alert.window && old.key == alert.key
        };
        standing.retain(|old| !is_older(old));
        if alert.phase != Phase::Retracted {
            standing.push(alert);
        }
    }
    standing
}

/// Tries pair `number` of a seed.
///
/// # Errors
/// The query, the documents, and the rows in which the two differ.
pub fn pair(seed: u64, number: u64) -> Result<Outcome, String> {
    let mut generator = Generator::new(seed.wrapping_mul(1_000_003).wrapping_add(number));
    let query = generator.query();
    let told = |what: String| format!("seed {seed}, pair {number}: {}\n{what}", query.text);
    let rest = format!("from = \"now-{LENGTH}s\"\ninterval = \"{EVERY}s\"\n");
    let compilation = compiled(&[rule("x", &query.text, &rest)]);
    let outcomes = compilation.outcomes.iter();
    let left_out = { outcomes.clone() }.any(|outcome| outcome.state != State::Compiled);
    if left_out || compilation.specs.is_empty() {
        let findings = outcomes.flat_map(|outcome| &outcome.findings);
        let codes: Vec<&str> = findings.clone().map(|finding| finding.code).collect();
        return match codes.iter().all(|code| LEFT_OUT.contains(code)) {
            true => Ok(Outcome::LeftOut(codes)),
            false => Err(told(format!("{:?}", findings.collect::<Vec<_>>()))),
        };
    }
    let documents: Vec<(i64, String)> = (0..DOCUMENTS)
        .map(|id| {
            let second =
                i64::try_from(generator.below(usize::try_from(SECONDS).unwrap_or(1))).unwrap_or(0);
            (START + second * 1000, generator.document(id, second))
        })
        .collect();
    let specs: &'static [RuleSpec] = Box::leak(compilation.specs.into_boxed_slice());
    // Windows that slide are told of at every boundary, or once an episode.
    let every = number.is_multiple_of(2);
    let mut found = found(&query, specs, &documents, every).map_err(told)?;
    let mut wanted = rows::wanted(&query, &documents, every).map_err(told)?;
    found.sort();
    wanted.sort();
    match found == wanted {
        true => Ok(Outcome::Equal(wanted.len())),
        false => Err(told(difference(&found, &wanted, &documents))),
    }
}

/// The rows of the rule's alerts.
fn found(
    query: &Query,
    specs: &'static [RuleSpec],
    documents: &[(i64, String)],
    every: bool,
) -> Result<Vec<Row>, String> {
    let parameters = match query.shape {
        Shape::Sliding if every => r#"{"all_boundaries":true}"#,
        _ => "{}",
    };
    let mut detector = opened(specs, parameters)?;
    for (_, line) in documents {
        let outcome = detector.push(format!("{line}\n").as_bytes());
        if outcome.malformed != 0 {
            return Err(format!("{line} is refused: {:?}", outcome.refused));
        }
    }
    detector.flush();
    let alerts = last(detector.take_alerts(u32::MAX));
    Ok(alerts.iter().map(|alert| rows::row(query, alert)).collect())
}

/// The first rows that only one of both has, and the documents.
fn difference(found: &[Row], wanted: &[Row], documents: &[(i64, String)]) -> String {
    let odd = found.iter().filter(|row| !wanted.contains(row));
    let odd: Vec<&Row> = odd.take(3).collect();
    let missed = wanted.iter().filter(|row| !found.contains(row));
    let missed: Vec<&Row> = missed.take(3).collect();
    let lines: Vec<&str> = documents.iter().map(|(_, line)| line.as_str()).collect();
    format!(
        "the component alone: {odd:#?}\nthe evaluation alone: {missed:#?}\n{}",
        lines.join("\n")
    )
}
