//! One broken element costs itself: its neighbours are handed out, whatever is wrong with it and
//! wherever it stands.

use super::*;

/// An element with a field of its own, printed with this indent, or on one line.
pub(super) fn element(n: usize, indent: Option<usize>) -> String {
    let fields = [
        "\"category\": \"x\"".to_owned(),
        format!("\"properties\": {{@\"n\": {n},@\"t\": \"}},{{ [\\\" {{\\\"category\\\": 1}}\"@}}"),
        "\"list\": [@{@\"id\": 1@},@{@\"id\": 2@}@]".to_owned(),
    ];
    let text = format!("{{@{}@}}", fields.join(",@"));
    let Some(indent) = indent else {
        return text.replace('@', "");
    };
    let mut depth = 0;
    let mut out = String::new();
    for part in text.split('@') {
        let closes = part.starts_with(['}', ']']);
        depth -= usize::from(closes);
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&" ".repeat(indent + 2 * depth));
        out.push_str(part);
        depth += usize::from(part.ends_with(['{', '[']));
    }
    out
}

/// Faults of an element.
fn breaks(good: &str) -> Vec<(&'static str, String)> {
    let half = good.find("\"n\"").unwrap();
    let last = good.rfind('}').unwrap();
    let insert = |at: usize, what: &str| format!("{}{what}{}", &good[..at], &good[at..]);
    vec![
        ("single quotes", good.replace('"', "'")),
        (
            "a raw line feed in a text",
            good.replace("\"x\"", "\"x\ny\""),
        ),
        ("no closing brace", good[..last].trim_end().to_owned()),
        (
            "no inner brace",
            good.replacen('}', " ", 3).replacen(' ', "}", 0),
        ),
        ("no bracket", good.replace(']', " ")),
        ("a surplus brace", insert(good.len(), "}")),
        ("a surplus bracket", insert(good.len(), "]")),
        ("a lone trailing comma", insert(last, ",")),
        ("a bare word", good.replace("\"x\"", "None of it")),
        ("an unterminated text", good.replace("\"x\"", "\"x")),
        ("a comment", good.replace("\"x\"", "\"x\" /* of course */")),
        (
            "a line comment",
            good.replace("\"x\",", "\"x\", // of course"),
        ),
        ("no comma inside", good.replacen(',', " ", 1)),
        ("no colon", good.replacen(':', " ", 1)),
        ("the first half", good[..half].trim_end().to_owned()),
        ("the first half inside a key", good[..half + 2].to_owned()),
        ("the second half", good[half..].to_owned()),
        ("prose", "see the other file".to_owned()),
    ]
}

/// The numbers of the good elements that came out whole.
fn numbers(documents: &[(u64, String)]) -> Vec<usize> {
    let whole = documents
        .iter()
        .filter(|(_, text)| text.contains("category") && text.contains("list"));
    whole
        .filter_map(|(_, text)| {
            let (_, rest) = text.split_once("\"n\": ")?;
            rest.split(',').next()?.trim().parse().ok()
        })
        .collect()
}

const COUNT: usize = 6;

#[track_caller]
pub(super) fn holds(form: &str, wrap: impl Fn(&[String]) -> String, indent: Option<usize>) {
    let good: Vec<String> = (0..COUNT).map(|n| element(n, indent)).collect();
    let whole = wrap(&good);
    let (documents, refused) = cut_all_ways(&whole);
    assert_eq!(
        numbers(&documents),
        Vec::from_iter(0..COUNT),
        "{form}: {whole}"
    );
    assert_eq!(refused, [], "{form}: {whole}");
    let mut failed = Vec::new();
    for at in [0, 2, COUNT - 1] {
        for (what, broken) in breaks(&good[at]) {
            let mut elements = good.clone();
            elements[at] = broken;
            let text = wrap(&elements);
            let (documents, refused) = cut_some_ways(&text, 2);
            let found = numbers(&documents);
            let lost = (0..COUNT)
                .filter(|n| *n != at && !found.contains(n))
                .count();
            let more = (documents.len() + refused.len()).saturating_sub(COUNT + 4);
            let silent = refused.is_empty()
                && documents.len() == COUNT
                && !["a bare word", "a surplus bracket"].contains(&what);
            if lost + more > 0 || silent {
                failed.push(format!(
                    "{what} at {at}: {found:?} {} {refused:?}",
                    documents.len()
                ));
            }
        }
    }
    assert!(failed.is_empty(), "{form}:\n{}\n{whole}", failed.join("\n"));
}

#[test]
fn in_an_indented_array() {
    holds(
        "array",
        |all| format!("[\n{}\n]\n", all.join(",\n")),
        Some(2),
    );
}

