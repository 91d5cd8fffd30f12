//! Commands: stages, and the columns after each.

use super::Checker;
use super::scope::Scope;
use crate::dissect::Dissect;
use crate::grok::{Grok, Refusal};
use crate::plan::{Origin, Output, Part, StageKind};
use crate::problem::ProblemKind;
use crate::span::Span;
use crate::syntax::{Assignment, CommandKind, Name, NamePattern, Query, SortKey, Syntax};
use crate::types::Type;

/// The fields of METADATA that are known, and their types.
const METADATA: [(&str, Type); 6] = [
    ("_id", Type::Keyword),
    ("_index", Type::Keyword),
    ("_version", Type::Long),
    ("_source", Type::Source),
    ("_ignored", Type::Keyword),
    ("_index_mode", Type::Keyword),
];

impl Checker<'_> {
    pub(super) fn query(&mut self, query: &Query) {
        self.plan.sources = query.sources.iter().map(|name| name.text.clone()).collect();
        self.scope = Scope::whole_document();
        for name in &query.metadata {
            let lower = name.text.to_lowercase();
            match METADATA.iter().find(|(known, _)| *known == lower) {
                Some((known, kind)) => {
                    let origin = Origin::Metadata((*known).to_owned());
                    let slot = self.add_slot(known, *kind, origin);
                    self.scope.define(known, slot);
                }
                None => {
                    self.lost = true;
                    let text = format!("The metadata field `{}` is not supported.", name.text);
                    let _: Option<()> =
                        self.problem(ProblemKind::Unsupported, name.at, &name.text, text);
                }
            }
        }
        for command in &query.commands {
            self.command(&command.kind, command.at);
        }
        self.plan.output = std::mem::take(&mut self.scope.items);
    }

    fn command(&mut self, command: &CommandKind, at: Span) {
        match command {
            CommandKind::Where(condition) => {
                if let Some(condition) = self.condition(condition, "WHERE") {
                    self.stage(StageKind::Filter(condition), at);
                }
            }
            CommandKind::Eval(assignments) => {
                for assignment in assignments {
                    self.assign(assignment, at);
                }
            }
            CommandKind::Stats {
                inline,
                aggregates,
                by,
            } => self.stats(*inline, aggregates, by, at),
            CommandKind::Keep(patterns) => self.keep(patterns),
            CommandKind::Drop(patterns) => self.drop_columns(patterns),
            CommandKind::Rename(pairs) => {
                for (old, new) in pairs {
                    if let Some(slot) = self.column(&old.text, old.at) {
                        self.scope.rename(&old.text, &new.text, slot);
                    }
                }
            }
            CommandKind::Sort(keys) => self.sort(keys, at),
            CommandKind::Limit(number) => self.stage(StageKind::Limit(*number), at),
            CommandKind::MvExpand(name) => {
                if let Some(from) = self.column(&name.text, name.at) {
                    let kind = self.plan.slot(from).kind;
                    let to = self.new_slot(&name.text, kind);
                    self.stage(StageKind::Expand(from, to), at);
                    self.redefine(&name.text, to);
                }
            }
            CommandKind::Dissect {
                input,
                pattern,
                separator,
            } => self.dissect(input, pattern, separator, at),
            CommandKind::Grok { input, patterns } => self.grok(input, patterns, at),
            CommandKind::Unsupported(_) => self.lost = true,
        }
    }

    /// Sets a column anew in its place.
    fn redefine(&mut self, name: &str, slot: crate::plan::Slot) {
        self.scope.rename(name, name, slot);
    }

    fn assign(&mut self, assignment: &Assignment, at: Span) {
        let name = self.name_of(assignment.name.as_ref(), &assignment.value);
        match self.expression(&assignment.value) {
            Some(value) => {
                let slot = self.new_slot(&name, value.kind);
                self.stage(StageKind::Compute(slot, value), at);
                self.scope.define(&name, slot);
            }
            None => self.lost = true,
        }
    }

    fn sort(&mut self, keys: &[SortKey], at: Span) {
        let keys: Vec<_> = keys
            .iter()
            .map(|key| {
                Some((
                    self.expression(&key.value)?,
                    key.descending,
                    key.nulls_first,
                ))
            })
            .collect();
        if let Some(keys) = keys.into_iter().collect() {
            self.stage(StageKind::Sort(keys), at);
        }
    }

    fn drop_columns(&mut self, patterns: &[NamePattern]) {
        for pattern in patterns {
            if !self.scope.remove(pattern) {
                let _: Option<()> = self.unknown_column(&pattern.text(), pattern.at);
            }
        }
    }

    /// KEEP: each column goes where the most exact pattern for it stands, of several the last.
    fn keep(&mut self, patterns: &[NamePattern]) {
        let before = std::mem::take(&mut self.scope);
        let exactness = |pattern: &NamePattern| match pattern.exact() {
            Some(_) => 2,
            None if pattern.is_all() => 0,
            None => 1,
        };
        let mut kept: Vec<(usize, Output)> = Vec::new();
        let mut used = vec![false; patterns.len()];
        for item in &before.items {
            match item {
                Output::Column(name, _) => {
                    let place = (0..patterns.len())
                        .filter(|at| patterns[*at].matches(name))
                        .max_by_key(|at| (exactness(&patterns[*at]), *at));
                    for (index, pattern) in patterns.iter().enumerate() {
                        used[index] |= pattern.matches(name);
                    }
                    if let Some(place) = place {
                        kept.push((place, item.clone()));
                    }
                }
                Output::Fields { matching, except } => {
                    for (index, pattern) in patterns.iter().enumerate() {
                        if pattern.exact().is_some() {
                            continue;
                        }
                        used[index] = true;
                        let mut matching = matching.clone();
                        if !pattern.is_all() {
                            matching.push(pattern.clone());
                        }
                        let except = except.clone();
                        kept.push((index, Output::Fields { matching, except }));
                    }
                }
            }
        }
        self.scope = before;
        for (index, pattern) in patterns.iter().enumerate() {
            if used[index] {
                continue;
            }
            let name = pattern.exact();
            let slot = name.as_ref().and_then(|name| self.find(name));
            match (name, slot) {
                (Some(name), Some(slot)) => kept.push((index, Output::Column(name, slot))),
                _ => {
                    let _: Option<()> = self.unknown_column(&pattern.text(), pattern.at);
                }
            }
        }
        kept.sort_by_key(|(index, _)| *index);
        let mut items: Vec<Output> = Vec::new();
        for (_, item) in kept {
            if !items.contains(&item) {
                items.push(item);
            }
        }
        self.scope.items = items;
    }

    fn text_input(&mut self, input: &Syntax, what: &str) -> Option<crate::plan::Expression> {
        let input = self.expression(input)?;
        if input.kind.is_text() || input.kind == Type::Null {
            return Some(input);
        }
        self.wrong_type(what, &input, "a keyword or text")
    }

    /// Slots for the parts of a pattern, as columns.
    fn parts(&mut self, names: &[(String, Type)]) -> Vec<Part> {
        names
            .iter()
            .map(|(name, kind)| Part {
                name: name.clone(),
                slot: self.new_slot(name, *kind),
                kind: *kind,
            })
            .collect()
    }

    fn define_parts(&mut self, parts: &[Part]) {
        for part in parts {
            self.scope.define(&part.name, part.slot);
        }
    }

    fn dissect(&mut self, input: &Syntax, pattern: &Name, separator: &str, at: Span) {
        let input = self.text_input(input, "DISSECT");
        let pattern = match Dissect::new(&pattern.text, separator) {
            Ok(pattern) => pattern,
            Err(text) => {
                self.lost = true;
                let _: Option<()> = self.problem(ProblemKind::Value, pattern.at, "DISSECT", text);
                return;
            }
        };
        let names: Vec<(String, Type)> = pattern
            .names()
            .iter()
            .map(|name| ((*name).to_owned(), Type::Keyword))
            .collect();
        let parts = self.parts(&names);
        self.define_parts(&parts);
        if let Some(input) = input {
            let kind = StageKind::Dissect {
                input,
                pattern,
                parts,
            };
            self.stage(kind, at);
        }
    }

    fn grok(&mut self, input: &Syntax, patterns: &[Name], at: Span) {
        let input = self.text_input(input, "GROK");
        let mut read = Vec::new();
        let mut names: Vec<(String, Type)> = Vec::new();
        for pattern in patterns {
            let found = match Grok::new(&pattern.text) {
                Ok(found) => found,
                Err(refusal) => {
                    self.lost = true;
                    self.refuse_grok(refusal, pattern.at);
                    continue;
                }
            };
            for (name, kind) in found.names() {
                if names.iter().all(|(known, _)| known != name) {
                    names.push((name.to_owned(), kind));
                }
            }
            read.push(found);
        }
        let parts = self.parts(&names);
        self.define_parts(&parts);
        if let Some(input) = input {
            let patterns = read;
            let kind = StageKind::Grok {
                input,
                patterns,
                parts,
            };
            self.stage(kind, at);
        }
    }

    fn refuse_grok(&mut self, refusal: Refusal, at: Span) {
        let (kind, subject, text) = match refusal {
            Refusal::Pattern(name) => {
                let text = format!("The pattern `%{{{name}}}` of GROK is not supported.");
                (ProblemKind::Unsupported, format!("GROK {name}"), text)
            }
            Refusal::Expression(why) => {
                let kind = if why.contains("not supported") {
                    ProblemKind::Unsupported
                } else {
                    ProblemKind::Value
                };
                let text = format!("A pattern of GROK is not understood: {why}.");
                (kind, "GROK".to_owned(), text)
            }
        };
        let _: Option<()> = self.problem(kind, at, &subject, text);
    }
}
