//! A JSON reader that learns the shape of a source's records.
//!
//! The records of one source have the same keys in the same order. The literal text between two
//! values, such as `","httpMethod":"`, is a step. It is parsed once and learned; from then on it is
//! compared, many bytes at once. A step stores its context in the document, the field that begins
//! behind it, and the steps that followed it before. A step that was learned in one context holds
//! in every equal context, so only input that the grammar allows is accepted: tests compare this
//! reader with the plain one on everything that it accepts. All unusual input is left to the plain
//! reader, which costs time and nothing else.

use crate::chunk::{self, BLOCK, Block};
use crate::fields::{Field, FieldTree, TreeEntry};
use crate::hash::Seed;
use crate::record::{Record, RecordReader};
use crate::scan::{self, MAX_DEPTH};
use gap::GapReader;
use hashbrown::HashTable;
use std::sync::Arc;

mod gap;

/// Most steps at a time; a source has some dozens.
const MAX_STEPS: usize = 4096;
/// Most contexts at a time; they are searched linearly for a new one.
const MAX_CONTEXTS: usize = 512;
/// Longest text of a step, in bytes.
const MAX_STEP_LENGTH: usize = 1024;
/// Number of successors that are stored for a step.
const GUESSES: usize = 4;

/// Number of equal repetitions after which a value becomes a part of a step.
const REPEATS: u32 = 2;

/// The interval, in records, at which values are checked for repetition.
const CHECKS: u32 = 8;

/// The number of a step.
type StepId = u32;
/// The step before every record.
const START: StepId = 0;

/// A step, as far as reading needs it.
#[derive(Clone, Copy)]
struct Step {
    /// The index of the first block of its text; the length is in bytes.
    first: u32,
    length: u16,
    /// The form of the value behind it.
    value: ValueForm,
    /// The field of that value; None if it is not read.
    field: Option<Field>,
    /// The step that followed it last; [`START`] for none.
    guess: StepId,
}

/// A step, as far as learning needs it.
#[derive(Clone, Copy)]
struct StepHistory {
    /// The context behind it.
    context: u32,
    /// Steps that followed it, the last one first; [`START`] for none.
    guesses: [StepId; GUESSES],
    /// A cheap hash of the last skipped value and its successor; and the number of equal
    /// repetitions.
    passed: u64,
    repeats: u32,
}

