//! From the object of a rule to its definition.

use crate::esql::{self, Compiled};
use crate::exceptions::Exported;
use crate::filter::{self, Filter};
use crate::filters;
use crate::judge;
use crate::keys;
use crate::kql::{self, Expression};
use crate::node::{Node, Syntax, within};
use crate::reason::Reason;
use crate::{mapping, metadata};
use std::ops::Range;
use weir_compiled::format::RuleSpec;

/// What a rule says of itself, whether it is understood or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heading {
    /// Its identifier.
    pub(crate) id: Option<String>,
    /// Its name.
    pub(crate) name: Option<String>,
    /// Its type.
    pub(crate) kind: Option<String>,
}

impl Heading {
    pub(crate) fn of(rule: &Node) -> Heading {
        let text = |name| rule.get(name).and_then(Node::text).map(str::to_owned);
        Heading {
            id: text("rule_id"),
            name: text("name"),
            kind: text("type"),
        }
    }
}

/// Keys that change neither which events a rule takes nor what its alerts say here.
const NEUTRAL: [&str; 42] = [
    "actions",
    "alias_purpose",
    "alias_target_id",
    "author",
    "building_block_type",
    "created_at",
    "created_by",
    "enabled",
    "execution_summary",
    "false_positives",
    "id",
    "immutable",
    "license",
    "max_signals",
    "meta",
    "namespace",
    "note",
    "outcome",
    "output_index",
    "related_integrations",
    "required_fields",
    "response_actions",
    "revision",
    "rule_source",
    "setup",
    "throttle",
    "timeline_id",
    "timeline_title",
    "timestamp_override_fallback_disabled",
    "updated_at",
    "updated_by",
    "version",
    "rule_id",
    "name",
    "description",
    "severity",
    "risk_score",
    "tags",
    "references",
    "threat",
    "investigation_fields",
    "type",
];

/// Keys that are read elsewhere.
const READ: [&str; 18] = [
    "language",
    "query",
    "index",
    "from",
    "to",
    "interval",
    "threshold",
    "new_terms",
    "new_terms_fields",
    "history_window_start",
    "alert_suppression",
    "timestamp_override",
    "exceptions_list",
    "filters",
    "data_view_id",
    "severity_mapping",
    "risk_score_mapping",
    "rule_name_override",
];

/// Keys that would change a rule, with the code and what they do.
const REFUSED: [(&str, &str, &str); 7] = [
    (
        "data_view_id",
        "data-view",
        "names the rule's indexes in a Kibana: name them with `index`",
    ),
    ("saved_id", "saved-query", "names a query in a Kibana"),
    (
        "timestamp_field",
        "timestamp-field",
        "gives events another time",
    ),
    (
        "event_category_override",
        "event-category-override",
        "gives events another category",
    ),
    (
        "tiebreaker_field",
        "tiebreaker-field",
        "orders events of one time",
    ),
    (
        "threat_index",
        "threat-index",
        "names indicators in an index",
    ),
    (
        "machine_learning_job_id",
        "machine-learning",
        "names a job of a cluster",
    ),
];

