//! The functions of ES|QL that `weir compile` understands, from their tables.

use weir_esql::functions::{AGGREGATES, Entry, FUNCTIONS};

use super::page::{Page, code, prose};

/// Writes a row for each function.
pub(super) fn write(page: &mut Page) {
    page.heading(2, "Functions of ES|QL");
    page.paragraph(
        "What queries of rule files may call. Brackets stand around arguments that may be missing; \
         `...` is behind one that may repeat. Null fits everywhere, a literal excepted.",
    );
    let mut entries: Vec<&Entry> = FUNCTIONS.iter().collect();
    entries.sort_by_key(|entry| entry.name);
    let rows: Vec<[String; 6]> = entries.into_iter().map(row).collect();
    let titles = [
        "function",
        "arguments",
        "result",
        "of null",
        "of several values",
        "gives",
    ];
    page.table(titles, &rows);
    page.heading(3, "Aggregates");
    page.paragraph(
        "In STATS. None of them sees null, all see each of several values, and of no value they \
         are null where nothing else is said. `WHERE` behind one chooses its rows.",
    );
    let rows: Vec<[String; 4]> = { AGGREGATES.iter() }
        .map(|entry| {
            [
                code(entry.name),
                prose(entry.takes),
                prose(entry.gives),
                prose(entry.summary),
            ]
        })
        .collect();
    page.table(["function", "arguments", "result", "gives"], &rows);
}

fn row(entry: &Entry) -> [String; 6] {
    let names = std::iter::once(entry.name).chain(entry.aliases());
    let names: Vec<String> = names.map(code).collect();
    let [null, several] = entry.multi.words();
    [
        names.join(", "),
        prose(&entry.takes_words()),
        prose(entry.gives.words()),
        null.to_owned(),
        several.to_owned(),
        prose(entry.summary),
    ]
}
