//! Changed inputs, cut in every way: nothing that comes out depends on how many bytes are there at
//! once, or on where reading breaks off and goes on.

use super::*;

/// All that is said of a refusal.
type Said = (u64, String, Vec<u8>, bool, Option<u64>);

/// All that comes out of an input.
#[derive(Debug, Clone, Default, PartialEq)]
struct Outcome {
    cut: Cut,
    said: Vec<Said>,
}

impl Outcome {
    fn add(&mut self, piece: Piece) {
        if let Piece::Refused(all) = &piece {
            let said = |one: &Refused| {
                let (reason, record) = (one.reason.clone(), one.record.clone());
                (one.line, reason, record, one.cut, one.given_up)
            };
            self.said.extend(all.iter().map(said));
        }
        add(piece, &mut self.cut);
    }

    /// Other pieces, and the bytes between documents that were passed over.
    fn with(mut self, mut framer: Framer<impl Read>) -> (Self, u64) {
        while let Some(piece) = next(&mut framer) {
            self.add(piece);
        }
        (self, framer.passed())
    }
}

/// Numbers that look like random ones.
struct Odd(u64);

impl Odd {
    /// Less than `most`.
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 ^ self.0 >> 29) >> 32) as usize % most.max(1)
    }

    /// A stretch of so many bytes, of which it has at most `most`.
    fn stretch(&mut self, length: usize, most: usize) -> std::ops::Range<usize> {
        let from = self.below(length + 1);
        from..(from + 1 + self.below(most)).min(length)
    }
}

/// Reads an input in some way, and goes on behind each piece: it is what it is all at once.
#[track_caller]
fn check(input: &[u8], record: usize, odd: &mut Odd, resumes: bool) {
    let sizes = |batch| Sizes { batch, record };
    let whole = Outcome::default().with(Framer::new(input, sizes(64), true));
    let (batch, eager) = (1 + odd.below(256), odd.below(2) == 0);
    let most = [1, 3, 40, 300][odd.below(4)];
    let source = Dribble {
        bytes: input,
        state: odd.0,
        most,
    };
    let shown = || format!("{record} {batch} {most} {}", input.escape_ascii());
    let found = Outcome::default().with(Framer::new(source, sizes(batch), eager));
    assert_eq!(found, whole, "{}", shown());
    if !resumes || whole.0.said.iter().any(|one| one.0 == 0) {
        return;
    }
    let mut framer = Framer::new(input, sizes(batch), true);
    let mut before = Outcome::default();
    while let Some(piece) = next(&mut framer) {
        before.add(piece);
        let position = framer.position();
        let rest = &input[position.offset as usize..];
        let framer = Framer::resume(rest, sizes(1 + odd.below(300)), true, position);
        let (found, _) = before.clone().with(framer);
        assert_eq!(found, whole.0, "{position:?} {}", shown());
    }
}