#[test]
fn in_an_indented_envelope() {
    for key in ["records", "value"] {
        let wrap = |all: &[String]| {
            format!(
                "{{\n  \"{key}\": [\n{}\n  ],\n  \"next\": 1\n}}\n",
                all.join(",\n")
            )
        };
        holds(key, wrap, Some(4));
    }
}

#[test]
fn in_the_hits_of_a_search() {
    let wrap = |all: &[String]| {
        let hits = all.join(",\n");
        format!("{{\n  \"took\": 3,\n  \"hits\": {{\n    \"hits\": [\n{hits}\n    ]\n  }}\n}}\n")
    };
    holds("hits", wrap, Some(6));
}

#[test]
fn in_an_array_that_lacks_its_end() {
    let wrap = |all: &[String]| format!("[\n{},\n", all.join(",\n"));
    let text = wrap(&[element(0, Some(2)), element(1, Some(2))]);
    let (documents, refused) = cut_all_ways(&text);
    assert_eq!((numbers(&documents), refused.len()), (vec![0, 1], 1));
}

#[test]
fn in_an_array_whose_braces_meet_on_one_line() {
    let wrap = |all: &[String]| {
        let all: Vec<&str> = all.iter().map(|one| one.trim_start()).collect();
        format!("[{}]\n", all.join(", "))
    };
    holds("tight", wrap, Some(0));
}

#[test]
fn in_printed_values_without_an_array() {
    holds("values", |all| all.join("\n") + "\n", Some(0));
    holds("values with commas", |all| all.join(",\n") + ",\n", Some(0));
    holds(
        "values with commas in front",
        |all| all.join("\n,") + "\n",
        Some(0),
    );
}

#[test]
fn in_an_array_with_an_element_a_line() {
    holds("lines", |all| format!("[\n{}\n]\n", all.join(",\n")), None);
    holds(
        "leading commas",
        |all| format!("[\n {}\n]\n", all.join("\n,")),
        None,
    );
    holds(
        "no brackets",
        |all| format!("[{}]\n", all.join(",\n")),
        None,
    );
}

#[test]
fn in_an_array_on_a_long_line() {
    for wrap in [
        "[@]",
        "{\"records\":[@]}",
        "{\"a\": 1, \"records\":[@],\"b\":2}",
    ] {
        let all = |all: &[String]| format!("{}\n", wrap.replace('@', &all.join(",")));
        holds(wrap, all, None);
        let behind = |some: &[String]| format!("0\n{}{{}}\n", all(some));
        let good: Vec<String> = (0..COUNT).map(|n| element(n, None)).collect();
        for (what, broken) in breaks(&good[3]) {
            let mut elements = good.clone();
            elements[3] = broken.replace('\n', "");
            let text = behind(&elements);
            let (documents, refused) = cut_some_ways(&text, 2);
            let last = documents.last().map(|(line, text)| (*line, text.as_str()));
            assert_eq!(last, Some((3, "{}")), "{what} {text}");
            assert!(
                numbers(&documents).len() >= COUNT - 1,
                "{what} {text} {documents:?} {refused:?}"
            );
        }
    }
}

#[test]
fn several_in_a_row_and_apart() {
    let mut elements: Vec<String> = (0..12).map(|n| element(n, Some(2))).collect();
    for at in [0, 3, 4, 5, 11] {
        elements[at] = elements[at].replace('"', "'");
    }
    let text = format!("[\n{}\n]\n", elements.join(",\n"));
    let (documents, refused) = cut_all_ways(&text);
    assert_eq!(numbers(&documents), [1, 2, 6, 7, 8, 9, 10]);
    assert_eq!(refused.len(), 5);
    let lines: Vec<u64> = refused.iter().map(|(line, _)| *line).collect();
    let height = elements[0].lines().count() as u64;
    assert_eq!(lines, [0, 3, 4, 5, 11].map(|at| 2 + at * height));
}

/// Bytes are counted, not time: each is looked at a few times, however many refusals there are.
#[test]
fn many_on_a_long_line_cost_no_more_than_its_length() {
    let element = r#"{"a":{"b":1},"time":"2026-05-19T09:30:00Z","#;
    for length in [1 << 17, 1 << 18] {
        let text = format!("[{}]", element.repeat(length / element.len()));
        let sizes = Sizes {
            batch: 1 << 12,
            record: 1 << 16,
        };
        let mut framer = Framer::new(text.as_bytes(), sizes, true);
        let (mut refused, mut pieces) = (0, 0);
        while let Some(piece) = next(&mut framer) {
            if let Piece::Refused(all) = piece {
                refused += all.len();
                pieces += 1;
            }
        }
        assert!(refused > 1000, "{refused}");
        // They are handed on many at once.
        assert!(pieces < refused / 100, "{pieces} of {refused}");
        let looked = framer.buffer.looked.get();
        assert!(looked <= 2 * text.len(), "{looked} of {}", text.len());
    }
}
