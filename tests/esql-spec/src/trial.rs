//! A test, tried.

use crate::Verdict;
use crate::case::Case;
use crate::cell::{kind, same, shown, value};
use crate::data::{Data, Sources};
use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};
use weir_esql::evaluate::json::Json;
use weir_esql::evaluate::{Table, evaluate};
use weir_esql::plan::{Origin, Output, Plan};
use weir_esql::problem::{Problem, ProblemKind};
use weir_esql::types::{Type, Value};

type Rows = Vec<Vec<Value>>;

/// What comes of a test.
pub(crate) fn tried(case: &Case, sources: &mut Sources) -> Verdict {
    match table(case, sources) {
        Ok(found) => compared(case, &found),
        Err(verdict) => verdict,
    }
}

fn left_out<T>(feature: impl Into<String>) -> Result<T, Verdict> {
    Err(Verdict::LeftOut(feature.into()))
}

/// The table of a test's query.
fn table(case: &Case, sources: &mut Sources) -> Result<Table, Verdict> {
    if case.name.ends_with("-Ignore") {
        return left_out("tests that are switched off");
    }
    if let Some((_, unknown)) = { case.columns.iter() }.find(|(_, name)| kind(name).is_none()) {
        return left_out(format!("type {unknown}"));
    }
    let word = case.query.split_whitespace().next().unwrap_or_default();
    let row = Data {
        documents: Json::parse("{}").into_iter().collect(),
        ..Data::default()
    };
    // A row of constants is what EVAL makes of an event without a field.
    let (query, data) = match word.to_uppercase().as_str() {
        "ROW" => {
            let rest = case
                .query
                .trim_start()
                .get(word.len()..)
                .unwrap_or_default();
            (format!("FROM row | EVAL{rest}"), &row)
        }
        "FROM" => (case.query.clone(), source(&case.query, sources)?),
        other => return left_out(format!("source {other}")),
    };
    let plan = planned(&query, data)?;
    let other = plan.slots.iter().find_map(|slot| match &slot.origin {
        Origin::Field(name) => data.others.get(name),
        _ => None,
    });
    if let Some(kind) = other {
        return left_out(format!("type {kind}"));
    }
    let metadata = plan.slots.iter().find_map(|slot| match &slot.origin {
        Origin::Metadata(name) if name != "_index" => Some(name),
        _ => None,
    });
    if let Some(name) = metadata {
        return left_out(format!("METADATA {name}"));
    }
    let plan = whole(plan, &query, data)?;
    let asked = Cell::new(false);
    let kql = |_: &str, _: &Json| {
        asked.set(true);
        false
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(0));
    let found = evaluate(&plan, &data.documents, now, &kql);
    match asked.get() {
        true => left_out("function kql"),
        false => Ok(found),
    }
}

/// The data that a query reads.
fn source<'s>(query: &str, sources: &'s mut Sources) -> Result<&'s Data, Verdict> {
    let (parsed, problems) = weir_esql::parser::parse(query);
    let [name] = parsed.sources.as_slice() else {
        return match problems.is_empty() || !parsed.sources.is_empty() {
            true => left_out("several sources"),
            false => Err(refused(query, &problems)),
        };
    };
    let name = name.text.as_str();
    if name.contains(['*', ':', '-', '<']) {
        return left_out("several sources");
    }
    match sources.named(name) {
        Some(Ok(data)) => Ok(data),
        Some(Err(why)) => Err(Verdict::Failed(why.clone())),
        None => left_out(format!("data {name}")),
    }
}

fn planned(query: &str, data: &Data) -> Result<Plan, Verdict> {
    let schema = |name: &str| data.fields.get(name).copied();
    weir_esql::analyse(query, &schema).map_err(|problems| refused(query, &problems))
}

/// A query that is refused: left out for its first part that is not supported, if there is one.
fn refused(query: &str, problems: &[Problem]) -> Verdict {
    let name = |problem: &Problem| match problem.kind {
        ProblemKind::Unsupported => Some(problem.subject.clone()),
        ProblemKind::UnknownCommand => Some(format!("command {}", problem.subject)),
        ProblemKind::UnknownFunction => Some(format!("function {}", problem.subject)),
        ProblemKind::UnknownType => Some(format!("type {}", problem.subject)),
        _ => None,
    };
    match problems.iter().find_map(name) {
        Some(feature) => Verdict::LeftOut(feature),
        None => {
            let texts: Vec<String> = problems
                .iter()
                .map(|problem| problem.render(query))
                .collect();
            Verdict::Failed(format!("{}refused: {}", query, texts.join("\n")))
        }
    }
}

