//! Tests of queries, from text to rows.

mod functions;
mod meaning;
mod parsing;
mod patterns;
mod problems;
mod random;
mod shapes;
mod table;

use crate::evaluate::json::Json;
use crate::evaluate::{Table, double_text, evaluate};
use crate::plan::Plan;
use crate::problem::Problem;
use crate::types::{Type, Value};
use crate::{address, time};

/// The time at which queries run.
const NOW: &str = "2024-03-01T00:00:00.000Z";

/// Types by the first letters of a field's name; of others only its use tells.
fn schema(name: &str) -> Option<Type> {
    Some(
        match name.trim_end_matches(|c: char| c.is_ascii_digit() || c == 'n') {
            "k" | "user.id" | "host.name" => Type::Keyword,
            "t" => Type::Text,
            "i" => Type::Integer,
            "l" | "http.status" => Type::Long,
            "d" => Type::Double,
            "b" => Type::Boolean,
            "at" | "@timestamp" => Type::Date,
            "ip" | "source.ip" => Type::Ip,
            "v" => Type::Version,
            "geo" => Type::GeoPoint,
            _ => return None,
        },
    )
}

fn plan(query: &str) -> Plan {
    match crate::analyse(query, &schema) {
        Ok(plan) => plan,
        Err(problems) => {
            let texts: Vec<String> = problems.iter().map(|p| p.render(query)).collect();
            panic!("{query}\n{}", texts.join("\n"));
        }
    }
}

fn problems(query: &str) -> Vec<Problem> {
    crate::analyse(query, &schema).expect_err(query)
}

/// The rows of a query over documents, one a line.
fn run(query: &str, documents: &str) -> Table {
    let documents: Vec<Json> = documents
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| Json::parse(line).unwrap_or_else(|| panic!("no JSON: {line}")))
        .collect();
    let now = time::parse(NOW).unwrap();
    // KQL is answered by whether the document has the query's text in it.
    evaluate(&plan(query), &documents, now, &|query, document| {
        document.raw().contains(query)
    })
}

/// Rows as text: values with commas between them.
fn rows(query: &str, documents: &str) -> Vec<String> {
    run(query, documents)
        .rows
        .iter()
        .map(|row| row.iter().map(render).collect::<Vec<_>>().join(", "))
        .collect()
}

fn render(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Double(number) => double_text(*number),
        Value::Text(text) => format!("'{text}'"),
        Value::Date(at) => time::render(*at),
        Value::Ip(address) => address::render(*address),
        Value::Version(version) => format!("v{version}"),
        Value::Period { months, days } => format!("P{months}M{days}D"),
        Value::Duration(length) => format!("PT{length}"),
        Value::Many(items) => {
            format!(
                "[{}]",
                items.iter().map(render).collect::<Vec<_>>().join(", ")
            )
        }
    }
}
