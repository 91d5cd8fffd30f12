//! The function in which a component stopped: its name, and its source position.
//!
//! Names are those of the component's `name` section. They and the positions are a stranger's words:
//! bounded, and escaped.

use std::fmt::{self, Write as _};

use wasmtime::{FrameInfo, WasmBacktrace, WasmCoreDump};

use super::debugging::Debugging;
use crate::messages;
use weir_common::escape::{escape, shorten};

/// Longest name that is read, in bytes, and characters of a name or a position that are shown.
const LONGEST: usize = 4096;
const SHOWN: usize = 200;
/// Starts of the names of functions that report a failure of those which call them.
const REPORTERS: [&str; 15] = [
    "core::",
    "<core::",
    "std::",
    "<std::",
    "alloc::",
    "<alloc::",
    "rust_",
    "__rust",
    "_rust",
    "__rdl_",
    "__rg_",
    "dlmalloc",
    "<dlmalloc",
    "abort",
    "__assert",
];

/// The function that an error of the engine stopped, with its source position where that is known;
/// the failing one rather than those of the standard library that report it.
pub(super) fn of(error: &wasmtime::Error, debugging: Option<&Debugging>) -> Option<Box<str>> {
    let frames = frames(error)?;
    let names: Vec<String> = frames.iter().map(name).collect();
    if let Some(debugging) = debugging {
        let all = frames.iter().zip(&names);
        for (at, (frame, name)) in all.enumerate() {
            messages::show_frame(debugging, at, &described(frame, name, debugging));
        }
    }
    let is_reporter = |name: &String| REPORTERS.iter().any(|start| name.starts_with(start));
    let at = names.iter().position(|name| !is_reporter(name));
    let at = at.unwrap_or_default();
    let (frame, name) = (frames.get(at)?, names.get(at)?);
    Some(match debugging {
        Some(debugging) => described(frame, name, debugging).into(),
        None => format!("`{name}`").into(),
    })
}

/// The frames on the stack, innermost first.
fn frames(error: &wasmtime::Error) -> Option<&[FrameInfo]> {
    let dumped = error.downcast_ref().map(WasmCoreDump::frames);
    let frames = dumped.or_else(|| error.downcast_ref().map(WasmBacktrace::frames))?;
    (!frames.is_empty()).then_some(frames)
}

/// A function with its position.
fn described(frame: &FrameInfo, name: &str, debugging: &Debugging) -> String {
    let line = { frame.module_offset() }.and_then(|offset| debugging.line(offset));
    match line {
        Some(line) => format!("`{name}` at {}", shorten(&escape(&line), SHOWN)),
        None => format!("`{name}`"),
    }
}

/// The name of a function, or its number.
fn name(frame: &FrameInfo) -> String {
    match frame.func_name() {
        Some(name) if !name.is_empty() => readable(name),
        _ => format!("function {}", frame.func_index()),
    }
}

/// A name as it stands in the source.
fn readable(name: &str) -> String {
    if name.len() > LONGEST {
        return shorten(&escape(cut(name)), SHOWN);
    }
    let mut text = Bounded(String::new());
    // An error is that there is no more room.
    let _ = match rustc_demangle::try_demangle(name) {
        Ok(demangled) => write!(text, "{demangled:#}"),
        Err(_) => write!(text, "{name}"),
    };
    shorten(&escape(&text.0), SHOWN)
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST)]
}

/// Text that takes no more than so many bytes: a mangled name may unfold to many times its length.
struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.0.len() + part.len() > LONGEST {
            return Err(fmt::Error);
        }
        self.0.push_str(part);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_as_in_the_source_bounded_and_steers_nothing() {
        assert_eq!(readable("_ZN4made4fill17h0123456789abcdefE"), "made::fill");
        assert_eq!(readable("main\u{1b}[2J"), "main\\u{1b}[2J");
        assert_eq!(readable(&"x".repeat(1 << 20)).chars().count(), SHOWN);
        // Each level refers back to the one before it twice.
        let mut doubling = "_RNvC1aIB".to_owned();
        doubling.push_str(&"TB0_B0_E".repeat(400));
        assert!(readable(&doubling).chars().count() <= SHOWN);
    }
}