#[test]
fn a_long_document_is_left_at_one_byte_however_many_are_there() {
    for (record, input) in [
        (
            50,
            r#"{"tables":[{"name":"PrimaryResult","columns":[{"name":"TenantImeGenerated","type":"string"},{"name":"TimeRequested","typpe":""#,
        ),
        (20, r#"{"tables":[{"e":"P","columns":[{"":"a"},{"name":""#),
    ] {
        for state in 0..200 {
            check(input.as_bytes(), record, &mut Odd(state), true);
        }
    }
}

#[test]
fn the_format_follows_from_as_few_bytes_as_come() {
    let spread = |before, behind| {
        let wide = |byte: &u8| [vec![0; before], vec![*byte], vec![0; behind]].concat();
        let text = b"\t{\"a\":1}\n{\"a\":2}\n";
        text.iter().flat_map(wide).collect::<Vec<u8>>()
    };
    let mut tar = [&b"input.ndjson"[..], &[0; 500]].concat();
    tar[257..262].copy_from_slice(b"ustar");
    let lines = [&b"not json\n"[..], &tar[9..]].concat();
    let blanks = [&b"\0\n  "[..], &tar[4..]].concat();
    for (text, foreign) in [
        (spread(0, 1), true),
        (spread(0, 1)[2..].to_vec(), true),
        (spread(0, 1)[..9].to_vec(), true),
        (spread(1, 0), true),
        (spread(0, 3), true),
        (spread(3, 0), true),
        (tar, true),
        (lines, false),
        (blanks, false),
    ] {
        let sizes = Sizes {
            record: 400,
            ..SIZES
        };
        let (_, refused) = cut(&text[..], sizes, true);
        let said = refused.first().is_some_and(|(line, _)| *line == 0);
        assert_eq!(said, foreign, "{}", text.escape_ascii());
        for state in 0..40 {
            for record in [100, 400] {
                check(&text, record, &mut Odd(state), true);
            }
        }
    }
}

#[test]
fn a_list_with_text_behind_its_end_is_no_list_to_go_on_in() {
    for list in [
        r#"[{"a":1},{"a":2}]"#,
        r#"{"tables":[{"columns":[{"name":"a"}],"rows":[["x"],["y"]]}]}"#,
    ] {
        for behind in ["", "\x0c", "\x0c \n", "\n\x0c\n", " \t\r\n", "\0", "\0\x0c"] {
            let input = format!("{{\"a\":1}}\n{list}{behind}");
            for state in 0..20 {
                check(input.as_bytes(), 118, &mut Odd(state), true);
            }
        }
    }
}

#[test]
fn skips_blanks_longer_than_a_record_however_they_come() {
    for (blanks, lines) in [
        (" ", [None, Some("\n")]),
        ("\0", [Some("{\"a\n"), Some("{\"a\":1}\n")]),
        ("\u{feff}", [None, Some("{\"a\":1}\n")]),
    ] {
        for before in lines {
            for behind in ["{", "{\"a\":1}\n{\"a\":2}\n", "\n"] {
                for length in [16, 17, 40, 120] {
                    let blanks = blanks.repeat(length);
                    let input = format!("{}{blanks}{behind}", before.unwrap_or_default());
                    for state in 0..20 {
                        check(input.as_bytes(), 16, &mut Odd(state), true);
                    }
                }
            }
        }
    }
}

/// Texts of every form that is followed.
fn seeds() -> Vec<Vec<u8>> {
    let columns = ["TenantId", "TimeGenerated", "TimeRequested", "AppId"];
    let columns = columns.map(|name| format!(r#"{{"name":"{name}","type":"string"}}"#));
    let columns = columns.join(",");
    let rows = r#"["1b73","2026-05-19T09:30:00Z","",403],"#.repeat(6);
    let table = format!(r#"{{"name":"P","columns":[{columns}],"rows":[{rows}["x","y","",4]]}}"#);
    let record = |n| broken::element(n, None);
    let records = [0, 1, 2, 3].map(record).join(",");
    let printed = [0, 1, 2].map(|n| broken::element(n, Some(2)));
    [
        format!("{{\"tables\":[{table}]}}\n"),
        format!("{{\"tables\":[{table},{table}]}}\n{{\"tables\":[{table}]}}\n"),
        format!("{{\"records\":[{records}]}}\n{{\"value\":[{records}],\"next\":1}}\n"),
        format!("{{\"took\":3,\"hits\":{{\"hits\":[{records}]}}}}\n"),
        format!("[\n{}\n]\n{}\n", printed.join(",\n"), record(3)),
        format!("{{\n \"records\": [\n{}\n ]\n}}\n", printed.join(",\n")),
        format!("{}\n", [0, 1, 2].map(record).join("\n")),
        printed.join("\n"),
    ]
    .map(String::into_bytes)
    .into()
}

const PARTS: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b",",
    b":",
    b"\n",
    b" ",
    b"1",
    b"\0",
    b"\x0c",
    b"\xef\xbb\xbf",
    b"\xff\xff\xff\x03",
    b"\"name\":",
    b"\"columns\":[",
    b"\"rows\":[",
    b"{\"tables\":[",
    b"\"records\":[",
];

/// A seed that was changed as a fuzzer changes it.
fn mutated(seeds: &[Vec<u8>], odd: &mut Odd) -> Vec<u8> {
    let mut text = seeds[odd.below(seeds.len())].clone();
    for _ in 0..odd.below(6) {
        let at = odd.below(text.len() + 1);
        match odd.below(8) {
            0 | 1 => drop(text.drain(odd.stretch(text.len(), 100))),
            2 | 3 => drop(text.splice(at..at, PARTS[odd.below(PARTS.len())].iter().copied())),
            4 => text
                .get_mut(at)
                .into_iter()
                .for_each(|byte| *byte = odd.below(256) as u8),
            5 => text.extend_from_within(odd.stretch(text.len(), 300)),
            6 => {
                let byte = PARTS[odd.below(PARTS.len())][0];
                text.splice(at..at, vec![byte; odd.below(150)]);
            }
            _ => {
                let other = &seeds[odd.below(seeds.len())];
                text.splice(at.., other[odd.below(other.len())..].iter().copied());
            }
        }
        text.truncate(4000);
    }
    text
}

#[test]
fn any_cut_of_changed_input_gives_what_all_of_it_at_once_does() {
    let seeds = seeds();
    for round in 0..ROUNDS {
        let mut odd = Odd(round);
        let input = mutated(&seeds, &mut odd);
        let record = 16 + odd.below(512);
        for way in 0..3 {
            check(&input, record, &mut odd, way == 0 && round % 4 == 0);
        }
    }
}

/// Inputs that are tried.
const ROUNDS: u64 = 10_000;
