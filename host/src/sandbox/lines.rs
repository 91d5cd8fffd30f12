//! Source lines of a component's code, from the line tables of its DWARF.
//!
//! DWARF is as untrusted as the component, and is read outside of the sandbox. So only line tables
//! are read: one program after the other, each instruction once, with nothing kept but the row that
//! covers the address. There is no tree of entries to walk and no recursion. The work is bounded by
//! the length of a section, the memory by the longest header, and there are only so many look-ups.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use gimli::read::{AttributeValue, EndianSlice, LineInstruction, LineRow};
use gimli::{DebugLine, DebugLineOffset, FileEntry, LineProgramHeader, LittleEndian};
use wasmparser::{Parser, Payload};

/// Longest section of line programs, and longest header of one, in bytes.
const LONGEST_SECTION: usize = 16 << 20;
const LONGEST_HEADER: u64 = 256 << 10;
/// Most modules with line programs.
const MODULES: usize = 16;
/// Most offsets that are looked up, and longest path, in bytes.
const LOOK_UPS: usize = 64;
const LONGEST_PATH: usize = 1024;
/// Size of an address of 32-bit WebAssembly.
const ADDRESS: u8 = 4;

type Bytes<'a> = EndianSlice<'a, LittleEndian>;

/// The line tables of a component.
#[derive(Debug)]
pub(super) struct Lines {
    modules: Vec<Module>,
    /// What was found for offsets so far.
    found: Mutex<HashMap<usize, Option<String>>>,
}

/// A core module that has line tables.
#[derive(Debug, Default)]
struct Module {
    /// Offsets of its code section's contents in the component.
    code: Range<usize>,
    programs: Vec<u8>,
    /// Strings that headers refer to.
    line_strings: Vec<u8>,
    strings: Vec<u8>,
}

impl Lines {
    /// Takes the tables from a component that was let in.
    pub(super) fn new(component: &[u8]) -> Self {
        Self {
            modules: modules(component),
            found: Mutex::default(),
        }
    }

    /// The source position of an offset in the component: a path and a line, or none.
    pub(super) fn find(&self, offset: usize) -> Option<String> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let room = found.len() < LOOK_UPS;
        match found.entry(offset) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(place) if room => place.insert(self.look_up(offset)).clone(),
            Entry::Vacant(_) => None,
        }
    }

    fn look_up(&self, offset: usize) -> Option<String> {
        let mut modules = self.modules.iter();
        let module = modules.find(|module| module.code.contains(&offset))?;
        module.line((offset - module.code.start) as u64)
    }
}

/// The modules that have line programs of a length that is read.
fn modules(component: &[u8]) -> Vec<Module> {
    let mut all = Vec::new();
    let mut open: Vec<Module> = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        // It was read to its end before.
        let Ok(payload) = payload else { break };
        match payload {
            Payload::Version { .. } => open.push(Module::default()),
            Payload::End(_) => {
                let ended = open.pop();
                all.extend(ended.filter(|module| !module.programs.is_empty()));
            }
            Payload::CodeSectionStart { range, .. } => {
                if let Some(module) = open.last_mut() {
                    module.code = range;
                }
            }
            Payload::CustomSection(section) => {
                let Some(module) = open.last_mut() else {
                    continue;
                };
                let place = match section.name() {
                    ".debug_line" => &mut module.programs,
                    ".debug_line_str" => &mut module.line_strings,
                    ".debug_str" => &mut module.strings,
                    _ => continue,
                };
                if section.data().len() <= LONGEST_SECTION {
                    *place = section.data().to_vec();
                }
            }
            _ => {}
        }
        if all.len() >= MODULES {
            break;
        }
    }
    all
}

impl Module {
    /// The position of an address in its code.
    fn line(&self, address: u64) -> Option<String> {
        let section = DebugLine::new(&self.programs, LittleEndian);
        let mut at = 0;
        while let Some(unit) = self.programs.get(at..).and_then(Unit::at) {
            if unit.header <= LONGEST_HEADER
                && let Some(found) = self.in_program(&section, at, address)
            {
                return Some(found);
            }
            at += unit.whole;
        }
        None
    }

