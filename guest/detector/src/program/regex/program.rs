//! Regular expressions as programs, and their simulation.

use super::parse::parse;
use super::{Assertion, Class, Dialect, Piece};

use crate::program::value::MAX_TEXT_LENGTH;

/// Longest program.
const LONGEST: usize = 20_000;
/// Longest expression, in bytes.
const LONGEST_TEXT: usize = 8192;
/// Most ranges of characters in the classes of a program.
const MOST_RANGES: usize = 1 << 18;
/// How often all searches of a replacement together may pass over the text.
pub(crate) const SEARCHES: usize = 4;

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Class(Class),
    Dot,
    Any,
    Assert(Assertion),
    /// Goes on in two places, the first of them preferred.
    Split(usize, usize),
    Jump(usize),
    /// Remembers the place in the text.
    Save(usize),
    Match,
}

/// A regular expression that is ready to be matched.
#[derive(Clone, Debug, PartialEq)]
pub struct Regex {
    text: String,
    steps: Vec<Step>,
    dialect: Dialect,
    slots: usize,
    /// Ranges of characters in its classes.
    ranges: usize,
    names: Vec<(String, usize)>,
}

/// The places of the groups of a match, in characters: of the whole, then of each group.
pub type Places = Vec<Option<(usize, usize)>>;

/// The kind of a search.
#[derive(Clone, Copy, PartialEq)]
enum Extent {
    /// Whether the whole text matches; no places are remembered.
    Whole,
    /// The first match.
    First,
}

/// A place in the program, and what was remembered on the way there.
struct Thread {
    step: usize,
    saved: Vec<Option<usize>>,
}

impl Regex {
    /// Reads a regular expression.
    ///
    /// # Errors
    /// What is wrong or not supported, as a part of a sentence.
    pub fn new(pattern: &str, dialect: Dialect) -> Result<Regex, String> {
        if pattern.len() > LONGEST_TEXT {
            return Err(format!("it is longer than {LONGEST_TEXT} bytes"));
        }
        let parsed = parse(pattern, dialect)?;
        let mut regex = Regex {
            text: pattern.to_owned(),
            steps: Vec::new(),
            dialect,
            slots: 2 * (parsed.groups + 1),
            ranges: 0,
            names: parsed.names,
        };
        regex.emit(&Piece::Group(0, Box::new(parsed.piece)))?;
        regex.steps.push(Step::Match);
        Ok(regex)
    }

    /// The expression as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its dialect.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The maximum number of passes over a text.
    pub(crate) fn passes(&self) -> usize {
        2 + self.steps.len()
    }

    /// The named groups and their numbers.
    #[must_use]
    pub fn names(&self) -> &[(String, usize)] {
        &self.names
    }

    fn push(&mut self, step: Step) -> Result<usize, String> {
        if self.steps.len() >= LONGEST {
            return Err("its repetitions make it too long".to_owned());
        }
        self.steps.push(step);
        Ok(self.steps.len() - 1)
    }

    fn emit(&mut self, piece: &Piece) -> Result<(), String> {
        match piece {
            Piece::Empty => {}
            Piece::Class(class) => {
                self.ranges += class.ranges.len();
                if self.ranges > MOST_RANGES {
                    return Err("its repetitions make it too long".to_owned());
                }
                self.push(Step::Class(class.clone()))?;
            }
            Piece::Dot => {
                self.push(Step::Dot)?;
            }
            Piece::Any => {
                self.push(Step::Any)?;
            }
            Piece::Assert(assertion) => {
                self.push(Step::Assert(*assertion))?;
            }
            Piece::Group(number, inner) => {
                self.push(Step::Save(2 * number))?;
                self.emit(inner)?;
                self.push(Step::Save(2 * number + 1))?;
            }
            Piece::Sequence(pieces) => {
                for piece in pieces {
                    self.emit(piece)?;
                }
            }
            Piece::Choice(choices) => self.emit_choice(choices)?,
            Piece::Repeat {
                piece,
                least,
                most,
                greedy,
            } => self.emit_repeat(piece, *least, *most, *greedy)?,
        }
        Ok(())
    }

    fn emit_choice(&mut self, choices: &[Piece]) -> Result<(), String> {
        let mut ends = Vec::new();
        for (index, choice) in choices.iter().enumerate() {
            if index + 1 == choices.len() {
                self.emit(choice)?;
            } else {
                let split = self.push(Step::Split(0, 0))?;
                self.emit(choice)?;
                ends.push(self.push(Step::Jump(0))?);
                self.steps[split] = Step::Split(split + 1, self.steps.len());
            }
        }
        for end in ends {
            self.steps[end] = Step::Jump(self.steps.len());
        }
        Ok(())
    }

