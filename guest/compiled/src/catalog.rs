//! The fields that rules read, numbered, and the tree of their paths.
//!
//! The numbers are of the whole process: rules name their fields when they are built, before a
//! detector with a log is opened on them.

use crate::format::IDENTITY;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use weir_detector::program::pattern::Pattern;

/// The number of [`IDENTITY`].
pub(crate) const IDENTITY_FIELD: u16 = 0;
/// The number of the field that exceptions test as `user`; the next are those of the others.
pub(crate) const EXCEPTION_FIELDS: [&str; 4] =
    ["user.name", "host.name", "source.ip", "process.name"];

/// The pattern of a name with wildcards; None if it is too long.
pub(crate) fn pattern(name: &str) -> Option<Pattern> {
    Pattern::new(&name.replace('\\', "\\\\").replace('?', "\\?"), false)
}

/// The fields, by number.
#[derive(Clone, Debug)]
pub(crate) struct Catalog {
    numbers: HashMap<String, u16>,
    nodes: Vec<Node>,
    /// Names with a wildcard.
    patterns: Vec<(Pattern, u16)>,
}

/// The children of an object on the path of a field, in slots by a cheap hash of their key: most
/// keys of a document are of no field, and find their slot empty.
#[derive(Clone, Debug)]
struct Node([Vec<(Box<str>, Entry)>; SLOTS]);

const SLOTS: usize = 64;

fn slot(key: &str) -> usize {
    let bytes = key.as_bytes();
    let (first, last) = (bytes.first().unwrap_or(&0), bytes.last().unwrap_or(&0));
    (key.len() * 5 + usize::from(*first) + usize::from(*last) * 3) % SLOTS
}

impl Default for Node {
    fn default() -> Node {
        Node(std::array::from_fn(|_| Vec::new()))
    }
}

impl Node {
    fn get(&self, step: &str) -> Option<Entry> {
        let children = self.0.get(slot(step))?.iter();
        let mut children = children.filter(|(name, _)| **name == *step);
        children.next().map(|(_, entry)| *entry)
    }

    /// The entry of a step, which is added if there is none.
    fn entry(&mut self, step: &str) -> Option<&mut Entry> {
        let children = self.0.get_mut(slot(step))?;
        let at = { children.iter() }.position(|(name, _)| **name == *step);
        let at = at.unwrap_or_else(|| {
            children.push((step.into(), Entry::default()));
            children.len() - 1
        });
        children.get_mut(at).map(|(_, entry)| entry)
    }
}

/// What is behind a step of a path: a field, an object with fields, or both.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entry {
    pub(crate) field: Option<u16>,
    pub(crate) node: Option<usize>,
}

impl Catalog {
    /// The root of a document.
    pub(crate) const ROOT: usize = 0;

    fn new() -> Catalog {
        let mut catalog = Catalog {
            numbers: HashMap::new(),
            nodes: vec![Node::default()],
            patterns: Vec::new(),
        };
        // It is no path: a document's own `_id` is one of several things that identify it.
        catalog.numbers.insert(IDENTITY.to_owned(), IDENTITY_FIELD);
        for name in EXCEPTION_FIELDS {
            catalog.number(name);
        }
        catalog
    }

    /// The number of a field; None if there are too many.
    fn number(&mut self, name: &str) -> Option<u16> {
        if let Some(known) = self.numbers.get(name) {
            return Some(*known);
        }
        let number = u16::try_from(self.numbers.len()).ok()?;
        if name.contains('*') {
            self.patterns.push((pattern(name)?, number));
        } else {
            let (parents, leaf) = name.rsplit_once('.').unwrap_or(("", name));
            let mut at = Catalog::ROOT;
            for step in parents.split('.').filter(|step| !step.is_empty()) {
                at = self.inner(at, step);
            }
            self.nodes.get_mut(at)?.entry(leaf)?.field = Some(number);
        }
        self.numbers.insert(name.to_owned(), number);
        Some(number)
    }

    /// The number of a field that is numbered already.
    pub(crate) fn known(&self, name: &str) -> Option<u16> {
        self.numbers.get(name).copied()
    }

    /// The name of a field.
    pub(crate) fn name(&self, number: u16) -> Option<&str> {
        let mut names = self.numbers.iter();
        let (name, _) = names.find(|(_, known)| **known == number)?;
        Some(name)
    }

    fn inner(&mut self, at: usize, step: &str) -> usize {
        let next = self.nodes.len();
        let Some(entry) = { self.nodes.get_mut(at) }.and_then(|node| node.entry(step)) else {
            return Catalog::ROOT;
        };
        let node = *entry.node.get_or_insert(next);
        if node == next {
            self.nodes.push(Node::default());
        }
        node
    }

    /// What a key leads to from an object: one step, or several joined by dots.
    pub(crate) fn find(&self, from: usize, key: &str) -> Entry {
        let mut node = from;
        let mut rest = key;
        loop {
            let (step, next) = match rest.split_once('.') {
                Some((step, next)) => (step, Some(next)),
                None => (rest, None),
            };
            let entry = { self.nodes.get(node) }.and_then(|node| node.get(step));
            let entry = entry.unwrap_or_default();
            match (next, entry.node) {
                (None, _) => return entry,
                (Some(next), Some(inner)) => (node, rest) = (inner, next),
                (Some(_), None) => return Entry::default(),
            }
        }
    }

    /// The numbers of the names with a wildcard that match a path.
    pub(crate) fn matching(&self, path: &str) -> impl Iterator<Item = u16> {
        let patterns = self.patterns.iter();
        patterns.filter_map(move |(pattern, number)| pattern.matches(path).then_some(*number))
    }

    /// Whether any name has a wildcard.
    pub(crate) fn has_patterns(&self) -> bool {
        !self.patterns.is_empty()
    }
}

static CATALOG: Mutex<Option<Arc<Catalog>>> = Mutex::new(None);

/// The number of a field.
pub(crate) fn field(name: &str) -> Option<u16> {
    let mut held = CATALOG.lock().unwrap_or_else(PoisonError::into_inner);
    let catalog = held.get_or_insert_with(|| Arc::new(Catalog::new()));
    match catalog.numbers.get(name) {
        Some(known) => Some(*known),
        None => Arc::make_mut(catalog).number(name),
    }
}

/// The fields that are numbered so far.
pub(crate) fn current() -> Arc<Catalog> {
    let mut held = CATALOG.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(held.get_or_insert_with(|| Arc::new(Catalog::new())))
}
