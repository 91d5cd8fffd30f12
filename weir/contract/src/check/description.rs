//! Checks of the answer to `describe`.

use serde_json::Value as Json;

use super::windows::is_window_seconds;
use super::{
    Checked, Fault, MOST_ELEMENTS, count, each, ensure, names, said, shown, within, written,
};
use crate::Limits;
use crate::error::Error;
use crate::parameters::wrong_exceptions;
use crate::{
    Aggregate, Attack, Condition, Field, Judgement, Parameter, ParameterType, Rule, Sliding, Table,
};

/// Most rules of a component.
const MOST_RULES: usize = 1000;
/// Most parts of a key.
const MOST_PARTS: usize = 4;
/// Longest name of a rule on a command line, in bytes.
const LONGEST_SHORT: usize = 64;
/// Most conditions: each is a column of the ledger, and something to tune.
const MOST_CONDITIONS: usize = 64;
/// Most decimals that a ratio is rounded to: a double has no more.
const MOST_DECIMALS: u8 = 15;
/// Longest window or history: a hundred years, in milliseconds.
const LONGEST: u64 = 100 * 366 * 86_400_000;
/// Parameters that mean the same in every rule.
const KNOWN: [(&str, ParameterType); 6] = [
    ("early", ParameterType::Boolean),
    ("verdicts", ParameterType::Boolean),
    ("partial", ParameterType::Boolean),
    ("verdicts_floor", ParameterType::Number),
    ("window_seconds", ParameterType::Integer),
    ("max_future_seconds", ParameterType::Integer),
];

/// Checks a description.
pub fn description(rules: &[Rule], limits: &Limits) -> Result<(), Error> {
    let failed = |rule: &str| {
        let rule = rule.to_owned();
        move |fault: Fault| Error::trapped("describe", fault.of(&rule))
    };
    all(rules, limits).map_err(failed(""))?;
    for rule in rules {
        check(rule, limits).map_err(failed(&rule.id))?;
    }
    Ok(())
}

/// Checks what the rules are together.
fn all(rules: &[Rule], limits: &Limits) -> Checked {
    ensure(!rules.is_empty(), "rules", || "is empty")?;
    count("rules", rules.len(), MOST_RULES)?;
    let bytes = rules.iter().map(size).fold(0, u64::saturating_add);
    let limit = limits.description_kib << 10;
    within("its description", bytes, limit, "description_kib")?;
    names::differ("rules", rules.iter().map(|rule| rule.id.as_str()))?;
    names::differ("rules", rules.iter().map(|rule| rule.short_name.as_str()))
}

fn check(rule: &Rule, limits: &Limits) -> Checked {
    names::identifier("id", &rule.id)?;
    short_name(&rule.short_name)?;
    said("name", &rule.name, limits)?;
    ensure(rule.version > 0, "version", || "is 0")?;
    let risk = rule.risk_score;
    ensure(risk <= 100, "risk-score", || {
        format!("is {risk} and at most 100")
    })?;
    judgement(rule)?;
    let lists = [
        ("references", &rule.references),
        ("tags", &rule.tags),
        ("event-category", &rule.event_category),
        ("event-type", &rule.event_type),
        ("data-sets", &rule.data_sets),
    ];
    for (name, list) in lists {
        count(name, list.len(), MOST_ELEMENTS)?;
        each(list, name, |text| said("", text, limits))?;
    }
    count("threats", rule.threats.len(), MOST_ELEMENTS)?;
    for threat in &rule.threats {
        attack("threats.tactic", &threat.tactic, limits)?;
        let mut below = threat.techniques.iter().chain(&threat.subtechniques);
        below.try_for_each(|node| attack("threats.techniques", node, limits))?;
    }
    parameters(&rule.parameters)?;
    fields(rule, limits)?;
    conditions(rule)?;
    tables(&rule.tables)
}

/// Checks a rule's name on a command line.
fn short_name(name: &str) -> Checked {
    let first = name.starts_with(|c: char| c.is_ascii_lowercase());
    let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let plain = first && name.chars().all(rest) && name.len() <= LONGEST_SHORT;
    ensure(plain, "short-name", || {
        format!(
            "`{}` is not at most {LONGEST_SHORT} lower-case letters, digits and hyphens, a letter \
             first",
            shown(name)
        )
    })
}