/// The plan with all fields named that it passes on unnamed: in the order of their names.
fn whole(plan: Plan, query: &str, data: &Data) -> Result<Plan, Verdict> {
    let unnamed = |output: &Output| matches!(output, Output::Fields { .. });
    if !plan.output.iter().any(unnamed) {
        return Ok(plan);
    }
    let mut names: Vec<&str> = Vec::new();
    for output in &plan.output {
        match output {
            Output::Column(name, _) => names.push(name),
            Output::Fields { matching, except } => {
                let passed = |name: &&str| {
                    matching.iter().all(|pattern| pattern.matches(name))
                        && !except.iter().any(|pattern| pattern.matches(name))
                };
                let other = { data.others.iter() }.find(|(name, _)| passed(&name.as_str()));
                if let Some((_, kind)) = other {
                    return left_out(format!("type {kind}"));
                }
                names.extend(data.fields.keys().map(String::as_str).filter(passed));
            }
        }
    }
    let quoted: Vec<String> = { names.iter() }
        .map(|name| format!("`{}`", name.replace('`', "``")))
        .collect();
    match quoted.is_empty() {
        true => Ok(plan),
        false => planned(&format!("{query} | KEEP {}", quoted.join(", ")), data),
    }
}

/// Whether a table is the expected one.
fn compared(case: &Case, found: &Table) -> Verdict {
    let kinds: Vec<Type> = case
        .columns
        .iter()
        .filter_map(|(_, name)| kind(name))
        .collect();
    let names: Vec<String> = { case.columns.iter().zip(&kinds) }
        .map(|((name, _), kind)| format!("{name}:{}", kind.name()))
        .collect();
    let columns = found.columns.iter();
    let own: Vec<String> = columns
        .map(|(name, kind)| format!("{name}:{}", kind.name()))
        .collect();
    if names != own {
        let (own, names) = (own.join(" | "), names.join(" | "));
        return Verdict::Failed(format!(
            "{}columns\n{own}\nin place of\n{names}",
            case.query
        ));
    }
    let row = |cells: &Vec<Option<String>>| {
        let cells = cells.iter().zip(&kinds);
        cells
            .map(|(cell, kind)| value(cell.as_deref(), *kind))
            .collect()
    };
    let wanted: Result<Rows, String> = case.rows.iter().map(row).collect();
    let wanted = match wanted {
        Ok(wanted) => wanted,
        Err(why) => return Verdict::Failed(why),
    };
    match are_equal(&found.rows, &wanted, case.any_order) {
        true => Verdict::Passed,
        false => {
            let (found, wanted) = (text(&found.rows), text(&wanted));
            Verdict::Failed(format!("{}rows\n{found}in place of\n{wanted}", case.query))
        }
    }
}

fn are_equal(found: &[Vec<Value>], wanted: &[Vec<Value>], any_order: bool) -> bool {
    let equal = |one: &Vec<Value>, other: &Vec<Value>| {
        one.iter().zip(other).all(|(one, other)| same(one, other))
    };
    if found.len() != wanted.len() {
        return false;
    }
    if !any_order {
        return found
            .iter()
            .zip(wanted)
            .all(|(one, other)| equal(one, other));
    }
    let mut rest: Vec<&Vec<Value>> = found.iter().collect();
    wanted.iter().all(|wanted| {
        let at = rest.iter().position(|row| equal(row, wanted));
        at.map(|at| rest.swap_remove(at)).is_some()
    })
}

/// The first rows, a line each.
fn text(rows: &[Vec<Value>]) -> String {
    let line = |row: &Vec<Value>| {
        let cells: Vec<String> = row.iter().map(shown).collect();
        cells.join(" | ") + "\n"
    };
    let mut text: String = rows.iter().take(10).map(line).collect();
    if rows.len() > 10 {
        text += &format!("({} rows)\n", rows.len());
    }
    text
}
