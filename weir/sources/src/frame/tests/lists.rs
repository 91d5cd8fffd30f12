//! Tables, lists under any key, and what a crash left of a record.

use super::broken::{element, holds};
use super::*;

/// Whole values and tables are no longer than that.
const LARGE: Sizes = Sizes {
    batch: 64,
    record: 1 << 20,
};

/// A row, printed over lines or on one.
fn row(n: usize, printed: bool) -> String {
    let text = format!("[@{n},@\"x]], [\\\"\"@]");
    match printed {
        true => format!("        {}", text.replace('@', "\n          ")),
        false => format!("        {}", text.replace('@', "")),
    }
}

/// A printed table, whose second column has its name as well.
fn table(name: &str, rows: &[String]) -> String {
    let columns = format!("[ {{ \"name\": \"n\" }}, {{ \"name\": \"{name}\" }} ]");
    format!(
        "    {{\n      \"name\": \"{name}\",\n      \"columns\": {columns},\n      \"rows\": [\n{}\n      ]\n    }}",
        rows.join(",\n")
    )
}

fn tables(tables: &[String]) -> String {
    let tables = tables.join(",\n");
    format!("{{\n  \"tables\": [\n{tables}\n  ],\n  \"statistics\": {{ \"rows\": [ 1 ] }}\n}}\n")
}

/// The rows that came out whole, as the name of their second column and their first cell.
fn rows(documents: &[(u64, String)]) -> Vec<(String, u64)> {
    let read = documents.iter().flat_map(|(_, text)| {
        // Broken words are for the detector to find.
        let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        let table = match value["tables"].get(0) {
            Some(table) => table.clone(),
            None => value,
        };
        let name = table["columns"][1]["name"].as_str();
        let name = name.unwrap_or_default().to_owned();
        let rows = table["rows"].as_array().cloned().unwrap_or_default();
        let whole = rows.into_iter().filter(|row| row[1].is_string());
        whole.map(move |row| (name.clone(), row[0].as_u64().unwrap_or(99)))
    });
    read.collect()
}

fn wanted(tables: &[(&str, &[u64])]) -> Vec<(String, u64)> {
    let named = |(name, rows): &(&str, &[u64])| {
        let name = (*name).to_owned();
        rows.iter().map(|n| (name.clone(), *n)).collect::<Vec<_>>()
    };
    tables.iter().flat_map(named).collect()
}

#[test]
fn every_table_of_an_answer_is_read_row_by_row() {
    for printed in [false, true] {
        let three: Vec<String> = (0..3).map(|n| row(n, printed)).collect();
        let text = tables(&[
            table("PrimaryResult", &three),
            "    { \"name\": \"none\", \"columns\": [] }".to_owned(),
            table("second", &three[..2]),
            table("empty", &[]),
            table("third", &three[2..]),
        ]);
        let all = wanted(&[
            ("PrimaryResult", &[0, 1, 2]),
            ("second", &[0, 1]),
            ("third", &[2]),
        ]);
        assert_eq!(rows(&documents(&text)), all);
        // Behind another, in one file.
        let twice = rows(&documents(&text.repeat(2)));
        assert_eq!(twice, [all.clone(), all].concat());
    }
}

#[test]
fn a_row_of_another_number_of_cells_is_refused() {
    for printed in [false, true] {
        let mut all: Vec<String> = (0..3).map(|n| row(n, printed)).collect();
        for (odd, cells) in [("[]", 0), ("[1]", 1), ("[1,\"a\",{\"b\":2}]", 3), ("7", 0)] {
            all[1] = format!("        {odd}");
            let (documents, refused) = cut_some_ways(&tables(&[table("a", &all)]), 2);
            assert_eq!(
                rows(&documents),
                wanted(&[("a", &[0, 2])]),
                "{odd} {documents:?} {refused:?}"
            );
            let reason = format!("a table's row: {cells} cells where there are 2 columns");
            let reasons: Vec<&str> = refused.iter().map(|(_, reason)| reason.as_str()).collect();
            assert_eq!(reasons, [&reason]);
        }
        // These may hold records of their own.
        all[1] = "{\"a\":1}".to_owned();
        assert_eq!(documents(&tables(&[table("a", &all)])).len(), 3);
    }
}

