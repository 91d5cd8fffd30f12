//! Tables of functions: an expression over one document, and its value.

use super::{plan, render, rows};
use crate::functions::FUNCTIONS;

/// Fields whose names end with `n` are not there.
pub(super) const DOCUMENT: &str = r#"{"@timestamp": "2024-02-29T13:45:10.123Z", "at2": ["2024-01-01", "2023-01-01"], "k": "Grüße", "k2": ["b", "a", "b"], "k3": "a.b.c", "k4": "%41+b%2F", "k5": "aGkh", "k6": "10.0.0.1", "k7": "12", "k8": "  x ", "k9": "{\"a\": {\"b\": [1.50, \"x\", null]}, \"c.d\": true, \"e\": {\"f\": 1}}", "t": ["Zeta One", "alpha"], "i": 7, "i2": [3, 1, 2, 1], "i3": -7, "i4": 2147483647, "l": 5000000000, "l2": [4, 9223372036854775807], "d": 2.5, "d2": [0.1, 0.2], "d3": -2.5, "b": true, "b2": [true, false], "ip": "10.1.2.3", "ip2": ["::1", "10.0.0.1"], "v": "1.10.0", "v2": "1.9.0"}"#;

fn check(table: &[(&str, &str)]) {
    for (expression, expected) in table {
        let query = format!("FROM x | EVAL r = {expression} | KEEP r");
        assert_eq!(rows(&query, DOCUMENT), [*expected], "{expression}");
    }
}

const CONDITIONS: &[(&str, &str)] = &[
    ("case(b, 1, 2)", "1"),
    ("case(kn == \"x\", 1, 2)", "2"),
    ("case(b2, 1)", "null"),
    ("case(false, \"x\", i == 7, \"y\", \"z\")", "'y'"),
    ("case(b, i2)", "[1, 1, 2, 3]"),
    ("case(false, 1, 2.5)", "2.5"),
    ("case(b, 1, 2.5)", "1.0"),
    ("case(null, 1)", "null"),
    ("case([true, true], 1, 2)", "2"),
    ("case([true], 1, 2)", "1"),
    (
        "@timestamp - case(b, 29 days, 1 day)",
        "2024-01-31T13:45:10.123Z",
    ),
    ("coalesce(kn, k)", "'Grüße'"),
    ("coalesce(kn, kn2)", "null"),
    ("coalesce(kn, k2)", "['a', 'b']"),
    ("coalesce(i9, 1)", "1"),
    ("coalesce(i9, 1.5)", "1.5"),
    ("greatest(i, 9, 8)", "9"),
    ("greatest(i, i9)", "null"),
    ("greatest(i2)", "3"),
    ("greatest(\"a\", k)", "'a'"),
    ("least(i, 9, 8.5)", "7.0"),
    ("least(i2, 2)", "1"),
    ("least(k, kn)", "null"),
];