    fn emit_repeat(
        &mut self,
        piece: &Piece,
        least: usize,
        most: Option<usize>,
        greedy: bool,
    ) -> Result<(), String> {
        let branch = |inside: usize, after: usize| {
            if greedy {
                Step::Split(inside, after)
            } else {
                Step::Split(after, inside)
            }
        };
        for _ in 0..least {
            let before = self.steps.len();
            self.emit(piece)?;
            if self.steps.len() == before {
                // Nothing, however often.
                break;
            }
        }
        match most {
            None => {
                let split = self.push(Step::Split(0, 0))?;
                self.emit(piece)?;
                self.push(Step::Jump(split))?;
                self.steps[split] = branch(split + 1, self.steps.len());
            }
            Some(most) => {
                let mut splits = Vec::new();
                for _ in least..most {
                    splits.push(self.push(Step::Split(0, 0))?);
                    self.emit(piece)?;
                }
                for split in splits {
                    self.steps[split] = branch(split + 1, self.steps.len());
                }
            }
        }
        Ok(())
    }

    /// Whether it matches the whole text.
    #[must_use]
    pub fn matches_whole(&self, text: &str) -> bool {
        let characters: Vec<char> = text.chars().collect();
        let mut room = usize::MAX;
        self.run(&characters, 0, Extent::Whole, &mut room).is_some()
    }

    /// The text of a group of the first match; None without a match, or where the group is not in it.
    #[must_use]
    pub fn extract(&self, text: &str, group: usize) -> Option<String> {
        let characters: Vec<char> = text.chars().collect();
        let places = self.find(&characters, 0)?;
        let (start, end) = places.get(group).copied().flatten()?;
        Some(characters.get(start..end)?.iter().collect())
    }

    /// The first match that begins at a place or after it.
    #[must_use]
    pub fn find(&self, text: &[char], from: usize) -> Option<Places> {
        let mut room = usize::MAX;
        self.run(text, from, Extent::First, &mut room)
    }

    /// Takes the places that it looks at from `room`, and stops with 0 where that is not enough.
    fn run(&self, text: &[char], start: usize, extent: Extent, room: &mut usize) -> Option<Places> {
        let mut threads = Vec::new();
        let mut seen = vec![usize::MAX; self.steps.len()];
        let mut best = None;
        let whole = extent == Extent::Whole;
        for at in start..=text.len() {
            *room = room.saturating_sub(1);
            if *room == 0 {
                return None;
            }
            // Matches that begin earlier are preferred.
            if at == start || !whole && best.is_none() {
                let first = Thread {
                    step: 0,
                    saved: vec![None; if whole { 0 } else { self.slots }],
                };
                self.follow(first, text, at, &mut threads, &mut seen);
            }
            let mut later = Vec::new();
            for thread in std::mem::take(&mut threads) {
                let goes_on = match &self.steps[thread.step] {
                    Step::Match => {
                        if whole && at < text.len() {
                            continue;
                        }
                        best = Some(thread.saved);
                        break;
                    }
                    Step::Class(class) => text.get(at).is_some_and(|c| class.has(*c)),
                    Step::Any => at < text.len(),
                    Step::Dot => text.get(at).is_some_and(|c| !self.ends_line(*c)),
                    _ => false,
                };
                if goes_on {
                    let next = Thread {
                        step: thread.step + 1,
                        saved: thread.saved,
                    };
                    self.follow(next, text, at + 1, &mut later, &mut seen);
                }
            }
            threads = later;
            if threads.is_empty() && (whole || best.is_some()) {
                break;
            }
        }
        let saved = best?;
        Some(
            saved
                .chunks(2)
                .map(|pair| Some((pair[0]?, pair[1]?)))
                .collect(),
        )
    }

