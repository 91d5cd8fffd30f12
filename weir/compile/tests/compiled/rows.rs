//! A table of queries, documents, and whether they match.

use crate::support::{alerts, query_rule, specs};

fn matches(query: &str, document: &str) -> bool {
    let rule = query_rule("x", query);
    let line = format!(
        "{{\"@timestamp\":\"2026-05-19T09:00:00Z\",{}\n",
        &document[1..]
    );
    !alerts(specs(&[rule]), &line).is_empty()
}

#[test]
fn queries_match_as_documented() {
    #[rustfmt::skip]
    let rows: &[(&str, &str, bool)] = &[
        // Exact keywords, of any value.
        ("a: b", r#"{"a":"b"}"#, true),
        ("a: b", r#"{"a":"B"}"#, false),
        ("a: b", r#"{"a":["x","b"]}"#, true),
        ("a: b", r#"{"a":null}"#, false),
        ("a: \"b c\"", r#"{"a":"b c"}"#, true),
        ("a: b c", r#"{"a":"b c"}"#, true),
        ("a: b c", r#"{"a":"b"}"#, false),
        ("a: 7", r#"{"a":7}"#, true),
        ("a: 7", r#"{"a":"7"}"#, true),
        ("a: true", r#"{"a":true}"#, true),
        ("a.b: c", r#"{"a":{"b":"c"}}"#, true),
        ("a.b: c", r#"{"a.b":"c"}"#, true),
        ("a.b: c", r#"{"a":[{"b":"x"},{"b":"c"}]}"#, true),
        // Wildcards.
        ("a: b*", r#"{"a":"bcd"}"#, true),
        ("a: b*", r#"{"a":"Bcd"}"#, false),
        ("a: *c*", r#"{"a":"bcd"}"#, true),
        ("a: \"b*\"", r#"{"a":"bcd"}"#, false),
        ("a: \"b*\"", r#"{"a":"b*"}"#, true),
        (r"a: b\*", r#"{"a":"b*"}"#, true),
        (r"a: b\*", r#"{"a":"bc"}"#, false),
        ("a: b?d*", r#"{"a":"bcde"}"#, false),
        ("a: b?d*", r#"{"a":"b?de"}"#, true),
        ("a.*: x", r#"{"a":{"b":"x"}}"#, true),
        ("a.*: x", r#"{"b":"x"}"#, false),
        // Existence.
        ("a: *", r#"{"a":""}"#, true),
        ("a: *", r#"{"a":null}"#, false),
        ("a: *", r#"{"b":1}"#, false),
        ("not a: *", r#"{"b":1}"#, true),
        ("*", r#"{"b":1}"#, true),
        ("*: *", r#"{"b":1}"#, true),
        // Lists.
        ("a: (b or c*)", r#"{"a":"cd"}"#, true),
        ("a: (b and c)", r#"{"a":["b","c"]}"#, true),
        ("a: (b and c)", r#"{"a":"b"}"#, false),
        ("a: (b or not c)", r#"{"a":"x"}"#, true),
        ("not a: (b or c)", r#"{"a":"b"}"#, false),
        ("not a: (b or c)", r#"{"z":0}"#, true),
        // Precedence.
        ("a: 1 or a: 2 and b: 3", r#"{"a":"1"}"#, true),
        ("(a: 1 or a: 2) and b: 3", r#"{"a":"1"}"#, false),
        ("not a: 1 and b: 3", r#"{"a":"2","b":"3"}"#, true),
        ("NOT a: 1 AND b: 3", r#"{"a":"2","b":"3"}"#, true),
        ("a: 1 and not (b: 2 or c: 3)", r#"{"a":"1","c":"3"}"#, false),
        // Numbers.
        ("process.pid >= 10", r#"{"process":{"pid":10}}"#, true),
        ("process.pid > 10", r#"{"process":{"pid":"11"}}"#, true),
        ("process.pid < 10", r#"{"process":{"pid":10}}"#, false),
        ("process.pid: 10", r#"{"process":{"pid":10}}"#, true),
        ("x.count > 5", r#"{"x":{"count":10}}"#, true),
        ("x.count > 5", r#"{"x":{"count":[1,10]}}"#, true),
        ("x.count <= 5.5", r#"{"x":{"count":5.5}}"#, true),
        // Addresses.
        ("source.ip: 10.0.0.0/8", r#"{"source":{"ip":"10.1.2.3"}}"#, true),
        ("source.ip: 10.0.0.0/8", r#"{"source":{"ip":"11.1.2.3"}}"#, false),
        ("source.ip: \"::1\"", r#"{"source":{"ip":"0:0:0:0:0:0:0:1"}}"#, true),
        ("source.ip: (10.0.0.1 or 10.0.0.2)", r#"{"source":{"ip":["1.1.1.1","10.0.0.2"]}}"#, true),
        ("not source.ip: 127.0.0.0/8", r#"{"source":{"ip":"127.0.0.1"}}"#, false),
        ("x.address: 10.0.0.0/8", r#"{"x":{"address":"10.1.2.3"}}"#, true),
        ("x.address: (10.0.0.0/8 or 1.1.1.1)", r#"{"x":{"address":"1.1.1.1"}}"#, true),
        // Keywords in lower case.
        ("process.name.caseless: CMD.exe", r#"{"process":{"name":"Cmd.EXE"}}"#, true),
        ("process.name.caseless: (a or p*)", r#"{"process":{"name":["PS"]}}"#, true),
        ("process.name.caseless: *", r#"{"process":{"pid":7}}"#, false),
        // Booleans and dates.
        ("tls.established: true", r#"{"tls":{"established":true}}"#, true),
        ("tls.established: false", r#"{"tls":{"established":"false"}}"#, true),
        ("event.created > \"2026-01-01T00:00:00Z\"", r#"{"event":{"created":"2026-05-19T00:00:00Z"}}"#, true),
        // Texts that are searched word by word: phrases, any word, patterns of a word.
        ("message: \"is bad\"", r#"{"message":"This IS bad."}"#, true),
        ("message: \"bad is\"", r#"{"message":"This IS bad."}"#, false),
        ("message: bad thing", r#"{"message":"This is bad."}"#, true),
        ("message: (x and bad)", r#"{"message":"This is bad."}"#, false),
        ("message: thi*", r#"{"message":"This is bad."}"#, true),
        ("message: \"is bad\"", r#"{"message":["it is","bad"]}"#, false),
        ("message: \"CVE-2020-0601\"", r#"{"message":"[CVE-2020-0601]"}"#, true),
        ("message: \"out of\"", r#"{"message":"out-of-tree"}"#, true),
        ("message: \"...\"", r#"{"message":"..."}"#, false),
        ("not message: \"...\"", r#"{"message":"..."}"#, true),
        ("message: *", r#"{"message":"..."}"#, true),
        ("powershell.file.script_block_text: \"Get-Item\"", r#"{"powershell":{"file":{"script_block_text":"get-item $x"}}}"#, true),
        ("powershell.file.script_block_text: \"Get\"", r#"{"powershell":{"file":{"script_block_text":"get-item $x"}}}"#, false),
        ("powershell.file.script_block_text: (\"]::GetText\" or x)", r#"{"powershell":{"file":{"script_block_text":"[A]::gettext()"}}}"#, true),
        // Escapes.
        (r"a: C\:\\Windows\\*", r#"{"a":"C:\\Windows\\x"}"#, true),
        (r#"a: "C:\\Windows\\x""#, r#"{"a":"C:\\Windows\\x"}"#, true),
        (r"a: \and", r#"{"a":"and"}"#, true),
        (r#"a: "x\"y""#, r#"{"a":"x\"y"}"#, true),
        (r"a: \u00e9", r#"{"a":"é"}"#, true),
        ("a: é*", r#"{"a":"étude"}"#, true),
    ];
    for (query, document, wanted) in rows {
        assert_eq!(matches(query, document), *wanted, "{query} on {document}");
    }
}
