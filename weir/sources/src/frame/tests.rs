use std::io::{self, Read};

use super::*;

mod broken;
mod lists;
mod mutated;
mod waiting;

/// Gives a few bytes at a time, by a fixed but irregular pattern.
struct Dribble<'a> {
    bytes: &'a [u8],
    state: u64,
    most: usize,
}

impl Read for Dribble<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let count = 1 + (self.state >> 33) as usize % self.most;
        let count = count.min(room.len()).min(self.bytes.len());
        let (now, later) = self.bytes.split_at(count);
        room[..count].copy_from_slice(now);
        self.bytes = later;
        Ok(count)
    }
}

/// Documents with their lines, and refusals with theirs.
type Cut = (Vec<(u64, String)>, Vec<(u64, String)>);

fn cut(source: impl Read, sizes: Sizes, eager: bool) -> Cut {
    let mut framer = Framer::new(source, sizes, eager);
    let mut cut = (Vec::new(), Vec::new());
    while let Some(piece) = next(&mut framer) {
        add(piece, &mut cut);
    }
    cut
}

/// The next piece. What is no JSON at all is one refusal.
fn next(framer: &mut Framer<impl Read>) -> Option<Piece> {
    match framer.next_piece() {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            let refused = Refused::new(0, error.to_string(), b"");
            Some(Piece::Refused(vec![refused]))
        }
        piece => piece.unwrap(),
    }
}

fn add(piece: Piece, (documents, refusals): &mut Cut) {
    match piece {
        Piece::Refused(all) => refusals.extend(all.into_iter().map(|one| (one.line, one.reason))),
        Piece::Batch(batch) => {
            for (at, line) in batch.bytes.split(|byte| *byte == b'\n').enumerate() {
                if !line.trim_ascii().is_empty() {
                    let text = String::from_utf8_lossy(line).into_owned();
                    documents.push((batch.line(at as u32), text));
                }
            }
        }
    }
}

/// Stops behind every piece and goes on with batches of another size: nothing is
/// lost and nothing comes twice. A stop behind the last piece gives nothing more.
fn resume_everywhere(input: &str, whole: &Cut) {
    for batch in [1, 20, 64, 256] {
        let sizes = Sizes { batch, ..SIZES };
        let mut framer = Framer::new(input.as_bytes(), sizes, true);
        let mut before = Cut::default();
        let mut stops = vec![(before.clone(), Position::default())];
        while let Some(piece) = next(&mut framer) {
            if matches!(&piece, Piece::Refused(all) if all[0].line == 0) {
                return;
            }
            add(piece, &mut before);
            stops.push((before.clone(), framer.position()));
            let (recent, end) = (framer.buffer.recent(), framer.buffer.offset());
            let text = &input.as_bytes()[..end as usize];
            assert!(text.ends_with(recent), "{input:?} {end}");
            assert!(!recent.is_empty() || end == 0, "{input:?} {end}");
        }
        stops.push((before, framer.position()));
        assert_eq!(framer.position().reached, input.len() as u64, "{input:?}");
        for (before, position) in stops {
            for batch in [1, 33, 256] {
                let sizes = Sizes { batch, ..SIZES };
                let rest = &input.as_bytes()[position.offset as usize..];
                let mut framer = Framer::resume(rest, sizes, true, position);
                let mut cut = before.clone();
                while let Some(piece) = framer.next_piece().unwrap() {
                    add(piece, &mut cut);
                }
                assert_eq!(&cut, whole, "{input:?} {position:?} {batch}");
            }
        }
    }
}

/// Feeds a text byte by byte with nothing there in between, as a file that grows.
#[test]
fn waits_for_bytes_that_are_not_there_yet() {
    struct Grows<'a>(&'a [u8], bool);
    impl Read for Grows<'_> {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            match self.0.split_first() {
                Some(_) if self.1 => Err(io::ErrorKind::WouldBlock.into()),
                Some((first, rest)) => {
                    room[0] = *first;
                    self.0 = rest;
                    Ok(1)
                }
                None => Ok(0),
            }
        }
    }
    for input in [
        "{\"a\":1}\n\n{\"b\":2}\n{\"c\"",
        "[\n{\"a\":1},\n{\"b\":[2]}\n]\n",
        "{\"records\":[\n{\"a\":1},\n{\"b\":2}]}",
    ] {
        let whole = cut(input.as_bytes(), SIZES, true);
        let mut framer = Framer::new(Grows(input.as_bytes(), false), SIZES, false);
        let mut found = Cut::default();
        loop {
            match framer.next_piece() {
                Ok(None) => break,
                Ok(Some(piece)) => add(piece, &mut found),
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
            }
        }
        assert_eq!(found, whole, "{input:?}");
    }
}

