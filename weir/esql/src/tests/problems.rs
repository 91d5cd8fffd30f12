//! Problems: what is said of queries that are wrong or not supported, and where.

use super::problems;
use crate::problem::ProblemKind::{
    self, Arity, Syntax, Type, UnknownColumn, UnknownCommand, UnknownFunction, UnknownType,
    Unsupported, Value,
};

/// Kinds and subjects of all problems of a query.
fn said(query: &str) -> Vec<(ProblemKind, String)> {
    problems(query)
        .into_iter()
        .map(|problem| (problem.kind, problem.subject))
        .collect()
}

fn check(table: &[(&str, ProblemKind, &str)]) {
    for (query, kind, subject) in table {
        assert_eq!(said(query), [(*kind, (*subject).to_owned())], "{query}");
    }
}

#[test]
fn syntax() {
    check(&[
        ("", Syntax, "end"),
        ("WHERE x", Syntax, "WHERE"),
        ("FROM", Syntax, "end"),
        ("FROM x | WHERE", Syntax, "end"),
        ("FROM x | WHERE k ==", Syntax, "end"),
        ("FROM x | WHERE k = \"a\"", Syntax, "="),
        ("FROM x | WHERE (k == \"a\"", Syntax, "end"),
        ("FROM x | WHERE k == \"a\" k", Syntax, "k"),
        ("FROM x | WHERE k IN \"a\"", Syntax, "\"a\""),
        ("FROM x | WHERE k IS 1", Syntax, "1"),
        ("FROM x | WHERE k LIKE k2", Syntax, "k2"),
        ("FROM x | WHERE k == \"a", Syntax, "\""),
        ("FROM x | WHERE k == \"\\d\"", Syntax, "\\"),
        ("FROM x | WHERE k == 'a'", Syntax, "'"),
        ("FROM x | KEEP", Syntax, "end"),
        ("FROM x | LIMIT k", Syntax, "k"),
        ("FROM x | RENAME k", Syntax, "end"),
        ("FROM x |", Syntax, "end"),
        ("FROM x | EVAL a = ,", Syntax, ","),
        ("FROM x /* open", Syntax, "/*"),
    ]);
}

#[test]
fn unknown_names() {
    check(&[
        ("FROM x | WERE k == \"a\"", UnknownCommand, "WERE"),
        ("FROM x | EVAL a = lenght(k)", UnknownFunction, "lenght"),
        ("FROM x | EVAL a = k::strin", UnknownType, "strin"),
        (
            "FROM x | STATS n = COUNT(*) BY k | WHERE m > 1",
            UnknownColumn,
            "m",
        ),
        ("FROM x | KEEP k | WHERE i > 1", UnknownColumn, "i"),
        ("FROM x | DROP i | WHERE i > 1", UnknownColumn, "i"),
        ("FROM x | DROP i* | WHERE i > 1", UnknownColumn, "i"),
        ("FROM x | RENAME i AS j | WHERE i > 1", UnknownColumn, "i"),
        (
            "FROM x | STATS n = COUNT(*) BY k | KEEP z*",
            UnknownColumn,
            "z*",
        ),
        (
            "FROM x | STATS n = COUNT(*) BY k | DROP z",
            UnknownColumn,
            "z",
        ),
        ("FROM x | STATS n = i BY k", UnknownColumn, "i"),
        (
            "FROM x | KEEP user.* | WHERE host.name == \"a\"",
            UnknownColumn,
            "host.name",
        ),
    ]);
}

#[test]
fn suggestions() {
    let suggested = |query: &str| problems(query)[0].suggestion.clone().unwrap_or_default();
    assert_eq!(suggested("FROM x | WERE k"), "WHERE");
    assert_eq!(suggested("FROM x | EVAL a = lenght(k)"), "length");
    assert_eq!(suggested("FROM x | EVAL a = To_Lowr(k)"), "to_lower");
    assert_eq!(
        suggested("FROM x | STATS counts = COUNT(*) | WHERE count > 1"),
        "counts"
    );
    assert_eq!(suggested("FROM x | EVAL a = qwertz(k)"), "");
    let query = "FROM x\n| EVAL a = lenght(k)";
    assert_eq!(
        problems(query)[0].render(query),
        "2:12: There is no function `lenght`.; did you mean `length`?"
    );
}