/// Checks lengths of time: that they are lengths, and the same as the parameter's.
fn judgement(rule: &Rule) -> Checked {
    let length = |field: &str, length: u64, least: u64| {
        ensure((least..=LONGEST).contains(&length), field, || {
            format!("{length} is no length in milliseconds")
        })
    };
    match rule.judgement {
        Judgement::Tumbling(span) => {
            length("judgement.tumbling", span, 1)?;
            let mut parameters = rule.parameters.iter();
            let Some(known) = parameters.find(|known| is_window_seconds(known)) else {
                return Ok(());
            };
            let usual = known.default_value.parse::<u64>().ok();
            let usual = usual.and_then(|seconds| seconds.checked_mul(1000));
            ensure(usual == Some(span), "judgement.tumbling", || {
                format!("is {span} ms, and `{}` is usually another", known.name)
            })
        }
        Judgement::Sliding(Sliding {
            length: long,
            every,
        }) => {
            length("judgement.sliding.length", long, 1)?;
            length("judgement.sliding.every", every, 1)
        }
        Judgement::FirstSeen(history) => length("judgement.first-seen", history, 1),
        Judgement::Each(span) => length("judgement.each", span, 0),
    }
}

/// Checks the parts of the key and the columns: in the ledger and in alerts they stand side by side.
fn fields(rule: &Rule, limits: &Limits) -> Checked {
    count("key", rule.key.len(), MOST_PARTS)?;
    count("columns", rule.columns.len(), MOST_ELEMENTS)?;
    let field = |field: &Field| {
        names::column("name", &field.name)?;
        said("label", &field.label, limits)
    };
    each(&rule.key, "key", field)?;
    each(&rule.columns, "columns", field)?;
    let both = rule.key.iter().chain(&rule.columns);
    names::apart("columns", both.map(|field| field.name.as_str()))
}

fn attack(field: &str, node: &Attack, limits: &Limits) -> Checked {
    said("id", &node.id, limits)
        .and_then(|()| said("name", &node.name, limits))
        .and_then(|()| said("reference", &node.reference, limits))
        .map_err(|fault| fault.within(field))
}

fn parameters(all: &[Parameter]) -> Checked {
    count("parameters", all.len(), MOST_ELEMENTS)?;
    each(all, "parameters", parameter)?;
    names::differ("parameters", all.iter().map(|known| known.name.as_str()))
}

fn parameter(parameter: &Parameter) -> Checked {
    let name = parameter.name.as_str();
    names::identifier("name", name)?;
    let settable = !name.contains(|c: char| c == '=' || c.is_whitespace());
    ensure(settable, "name", || {
        format!("`{}` cannot be set", shown(name))
    })?;
    let known = KNOWN.iter().find(|(known, _)| *known == name);
    let kind = known.is_none_or(|(_, kind)| *kind == parameter.kind);
    ensure(kind, "kind", || {
        format!("`{name}` is of another type in every detector")
    })?;
    let is_number = matches!(
        parameter.kind,
        ParameterType::Integer | ParameterType::Number
    );
    let bounds = [parameter.minimum, parameter.maximum];
    let fitting = bounds
        .iter()
        .flatten()
        .all(|bound| is_number && bound.is_finite());
    ensure(
        fitting,
        "minimum",
        || "is a bound of what has none, or no finite one",
    )?;
    if let [Some(least), Some(most)] = bounds {
        ensure(least <= most, "minimum", || {
            format!("{least} is more than {most}")
        })?;
    }
    default(parameter).map_err(|why| Fault::new("default-value", why))
}