const SIZES: Sizes = Sizes {
    batch: 64,
    record: 256,
};

/// Cuts in one piece, and checks that every other cut of the input gives the same.
fn cut_all_ways(input: &str) -> Cut {
    let whole = cut_some_ways(input, 20);
    resume_everywhere(input, &whole);
    whole
}

/// Reads a text through in so many patterns of reading.
fn cut_some_ways(input: &str, ways: u64) -> Cut {
    let whole = cut(input.as_bytes(), SIZES, true);
    for state in 0..ways {
        for most in [1, 3, 17, 200] {
            let source = Dribble {
                bytes: input.as_bytes(),
                state,
                most,
            };
            assert_eq!(
                cut(source, SIZES, state % 2 == 0),
                whole,
                "{input:?} {most}"
            );
        }
    }
    whole
}

fn documents(input: &str) -> Vec<(u64, String)> {
    let (documents, refusals) = cut_all_ways(input);
    assert_eq!(refusals, []);
    documents
}

fn owned(documents: &[(u64, &str)]) -> Vec<(u64, String)> {
    documents
        .iter()
        .map(|(line, text)| (*line, (*text).to_owned()))
        .collect()
}

#[test]
fn whole_lines_keep_their_numbers() {
    assert_eq!(
        documents("{\"a\":1}\n\n{\"a\":2}\r\nnot json\n{\"a\":3}"),
        owned(&[
            (1, "{\"a\":1}"),
            (3, "{\"a\":2}\r"),
            (4, "not json"),
            (5, "{\"a\":3}")
        ])
    );
}

#[test]
fn nothing_and_blank_lines_give_nothing() {
    assert_eq!(documents(""), []);
    assert_eq!(documents("\n \n\t\r\n"), []);
    assert_eq!(documents("\n\n  7"), owned(&[(3, "  7")]));
}

#[test]
fn a_value_over_several_lines_is_one_document() {
    assert_eq!(
        documents("\n{\n \"a\": \"}\\\"{\",\r\n \"b\": [1,\n 2]\n}\n{\"c\":3}\n"),
        owned(&[
            (2, "{  \"a\": \"}\\\"{\",   \"b\": [1,  2] }"),
            (7, "{\"c\":3}")
        ])
    );
}

#[test]
fn values_may_follow_each_other_on_a_line() {
    assert_eq!(
        documents("{\n}{\n} [\n1\n] 2 3"),
        owned(&[(1, "{ }"), (2, "{ }"), (4, "1"), (5, "2"), (5, "3")])
    );
}

#[test]
fn elements_of_an_array_are_documents() {
    assert_eq!(
        documents("[\n{\"a\":1},\n{\"a\":\n2}, 3,\n\"x\"\n]\n"),
        owned(&[(2, "{\"a\":1}"), (3, "{\"a\": 2}"), (4, "3"), (5, "\"x\"")])
    );
    assert_eq!(documents("[\n]\n"), []);
}

#[test]
fn records_of_an_envelope_are_documents() {
    assert_eq!(
        documents(
            "{\n\"x\": [{\"records\": [9]}],\n\"records\": [\n{\"a\":1},\n{\"records\":[2]}],\n\"y\": {\"z\": [1]}\n}\n{\"b\":1}"
        ),
        owned(&[(4, "{\"a\":1}"), (5, "{\"records\":[2]}"), (8, "{\"b\":1}")])
    );
}

#[test]
fn records_that_are_no_array_make_no_envelope() {
    assert_eq!(
        documents("{\n\"records\": 1,\n\"recordsets\": [2]}"),
        owned(&[(1, "{ \"records\": 1, \"recordsets\": [2]}")])
    );
}

