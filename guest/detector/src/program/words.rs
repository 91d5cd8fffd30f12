//! The words of texts that are searched word by word, as Elasticsearch's analyzers cut them.
//!
//! Two analyzers are known. The standard one follows Unicode's word boundaries (UAX #29): letters,
//! digits and `_` make a word, a single `.`, `'` or `:` between two letters belongs to it, and so
//! does a single `.`, `'`, `,` or `;` between two digits. A word of more than 255 units of UTF-16 is cut. That of scripts takes runs
//! of ASCII letters, digits, `_` and `-`. Both give words in lower case.
//!
//! Characters outside of ASCII have the class that they mostly have in their script; an emoji,
//! which the standard analyzer counts as a word, is none here.

/// Longest word of the standard analyzer, in units of UTF-16.
const LONGEST: usize = 255;

/// How a text is cut into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Analyzer {
    /// Unicode's words.
    Standard,
    /// Words of scripts, with hyphens.
    Script,
}

/// The class of a character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Digit,
    /// `_` and its kin.
    Low,
    Katakana,
    /// A word by itself.
    Ideograph,
    /// Of a script without blanks, of which a run is a word.
    Complex,
    /// A mark that belongs to the character before.
    Mark,
    /// Joins letters, digits.
    Joint {
        letters: bool,
        digits: bool,
    },
    Other,
}

const fn joint(letters: bool, digits: bool) -> Class {
    Class::Joint { letters, digits }
}

fn class(c: char) -> Class {
    match c {
        'a'..='z' | 'A'..='Z' => Class::Letter,
        '0'..='9' => Class::Digit,
        '_' | '\u{202f}' | '\u{203f}' | '\u{2040}' | '\u{2054}' | '\u{ff3f}' => Class::Low,
        '.' | '\'' | '\u{2018}' | '\u{2019}' | '\u{2024}' | '\u{ff07}' | '\u{ff0e}' => {
            joint(true, true)
        }
        ':' | '\u{b7}' | '\u{387}' | '\u{2027}' | '\u{ff1a}' => joint(true, false),
        ',' | ';' | '\u{37e}' | '\u{589}' | '\u{60c}' | '\u{60d}' | '\u{66c}' | '\u{2044}'
        | '\u{ff0c}' | '\u{ff1b}' => joint(false, true),
        c if c.is_ascii() => Class::Other,
        '\u{ad}'
        | '\u{300}'..='\u{36f}'
        | '\u{483}'..='\u{489}'
        | '\u{591}'..='\u{5bd}'
        | '\u{61c}'
        | '\u{64b}'..='\u{65f}'
        | '\u{670}'
        | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}'
        | '\u{200c}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{fe20}'..='\u{fe2f}'
        | '\u{feff}' => Class::Mark,
        '\u{30a1}'..='\u{30fa}'
        | '\u{30fc}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}'
        | '\u{ff66}'..='\u{ff9d}' => Class::Katakana,
        '\u{2e80}'..='\u{2fdf}'
        | '\u{3005}'
        | '\u{3007}'
        | '\u{3021}'..='\u{3029}'
        | '\u{3041}'..='\u{309f}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}' => Class::Ideograph,
        '\u{e01}'..='\u{e4e}'
        | '\u{e81}'..='\u{ece}'
        | '\u{1000}'..='\u{103f}'
        | '\u{1780}'..='\u{17d3}' => Class::Complex,
        // Superscripts, fractions, numbers in circles.
        '\u{b2}' | '\u{b3}' | '\u{b9}' | '\u{bc}'..='\u{be}' | '\u{2070}' => Class::Other,
        '\u{2074}'..='\u{209c}' | '\u{2150}'..='\u{215f}' | '\u{2460}'..='\u{249b}' => Class::Other,
        c if c.is_alphabetic() => Class::Letter,
        c if c.is_numeric() => Class::Digit,
        _ => Class::Other,
    }
}

/// Whether a character goes on a word behind another, with a joint between or without.
fn goes_on(before: Class, joint: Option<Class>, next: Class) -> bool {
    use Class::{Complex, Digit, Joint, Katakana, Letter, Low};
    match (before, joint, next) {
        (Letter, Some(Joint { letters, .. }), Letter) => letters,
        (Digit, Some(Joint { digits, .. }), Digit) => digits,
        (_, Some(_), _) => false,
        (Letter | Digit | Low, None, Letter | Digit | Low) => true,
        (Katakana, None, Katakana | Low) | (Low, None, Katakana) => true,
        (Complex, None, Complex) => true,
        _ => false,
    }
}

