//! Commands of a query.

use super::{Parsed, Parser, Reported};
use crate::lexer::Token;
use crate::problem::{Problem, ProblemKind};
use crate::span::Span;
use crate::syntax::{
    Aggregation, Assignment, Command, CommandKind, Name, NamePattern, PatternPart, Query, SortKey,
};

/// The commands that are understood.
const COMMANDS: [&str; 13] = [
    "WHERE",
    "EVAL",
    "STATS",
    "INLINE",
    "INLINESTATS",
    "KEEP",
    "DROP",
    "RENAME",
    "SORT",
    "LIMIT",
    "MV_EXPAND",
    "DISSECT",
    "GROK",
];
/// Other commands of the language.
const OTHERS: [&str; 17] = [
    "CHANGE_POINT",
    "COMPLETION",
    "ENRICH",
    "FORK",
    "FUSE",
    "INSIST",
    "LOOKUP",
    "RERANK",
    "SAMPLE",
    "REGISTERED_DOMAIN",
    "URI_PARTS",
    "USER_AGENT",
    "MMR",
    "METRICS_INFO",
    "TS_INFO",
    "JOIN",
    "SET",
];
/// Commands that a query begins with, besides FROM.
const OTHER_SOURCES: [&str; 5] = ["ROW", "SHOW", "TS", "PROMQL", "EXPLAIN"];

fn known() -> impl Iterator<Item = &'static str> {
    COMMANDS.into_iter().chain(OTHERS)
}

fn is_one_of(word: &str, names: &[&str]) -> bool {
    names.iter().any(|name| name.eq_ignore_ascii_case(word))
}

