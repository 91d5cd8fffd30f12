//! A rule's windows, key, columns, parameters and conditions, by its type.

use crate::columns::{self, alert_name};
use crate::filter::Filter;
use crate::judged::Judged;
use crate::node::Node;
use crate::reason::Reason;
use crate::rule::place;
use weir_compiled::format::{
    ClauseSpec, ColumnSpec, DOCUMENT, FigureSpec, IDENTITY, KeySpec, ParameterSpec, RangeSpec,
};
use weir_detector::judgement::Judgement;
use weir_detector::key::PartKind;
use weir_detector::model::Comparison;
use weir_detector::program::Builder;
use weir_detector::program::value::Type;
use weir_detector::schema::{ColumnKind, MAX_PARTS};

pub(crate) const DAY: u64 = 24 * 3600;
/// Longest history.
pub(crate) const MAX_HISTORY: u64 = 30 * DAY;
/// Most panes of a window.
const MAX_PANES: u64 = 1440;
/// Largest threshold.
pub(crate) const MAX_COUNT: u64 = 1_000_000_000;

/// Reads how a rule judges. Without a filter only problems are looked for.
pub(crate) fn judge(
    rule: &Node,
    filter: Option<&Filter>,
    reasons: &mut Vec<Reason>,
) -> Option<Judged> {
    let before = reasons.len();
    let schedule = schedule(rule, reasons);
    let fields = filter
        .map(|filter| filter.fields.as_slice())
        .unwrap_or_default();
    let judged = match rule.get("type").and_then(Node::text) {
        Some("threshold") => threshold(rule, schedule, fields, reasons),
        Some("new_terms") => new_terms(rule, fields, reasons),
        _ => query(rule, schedule, fields, reasons),
    };
    judged.filter(|_| reasons.len() == before)
}

/// How far a run looks back, and how often it runs, in seconds.
#[derive(Clone, Copy)]
pub(crate) struct Schedule {
    pub(crate) back: u64,
    pub(crate) every: u64,
}

pub(crate) fn schedule(rule: &Node, reasons: &mut Vec<Reason>) -> Schedule {
    let text = |name: &str| rule.get(name).and_then(Node::text);
    let mut read = |name: &str, text: Option<&str>, usual: u64| match text.map(seconds) {
        None => usual,
        Some(Some(seconds)) if seconds > 0 => seconds,
        Some(_) => {
            let message = format!("`{name}` is no span such as 5m, or now-5m for a beginning");
            reasons.push(Reason::new("wrong-value", place(rule, name), message));
            usual
        }
    };
    let every = read("interval", text("interval"), 300);
    let from = text("from").map(|from| from.strip_prefix("now-").unwrap_or("?"));
    let back = read("from", from, 360);
    if let Some(to) = text("to")
        && to != "now"
    {
        let message = format!("a rule that ends at `{to}` and not at `now` is not understood");
        reasons.push(Reason::new("wrong-value", place(rule, "to"), message));
    }
    Schedule { back, every }
}

