//! Regular expressions: text to pieces.

use super::{Assertion, Class, Dialect, Piece};

/// Deepest nesting of groups.
const DEEPEST: usize = 50;
/// Most repetitions that a count may ask for.
const MOST: usize = 1000;

/// A regular expression as pieces, and its named groups.
pub(super) struct Parsed {
    pub(super) piece: Piece,
    pub(super) groups: usize,
    pub(super) names: Vec<(String, usize)>,
}

pub(super) fn parse(pattern: &str, dialect: Dialect) -> Result<Parsed, String> {
    let mut parser = Parser {
        characters: pattern.chars().collect(),
        at: 0,
        dialect,
        groups: 0,
        names: Vec::new(),
        flags: Flags::default(),
        depth: 0,
    };
    let piece = parser.choice()?;
    if parser.peek().is_some() {
        return Err("a bracket `)` is closed that was not opened".to_owned());
    }
    Ok(Parsed {
        piece,
        groups: parser.groups,
        names: parser.names,
    })
}

struct Parser {
    characters: Vec<char>,
    at: usize,
    dialect: Dialect,
    groups: usize,
    names: Vec<(String, usize)>,
    flags: Flags,
    depth: usize,
}

/// What is switched on inside of a regular expression.
#[derive(Clone, Copy, Default)]
struct Flags {
    /// ASCII letters stand for both cases.
    folded: bool,
    /// A dot stands for ends of lines, too.
    whole: bool,
    /// `^` and `$` stand for the ends of lines.
    lines: bool,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn take(&mut self, text: &str) -> bool {
        let is = text
            .chars()
            .enumerate()
            .all(|(index, c)| self.characters.get(self.at + index) == Some(&c));
        if is {
            self.at += text.chars().count();
        }
        is
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += usize::from(next.is_some());
        next
    }

    fn lucene(&self) -> bool {
        self.dialect == Dialect::Lucene
    }