#[test]
fn types() {
    check(&[
        ("FROM x | WHERE k", Type, "WHERE"),
        ("FROM x | WHERE NOT i", Type, "NOT"),
        ("FROM x | WHERE b AND i", Type, "AND"),
        ("FROM x | WHERE k == 1", Type, "=="),
        ("FROM x | WHERE i == \"1\"", Type, "=="),
        ("FROM x | WHERE ip == \"x\"", Type, "=="),
        ("FROM x | WHERE at > \"yesterday\"", Type, ">"),
        ("FROM x | WHERE b > true", Type, ">"),
        ("FROM x | WHERE i IN (1, \"a\")", Type, "IN"),
        ("FROM x | WHERE i LIKE \"1*\"", Type, "LIKE"),
        ("FROM x | WHERE ip RLIKE \"1.*\"", Type, "RLIKE"),
        ("FROM x | EVAL a = k + 1", Type, "+"),
        ("FROM x | EVAL a = at - at2", Type, "-"),
        ("FROM x | EVAL a = at * 1 day", Type, "*"),
        ("FROM x | EVAL a = -k", Type, "-"),
        ("FROM x | EVAL a = length(i)", Type, "length"),
        ("FROM x | EVAL a = date_trunc(i, at)", Type, "date_trunc"),
        ("FROM x | EVAL a = date_trunc(1 day, k)", Type, "date_trunc"),
        (
            "FROM x | EVAL a = date_trunc(0 days, at)",
            Type,
            "date_trunc",
        ),
        ("FROM x | EVAL a = case(b, 1, \"x\")", Type, "case"),
        ("FROM x | EVAL a = case(k, 1)", Type, "case"),
        ("FROM x | EVAL a = coalesce(ip, k)", Type, "coalesce"),
        ("FROM x | EVAL a = to_ip(i)", Type, "to_ip"),
        ("FROM x | EVAL a = bucket(i, 1 day)", Type, "bucket"),
        ("FROM x | EVAL a = kql(k)", Type, "kql"),
        ("FROM x | EVAL a = match(length(k), 1)", Type, "MATCH"),
        ("FROM x | WHERE i : \"x\"", Type, "MATCH"),
        ("FROM x | EVAL a = count(k)", Type, "count"),
        ("FROM x | STATS a = max(count(k))", Type, "count"),
        ("FROM x | STATS a = sum(k)", Type, "sum"),
        ("FROM x | STATS n = COUNT(*) BY 1 day", Type, "BY"),
        ("FROM x | STATS n = COUNT(*) WHERE k", Type, "WHERE"),
        ("FROM x | GROK i \"%{WORD:a}\"", Type, "GROK"),
        ("FROM x | EVAL a = k::date_period", Type, "date_period"),
    ]);
}

