//! What several tests need: rule files, and detectors on their rules.

use weir_compile::{Choice, Compilation, compile, sources};
use weir_compiled::format::{RuleSpec, decode, encode};
use weir_compiled::log::Documents;
use weir_detector::detector::Detector;
use weir_detector::judgement::Judgement;
use weir_detector::model::{Alert, Phase, RuleConfiguration};

/// A rule file of type `query`.
pub(crate) fn query_rule(id: &str, query: &str) -> String {
    format!("{}\n{}", header(id, "query"), body(query))
}

pub(crate) fn header(id: &str, kind: &str) -> String {
    format!(
        "[metadata]\nmaturity = \"production\"\n\n[rule]\nrule_id = \"{id}\"\nname = \"Rule {id}\"\n\
         description = \"A rule of the tests.\"\nseverity = \"medium\"\nrisk_score = 47\n\
         language = \"kuery\"\ntype = \"{kind}\"\n"
    )
}

pub(crate) fn body(query: &str) -> String {
    format!("query = '''\n{query}\n'''\n")
}

pub(crate) fn compiled(texts: &[String]) -> Compilation {
    let files = (0..)
        .zip(texts)
        .map(|(at, text): (u32, _)| sources::file(&format!("{at}.toml"), text.clone(), false));
    compile(&files.collect::<Vec<_>>(), &Choice::default())
}

/// The rules of files that must all be understood, as they come back from their encoding.
pub(crate) fn specs(texts: &[String]) -> Vec<RuleSpec> {
    let compilation = compiled(texts);
    let wrong = weir_compile::report::findings(&compilation);
    assert_eq!(wrong, "");
    let specs = decode(&encode(&compilation.specs)).unwrap();
    assert_eq!(specs, compilation.specs);
    specs
}

/// A detector on all rules.
pub(crate) fn opened(specs: &'static [RuleSpec], parameters: &str) -> Detector<Documents> {
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
    let rules = weir_compiled::rules(specs).unwrap();
    let opened = Detector::open(rules, &configured, (1, 2));
    opened.unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// New terms alert from the first event on.
const WARM: &str = r#"{"warm_up_seconds":0}"#;

/// Closes every window, and returns the alerts that stand then.
pub(crate) fn standing(detector: &mut Detector<Documents>) -> Vec<Alert> {
    detector.flush();
    last(detector.take_alerts(u32::MAX))
}

/// The last revisions, without those that are retracted.
pub(crate) fn last(alerts: Vec<Alert>) -> Vec<Alert> {
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

/// Judges lines by all rules, and returns the alerts that stand at the end.
pub(crate) fn alerts(specs: Vec<RuleSpec>, lines: &str) -> Vec<Alert> {
    let specs: &'static [RuleSpec] = Box::leak(specs.into_boxed_slice());
    let mut detector = opened(specs, "{}");
    let outcome = detector.push(lines.as_bytes());
    assert_eq!(outcome.malformed, 0, "{:?}", outcome.refused);
    standing(&mut detector)
}

/// The values of an alert's key.
pub(crate) fn key(alert: &Alert) -> Vec<String> {
    let part = |part: &weir_detector::model::KeyPart| match &part.value {
        Some(weir_detector::model::Value::Text(text)) => text.clone(),
        other => format!("{other:?}"),
    };
    alert.key.iter().map(part).collect()
}