/// Compiles a rule, and tells what its reader has to know of it.
///
/// # Errors
/// Everything in it that is not understood.
pub(crate) fn compile(
    rule: &Node,
    exported: &Exported,
    file: &str,
    syntax: Syntax,
) -> Result<(RuleSpec, Vec<Reason>), Vec<Reason>> {
    let (mut reasons, mut notes) = (Vec::new(), Vec::new());
    check_type(rule, &mut reasons);
    if !reasons.is_empty() {
        // Another type has other keys.
        return Err(reasons);
    }
    check_keys(rule, &mut reasons);
    keys::check(rule, &mut reasons);
    let exceptions = exported.of(rule, syntax, &mut reasons, &mut notes);
    let mut beside = filters::read(rule, &mut reasons);
    beside.extend(exceptions);
    let source = Source { file, syntax };
    let mut spec = metadata::read(rule, &mut reasons);
    let compiled = match rule.get("type").and_then(Node::text) {
        Some("esql") => piped(rule, beside, source, (&mut reasons, &mut notes)),
        _ => {
            let filter = query(rule, beside, source, &mut reasons);
            let judged = judge::judge(rule, filter.as_ref(), &mut reasons);
            { filter.zip(judged) }.map(|(filter, judged)| Compiled {
                filter: filter.program,
                indexes: { spec.as_mut() }
                    .map(|spec| std::mem::take(&mut spec.indexes))
                    .unwrap_or_default(),
                judged,
            })
        }
    };
    if let (Some(spec), Some(compiled)) = (&mut spec, compiled) {
        let judged = compiled.judged;
        spec.filter = compiled.filter;
        spec.indexes = compiled.indexes;
        spec.judgement = judged.judgement;
        spec.parameters = judged.parameters;
        spec.key = judged.key;
        spec.columns = judged.columns;
        spec.conditions = judged.conditions;
        spec.fields = judged.fields;
        mapping::check(rule, spec, &mut reasons, &mut notes);
        check_patterns(rule, spec, &mut reasons);
        check_raw(rule, spec, &mut notes);
    } else if reasons.is_empty() {
        reasons.push(Reason::new("internal", rule.span.clone(), "not compiled"));
    }
    match (spec, reasons.is_empty()) {
        (Some(spec), true) => Ok((spec, notes)),
        _ => Err(reasons),
    }
}

/// The place of a member's value, or of the whole rule's beginning.
pub(crate) fn place(rule: &Node, name: &str) -> Range<usize> {
    let start = rule.span.start;
    { rule.get(name) }.map_or(start..start, |node| node.span.clone())
}

/// Refuses names with wildcards, of fields and of indexes, that no component takes.
fn check_patterns(rule: &Node, spec: &RuleSpec, reasons: &mut Vec<Reason>) {
    for name in weir_compiled::long_patterns(spec) {
        let start: String = name.chars().take(40).collect();
        let message = format!("the pattern that begins with `{start}` is too long");
        let key = match spec.indexes.iter().any(|index| index == name) {
            true => "index",
            false => "query",
        };
        reasons.push(Reason::new("pattern-too-long", place(rule, key), message));
    }
}

/// Tells which fields of a rule raw records of its data set lack.
fn check_raw(rule: &Node, spec: &RuleSpec, notes: &mut Vec<Reason>) {
    let lacking = weir_compiled::lacking_in_raw(spec);
    if !lacking.is_empty() {
        let names = lacking.join("`, `");
        let message = format!(
            "raw records of the data set lack `{names}`: of those the rule sees documents alone"
        );
        notes.push(Reason::new("raw-records", place(rule, "query"), message));
    }
}

fn check_type(rule: &Node, reasons: &mut Vec<Reason>) {
    let kind = rule.get("type").and_then(Node::text).unwrap_or_default();
    let message = match kind {
        "query" | "threshold" | "new_terms" | "esql" => "",
        "" => "the rule has no `type`",
        "eql" => "rules in EQL are not compiled yet; query, threshold, new_terms and esql are",
        "saved_query" => {
            "the query is in a Kibana; query, threshold, new_terms and esql are compiled"
        }
        "threat_match" => {
            "a table of indicators is needed; query, threshold, new_terms and esql are compiled"
        }
        "machine_learning" => {
            "a job of a cluster is needed; query, threshold, new_terms and esql are compiled"
        }
        _ => "not a type that is known; query, threshold, new_terms and esql are compiled",
    };
    if !message.is_empty() {
        let code = match kind {
            "eql" => "type-eql",
            "saved_query" => "type-saved-query",
            "threat_match" => "type-threat-match",
            "machine_learning" => "type-machine-learning",
            _ => "type-unknown",
        };
        reasons.push(Reason::new(code, place(rule, "type"), message));
        return;
    }
    let language = rule.get("language").and_then(Node::text);
    match (kind, language) {
        ("esql", None | Some("esql")) => {}
        ("esql", Some(_)) => reasons.push(Reason::new(
            "language-unknown",
            place(rule, "language"),
            "the language of a rule of type `esql` is `esql`",
        )),
        (_, Some("kuery")) => {}
        // Kibana's default.
        (_, None) => {}
        (_, Some("lucene")) => reasons.push(Reason::new(
            "language-lucene",
            place(rule, "language"),
            "queries in Lucene's syntax are not compiled; those in KQL (`kuery`) are",
        )),
        (_, Some(_)) => reasons.push(Reason::new(
            "language-unknown",
            place(rule, "language"),
            "not a language that is known; `kuery` is",
        )),
    }
}

