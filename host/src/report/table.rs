//! Tables that are read by ear, by eye and on narrow screens: a caption, a head for each column
//! and for each row.

use super::html::Html;
use super::text::grouped;

/// A table under way.
pub(super) struct Table<'h> {
    html: &'h mut Html,
    heads: Vec<String>,
    /// The column of the next cell.
    at: usize,
    /// Whether its rows become blocks where there is no room for all columns.
    stacks: bool,
}

impl<'h> Table<'h> {
    /// Begins a table.
    pub(super) fn new(html: &'h mut Html, caption: &str, heads: &[&str], stacks: bool) -> Self {
        html.open(
            "table",
            &[("class", if stacks { "stack" } else { "plain" })],
        );
        html.element("caption", &[], caption);
        html.raw("<thead><tr>");
        for head in heads {
            html.element("th", &[("scope", "col")], head);
        }
        html.raw("</tr></thead><tbody>");
        Self {
            html,
            heads: heads.iter().map(|head| (*head).to_owned()).collect(),
            at: 0,
            stacks,
        }
    }

    /// Begins a row with what it is about.
    pub(super) fn row(&mut self, head: impl FnOnce(&mut Html)) -> &mut Self {
        if self.at > 0 {
            self.html.raw("</tr>");
        }
        self.html.raw("<tr><th scope=\"row\">");
        head(self.html);
        self.html.raw("</th>");
        self.at = 1;
        self
    }

    /// A cell.
    pub(super) fn cell(&mut self, content: impl FnOnce(&mut Html)) -> &mut Self {
        self.put("text", content)
    }

    /// A cell with more than others have.
    pub(super) fn long(&mut self, content: impl FnOnce(&mut Html)) -> &mut Self {
        self.put("long", content)
    }

    /// A cell with a number.
    pub(super) fn number(&mut self, number: u64) -> &mut Self {
        self.figure(&grouped(number))
    }

    /// A cell with a number as text.
    pub(super) fn figure(&mut self, figure: &str) -> &mut Self {
        self.put("number", |html| {
            html.text(figure);
        })
    }

    fn put(&mut self, class: &'static str, content: impl FnOnce(&mut Html)) -> &mut Self {
        let head = self.heads.get(self.at).map_or("", String::as_str);
        match self.stacks {
            true => self
                .html
                .open("td", &[("class", class), ("data-label", head)]),
            false => self.html.open("td", &[("class", class)]),
        };
        content(self.html);
        self.html.raw("</td>");
        self.at += 1;
        self
    }

    /// Ends it.
    pub(super) fn end(self) {
        if self.at > 0 {
            self.html.raw("</tr>");
        }
        self.html.raw("</tbody></table>");
    }
}
