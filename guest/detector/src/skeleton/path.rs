//! The way from one value of a document to the next, read for the first time.

use super::{OUTSIDE, Skeleton, Step, Value};
use crate::chunk;
use crate::fields::{Field, Place, Tree};

/// Goes from one value to the next.
pub(super) struct Path<'s, 'b> {
    pub(super) skeleton: &'s mut Skeleton,
    pub(super) bytes: &'b [u8],
    pub(super) at: usize,
    pub(super) context: u32,
}

impl Path<'_, '_> {
    /// The byte after spaces; stays before it. Lines end a document that lacks its end.
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

    /// Goes on behind a value to where the next one begins.
    pub(super) fn step(&mut self, before: &Step) -> Option<(Value, Option<Field>)> {
        let mut next = Next::After;
        if before.length == 0 {
            next = Next::Value(Some(Place::Node(Tree::ROOT)));
            (self.bytes.first() == Some(&b'{')).then_some(())?;
        } else if before.value == Value::Text {
            self.take(b'"')?;
        }
        loop {
            next = match next {
                Next::After if self.context == OUTSIDE => return Some((Value::End, None)),
                Next::After => self.after()?,
                Next::Key => {
                    let place = self.key()?;
                    self.take(b':')?;
                    Next::Value(place)
                }
                Next::Value(place) => {
                    let field = match place {
                        Some(Place::Leaf(field)) => Some(field),
                        _ => None,
                    };
                    match (self.peek()?, place) {
                        (b'"', _) => {
                            self.at += 1;
                            return Some((Value::Text, field));
                        }
                        (b'-' | b'0'..=b'9' | b't' | b'f' | b'n', _) => {
                            return Some((Value::Bare, field));
                        }
                        // Its text as a whole is the field's value.
                        (_, Some(Place::Leaf(_))) => return None,
                        (b'{', place) => self.open(false, place)?,
                        (b'[', place) => self.open(true, place)?,
                        _ => return None,
                    }
                }
            };
        }
    }

    /// What follows a value.
    fn after(&mut self) -> Option<Next> {
        let context = self.skeleton.contexts[self.context as usize];
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
    fn open(&mut self, array: bool, place: Option<Place>) -> Option<Next> {
        self.at += 1;
        self.context = self.skeleton.inside(self.context, array, place)?;
        Some(match (self.peek()?, array) {
            (b'}', false) | (b']', true) => self.after()?,
            (_, false) => Next::Key,
            (_, true) => Next::Value(place),
        })
    }

    /// Steps over a key, and tells where it leads.
    fn key(&mut self) -> Option<Option<Place>> {
        self.take(b'"')?;
        let end = chunk::plain(self.bytes, self.at);
        let key = std::str::from_utf8(self.bytes.get(self.at..end)?).ok()?;
        // The very next byte: spaces before it would be inside the key.
        (*self.bytes.get(end)? == b'"').then_some(())?;
        self.at = end + 1;
        let context = self.skeleton.contexts[self.context as usize];
        Some(match context.place {
            Some(Place::Node(node)) => self.skeleton.tree.find(node, key),
            _ => None,
        })
    }
}

/// What may stand at a place between two values.
enum Next {
    After,
    Key,
    Value(Option<Place>),
}