    /// The position of an address by the program at an offset of the section. A program that is
    /// damaged says nothing more.
    fn in_program(
        &self,
        section: &DebugLine<Bytes<'_>>,
        at: usize,
        address: u64,
    ) -> Option<String> {
        let program = section.program(DebugLineOffset(at), ADDRESS, None, None);
        let mut program = program.ok()?;
        let mut instructions = program.header().instructions();
        let mut row = LineRow::new(program.header());
        // File and line of the row before, whose range ends with this one.
        let mut before: Option<(u64, u64, u64)> = None;
        while let Some(instruction) = instructions.next_instruction(program.header()).ok()? {
            // Files that are added on the way take memory, and no compiler adds any.
            if matches!(instruction, LineInstruction::DefineFile(_)) {
                continue;
            }
            if !row.execute(instruction, &mut program).ok()? {
                continue;
            }
            if let Some((from, file, line)) = before
                && (from..row.address()).contains(&address)
            {
                return self.shown(program.header(), file, line);
            }
            let line = row.line().map_or(0, u64::from);
            // A line of 0 is none of the source's: the one before it stands.
            let (file, line) = match before {
                Some((_, file, known)) if line == 0 => (file, known),
                _ => (row.file_index(), line),
            };
            before = (!row.end_sequence()).then_some((row.address(), file, line));
            row.reset(program.header());
        }
        None
    }

    /// A path and a line. A line of 0 is none of the source's.
    fn shown(&self, header: &LineProgramHeader<Bytes<'_>>, file: u64, line: u64) -> Option<String> {
        let path = self.path(header, header.file(file)?)?;
        (line > 0).then(|| format!("{path}:{line}"))
    }

    /// A file's path: below its folder, unless it is absolute.
    fn path(
        &self,
        header: &LineProgramHeader<Bytes<'_>>,
        file: &FileEntry<Bytes<'_>>,
    ) -> Option<String> {
        let name = self.text(file.path_name())?;
        let folder = { file.directory(header) }.and_then(|folder| self.text(folder));
        Some(match folder {
            Some(folder) if !name.starts_with('/') && !folder.is_empty() => {
                format!("{}/{name}", folder.trim_end_matches('/'))
            }
            _ => name,
        })
    }

    /// A text, in place or in a section of strings.
    fn text(&self, value: AttributeValue<Bytes<'_>>) -> Option<String> {
        let bytes: &[u8] = match &value {
            AttributeValue::String(text) => text.slice(),
            AttributeValue::DebugLineStrRef(at) => self.line_strings.get(at.0..)?,
            AttributeValue::DebugStrRef(at) => self.strings.get(at.0..)?,
            _ => return None,
        };
        let bytes = bytes.get(..LONGEST_PATH).unwrap_or(bytes);
        let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
        Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
    }
}

/// Lengths of a line program, in bytes.
struct Unit {
    /// The program with its own length before it.
    whole: usize,
    /// Its header.
    header: u64,
}

impl Unit {
    /// Reads them where a program begins; none at the end, and none for lengths of 64 bits, which no
    /// module of WebAssembly needs.
    fn at(rest: &[u8]) -> Option<Self> {
        let length = u32::from_le_bytes(*rest.first_chunk()?);
        let rest = rest.get(4..)?;
        if length >= 0xffff_fff0 {
            return None;
        }
        let version = u16::from_le_bytes(*rest.first_chunk()?);
        // Since version 5 the sizes of an address and of a segment stand between.
        let at = if version >= 5 { 4 } else { 2 };
        let header = u32::from_le_bytes(*rest.get(at..)?.first_chunk()?);
        Some(Self {
            whole: usize::try_from(length).ok()?.checked_add(4)?,
            header: header.into(),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
#[path = "lines_tests.rs"]
mod tests;