/// Bytes are counted, not time: of the documents that were made, by those that were read.
#[test]
fn rows_with_long_columns_are_bounded_by_what_was_read() {
    let column = "c".repeat(50 << 10);
    for (columns, row) in [(format!("\"{column}\""), "[1]"), (String::new(), "[]")] {
        let rows = vec![row; 5000].join(",");
        let text = format!(
            "{{\"name\":\"{column}\",\n\"columns\":[{columns}],\"rows\":[{rows}]}}\n{{\"a\":1}}\n"
        );
        let text = text.replacen(&column, "", usize::from(!columns.is_empty()));
        let sizes = Sizes {
            batch: 1 << 12,
            ..LARGE
        };
        let (documents, refused) = cut(text.as_bytes(), sizes, true);
        let made: usize = documents.iter().map(|(_, text)| text.len()).sum();
        let (least, most) = (60 * text.len(), 64 * text.len() + (2 << 20));
        assert!((least..most).contains(&made), "{made} of {}", text.len());
        assert_eq!(documents.len() + refused.len(), 5001);
        assert_eq!(documents.last(), Some(&(3, "{\"a\":1}".to_owned())));
        let wide = |(_, reason): &(u64, String)| reason.contains("64 times");
        assert!(refused.iter().all(wide));
    }
}

#[test]
fn a_broken_row_of_any_table_costs_itself() {
    for printed in [false, true] {
        let good: Vec<String> = (0..4).map(|n| row(n, printed)).collect();
        let mut failed = Vec::new();
        for at in 0..4 {
            let one = good[at].as_str();
            let last = one.rfind(']').unwrap();
            for (what, broken) in [
                (
                    "single quotes",
                    one.replace("\"x", "'x").replace("\\\"\"", "'"),
                ),
                ("no closing bracket", one[..last].trim_end().to_owned()),
                ("a surplus bracket", format!("{one}]")),
                ("an open text", one.replace("\"x", "x")),
                ("a bare word", one.replace("\"x]], [\\\"\"", "None of it")),
                ("a trailing comma and a word", one.replace(']', ", x]")),
                ("prose", "        see the other file".to_owned()),
            ] {
                let mut rows_of_it = good.clone();
                rows_of_it[at] = broken;
                let text = tables(&[table("a", &rows_of_it), table("b", &rows_of_it)]);
                let (documents, refused) = cut_some_ways(&text, 2);
                let found = rows(&documents);
                for name in ["a", "b"] {
                    let lost = (0..4)
                        .filter(|n| *n != at && !found.contains(&(name.to_owned(), *n as u64)));
                    let lost = lost.count();
                    if lost > 0 || documents.len() + refused.len() > 12 {
                        failed.push(format!("{what} at {at}, {printed}: {found:?} {refused:?}"));
                    }
                }
            }
        }
        assert!(failed.is_empty(), "{}", failed.join("\n"));
    }
}

#[test]
fn a_table_whose_columns_are_broken_leaves_the_others() {
    let two: Vec<String> = (0..2).map(|n| row(n, false)).collect();
    let broken = table("a", &two).replacen("\"name\": \"n\"", "'name': 'n'", 1);
    for at in 0..2 {
        let mut all = vec![table("b", &two), table("c", &two)];
        all.insert(at, broken.clone());
        let text = tables(&all);
        let (documents, refused) = cut_some_ways(&text, 2);
        let found: Vec<_> = documents
            .iter()
            .filter(|(_, text)| text.contains("x]]"))
            .collect();
        assert!(
            !found.is_empty() && !refused.is_empty(),
            "{at} {documents:?} {refused:?}"
        );
    }
}

#[test]
fn tables_whose_head_is_broken_are_read() {
    let two: Vec<String> = (0..2).map(|n| row(n, false)).collect();
    let text = tables(&[table("a", &two), table("b", &two)]);
    for (from, to) in [
        ("\"tables\": [", "\"tables\" ["),
        ("\"tables\": [", "'tables': ["),
        ("\"name\": \"a\",", "\"name\" \"a\","),
    ] {
        let broken = text.replacen(from, to, 1);
        let (documents, refused) = cut(broken.as_bytes(), LARGE, true);
        let found = rows(&documents);
        let both = wanted(&[("a", &[0, 1]), ("b", &[0, 1])]);
        assert!(
            both.iter().all(|row| found.contains(row)),
            "{to}: {found:?} {refused:?}"
        );
        assert!((1..=2).contains(&refused.len()), "{to}: {refused:?}");
    }
}

#[test]
fn lines_behind_a_table_whose_last_row_is_broken_are_read() {
    let mut all: Vec<String> = (0..2).map(|n| row(n, true)).collect();
    let half = all[1].trim_end_matches(']').trim_end().to_owned();
    all[1] = half.trim_end_matches("\"x]], [\\\"\"").to_owned();
    let one = table("a", &all).replace("\n    ", "\n");
    let text = format!("{}\nprose\n{{\"a\":1}}\n{{\"a\":2}}\n", one.trim());
    let (documents, refused) = cut_some_ways(&text, 2);
    let lines = documents
        .iter()
        .filter(|(_, text)| text.starts_with("{\"a\""));
    assert_eq!(lines.count(), 2, "{text} {documents:?} {refused:?}");
}