    /// Adds the threads that a thread leads to without taking a character, in order of preference.
    fn follow(
        &self,
        thread: Thread,
        text: &[char],
        at: usize,
        threads: &mut Vec<Thread>,
        seen: &mut [usize],
    ) {
        let mut open = vec![thread];
        while let Some(mut thread) = open.pop() {
            // A step is reached once at each place: by the preferred way, which comes first.
            if seen[thread.step] == at {
                continue;
            }
            seen[thread.step] = at;
            match self.steps[thread.step] {
                Step::Jump(to) => {
                    thread.step = to;
                    open.push(thread);
                }
                Step::Split(preferred, other) => {
                    open.push(Thread {
                        step: other,
                        saved: thread.saved.clone(),
                    });
                    thread.step = preferred;
                    open.push(thread);
                }
                Step::Save(slot) => {
                    if let Some(saved) = thread.saved.get_mut(slot) {
                        *saved = Some(at);
                    }
                    thread.step += 1;
                    open.push(thread);
                }
                Step::Assert(assertion) => {
                    if self.holds(assertion, text, at) {
                        thread.step += 1;
                        open.push(thread);
                    }
                }
                _ => threads.push(thread),
            }
        }
    }

    fn ends_line(&self, character: char) -> bool {
        match self.dialect {
            Dialect::Java => {
                matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
            }
            _ => character == '\n',
        }
    }

    fn holds(&self, assertion: Assertion, text: &[char], at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|at| text.get(at)).copied();
        let after = text.get(at).copied();
        let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        match assertion {
            Assertion::TextStart => before.is_none(),
            Assertion::TextEnd => after.is_none(),
            Assertion::LastLineEnd => {
                after.is_none() || at + 1 == text.len() && after.is_some_and(|c| self.ends_line(c))
            }
            Assertion::LineStart => before.is_none_or(|c| c == '\n'),
            Assertion::LineEnd => after.is_none_or(|c| c == '\n'),
            Assertion::WordBoundary => word(before) != word(after),
            Assertion::NoWordBoundary => word(before) == word(after),
        }
    }

    /// A text with every match replaced. In the replacement `$1` stands for a group, `${name}` for
    /// a named one, and a backslash takes the next character as it is. None where the replacement
    /// names a group that there is not, or ends with a backslash or a dollar sign; where the result
    /// is too long for a value; and where matches are found only by looking at the text again and
    /// again.
    #[must_use]
    pub fn replace_all(&self, text: &str, replacement: &str) -> Option<String> {
        let characters: Vec<char> = text.chars().collect();
        let mut result = String::new();
        let mut from = 0;
        let mut copied = 0;
        let mut room = SEARCHES * (characters.len() + 64);
        while from <= characters.len() {
            let Some(places) = self.run(&characters, from, Extent::First, &mut room) else {
                break;
            };
            let (start, end) = places.first().copied().flatten()?;
            result.extend(&characters[copied..start]);
            self.expand(replacement, &characters, &places, &mut result)?;
            copied = end;
            from = if end == start { end + 1 } else { end };
            if result.len() > MAX_TEXT_LENGTH {
                return None;
            }
        }
        if room == 0 {
            return None;
        }
        result.extend(&characters[copied.min(characters.len())..]);
        Some(result)
    }

    fn expand(
        &self,
        replacement: &str,
        text: &[char],
        places: &[Option<(usize, usize)>],
        result: &mut String,
    ) -> Option<()> {
        let mut rest = replacement;
        while let Some(next) = rest.chars().next() {
            rest = &rest[next.len_utf8()..];
            match next {
                '\\' => {
                    let taken = rest.chars().next()?;
                    result.push(taken);
                    rest = &rest[taken.len_utf8()..];
                }
                '$' => {
                    let group = if let Some(inside) = rest.strip_prefix('{') {
                        let (name, after) = inside.split_once('}')?;
                        rest = after;
                        self.names.iter().find(|(known, _)| known == name)?.1
                    } else {
                        let (group, length) = longest_group(rest, places.len())?;
                        rest = &rest[length..];
                        group
                    };
                    if let Some((start, end)) = *places.get(group)? {
                        result.extend(&text[start..end]);
                    }
                    if result.len() > MAX_TEXT_LENGTH {
                        return None;
                    }
                }
                other => result.push(other),
            }
        }
        Some(())
    }
}

/// The number of a group: the first digit, and further ones as long as there is such a group.
fn longest_group(text: &str, groups: usize) -> Option<(usize, usize)> {
    let mut group = None;
    let mut length = 0;
    for digit in text.bytes().take_while(u8::is_ascii_digit) {
        let next = group.unwrap_or(0) * 10 + usize::from(digit - b'0');
        if group.is_some() && next >= groups {
            break;
        }
        group = Some(next);
        length += 1;
    }
    Some((group?, length))
}