/// Why a parameter's default is none.
fn default(parameter: &Parameter) -> Result<(), String> {
    let words = || shown(&parameter.default_value);
    let value: Json = serde_json::from_str(&parameter.default_value)
        .map_err(|_| format!("`{}` is no JSON text", words()))?;
    let of_type = match parameter.kind {
        ParameterType::Boolean => value.is_boolean(),
        ParameterType::Integer => value.is_i64() || value.is_u64(),
        ParameterType::Number => value.is_number(),
        ParameterType::Text => value.is_string(),
        ParameterType::Exceptions => {
            return match wrong_exceptions(&value) {
                Some((place, why)) => Err(format!("{place} {why}").trim().to_owned()),
                None => Ok(()),
            };
        }
    };
    if !of_type {
        return Err(format!("`{}` is not of the parameter's type", words()));
    }
    let number = value.as_f64();
    let least = |number: f64| parameter.minimum.is_none_or(|least| number >= least);
    let most = |number: f64| parameter.maximum.is_none_or(|most| number <= most);
    match number.is_none_or(|number| least(number) && most(number)) {
        true => Ok(()),
        false => Err(format!("{} is outside of its own range", words())),
    }
}

fn conditions(rule: &Rule) -> Checked {
    let all = &rule.conditions;
    count("conditions", all.len(), MOST_CONDITIONS)?;
    each(all, "conditions", |condition| {
        check_condition(condition, rule)
    })?;
    names::apart("conditions", all.iter().map(|known| known.column.as_str()))?;
    // Columns of the ledger are named after them.
    names::apart(
        "conditions",
        all.iter().map(|known| known.parameter.as_str()),
    )
}

fn check_condition(condition: &Condition, rule: &Rule) -> Checked {
    let mut columns = rule.columns.iter();
    let described = columns.any(|known| known.name == condition.column);
    ensure(described, "column", || {
        format!("`{}` is none of the columns", shown(&condition.column))
    })?;
    let mut parameters = rule.parameters.iter();
    let parameter = parameters.find(|known| known.name == condition.parameter);
    let kind = parameter.map(|known| known.kind);
    let (has, what) = match condition.aggregate {
        Aggregate::Count | Aggregate::Distinct => (kind == Some(ParameterType::Integer), "integer"),
        _ => (
            matches!(kind, Some(ParameterType::Integer | ParameterType::Number)),
            "number",
        ),
    };
    ensure(has, "parameter", || {
        let name = shown(&condition.parameter);
        format!("`{name}` is no {what} among the parameters")
    })?;
    let Aggregate::Ratio(ratio) = &condition.aggregate else {
        return Ok(());
    };
    let decimals = ratio.decimals;
    ensure(decimals <= MOST_DECIMALS, "aggregate.decimals", || {
        format!("is {decimals} and at most {MOST_DECIMALS}")
    })?;
    for (field, name) in [
        ("aggregate.numerator", &ratio.numerator),
        ("aggregate.denominator", &ratio.denominator),
    ] {
        let count = |known: &Condition| {
            known.column == *name && !matches!(known.aggregate, Aggregate::Ratio(_))
        };
        ensure(rule.conditions.iter().any(count), field, || {
            format!("`{}` is no number among the conditions", shown(name))
        })?;
    }
    Ok(())
}

fn tables(all: &[Table]) -> Checked {
    count("tables", all.len(), MOST_ELEMENTS)?;
    each(all, "tables", |table| {
        names::identifier("name", &table.name)
    })?;
    names::differ("tables", all.iter().map(|known| known.name.as_str()))
}

/// Bytes of all that a rule says of itself, as JSON, about.
fn size(rule: &Rule) -> u64 {
    let parameters = rule.parameters.iter();
    let parameters = parameters.flat_map(|one| [&one.name, &one.default_value, &one.summary]);
    let conditions = rule.conditions.iter();
    let conditions = conditions.flat_map(|one| [&one.column, &one.parameter]);
    let tables = rule.tables.iter();
    let tables = tables.flat_map(|one| [&one.name, &one.format, &one.summary, &one.when_absent]);
    let fields = rule.key.iter().chain(&rule.columns);
    let fields = fields.flat_map(|one| [&one.name, &one.label]);
    let texts = parameters.chain(conditions).chain(tables).chain(fields);
    in_alerts(rule) + bytes(texts.chain(&rule.data_sets).chain([&rule.short_name]))
}

