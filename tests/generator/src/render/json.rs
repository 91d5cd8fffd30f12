//! Writing JSON text, plainly or with every liberty that JSON allows.

use crate::random::Random;
use std::fmt::Write;

/// How freely a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As the real senders write it: one key order, compact.
    Plain,
    /// Only what the rule reads, for small files.
    Brief,
    /// Any key order, blanks, escapes, noise and every spelling of null.
    Wild,
}

/// An object under construction; values are JSON text.
pub(super) enum Node {
    Leaf(String),
    Object(Vec<(String, Node)>),
}

impl Node {
    /// Puts a leaf under a path of keys, joining objects that are there already.
    pub(super) fn insert(&mut self, path: &[String], leaf: String) {
        let Node::Object(members) = self else { return };
        let Some((key, rest)) = path.split_first() else {
            return;
        };
        if rest.is_empty() {
            members.push((key.clone(), Node::Leaf(leaf)));
            return;
        }
        let at = members
            .iter()
            .position(|(k, node)| k == key && matches!(node, Node::Object(_)));
        let at = at.unwrap_or_else(|| {
            members.push((key.clone(), Node::Object(Vec::new())));
            members.len() - 1
        });
        members[at].1.insert(rest, leaf);
    }

    /// Writes the node; in the wild style with shuffled keys and blanks.
    pub(super) fn write(self, out: &mut String, random: &mut Random, style: Style) {
        match self {
            Node::Leaf(text) => out.push_str(&text),
            Node::Object(mut members) => {
                if style == Style::Wild {
                    random.shuffle(&mut members);
                }
                out.push('{');
                for (i, (key, node)) in members.into_iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    blank(out, random, style);
                    quote_into(out, &key, random, style);
                    blank(out, random, style);
                    out.push(':');
                    blank(out, random, style);
                    node.write(out, random, style);
                    blank(out, random, style);
                }
                out.push('}');
            }
        }
    }
}

fn blank(out: &mut String, random: &mut Random, style: Style) {
    if style == Style::Wild && random.one_in(12) {
        out.push_str(random.pick::<&str>(&[" ", "\t", "  "]));
    }
}

/// A string in JSON.
#[must_use]
pub fn quote(text: &str, random: &mut Random, style: Style) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    quote_into(&mut out, text, random, style);
    out
}

fn quote_into(out: &mut String, text: &str, random: &mut Random, style: Style) {
    let escape = style == Style::Wild && random.one_in(8);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' if escape && random.one_in(2) => out.push_str("\\/"),
            c if (c as u32) < 0x20 || (escape && random.one_in(4)) => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    let _ = match random.below(2) {
                        0 => write!(out, "\\u{unit:04x}"),
                        _ => write!(out, "\\u{unit:04X}"),
                    };
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
