//! The words that a panic leaves in an instance's memory.
//!
//! After a trap nothing can be called any more, but the engine still has the memories. The contract
//! (`messages` in `wit/`) says how a text is marked there: 16 bytes, a length, and the text. It costs
//! nothing until something traps; then each memory is searched once.

use memchr::memmem::Finder;
use wasmtime::{Store, WasmCoreDump};

use weir_common::escape::{escape, shorten};

/// Marker before the length.
const MARK: &[u8; 16] = b"weir\0panic\0text:";
/// Longest text, in bytes.
const LONGEST: u32 = 4096;
/// Marks that are looked behind. An honest memory has one or two; one that is full of marks would
/// otherwise cost the length of a text at each of its bytes, with no deadline over it.
const MARKS: usize = 16;
/// Characters of a text that are shown.
const SHOWN: usize = 500;

/// The first text in the memories of the instance that trapped, made harmless.
pub(super) fn text<T>(error: &wasmtime::Error, store: &Store<T>) -> Option<String> {
    let dump = error.downcast_ref::<WasmCoreDump>()?;
    let mut memories = dump.memories().iter();
    let found = memories.find_map(|memory| in_memory(memory.data(store)))?;
    Some(shown(found))
}

/// The text in one line: of Rust's standard hook it is the place, a line's end and the message.
fn shown(text: &str) -> String {
    let text = text.trim();
    let text = text.strip_prefix("panicked at ").unwrap_or(text);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    shorten(&escape(&lines.join(" ")), SHOWN)
}

/// The first text that is marked and not empty, behind one of the first marks.
fn in_memory(memory: &[u8]) -> Option<&str> {
    let marks = Finder::new(MARK);
    let mut found = marks.find_iter(memory).take(MARKS);
    found.find_map(|at| {
        let rest = memory.get(at + MARK.len()..)?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = u32::from_le_bytes(*length);
        let text = rest.get(..usize::try_from(length.min(LONGEST + 1)).ok()?)?;
        let text = std::str::from_utf8(text).ok()?;
        (length <= LONGEST && !text.trim().is_empty()).then_some(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(parts: &[(&[u8], u32, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![7; 100];
        for (mark, length, text) in parts {
            bytes.extend_from_slice(mark);
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(text);
        }
        bytes
    }

    #[test]
    fn a_text_is_one_line_of_a_bounded_length_that_steers_nothing() {
        let text = "panicked at src/lib.rs:7:9:\nno such \u{1b}[2Jcolumn";
        assert_eq!(shown(text), "src/lib.rs:7:9: no such \\u{1b}[2Jcolumn");
        assert_eq!(shown(&"x".repeat(4000)).chars().count(), SHOWN);
    }

    #[test]
    fn the_first_text_is_read_and_what_is_none_is_passed_over() {
        let text = b"it broke, src/lib.rs:7:9";
        let length = text.len() as u32;
        let found = memory(&[
            (MARK, 0, b""),
            (MARK, u32::MAX, b"?"),
            (MARK, 2, &[0xff, 0xfe]),
            (MARK, length, text),
            (MARK, 5, b"other"),
        ]);
        assert_eq!(in_memory(&found), Some("it broke, src/lib.rs:7:9"));
        assert_eq!(in_memory(&memory(&[(MARK, 9, b"cut")])), None);
        assert_eq!(in_memory(&memory(&[(b"weir", 5, b"other")])), None);
        assert_eq!(in_memory(MARK), None);
        // Behind many marks that nothing is said at, nothing is looked for.
        let none: (&[u8], u32, &[u8]) = (MARK, 4096, &[0xff]);
        let said: (&[u8], u32, &[u8]) = (MARK, length, text);
        let behind = |many: usize| memory(&[&vec![none; many][..], &[said]].concat());
        assert!(in_memory(&behind(MARKS - 1)).is_some());
        assert_eq!(in_memory(&behind(MARKS)), None);
        assert_eq!(in_memory(&[]), None);
    }
}
