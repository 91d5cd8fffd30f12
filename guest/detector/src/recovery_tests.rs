use super::*;
use crate::toy;

fn found(text: &str) -> Vec<&str> {
    let parts = parts(text, &toy::TABLE.name);
    parts.into_iter().map(|part| &text[part.span]).collect()
}

#[test]
fn a_malformed_element_loses_only_itself() {
    let good = r#"{"c":"x","p":{"n":1,"t":"},{ [\" {\"c\":1}"},"l":[{"i":1},{"i":2}]}"#;
    let half = good.find("\"n\"").unwrap();
    let broken = [
        good.replace('"', "'"),
        good[..good.len() - 1].to_owned(),
        good.replace("1}\"}", "1}\""),
        good.replace(']', ""),
        format!("{good}}}"),
        good.replace("]}", "],}"),
        good.replace("\"x\"", "NaN of it"),
        good.replace("\"x\"", "\"x"),
        good.replace("\"x\"", "\"x\" /* a, b */"),
        good.replacen(':', "", 1),
        good[..half].to_owned(),
        good[half..].to_owned(),
        "see the other file".to_owned(),
    ];
    for at in 0..3 {
        for broken in &broken {
            let mut all = [good; 3];
            all[at] = broken;
            for line in [
                format!("[{}]", all.join(",")),
                format!("{{\"t\":1,\"records\": [{}]}}", all.join(", ")),
                format!("{{\"hits\":{{\"hits\":[{}]}},\"x\":1}}", all.join(" ,")),
            ] {
                let found = found(&line);
                let whole = found.iter().filter(|part| **part == good).count();
                assert!(
                    whole >= 2 && (3..=7).contains(&found.len()),
                    "{line}\n{found:#?}"
                );
            }
        }
    }
}

#[test]
fn a_line_that_is_one_document_stays_one() {
    for text in [
        "not json",
        "[1,",
        "[1,]",
        r#"{"a":1} {"b":2}"#,
        r#"{"a":1,"b":{"a":2},bad}"#,
        r#"{"a":1,"b":[{"a":2},{"a":3}],bad}"#,
        r#"{"category":"x","properties":{"t"#,
        "[INFO] something",
    ] {
        assert_eq!(found(text).len(), 1, "{text} {:?}", found(text));
    }
    assert_eq!(found("["), [""; 0]);
    assert_eq!(found("]"), [""; 0]);
}