const TEXTS: &[(&str, &str)] = &[
    ("to_lower(k)", "'grüße'"),
    ("to_lower(t)", "['zeta one', 'alpha']"),
    ("to_lower(kn)", "null"),
    ("to_upper(k)", "'GRÜSSE'"),
    ("to_upper(k2)", "['A', 'B']"),
    ("length(k)", "5"),
    ("length(k2)", "null"),
    ("length(kn)", "null"),
    ("length(\"\")", "0"),
    ("byte_length(k)", "7"),
    ("byte_length(kn)", "null"),
    ("concat(k, \"-\", k7)", "'Grüße-12'"),
    ("concat(k, kn)", "null"),
    ("concat(k, k2)", "null"),
    ("starts_with(k, \"Gr\")", "true"),
    ("starts_with(k, \"gr\")", "false"),
    ("starts_with(k2, \"a\")", "null"),
    ("ends_with(k, \"ße\")", "true"),
    ("ends_with(k, kn)", "null"),
    ("contains(k, \"üß\")", "true"),
    ("contains(k, \"\")", "true"),
    ("contains(kn, \"x\")", "null"),
    ("locate(k, \"ß\")", "4"),
    ("locate(k, \"x\")", "0"),
    ("locate(k3, \".\", 3)", "4"),
    ("locate(k3, \".\", -2)", "4"),
    ("locate(k, kn)", "null"),
    ("locate(k, \"\")", "1"),
    ("substring(k, 3)", "'üße'"),
    ("substring(k, 2, 2)", "'rü'"),
    ("substring(k, -2, 1)", "'ß'"),
    ("substring(k, 2, -1)", "null"),
    ("substring(k, -9, 2)", "'Gr'"),
    ("left(k, 3)", "'Grü'"),
    ("left(k, -1)", "''"),
    ("left(k, i9)", "null"),
    ("right(k, 2)", "'ße'"),
    ("right(k, 99)", "'Grüße'"),
    ("trim(k8)", "'x'"),
    ("trim(\"\u{a0}x\u{2003}\")", "'\u{a0}x'"),
    ("ltrim(k8)", "'x '"),
    ("rtrim(k8)", "'  x'"),
    ("rtrim(k2)", "null"),
    ("reverse(k)", "'eßürG'"),
    ("reverse(kn)", "null"),
    ("repeat(k7, 3)", "'121212'"),
    ("repeat(k7, -1)", "null"),
    ("repeat(k7, 0)", "''"),
    ("space(3)", "'   '"),
    ("space(-1)", "null"),
    ("space(i9)", "null"),
    ("split(k3, \".\")", "['a', 'b', 'c']"),
    ("split(\"a..b.\", \".\")", "['a', '', 'b', '']"),
    ("split(k7, \".\")", "'12'"),
    ("split(k2, \".\")", "null"),
    ("split(k3, k3)", "null"),
    ("replace(k3, \"[ab]\", \"x\")", "'x.x.c'"),
    ("replace(k3, \"(.)\\\\.(.)\", \"$2-$1\")", "'b-a.c'"),
    ("replace(k3, \"\", \"_\")", "'_a_._b_._c_'"),
    ("replace(k3, \"a\", \"\\\\$\")", "'$.b.c'"),
    ("replace(k3, \"a\", \"$7\")", "null"),
    ("replace(kn, \"a\", \"b\")", "null"),
    ("replace(k2, \"a\", \"b\")", "null"),
    ("url_decode(k4)", "'A b/'"),
    ("url_decode(\"%4\")", "null"),
    ("url_decode(\"%zz\")", "null"),
    ("url_decode(kn)", "null"),
    ("url_decode([\"%41\", \"%\", \"b\"])", "['A', 'b']"),
    ("from_base64(k5)", "'hi!'"),
    ("from_base64(\"aGk=\")", "'hi'"),
    ("from_base64(\"aGk\")", "'hi'"),
    ("from_base64(\"a\")", "null"),
    ("from_base64(\"a*\")", "null"),
    ("from_base64(\"aGk!=\")", "null"),
    ("to_base64(\"hi\")", "'aGk='"),
    ("to_base64(\"h\")", "'aA=='"),
    ("to_base64(\"hi!\")", "'aGkh'"),
    ("to_base64(kn)", "null"),
    ("json_extract(k9, \"a.b[0]\")", "'1.50'"),
    ("json_extract(k9, \"$.a['b'][1]\")", "'x'"),
    ("json_extract(k9, \"a.b[2]\")", "null"),
    ("json_extract(k9, \"a.b[3]\")", "null"),
    ("json_extract(k9, \"a.b\")", "'[1.50, \"x\", null]'"),
    ("json_extract(k9, \"c.d\")", "null"),
    ("json_extract(k9, \"['c.d']\")", "'true'"),
    ("json_extract(k9, \"[ 'e' ][ 'f' ]\")", "'1'"),
    ("json_extract(k9, \"e.f.g\")", "null"),
    ("json_extract(k9, \"e..f\")", "null"),
    (
        "json_extract(k9, \"$\")",
        "'{\"a\": {\"b\": [1.50, \"x\", null]}, \"c.d\": true, \"e\": {\"f\": 1}}'",
    ),
    ("json_extract(k, \"a\")", "null"),
    ("json_extract(kn, \"a\")", "null"),
    ("cidr_match(ip, \"10.0.0.0/8\")", "true"),
    ("cidr_match(ip, \"10.2.0.0/16\", \"10.1.2.3\")", "true"),
    ("cidr_match(ip, \"fe80::/10\")", "false"),
    ("cidr_match(ip2, \"::1/128\")", "null"),
    ("cidr_match(ipn, \"::1/128\")", "null"),
    ("match(k2, \"a\")", "true"),
    ("match(k2, \"A\")", "false"),
    ("match(t, \"one two\")", "true"),
    ("match(kn, \"a\")", "false"),
    ("match(i2, 3)", "true"),
    ("match(i2, \"3\")", "true"),
    ("match(ip2, \"::1\")", "true"),
    ("match(t::string, \"ALPHA\")", "true"),
    ("kql(\"Grüße\")", "true"),
    ("kql(\"absent\")", "false"),
];