fn check_keys(rule: &Node, reasons: &mut Vec<Reason>) {
    for member in rule.members() {
        let name = member.name.as_str();
        if member.value.is_empty() {
            continue;
        }
        if let Some((_, code, does)) = REFUSED.iter().find(|(known, ..)| *known == name) {
            let message = format!("`{name}` {does}");
            reasons.push(Reason::new(code, member.span.clone(), message));
        } else if !NEUTRAL.contains(&name) && !READ.contains(&name) {
            let known = NEUTRAL.iter().chain(&READ).copied();
            let near = crate::near::nearest(name, known);
            let near = near.map_or(String::new(), |near| format!("; is `{near}` meant?"));
            let message = format!("`{name}` is no key that is known{near}");
            reasons.push(Reason::new("unknown-key", member.span.clone(), message));
        }
    }
    let indexes = { rule.get("index") }
        .map(Node::elements)
        .unwrap_or_default();
    for index in indexes {
        let text = index.text().unwrap_or_default();
        if text.contains(".alerts-security") || text.contains(".siem-signals") {
            let message = format!("`{text}` holds alerts of other rules, which are no events here");
            reasons.push(Reason::new("alerts-index", index.span.clone(), message));
        }
    }
    let time = rule.get("timestamp_override").and_then(Node::text);
    if let Some(time) = time
        && !matches!(time, "" | "event.ingested" | "@timestamp")
    {
        let message = format!("`{time}` would be the time of events: they have `@timestamp` here");
        let span = place(rule, "timestamp_override");
        reasons.push(Reason::new("timestamp-override", span, message));
    }
}

/// The file that a rule is from.
#[derive(Clone, Copy)]
struct Source<'f> {
    file: &'f str,
    syntax: Syntax,
}

/// The rule's query, and its place.
fn query_text<'r>(rule: &'r Node, reasons: &mut Vec<Reason>) -> Option<(String, &'r Range<usize>)> {
    let Some(node) = rule.get("query") else {
        let message = "the rule has no `query`";
        reasons.push(Reason::new("missing-key", place(rule, "query"), message));
        return None;
    };
    match node.as_text("query") {
        Ok(text) => Some((text, &node.span)),
        Err(reason) => {
            reasons.push(reason);
            None
        }
    }
}

/// What a query in ES|QL becomes.
fn piped(
    rule: &Node,
    beside: Vec<Expression>,
    Source { file, syntax }: Source,
    (reasons, notes): (&mut Vec<Reason>, &mut Vec<Reason>),
) -> Option<Compiled> {
    let (text, span) = query_text(rule, reasons)?;
    let at = |part: &Range<usize>| within(file, syntax, span, part);
    let beside = (!beside.is_empty()).then_some(Expression::And(beside));
    esql::compile(rule, &text, beside, &at, (reasons, notes))
}

fn query(
    rule: &Node,
    beside: Vec<Expression>,
    Source { file, syntax }: Source,
    reasons: &mut Vec<Reason>,
) -> Option<Filter> {
    let (text, span) = query_text(rule, reasons)?;
    let at = |part: &Range<usize>| within(file, syntax, span, part);
    let lowered = match kql::parse(&text) {
        Ok(expression) => {
            let mut all = vec![expression];
            // What is not understood of filters and exceptions has its reason already.
            all.extend(beside);
            filter::lower(&Expression::And(all))
        }
        Err(error) => {
            reasons.push(Reason::new(error.code, at(&error.span), error.message));
            return None;
        }
    };
    match lowered {
        Ok(filter) => Some(filter),
        Err(problems) => {
            let problems = { problems.into_iter() }
                .map(|problem| Reason::new(problem.code, at(&problem.span), problem.message));
            reasons.extend(problems);
            None
        }
    }
}
