use super::*;
use crate::toy;

const RECORD: &str = r#"{"category":"ToyActivityLogs","properties":{"timeGenerated":"2026-05-19T09:31:07Z","userId":"Zoë \"☃\""}}"#;
const DOCUMENT: &str =
    r#"{"@timestamp":"2026-05-19T09:31:07Z","data_stream":{"dataset":"toyactivitylogs"}}"#;
const OTHER: &str = r#"{"category":"SignInLogs"}"#;

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The kinds and the positions of the records, and the number of other documents.
fn opened(text: &str) -> (Vec<(&'static str, String)>, Option<u64>) {
    let (mut found, tree) = (Vec::new(), FieldTree::new(&toy::TABLE, &[]));
    let place = Position {
        line: 0,
        span: 0..text.len(),
    };
    let mut behind = 0;
    let others = open(text.as_bytes(), &place, &tree, &mut |kind, place, taken| {
        assert!(
            place.span.start >= behind
                && place.span.start < place.span.end
                && place.span.end <= text.len(),
            "{text}"
        );
        behind = place.span.end;
        let broken = if matches!(taken, Parsed::Malformed(_)) {
            "!"
        } else {
            ""
        };
        found.push((kind, format!("{broken}{}", &text[place.span])));
    });
    (found, others)
}

fn kinds(text: &str) -> Vec<&'static str> {
    let (found, others) = opened(text);
    assert_eq!(others.is_some(), !found.is_empty(), "{text}");
    found.into_iter().map(|(kind, _)| kind).collect()
}

