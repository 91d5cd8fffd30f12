//! What queries mean: three-valued logic, several values, aggregations, columns through the pipe.

use super::{rows, run};

fn names(query: &str) -> Vec<String> {
    run(query, "")
        .columns
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

const THREE: &str = r#"{"k": "a", "i": 1, "b": true}
{"k": "b", "i": 2, "b": false}
{"i": 3}
{"k": ["a", "c"], "i": [4, 5], "b": [true, false]}"#;

#[test]
fn three_valued_logic() {
    let table = [
        ("b", "true, false, null, [false, true]"),
        ("NOT b", "false, true, null, null"),
        ("b AND true", "true, false, null, null"),
        ("b AND false", "false, false, false, false"),
        ("b OR true", "true, true, true, true"),
        ("b OR false", "true, false, null, null"),
        ("b AND null", "null, false, null, null"),
        ("k == \"a\"", "true, false, null, null"),
        ("k != \"a\"", "false, true, null, null"),
        ("NOT k == \"a\"", "false, true, null, null"),
        ("k IN (\"a\", \"c\")", "true, false, null, null"),
        ("k NOT IN (\"a\", \"c\")", "false, true, null, null"),
        ("k IN (\"a\", null)", "true, null, null, null"),
        ("k IS NULL", "false, false, true, false"),
        ("k IS NOT NULL", "true, true, false, true"),
        ("k LIKE \"a*\"", "true, false, null, null"),
        ("k NOT LIKE (\"x\", \"?\")", "false, false, null, null"),
        ("k RLIKE \"[ab]\"", "true, true, null, null"),
        // What every text matches asks whether there is a value.
        ("k LIKE \"*\"", "true, true, false, true"),
        ("k NOT LIKE (\"a\", \"**\")", "false, false, true, false"),
        ("k RLIKE \".*\"", "true, true, false, true"),
        ("k : \"a\"", "true, false, false, true"),
        ("NOT k : \"a\"", "false, true, true, false"),
        ("i > 1", "false, true, true, null"),
        ("i >= 2.0", "false, true, true, null"),
        ("null == null", "null, null, null, null"),
    ];
    for (expression, expected) in table {
        let found = rows(&format!("FROM x | EVAL r = {expression} | KEEP r"), THREE);
        assert_eq!(found.join(", "), expected, "{expression}");
    }
}

#[test]
fn where_keeps_what_is_true() {
    let query = "FROM x | WHERE k != \"a\" | KEEP i";
    assert_eq!(rows(query, THREE), ["2"]);
    let query = "FROM x | WHERE NOT (k == \"a\") OR k IS NULL | KEEP i";
    assert_eq!(rows(query, THREE), ["2", "3"]);
}

#[test]
fn groups_of_null_and_of_each_value() {
    let query = "FROM x | STATS n = COUNT(*), s = SUM(i) BY k | SORT n DESC, k | KEEP k, n, s";
    assert_eq!(
        rows(query, THREE),
        ["'a', 2, 10", "'b', 1, 2", "'c', 1, 9", "null, 1, 3"]
    );
}

#[test]
fn two_keys_are_a_cross_product() {
    let documents = r#"{"k": ["a", "b"], "i": [1, 2, 2]}"#;
    let query = "FROM x | STATS n = COUNT(*) BY k, i | KEEP k, i, n";
    assert_eq!(
        rows(query, documents),
        ["'a', 1, 1", "'a', 2, 1", "'b', 1, 1", "'b', 2, 1"]
    );
}

#[test]
fn aggregates() {
    let documents = r#"{"@timestamp": "2024-01-01T00:00:03Z", "k": "c", "i": 1, "d": 0.1, "b": true}
{"@timestamp": "2024-01-01T00:00:01Z", "k": ["a", "b"], "i": [5, 5], "d": 0.2}
{"@timestamp": "2024-01-01T00:00:02Z", "k": "a", "d": 0.3, "b": false}"#;
    let table = [
        ("count(*)", "3"),
        ("count()", "3"),
        ("count(k)", "4"),
        ("count(kn)", "0"),
        ("count_distinct(k)", "3"),
        ("count_distinct(k, 3000)", "3"),
        ("count_distinct(kn)", "0"),
        ("values(k)", "['a', 'b', 'c']"),
        ("values(kn)", "null"),
        ("min(i)", "1"),
        ("max(i)", "5"),
        ("max(k)", "'c'"),
        ("min(i9)", "null"),
        ("min(@timestamp)", "2024-01-01T00:00:01.000Z"),
        ("sum(i)", "11"),
        ("sum(d)", "0.6"),
        ("sum(i9)", "null"),
        ("avg(i)", "3.6666666666666665"),
        ("avg(i9)", "null"),
        ("first(k, @timestamp)", "'a'"),
        ("last(k, @timestamp)", "'c'"),
        ("last(i, @timestamp)", "1"),
        ("top(i, 2, \"desc\")", "[5, 5]"),
        ("top(k, 2)", "['a', 'a']"),
        ("count(*) WHERE b", "1"),
        ("count(*) WHERE NOT b", "1"),
        ("sum(i) WHERE d > 0.1", "10"),
        ("count(*) * 10 + count(k)", "34"),
        ("round(sum(d) / count(*), 1)", "0.2"),
        ("count_distinct(case(b, k))", "1"),
        ("mv_concat(values(k), \"\")", "'abc'"),
        ("sum(l)", "null"),
    ];
    for (aggregate, expected) in table {
        let query = format!("FROM x | STATS r = {aggregate}");
        assert_eq!(rows(&query, documents), [expected], "{aggregate}");
    }
}

#[test]
fn sum_overflows_to_null() {
    let documents = r#"{"l": 9223372036854775807}
{"l": 1}"#;
    assert_eq!(
        rows("FROM x | STATS s = SUM(l), a = AVG(l)", documents),
        ["null, 4.611686018427388E18"]
    );
}

#[test]
fn without_rows() {
    assert_eq!(rows("FROM x | STATS COUNT(*), MIN(i)", ""), ["0, null"]);
    assert!(rows("FROM x | STATS COUNT(*) BY k", "").is_empty());
}

#[test]
fn names_without_names_are_their_text() {
    assert_eq!(
        names("FROM x | STATS COUNT(*), max( i ), n = 1 + count(k) BY k, date_trunc(1 hour, at)"),
        ["COUNT(*)", "max( i )", "n", "k", "date_trunc(1 hour, at)"]
    );
    let query = "FROM x | STATS COUNT(*) BY k | WHERE `COUNT(*)` > 1 | KEEP k";
    assert_eq!(rows(query, THREE), ["'a'"]);
}

#[test]
fn a_later_column_hides_an_earlier_one() {
    assert_eq!(
        names("FROM x | STATS a = COUNT(*), b = COUNT(k), a = MAX(i) BY k"),
        ["b", "a", "k"]
    );
    let query = "FROM x | EVAL k = to_upper(k), z = k | WHERE k == \"A\" | KEEP z";
    assert_eq!(rows(query, THREE), ["'A'"]);
}

#[test]
fn keep_orders_by_precedence() {
    let from = "FROM x | STATS ab = COUNT(*), ac = COUNT(*), b = COUNT(*) BY k";
    let keep = |patterns: &str| names(&format!("{from} | KEEP {patterns}"));
    assert_eq!(keep("b, ac"), ["b", "ac"]);
    assert_eq!(keep("a*, b"), ["ab", "ac", "b"]);
    assert_eq!(keep("*, ab"), ["ac", "b", "k", "ab"]);
    assert_eq!(keep("a*, ab"), ["ac", "ab"]);
    assert_eq!(keep("k, *"), ["k", "ab", "ac", "b"]);
    assert_eq!(keep("ab, ab"), ["ab"]);
    assert_eq!(names(&format!("{from} | DROP a*, k")), ["b"]);
    assert_eq!(
        names(&format!("{from} | RENAME ab AS x, k AS y")),
        ["x", "ac", "b", "y"]
    );
    assert_eq!(names(&format!("{from} | RENAME ab AS b")), ["b", "ac", "k"]);
    assert_eq!(
        names(&format!("{from} | RENAME x = ab")),
        ["x", "ac", "b", "k"]
    );
}

#[test]
fn expand_gives_a_row_for_each_value() {
    let query = "FROM x | MV_EXPAND k | KEEP k, i";
    assert_eq!(
        rows(query, THREE),
        ["'a', 1", "'b', 2", "null, 3", "'a', [4, 5]", "'c', [4, 5]"]
    );
    let query = "FROM x | MV_EXPAND k | WHERE k == \"a\" | STATS n = COUNT(*)";
    assert_eq!(rows(query, THREE), ["2"]);
}

#[test]
fn sort_and_limit() {
    let sorted = |by: &str| rows(&format!("FROM x | SORT {by} | KEEP i"), THREE).join(" ");
    assert_eq!(sorted("k"), "1 [4, 5] 2 3");
    assert_eq!(sorted("k DESC"), "3 [4, 5] 2 1");
    assert_eq!(sorted("k DESC NULLS LAST"), "[4, 5] 2 1 3");
    assert_eq!(sorted("k ASC NULLS FIRST, i DESC"), "3 [4, 5] 1 2");
    assert_eq!(
        rows("FROM x | SORT i DESC | LIMIT 2 | KEEP i", THREE),
        ["[4, 5]", "3"]
    );
}

#[test]
fn stats_over_stats() {
    let query = "FROM x | STATS n = COUNT(*) BY k | WHERE k IS NOT NULL | STATS m = MAX(n), ks = VALUES(k), groups = COUNT(*)";
    assert_eq!(rows(query, THREE), ["2, ['a', 'b', 'c'], 3"]);
}

#[test]
fn dissect_and_grok() {
    let documents = r#"{"k": "GET /a/b 200", "k2": ["u=1;", "u=2;", "none"]}
{"k": "nonsense"}
{}"#;
    let query = "FROM x | DISSECT k \"%{verb} %{path} %{code}\" | KEEP verb, path, code";
    assert_eq!(
        rows(query, documents),
        [
            "'GET', '/a/b', '200'",
            "null, null, null",
            "null, null, null"
        ]
    );
    let query = r#"FROM x | GROK k "%{WORD:verb} %{NOTSPACE:path} %{INT:code:int}" | EVAL next = code + 1 | KEEP verb, path, next"#;
    assert_eq!(
        rows(query, documents),
        ["'GET', '/a/b', 201", "null, null, null", "null, null, null"]
    );
    let query = r#"FROM x | GROK k2 "u=(?<Esql.user>[0-9]+)" | KEEP Esql.user"#;
    assert_eq!(rows(query, documents), ["['1', '2']", "null", "null"]);
    let query = r#"FROM x | GROK k "^%{INT:a}$", "%{WORD:b}" | KEEP a, b"#;
    assert_eq!(
        rows(query, documents),
        ["null, 'GET'", "null, 'nonsense'", "null, null"]
    );
}

#[test]
fn fields_dotted_nested_and_in_a_source() {
    let documents = r#"{"user": {"id": "1"}}
{"user.id": "2"}
{"_id": "x", "_source": {"user": [{"id": "3"}, {"id": ["4", null]}]}}
{"user": {"id": 5}}"#;
    let query = "FROM x METADATA _id | KEEP user.id, _id";
    assert_eq!(
        rows(query, documents),
        ["'1', null", "'2', null", "['3', '4'], 'x'", "'5', null"]
    );
    let query = "FROM x METADATA _source | EVAL r = JSON_EXTRACT(_source, \"user.id\") | KEEP r";
    assert_eq!(rows(query, documents), ["'1'", "null", "null", "'5'"]);
}

#[test]
fn values_that_do_not_fit_a_type_are_not_there() {
    let documents = r#"{"i": "7", "l": 1.9, "d": "x", "b": "yes", "ip": "no", "at": 5}
{"i": 2147483648, "d": 1e400, "b": "true", "at": "2024-13-01"}"#;
    let query = "FROM x | KEEP i, l, d, b, ip, at";
    assert_eq!(
        rows(query, documents),
        [
            "7, 1, null, null, null, 1970-01-01T00:00:00.005Z",
            "null, null, null, true, null, null"
        ]
    );
}

#[test]
fn what_use_says_of_a_field() {
    let documents = r#"{"code": 403, "ratio": 0.5, "flag": true, "when": "2024-02-01", "addr": "10.0.0.1", "name": 12}"#;
    let table = [
        ("code >= 400", "true"),
        ("code IN (403, 404)", "true"),
        ("ratio < 0.75", "true"),
        ("flag", "true"),
        ("flag == true AND NOT flag == false", "true"),
        ("when < now() - 1 day", "true"),
        ("cidr_match(addr, \"10.0.0.0/8\")", "true"),
        ("name == \"12\"", "true"),
        ("coalesce(when, @timestamp) < now()", "true"),
    ];
    for (condition, expected) in table {
        let query = format!("FROM x | WHERE {condition} | STATS n = COUNT(*) > 0");
        assert_eq!(rows(&query, documents), [expected], "{condition}");
    }
    let query = "FROM x | STATS m = MAX(code), s = SUM(ratio) | WHERE m > 400 AND s < 1.0 | KEEP m";
    assert_eq!(rows(query, documents), ["403.0"].map(|_| "403"));
}