#[test]
fn separates_records_that_were_written_into_one_another() {
    let (half, whole) = (r#"{"a":1,"b{"#, r#"{"a":1,"b":2}"#);
    assert_eq!(
        found(&format!("{}{whole}", &half[..9])),
        [&half[..9], whole]
    );
    assert_eq!(found(&format!("{whole}{whole}")), [whole, whole]);
    assert_eq!(found(&format!("{half}\0\0\0{whole}")), [half, whole]);
}

#[test]
fn bounds_the_bytes_that_are_read_again() {
    let line = format!("[{}", r#"{"a":[{"a":1},"#.repeat(20_000));
    let started = std::time::Instant::now();
    assert!(!found(&line).is_empty());
    // Without a bound this takes minutes.
    assert!(started.elapsed() < std::time::Duration::from_secs(10));
}

#[test]
fn skips_byte_order_marks_and_nuls_before_elements() {
    let (one, two, bad) = (r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":'3'}"#);
    for around in ["\u{feff}", "\0", "\0\u{feff}\0"] {
        let line = format!("{{\"records\":[{around}{one},{around}{two}{around}]}}");
        assert_eq!(found(&line), [one, two], "{line:?}");
        let line = format!("[{one},{around}{bad},{around}{two}]");
        assert_eq!(found(&line), [one, bad, two], "{line:?}");
    }
}

#[test]
fn a_list_end_within_a_malformed_record_is_ignored() {
    let (bad, good) = (
        r#"{"a":'1',"l":[{"a":"x"}],"b":{"c":1}}"#,
        r#"{"a":1,"b":2}"#,
    );
    for line in [
        format!("[{good},{bad},{good},{good}]"),
        format!("{{\"records\":[{good},{bad},{good},{good}],\"n\":1}}"),
    ] {
        let found = found(&line);
        assert_eq!(
            found.iter().filter(|part| **part == good).count(),
            3,
            "{found:?}"
        );
    }
}

#[test]
fn reads_each_document_of_joined_files() {
    let (one, bad) = (r#"{"a":1}"#, r#"{"a":'2'}"#);
    let (first, second) = (
        format!("{{\"records\":[{one}],\"n\":{{\"x\":1}}}}"),
        format!("{{\"records\":[{one},{bad},{one}],\"n\":1}}"),
    );
    for between in ["", " ", "\u{feff}", "\0\0"] {
        let line = format!("{first}{between}{first}");
        assert_eq!(found(&line), [&first, &first]);
        let line = format!("{first}{between}{second}");
        assert_eq!(found(&line), [&first, one, bad, one]);
        let line = format!("{second}{between}{first}");
        assert_eq!(found(&line)[..3], [one, bad, one]);
        assert_eq!(found(&line).len(), 4, "{line}");
        let line = format!("[{one}]{between}[{one}]");
        assert_eq!(found(&line).len(), 2, "{line}");
    }
}

#[test]
fn a_malformed_element_of_other_lists_loses_only_itself() {
    let (one, bad) = (r#"{"a":1}"#, r#"{"a":'2'}"#);
    for key in ["results", "data", "logEvents", "rows", "x"] {
        let line = format!("{{\"{key}\":[{one},{bad},{one}],\"b\":1}}");
        assert_eq!(found(&line), [one, bad, one]);
    }
    let line = format!("[[{one},{bad}],[{one}]]");
    assert_eq!(found(&line), [one, &format!("{bad}],["), one]);
    let lines = format!("{bad}\n{one}\n{bad}\n{one}");
    assert_eq!(found(&lines), [bad, one, bad, one]);
}

#[test]
fn a_malformed_head_loses_only_itself() {
    let one = r#"{"category":"ToyActivityLogs"}"#;
    for head in [
        "{'records':[",
        "{records:[",
        "{\"records\" [",
        "{\"x\":NaN of,\"records\":[",
        "callback({\"records\":[",
    ] {
        let line = format!("{head}{one},{one}]}}");
        assert_eq!(found(&line), [head, one, one], "{line}");
    }
}

#[test]
fn recovered_documents_are_ordered_and_not_empty() {
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "'",
        "\u{feff}",
        "\0",
        " ",
        "\"a\"",
        "{\"a\":1}",
        "{\"records\":[",
        "]}",
        "x",
        "é",
        "1",
    ];
    let mut state = 7_u64;
    for _ in 0..20_000 {
        let mut line = String::from("{\"records\":[{\"a\":1},{\"a\":[{\"a\":2}]},{\"a\":3}]}");
        for _ in 0..6 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let (at, piece) = ((state >> 33) as usize, (state >> 20) as usize);
            let at = (0..=line.len())
                .filter(|at| line.is_char_boundary(*at))
                .nth(at % line.chars().count())
                .unwrap();
            match state >> 62 {
                0 => line.truncate(at),
                1 => drop(line.remove(at)),
                _ => line.insert_str(at, pieces[piece % pieces.len()]),
            }
            line.push(' ');
        }
        let span = trimmed(line.as_bytes(), 0..line.len());
        let line = &line[span];
        let mut behind = 0;
        let found = if line.is_empty() {
            Vec::new()
        } else {
            parts(line, &toy::TABLE.name)
        };
        for RecoveredDocument { span: part, .. } in found {
            assert!(
                part.start >= behind && part.end > part.start && part.end <= line.len(),
                "{line:?} {part:?}"
            );
            assert!(line.get(part.clone()).is_some());
            behind = part.end;
        }
    }
}

#[test]
fn recovers_lists_that_break_at_their_first_element() {
    let one = r#"{"category":"ToyActivityLogs","properties":{}}"#;
    let bad = one.replace('"', "'");
    for head in [
        "{\"n\":2,\"events\":[",
        "{\"n\":[1],\"data\":{\"t\":{},\"x\":[",
    ] {
        for broken in ["see the other file", &bad] {
            let line = format!("{head}{broken},{one},{one}]}}");
            assert_eq!(found(&line), [broken, one, one], "{line}");
        }
    }
    // A single record with a list of its own is one document.
    let line = r#"{"category":"ToyActivityLogs","l":[x,{"a":1}],"b":1}"#;
    assert_eq!(found(line).len(), 1);
}

#[test]
fn separates_adjacent_documents_behind_a_partial_text() {
    let one = r#"{"category":"ToyActivityLogs","n":1}"#;
    let line = format!("be\",\"n\":{{\"m\":2}}}}{one}{one}");
    let head = line.len() - 2 * one.len();
    assert_eq!(found(&line), [&line[..head], one, one]);
}