#[test]
fn a_truncated_first_line_loses_no_later_line() {
    for first in [
        "{\"a\":{\"b\":1",
        "{\"a\":1,",
        "{\"a\":[",
        "{\"a\":",
        "[{\"a\":1},",
        "[",
        "{",
        "{\"a\":{",
        "{\"a\"",
    ] {
        let input = format!("{first}\n{{\"n\":1}}\n{{\"n\":2}}\n{{\"n\":3}}\n");
        let (documents, refusals) = cut_all_ways(&input);
        assert_eq!(refusals.len(), 1, "{first} {refusals:?}");
        assert_eq!(refusals[0].0, 1, "{first}");
        let tail = &documents[documents.len() - 3..];
        assert_eq!(
            tail,
            owned(&[(2, "{\"n\":1}"), (3, "{\"n\":2}"), (4, "{\"n\":3}")]),
            "{first}"
        );
    }
}

#[test]
fn a_first_line_cut_inside_a_string_is_left_to_the_detector() {
    assert_eq!(
        documents("{\"a\":\"b\n{\"n\":1}\n"),
        owned(&[(1, "{\"a\":\"b"), (2, "{\"n\":1}")])
    );
}

#[test]
fn a_file_cut_short_inside_a_value_is_one_refusal() {
    let (documents, refusals) = cut_all_ways("[\n {\n  \"a\": 1\n },\n {\n  \"a\": 2,\n  \"b\"");
    assert_eq!(documents, owned(&[(2, "{   \"a\": 1  }")]));
    assert_eq!(refusals.len(), 1);
    assert_eq!(refusals[0].0, 5);
}

#[test]
fn a_long_line_is_refused_and_the_rest_is_read() {
    let input = format!(
        "1\n{}\n2\n{{\"a\":\"{}\"}}\n3\n",
        "x".repeat(300),
        "y".repeat(300)
    );
    let (documents, refusals) = cut_all_ways(&input);
    assert_eq!(documents, owned(&[(1, "1"), (3, "2"), (5, "3")]));
    assert_eq!(
        refusals,
        owned(&[(2, "longer than 256 bytes"), (4, "longer than 256 bytes")])
    );
}

#[test]
fn a_line_of_the_longest_length_is_taken() {
    let line = "x".repeat(256);
    assert_eq!(documents(&format!("1\n{line}\n2")).len(), 3);
    let (documents, refusals) = cut_all_ways(&format!("1\n{line}x\n2"));
    assert_eq!((documents.len(), refusals.len()), (2, 1));
}

#[test]
fn a_long_envelope_or_array_on_one_line_is_streamed() {
    let elements: Vec<String> = (0..100).map(|n| format!("{{\"n\":{n}}}")).collect();
    let list = elements.join(",");
    for line in [
        format!("[{list}]"),
        format!("{{\"x\":1,\"records\":[{list}],\"y\":2}}"),
    ] {
        for before in ["", "0\n"] {
            let input = format!("{before}{line}\n{{\"n\":100}}\n");
            let documents = documents(&input);
            assert_eq!(documents.len(), 101 + before.len() / 2);
            assert!(documents.contains(&(1 + before.len() as u64 / 2, "{\"n\":99}".into())));
        }
    }
}

#[test]
fn a_long_element_is_refused_and_its_neighbours_are_read() {
    let giant = "z".repeat(400);
    let input = format!("[\n1,\n{{\"g\":\n\"{giant}\"}},\n2\n]\n3\n");
    let (documents, refusals) = cut_all_ways(&input);
    assert_eq!(documents, owned(&[(2, "1"), (5, "2"), (7, "3")]));
    assert_eq!(refusals, owned(&[(3, "longer than 256 bytes")]));
}

#[test]
fn a_long_line_that_breaks_off_is_refused_once() {
    let elements = vec!["{\"n\":1}"; 100].join(",");
    let input = format!("0\n[{elements},{{\"n\"\n5\n");
    let (documents, refusals) = cut_all_ways(&input);
    assert_eq!(documents.len(), 102);
    assert_eq!(documents.last(), Some(&(3, "5".to_owned())));
    assert_eq!(refusals.len(), 1);
    assert_eq!(refusals[0].0, 2);
}

