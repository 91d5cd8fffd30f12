//! What several tests need: rule files, and detectors on their rules.

use weir_compiled::format::{RuleSpec, decode, encode};
use weir_compiled::log::Documents;
use weir_detector::detector::Detector;
use weir_detector::model::Alert;

pub(crate) use weir_pairs::{compiled, last};

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
    weir_pairs::opened(specs, parameters).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Closes every window, and returns the alerts that stand then.
pub(crate) fn standing(detector: &mut Detector<Documents>) -> Vec<Alert> {
    detector.flush();
    last(detector.take_alerts(u32::MAX))
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