/// Bytes of what each alert says of its rule, about.
pub(super) fn in_alerts(rule: &Rule) -> u64 {
    fn node(node: &Attack) -> [&String; 3] {
        [&node.id, &node.name, &node.reference]
    }
    let threats = rule.threats.iter().flat_map(|threat| {
        let below = threat.techniques.iter().chain(&threat.subtechniques);
        below.chain([&threat.tactic]).flat_map(node)
    });
    let texts = [&rule.id, &rule.name, &rule.description].into_iter();
    let texts = texts.chain(&rule.references).chain(&rule.tags);
    let texts = texts.chain(&rule.event_category).chain(&rule.event_type);
    bytes(texts.chain(threats))
}

fn bytes<'t>(texts: impl Iterator<Item = &'t String>) -> u64 {
    texts.map(|text| 8 + written(text)).sum()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
pub(in crate::check) mod tests {
    use super::*;
    use crate::{Comparison, Severity, ValueType};

    /// A rule that judges like that.
    pub(in crate::check) fn rule(judgement: Judgement) -> Rule {
        let integer = |name: &str, default: &str| Parameter {
            name: name.to_owned(),
            kind: ParameterType::Integer,
            default_value: default.to_owned(),
            minimum: Some(1.0),
            maximum: None,
            summary: String::new(),
        };
        let field = |name: &str, kind| Field {
            name: name.to_owned(),
            label: name.to_owned(),
            kind,
        };
        Rule {
            id: "0-rule".to_owned(),
            short_name: "rule".to_owned(),
            name: "Rule".to_owned(),
            version: 1,
            description: String::new(),
            references: Vec::new(),
            severity: Severity::Low,
            risk_score: 1,
            tags: Vec::new(),
            event_category: Vec::new(),
            event_type: Vec::new(),
            threats: Vec::new(),
            judgement,
            data_sets: Vec::new(),
            key: vec![field("user.id", ValueType::Text)],
            columns: vec![field("calls", ValueType::Integer)],
            parameters: vec![integer("window_seconds", "120"), integer("min_calls", "5")],
            conditions: vec![Condition {
                column: "calls".to_owned(),
                parameter: "min_calls".to_owned(),
                comparison: Comparison::AtLeast,
                aggregate: Aggregate::Count,
            }],
            tables: Vec::new(),
        }
    }

    fn wrong(change: impl FnOnce(&mut Rule)) -> String {
        let mut rules = [rule(Judgement::Tumbling(120_000))];
        change(&mut rules[0]);
        let checked = description(&rules, &Limits::default());
        checked
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn a_breach_names_rule_and_field() {
        assert_eq!(wrong(|_| {}), "");
        let name = |rule: &mut Rule| rule.short_name = "High 4xx".to_owned();
        let said = wrong(name);
        assert!(said.contains("rule `0-rule`, short-name:"), "{said}");
        for (change, field) in [
            (
                (|rule: &mut Rule| rule.short_name.clear()) as fn(&mut Rule),
                "short-name",
            ),
            (|rule| rule.id.clear(), "id"),
            (
                |rule| rule.judgement = Judgement::Tumbling(0),
                "judgement.tumbling",
            ),
            (
                |rule| rule.judgement = Judgement::Tumbling(60_000),
                "judgement.tumbling",
            ),
            (
                |rule| rule.key[0].name = "weir.key".to_owned(),
                "key[0].name",
            ),
            (|rule| rule.key[0].label.clear(), "key[0].label"),
            (|rule| rule.key = vec![rule.key[0].clone(); 5], "key"),
            (
                |rule| rule.columns[0].name = "user.id".to_owned(),
                "columns",
            ),
            (|rule| rule.columns.clear(), "conditions[0].column"),
            (
                |rule| rule.parameters[1].default_value = "0".to_owned(),
                "parameters[1].default-value",
            ),
        ] {
            let said = wrong(change);
            assert!(said.contains(&format!("{field}:")), "{field}: {said}");
        }
    }

    #[test]
    fn no_two_rules_have_one_name() {
        let one = rule(Judgement::Each(0));
        let mut other = one.clone();
        other.id = "1-rule".to_owned();
        let check = |rules: &[Rule]| description(rules, &Limits::default()).is_ok();
        assert!(!check(&[]) && !check(&[one.clone(), one.clone()]));
        assert!(!check(&[one.clone(), other.clone()]));
        other.short_name = "other".to_owned();
        assert!(check(&[one, other]));
    }
}
