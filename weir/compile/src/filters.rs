//! Kibana's filters, which stand beside a query and are joined with it by `and`.

use crate::filter;
use crate::kql::{Comparison, Expression, Field, Literal, Test, Wildcard};
use crate::node::{Node, Value};
use crate::reason::Reason;
use crate::types::{self, FieldType};
use std::ops::Range;

/// Keys of a filter that say how Kibana shows and stores it.
const SHOWN: [&str; 2] = ["meta", "$state"];

/// The place of an error in a filter, and its message.
type Unknown = (Range<usize>, String);

/// The expressions of a rule's filters that are not disabled.
pub(crate) fn read(rule: &Node, reasons: &mut Vec<Reason>) -> Vec<Expression> {
    let mut all = Vec::new();
    let Some(node) = rule.get("filters").filter(|node| !node.is_empty()) else {
        return all;
    };
    if node.elements().is_empty() {
        let message = "`filters` is no list of filters";
        reasons.push(Reason::new("filters", node.span.clone(), message));
    }
    for node in node.elements() {
        let read = filter(node).map_err(|(span, message)| Reason::new("filters", span, message));
        match read.and_then(|found| found.map(|e| checked(e, node)).transpose()) {
            Ok(found) => all.extend(found),
            Err(reason) => reasons.push(reason),
        }
    }
    all
}

/// The expression, if it is understood of its fields' types.
fn checked(expression: Expression, node: &Node) -> Result<Expression, Reason> {
    let problems = filter::lower(&expression).err().unwrap_or_default();
    let Some(problem) = problems.first() else {
        return Ok(expression);
    };
    let span = match problem.span.is_empty() {
        true => node.span.clone(),
        false => problem.span.clone(),
    };
    Err(Reason::new(problem.code, span, problem.message.clone()))
}

/// A filter; None if it is disabled.
fn filter(node: &Node) -> Result<Option<Expression>, Unknown> {
    let meta = node.get("meta");
    let flag = |name: &str| match meta.and_then(|meta| meta.get(name)) {
        None => Ok(false),
        Some(node) => match node.value {
            Value::Boolean(value) => Ok(value),
            _ => Err((node.span.clone(), format!("`{name}` is no truth value"))),
        },
    };
    if flag("disabled")? {
        return Ok(None);
    }
    let negated = flag("negate")?;
    let kind = meta.and_then(|meta| meta.get("type")).and_then(Node::text);
    let expression = match (kind, meta) {
        (Some("combined"), Some(meta)) => combined(meta)?,
        _ => match node.get("query") {
            Some(query) => clause(query)?,
            None => clause(node)?,
        },
    };
    Ok(Some(match negated {
        true => Expression::Not(Box::new(expression)),
        false => expression,
    }))
}

/// Several filters in one.
fn combined(meta: &Node) -> Result<Expression, Unknown> {
    let parts = meta.get("params").map(Node::elements).unwrap_or_default();
    let parts: Result<Vec<Option<Expression>>, Unknown> = parts.iter().map(filter).collect();
    let parts: Vec<Expression> = parts?.into_iter().flatten().collect();
    match meta.get("relation").and_then(Node::text) {
        Some("AND") if !parts.is_empty() => Ok(Expression::And(parts)),
        Some("OR") if !parts.is_empty() => Ok(Expression::Or(parts)),
        _ => {
            let message = "a combined filter needs `params` and a `relation`, AND or OR";
            Err((meta.span.clone(), message.to_owned()))
        }
    }
}

/// A clause of Elasticsearch's query language: an object with one member, its kind.
fn clause(node: &Node) -> Result<Expression, Unknown> {
    let members = { node.members().iter() }
        .filter(|member| !SHOWN.contains(&member.name.as_str()))
        .collect::<Vec<_>>();
    let [member] = &members[..] else {
        let message = format!("{} kinds of clause where one is expected", members.len());
        return Err((node.span.clone(), message));
    };
    let value = &member.value;
    match member.name.as_str() {
        "match_all" => Ok(Expression::All),
        "bool" => boolean(value),
        "exists" => {
            let field = only(value, "field").and_then(Node::text);
            let field = field.ok_or_else(|| wrong(value, "`exists` needs a `field`"))?;
            Ok(Expression::Test(self::field(field, value), Test::Exists))
        }
        kind @ ("term" | "terms" | "match" | "match_phrase" | "prefix" | "wildcard" | "range") => {
            of_field(kind, value)
        }
        kind => Err((
            member.span.clone(),
            format!(
                "`{kind}` is not understood: bool, exists, match, match_all, match_phrase, prefix, \
                 range, term, terms and wildcard are"
            ),
        )),
    }
}

fn wrong(node: &Node, message: &str) -> Unknown {
    (node.span.clone(), message.to_owned())
}

/// The value of an object with one member.
fn only<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    { node.get(name) }.filter(|_| node.members().len() == 1)
}

fn field(name: &str, at: &Node) -> Field {
    Field {
        name: name.to_owned(),
        is_pattern: name.contains('*'),
        span: at.span.clone(),
    }
}

/// A scalar as a text.
fn literal(node: &Node) -> Option<Literal> {
    let (text, quoted) = match &node.value {
        Value::Text(text) => (text.clone(), true),
        Value::Integer(number) => (number.to_string(), false),
        Value::Boolean(value) => (value.to_string(), false),
        _ => return None,
    };
    Some(Literal {
        text,
        wildcards: Vec::new(),
        quoted,
        span: node.span.clone(),
    })
}