const MULTIVALUES: &[(&str, &str)] = &[
    ("mv_first(k2)", "'a'"),
    ("mv_first(t)", "'Zeta One'"),
    ("mv_first(kn)", "null"),
    ("mv_first(i)", "7"),
    ("mv_last(i2)", "3"),
    ("mv_last(t)", "'alpha'"),
    ("mv_min(t)", "'Zeta One'"),
    ("mv_min(at2)", "2023-01-01T00:00:00.000Z"),
    ("mv_min(ip2)", "::1"),
    ("mv_max(i2)", "3"),
    ("mv_max(b2)", "true"),
    ("mv_max(i9)", "null"),
    ("mv_count(i2)", "4"),
    ("mv_count(k2)", "2"),
    ("mv_count(k)", "1"),
    ("mv_count(kn)", "null"),
    ("mv_dedupe(i2)", "[1, 2, 3]"),
    ("mv_dedupe(split(\"b,a,b\", \",\"))", "['b', 'a']"),
    ("mv_dedupe(kn)", "null"),
    ("mv_sort(t)", "['Zeta One', 'alpha']"),
    ("mv_sort(i2, \"DESC\")", "[3, 2, 1, 1]"),
    ("mv_sort(kn)", "null"),
    ("mv_concat(k2, \"; \")", "'a; b'"),
    ("mv_concat(k, \"; \")", "'Grüße'"),
    ("mv_concat(kn, \"; \")", "null"),
    ("mv_concat(k2, kn)", "null"),
    ("mv_slice(i2, 1)", "1"),
    ("mv_slice(i2, 0, 2)", "[1, 1, 2]"),
    ("mv_slice(i2, 2, 99)", "[2, 3]"),
    ("mv_slice(i2, -2, -1)", "[2, 3]"),
    ("mv_slice(i2, -99, -3)", "[1, 1]"),
    ("mv_slice(i2, 4)", "null"),
    ("mv_slice(i2, -9)", "null"),
    ("mv_slice(i2, 2, 1)", "null"),
    ("mv_slice(i2, -1, 1)", "null"),
    ("mv_slice(kn, 0)", "null"),
    ("mv_sum(i2)", "7"),
    ("mv_sum(d2)", "0.30000000000000004"),
    ("mv_sum(l2)", "null"),
    ("mv_sum(i9)", "null"),
    ("mv_avg(i2)", "1.75"),
    ("mv_avg(i9)", "null"),
    ("mv_append(k2, k)", "['a', 'b', 'Grüße']"),
    ("mv_append(k, kn)", "null"),
    ("mv_contains(k2, \"a\")", "true"),
    ("mv_contains(k2, [\"a\", \"c\"])", "false"),
    ("mv_contains(i2, [1, 3])", "true"),
    ("mv_contains(k2, kn)", "true"),
    ("mv_contains(kn, k2)", "false"),
    ("mv_contains(kn, kn)", "true"),
    ("mv_intersection(i2, [3, 1, 9])", "[1, 3]"),
    ("mv_intersection(k2, k)", "null"),
    ("mv_intersection(k2, kn)", "null"),
];

