//! Rules in ES|QL: a rule of each kind, from its file to its alerts.

use crate::support::{alerts, key, opened, specs, standing};
use weir_detector::judgement::Judgement;
use weir_detector::model::{Alert, Value};
pub(crate) use weir_pairs::rule;

fn line(second: u32, id: &str, rest: &str) -> String {
    let (minute, second) = (second / 60, second % 60);
    format!(
        "{{\"@timestamp\":\"2026-05-19T09:{minute:02}:{second:02}.000Z\",\"_id\":\"{id}\",{rest}}}\n"
    )
}

fn column<'a>(alert: &'a Alert, name: &str) -> Option<&'a Value> {
    let found = alert.columns.iter().find(|column| column.name == name);
    found.map(|column| &column.value)
}

fn texts(texts: &[&str]) -> Value {
    Value::TextList(texts.iter().map(|text| (*text).to_owned()).collect())
}

#[test]
fn a_query_without_stats_alerts_on_each_event() {
    let query = "FROM logs-* METADATA _id\n| EVAL name = TO_LOWER(process.name)\n\
        | WHERE name IN (\"cmd.exe\", \"sh\") AND NOT user.name LIKE \"svc*\"\n\
        | KEEP @timestamp, _id, name, user.name";
    let specs = specs(&[rule("e", query, "")]);
    assert_eq!(specs[0].indexes, ["logs-*"]);
    let lines = [
        line(1, "a", r#""process.name":"CMD.exe","user":{"name":"u"}"#),
        line(2, "b", r#""process":{"name":"sh"},"user.name":"svc1""#),
        line(3, "c", r#""process":{"name":"sh"}"#),
        line(
            4,
            "d",
            r#""process":{"name":["sh","cmd.exe"]},"user.name":"u""#,
        ),
        line(5, "e", r#""process":{"name":"bash"},"user.name":"u""#),
    ];
    let found = alerts(specs, &lines.concat());
    let keys: Vec<Vec<String>> = found.iter().map(key).collect();
    // A user that is null is neither like the pattern nor unlike it.
    assert_eq!(keys, [["a"]]);
    assert_eq!(column(&found[0], "name"), Some(&texts(&["cmd.exe"])));
    assert_eq!(column(&found[0], "user.name"), Some(&texts(&["u"])));
}

#[test]
fn a_window_in_by_gives_tumbling_windows_with_thresholds_as_parameters() {
    let query = "FROM logs-azure.*\n| EVAL bucket = DATE_TRUNC(1 minute, @timestamp)\n\
        | STATS n = COUNT(*), bad = SUM(CASE(event.outcome == \"failure\", 1, 0)),\n\
        Esql.users = COUNT_DISTINCT(user.name), Esql.names = VALUES(user.name),\n\
        last = MAX(@timestamp) BY bucket, source.ip\n\
        | EVAL ratio = ROUND(bad / n::double, 2), first_name = MV_FIRST(Esql.names)\n\
        | WHERE n >= 3 AND ratio > 0.5 AND (Esql.users == 2 OR source.ip LIKE \"9.*\")\n\
        | KEEP bucket, source.ip, n, ratio, Esql.*, first_name\n| SORT n DESC\n| LIMIT 100";
    let query = query.replace("source.ip LIKE", "TO_STRING(source.ip) LIKE");
    let specs = specs(&[rule("t", &query, "from = \"now-9m\"\n")]);
    assert_eq!(specs[0].judgement, Judgement::Tumbling { seconds: 60 });
    let names: Vec<&str> = specs[0]
        .parameters
        .iter()
        .map(|p| p.name.as_str())
        .collect();
    assert_eq!(names, ["min_n", "min_ratio", "min_other_conditions"]);
    let mut lines = String::new();
    for (at, (ip, user, outcome)) in [
        ("1.1.1.1", "b", "failure"),
        ("1.1.1.1", "a", "failure"),
        ("1.1.1.1", "a", "success"),
        ("2.2.2.2", "a", "failure"),
        ("2.2.2.2", "b", "failure"),
        ("9.2.2.2", "a", "failure"),
        ("9.2.2.2", "a", "failure"),
        ("9.2.2.2", "a", "failure"),
        ("9.2.2.2", "a", "failure"),
        ("3.2.2.2", "a", "failure"),
        ("3.2.2.2", "a", "failure"),
        ("3.2.2.2", "a", "failure"),
    ]
    .into_iter()
    .enumerate()
    {
        let at = u32::try_from(at).unwrap();
        let rest =
            format!(r#""source.ip":"{ip}","user.name":"{user}","event":{{"outcome":"{outcome}"}}"#);
        lines += &line(at, &format!("{at}"), &rest);
    }
    // Another window.
    lines += &line(
        70,
        "x",
        r#""source.ip":"2.2.2.2","event.outcome":"failure""#,
    );
    let found = alerts(specs, &lines);
    let keys: Vec<Vec<String>> = found.iter().map(key).collect();
    assert_eq!(keys, [["1.1.1.1"], ["9.2.2.2"]]);
    let first = &found[0];
    assert_eq!(column(first, "n"), Some(&Value::Integer(3)));
    assert_eq!(column(first, "ratio"), Some(&Value::Number(0.67)));
    assert_eq!(column(first, "Esql.users"), Some(&Value::Integer(2)));
    assert_eq!(column(first, "Esql.names"), Some(&texts(&["a", "b"])));
    assert_eq!(column(first, "first_name"), Some(&texts(&["a"])));
    let start = Value::Timestamp(first.window.start);
    assert_eq!(column(first, "bucket"), Some(&start));
    // It is not kept, and no condition is over it.
    assert_eq!(column(first, "last"), None);
    assert_eq!(column(first, "bad"), None);
}

#[test]
fn stats_without_a_window_slides_by_the_schedule() {
    let query = "FROM logs-*\n| WHERE event.action == \"login\"\n\
        | STATS COUNT(*), hosts = COUNT(host.name) BY user.name\n| WHERE `COUNT(*)` > 2";
    let text = rule("s", query, "from = \"now-10m\"\ninterval = \"5m\"\n");
    let specs = specs(&[text]);
    let wanted = Judgement::Sliding {
        length_seconds: 600,
        every_seconds: 300,
    };
    assert_eq!(specs[0].judgement, wanted);
    let mut lines = String::new();
    for at in 0..4 {
        let rest = r#""event.action":"login","user.name":["u","v"],"host.name":["g","h"]"#;
        lines += &line(at * 100, &format!("{at}"), rest);
    }
    lines += &line(301, "5", r#""event.action":"login""#);
    let found = alerts(specs, &lines);
    let keys: Vec<Vec<String>> = found.iter().map(key).collect();
    assert_eq!(keys, [["u"], ["v"]]);
    assert_eq!(column(&found[0], "COUNT"), Some(&Value::Integer(3)));
    assert_eq!(column(&found[0], "hosts"), Some(&Value::Integer(6)));
}

#[test]
fn null_is_a_group_and_a_filtered_aggregate_counts_its_rows() {
    let query = "FROM logs-*\n| STATS all = COUNT(*), some = COUNT(*) WHERE event.code == 7,\n\
        names = VALUES(process.name) WHERE event.code == 7 BY user.name\n\
        | WHERE some >= 1 AND user.name IS NULL";
    let text = rule("n", query, "from = \"now-10m\"\n");
    let lines = [
        line(1, "a", r#""event.code":7,"process.name":"p""#),
        line(2, "b", r#""event.code":"8","process.name":"q""#),
        line(3, "c", r#""event.code":7,"user.name":"u""#),
    ];
    let found = alerts(specs(&[text]), &lines.concat());
    assert_eq!(found.len(), 1);
    assert_eq!(column(&found[0], "all"), Some(&Value::Integer(2)));
    assert_eq!(column(&found[0], "some"), Some(&Value::Integer(1)));
    assert_eq!(column(&found[0], "names"), Some(&texts(&["p"])));
}

#[test]
fn an_expanded_column_is_filtered_value_by_value() {
    let query = |filter: &str, by: &str| {
        format!(
            "FROM logs-*\n| MV_EXPAND event.action\n| WHERE event.action {filter}\n\
             | STATS n = COUNT(*), v = VALUES(event.action) BY {by}\n| WHERE n >= 2"
        )
    };
    let lines = [
        line(1, "a", r#""event.action":["exec","fork"],"user.name":"u""#),
        line(2, "b", r#""event.action":["exec","end"],"user.name":"u""#),
        line(3, "c", r#""event.action":"fork","user.name":"u""#),
    ]
    .concat();
    let found = |filter: &str, by: &str| {
        let text = rule("x", &query(filter, by), "from = \"now-10m\"\n");
        let found = alerts(specs(&[text]), &lines);
        let row = |alert: &Alert| {
            (
                key(alert),
                column(alert, "n").cloned(),
                column(alert, "v").cloned(),
            )
        };
        found.iter().map(row).collect::<Vec<_>>()
    };
    let whole = |number| Some(Value::Integer(number));
    let u = || vec!["u".to_owned()];
    assert_eq!(
        found("== \"exec\"", "user.name"),
        [(u(), whole(2), Some(texts(&["exec"])))]
    );
    assert_eq!(
        found("IN (\"exec\", \"fork\")", "user.name"),
        [(u(), whole(4), Some(texts(&["exec", "fork"])))]
    );
}

#[test]
fn a_text_is_cut_by_a_pattern_and_matched_with_regular_expressions() {
    let query = "FROM logs-*\n| GROK url.original \"/%{WORD:part}/%{INT:number:int}\"\n\
        | EVAL short = REPLACE(part, \"[aeiou]+\", \"-\")\n\
        | WHERE number > 6 AND url.original RLIKE \"/.*[0-9]\"\n| KEEP short, number";
    let lines = [
        line(1, "a", r#""url.original":"/queue/7""#),
        line(2, "b", r#""url.original":"/queue/5""#),
        line(3, "c", r#""url.original":"queue""#),
    ];
    let found = alerts(specs(&[rule("g", query, "")]), &lines.concat());
    let keys: Vec<Vec<String>> = found.iter().map(key).collect();
    assert_eq!(keys, [["a"]]);
    assert_eq!(column(&found[0], "short"), Some(&texts(&["q-"])));
    assert_eq!(column(&found[0], "number"), Some(&texts(&["7"])));
}

#[test]
fn many_keys_and_columns_are_kept() {
    let names: Vec<String> = (0..24).map(|at| format!("c{at} = VALUES(f{at})")).collect();
    let query = format!(
        "FROM logs-*\n| WHERE @timestamp > NOW() - 1 hour\n| STATS first = MIN(@timestamp), last = MAX(@timestamp), n = COUNT(*), {}\n\
         BY k0, k1, k2, process.pid, k4, k5\n| WHERE n > 1 AND k4 == \"x|y\" AND process.pid > 6\n\
         | EVAL both = CONCAT(k0, k5)",
        names.join(", ")
    );
    let specs = specs(&[rule("m", &query, "from = \"now-10m\"\n")]);
    assert_eq!(specs[0].key.len(), 4);
    assert_eq!(specs[0].columns.len(), 25);
    let rest = r#""k0":["a","b"],"k1":"c","k2":null,"process.pid":7,"k4":"x|y","k5":"z","f23":"v""#;
    let lines = [
        line(1, "a", rest),
        line(3, "b", rest),
        line(4, "c", &rest.replace("x|y", "x")),
    ];
    let found = alerts(specs, &lines.concat());
    assert_eq!(found.len(), 2);
    for (alert, k0) in found.iter().zip(["a", "b"]) {
        let both = format!("{k0}z");
        for (name, value) in [
            ("k1", "c"),
            ("k4", "x|y"),
            ("k5", "z"),
            ("c23", "v"),
            ("both", &both),
        ] {
            let value = texts(&[value]);
            let found = column(alert, name);
            let alone = found == Some(&Value::Text("c".to_owned()));
            assert!(
                found == Some(&value) || name == "k1" && alone,
                "{name}: {found:?}"
            );
        }
        assert_eq!(column(alert, "process.pid"), Some(&Value::Integer(7)));
        assert_eq!(column(alert, "k2"), None);
        let seconds = |name| match column(alert, name) {
            Some(Value::Timestamp(time)) => time / 1000 % 60,
            other => panic!("{other:?}"),
        };
        assert_eq!((seconds("first"), seconds("last")), (1, 3));
    }
}

#[test]
fn documents_of_the_index_of_alerts_are_read_as_any_others() {
    let query = "FROM .alerts-security.*\n| WHERE kibana.alert.rule.name LIKE \"Odd*\"";
    let specs = specs(&[rule("a", query, "")]);
    let lines = [
        line(
            1,
            "a",
            r#""_index":".internal.alerts-security.alerts-default-000001","kibana.alert.rule.name":"Odd one""#,
        ),
        line(
            2,
            "b",
            r#""_index":".ds-logs-x-default-1","kibana.alert.rule.name":"Odd one""#,
        ),
    ];
    let found = alerts(specs, &lines.concat());
    let keys: Vec<Vec<String>> = found.iter().map(key).collect();
    assert_eq!(keys, [["a"]]);
}

#[test]
fn first_and_last_values_of_any_type_and_names_of_the_engine_open() {
    let query = "FROM logs-* | STATS Esql.f = FIRST(event.created, @timestamp), \
        Esql.l = LAST(process.pid == 1, @timestamp), max_values = COUNT_DISTINCT(host.name), \
        Esql.values = COUNT_DISTINCT(user.id) BY user.name\n\
        | WHERE max_values >= 1 AND Esql.values <= 3";
    let specs = specs(&[rule("o", query, "")]);
    let decoded = weir_compiled::format::decode(&weir_compiled::format::encode(&specs));
    assert_eq!(decoded.as_deref(), Ok(&specs[..]));
    let lines = [
        line(
            1,
            "a",
            r#""user.name":"u","user.id":"1","host.name":"h","process.pid":1"#,
        ),
        line(
            2,
            "b",
            r#""user.name":"u","user.id":"2","host.name":"h","process.pid":2"#,
        ),
    ];
    assert_eq!(alerts(specs, &lines.concat()).len(), 1);
}

#[test]
fn conditions_on_an_expanded_column_all_hold() {
    let query = "FROM logs-* | MV_EXPAND tags | WHERE tags IN (\"a\", \"b\")\n\
        | WHERE tags IN (\"b\", \"c\") | STATS n = COUNT(*) BY tags | WHERE n > 1";
    let none = query.replace("(\"b\", \"c\")", "(\"c\", \"d\")");
    let line = |n: u32| line(n, &n.to_string(), r#""tags":["a","b","c"]"#);
    let lines: String = (1..4).map(line).collect();
    let keys = |query: &str| -> Vec<Vec<String>> {
        let found = alerts(specs(&[rule("x", query, "")]), &lines);
        found.iter().map(key).collect()
    };
    assert_eq!(keys(query), [["b"]]);
    assert_eq!(keys(&none), Vec::<Vec<String>>::new());
}

#[test]
fn a_group_that_has_to_be_new_alerts_at_its_first_event() {
    let query = "FROM logs-*\n| WHERE event.action == \"login\"\n\
        | STATS n = COUNT(*), Esql.hosts = COUNT_DISTINCT(host.id), first = MIN(@timestamp),\n\
        last = MAX(@timestamp), v = VALUES(source.ip) BY user.name\n\
        | EVAL recent = DATE_DIFF(\"minute\", first, NOW()), source.ip = MV_FIRST(v)\n\
        | WHERE recent <= 10 AND Esql.hosts == 1 AND n <= 5 AND first == last\n\
        | KEEP user.name, source.ip, recent, Esql.*";
    let text = rule("w", query, "from = \"now-7205m\"\ninterval = \"5m\"\n");
    let specs = specs(&[text]);
    let wanted = Judgement::FirstSeen {
        history_seconds: 7205 * 60,
        warm_up_seconds: None,
    };
    assert_eq!(specs[0].judgement, wanted);
    let specs: &'static [_] = Box::leak(specs.into_boxed_slice());
    let login = r#""event.action":"login","source.ip":"10.0.0.1""#;
    let lines = [
        line(1, "a", &format!(r#"{login},"user.name":"u","host.id":"1""#)),
        // Seen before, on another host.
        line(9, "b", &format!(r#"{login},"user.name":"u","host.id":"2""#)),
        // On two hosts at once, and then on one.
        line(
            20,
            "c",
            &format!(r#"{login},"user.name":"v","host.id":["1","2"]"#),
        ),
        line(
            30,
            "d",
            &format!(r#"{login},"user.name":"v","host.id":"1""#),
        ),
        // Another action does not count.
        line(40, "e", r#""event.action":"x","user.name":"w""#),
        line(
            50,
            "f",
            &format!(r#"{login},"user.name":"w","host.id":"1""#),
        ),
    ];
    let mut detector = opened(specs, "{}");
    assert_eq!(detector.push(lines.concat().as_bytes()).malformed, 0);
    let found = standing(&mut detector);
    let keys: Vec<Vec<String>> = found.iter().map(key).collect();
    assert_eq!(keys, [["u"], ["w"]]);
    assert_eq!(column(&found[0], "source.ip"), Some(&texts(&["10.0.0.1"])));
    assert_eq!(column(&found[0], "Esql.hosts"), Some(&Value::Integer(1)));
    assert_eq!(column(&found[0], "recent"), None);
}

#[test]
fn words_of_scripts_are_found_and_the_largest_address_is_one() {
    let query = "FROM logs-*\n| WHERE powershell.file.script_block_text : \"char|get-item\"\n\
        | STATS last = MAX(source.ip), first = MIN(source.ip) WHERE user.name == \"u\" BY host.id\n\
        | WHERE last != first";
    let script = |at: u32, script: &str, ip: &str| {
        let rest = format!(
            r#""powershell.file.script_block_text":"{script}","source.ip":{ip},"user.name":"u","host.id":"h""#
        );
        line(at, &at.to_string(), &rest)
    };
    let lines = [
        script(1, "[CHAR]$x", "[\"9.0.0.1\",\"10.0.0.1\"]"),
        script(2, "Get-Item c", "\"::1\""),
        script(3, "Get-Items", "\"ffff::1\""),
        script(4, "character get item", "\"ffff::1\""),
    ];
    let found = alerts(specs(&[rule("w", query, "")]), &lines.concat());
    assert_eq!(found.len(), 1);
    assert_eq!(column(&found[0], "last"), Some(&texts(&["10.0.0.1"])));
    assert_eq!(column(&found[0], "first"), Some(&texts(&["::1"])));
}

#[test]
fn what_is_taken_of_the_source_is_a_field() {
    let query = "FROM logs-* METADATA _source\n\
        | EVAL m = TO_UPPER(COALESCE(JSON_EXTRACT(_source, \"$.a.method\"), JSON_EXTRACT(_source, \"b.method\")))\n\
        | WHERE m == \"GET\"";
    let lines = [
        line(1, "a", r#""a":{"method":"get"},"b.method":"x""#),
        line(2, "b", r#""b":{"method":"Get"}"#),
        line(3, "c", r#""a":{"method":["get","put"]}"#),
        line(4, "d", r#""a":{"method":{"get":1}}"#),
        line(5, "e", r#""_source":{"a":{"method":"GET"}}"#),
    ];
    let found = alerts(specs(&[rule("j", query, "")]), &lines.concat());
    let keys: Vec<Vec<String>> = found.iter().map(key).collect();
    assert_eq!(keys, [["a"], ["b"], ["e"]]);
}

#[test]
fn both_zeros_are_one_value_and_one_key() {
    let query = "FROM logs-*\n| STATS n = COUNT_DISTINCT(event.risk_score), v = VALUES(event.risk_score), \
        all = COUNT(*) BY k = event.risk_score\n| WHERE n == 1 AND all == 3";
    let specs = specs(&[rule("z", query, "from = \"now-2m\"\ninterval = \"1m\"\n")]);
    let lines = line(1, "a", r#""event":{"risk_score":-0.0}"#)
        + &line(2, "b", r#""event":{"risk_score":0.0}"#)
        + &line(3, "c", r#""event":{"risk_score":[0,-0.0]}"#);
    let alerts = alerts(specs, &lines);
    assert_eq!(alerts.len(), 1);
    assert_eq!(key(&alerts[0]), ["0.0"]);
    assert_eq!(column(&alerts[0], "n"), Some(&Value::Integer(1)));
    assert_eq!(column(&alerts[0], "v"), Some(&texts(&["0.0"])));
}
