//! The fields that a log reads, as numbers, and the tree of their paths.
//!
//! A log lists its fields in a [table](FieldTable) of at most 64 paths, so that one word has a bit
//! for the presence of each field, and one reader serves every log.

use crate::record::Record;

/// A field: its index in the log's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field(pub u8);

/// Most fields of a log: a record keeps a bit for each.
pub const MAX_FIELDS: usize = 64;

impl Field {
    /// The field's index in an array of [`MAX_FIELDS`].
    #[inline(always)]
    pub fn at(self) -> usize {
        usize::from(self.0) % MAX_FIELDS
    }
}

/// The fields of a log, and how its records are recognised.
#[derive(Debug)]
pub struct FieldTable {
    /// The path of each field, by its number; a message about a field names it by this path.
    pub paths: &'static [&'static str],
    /// Other paths of the fields.
    pub aliases: &'static [(&'static str, Field)],
    /// The first optional field. Optional fields come last, and are read only for rules that ask
    /// for them and for single events; otherwise the reader skips them at no cost.
    pub first_optional: Field,
    /// Keys that may wrap the whole document.
    pub roots: &'static [&'static str],
    /// The field of an envelope's records, unless the object has one of the `marks` and is itself a
    /// record.
    pub records: Field,
    /// Fields that name the data set.
    pub marks: &'static [Field],
    /// Fields that hold an event's time.
    pub times: &'static [Field],
    /// The text that occurs in every name of the data set.
    pub name: DataSetName,
    /// Whether a record is one of the log's.
    pub recognise: fn(&Record) -> Recognised,
    /// Whether a document that is not counted as it stands may hold records of the log.
    pub may_hold: fn(&Record) -> bool,
}

impl FieldTable {
    /// A field's path as a message names it.
    pub fn path(&self, field: Field) -> &'static str {
        self.paths.get(field.at()).copied().unwrap_or_default()
    }
}

/// The common part of all names of a data set, in lower case, split at the byte that is rarest in
/// logs.
#[derive(Debug)]
pub struct DataSetName {
    /// The text before that byte.
    pub before: &'static [u8],
    /// That byte.
    pub rare: u8,
    /// The text behind it.
    pub behind: &'static [u8],
}

impl DataSetName {
    /// The offsets at which a value of a text ends with it.
    pub fn find(&self, bytes: &[u8]) -> impl Iterator<Item = usize> {
        memchr::memchr_iter(self.rare, bytes).filter(move |&at| {
            let before = at
                .checked_sub(self.before.len())
                .map(|from| &bytes[from..at]);
            let (behind, next) = bytes[at + 1..]
                .split_at_checked(self.behind.len())
                .unwrap_or_default();
            matches!(next.first(), Some(b'"' | b'\\'))
                && behind.eq_ignore_ascii_case(self.behind)
                && before.is_some_and(|before| before.eq_ignore_ascii_case(self.before))
        })
    }

    /// The offset of the last but one of those.
    pub fn last_but_one(&self, bytes: &[u8]) -> Option<usize> {
        let (mut before, mut last) = (None, None);
        for at in self.find(bytes) {
            (before, last) = (last, Some(at - self.before.len()));
        }
        before
    }

    /// Whether a text has it.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        self.find(bytes).next().is_some()
    }
}

/// Whether a record is one of a log's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recognised {
    /// The record belongs to another data set.
    No,
    /// The record belongs to the log, and lacks its time.
    WithoutTime,
    /// The record belongs to the log and has its time.
    Whole,
}

/// Defines a constant for each field of a log, and `PATHS`, the list of their paths.
#[macro_export]
macro_rules! fields {
    ($visible:vis const; $($name:ident = $path:literal,)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "names of constants")]
        enum Number { $($name),* }
        $(
            #[doc = concat!("`", $path, "`.")]
            $visible const $name: $crate::fields::Field =
                $crate::fields::Field(Number::$name as u8);
        )*
        /// The path of each field.
        $visible const PATHS: &[&str] = &[$($path),*];
        const _: () = assert!(PATHS.len() <= $crate::fields::MAX_FIELDS);
    };
}

/// An entry of the tree of paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreeEntry {
    /// An object to descend into.
    Node(usize),
    /// A field to read.
    Leaf(Field),
}

/// A tree of paths.
#[derive(Debug)]
pub struct FieldTree {
    nodes: Vec<Node>,
    table: &'static FieldTable,
}

