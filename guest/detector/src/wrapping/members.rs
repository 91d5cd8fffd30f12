//! The members of an object that may hold records.

use crate::fields::{self, FieldTree};
use crate::scan::{ScanResult, Scanner, unescaped};
use std::borrow::Cow;

/// The offset of a part of a text.
pub(super) fn offset(text: &str, part: &str) -> usize {
    part.as_ptr() as usize - text.as_ptr() as usize
}

/// Members of an object, and whether each contains the name of the data set.
pub(super) type Members<'a> = Vec<(Cow<'a, str>, &'a str, bool)>;

/// The members of an object that contain the name of the data set or describe others; and whether
/// any of its keys is one of a record's.
pub(super) fn members<'a>(text: &'a str, tree: &FieldTree) -> ScanResult<(Members<'a>, bool)> {
    let (mut members, mut leads) = (Vec::new(), false);
    Scanner::new(text).object(|json, key| {
        let (key, value) = (unescaped(key), json.value()?);
        let entry = tree.find(FieldTree::ROOT, &key);
        leads |= entry.is_some_and(|to| to != fields::TreeEntry::Leaf(tree.table().records));
        let named = tree.table().name.is_in(value.as_bytes());
        if named || matches!(&*key, "properties" | "columns" | "Columns") {
            members.push((key, value, named));
        }
        Ok(())
    })?;
    Ok((members, leads))
}