#[test]
fn arguments() {
    check(&[
        ("FROM x | EVAL a = length()", Arity, "length"),
        ("FROM x | EVAL a = length(k, k)", Arity, "length"),
        ("FROM x | EVAL a = concat(k)", Arity, "concat"),
        ("FROM x | STATS a = sum()", Arity, "sum"),
        ("FROM x | STATS a = first(k)", Arity, "first"),
        (
            "FROM x | EVAL a = cidr_match(ip, \"10.0.0.0/33\")",
            Value,
            "cidr_match",
        ),
        (
            "FROM x | EVAL a = date_diff(\"fortnight\", at, at)",
            Value,
            "date_diff",
        ),
        ("FROM x | EVAL a = split(k, \"::\")", Value, "split"),
        ("FROM x | EVAL a = mv_sort(k, \"up\")", Value, "mv_sort"),
        ("FROM x | EVAL a = length(*)", Value, "*"),
        ("FROM x | WHERE k LIKE \"a\\\\b\"", Value, "LIKE"),
        ("FROM x | WHERE k RLIKE \"(a\"", Value, "RLIKE"),
        (
            "FROM x | EVAL a = replace(k, \"[\", \"\")",
            Value,
            "replace",
        ),
        ("FROM x | DISSECT k \"%{a}%{b}\"", Value, "DISSECT"),
        ("FROM x | GROK k \"(\"", Value, "GROK"),
        ("FROM x | EVAL a = [1, \"x\"]", Value, "[1, \"x\"]"),
        ("FROM x | EVAL a = 1e999", Value, "1e999"),
    ]);
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    check(&[
        ("ROW a = 1", Unsupported, "ROW"),
        ("TS metrics", Unsupported, "TS"),
        ("FROM (FROM x)", Unsupported, "subquery"),
        ("FROM x METADATA _score", Unsupported, "_score"),
        ("FROM x | ENRICH policy ON k WITH a", Unsupported, "ENRICH"),
        ("FROM x | LOOKUP JOIN t ON k", Unsupported, "LOOKUP"),
        (
            "FROM x | FORK (WHERE i > 1) (WHERE i < 1)",
            Unsupported,
            "FORK",
        ),
        ("FROM x | CHANGE_POINT i ON at", Unsupported, "CHANGE_POINT"),
        (
            "FROM x | COMPLETION a = k WITH { \"inference_id\": \"m\" } | WHERE a == \"x\"",
            Unsupported,
            "COMPLETION",
        ),
        ("FROM x | SAMPLE 0.1", Unsupported, "SAMPLE"),
        (
            "FROM x | INLINE STATS n = COUNT(*) BY k | WHERE n > 1 AND i > 1",
            Unsupported,
            "INLINE STATS",
        ),
        (
            "FROM x | INLINESTATS n = COUNT(*) BY k",
            Unsupported,
            "INLINE STATS",
        ),
        ("SET a = true; FROM x", Unsupported, "SET"),
        ("FROM x | WHERE geo IS NULL", Unsupported, "geo_point"),
        ("FROM x | EVAL a = sha256(k)", Unsupported, "sha256"),
        ("FROM x | STATS a = median(i)", Unsupported, "median"),
        (
            "FROM x | EVAL a = bucket(at, 20, \"2024\", \"2025\")",
            Unsupported,
            "bucket",
        ),
        (
            "FROM x | EVAL a = date_trunc(2 months, at)",
            Unsupported,
            "date_trunc",
        ),
        (
            "FROM x | WHERE match(k, \"a\", { \"fuzziness\": 1 })",
            Unsupported,
            "options",
        ),
        ("FROM x | WHERE k == ?a", Unsupported, "?"),
        (
            "FROM x | EVAL a = replace(k, k2, \"\")",
            Unsupported,
            "replace",
        ),
        (
            "FROM x | EVAL a = replace(k, \"(?=a)\", \"\")",
            Unsupported,
            "replace",
        ),
        ("FROM x | WHERE k RLIKE \"a&b\"", Unsupported, "RLIKE"),
        (
            "FROM x | GROK k \"%{IPORHOST:a}\" | WHERE a == \"x\"",
            Unsupported,
            "GROK IPORHOST",
        ),
        ("FROM x | EVAL a = k::geo_point", Unsupported, "geo_point"),
        (
            "FROM x | EVAL a = 9223372036854775808",
            Unsupported,
            "unsigned_long",
        ),
    ]);
}

#[test]
fn all_problems_of_a_query_are_found() {
    let query = "FROM x
| WHERE lenght(k) > 1 AND i == \"a\"
| EVAL a =
| WERE k
| STATS n = COUNT(*), m = sum(k) BY k
| ENRICH p
| KEEP n";
    let found: Vec<(usize, &str)> = problems(query)
        .iter()
        .map(|problem| (problem.position(query).line, problem.kind.code()))
        .collect();
    assert_eq!(
        found,
        [
            (2, "unknown-function"),
            (2, "type"),
            (4, "syntax"),
            (4, "unknown-command"),
            (5, "type"),
            (6, "unsupported"),
        ]
    );
}

#[test]
fn an_unknown_column_is_not_said_where_it_may_have_been_made() {
    assert_eq!(
        said("FROM x | EVAL a = lenght(k) | KEEP a, k | WHERE z == 1").len(),
        1
    );
}

#[test]
fn depth_is_bounded() {
    let deep = |open: &str, close: &str| {
        format!(
            "FROM x | WHERE {}b{}",
            open.repeat(50_000),
            close.repeat(50_000)
        )
    };
    for query in [
        deep("(", ")"),
        deep("NOT ", ""),
        deep("f(", ")"),
        deep("- ", ""),
        deep("", " + 1"),
        deep("", "::long"),
        deep("", " IS NULL"),
        deep("[", "]"),
    ] {
        let found = problems(&query);
        assert!(found.iter().any(|p| p.subject == "depth"), "{:?}", found[0]);
    }
    let wide = format!("FROM x | WHERE {} b", "b AND ".repeat(5000));
    assert!(crate::analyse(&wide, &super::schema).is_ok());
    let long = format!("FROM x{}", " ".repeat(crate::parser::LONGEST_QUERY));
    assert_eq!(said(&long), [(Syntax, "length".to_owned())]);
}