impl Parser<'_> {
    pub(super) fn query(&mut self) -> Query {
        let mut query = Query::default();
        while self.is_word("SET") {
            let at = self.span();
            self.unsupported(at, "SET", "Settings (`SET`) are not supported.");
            while !matches!(self.token(), Token::End | Token::Sign(";" | "|")) {
                self.advance();
            }
            self.take_sign(";");
        }
        if self.from(&mut query).is_err() {
            self.recover();
        }
        loop {
            if self.take_sign("|") {
                match self.command() {
                    Ok(command) => query.commands.push(command),
                    Err(Reported) => self.recover(),
                }
            } else if *self.token() == Token::End {
                return query;
            } else {
                self.expected("`|` or the end of the query");
                self.recover();
            }
        }
    }

    fn unsupported(&mut self, at: Span, subject: &str, text: &str) -> Reported {
        self.report(ProblemKind::Unsupported, at, subject, text.to_owned())
    }

    /// Whether a command's name follows the pipe that is the next token.
    pub(super) fn command_follows(&self) -> bool {
        let next = self.lexeme(1);
        let word = next.at.text(self.source);
        next.token == Token::Word && known().any(|name| name.eq_ignore_ascii_case(word))
    }

    fn from(&mut self, query: &mut Query) -> Parsed<()> {
        let at = self.span();
        let word = at.text(self.source).to_owned();
        if *self.token() == Token::Word && is_one_of(&word, &OTHER_SOURCES) {
            let name = word.to_uppercase();
            let text = format!("A query that begins with `{name}` is not supported, `FROM` is.");
            return Err(self.report(ProblemKind::Unsupported, at, &name, text));
        }
        if !self.take_word("FROM") {
            return Err(self.expected("`FROM`"));
        }
        query.sources = self.list(Self::source)?;
        if self.take_word("METADATA") {
            query.metadata = self.list(|parser| parser.name("the name of a metadata field"))?;
        }
        Ok(())
    }

    /// An index pattern: a string, or whatever stands without a blank or a comma.
    fn source(&mut self) -> Parsed<Name> {
        let start = self.span();
        if let Token::Text(text) = self.token() {
            let text = text.clone();
            self.advance();
            return Ok(Name { text, at: start });
        }
        let mut taken = 0;
        while !matches!(
            self.token(),
            Token::End | Token::Sign("," | "|" | "=" | "(" | ")")
        ) && (taken == 0 || self.touches())
        {
            self.advance();
            taken += 1;
        }
        if taken == 0 {
            if self.is_sign("(") {
                let at = self.span();
                return Err(self.unsupported(
                    at,
                    "subquery",
                    "A query inside FROM is not supported.",
                ));
            }
            return Err(self.expected("an index pattern"));
        }
        let at = start.to(self.before());
        let text = at.text(self.source).to_owned();
        Ok(Name { text, at })
    }

    fn command(&mut self) -> Parsed<Command> {
        let at = self.span();
        if *self.token() != Token::Word {
            return Err(self.expected("a command"));
        }
        let word = at.text(self.source).to_uppercase();
        self.advance();
        let kind = match word.as_str() {
            "WHERE" => CommandKind::Where(self.expression()?),
            "EVAL" => CommandKind::Eval(self.list(Self::assignment)?),
            "STATS" => self.stats(false)?,
            "INLINESTATS" => self.stats(true)?,
            "INLINE" if self.take_word("STATS") => self.stats(true)?,
            "INLINE" => return Err(self.expected("`STATS` after `INLINE`")),
            "KEEP" => CommandKind::Keep(self.list(Self::name_pattern)?),
            "DROP" => CommandKind::Drop(self.list(Self::name_pattern)?),
            "RENAME" => CommandKind::Rename(self.list(Self::renaming)?),
            "SORT" => CommandKind::Sort(self.list(Self::sort_key)?),
            "LIMIT" => CommandKind::Limit(self.limit()?),
            "MV_EXPAND" => CommandKind::MvExpand(self.name("a column")?),
            "DISSECT" => self.dissect()?,
            "GROK" => self.grok()?,
            _ => return self.other_command(&word, at),
        };
        Ok(Command { kind, at })
    }

    /// Reports a command that is not supported, or not known, and skips it.
    fn other_command(&mut self, word: &str, at: Span) -> Parsed<Command> {
        if is_one_of(word, &OTHERS) || is_one_of(word, &OTHER_SOURCES) {
            let text = format!("The command `{word}` is not supported.");
            self.report(ProblemKind::Unsupported, at, word, text);
            self.recover();
            let kind = CommandKind::Unsupported(word.to_owned());
            return Ok(Command { kind, at });
        }
        let text = format!("There is no command `{word}`.");
        let problem = Problem::new(ProblemKind::UnknownCommand, at, word, text).near(known());
        self.problems.push(problem);
        Err(Reported)
    }

    /// `name = expression`, or an expression.
    fn assignment(&mut self) -> Parsed<Assignment> {
        let name = self.assigned_name()?;
        let value = self.expression()?;
        Ok(Assignment { name, value })
    }

    /// A name and `=`, if they are next.
    fn assigned_name(&mut self) -> Parsed<Option<Name>> {
        let mut ahead = 0;
        while matches!(
            self.lexeme(ahead).token,
            Token::Word | Token::Quoted(_) | Token::Sign(".")
        ) {
            ahead += 1;
        }
        if ahead == 0 || !self.is_sign_at(ahead, "=") {
            return Ok(None);
        }
        let name = self.name("a name")?;
        self.expect_sign("=")?;
        Ok(Some(name))
    }

    fn stats(&mut self, inline: bool) -> Parsed<CommandKind> {
        let mut aggregates = Vec::new();
        if !self.is_word("BY") {
            aggregates = self.list(|parser| {
                let Assignment { name, value } = parser.assignment()?;
                let filter = if parser.take_word("WHERE") {
                    Some(parser.expression()?)
                } else {
                    None
                };
                Ok(Aggregation {
                    name,
                    value,
                    filter,
                })
            })?;
        }
        let mut by = Vec::new();
        if self.take_word("BY") {
            by = self.list(Self::assignment)?;
        }
        Ok(CommandKind::Stats {
            inline,
            aggregates,
            by,
        })
    }

    /// A name with wildcards: tokens without blanks between them.
    fn name_pattern(&mut self) -> Parsed<NamePattern> {
        let start = self.span();
        let mut parts: Vec<PatternPart> = Vec::new();
        let mut taken = 0;
        while taken == 0 || self.touches() {
            let text = match self.token() {
                Token::Word | Token::Integer | Token::Sign("." | "-") => {
                    self.span().text(self.source).to_owned()
                }
                Token::Quoted(name) => name.clone(),
                Token::Sign("*") => {
                    if parts.last() != Some(&PatternPart::Any) {
                        parts.push(PatternPart::Any);
                    }
                    self.advance();
                    taken += 1;
                    continue;
                }
                _ => break,
            };
            match parts.last_mut() {
                Some(PatternPart::Text(before)) => before.push_str(&text),
                _ => parts.push(PatternPart::Text(text)),
            }
            self.advance();
            taken += 1;
        }
        if taken == 0 {
            return Err(self.expected("a column or a pattern of columns"));
        }
        let at = start.to(self.before());
        Ok(NamePattern { parts, at })
    }

    /// `old AS new` or `new = old`.
    fn renaming(&mut self) -> Parsed<(Name, Name)> {
        let first = self.name("a column")?;
        if self.take_word("AS") {
            return Ok((first, self.name("the new name")?));
        }
        if self.take_sign("=") {
            return Ok((self.name("a column")?, first));
        }
        Err(self.expected("`AS`"))
    }

    fn sort_key(&mut self) -> Parsed<SortKey> {
        let value = self.expression()?;
        let descending = self.take_word("DESC");
        if !descending {
            self.take_word("ASC");
        }
        let mut nulls_first = descending;
        if self.take_word("NULLS") {
            nulls_first = self.take_word("FIRST");
            if !nulls_first && !self.take_word("LAST") {
                return Err(self.expected("`FIRST` or `LAST`"));
            }
        }
        Ok(SortKey {
            value,
            descending,
            nulls_first,
        })
    }

    fn limit(&mut self) -> Parsed<u64> {
        let at = self.span();
        let number = at.text(self.source).parse();
        match (self.token(), number) {
            (Token::Integer, Ok(number)) => {
                self.advance();
                Ok(number)
            }
            _ => Err(self.expected("a number of rows")),
        }
    }

    fn dissect(&mut self) -> Parsed<CommandKind> {
        let input = self.primary()?;
        let pattern = self.text("a pattern in quotes")?;
        let mut separator = String::new();
        if self.take_word("APPEND_SEPARATOR") {
            self.expect_sign("=")?;
            separator = self.text("a separator in quotes")?.text;
        }
        Ok(CommandKind::Dissect {
            input,
            pattern,
            separator,
        })
    }

    fn grok(&mut self) -> Parsed<CommandKind> {
        let input = self.primary()?;
        let patterns = self.list(|parser| parser.text("a pattern in quotes"))?;
        Ok(CommandKind::Grok { input, patterns })
    }
}