#[test]
fn in_a_list_under_any_key() {
    for wrap in [
        "{\n  \"events\": [\n@\n  ]\n}\n",
        "{\n  \"count\": 6,\n  \"tags\": [ \"a\" ],\n  \"events\": [\n@\n  ],\n  \"next\": null\n}\n",
        "{\n  \"data\": {\n    \"result\": [\n@\n    ]\n  }\n}\n",
    ] {
        holds(wrap, |all| wrap.replace('@', &all.join(",\n")), Some(4));
        holds(wrap, |all| wrap.replace('@', &all.join(",\n")), None);
    }
}

/// Not longer than a document may be, it is one document as long as it is whole.
#[test]
fn a_value_around_a_list_is_one_document_until_it_is_broken() {
    let all: Vec<String> = (0..3).map(|n| element(n, Some(4))).collect();
    let wrap = |all: &[String]| format!("{{\n  \"events\": [\n{}\n  ]\n}}\n", all.join(",\n"));
    let (documents, refused) = cut(wrap(&all).as_bytes(), LARGE, true);
    assert_eq!((documents.len(), refused.len()), (1, 0));
    for at in 0..3 {
        let mut all = all.clone();
        all[at] = all[at].replace('"', "'");
        let (documents, refused) = cut(wrap(&all).as_bytes(), LARGE, true);
        assert_eq!((documents.len(), refused.len()), (2, 1), "{at} {refused:?}");
    }
    for head in [
        "{\n  \"events\" [\n",
        "{\n  'events': [\n",
        "{\n  \"a\": 1 \"events\": [\n",
    ] {
        let text = wrap(&all).replace("{\n  \"events\": [\n", head);
        let (documents, refused) = cut(text.as_bytes(), LARGE, true);
        assert_eq!((documents.len(), refused.len()), (3, 1), "{refused:?}");
    }
}

#[test]
fn half_a_record_before_nuls_costs_itself() {
    let whole = "{\"a\":1,\"b\":\"x\"}";
    for half in [
        "{\"a\":1,\"b\":\"x",
        "{\"a\":1,\"b",
        "{\"a\":1,",
        "{\"a\":1",
        "{\"a\":\"\\",
    ] {
        for (before, nuls) in [(0, 10), (0, 300), (2, 10), (2, 300)] {
            let front = format!("{whole}\n").repeat(before);
            let nuls = "\0".repeat(nuls);
            let text = format!("{front}{half}{nuls}{whole}\n{whole}\n");
            let (documents, refused) = cut_some_ways(&text, 2);
            let found = documents.iter().filter(|(_, text)| text.ends_with(whole));
            assert_eq!(found.count(), before + 2, "{text:?} {documents:?}");
            assert!(refused.len() <= 1, "{refused:?}");
            assert_eq!(documents.len() + refused.len(), before + 2 + refused.len());
        }
    }
    // Inside what spans lines, and in an array.
    let array = format!(
        "[\n{whole},\n{{\"a\":1,\"b\":\"x{}{whole},\n{whole}]\n",
        "\0".repeat(300)
    );
    let (documents, refused) = cut_some_ways(&array, 2);
    assert_eq!(
        (documents.len(), refused.len()),
        (3, 1),
        "{documents:?} {refused:?}"
    );
}

#[test]
fn a_line_break_in_a_text_of_a_one_line_list_costs_its_element() {
    let one = "{\"a\":\"some text\",\"b\":1}";
    let broken = one.replace("some ", "some\n");
    for at in 0..3 {
        let mut all = [one; 4];
        all[at] = &broken;
        let text = format!("{{\"n\":4,\"events\":[{}],\"z\":1}}\n", all.join(","));
        let (documents, refused) = cut(text.as_bytes(), LARGE, true);
        let whole = documents.iter().filter(|(_, text)| text == one);
        assert_eq!(whole.count(), 3, "{at} {documents:?} {refused:?}");
        assert!(!refused.is_empty());
    }
}

#[test]
fn a_value_at_the_start_of_a_line_is_one_whatever_stands_before() {
    let printed = "    {\n      \"a\": 1\n    }\n";
    let text = format!(
        "{printed}{}{{\"b\":2}}\n{{\"b\":3}}\n",
        printed.replace("1\n    }", "1")
    );
    let (documents, refused) = cut_some_ways(&text, 2);
    let lines = documents.iter().filter(|(_, text)| text.contains("\"b\""));
    assert_eq!(
        (lines.count(), refused.len()),
        (2, 1),
        "{documents:?} {refused:?}"
    );
}
