//! The columns at a place of the pipe.

use crate::plan::{Output, Slot};
use crate::syntax::{NamePattern, PatternPart};

/// Columns, in order, and the fields of the document that are passed on unnamed.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub(super) items: Vec<Output>,
}

/// What a name is.
pub(super) enum Found {
    Column(Slot),
    /// A field of the document that no command has named.
    Field,
    Nothing,
}

/// The pattern that stands for one name.
pub(super) fn exactly(name: &str) -> NamePattern {
    NamePattern {
        parts: vec![PatternPart::Text(name.to_owned())],
        at: crate::span::Span::default(),
    }
}

/// Whether fields that are passed on have a name.
pub(super) fn passes(matching: &[NamePattern], except: &[NamePattern], name: &str) -> bool {
    matching.iter().all(|pattern| pattern.matches(name))
        && !except.iter().any(|pattern| pattern.matches(name))
}

impl Scope {
    /// Whatever the document has.
    pub(super) fn whole_document() -> Scope {
        Scope {
            items: vec![Output::Fields {
                matching: Vec::new(),
                except: Vec::new(),
            }],
        }
    }

    pub(super) fn find(&self, name: &str) -> Found {
        let mut found = Found::Nothing;
        for item in &self.items {
            match item {
                Output::Column(known, slot) if known == name => return Found::Column(*slot),
                Output::Fields { matching, except } if passes(matching, except, name) => {
                    found = Found::Field;
                }
                _ => {}
            }
        }
        found
    }

    /// The names of columns.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.items.iter().filter_map(|item| match item {
            Output::Column(name, _) => Some(name.as_str()),
            Output::Fields { .. } => None,
        })
    }

    /// Sets a column: it comes last, and hides what had its name.
    pub(super) fn define(&mut self, name: &str, slot: Slot) {
        self.remove(&exactly(name));
        self.items.push(Output::Column(name.to_owned(), slot));
    }

    /// Sets a column in the place of another.
    pub(super) fn rename(&mut self, old: &str, new: &str, slot: Slot) {
        if old != new {
            self.remove(&exactly(new));
        }
        self.hide(&exactly(old));
        let column = Output::Column(new.to_owned(), slot);
        let at = self
            .items
            .iter()
            .position(|item| matches!(item, Output::Column(name, _) if name == old));
        match at {
            Some(at) => self.items[at] = column,
            None => self.items.push(column),
        }
    }

    /// Removes what a pattern stands for; says whether there was something.
    pub(super) fn remove(&mut self, pattern: &NamePattern) -> bool {
        let before = self.items.len();
        self.items
            .retain(|item| !matches!(item, Output::Column(name, _) if pattern.matches(name)));
        self.hide(pattern) || self.items.len() < before
    }

    /// Takes fields out of those that are passed on; says whether any may have been there.
    fn hide(&mut self, pattern: &NamePattern) -> bool {
        let mut may = false;
        for item in &mut self.items {
            if let Output::Fields { matching, except } = item {
                may |= match pattern.exact() {
                    Some(name) => passes(matching, except, &name),
                    None => true,
                };
                except.push(pattern.clone());
            }
        }
        self.items.retain(|item| {
            !matches!(item, Output::Fields { except, .. } if except.iter().any(NamePattern::is_all))
        });
        may
    }
}