/// A clause of all, any or none of several.
fn boolean(node: &Node) -> Result<Expression, Unknown> {
    let (mut all, mut any, mut least, mut required) = (Vec::new(), Vec::new(), None, 0);
    for member in node.members() {
        let value = &member.value;
        let parts = || match value.elements() {
            [] if matches!(value.value, Value::Null | Value::List(_)) => Ok(Vec::new()),
            [] => clause(value).map(|one| vec![one]),
            parts => parts.iter().map(clause).collect(),
        };
        match member.name.as_str() {
            "must" | "filter" => {
                let parts = parts()?;
                required += parts.len();
                all.extend(parts);
            }
            "must_not" => {
                let not = |one| Expression::Not(Box::new(one));
                all.extend(parts()?.into_iter().map(not));
            }
            "should" => any = parts()?,
            "minimum_should_match" => least = Some(value),
            "boost" => {}
            name => {
                let message = format!("`{name}` is not understood of a clause `bool`");
                return Err((member.span.clone(), message));
            }
        }
    }
    let needed = match least.map(|node| &node.value) {
        None => required == 0,
        Some(Value::Integer(1)) => true,
        Some(Value::Text(text)) if text == "1" => true,
        Some(_) => return Err(wrong(node, "a `minimum_should_match` other than 1")),
    };
    if needed && !any.is_empty() {
        all.push(Expression::Or(any));
    } else if least.is_some() && any.is_empty() {
        return Err(wrong(node, "a `minimum_should_match` without `should`"));
    }
    match all.len() {
        0 => Ok(Expression::All),
        _ => Ok(Expression::And(all)),
    }
}

/// A clause of one field: `{ FIELD: VALUE }`, or `{ FIELD: { PARAMETER: VALUE } }`.
fn of_field(kind: &str, node: &Node) -> Result<Expression, Unknown> {
    let members = { node.members().iter() }
        .filter(|member| member.name != "boost")
        .collect::<Vec<_>>();
    let [member] = &members[..] else {
        return Err(wrong(node, "expected one field and its value"));
    };
    let (name, value) = (member.name.as_str(), &member.value);
    if name.contains('*') {
        return Err(wrong(value, "a name of a field with `*`"));
    }
    let words = types::known(name) == Some(FieldType::Text);
    if words && kind != "match_phrase" {
        let message = format!("`{kind}` of `{name}`, whose words are searched: match_phrase is");
        return Err((member.span.clone(), message));
    }
    let test = match kind {
        "range" => range(value)?,
        "terms" => {
            let tests: Option<Vec<Test>> = { value.elements().iter() }
                .map(|value| Some(Test::Is(literal(value)?)))
                .collect();
            let tests = tests.filter(|tests| !tests.is_empty());
            Test::Any(tests.ok_or_else(|| wrong(value, "`terms` needs a list of values"))?)
        }
        kind => single(kind, value)?,
    };
    Ok(Expression::Test(field(name, node), test))
}

/// A test of one value.
fn single(kind: &str, node: &Node) -> Result<Test, Unknown> {
    let (mut value, mut caseless) = (literal(node), false);
    let names: &[&str] = match kind {
        "match" | "match_phrase" => &["query"],
        "wildcard" => &["value", "wildcard"],
        _ => &["value"],
    };
    for member in node.members() {
        match (member.name.as_str(), &member.value.value) {
            (name, _) if names.contains(&name) => value = literal(&member.value),
            ("case_insensitive", Value::Boolean(value)) if !kind.starts_with("match") => {
                caseless = *value;
            }
            ("type", Value::Text(text)) if kind == "match" && text == "phrase" => {}
            ("boost" | "rewrite", _) => {}
            (name, _) => {
                let message = format!("`{name}` is not understood of a clause `{kind}`");
                return Err((member.span.clone(), message));
            }
        }
    }
    let Some(literal) = value else {
        return Err(wrong(node, "expected a text, a number or a truth value"));
    };
    let escaped = || {
        literal
            .text
            .replace('\\', "\\\\")
            .replace('*', "\\*")
            .replace('?', "\\?")
    };
    let pattern = match kind {
        "wildcard" => literal.text.clone(),
        "prefix" => escaped() + "*",
        _ if caseless => escaped(),
        _ => return Ok(Test::Is(literal)),
    };
    Ok(Test::Like(Wildcard {
        pattern,
        caseless,
        span: literal.span,
    }))
}

/// A range with one end or two, both for one value.
fn range(node: &Node) -> Result<Test, Unknown> {
    let (mut low, mut high) = (None, None);
    for member in node.members() {
        let comparison = match member.name.as_str() {
            "gt" => Comparison::Greater,
            "gte" => Comparison::AtLeast,
            "lt" => Comparison::Less,
            "lte" => Comparison::AtMost,
            "boost" => continue,
            name => {
                let message = format!("`{name}` is not understood of a range");
                return Err((member.span.clone(), message));
            }
        };
        if matches!(member.value.value, Value::Null) {
            continue;
        }
        let Some(mut literal) = literal(&member.value) else {
            return Err(wrong(&member.value, "expected an integer or a text"));
        };
        // Kibana writes numbers as texts, too.
        literal.quoted = false;
        let end = match comparison {
            Comparison::Greater | Comparison::AtLeast => &mut low,
            Comparison::Less | Comparison::AtMost => &mut high,
        };
        if end.replace((comparison, literal)).is_some() {
            return Err(wrong(&member.value, "the range has this end twice"));
        }
    }
    match (low, high) {
        (Some(low), Some(high)) => Ok(Test::Within([low, high])),
        (Some((comparison, literal)), None) | (None, Some((comparison, literal))) => {
            Ok(Test::Compare(comparison, literal))
        }
        (None, None) => Err(wrong(node, "a range without an end")),
    }
}