#[test]
fn deep_nesting_is_bounded() {
    let input = format!("{{\"a\":\n{}\n", "[".repeat(100_000));
    let (documents, refusals) = cut(input.as_bytes(), SIZES, true);
    assert_eq!(documents, []);
    assert_eq!(refusals.len(), 1);
}

#[test]
fn any_cut_of_odd_input_gives_the_same() {
    // Fragments put together by a fixed pattern: brackets, quotes and line ends
    // in all orders.
    let parts = [
        "{",
        "}",
        "[",
        "]",
        "\"",
        "\\",
        ",",
        ":",
        "\n",
        "\r\n",
        " ",
        "1",
        "x",
        "\"a\":",
        "\"records\":[",
        "{\"a\":1}\n",
        "[1,2]",
        "\u{e9}",
        "\"b\"",
        "\0",
        "long long long long long long text",
    ];
    let mut state: u64 = 1;
    for _ in 0..300 {
        let mut input = String::new();
        for _ in 0..40 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            input.push_str(parts[(state >> 33) as usize % parts.len()]);
        }
        cut_all_ways(&input);
    }
}

#[test]
fn an_error_comes_after_what_was_read_before_it() {
    struct Broken(bool);
    impl Read for Broken {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            if std::mem::replace(&mut self.0, true) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            room[..5].copy_from_slice(b"1\n2\n3");
            Ok(5)
        }
    }
    let mut framer = Framer::new(Broken(false), SIZES, true);
    assert!(
        matches!(framer.next_piece(), Ok(Some(Piece::Batch(batch))) if *batch.bytes == *b"1\n2\n")
    );
    assert!(framer.next_piece().is_err());
    assert_eq!(framer.line(), 3);
    // Whether the line at which it broke off is whole is unknown.
    assert_eq!(framer.position().offset, 4);
    assert!(matches!(framer.next_piece(), Ok(None)));
}

/// The address of a batch's memory, which tells where it came from.
fn address(batch: &Batch) -> usize {
    batch.bytes.as_ptr() as usize
}

fn batches(text: &str, sizes: Sizes, eager: bool) -> Framer<&[u8]> {
    Framer::new(text.as_bytes(), sizes, eager)
}

fn next_batch(framer: &mut Framer<&[u8]>) -> Option<Batch> {
    match framer.next_piece().unwrap() {
        Some(Piece::Batch(batch)) => Some(batch),
        _ => None,
    }
}

#[test]
fn memory_of_batches_that_were_dropped_is_read_into_again() {
    let text = "{\"a\": 1234567}\n".repeat(1000);
    let sizes = Sizes {
        batch: 256,
        ..SIZES
    };
    let mut framer = batches(&text, sizes, true);
    let mut seen = std::collections::BTreeSet::new();
    let mut all = Vec::new();
    while let Some(batch) = next_batch(&mut framer) {
        seen.insert(address(&batch));
        all.extend_from_slice(&batch.bytes);
    }
    assert_eq!(String::from_utf8(all).unwrap(), text);
    assert!(seen.len() <= 3, "{} buffers", seen.len());
}

#[test]
fn batches_that_are_held_keep_what_they_are() {
    let text: String = (0..1000).map(|n| format!("{{\"a\": {n}}}\n")).collect();
    let sizes = Sizes {
        batch: 256,
        ..SIZES
    };
    let mut framer = batches(&text, sizes, true);
    let held: Vec<Batch> = std::iter::from_fn(|| next_batch(&mut framer)).collect();
    let all: Vec<u8> = held.iter().flat_map(|batch| batch.bytes.to_vec()).collect();
    assert_eq!(String::from_utf8(all).unwrap(), text);
}

#[test]
fn a_read_makes_one_batch_and_no_small_one_behind_it() {
    let text = "{\"a\": 1}\n".repeat(1000);
    let sizes = Sizes {
        batch: 250,
        ..SIZES
    };
    let mut framer = batches(&text, sizes, true);
    let lengths: Vec<usize> =
        std::iter::from_fn(|| next_batch(&mut framer).map(|batch| batch.bytes.len())).collect();
    let (_, whole) = lengths.split_last().unwrap();
    assert!(whole.iter().all(|length| *length == 243), "{lengths:?}");
}
