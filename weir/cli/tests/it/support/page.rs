//! Reads a page strictly: what a browser would mend, or a page has no use for, is an error.

use base64::Engine as _;
use sha2::{Digest, Sha256};

/// Elements that a page is made of.
const ELEMENTS: [&str; 59] = [
    "a",
    "bdi",
    "body",
    "br",
    "button",
    "caption",
    "code",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "g",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "head",
    "header",
    "html",
    "li",
    "line",
    "link",
    "main",
    "meta",
    "nav",
    "p",
    "pre",
    "rect",
    "script",
    "section",
    "span",
    "strong",
    "style",
    "summary",
    "svg",
    "table",
    "tbody",
    "td",
    "text",
    "th",
    "thead",
    "time",
    "title",
    "tr",
    "ul",
    "h6",
    "ol",
    "footer",
    "article",
    "abbr",
    "kbd",
    "sub",
    "sup",
    "wbr",
];
/// Elements without an end.
const VOID: [&str; 3] = ["br", "link", "meta"];
/// Attributes that they have: none runs anything, and none but `href` leads anywhere.
const ATTRIBUTES: [&str; 29] = [
    "aria-label",
    "aria-labelledby",
    "charset",
    "class",
    "content",
    "data-copy",
    "data-label",
    "datetime",
    "height",
    "hidden",
    "href",
    "http-equiv",
    "id",
    "lang",
    "name",
    "rel",
    "role",
    "scope",
    "tabindex",
    "type",
    "viewBox",
    "width",
    "x",
    "x1",
    "x2",
    "y",
    "y1",
    "y2",
    "colspan",
];

/// An element, or the page.
#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    children: Vec<Child>,
}

#[derive(Debug)]
enum Child {
    Text(String),
    Element(Node),
}

impl Node {
    /// Reads a page, or panics saying what is wrong.
    #[track_caller]
    pub(crate) fn read(page: &str) -> Self {
        let rest = page.strip_prefix("<!DOCTYPE html>").expect("no doctype");
        for character in page.chars() {
            let code = u32::from(character);
            let seen = character == '\n' || character == '\t' || !character.is_control();
            let steers =
                matches!(code, 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff);
            assert!(seen && !steers, "\\u{{{code:x}}} is in the page");
        }
        let mut open = vec![Node::default()];
        let mut rest = rest;
        while !rest.is_empty() {
            let at = rest.find('<').unwrap_or(rest.len());
            let (text, tag) = rest.split_at(at);
            open.last_mut().unwrap().push(text);
            let Some(tag) = tag.strip_prefix('<') else {
                break;
            };
            let end = tag.find('>').expect("a tag without its end");
            let (tag, after) = (&tag[..end], &tag[end + 1..]);
            rest = after;
            if let Some(name) = tag.strip_prefix('/') {
                let node = open.pop().unwrap();
                assert_eq!(node.name, name, "ends in another's place");
                open.last_mut().unwrap().children.push(Child::Element(node));
                continue;
            }
            let mut node = element(tag);
            if VOID.contains(&node.name.as_str()) {
                open.last_mut().unwrap().children.push(Child::Element(node));
            } else if ["script", "style"].contains(&node.name.as_str()) {
                let close = format!("</{}>", node.name);
                let (text, after) = rest.split_once(&close).expect("no end");
                node.children.push(Child::Text(text.to_owned()));
                rest = after;
                open.last_mut().unwrap().children.push(Child::Element(node));
            } else {
                open.push(node);
            }
        }
        assert_eq!(open.len(), 1, "{} has no end", open.last().unwrap().name);
        open.pop().unwrap()
    }

    fn push(&mut self, text: &str) {
        if !text.is_empty() {
            self.children.push(Child::Text(plain(text)));
        }
    }

    /// An attribute.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.attributes.iter();
        all.find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// All text inside.
    pub(crate) fn text(&self) -> String {
        let text = |child: &Child| match child {
            Child::Text(text) => text.clone(),
            Child::Element(node) => node.text(),
        };
        self.children.iter().map(text).collect()
    }

    /// All elements of a name inside, in order.
    pub(crate) fn all(&self, name: &str) -> Vec<&Node> {
        let mut found = Vec::new();
        for child in &self.children {
            if let Child::Element(node) = child {
                if node.name == name {
                    found.push(node);
                }
                found.extend(node.all(name));
            }
        }
        found
    }

    /// The cells of a table's body, found by how its caption begins.
    #[track_caller]
    pub(crate) fn rows(&self, caption: &str) -> Vec<Vec<String>> {
        let tables = self.all("table");
        let named = |table: &&&Node| table.all("caption")[0].text().starts_with(caption);
        let table = tables.iter().find(named);
        let table = table.unwrap_or_else(|| panic!("no table {caption:?}"));
        let rows = table.all("tbody")[0].all("tr");
        let cells = |row: &&Node| row.children.iter().filter_map(Child::cell).collect();
        rows.iter().map(cells).collect()
    }
}

impl Child {
    fn cell(&self) -> Option<String> {
        match self {
            Self::Element(node) => Some(node.text()),
            Self::Text(_) => None,
        }
    }
}

fn element(tag: &str) -> Node {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    assert!(ELEMENTS.contains(&name), "<{name}> is no part of a page");
    let mut node = Node {
        name: name.to_owned(),
        ..Node::default()
    };
    while !rest.is_empty() {
        let (name, after) = rest
            .split_once("=\"")
            .expect("an attribute without a value");
        let (value, after) = after.split_once('"').expect("a value without its end");
        assert!(ATTRIBUTES.contains(&name), "<{}> has {name:?}", node.name);
        let value = plain(value);
        if name == "href" {
            assert!(
                value.starts_with('#') || value == "data:,",
                "leads to {value}"
            );
        }
        node.attributes.push((name.to_owned(), value));
        rest = after.strip_prefix(' ').unwrap_or(after);
    }
    node
}

/// Text as it is read.
fn plain(text: &str) -> String {
    assert!(!text.contains(['<', '>', '"']), "{text:?} is not escaped");
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        let (name, after) = after.split_once(';').expect("a bare &");
        plain.push_str(before);
        plain.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#39" => '\'',
            "nbsp" => ' ',
            other => panic!("&{other};"),
        });
        rest = after;
    }
    plain + rest
}

/// What a policy says of some text that is part of the page.
pub(crate) fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let digest = base64::engine::general_purpose::STANDARD.encode(digest);
    format!("'sha256-{digest}'")
}
