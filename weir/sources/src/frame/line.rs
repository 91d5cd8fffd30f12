//! Shape of a single line.

use super::list::List;
use super::scanner::{Event, Scanner};

/// Whether a line holds one object or array, whole, and nothing else.
pub(super) fn is_whole_container(line: &[u8]) -> bool {
    let line = without_commas(line);
    if !matches!(line.first(), Some(b'{' | b'[')) {
        return false;
    }
    let mut scanner = Scanner::new(true);
    loop_to_end(&mut scanner, line) && scanner.at_rest()
}

/// Shape of the last line of a text, which has no line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Last {
    /// It is whole values, or ends as one though something is wrong in it.
    Ended,
    /// The beginning of a list, or of one of several values.
    List,
    /// The beginning of a value around a list of objects that is most of it.
    Around,
    /// It is broken, and more of it makes no record.
    Broken,
    /// More of it may make a record of it.
    Open,
}

/// Shape of a last line.
pub(super) fn last(line: &[u8]) -> Last {
    let line = without_commas(line);
    let ends = matches!(line.last(), Some(b'}' | b']'));
    let bracket = matches!(line.first(), Some(b'{' | b'['));
    let (mut scanner, mut at, mut values) = (Scanner::new(true), 0, 0);
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        let (consumed, event) = scanner.run(rest);
        at += consumed;
        match event {
            Event::Error(_) | Event::Newline if !bracket => return Last::Open,
            Event::Error(_) | Event::Newline if ends => return Last::Ended,
            Event::Error(_) | Event::Newline => return Last::Broken,
            Event::End => values += 1,
            _ => {}
        }
    }
    let many = scanner.is_list() || values > 0;
    let around = || is_in_list(line);
    match () {
        () if scanner.at_rest() => Last::Ended,
        () if !bracket => Last::Open,
        // Its last text lacks its quote.
        () if ends && scanner.in_text() && (many || around()) => Last::Ended,
        () if many => Last::List,
        () if around() => Last::Around,
        () => Last::Open,
    }
}

/// Whether a line is a text, a number or a word.
pub(super) fn is_scalar(line: &[u8]) -> bool {
    let mut scanner = Scanner::new(true);
    let line = line.trim_ascii();
    !line.starts_with(b"--")
        && loop_to_end(&mut scanner, line)
        && scanner.open_brackets().is_empty()
        && !scanner.in_text()
}

/// A line without the commas that part it from others.
pub(super) fn without_commas(line: &[u8]) -> &[u8] {
    let comma = |line: &[u8]| line.first() == Some(&b',') || line.last() == Some(&b',');
    let mut line = line.trim_ascii();
    while comma(line) {
        line = line.strip_prefix(b",").unwrap_or(line);
        line = line.strip_suffix(b",").unwrap_or(line).trim_ascii();
    }
    line
}

/// Whether a line opens brackets that it does not close, and ends between two
/// tokens: the look of a value that spans several lines. That it is broken besides
/// is nothing against it.
pub(super) fn opens_value(line: &[u8]) -> bool {
    let mut line = line.trim_ascii();
    while let Some(rest) = line.strip_prefix(b",") {
        line = rest.trim_ascii_start();
    }
    match line.first() {
        Some(b'{' | b'[') => {}
        Some(b'}' | b']') => return true,
        // A key and what belongs to it: the rest of a value that begins elsewhere.
        Some(b'"') => return super::look::key_in_front(line).is_some(),
        _ => return false,
    }
    let mut scanner = Scanner::new(true);
    match loop_to_end(&mut scanner, line) {
        // A list is more than the one record that a line break in a text costs.
        true => !scanner.at_rest() && (!scanner.in_text() || scanner.is_list() || is_in_list(line)),
        false => matches!(line.last(), Some(b'{' | b'[' | b',')) && !is_whole_container(line),
    }
}

/// Whether a line ends inside the list of objects that is the most of it.
fn is_in_list(line: &[u8]) -> bool {
    List::of(line).is_some_and(|list| list.is_open_in(line) && !list.is_small_in(line))
}

/// Scans all of a line's bytes as one value; false when that fails.
fn loop_to_end(scanner: &mut Scanner, line: &[u8]) -> bool {
    let mut at = 0;
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        let (consumed, event) = scanner.run(rest);
        at += consumed;
        match event {
            Event::Error(_) | Event::Newline => return false,
            // Something after the end of the value.
            Event::End => return at == line.len(),
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_line_is_left_while_more_of_it_may_make_a_record() {
        for (line, is) in [
            (r#"{"a":{"b":1}"#, Last::Open),
            (r#"{"a":"b}"#, Last::Open),
            (r#"<134> {"a":1}"#, Last::Open),
            ("12", Last::Open),
            (r#"{"a":1},"#, Last::Ended),
            (r#"{"a":1}{"a":2}"#, Last::Ended),
            (r#"[{"a":1},{'a':2},{"a":3}]"#, Last::Ended),
            (r#"[{"a":1},{"a":"3]"#, Last::Ended),
            (r#"{"events":[{"a":1},{"a":"3]}"#, Last::Ended),
            (r#"[{"a":1},{'a':2},{"a":"#, Last::Broken),
            (r#"[{"a":1},{"a":"#, Last::List),
            (r#"{"records":[{"a":1}"#, Last::List),
            (r#"{"a":1}{"a""#, Last::List),
            (r#"{"events":[{"a":1},{"a":"#, Last::Around),
        ] {
            assert_eq!(last(line.as_bytes()), is, "{line}");
        }
    }
}