/// The seconds of a span such as `5m`.
fn seconds(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => DAY,
        "w" => 7 * DAY,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// The part of a key that is a field.
fn part(field: &str, required: bool, at: &Node, reasons: &mut Vec<Reason>) -> Option<KeySpec> {
    let program = columns::values(field).build().ok();
    let name = alert_name(field);
    match (program, name) {
        (Some(program), Some(name)) => Some(KeySpec {
            name,
            kind: PartKind::Text,
            required,
            program,
        }),
        _ => {
            let message = format!("`{field}` is no name of a field that an alert can have");
            reasons.push(Reason::new("field-name", at.span.clone(), message));
            None
        }
    }
}

/// The parts of a key, of fields in a list of the rule.
fn key(node: &Node, name: &str, required: bool, reasons: &mut Vec<Reason>) -> Vec<KeySpec> {
    let fields = match node.as_texts(name) {
        Ok(fields) => fields,
        Err(reason) => {
            reasons.push(reason);
            return Vec::new();
        }
    };
    if fields.len() > MAX_PARTS {
        let message = format!("{} fields: at most {MAX_PARTS} make a key", fields.len());
        reasons.push(Reason::new("too-many-fields", node.span.clone(), message));
        return Vec::new();
    }
    let parts = fields
        .iter()
        .filter_map(|field| part(field, required, node, reasons));
    let mut key: Vec<KeySpec> = Vec::new();
    for part in parts {
        if !key.iter().any(|known| known.name == part.name) {
            key.push(part);
        }
    }
    key
}

fn refuse_suppression(rule: &Node, reasons: &mut Vec<Reason>) {
    if let Some(node) = rule.get("alert_suppression") {
        let message = "suppression is understood of rules of type query alone";
        reasons.push(Reason::new("alert-suppression", node.span.clone(), message));
    }
}

/// Each event, or each span of suppressed ones.
fn query(
    rule: &Node,
    schedule: Schedule,
    fields: &[String],
    reasons: &mut Vec<Reason>,
) -> Option<Judged> {
    let Some(node) = rule.get("alert_suppression") else {
        let judgement = Judgement::Each {
            suppress_seconds: 0,
        };
        let key = vec![identity()?];
        return Some(judged(rule, judgement, key, Vec::new(), fields));
    };
    let mut key = match node.get("group_by") {
        Some(group) => key(group, "group_by", false, reasons),
        None => Vec::new(),
    };
    match { node.get("missing_fields_strategy") }.map(Node::text) {
        None | Some(Some("suppress")) => {}
        Some(Some("doNotSuppress")) => key.extend(alone(node, reasons)),
        Some(_) => reasons.push(Reason::new(
            "wrong-value",
            place(node, "missing_fields_strategy"),
            "expected suppress or doNotSuppress",
        )),
    }
    let judgement = suppression(node, schedule, reasons)?;
    Some(judged(rule, judgement, key, vec![count()], fields))
}

/// The fields that suppression groups by.
pub(crate) fn group_by<'n>(node: &'n Node, reasons: &mut Vec<Reason>) -> &'n [Node] {
    let Some(group) = node.get("group_by") else {
        return &[];
    };
    if let Err(reason) = group.as_texts("group_by") {
        reasons.push(reason);
    } else if group.text().is_some() {
        let message = "`group_by` is no list of texts";
        reasons.push(Reason::new("wrong-value", group.span.clone(), message));
    }
    group.elements()
}

/// Refuses that events without a field of `group_by` are alerts of their own.
pub(crate) fn refuse_alone(node: &Node, reasons: &mut Vec<Reason>) {
    let strategy = node.get("missing_fields_strategy");
    if let Some(strategy) = strategy
        && strategy.text() != Some("suppress")
    {
        let message = "that events without a field are alerts of their own beside those that are \
            suppressed is understood of queries in KQL: `suppress` is here";
        let span = strategy.span.clone();
        reasons.push(Reason::new("suppression-missing-fields", span, message));
    }
}

/// The spans of suppressed events.
pub(crate) fn suppression(
    node: &Node,
    schedule: Schedule,
    reasons: &mut Vec<Reason>,
) -> Option<Judgement> {
    let seconds = match node.get("duration") {
        None => schedule.every,
        Some(duration) => span(duration, reasons)?,
    };
    if seconds > DAY {
        let message = "suppression is kept for a day at most";
        reasons.push(Reason::new(
            "suppression-too-long",
            node.span.clone(),
            message,
        ));
    }
    Some(Judgement::Each {
        suppress_seconds: seconds,
    })
}

/// The part of a key that is the identity of a document.
pub(crate) fn identity() -> Option<KeySpec> {
    let identity = Builder::default().field(IDENTITY, Type::Text);
    Some(KeySpec {
        name: DOCUMENT.to_owned(),
        kind: PartKind::Text,
        required: false,
        program: identity.build().ok()?,
    })
}

