//! Reading records by what they have in common.
//!
//! The records of one source have the same keys in the same order. What stands between two
//! values, say `","httpMethod":"`, is read once, step by step, and learned; from then on it
//! is compared, many bytes at once. A step knows where in a document it leads, which
//! field begins there, and which steps came after it before. What was learned in one place
//! of a document holds in every place like it, so nothing is taken that the grammar does
//! not allow: tests hold this reader equal to the plain one on everything that it takes. All
//! that is unusual it leaves to the plain one, which costs time and nothing else.

use crate::chunk::{self, BLOCK, Block};
use crate::fields::{Field, Place, Tree};
use crate::hash::Seed;
use crate::record::{Reader, Record};
use crate::scan::{self, DEEPEST};
use hashbrown::HashTable;
use path::Path;
use std::sync::Arc;

mod path;

/// Most steps that are known at a time; a source has some dozens.
const MOST_STEPS: usize = 4096;
/// Most contexts that are known at a time; all are looked through for a new one.
const MOST_CONTEXTS: usize = 512;
/// Longest text between two values that is learned.
const LONGEST: usize = 1024;
/// How many steps a step remembers to have come after it.
const GUESSES: usize = 4;

/// How often in a row a value has to be the same again before it is taken for a part of what
/// is learned.
const REPEATS: u32 = 2;

/// One record in so many is looked at for such values.
const LOOKS: u32 = 8;

/// Number of a step.
type Number = u32;
/// The step that every record begins after.
const START: Number = 0;

/// What stands between two values: what following it needs.
#[derive(Clone, Copy)]
struct Step {
    /// Its text: the first block, and the length in bytes.
    first: u32,
    length: u16,
    /// What follows it.
    value: Value,
    /// Whose value that is; none where nothing is read.
    field: Option<Field>,
    /// The step that came after it last; [`START`] for none.
    guess: Number,
}

/// What learning needs to know of a step.
#[derive(Clone, Copy)]
struct Lesson {
    /// Where in a document it leads.
    context: u32,
    /// Other steps that came after it, the last one first; [`START`] for none.
    guesses: [Number; GUESSES],
    /// What the value was that was passed over last, as a rough hash, and how often in a row.
    passed: u64,
    repeats: u32,
}