/// The end of the word that a text begins with; None if it begins with none.
fn standard(text: &str) -> Option<usize> {
    let mut characters = text.char_indices();
    let (_, first) = characters.next()?;
    let mut before = class(first);
    if matches!(before, Class::Mark | Class::Joint { .. } | Class::Other) {
        return None;
    }
    let (mut end, mut units) = (first.len_utf8(), first.len_utf16());
    let (mut joint, mut is_word) = (None, before != Class::Low);
    for (at, c) in characters {
        units += c.len_utf16();
        if units > LONGEST {
            break;
        }
        let next = class(c);
        match next {
            Class::Mark if joint.is_some() => {}
            Class::Mark => end = at + c.len_utf8(),
            Class::Joint { .. } if joint.is_none() => joint = Some(next),
            next if goes_on(before, joint.take(), next) => {
                end = at + c.len_utf8();
                before = next;
                is_word |= next != Class::Low;
            }
            _ => break,
        }
    }
    is_word.then_some(end)
}

/// The bytes of `_` and its kin at the beginning of a text that no word begins with: all of a row,
/// or those of a long one that are too far from its end.
fn lows(text: &str) -> usize {
    let row = || text.chars().take_while(|c| class(*c) == Class::Low);
    let far = row().count().saturating_sub(LONGEST - 1);
    let far = if far == 0 { usize::MAX } else { far };
    row().take(far).map(char::len_utf8).sum()
}

/// Whether a byte is of a word of scripts.
fn is_script(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
}

/// Writes a word in lower case, as Java does: character by character.
fn lower(word: &str, into: &mut String) {
    into.clear();
    for c in word.chars() {
        match c {
            c if c.is_ascii() => into.push(c.to_ascii_lowercase()),
            '\u{130}' => into.push('i'),
            c => into.extend(c.to_lowercase()),
        }
    }
}

impl Analyzer {
    /// The first word of a text as it is written, and what is behind it.
    fn first(self, text: &str) -> Option<(&str, &str)> {
        match self {
            Analyzer::Script => {
                let start = text.bytes().position(is_script)?;
                let rest = text.get(start..)?;
                let end = rest.bytes().position(|b| !is_script(b));
                rest.split_at_checked(end.unwrap_or(rest.len()))
            }
            Analyzer::Standard => {
                let mut rest = text;
                loop {
                    let first = rest.chars().next()?;
                    if let Some(end) = standard(rest) {
                        return rest.split_at_checked(end);
                    }
                    let skipped = match class(first) {
                        Class::Low => lows(rest),
                        _ => first.len_utf8(),
                    };
                    rest = rest.get(skipped..)?;
                }
            }
        }
    }

    /// Whether any word of a text as it is written passes a test, in their order.
    fn any_raw(self, text: &str, mut test: impl FnMut(&str) -> bool) -> bool {
        let mut rest = text;
        while let Some((word, behind)) = self.first(rest) {
            if test(word) {
                return true;
            }
            rest = behind;
        }
        false
    }

    /// Whether any word of a text passes a test, in their order.
    pub fn any(self, text: &str, mut test: impl FnMut(&str) -> bool) -> bool {
        let mut word = String::new();
        self.any_raw(text, |raw| {
            lower(raw, &mut word);
            test(&word)
        })
    }

    /// The words of a text.
    #[must_use]
    pub fn words(self, text: &str) -> Vec<String> {
        let mut words = Vec::new();
        self.any(text, |word| {
            words.push(word.to_owned());
            false
        });
        words
    }
}

/// Phrases to look for.
pub(crate) struct Phrases<'p> {
    /// Their first words, in order, with what is behind each.
    begin: Vec<(&'p str, &'p str)>,
    /// The lengths of first words, as bits, by the lowest five bits of their first byte: those
    /// are the same for a letter in either case.
    lengths: [u64; 32],
}

/// The place in a table of lengths of a word of ASCII.
fn length(word: &str) -> Option<(usize, u64)> {
    let first = *word.as_bytes().first()?;
    word.is_ascii()
        .then(|| (usize::from(first & 31), 1 << word.len().min(63)))
}