/// The part of a key that keeps an event alone which lacks a field of `group_by`: its identity.
fn alone(node: &Node, reasons: &mut Vec<Reason>) -> Option<KeySpec> {
    let fields = node.get("group_by")?.as_texts("group_by").ok()?;
    if fields.len() >= MAX_PARTS {
        let message = format!("more than {} fields beside their lack", MAX_PARTS - 1);
        let span = place(node, "group_by");
        reasons.push(Reason::new("too-many-fields", span, message));
        return None;
    }
    let mut lacks = Builder::default();
    for (at, field) in fields.iter().enumerate() {
        lacks = columns::push(lacks, field).call("is_null", 1);
        if at > 0 {
            lacks = lacks.call("or", 2);
        }
    }
    let program = lacks.field(IDENTITY, Type::Text).call("case", 2);
    Some(KeySpec {
        name: DOCUMENT.to_owned(),
        kind: PartKind::Text,
        required: false,
        program: program.build().ok()?,
    })
}

/// A span as `{ value = 5, unit = "m" }`, in seconds.
pub(crate) fn span(node: &Node, reasons: &mut Vec<Reason>) -> Option<u64> {
    let value = node
        .get("value")
        .and_then(|value| value.as_count("value").ok());
    let unit = node.get("unit").and_then(Node::text);
    let span = value
        .zip(unit)
        .and_then(|(value, unit)| seconds(&format!("{value}{unit}")));
    if span.is_none_or(|span| span == 0) {
        let message = "no span: expected a `value` and a `unit`, one of s, m, h, d";
        reasons.push(Reason::new("wrong-value", node.span.clone(), message));
        return None;
    }
    span
}

pub(crate) fn count() -> ColumnSpec {
    ColumnSpec {
        name: "count".to_owned(),
        kind: ColumnKind::Count,
        program: None,
        shown: true,
    }
}

fn judged(
    rule: &Node,
    judgement: Judgement,
    key: Vec<KeySpec>,
    counts: Vec<ColumnSpec>,
    fields: &[String],
) -> Judged {
    let columns = columns::columns(rule, &key, counts, fields);
    Judged::new(judgement, key, columns)
}

/// A count of events of a key in the look-back.
fn threshold(
    rule: &Node,
    schedule: Schedule,
    fields: &[String],
    reasons: &mut Vec<Reason>,
) -> Option<Judged> {
    refuse_suppression(rule, reasons);
    let Some(node) = rule.get("threshold") else {
        let message = "the rule has no `threshold`";
        reasons.push(Reason::new(
            "missing-key",
            place(rule, "threshold"),
            message,
        ));
        return None;
    };
    let Schedule { back, every } = schedule;
    check_window(rule, schedule, reasons);
    let key = match node.get("field") {
        Some(list) => key(list, "field", true, reasons),
        None => Vec::new(),
    };
    let mut counts = vec![count()];
    let least = limit(node, reasons)?;
    let mut parameters = vec![parameter("min_count", least, "events")];
    let cardinality = node.get("cardinality");
    let lists = cardinality.map(Node::elements).unwrap_or_default();
    if let Some(node) = cardinality.filter(|node| lists.is_empty() && !node.is_empty()) {
        let message = "`cardinality` is no list of a `field` and a `value`";
        reasons.push(Reason::new("wrong-value", node.span.clone(), message));
    }
    for (at, entry) in lists.iter().enumerate() {
        let field = entry.get("field").and_then(Node::text);
        let Some(field) = field.filter(|field| alert_name(field).is_some()) else {
            let message = "the cardinality has no `field`, or none that an alert can have";
            reasons.push(Reason::new("wrong-value", entry.span.clone(), message));
            continue;
        };
        let least = limit(entry, reasons)?;
        let name = match at {
            0 => "min_distinct".to_owned(),
            at => format!("min_distinct_{}", at + 1),
        };
        parameters.push(parameter(
            &name,
            least,
            &format!("distinct values of {field}"),
        ));
        counts.push(ColumnSpec {
            name: format!("distinct.{field}"),
            kind: ColumnKind::Distinct,
            program: columns::values(field).build().ok(),
            shown: true,
        });
    }
    let conditions = { (0..).zip(&parameters) }
        .map(|(column, parameter)| ClauseSpec {
            figure: FigureSpec::Column(column),
            comparison: Comparison::AtLeast,
            parameter: parameter.name.clone(),
        })
        .collect();
    let judgement = Judgement::Sliding {
        length_seconds: back,
        every_seconds: every,
    };
    Some(Judged {
        parameters,
        conditions,
        ..judged(rule, judgement, key, counts, fields)
    })
}

