//! The rules of the shipped component, by their own descriptions.

use weir_config::inspect::{judgement, parameter_type, range};
use weir_host::contract::{Condition, Parameter, Rule, Table};

use super::configuration::unit;
use super::page::{Page, code, prose};

/// Writes what all rules have in common, then each rule.
pub(super) fn write(page: &mut Page, rules: &[Rule]) {
    let (parameters, own_parameters) = parted(rules, |rule| {
        rule.parameters.iter().map(parameter).collect()
    });
    let (tables, own_tables) = parted(rules, |rule| rule.tables.iter().map(table).collect());
    page.heading(2, "Rules");
    page.heading(3, "All rules");
    rows(page, &parameters, &tables);
    let own = own_parameters.iter().zip(&own_tables);
    for (rule, (parameters, tables)) in rules.iter().zip(own) {
        page.heading(3, &code(&rule.short_name));
        page.paragraph(&prose(&rule.description));
        page.paragraph(&facts(rule));
        rows(page, parameters, tables);
    }
}

/// A parameter's name, type, unit, range, default and sentence.
type ParameterRow = [String; 6];
/// A look-up table's name, format, sentence, and what happens without it.
type TableRow = [String; 4];

fn rows(page: &mut Page, parameters: &[ParameterRow], tables: &[TableRow]) {
    let titles = ["parameter", "type", "unit", "range", "default", "meaning"];
    page.table(titles, parameters);
    page.table(["look-up table", "format", "meaning", "without it"], tables);
}

/// The rows that all rules have, and those that each rule has besides.
fn parted<R: Clone + PartialEq>(
    rules: &[Rule],
    rows: impl Fn(&Rule) -> Vec<R>,
) -> (Vec<R>, Vec<Vec<R>>) {
    let all: Vec<Vec<R>> = rules.iter().map(rows).collect();
    let is_shared = |row: &R| all.iter().all(|rows| rows.contains(row));
    let of = |rows: &Vec<R>, shared: bool| {
        let some = rows.iter().filter(|row| is_shared(row) == shared);
        some.cloned().collect::<Vec<R>>()
    };
    let shared = all.first().map_or_else(Vec::new, |rows| of(rows, true));
    let own = all.iter().map(|rows| of(rows, false)).collect();
    (shared, own)
}

fn parameter(parameter: &Parameter) -> ParameterRow {
    [
        code(&parameter.name),
        parameter_type(parameter.kind).to_owned(),
        unit(&parameter.name).to_owned(),
        range(parameter.minimum, parameter.maximum),
        code(&parameter.default_value),
        prose(&parameter.summary),
    ]
}

fn table(table: &Table) -> TableRow {
    [
        code(&table.name),
        table.format.clone(),
        prose(&table.summary),
        prose(&table.when_absent),
    ]
}

/// What a rule is about, a line each.
fn facts(rule: &Rule) -> String {
    let condition = |condition: &Condition| {
        let (column, parameter) = (code(&condition.column), code(&condition.parameter));
        format!("{column} {} {parameter}", condition.comparison.words())
    };
    let conditions: Vec<String> = rule.conditions.iter().map(condition).collect();
    let key: Vec<String> = rule.key.iter().map(|part| code(&part.name)).collect();
    let severity = rule.severity.name();
    let facts = [
        ("name", prose(&rule.name)),
        ("id", code(&rule.id)),
        ("severity", format!("{severity}, risk {}", rule.risk_score)),
        ("reads", code(&rule.data_sets.join(", "))),
        ("judges", judgement(rule.judgement)),
        ("key", key.join(", ")),
        ("condition", conditions.join(", ")),
    ];
    let known = facts.iter().filter(|(_, fact)| !fact.is_empty());
    let lines: Vec<String> = known
        .map(|(name, fact)| format!("- {name}: {fact}"))
        .collect();
    lines.join("\n")
}