impl<'p> Phrases<'p> {
    /// Reads a phrase a line, with a blank between two words; one without words matches nothing.
    pub(crate) fn new(text: &'p str) -> Phrases<'p> {
        let lines = text.split('\n').map(|line| line.trim_start_matches(' '));
        let mut begin: Vec<(&str, &str)> = { lines.filter(|line| !line.is_empty()) }
            .map(|line| line.split_once(' ').unwrap_or((line, "")))
            .map(|(first, rest)| (first, rest.trim_matches(' ')))
            .collect();
        begin.sort_unstable();
        let mut lengths = [0; 32];
        for (first, _) in &begin {
            if let Some((at, bit)) = length(first)
                && let Some(bits) = lengths.get_mut(at)
            {
                *bits |= bit;
            }
        }
        Phrases { begin, lengths }
    }

    /// Whether a word as it is written may be the first of a phrase.
    fn may_begin(&self, raw: &str) -> bool {
        // A letter outside of ASCII may have another length in lower case.
        length(raw).is_none_or(|(at, bit)| self.lengths.get(at).is_some_and(|bits| bits & bit > 0))
    }

    /// Whether a text has any of the phrases: its words one after the other.
    pub(crate) fn are_in(&self, analyzer: Analyzer, text: &str) -> bool {
        // Words that are still to come, of the phrases that have begun.
        let mut begun: Vec<&str> = Vec::new();
        let mut word = String::new();
        analyzer.any_raw(text, |raw| {
            if begun.is_empty() && !self.may_begin(raw) {
                return false;
            }
            lower(raw, &mut word);
            begun.retain_mut(|rest| {
                let behind = rest.strip_prefix(word.as_str());
                let behind = behind.filter(|rest| rest.is_empty() || rest.starts_with(' '));
                *rest = behind.unwrap_or_default().trim_start_matches(' ');
                behind.is_some()
            });
            let from = self
                .begin
                .partition_point(|(first, _)| *first < word.as_str());
            let same = { self.begin.iter().skip(from) }.take_while(|(first, _)| *first == word);
            begun.extend(same.map(|(_, rest)| *rest));
            begun.iter().any(|rest| rest.is_empty())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_words_are_unicodes() {
        for (text, wanted) in [
            ("The QUICK fox", &["the", "quick", "fox"][..]),
            ("foo:bar http://x.y/z", &["foo:bar", "http", "x.y", "z"]),
            ("1,000.5;6:7", &["1,000.5;6", "7"]),
            ("a.1 1.a a1.2b", &["a", "1", "1", "a", "a1.2b"]),
            ("don't 'quoted' o''x", &["don't", "quoted", "o", "x"]),
            ("a..b a_.b _ __ _a", &["a", "b", "a_", "b", "_a"]),
            ("loading out-of-tree", &["loading", "out", "of", "tree"]),
            ("[CVE-2020-0601]", &["cve", "2020", "0601"]),
            (
                "été e\u{301}té \u{130} \u{212a}",
                &["été", "e\u{301}té", "i", "k"],
            ),
            ("日本ab カタab", &["日", "本", "ab", "カタ", "ab"]),
            ("a😀b x²", &["a", "b", "x"]),
            ("", &[]),
        ] {
            assert_eq!(Analyzer::Standard.words(text), wanted, "{text}");
        }
        let long = "a".repeat(300);
        let words = Analyzer::Standard.words(&long);
        assert_eq!(words.iter().map(String::len).collect::<Vec<_>>(), [255, 45]);
        let long = "_".repeat(100_000) + "a";
        let words = Analyzer::Standard.words(&long);
        assert_eq!(words, ["_".repeat(254) + "a"]);
        let long = format!("{}.b", "a".repeat(254));
        assert_eq!(Analyzer::Standard.words(&long).len(), 2);
    }

    #[test]
    fn words_of_scripts_have_hyphens() {
        for (text, wanted) in [
            ("Get-Item $x.Name", &["get-item", "x", "name"][..]),
            ("]::GetText(-a, --b)", &["gettext", "-a", "--b"]),
            ("été\u{212a} a_b", &["t", "a_b"]),
            ("...", &[]),
        ] {
            assert_eq!(Analyzer::Script.words(text), wanted, "{text}");
        }
        assert_eq!(Analyzer::Script.words(&"a".repeat(300)).len(), 1);
    }

    #[test]
    fn phrases_are_words_in_a_row() {
        for (phrases, text, wanted) in [
            ("a b", "x A-B y", true),
            ("a b", "a x b", false),
            ("a a b", "a a a b", true),
            ("x\na b c\na b", "a b", true),
            ("\n \n", "a", false),
            ("b a", "a b", false),
            (" a  b ", "x a b", true),
            ("a bc", "a b", false),
            ("a b", "a bc", false),
            ("k i", "\u{212a} \u{130}", true),
            ("\u{e9}t\u{e9}", "\u{c9}T\u{c9}", true),
        ] {
            let found = Phrases::new(phrases).are_in(Analyzer::Standard, text);
            assert_eq!(found, wanted, "{phrases} in {text}");
        }
    }
}