    fn choice(&mut self) -> Result<Piece, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("groups are nested more than {DEEPEST} deep"));
        }
        let flags = self.flags;
        let mut choices = vec![self.sequence()?];
        while self.take("|") {
            choices.push(self.sequence()?);
        }
        self.flags = flags;
        self.depth -= 1;
        Ok(if choices.len() == 1 {
            choices.remove(0)
        } else {
            Piece::Choice(choices)
        })
    }

    fn sequence(&mut self) -> Result<Piece, String> {
        let mut pieces = Vec::new();
        while let Some(next) = self.peek() {
            if next == '|' || next == ')' {
                break;
            }
            let piece = self.atom()?;
            pieces.push(self.repeated(piece)?);
        }
        Ok(match pieces.len() {
            0 => Piece::Empty,
            1 => pieces.remove(0),
            _ => Piece::Sequence(pieces),
        })
    }

    fn repeated(&mut self, mut piece: Piece) -> Result<Piece, String> {
        let mut times = 0;
        loop {
            let counted = self.peek() == Some('{');
            let (least, most) = match self.peek() {
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('?') => (0, Some(1)),
                Some('{') => self.count()?,
                _ => return Ok(piece),
            };
            // Past the sign, or the bracket that closes the count.
            self.at += 1;
            times += 1;
            if times > DEEPEST {
                return Err(format!("more than {DEEPEST} repetitions follow each other"));
            }
            let mut greedy = true;
            if !self.lucene() {
                // Behind a count the sign repeats in Oniguruma, and is possessive in Java.
                let repeats = counted && matches!(self.dialect, Dialect::Oniguruma);
                if !repeats && self.take("+") && !self.is_barred(&piece)? {
                    let message = "possessive repetitions such as `*+` are supported of a class \
                        before a character that is not of it";
                    return Err(message.to_owned());
                }
                greedy = !self.take("?");
            }
            piece = Piece::Repeat {
                piece: Box::new(piece),
                least,
                most,
                greedy,
            };
        }
    }

    /// Whether a character that a class does not have must follow: then giving back some of the
    /// class's characters never helps, and a possessive repetition is a greedy one.
    fn is_barred(&mut self, piece: &Piece) -> Result<bool, String> {
        let Piece::Class(class) = piece else {
            return Ok(false);
        };
        let at = self.at;
        let next = match self.peek() {
            // A group would be counted twice.
            None | Some('(' | ')' | '|' | '*' | '+' | '?' | '{') => None,
            Some(_) => Some(self.atom()?),
        };
        let may_be_none = matches!(self.peek(), Some('*' | '?' | '{'));
        self.at = at;
        let Some(Piece::Class(Class {
            ranges,
            negated: false,
            ..
        })) = next
        else {
            return Ok(false);
        };
        let [(from, to)] = ranges[..] else {
            return Ok(false);
        };
        let cases = [from, from.to_ascii_lowercase(), from.to_ascii_uppercase()];
        Ok(from == to && !may_be_none && !cases.iter().any(|case| class.has(*case)))
    }

    /// The numbers of `{2}`, `{2,}` or `{2,5}`, up to before the closing bracket.
    fn count(&mut self) -> Result<(usize, Option<usize>), String> {
        let rest: String = self.characters[self.at + 1..].iter().take(20).collect();
        let Some((inside, _)) = rest.split_once('}') else {
            return Err("a repetition `{` is not closed".to_owned());
        };
        let (least, most) = match inside.split_once(',') {
            None => (inside, Some(inside)),
            Some((least, "")) => (least, None),
            Some((least, most)) => (least, Some(most)),
        };
        let number = |text: &str| {
            text.parse()
                .ok()
                .filter(|number| *number <= MOST)
                .ok_or_else(|| {
                    format!("`{{{inside}}}` is not a repetition of at most {MOST} times")
                })
        };
        let (least, most) = (number(least)?, most.map(number).transpose()?);
        if most.is_some_and(|most| most < least) {
            return Err(format!(
                "`{{{inside}}}` repeats fewer times at most than at least"
            ));
        }
        self.at += inside.chars().count() + 1;
        Ok((least, most))
    }

    fn one(&self, character: char) -> Piece {
        Piece::Class(Class {
            ranges: vec![(character, character)],
            negated: false,
            folded: self.flags.folded,
        })
    }

    fn atom(&mut self) -> Result<Piece, String> {
        let Some(next) = self.next() else {
            return Ok(Piece::Empty);
        };
        match next {
            '.' if self.lucene() || self.flags.whole => Ok(Piece::Any),
            '.' => Ok(Piece::Dot),
            '(' => self.group(),
            '[' => self.class(),
            '\\' => self.escape(),
            '*' | '+' | '?' if !self.lucene() => Err(format!("`{next}` repeats nothing")),
            '^' if self.dialect == Dialect::Java && !self.flags.lines => {
                Ok(Piece::Assert(Assertion::TextStart))
            }
            '$' if self.dialect == Dialect::Java && !self.flags.lines => {
                Ok(Piece::Assert(Assertion::LastLineEnd))
            }
            '^' if !self.lucene() => Ok(Piece::Assert(Assertion::LineStart)),
            '$' if !self.lucene() => Ok(Piece::Assert(Assertion::LineEnd)),
            '"' if self.lucene() => {
                let mut pieces = Vec::new();
                loop {
                    match self.next() {
                        Some('"') => return Ok(Piece::Sequence(pieces)),
                        Some(character) => pieces.push(self.one(character)),
                        None => return Err("a text in double quotes is not closed".to_owned()),
                    }
                }
            }
            '@' if self.lucene() => Ok(Piece::Repeat {
                piece: Box::new(Piece::Any),
                least: 0,
                most: None,
                greedy: true,
            }),
            '#' | '&' | '~' | '<' if self.lucene() => Err(format!(
                "`{next}` is an operator of Lucene's that is not supported; write `\\{next}` for the character"
            )),
            other => Ok(self.one(other)),
        }
    }

    fn group(&mut self) -> Result<Piece, String> {
        let mut number = None;
        let flags = self.flags;
        if !self.lucene() && self.take("?") {
            if self.take("<=") || self.take("<!") || self.take("=") || self.take("!") {
                return Err("lookaround is not supported".to_owned());
            }
            if self.take(">") {
                return Err("atomic groups are not supported".to_owned());
            }
            if self.take("<") {
                let mut name = String::new();
                loop {
                    match self.next() {
                        Some('>') => break,
                        Some(character) => name.push(character),
                        None => return Err("the name of a group is not closed".to_owned()),
                    }
                }
                self.groups += 1;
                number = Some(self.groups);
                self.names.push((name, self.groups));
            } else if self.flags()? {
                return Ok(Piece::Empty);
            }
        } else {
            self.groups += 1;
            number = Some(self.groups);
        }
        let inner = self.choice()?;
        self.flags = flags;
        if !self.take(")") {
            return Err("a bracket `(` is not closed".to_owned());
        }
        Ok(match number {
            Some(number) => Piece::Group(number, Box::new(inner)),
            None => inner,
        })
    }

    /// Flags: `i` for any case, `s` (Oniguruma's `m`) for a dot that stands for ends of lines, too,
    /// Java's `m` for `^` and `$` at lines. Says whether they hold up to the end of the group that
    /// they are in, and not for a group of their own.
    fn flags(&mut self) -> Result<bool, String> {
        loop {
            match (self.next(), self.dialect) {
                (Some('i'), _) => self.flags.folded = true,
                (Some('m'), Dialect::Oniguruma) | (Some('s'), Dialect::Java) => {
                    self.flags.whole = true;
                }
                (Some('m'), Dialect::Java) => self.flags.lines = true,
                (Some(')'), _) => return Ok(true),
                (Some(':'), _) => return Ok(false),
                _ => return Err("a group with such flags is not supported".to_owned()),
            }
        }
    }

    fn escape(&mut self) -> Result<Piece, String> {
        let Some(next) = self.next() else {
            return Err("it ends with a backslash".to_owned());
        };
        if let Some(class) = self.named_class(next) {
            return Ok(Piece::Class(class));
        }
        if !self.lucene() {
            let assertion = match next {
                'b' => Some(Assertion::WordBoundary),
                'B' => Some(Assertion::NoWordBoundary),
                'A' => Some(Assertion::TextStart),
                'z' => Some(Assertion::TextEnd),
                'Z' => Some(Assertion::LastLineEnd),
                _ => None,
            };
            if let Some(assertion) = assertion {
                return Ok(Piece::Assert(assertion));
            }
        }
        let character = self.escaped(next)?;
        Ok(self.one(character))
    }

    /// The character that one after a backslash stands for.
    fn escaped(&mut self, next: char) -> Result<char, String> {
        if self.lucene() {
            return if next.is_ascii_alphanumeric() {
                Err(format!("`\\{next}` is no escape"))
            } else {
                Ok(next)
            };
        }
        Ok(match next {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'f' => '\u{c}',
            'x' => self.hexadecimal(2)?,
            'u' => self.hexadecimal(4)?,
            other if other.is_ascii_alphanumeric() => {
                return Err(format!("`\\{other}` is not supported"));
            }
            other => other,
        })
    }

    fn hexadecimal(&mut self, length: usize) -> Result<char, String> {
        let digits: String = self.characters[self.at..].iter().take(length).collect();
        let number = u32::from_str_radix(&digits, 16).ok();
        let character = number.and_then(char::from_u32);
        self.at += digits.chars().count();
        character.ok_or_else(|| format!("`{digits}` is no character in hexadecimal"))
    }

    fn named_class(&self, name: char) -> Option<Class> {
        let mut ranges = match name.to_ascii_lowercase() {
            'd' => vec![('0', '9')],
            'w' => vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')],
            's' => vec![(' ', ' '), ('\t', '\r')],
            'h' if self.dialect == Dialect::Oniguruma => {
                vec![('0', '9'), ('a', 'f'), ('A', 'F')]
            }
            _ => return None,
        };
        if self.lucene() && name.eq_ignore_ascii_case(&'s') {
            ranges = vec![(' ', ' '), ('\t', '\t'), ('\n', '\n'), ('\r', '\r')];
        }
        Some(Class {
            ranges,
            negated: name.is_ascii_uppercase(),
            folded: false,
        })
    }

    fn class(&mut self) -> Result<Piece, String> {
        let mut class = Class {
            folded: self.flags.folded,
            negated: self.take("^"),
            ..Class::default()
        };
        let mut first = true;
        loop {
            let Some(next) = self.next() else {
                return Err("a class `[` is not closed".to_owned());
            };
            let from = match next {
                ']' if !first => return Ok(Piece::Class(class)),
                '[' if !self.lucene() => {
                    return Err("classes inside of classes are not supported".to_owned());
                }
                '&' if !self.lucene() && self.peek() == Some('&') => {
                    return Err("intersections of classes are not supported".to_owned());
                }
                '\\' => {
                    let Some(escaped) = self.next() else {
                        return Err("it ends with a backslash".to_owned());
                    };
                    if let Some(named) = self.named_class(escaped) {
                        if named.negated {
                            return Err(format!("`\\{escaped}` in a class is not supported"));
                        }
                        class.ranges.extend(named.ranges);
                        first = false;
                        continue;
                    }
                    self.escaped(escaped)?
                }
                other => other,
            };
            first = false;
            let range = self.peek() == Some('-')
                && self.characters.get(self.at + 1).is_some_and(|c| *c != ']');
            let mut to = from;
            if range {
                self.at += 1;
                to = match self.next() {
                    Some('\\') => match self.next() {
                        Some(escaped) if self.named_class(escaped).is_none() => {
                            self.escaped(escaped)?
                        }
                        _ => return Err("a range of a class ends with a class".to_owned()),
                    },
                    Some(character) => character,
                    None => return Err("a class `[` is not closed".to_owned()),
                };
            }
            if to < from {
                return Err(format!("the range `{from}-{to}` is backwards"));
            }
            class.ranges.push((from, to));
        }
    }
}