const CONVERSIONS: &[(&str, &str)] = &[
    ("to_string(i2)", "['1', '1', '2', '3']"),
    ("to_string(d)", "'2.5'"),
    ("to_string(12345678.0)", "'1.2345678E7'"),
    ("to_string(1234567.0)", "'1234567.0'"),
    ("to_string(0.0001)", "'1.0E-4'"),
    ("to_string(b)", "'true'"),
    ("to_string(ip2)", "['::1', '10.0.0.1']"),
    ("to_string(@timestamp)", "'2024-02-29T13:45:10.123Z'"),
    ("to_string(v)", "'1.10.0'"),
    ("to_string(kn)", "null"),
    ("k7::integer", "12"),
    ("to_integer(\"2.5\")", "3"),
    ("to_integer(\"-2.5\")", "-2"),
    ("to_integer(l)", "null"),
    ("to_integer(k)", "null"),
    ("to_integer(b2)", "[0, 1]"),
    ("to_long(d3)", "-2"),
    ("to_long(@timestamp)", "1709214310123"),
    ("to_long(1e30)", "null"),
    ("to_long(\"5000000000\")", "5000000000"),
    ("to_double(k7)", "12.0"),
    ("to_double(i)", "7.0"),
    ("to_double(k)", "null"),
    ("to_double(kn)", "null"),
    ("to_boolean(\"TRUE\")", "true"),
    ("to_boolean(k)", "false"),
    ("to_boolean(i2)", "[true, true, true, true]"),
    ("to_boolean(0.0)", "false"),
    ("to_datetime(\"2024-02-29\")", "2024-02-29T00:00:00.000Z"),
    ("to_datetime(0)", "1970-01-01T00:00:00.000Z"),
    ("to_datetime(k)", "null"),
    ("to_ip(k6)", "10.0.0.1"),
    ("to_ip(k)", "null"),
    ("to_ip(kn)", "null"),
    ("to_ip(\"010.0.0.1\")", "null"),
    ("to_version(k3) == \"a.b.c\"::version", "true"),
    ("v > v2", "true"),
    ("\"1.0.0-rc.2\"::version < \"1.0.0-rc.11\"::version", "true"),
    ("\"1.0.0-rc\"::version < \"1.0\"::version", "true"),
    (
        "@timestamp + to_dateperiod(\"1 day\")",
        "2024-03-01T13:45:10.123Z",
    ),
    (
        "@timestamp - to_timeduration(\"45 minutes\")",
        "2024-02-29T13:00:10.123Z",
    ),
];

const TIMES: &[(&str, &str)] = &[
    ("now()", "2024-03-01T00:00:00.000Z"),
    (
        "date_trunc(1 minute, @timestamp)",
        "2024-02-29T13:45:00.000Z",
    ),
    ("date_trunc(7min, @timestamp)", "2024-02-29T13:39:00.000Z"),
    ("date_trunc(1 day, @timestamp)", "2024-02-29T00:00:00.000Z"),
    ("date_trunc(1 week, @timestamp)", "2024-02-26T00:00:00.000Z"),
    (
        "date_trunc(10 days, @timestamp)",
        "2024-02-27T00:00:00.000Z",
    ),
    (
        "date_trunc(1 month, @timestamp)",
        "2024-02-01T00:00:00.000Z",
    ),
    (
        "date_trunc(1 quarter, @timestamp)",
        "2024-01-01T00:00:00.000Z",
    ),
    ("date_trunc(1 year, @timestamp)", "2024-01-01T00:00:00.000Z"),
    (
        "date_trunc(1 hour, \"1969-12-31T23:30:00Z\")",
        "1969-12-31T23:00:00.000Z",
    ),
    ("date_trunc(1 hour, at2)", "null"),
    ("date_trunc(1 hour, atn)", "null"),
    ("bucket(@timestamp, 30 seconds)", "2024-02-29T13:45:00.000Z"),
    ("bucket(i, 5)", "5.0"),
    ("bucket(d3, 2.0)", "-4.0"),
    ("bucket(i9, 5)", "null"),
    ("tbucket(1 hour)", "2024-02-29T13:00:00.000Z"),
    ("date_diff(\"minutes\", @timestamp, now())", "614"),
    ("date_diff(\"hour\", now(), @timestamp)", "-10"),
    ("date_diff(\"day\", @timestamp, now())", "0"),
    ("date_diff(\"month\", \"2024-01-31\", \"2024-02-29\")", "0"),
    ("date_diff(\"months\", \"2024-01-29\", \"2024-02-29\")", "1"),
    ("date_diff(\"mm\", \"2024-02-29\", \"2024-01-30\")", "0"),
    ("date_diff(\"year\", \"2020-02-29\", \"2024-02-28\")", "3"),
    ("date_diff(\"ms\", @timestamp, now())", "36889877"),
    ("date_diff(\"microseconds\", @timestamp, now())", "null"),
    ("date_diff(\"seconds\", atn, now())", "null"),
    ("@timestamp + 1 month", "2024-03-29T13:45:10.123Z"),
    ("\"2024-01-31\" + 1 month", "2024-02-29T00:00:00.000Z"),
    ("@timestamp - 1 year", "2023-02-28T13:45:10.123Z"),
    ("90 minutes + now()", "2024-03-01T01:30:00.000Z"),
    ("now() - (1 hour + 30 minutes)", "2024-02-29T22:30:00.000Z"),
    ("now() + -1 day", "2024-02-29T00:00:00.000Z"),
    ("@timestamp == \"2024-02-29T14:45:10.123+01:00\"", "true"),
    ("@timestamp > \"2024-02\"", "true"),
];