#[test]
fn finds_and_counts_records_under_the_keys_of_shippers() {
    let (record, document) = (quoted(RECORD), quoted(DOCUMENT));
    for (text, kind) in [
        (format!(r#"{{"@timestamp":"x","message":{record},"tags":["a"]}}"#), "message"),
        (format!(r#"{{"Message":{document}}}"#), "message"),
        (format!(r#"{{"event":{{"original":{record}}},"message":{record}}}"#), "event.original"),
        (format!(r#"{{"event.original":{record}}}"#), "event.original"),
        (format!(r#"{{"preview":false,"result":{{"_raw":{record},"host":"h"}}}}"#), "result._raw"),
        (format!(r#"{{"result._raw":{record}}}"#), "result._raw"),
        (format!(r#"{{"result":{RECORD}}}"#), "result"),
        (format!(r#"{{"log":{},"stream":"stdout"}}"#, quoted(&format!("{RECORD}\n"))), "log"),
        (format!(r#"{{"Body":{}}}"#, quoted(&format!(r#"{{"records":[{RECORD}]}}"#))), "body"),
        (format!(r#"{{"records":{record}}}"#), "records"),
        (quoted(&record), "text"),
        (format!(r#"{{"log":{}}}"#, quoted(&format!("2026-05-19T09:31:07Z stdout F {RECORD}"))), "log"),
        (format!(r#"{{"msg":{}}}"#, quoted(&format!(" @cee: {RECORD}"))), "msg"),
        (format!(r#"{{"schema":{{}},"payload":{}}}"#, quoted(&record)), "payload"),
        (format!(r#"{{"kubernetes":{{"x":{{"y":{RECORD}}}}}}}"#), "elsewhere"),
        (format!(r#"{{"streams":[{{"stream":{{}},"values":[["17",{record}]]}}]}}"#), "streams"),
        (format!(r#"{{"hits":{{"hits":[{{"_id":"a","_source":{DOCUMENT}}}]}}}}"#), "hits.hits"),
        (
            r#"{"_id":"a","fields":{"@timestamp":["2026-05-19T09:31:07Z"],"data_stream.dataset":["toyactivitylogs"]}}"#.to_owned(),
            "fields",
        ),
        (
            r#"{"category":"ToyActivityLogs","properties":"{\"timeGenerated\":\"2026-05-19T09:31:07Z\"}"}"#.to_owned(),
            "properties",
        ),
    ] {
        assert_eq!(kinds(&text), [kind], "{text}");
        // A line that is a text, and one more level of text, only change the kind.
        assert_eq!(kinds(&quoted(&text)), ["text"], "{text}");
        assert_eq!(kinds(&format!(r#"{{"log":{}}}"#, quoted(&text))), ["log"], "{text}");
    }
}

#[test]
fn tables_are_read_row_by_row() {
    let row = r#"["ToyActivityLogs","2026-05-19T09:31:07Z",null]"#;
    for (columns, rows) in [
        ("columns", "rows"),
        ("Columns", "Rows"),
        ("columns", "values"),
    ] {
        for name in ["name", "ColumnName"] {
            let table = format!(
                r#"{{"{columns}":[{{"{name}":"Type"}},{{"{name}":"TimeGenerated [UTC]"}},{{}}],"{rows}":[{row},["SigninLogs"],{row},7]}}"#
            );
            let wanted = vec![("tables", row.to_owned()), ("tables", row.to_owned())];
            assert_eq!(opened(&table), (wanted.clone(), Some(2)), "{table}");
            assert_eq!(
                opened(&format!(r#"{{"tables":[{table},{{}}]}}"#)),
                (wanted, Some(3))
            );
        }
    }
}

#[test]
fn each_document_of_a_text_has_its_own_position() {
    let written = |text: &str| quoted(text).trim_matches('"').to_owned();
    let record = written(RECORD);
    let list = format!("[{RECORD}, {OTHER},\n{RECORD}]");
    let twice = ("message", record.clone());
    let text = format!(r#"{{"n":"ü","message":{}}}"#, quoted(&list));
    assert_eq!(opened(&text), (vec![twice.clone(), twice.clone()], Some(1)));
    let lines = format!("{RECORD}\n{OTHER}\n{RECORD}\n");
    let text = format!(r#"{{"message":{}}}"#, quoted(&lines));
    assert_eq!(opened(&text), (vec![twice.clone(), twice], Some(1)));
    // With double encoding, its quotes and escapes are two levels deep.
    let text = quoted(&quoted(&list));
    let deep = ("text", written(&record));
    assert_eq!(opened(&text), (vec![deep.clone(), deep], Some(1)));
    // A single record has the position of the whole document, which can be read again as it is.
    let text = format!(r#"{{"message":{}}}"#, quoted(RECORD));
    assert_eq!(opened(&text).0, [("message", text.clone())]);
}

#[test]
fn recognises_records_whatever_their_escapes() {
    let text = r#"{"result":{"\u0063ategory":"\u0054oyActivityLogs","\u0070roperties":"{\"timeGenerated\":\"2026-05-19T09:31:07Z\"}","x":"ToyActivityLogs"}}"#;
    assert_eq!(kinds(text), ["result"]);
}

#[test]
fn a_document_of_another_data_set_stays_one_document() {
    for text in [
        format!(r#"{{"message":{}}}"#, quoted(OTHER)),
        format!(r#"{{"records":[{OTHER},{OTHER}]}}"#),
        r#"{"message":"a query: ToyActivityLogs | take 10"}"#.to_owned(),
        r#"{"message":"the table \"ToyActivityLogs\" is empty"}"#.to_owned(),
        // A record of an activity log on a diagnostic setting.
        r#"{"category":"Administrative","properties":{"requestbody":"{\"properties\":{\"logs\":[{\"category\":\"ToyActivityLogs\",\"enabled\":true}]}}"}}"#.to_owned(),
        r#"{"value":[{"properties":{"logs":[{"category":"ToyActivityLogs","enabled":true}]}}]}"#.to_owned(),
        r#"{"columns":[{"name":"Type"}],"rows":[["SigninLogs"]],"x":"ToyActivityLogs"}"#.to_owned(),
        r#"{"columns":["Type","count_"],"rows":[["ToyActivityLogs",7]]}"#.to_owned(),
        r#"["ToyActivityLogs"]"#.to_owned(),
        r#"{"message":"cannot parse {\"category\":\"ToyActivityLogs\" of line 7"}"#.to_owned(),
        r#""ToyActivityLogs""#.to_owned(),
    ] {
        assert_eq!(opened(&text), (Vec::new(), None), "{text}");
    }
}

#[test]
fn a_truncated_record_or_one_without_time_is_refused() {
    let cut = quoted(&RECORD[..RECORD.len() - 9]);
    let text = format!(r#"{{"log":{cut}}}"#);
    assert_eq!(opened(&text).0, [("log", format!("!{text}"))]);
    let text = format!(
        r#"{{"log":{}}}"#,
        quoted(&format!("{RECORD}\n{}", &RECORD[..60]))
    );
    assert_eq!(kinds(&text), ["log", "log"]);
    assert_eq!(
        kinds(r#"{"message":"{\"category\":\"ToyActivityLogs\"}"}"#),
        ["message"]
    );
    // Under a key that is no known wrapping it can be anything.
    assert_eq!(kinds(&format!(r#"{{"x":{cut}}}"#)), [""; 0]);
}

#[test]
fn nesting_is_bounded() {
    let mut text = quoted(RECORD);
    for _ in 0..MAX_LEVELS - 2 {
        text = format!(r#"{{"a":{text}}}"#);
    }
    assert_eq!(kinds(&text), ["elsewhere"]);
    assert_eq!(kinds(&format!(r#"{{"a":{text}}}"#)), [""; 0]);
    let mut text = RECORD.to_owned();
    for _ in 0..MAX_LEVELS - 1 {
        text = quoted(&text);
    }
    assert_eq!(kinds(&text), ["text"]);
    assert_eq!(kinds(&quoted(&text)), [""; 0]);
}

#[test]
fn a_malformed_record_in_a_text_loses_only_itself() {
    let broken = RECORD.replace("\"2026-05-19T09:31:07Z\"", "'2026'");
    let count = |text: &str| {
        let found = opened(text).0;
        let refused = found
            .iter()
            .filter(|(_, text)| text.starts_with('!'))
            .count();
        (found.len() - refused, refused)
    };
    for (at, broken) in [0, 1, 2, 0, 2].into_iter().zip([
        broken.clone(),
        broken.clone(),
        broken,
        RECORD.replace('"', "'"),
        RECORD.replace('"', "'"),
    ]) {
        let mut all = [RECORD; 3];
        all[at] = &broken;
        for inner in [
            all.join("\n"),
            format!("[{}]", all.join(",")),
            format!("[\n {}\n]", all.join(",\n  ")),
            format!(r#"{{"records":[{}],"n":1}}"#, all.join(", ")),
        ] {
            let text = format!(r#"{{"message":{},"tags":[]}}"#, quoted(&inner));
            assert_eq!(count(&text), (2, 1), "{text}");
        }
    }
}

#[test]
fn reads_all_lists_of_a_document_and_duplicates_once() {
    let (list, other) = (
        format!("[{RECORD},{RECORD}]"),
        format!("[{DOCUMENT},{RECORD}]"),
    );
    for text in [
        format!(r#"{{"results":{list},"data":{other}}}"#),
        format!(r#"{{"tenantA":[{RECORD}],"tenantB":{list},"n":[{DOCUMENT}]}}"#),
        format!(r#"{{"a":{{"records":{list}}},"b":{{"records":{other}}}}}"#),
        format!(r#"{{"a":[{RECORD}],"b":{other},"c":{}}}"#, quoted(DOCUMENT)),
    ] {
        assert_eq!(kinds(&text).len(), 4, "{text}");
    }
    let lines = quoted(&format!("{RECORD}\n{RECORD}"));
    let text = format!(r#"{{"event":{{"original":{lines}}},"message":{lines}}}"#);
    assert_eq!(kinds(&text).len(), 2);
    let text = format!(r#"{{"message":{},"record":{RECORD}}}"#, quoted(RECORD));
    assert_eq!(kinds(&text).len(), 1);
}

#[test]
fn records_of_any_text_are_found_in_order() {
    let pieces = [
        "{", "}", "[", "]", ",", ":", "\"", "'", "\u{feff}", "\0", "\n", "{}", "[{", "é\\",
    ];
    let whole =
        format!("{RECORD}\n[{RECORD},{OTHER}]{{\"records\":[{RECORD},{DOCUMENT}],\"x\":1}}");
    let mut state = 7_u64;
    for _ in 0..3_000 {
        let mut inner = whole.clone();
        for _ in 0..4 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let (at, piece) = ((state >> 33) as usize, (state >> 20) as usize);
            let at = inner.floor_char_boundary(at % inner.len());
            match state >> 62 {
                0 => drop(inner.remove(at)),
                _ => inner.insert_str(at, pieces[piece % pieces.len()]),
            }
        }
        opened(&format!(r#"{{"message":{}}}"#, quoted(&inner)));
        opened(&format!(
            r#"{{"a":[{RECORD}],"b":{},"c":{{"log":{}}}}}"#,
            quoted(&inner),
            quoted(&inner[..inner.floor_char_boundary(inner.len() / 2)])
        ));
    }
}

#[test]
fn a_text_is_refused_wherever_it_is_cut() {
    let plain = RECORD.replace(['ë', '☃'], "x");
    for text in [
        format!("{{\"records\":[{plain},{plain},{plain}]}}"),
        format!("[{plain},{plain},{plain}]"),
        format!("{plain}\n{plain}\n{plain}"),
        format!("{plain}{plain}{plain}"),
    ] {
        let third = text.rfind(&plain).unwrap();
        for end in third + 1..third + plain.len() {
            let cut = quoted(&text[..end]);
            for (line, kind) in [
                (format!("{{\"message\":{cut}}}"), "message"),
                (
                    format!("{{\"log\":{}}}", quoted(&format!("{{\"message\":{cut}}}"))),
                    "log",
                ),
            ] {
                let (found, others) = opened(&line);
                let refused = found.iter().filter(|(_, text)| text.starts_with('!'));
                assert_eq!(
                    (found.len(), refused.count(), others),
                    (3, 1, Some(0)),
                    "{line} {found:#?}"
                );
                assert!(found.iter().all(|(found, _)| *found == kind));
            }
        }
    }
}
