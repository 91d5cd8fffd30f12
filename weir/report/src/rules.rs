//! The rules: what each says of itself, its thresholds and its settings.

use maud::{Markup, Render, html};

use super::figures::{figure, or_dash};
use super::margin::Thresholds;
use super::markup::Table;
use super::text::Short;
use weir_config::configured::ConfiguredRule;
use weir_host::contract::{Comparison, Condition, Rule};

/// The title of this part.
pub(super) fn title(several: bool) -> &'static str {
    if several { "The rules" } else { "The rule" }
}

/// The rules that judged.
pub(super) fn rules(rules: &[ConfiguredRule]) -> Markup {
    html! {
        section aria-labelledby="rule" {
            h2 #rule { (title(rules.len() > 1)) }
            @for chosen in rules { (rule(chosen)) }
        }
    }
}

fn rule(chosen: &ConfiguredRule) -> Markup {
    let rule = &chosen.rule;
    let attacks = attacks(rule).join(", ");
    html! {
        p {
            strong { (Short::value(&rule.name)) }
            ", version " (rule.version) ", " code { (Short::value(&rule.id)) }
            ". Severity " (rule.severity.name()) ", risk score " (rule.risk_score) " of 100."
        }
        p { (Short::sentence(&rule.description)) }
        @if !attacks.is_empty() { p { "ATT&CK: " (Short::sentence(&attacks)) "." } }
        @if !rule.conditions.is_empty() { (thresholds(chosen)) }
        (settings(chosen))
    }
}

/// Ids and names of the ATT&CK tactics and techniques.
fn attacks(rule: &Rule) -> Vec<String> {
    let attacks = rule.threats.iter().flat_map(|threat| {
        let below = threat.techniques.iter().chain(&threat.subtechniques);
        std::iter::once(&threat.tactic).chain(below)
    });
    attacks
        .map(|attack| format!("{} {}", attack.id, attack.name))
        .collect()
}

fn thresholds(chosen: &ConfiguredRule) -> Markup {
    let rule = &chosen.rule;
    // Most rules have minimums only.
    let usual = |condition: &Condition| condition.comparison == Comparison::AtLeast;
    let minimums = rule.conditions.iter().all(usual);
    let (caption, head) = match minimums {
        true => (
            "What a group must reach within a window, all of it",
            "At least",
        ),
        false => (
            "What must hold of a group within a window, all of it",
            "Threshold",
        ),
    };
    let thresholds = Thresholds::new(rule, &chosen.parameters);
    let code = |name: &str| html! { code { (Short::value(name)) } };
    Table::plain(caption, rule.conditions.iter().enumerate())
        .text("Column", |(_, condition)| code(&condition.column))
        .text("Parameter", |(_, condition)| code(&condition.parameter))
        .when(!minimums, |table| {
            table.text("Has to be", |(_, condition)| condition.comparison.words())
        })
        .figure(head, |(at, _)| {
            or_dash(thresholds.threshold(*at).map(figure))
        })
        .render()
}

/// Settings that are not the rule's defaults.
fn settings(chosen: &ConfiguredRule) -> Markup {
    let is_default = |name: &str, value: &str| {
        let mut known = chosen.rule.parameters.iter();
        known.any(|known| known.name == name && known.default_value == value)
    };
    let all = chosen
        .parameters
        .iter()
        .map(|(name, value)| (name, value.to_string()));
    let changed: Vec<_> = all
        .filter(|(name, value)| !is_default(name, value))
        .collect();
    if changed.is_empty() {
        return html! { p { "All settings are the rule’s own." } };
    }
    html! {
        h3 { "Settings that are not the rule’s own" }
        ul {
            @for (name, value) in &changed {
                li { code { (Short::value(name)) " = " (Short::sentence(value)) } }
            }
        }
    }
}