const NUMBERS: &[(&str, &str)] = &[
    ("round(2.345, 2)", "2.35"),
    ("round(23 * 1.0 / 40, 2)", "0.57"),
    ("round(29 * 1.0 / 200, 2)", "0.14"),
    ("round(d)", "3.0"),
    ("round(d3)", "-3.0"),
    ("round(i, -1)", "10"),
    ("round(i3, -1)", "-10"),
    ("round(i, 2)", "7"),
    ("round(dn)", "null"),
    ("round(d2)", "null"),
    ("round(1e300, 20)", "1.0E300"),
    ("abs(i3)", "7"),
    ("abs(d3)", "2.5"),
    ("abs(i9)", "null"),
    ("ceil(d)", "3.0"),
    ("ceil(d3)", "-2.0"),
    ("ceil(i)", "7"),
    ("floor(d3)", "-3.0"),
    ("floor(dn)", "null"),
    ("i / 2", "3"),
    ("i3 / 2", "-3"),
    ("i3 % 4", "-3"),
    ("i / 2.0", "3.5"),
    ("i / 0", "null"),
    ("d / 0", "null"),
    ("i % 0", "null"),
    ("i4 + 1", "null"),
    ("i4 + 1::long", "2147483648"),
    ("i4 * 2.0", "4.294967294E9"),
    ("l * 9000000000", "null"),
    ("-i", "-7"),
    ("--i * -+-+-1 * -3", "21"),
    ("-9223372036854775808", "-9223372036854775808"),
    ("-(-2147483647 - 1)", "null"),
    ("--9223372036854775808", "null"),
    ("round(i4, -1)", "null"),
    ("round(i4 - 1000, -3)", "2147483000"),
    ("round(-i4, -99)", "0"),
    ("l * 0 - 9223372036854775807 - 2", "null"),
    ("-i2", "null"),
    ("1 + 2 * 3 - 4", "3"),
    ("(1 + 2) * 3", "9"),
    ("10 - 4 - 3", "3"),
    ("i9 + 1", "null"),
    ("i2 + 1", "null"),
];

#[test]
fn conditions() {
    check(CONDITIONS);
}

#[test]
fn texts() {
    check(TEXTS);
}

#[test]
fn multivalues() {
    check(MULTIVALUES);
}

#[test]
fn conversions() {
    check(CONVERSIONS);
}

#[test]
fn times() {
    check(TIMES);
}

#[test]
fn numbers() {
    check(NUMBERS);
}

#[test]
fn every_function_is_in_a_table() {
    let all: Vec<&str> = [CONDITIONS, TEXTS, MULTIVALUES, CONVERSIONS, TIMES, NUMBERS]
        .concat()
        .iter()
        .map(|(expression, _)| *expression)
        .collect();
    for entry in FUNCTIONS {
        let call = format!("{}(", entry.name);
        let there = all.iter().any(|expression| expression.contains(&call));
        assert!(there, "{} has no row", entry.name);
        assert_eq!(entry.function.entry().name, entry.name);
    }
}

#[test]
fn types_of_results() {
    let table = [
        ("i + 1", "integer"),
        ("i + l", "long"),
        ("l + d", "double"),
        ("i / 2", "integer"),
        ("null", "null"),
        ("i9 + null", "integer"),
        ("mv_sum(l)", "long"),
        ("coalesce(i, 1.5)", "double"),
        ("case(b, t)", "keyword"),
        ("round(i)", "integer"),
        ("bucket(i, 5)", "double"),
        ("bucket(at, 1 day)", "date"),
        ("1 day", "date_period"),
        ("ip", "ip"),
        ("t", "text"),
        ("5000000000", "long"),
        ("99999999999999999999", "double"),
        ("-9223372036854775808", "long"),
        ("-2147483648", "integer"),
        ("now() - case(b, 1 day, 2 days)", "date"),
        ("\"a\"::string", "keyword"),
    ];
    for (expression, expected) in table {
        let plan = plan(&format!("FROM x | EVAL r = {expression} | KEEP r"));
        let (_, slot) = plan.columns().next().unwrap();
        assert_eq!(plan.slot(slot).kind.name(), expected, "{expression}");
    }
}

#[test]
fn values_render_apart() {
    assert_eq!(render(&crate::types::Value::Duration(5)), "PT5");
}