impl StepHistory {
    fn new(context: u32) -> StepHistory {
        StepHistory {
            context,
            guesses: [START; GUESSES],
            passed: 0,
            repeats: 0,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ValueForm {
    /// A string, whose first quote is the step's last byte.
    Text,
    /// A number, `true`, `false` or `null`.
    Literal,
    /// The document has ended.
    End,
}

/// A context: the brackets around a position in a document.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Scope {
    /// The enclosing context.
    around: u32,
    depth: u32,
    array: bool,
    /// The entry in the tree of fields, if anything below is read.
    place: Option<TreeEntry>,
}

/// The outermost context.
const OUTSIDE: u32 = 0;

/// A reader that learns the shape of a source's records.
pub struct LearningReader {
    tree: Arc<FieldTree>,
    seed: Seed,
    steps: Vec<Step>,
    /// Indexed by the number of the step.
    histories: Vec<StepHistory>,
    texts: Vec<Block>,
    contexts: Vec<Scope>,
    /// Steps by preceding context and text.
    index: HashTable<(u32, StepId)>,
    /// Number of records so far.
    records: u32,
    /// Whether it accepts any record.
    pub enabled: bool,
}

impl LearningReader {
    /// A reader that has learned nothing yet.
    pub fn new(tree: Arc<FieldTree>, seed: Seed) -> LearningReader {
        let mut reader = LearningReader {
            tree,
            seed,
            steps: Vec::new(),
            histories: Vec::new(),
            texts: Vec::new(),
            contexts: Vec::new(),
            index: HashTable::new(),
            records: 0,
            enabled: true,
        };
        reader.reset();
        reader
    }

    /// Drops everything that was learned.
    fn reset(&mut self) {
        self.steps.clear();
        self.histories.clear();
        self.texts.clear();
        self.contexts.clear();
        self.index.clear();
        self.contexts.push(Scope {
            around: OUTSIDE,
            depth: 0,
            array: false,
            place: None,
        });
        self.histories.push(StepHistory::new(OUTSIDE));
        self.steps.push(Step {
            first: 0,
            length: 0,
            value: ValueForm::Text,
            field: None,
            guess: START,
        });
    }

    /// Whether the bytes at an offset begin with a step's text.
    #[inline(always)]
    fn begins(&self, step: &Step, bytes: &[u8], at: usize) -> bool {
        let (first, length) = (step.first as usize, usize::from(step.length));
        let text = self.texts.get(first..first + length.div_ceil(BLOCK));
        text.is_some_and(|text| chunk::begins(bytes, at, text, length))
    }

    /// Whether the bytes at an offset match a step: its text, and for a literal a byte that begins
    /// one. A step before a string has the same text and a quote.
    #[inline(always)]
    fn matches(&self, step: &Step, bytes: &[u8], at: usize) -> bool {
        let is_literal = || {
            let next = bytes.get(at + usize::from(step.length));
            matches!(next, Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n'))
        };
        self.begins(step, bytes, at) && (step.value != ValueForm::Literal || is_literal())
    }

    /// The step after `before` that matches at an offset.
    #[inline(always)]
    fn after(&mut self, before: StepId, bytes: &[u8], at: usize) -> Option<StepId> {
        let guess = self.steps[before as usize].guess;
        if guess != START && self.matches(&self.steps[guess as usize], bytes, at) {
            return Some(guess);
        }
        self.after_slow(before, bytes, at)
    }

    /// [`Self::after`] if the first guess was wrong; the step becomes the first guess.
    #[cold]
    fn after_slow(&mut self, before: StepId, bytes: &[u8], at: usize) -> Option<StepId> {
        let guesses = self.histories[before as usize].guesses;
        let right = |guess: &&StepId| {
            **guess != START && self.matches(&self.steps[**guess as usize], bytes, at)
        };
        let number = match guesses.iter().find(right) {
            Some(guess) => *guess,
            None => self.learn(before, bytes, at)?,
        };
        self.promote(before, number);
        Some(number)
    }

    /// Parses the text between two values, byte by byte, and stores it as a step.
    fn learn(&mut self, before: StepId, bytes: &[u8], at: usize) -> Option<StepId> {
        let from = self.histories[before as usize].context;
        let before = self.steps[before as usize];
        let mut gap = GapReader {
            reader: self,
            bytes,
            at,
            context: from,
        };
        let (value, field) = gap.step(&before)?;
        let (end, context) = (gap.at, gap.context);
        self.store(from, bytes.get(at..end)?, context, value, field)
    }

    /// The step of a text from one context to another, stored if it is new.
    fn store(
        &mut self,
        from: u32,
        text: &[u8],
        context: u32,
        value: ValueForm,
        field: Option<Field>,
    ) -> Option<StepId> {
        if text.len() > MAX_STEP_LENGTH {
            return None;
        }
        let hash = self.seed.bytes(text);
        let known = |(other, number): &(u32, StepId)| {
            let step = &self.steps[*number as usize];
            *other == from && usize::from(step.length) == text.len() && self.begins(step, text, 0)
        };
        if let Some((_, number)) = self.index.find(hash, known) {
            return Some(*number);
        }
        if self.steps.len() >= MAX_STEPS {
            // The rest of the record is for the plain reader; the next record starts with an empty
            // memory.
            return None;
        }
        // Both casts hold: there are few steps, and their texts are short.
        #[allow(clippy::cast_possible_truncation, reason = "see above")]
        let (number, first, length) = (
            self.steps.len() as StepId,
            self.texts.len() as u32,
            text.len() as u16,
        );
        self.texts.extend(chunk::blocks(text));
        self.histories.push(StepHistory::new(context));
        self.steps.push(Step {
            first,
            length,
            value,
            field,
            guess: START,
        });
        let (steps, texts, seed) = (&self.steps, &self.texts, self.seed);
        self.index
            .insert_unique(hash, (from, number), |(_, number)| {
                let step = &steps[*number as usize];
                let blocks = &texts[step.first as usize..];
                seed.bytes(&blocks.as_flattened()[..usize::from(step.length)])
            });
        Some(number)
    }

    /// Makes a step the first guess.
    fn promote(&mut self, before: StepId, number: StepId) {
        self.steps[before as usize].guess = number;
        let guesses = &mut self.histories[before as usize].guesses;
        let known = guesses.iter().position(|guess| *guess == number);
        guesses[..=known.unwrap_or(GUESSES - 1)].rotate_right(1);
        guesses[0] = number;
    }

    /// Records the value that is skipped after a step. If it is repeatedly the same and followed by
    /// the same step, the two steps and the value are joined to one, which becomes the first guess
    /// of the step `before` them.
    fn note_value(&mut self, cursor: &StepCursor, next: StepId, bytes: &[u8], end: usize) {
        let value = bytes.get(cursor.value..cursor.end).unwrap_or_default();
        let word = |chunk: Option<&[u8; 8]>| chunk.map_or(0, |chunk| u64::from_le_bytes(*chunk));
        let (first, last) = (word(value.first_chunk()), word(value.last_chunk()));
        let short = word(
            bytes
                .get(cursor.value..)
                .and_then(|rest| rest.first_chunk()),
        );
        let mut passed = (u64::from(next) << 32 | value.len() as u64).rotate_left(20);
        passed ^= match value.len() {
            0..8 => short & ((1 << (8 * value.len())) - 1),
            _ => first ^ last.rotate_left(8),
        };
        let step = &mut self.histories[cursor.number as usize];
        if step.passed != passed {
            (step.passed, step.repeats) = (passed, 0);
            return;
        }
        step.repeats += 1;
        if step.repeats >= REPEATS {
            step.repeats = 0;
            self.join_steps(cursor, next, bytes, end);
        }
    }

    #[inline(never)]
    fn join_steps(&mut self, cursor: &StepCursor, next: StepId, bytes: &[u8], end: usize) {
        let from = self.histories[cursor.before as usize].context;
        let to = self.histories[next as usize].context;
        let next = self.steps[next as usize];
        let text = bytes.get(cursor.start..end).unwrap_or_default();
        if let Some(joined) = self.store(from, text, to, next.value, next.field) {
            self.promote(cursor.before, joined);
        }
    }

    /// The context inside a bracket.
    fn inside(&mut self, around: u32, array: bool, place: Option<TreeEntry>) -> Option<u32> {
        let depth = self.contexts[around as usize].depth + 1;
        if depth > MAX_DEPTH {
            return None;
        }
        let context = Scope {
            around,
            depth,
            array,
            place,
        };
        let known = self.contexts.iter().position(|other| *other == context);
        if known.is_none() && self.contexts.len() >= MAX_CONTEXTS {
            return None;
        }
        let number = known.unwrap_or_else(|| {
            self.contexts.push(context);
            self.contexts.len() - 1
        });
        u32::try_from(number).ok()
    }
}

/// A step in the middle of a record, and the skipped value behind it.
struct StepCursor {
    /// The step before it.
    before: StepId,
    number: StepId,
    /// Offsets of its text, and of the start and end of the value behind it.
    start: usize,
    value: usize,
    end: usize,
}

impl RecordReader for LearningReader {
    #[inline(always)]
    fn object<'a>(&mut self, bytes: &'a [u8], record: &mut Record<'a>) -> Option<usize> {
        if !self.enabled {
            return None;
        }
        if self.steps.len() >= MAX_STEPS || self.contexts.len() >= MAX_CONTEXTS {
            self.reset();
        }
        self.records = self.records.wrapping_add(1);
        // Checking every skipped value would cost more than it saves.
        if self.records.is_multiple_of(CHECKS) {
            self.walk::<true>(bytes, record)
        } else {
            self.walk::<false>(bytes, record)
        }
    }
}

impl LearningReader {
    /// Reads an object, step by step; with `CHECKS` it looks for values that repeat.
    #[inline(never)]
    fn walk<'a, const CHECKS: bool>(
        &mut self,
        bytes: &'a [u8],
        record: &mut Record<'a>,
    ) -> Option<usize> {
        let mut cursor: Option<StepCursor> = None;
        let (mut before, mut number, mut at) = (START, START, 0);
        loop {
            let start = at;
            if CHECKS {
                before = number;
            }
            number = self.after(number, bytes, at)?;
            let step = self.steps[number as usize];
            at += usize::from(step.length);
            if CHECKS && let Some(cursor) = &cursor {
                self.note_value(cursor, number, bytes, at);
            }
            let value = at;
            let mut verbatim = true;
            if step.value == ValueForm::Text {
                at = chunk::plain(bytes, at);
                if bytes.get(at) != Some(&b'"') {
                    verbatim = false;
                    at = string_end(bytes, at)?;
                }
            } else if step.value == ValueForm::Literal {
                at = literal_end(bytes, at)?;
            } else {
                return Some(at);
            }
            if let Some(field) = step.field {
                let quotes = usize::from(step.value == ValueForm::Text);
                let value = bytes.get(value - quotes..at + quotes)?;
                record.set_first(field, value, verbatim)?;
            }
            if CHECKS {
                cursor = step.field.is_none().then_some(StepCursor {
                    before,
                    number,
                    start,
                    value,
                    end: at,
                });
            }
        }
    }
}

/// The end of a string whose byte at an offset is not plain.
#[inline(never)]
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at = chunk::plain(bytes, at);
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => {
                at += match bytes.get(at + 1)? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
                    b'u' => {
                        let digits = bytes.get(at + 2..at + 6)?;
                        digits.iter().all(u8::is_ascii_hexdigit).then_some(6)?
                    }
                    _ => return None,
                }
            }
            0x80.. => {
                let rest = bytes.get(at..)?;
                let length = rest.iter().take_while(|b| !b.is_ascii()).count();
                std::str::from_utf8(&rest[..length]).ok()?;
                at += length;
            }
            _ => return None,
        }
    }
}

/// The end of a number, `true`, `false` or `null`.
#[inline(never)]
fn literal_end(bytes: &[u8], at: usize) -> Option<usize> {
    let first = at + usize::from(bytes.get(at) == Some(&b'-'));
    let end = chunk::digits(bytes, first);
    let leading_zero = end > first + 1 && bytes.get(first) == Some(&b'0');
    match bytes.get(end)? {
        b'.' | b'e' | b'E' => literal_end_slow(bytes, at),
        _ if end > first && !leading_zero => Some(end),
        _ => literal_end_slow(bytes, at),
    }
}

/// [`literal_end`] of a literal that is not a plain integer.
fn literal_end_slow(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    for word in ["true", "false", "null"] {
        if rest.starts_with(word.as_bytes()) {
            return Some(at + word.len());
        }
    }
    let number = |b: &u8| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E');
    let length = rest.iter().take_while(|b| number(b)).count();
    let text = std::str::from_utf8(&rest[..length]).ok()?;
    scan::is_number(text).then_some(at + length)
}

#[cfg(test)]
#[path = "learning_reader_tests.rs"]
mod tests;