impl Lesson {
    fn new(context: u32) -> Lesson {
        Lesson {
            context,
            guesses: [START; GUESSES],
            passed: 0,
            repeats: 0,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Value {
    /// A string, whose first quote is the step's last byte.
    Text,
    /// A number, `true`, `false` or `null`.
    Bare,
    /// The document has ended.
    End,
}

/// Inside which brackets a place is.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Context {
    /// The one around it.
    around: u32,
    depth: u32,
    array: bool,
    /// Where in the tree of fields, if anything below is read.
    place: Option<Place>,
}

/// The outermost context.
const OUTSIDE: u32 = 0;

/// A reader that learns.
pub struct Skeleton {
    tree: Arc<Tree>,
    seed: Seed,
    steps: Vec<Step>,
    /// By the number of the step too.
    lessons: Vec<Lesson>,
    texts: Vec<Block>,
    contexts: Vec<Context>,
    /// Steps by the context that they lead from and their text.
    index: HashTable<(u32, Number)>,
    /// Records read so far.
    records: u32,
    /// Whether it takes any record at all.
    pub on: bool,
}

impl Skeleton {
    /// A reader that has learned nothing yet.
    pub fn new(tree: Arc<Tree>, seed: Seed) -> Skeleton {
        let mut skeleton = Skeleton {
            tree,
            seed,
            steps: Vec::new(),
            lessons: Vec::new(),
            texts: Vec::new(),
            contexts: Vec::new(),
            index: HashTable::new(),
            records: 0,
            on: true,
        };
        skeleton.forget();
        skeleton
    }

    /// Forgets all that was learned.
    fn forget(&mut self) {
        self.steps.clear();
        self.lessons.clear();
        self.texts.clear();
        self.contexts.clear();
        self.index.clear();
        self.contexts.push(Context {
            around: OUTSIDE,
            depth: 0,
            array: false,
            place: None,
        });
        self.lessons.push(Lesson::new(OUTSIDE));
        self.steps.push(Step {
            first: 0,
            length: 0,
            value: Value::Text,
            field: None,
            guess: START,
        });
    }

    /// Whether a step's text stands at a place.
    #[inline(always)]
    fn begins(&self, step: &Step, bytes: &[u8], at: usize) -> bool {
        let (first, length) = (step.first as usize, usize::from(step.length));
        let text = self.texts.get(first..first + length.div_ceil(BLOCK));
        text.is_some_and(|text| chunk::begins(bytes, at, text, length))
    }

    /// Whether a step stands at a place: its text does, and what follows is no string if it
    /// says so, whose step has the same text and a quote.
    #[inline(always)]
    fn stands(&self, step: &Step, bytes: &[u8], at: usize) -> bool {
        let bare = || {
            let next = bytes.get(at + usize::from(step.length));
            matches!(next, Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n'))
        };
        self.begins(step, bytes, at) && (step.value != Value::Bare || bare())
    }

    /// The step after `before` that stands at a place.
    #[inline(always)]
    fn after(&mut self, before: Number, bytes: &[u8], at: usize) -> Option<Number> {
        let guess = self.steps[before as usize].guess;
        if guess != START && self.stands(&self.steps[guess as usize], bytes, at) {
            return Some(guess);
        }
        self.other(before, bytes, at)
    }

    /// The same when the first guess was wrong; what is found is guessed first from now on.
    #[cold]
    fn other(&mut self, before: Number, bytes: &[u8], at: usize) -> Option<Number> {
        let guesses = self.lessons[before as usize].guesses;
        let right = |guess: &&Number| {
            **guess != START && self.stands(&self.steps[**guess as usize], bytes, at)
        };
        let number = match guesses.iter().find(right) {
            Some(guess) => *guess,
            None => self.learn(before, bytes, at)?,
        };
        self.promote(before, number);
        Some(number)
    }

    /// Reads what stands between two values, byte by byte, and keeps it.
    fn learn(&mut self, before: Number, bytes: &[u8], at: usize) -> Option<Number> {
        let from = self.lessons[before as usize].context;
        let before = self.steps[before as usize];
        let mut path = Path {
            skeleton: self,
            bytes,
            at,
            context: from,
        };
        let (value, field) = path.step(&before)?;
        let (end, context) = (path.at, path.context);
        self.enter(from, bytes.get(at..end)?, context, value, field)
    }

    /// The step of a text that leads from one context to another, entered if it is new.
    fn enter(
        &mut self,
        from: u32,
        text: &[u8],
        context: u32,
        value: Value,
        field: Option<Field>,
    ) -> Option<Number> {
        if text.len() > LONGEST {
            return None;
        }
        let hash = self.seed.bytes(text);
        let known = |(other, number): &(u32, Number)| {
            let step = &self.steps[*number as usize];
            *other == from && usize::from(step.length) == text.len() && self.begins(step, text, 0)
        };
        if let Some((_, number)) = self.index.find(hash, known) {
            return Some(*number);
        }
        if self.steps.len() >= MOST_STEPS {
            // The rest of the record is for the plain reader; the next one begins anew.
            return None;
        }
        // Both casts hold: there are few steps, and their texts are short.
        #[allow(clippy::cast_possible_truncation, reason = "see above")]
        let (number, first, length) = (
            self.steps.len() as Number,
            self.texts.len() as u32,
            text.len() as u16,
        );
        self.texts.extend(chunk::blocks(text));
        self.lessons.push(Lesson::new(context));
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

    /// Guesses a step first from now on.
    fn promote(&mut self, before: Number, number: Number) {
        self.steps[before as usize].guess = number;
        let guesses = &mut self.lessons[before as usize].guesses;
        let known = guesses.iter().position(|guess| *guess == number);
        guesses[..=known.unwrap_or(GUESSES - 1)].rotate_right(1);
        guesses[0] = number;
    }

    /// Notes what the value was that is passed over after a step. When it is often the same
    /// and followed by the same step, the two steps and what is between them become one,
    /// which the step `before` them guesses from then on.
    fn pass(&mut self, walk: &Walk, next: Number, bytes: &[u8], end: usize) {
        let value = bytes.get(walk.value..walk.end).unwrap_or_default();
        let word = |chunk: Option<&[u8; 8]>| chunk.map_or(0, |chunk| u64::from_le_bytes(*chunk));
        let (first, last) = (word(value.first_chunk()), word(value.last_chunk()));
        let short = word(bytes.get(walk.value..).and_then(|rest| rest.first_chunk()));
        let mut passed = (u64::from(next) << 32 | value.len() as u64).rotate_left(20);
        passed ^= match value.len() {
            0..8 => short & ((1 << (8 * value.len())) - 1),
            _ => first ^ last.rotate_left(8),
        };
        let step = &mut self.lessons[walk.number as usize];
        if step.passed != passed {
            (step.passed, step.repeats) = (passed, 0);
            return;
        }
        step.repeats += 1;
        if step.repeats >= REPEATS {
            step.repeats = 0;
            self.join(walk, next, bytes, end);
        }
    }

    #[inline(never)]
    fn join(&mut self, walk: &Walk, next: Number, bytes: &[u8], end: usize) {
        let from = self.lessons[walk.before as usize].context;
        let to = self.lessons[next as usize].context;
        let next = self.steps[next as usize];
        let text = bytes.get(walk.start..end).unwrap_or_default();
        if let Some(joined) = self.enter(from, text, to, next.value, next.field) {
            self.promote(walk.before, joined);
        }
    }

    /// The context inside a bracket.
    fn inside(&mut self, around: u32, array: bool, place: Option<Place>) -> Option<u32> {
        let depth = self.contexts[around as usize].depth + 1;
        if depth > DEEPEST {
            return None;
        }
        let context = Context {
            around,
            depth,
            array,
            place,
        };
        let known = self.contexts.iter().position(|other| *other == context);
        if known.is_none() && self.contexts.len() >= MOST_CONTEXTS {
            return None;
        }
        let number = known.unwrap_or_else(|| {
            self.contexts.push(context);
            self.contexts.len() - 1
        });
        u32::try_from(number).ok()
    }
}

/// A step in the middle of a record.
struct Walk {
    /// The step before it.
    before: Number,
    number: Number,
    /// Where its text starts, and where the value after it starts and ends.
    start: usize,
    value: usize,
    end: usize,
}

impl Reader for Skeleton {
    #[inline(always)]
    fn object<'a>(&mut self, bytes: &'a [u8], record: &mut Record<'a>) -> Option<usize> {
        if !self.on {
            return None;
        }
        if self.steps.len() >= MOST_STEPS || self.contexts.len() >= MOST_CONTEXTS {
            self.forget();
        }
        self.records = self.records.wrapping_add(1);
        // Looking at every value that is passed over would cost more than it saves.
        if self.records.is_multiple_of(LOOKS) {
            self.walk::<true>(bytes, record)
        } else {
            self.walk::<false>(bytes, record)
        }
    }
}

impl Skeleton {
    /// Goes through an object, step by step; where it `looks`, it looks for values that are
    /// always the same.
    #[inline(never)]
    fn walk<'a, const LOOKS: bool>(
        &mut self,
        bytes: &'a [u8],
        record: &mut Record<'a>,
    ) -> Option<usize> {
        let mut walk: Option<Walk> = None;
        let (mut before, mut number, mut at) = (START, START, 0);
        loop {
            let start = at;
            if LOOKS {
                before = number;
            }
            number = self.after(number, bytes, at)?;
            let step = self.steps[number as usize];
            at += usize::from(step.length);
            if LOOKS && let Some(walk) = &walk {
                self.pass(walk, number, bytes, at);
            }
            let value = at;
            let mut verbatim = true;
            if step.value == Value::Text {
                at = chunk::plain(bytes, at);
                if bytes.get(at) != Some(&b'"') {
                    verbatim = false;
                    at = unusual(bytes, at)?;
                }
            } else if step.value == Value::Bare {
                at = bare(bytes, at)?;
            } else {
                return Some(at);
            }
            if let Some(field) = step.field {
                let quotes = usize::from(step.value == Value::Text);
                let value = bytes.get(value - quotes..at + quotes)?;
                record.set_first(field, value, verbatim)?;
            }
            if LOOKS {
                walk = step.field.is_none().then_some(Walk {
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

/// Where a string ends of which the byte at a place is not plain.
#[inline(never)]
fn unusual(bytes: &[u8], mut at: usize) -> Option<usize> {
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

/// Where a number, `true`, `false` or `null` ends.
#[inline(never)]
fn bare(bytes: &[u8], at: usize) -> Option<usize> {
    let first = at + usize::from(bytes.get(at) == Some(&b'-'));
    let end = chunk::digits(bytes, first);
    let leading_zero = end > first + 1 && bytes.get(first) == Some(&b'0');
    match bytes.get(end)? {
        b'.' | b'e' | b'E' => other_bare(bytes, at),
        _ if end > first && !leading_zero => Some(end),
        _ => other_bare(bytes, at),
    }
}

/// The same where it is not a plain integer.
fn other_bare(bytes: &[u8], at: usize) -> Option<usize> {
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
#[path = "skeleton_tests.rs"]
mod tests;
