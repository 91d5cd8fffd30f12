//! The parser: precedence, literals, names, comments.

use super::{plan, rows};
use crate::parser::parse;
use crate::plan::{Node, StageKind};
use crate::span::Position;
use crate::syntax::{CommandKind, Syntax, SyntaxKind};
use crate::types::Value;

/// An expression with brackets around all its parts.
fn shown(value: &Syntax) -> String {
    let list = |parts: &[Syntax], sign: &str| {
        let parts: Vec<String> = parts.iter().map(shown).collect();
        format!("({})", parts.join(sign))
    };
    match &value.kind {
        SyntaxKind::Column(name) => name.clone(),
        SyntaxKind::Integer(number) => number.to_string(),
        SyntaxKind::Decimal(number) => number.to_string(),
        SyntaxKind::Text(text) => format!("'{text}'"),
        SyntaxKind::Not(inner) => format!("!{}", shown(inner)),
        SyntaxKind::And(parts) => list(parts, " & "),
        SyntaxKind::Or(parts) => list(parts, " | "),
        SyntaxKind::Compare(sign, left, right) => {
            format!("({} {} {})", shown(left), sign.sign(), shown(right))
        }
        SyntaxKind::Arithmetic(sign, left, right) => {
            format!("({} {} {})", shown(left), sign.sign(), shown(right))
        }
        SyntaxKind::Negate(inner) => format!("-{}", shown(inner)),
        SyntaxKind::In(value, items) => format!("({} in {})", shown(value), list(items, ", ")),
        SyntaxKind::Like(value, _) => format!("({} like)", shown(value)),
        SyntaxKind::RLike(value, _) => format!("({} rlike)", shown(value)),
        SyntaxKind::IsNull(inner) => format!("null?{}", shown(inner)),
        SyntaxKind::Match(left, right) => format!("({} : {})", shown(left), shown(right)),
        SyntaxKind::Cast(value, name) => format!("{}::{}", shown(value), name.text),
        SyntaxKind::Call(name, arguments) => format!("{}{}", name.text, list(arguments, ", ")),
        SyntaxKind::Span(number, unit) => format!("{number}{unit}"),
        other => format!("{other:?}"),
    }
}

fn condition(text: &str) -> String {
    let (query, problems) = parse(&format!("FROM x | WHERE {text}"));
    assert!(problems.is_empty(), "{text}: {problems:?}");
    match &query.commands[0].kind {
        CommandKind::Where(value) => shown(value),
        other => panic!("{other:?}"),
    }
}

#[test]
fn precedence() {
    let table = [
        ("a or b and not c", "(a | (b & !c))"),
        ("not a and b", "(!a & b)"),
        ("NOT a == 1 AND b", "(!(a == 1) & b)"),
        ("not not a", "!!a"),
        ("a + b * c - d", "((a + (b * c)) - d)"),
        ("a / b % c", "((a / b) % c)"),
        ("-a * -1", "(-a * -1)"),
        ("a - -1", "(a - -1)"),
        ("a + 1 > b", "((a + 1) > b)"),
        ("a == 1 or b != 2 or c", "((a == 1) | (b != 2) | c)"),
        (
            "a in (1, 2) and b not in (\"x\")",
            "((a in (1, 2)) & !(b in ('x')))",
        ),
        ("not a in (1)", "!(a in (1))"),
        (
            "a not like \"x\" or b rlike \"y\"",
            "(!(a like) | (b rlike))",
        ),
        ("a is null and b is not null", "(null?a & !null?b)"),
        ("a + 1 is null", "null?(a + 1)"),
        ("a::int + b::long", "(a::int + b::long)"),
        ("a : \"x\" and b", "((a : 'x') & b)"),
        ("f(a, g(), 1)", "f(a, g(), 1)"),
        ("(a or b) and c", "((a | b) & c)"),
        ("a == 2 minutes", "(a == 2minutes)"),
        ("a == 1min", "(a == 1min)"),
        ("a == 1 and b", "((a == 1) & b)"),
        (
            "a == 1.5e3 or b == .5 or c == 1.",
            "((a == 1500) | (b == 0.5) | (c == 1))",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(condition(text), expected, "{text}");
    }
}

#[test]
fn names() {
    let table = [
        ("source.`as`.number", "source.as.number"),
        ("`a b`.c", "a b.c"),
        ("`a``b`", "a`b"),
        ("Esql.@timestamp", "Esql.@timestamp"),
        ("_id", "_id"),
    ];
    for (text, expected) in table {
        assert_eq!(condition(text), expected, "{text}");
    }
}

#[test]
fn strings() {
    let table = [
        (r#""a\"b\\c\t\n\r""#, "a\"b\\c\t\n\r"),
        (r#""""a\b"c""""#, "a\\b\"c"),
        (r#"""""a"""""#, "\"a\""),
        (r#""""""""#, ""),
        (r#""""#, ""),
        ("\"ü\"", "ü"),
    ];
    for (text, expected) in table {
        assert_eq!(condition(text), format!("'{expected}'"), "{text}");
    }
}

#[test]
fn sources_and_metadata() {
    let (query, problems) = parse(
        "from logs-aws.cloudtrail-*, .alerts-security.*, \"a b\", remote:logs-2024.01-*, -x* metadata _id, _index // end",
    );
    assert!(problems.is_empty(), "{problems:?}");
    let texts = |names: &[crate::syntax::Name]| -> Vec<String> {
        names.iter().map(|name| name.text.clone()).collect()
    };
    assert_eq!(
        texts(&query.sources),
        [
            "logs-aws.cloudtrail-*",
            ".alerts-security.*",
            "a b",
            "remote:logs-2024.01-*",
            "-x*"
        ]
    );
    assert_eq!(texts(&query.metadata), ["_id", "_index"]);
}

#[test]
fn comments_and_blanks() {
    let query =
        "FROM x // | WHERE nonsense\n/* a /* nested */ | */ | WHERE k == \"//\" /* b */\n| KEEP k";
    assert_eq!(rows(query, "{\"k\": \"//\"}\n{\"k\": \"a\"}"), ["'//'"]);
}

#[test]
fn positions() {
    let source = "FROM x\n| WHERE ü > 1\n";
    let (_, problems) = parse(source);
    assert_eq!(
        problems[0].position(source),
        Position { line: 2, column: 9 }
    );
    assert_eq!(problems[0].at.text(source), "ü");
}

#[test]
fn literals_take_the_type_that_they_stand_beside() {
    let literal = |condition: &str| {
        let plan = plan(&format!("FROM x | WHERE {condition}"));
        match &plan.stages[0].kind {
            StageKind::Filter(value) => match &value.node {
                Node::Compare(_, _, right) => right.as_literal().cloned(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        literal("@timestamp > \"1970-01-02\""),
        Some(Value::Date(86_400_000))
    );
    assert!(matches!(literal("ip == \"::1\""), Some(Value::Ip(_))));
    assert!(matches!(literal("v == \"1.2\""), Some(Value::Version(_))));
    assert_eq!(literal("b == \"TRUE\""), Some(Value::Boolean(true)));
    assert_eq!(literal("k == \"1\""), Some(Value::Text("1".to_owned())));
}
