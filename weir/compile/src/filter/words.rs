//! Tests of texts that are searched word by word.

use super::Lowering;
use crate::kql::{Field, Literal, Test};
use crate::types::{self, FieldType};
use weir_detector::program::pattern::Pattern;
use weir_detector::program::value::Type;
use weir_detector::program::words::Analyzer;
use weir_detector::program::{Builder, Constant};

/// The functions of an analyzer: for phrases, and for patterns of a word.
pub(crate) fn functions(analyzer: Analyzer) -> (&'static str, &'static str) {
    match analyzer {
        Analyzer::Standard => ("any_phrase", "any_word_like"),
        Analyzer::Script => ("any_script_phrase", "any_script_word_like"),
    }
}

/// The phrases that a value stands for: in quotes its words in a row, otherwise any of its words.
fn phrases(analyzer: Analyzer, literal: &Literal) -> Vec<String> {
    let words = analyzer.words(&literal.text);
    match literal.quoted {
        true if words.is_empty() => Vec::new(),
        true => vec![words.join(" ")],
        false => words,
    }
}

impl Lowering {
    /// Whether a text has any of the values, by the field's analyzer.
    pub(super) fn words(&mut self, b: Builder, field: &Field, tests: &[&Test]) -> Builder {
        let Some(analyzer) = types::analyzer(&field.name) else {
            return self.unknown(b, field, FieldType::Text);
        };
        let (phrase, like) = functions(analyzer);
        let mut found: Vec<String> = Vec::new();
        let mut patterns: Vec<Pattern> = Vec::new();
        for test in tests {
            match test {
                Test::Is(literal) if !literal.wildcards.is_empty() => {
                    patterns.extend(self.word_pattern(analyzer, field, literal));
                }
                Test::Is(literal) => {
                    self.check_null(literal);
                    self.check_ascii(analyzer, field, literal);
                    found.extend(phrases(analyzer, literal));
                }
                _ => {}
            }
        }
        found.sort();
        found.dedup();
        let text = |b: Builder| b.field(&field.name, Type::Text);
        // A value without words is found nowhere.
        let list = Constant::Text(found.join("\n"));
        let mut b = match found.is_empty() {
            true => b.constant(Constant::Boolean(false)),
            false => text(b).constant(list).call(phrase, 2),
        };
        for pattern in patterns {
            let test = |b: Builder| {
                text(b)
                    .constant(Constant::Pattern(pattern.clone()))
                    .call(like, 2)
            };
            b = b.decide(true, test);
        }
        b
    }

    /// The pattern that a word must match, in lower case as the words are.
    fn word_pattern(
        &mut self,
        analyzer: Analyzer,
        field: &Field,
        literal: &Literal,
    ) -> Option<Pattern> {
        self.check_ascii(analyzer, field, literal);
        self.check_blank(literal);
        let lower = Literal {
            text: literal.text.to_ascii_lowercase(),
            ..literal.clone()
        };
        let pattern = super::pattern(field, &lower);
        if pattern.is_none() {
            self.problem("pattern-too-long", &literal.span, "the pattern is too long");
        }
        pattern
    }

    /// Refuses what the standard analyzer may cut otherwise than Elasticsearch does.
    fn check_ascii(&mut self, analyzer: Analyzer, field: &Field, literal: &Literal) {
        if analyzer == Analyzer::Standard && !literal.text.is_ascii() {
            let message = format!(
                "`{}` is searched word by word, and words with characters outside of ASCII are not \
                 understood",
                field.name
            );
            self.problem("analyzed-text", &literal.span, message);
        }
    }
}
