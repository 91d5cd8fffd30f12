//! Exceptions of rules, as an export has them beside the rules that name their lists.

use crate::filter;
use crate::kql::{Expression, Field, Literal, Test, Wildcard};
use crate::node::{Node, Syntax};
use crate::reason::Reason;

/// The list of exceptions that every Kibana has for Elastic's endpoint agent.
const ENDPOINT: &str = "endpoint_list";

/// The objects of an export that are no rules.
#[derive(Default)]
pub(crate) struct Exported<'f>(pub(crate) Vec<&'f Node>);

impl Exported<'_> {
    /// The expression that leaves out what the rule's lists of exceptions do; None without lists.
    pub(crate) fn of(
        &self,
        rule: &Node,
        syntax: Syntax,
        reasons: &mut Vec<Reason>,
        notes: &mut Vec<Reason>,
    ) -> Option<Expression> {
        let lists = rule
            .get("exceptions_list")
            .filter(|node| !node.is_empty())?;
        let mut items = Vec::new();
        for list in lists.elements() {
            let id = list.get("list_id").and_then(Node::text).unwrap_or_default();
            let of_list = |node: &&&Node| node.get("list_id").and_then(Node::text) == Some(id);
            let all = self.0.iter().filter(of_list);
            let (found, itself): (Vec<&&Node>, Vec<&&Node>) =
                all.partition(|node| node.get("entries").is_some());
            if itself.is_empty() && id == ENDPOINT && syntax == Syntax::Toml {
                // Each Kibana has one, empty until its users fill it; an export has it beside.
                let message = format!(
                    "the list `{id}` is a Kibana's own, and none of its exceptions is here: write \
                     them to the parameter `exceptions`, or compile an export"
                );
                notes.push(Reason::new(
                    "endpoint-exceptions",
                    list.span.clone(),
                    message,
                ));
            } else if itself.is_empty() {
                let message = format!(
                    "the list of exceptions `{id}` is not in the file: export it with the rule, or \
                     write its exceptions to the parameter `exceptions`"
                );
                reasons.push(Reason::new("exceptions-list", list.span.clone(), message));
            }
            for node in found {
                match item(node) {
                    Ok(item) => items.push(item),
                    Err(reason) => reasons.push(reason),
                }
            }
        }
        match items.len() {
            0 => None,
            1 => items.pop().map(|item| Expression::Not(Box::new(item))),
            _ => Some(Expression::Not(Box::new(Expression::Or(items)))),
        }
    }
}

/// An exception: all of its entries.
fn item(node: &Node) -> Result<Expression, Reason> {
    for (name, why) in [
        ("os_types", "it is for some operating systems only"),
        ("expire_time", "it expires by the clock"),
    ] {
        if node.get(name).is_some_and(|value| !value.is_empty()) {
            let message = format!("an exception is not understood: {why}");
            return Err(Reason::new("exception-item", node.span.clone(), message));
        }
    }
    let entries = node.get("entries").map(Node::elements).unwrap_or_default();
    let mut tests = Vec::new();
    for entry in entries {
        let test = self::entry(entry).ok_or_else(|| {
            let message = "an entry of an exception is not understood: expected `field`, \
                `operator` and `type`, one of match, match_any, wildcard and exists";
            Reason::new("exception-item", entry.span.clone(), message)
        })?;
        if let Err(problems) = filter::lower(&test)
            && let Some(problem) = problems.first()
        {
            let message = problem.message.clone();
            return Err(Reason::new(problem.code, entry.span.clone(), message));
        }
        tests.push(test);
    }
    match tests.len() {
        0 => {
            let message = "an exception without entries";
            Err(Reason::new("exception-item", node.span.clone(), message))
        }
        1 => Ok(tests.swap_remove(0)),
        _ => Ok(Expression::And(tests)),
    }
}

fn entry(node: &Node) -> Option<Expression> {
    let name = node.get("field")?.text()?;
    let exact = |node: &Node| {
        Some(Test::Is(Literal {
            text: node.text()?.to_owned(),
            wildcards: Vec::new(),
            quoted: true,
            span: 0..0,
        }))
    };
    let value = || node.get("value");
    let test = match node.get("type")?.text()? {
        "match" => exact(value()?)?,
        "match_any" => {
            let tests = value()?.elements().iter().map(exact);
            Test::Any(
                tests
                    .collect::<Option<Vec<Test>>>()
                    .filter(|all| !all.is_empty())?,
            )
        }
        "exists" => Test::Exists,
        "wildcard" => Test::Like(Wildcard {
            pattern: value()?.text()?.to_owned(),
            caseless: false,
            span: 0..0,
        }),
        _ => return None,
    };
    let field = Field {
        name: name.to_owned(),
        is_pattern: false,
        span: 0..0,
    };
    let test = Expression::Test(field, test);
    match node.get("operator")?.text()? {
        "included" => Some(test),
        "excluded" => Some(Expression::Not(Box::new(test))),
        _ => None,
    }
}