/// The children of a node, in slots by a cheap hash of the key: most keys of a document are not in
/// the tree, and find their slot empty.
#[derive(Debug)]
struct Node([Vec<(&'static str, TreeEntry)>; SLOTS]);

const SLOTS: usize = 64;

fn slot(key: &str) -> usize {
    let bytes = key.as_bytes();
    let (first, last) = (bytes.first().unwrap_or(&0), bytes.last().unwrap_or(&0));
    (key.len() * 5 + usize::from(*first) + usize::from(*last) * 3) % SLOTS
}

impl FieldTree {
    /// The root of a document.
    pub const ROOT: usize = 0;

    /// The tree for detection, built once for each detector, with the optional fields that its
    /// rules read.
    pub fn new(table: &'static FieldTable, asked: &[Field]) -> FieldTree {
        FieldTree::of(table, |field| {
            field.0 < table.first_optional.0 || asked.contains(&field)
        })
    }

    /// The tree of all fields, for single events.
    pub fn whole(table: &'static FieldTable) -> FieldTree {
        FieldTree::of(table, |_| true)
    }

    fn of(table: &'static FieldTable, read: impl Fn(Field) -> bool) -> FieldTree {
        let mut tree = FieldTree {
            nodes: Vec::new(),
            table,
        };
        tree.add_node();
        let paths = (0..).map(Field).zip(table.paths);
        let aliases = table.aliases.iter().map(|(path, field)| (*field, path));
        for (field, path) in paths.chain(aliases).filter(|(field, _)| read(*field)) {
            tree.add_path(field, path);
        }
        for root in table.roots {
            tree.add(FieldTree::ROOT, root, TreeEntry::Node(FieldTree::ROOT));
        }
        tree
    }

    /// The table of the tree.
    pub fn table(&self) -> &'static FieldTable {
        self.table
    }

    fn add_path(&mut self, field: Field, path: &'static str) {
        let (parents, leaf) = path.rsplit_once('.').unwrap_or(("", path));
        let at = parents.split('.').filter(|step| !step.is_empty());
        let at = at.fold(FieldTree::ROOT, |at, step| self.inner(at, step));
        self.add(at, leaf, TreeEntry::Leaf(field));
    }

    fn add_node(&mut self) -> usize {
        self.nodes.push(Node(std::array::from_fn(|_| Vec::new())));
        self.nodes.len() - 1
    }

    fn add(&mut self, at: usize, step: &'static str, place: TreeEntry) {
        self.nodes[at].0[slot(step)].push((step, place));
    }

    fn inner(&mut self, at: usize, step: &'static str) -> usize {
        if let Some(TreeEntry::Node(next)) = self.step(at, step) {
            return next;
        }
        let next = self.add_node();
        self.add(at, step, TreeEntry::Node(next));
        next
    }

    fn step(&self, at: usize, step: &str) -> Option<TreeEntry> {
        let children = &self.nodes[at].0[slot(step)];
        children
            .iter()
            .find(|(name, _)| *name == step)
            .map(|(_, place)| *place)
    }

    /// The entry that a key leads to from a node: one step, or several joined by dots.
    pub fn find(&self, from: usize, key: &str) -> Option<TreeEntry> {
        let Some((step, rest)) = key.split_once('.') else {
            return self.step(from, key);
        };
        match self.step(from, step)? {
            TreeEntry::Node(next) => self.find(next, rest),
            TreeEntry::Leaf(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toy;

    #[test]
    fn a_field_is_found_by_any_cut_of_its_path() {
        let tree = FieldTree::new(&toy::TABLE, &[]);
        for (field, path) in (0..).map(Field).zip(toy::TABLE.paths) {
            let leaf = (field != toy::NOTE).then_some(TreeEntry::Leaf(field));
            assert_eq!(tree.find(FieldTree::ROOT, path), leaf, "{path}");
            for (dot, _) in path.match_indices('.') {
                let Some(TreeEntry::Node(node)) = tree.find(FieldTree::ROOT, &path[..dot]) else {
                    panic!("{path}");
                };
                assert_eq!(tree.find(node, &path[dot + 1..]), leaf, "{path}");
            }
        }
        let note = FieldTree::whole(&toy::TABLE).find(FieldTree::ROOT, "note");
        assert_eq!(note, Some(TreeEntry::Leaf(toy::NOTE)));
        assert_eq!(tree.find(FieldTree::ROOT, "user.id.x"), None);
        assert_eq!(tree.find(FieldTree::ROOT, "nothing"), None);
    }

    #[test]
    fn a_name_is_found_where_a_value_ends_with_it() {
        let name = &toy::TABLE.name;
        for (text, found) in [
            (r#"{"category":"ToyActivityLogs"}"#, true),
            (r#"{\"category\":\"TOYACTIVITyLOGS\"}"#, true),
            (r#"{"dataset":"a.toyactivitylogs"}"#, true),
            (r#"{"ToyActivityLogs2":1}"#, false),
            ("ToyActivityLogs", false),
            ("yActivityLogs\"", false),
            ("y", false),
        ] {
            assert_eq!(name.is_in(text.as_bytes()), found, "{text}");
        }
    }
}