/// The `value` of a threshold.
fn limit(node: &Node, reasons: &mut Vec<Reason>) -> Option<u64> {
    let value = node
        .get("value")
        .and_then(|value| value.as_count("value").ok());
    let value = value.filter(|value| (1..=MAX_COUNT).contains(value));
    if value.is_none() {
        let message = format!("expected a `value` from 1 to {MAX_COUNT}");
        reasons.push(Reason::new("wrong-value", node.span.clone(), message));
    }
    value
}

fn parameter(name: &str, default: u64, what: &str) -> ParameterSpec {
    ParameterSpec {
        name: name.to_owned(),
        range: RangeSpec::Integer(default, 1, MAX_COUNT),
        summary: format!("Fewest {what} that alert."),
    }
}

pub(crate) fn check_window(rule: &Node, schedule: Schedule, reasons: &mut Vec<Reason>) {
    let Schedule { back, every } = schedule;
    let message = if back > DAY {
        "the look-back is longer than a day, the longest window"
    } else if every > back {
        "the rule runs less often than it looks back, so no run sees the events between"
    } else if back / common(back, every).max(1) > MAX_PANES {
        "look-back and interval have too small a common divisor"
    } else {
        return;
    };
    let span = match rule.get("from") {
        Some(node) => node.span.clone(),
        None => place(rule, "interval"),
    };
    reasons.push(Reason::new("window", span, message));
}

fn common(a: u64, b: u64) -> u64 {
    match b {
        0 => a,
        _ => common(b, a % b),
    }
}

/// Combinations of values that were not seen in a history.
fn new_terms(rule: &Node, fields: &[String], reasons: &mut Vec<Reason>) -> Option<Judged> {
    refuse_suppression(rule, reasons);
    // The repository's form, or that of an export.
    let table = rule.get("new_terms");
    let terms = table
        .and_then(|table| table.get("value"))
        .or(rule.get("new_terms_fields"));
    let history = { table.and_then(|table| table.get("history_window_start")) }
        .and_then(|list| list.elements().first()?.get("value"))
        .or(rule.get("history_window_start"));
    let (Some(terms), Some(history)) = (terms, history) else {
        let message = "the rule has no new terms, or no start of their history";
        reasons.push(Reason::new(
            "missing-key",
            place(rule, "new_terms"),
            message,
        ));
        return None;
    };
    let key = key(terms, "new_terms_fields", true, reasons);
    if key.is_empty() {
        let message = "no field is named";
        reasons.push(Reason::new("wrong-value", terms.span.clone(), message));
    }
    let span = { history.text() }.and_then(|text| seconds(text.strip_prefix("now-")?));
    let wrong = match span {
        None | Some(0) => "expected a beginning such as now-7d",
        Some(span) if span > MAX_HISTORY => "a history is 30 days long at most",
        Some(_) => "",
    };
    if !wrong.is_empty() {
        reasons.push(Reason::new("history", history.span.clone(), wrong));
    }
    let judgement = Judgement::FirstSeen {
        history_seconds: span?,
        warm_up_seconds: None,
    };
    Some(judged(rule, judgement, key, Vec::new(), fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_number_and_a_unit() {
        for (text, wanted) in [
            ("5m", Some(300)),
            ("14d", Some(14 * DAY)),
            ("2w", Some(14 * DAY)),
            ("m", None),
            ("", None),
            ("5", None),
            ("5M", None),
            ("-5m", None),
            ("5µ", None),
            ("99999999999999999999m", None),
            ("9999999999999999999w", None),
        ] {
            assert_eq!(seconds(text), wanted, "{text}");
        }
    }
}
