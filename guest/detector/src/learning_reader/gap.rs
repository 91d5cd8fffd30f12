//! The parser of the text between two values, for learning.

use super::{LearningReader, OUTSIDE, Step, ValueForm};
use crate::chunk;
use crate::fields::{Field, FieldTree, TreeEntry};

/// A cursor between two values.
pub(super) struct GapReader<'s, 'b> {
    pub(super) reader: &'s mut LearningReader,
    pub(super) bytes: &'b [u8],
    pub(super) at: usize,
    pub(super) context: u32,
}

impl GapReader<'_, '_> {
    /// The next byte that is not a space, without consuming it. A line end terminates a truncated
    /// document.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match *self.bytes.get(self.at)? {
                b' ' | b'\t' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    fn take(&mut self, wanted: u8) -> Option<()> {
        (self.peek()? == wanted).then(|| self.at += 1)
    }

    /// Advances from the end of a value to the next one.
    pub(super) fn step(&mut self, before: &Step) -> Option<(ValueForm, Option<Field>)> {
        let mut next = Next::After;
        if before.length == 0 {
            next = Next::Value(Some(TreeEntry::Node(FieldTree::ROOT)));
            (self.bytes.first() == Some(&b'{')).then_some(())?;
        } else if before.value == ValueForm::Text {
            self.take(b'"')?;
        }
        loop {
            next = match next {
                Next::After if self.context == OUTSIDE => return Some((ValueForm::End, None)),
                Next::After => self.after()?,
                Next::Key => {
                    let place = self.key()?;
                    self.take(b':')?;
                    Next::Value(place)
                }
                Next::Value(place) => {
                    let field = match place {
                        Some(TreeEntry::Leaf(field)) => Some(field),
                        _ => None,
                    };
                    match (self.peek()?, place) {
                        (b'"', _) => {
                            self.at += 1;
                            return Some((ValueForm::Text, field));
                        }
                        (b'-' | b'0'..=b'9' | b't' | b'f' | b'n', _) => {
                            return Some((ValueForm::Literal, field));
                        }
                        // The value of the field is an object or an array.
                        (_, Some(TreeEntry::Leaf(_))) => return None,
                        (b'{', place) => self.open(false, place)?,
                        (b'[', place) => self.open(true, place)?,
                        _ => return None,
                    }
                }
            };
        }
    }

    /// The token behind a value.
    fn after(&mut self) -> Option<Next> {
        let context = self.reader.contexts[self.context as usize];
        let byte = self.peek()?;
        self.at += 1;
        match (byte, context.array) {
            (b',', true) => Some(Next::Value(context.place)),
            (b',', false) => Some(Next::Key),
            (b'}', false) | (b']', true) => {
                self.context = context.around;
                Some(Next::After)
            }
            _ => None,
        }
    }

    /// Enters an object or an array.
    fn open(&mut self, array: bool, place: Option<TreeEntry>) -> Option<Next> {
        self.at += 1;
        self.context = self.reader.inside(self.context, array, place)?;
        Some(match (self.peek()?, array) {
            (b'}', false) | (b']', true) => self.after()?,
            (_, false) => Next::Key,
            (_, true) => Next::Value(place),
        })
    }

    /// Consumes a key, and returns its entry in the tree.
    fn key(&mut self) -> Option<Option<TreeEntry>> {
        self.take(b'"')?;
        let end = chunk::plain(self.bytes, self.at);
        let key = std::str::from_utf8(self.bytes.get(self.at..end)?).ok()?;
        // Without skipping spaces, which would be inside the key.
        (*self.bytes.get(end)? == b'"').then_some(())?;
        self.at = end + 1;
        let context = self.reader.contexts[self.context as usize];
        Some(match context.place {
            Some(TreeEntry::Node(node)) => self.reader.tree.find(node, key),
            _ => None,
        })
    }
}

/// The next token between two values.
enum Next {
    After,
    Key,
    Value(Option<TreeEntry>),
}
