//! Markup that no value can break out of: tags and names are literals of this program, all else
//! is text.

use super::text::{Copyable, Short, visible};

/// A page, or a part of one, under way.
#[derive(Debug, Default)]
pub(super) struct Html {
    out: String,
    /// Blocks to copy so far: their numbers are their names.
    blocks: usize,
}

impl Html {
    /// The markup.
    pub(super) fn into_text(self) -> String {
        self.out
    }

    /// Markup of this program's own.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.out.push_str(markup);
        self
    }

    /// Opens an element.
    pub(super) fn open(
        &mut self,
        tag: &'static str,
        attributes: &[(&'static str, &str)],
    ) -> &mut Self {
        self.out.push('<');
        self.out.push_str(tag);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            self.text(value);
            self.out.push('"');
        }
        self.out.push('>');
        self
    }

    /// Closes an element.
    pub(super) fn close(&mut self, tag: &'static str) -> &mut Self {
        self.out.push_str("</");
        self.out.push_str(tag);
        self.out.push('>');
        self
    }

    /// An element with nothing but text in it.
    pub(super) fn element(
        &mut self,
        tag: &'static str,
        attributes: &[(&'static str, &str)],
        text: &str,
    ) -> &mut Self {
        self.open(tag, attributes).text(text).close(tag)
    }

    /// Text.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            match visible(character) {
                Some(shown) => self.out.push_str(&shown),
                None => self.character(character),
            }
        }
        self
    }

    /// A value of a log: nothing in it changes how what is around it is read, and what stands
    /// for something else is marked.
    pub(super) fn value(&mut self, value: &Short) -> &mut Self {
        self.raw("<bdi>").marked(&value.text);
        match value.whole {
            Some(whole) => {
                self.raw("…</bdi> <span class=\"cut\">(cut: ");
                self.text(&super::text::grouped(whole as u64));
                self.raw(" characters)</span>")
            }
            None => self.raw("</bdi>"),
        }
    }

    /// Text with what stands for something that cannot be seen marked as such.
    fn marked(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            match visible(character) {
                Some(shown) => {
                    self.out.push_str("<span class=\"unseen\">");
                    self.out.push_str(&shown);
                    self.out.push_str("</span>");
                }
                None => self.character(character),
            }
        }
        self
    }

    /// A block that is there to be copied, with a button for it that says of what.
    pub(super) fn copyable(&mut self, text: &Copyable, of: &str) -> &mut Self {
        match text {
            Copyable::Whole(text) => {
                self.blocks += 1;
                let name = format!("block-{}", self.blocks);
                self.raw("<div class=\"block\"><pre>");
                self.open("code", &[("id", &name)]);
                self.lines(text);
                self.raw("</code></pre>");
                let label = format!("Copy: {of}");
                self.open(
                    "button",
                    &[
                        ("type", "button"),
                        ("data-copy", &name),
                        ("aria-label", &label),
                        ("hidden", ""),
                    ],
                );
                self.raw("Copy</button></div>")
            }
            Copyable::Unseen(text) => {
                self.raw("<div class=\"block\"><pre><code><bdi>");
                self.marked(text);
                self.raw("</bdi></code></pre><p class=\"note\">Not to be copied: it holds characters that cannot be seen, shown here as marked.</p></div>")
            }
            Copyable::TooLong(length) => {
                self.raw("<p class=\"note\">Too long to be shown (");
                self.text(&super::text::grouped(*length as u64));
                self.raw(" characters); <code>weir run</code> gives it.</p>")
            }
        }
    }

    /// Text with its line ends and tabs.
    fn lines(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '\n' | '\t' => self.out.push(character),
                other => self.character(other),
            }
        }
    }

    fn character(&mut self, character: char) {
        match character {
            '&' => self.out.push_str("&amp;"),
            '<' => self.out.push_str("&lt;"),
            '>' => self.out.push_str("&gt;"),
            '"' => self.out.push_str("&quot;"),
            '\'' => self.out.push_str("&#39;"),
            other => self.out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_breaks_out() {
        let mut html = Html::default();
        let hostile = "</script><b a='1' b=\"2\">&amp;\u{0}\u{202e}";
        html.element("p", &[("title", hostile)], hostile);
        html.value(&Short::value(hostile));
        let escaped = "&lt;/script&gt;&lt;b a=&#39;1&#39; b=&quot;2&quot;&gt;&amp;amp;";
        let unseen = |shown: &str| format!("<span class=\"unseen\">{shown}</span>");
        assert_eq!(
            html.into_text(),
            format!(
                "<p title=\"{escaped}\\u{{0}}\\u{{202e}}\">{escaped}\\u{{0}}\\u{{202e}}</p><bdi>{escaped}{}{}</bdi>",
                unseen("\\u{0}"),
                unseen("\\u{202e}")
            )
        );
    }

    #[test]
    fn what_cannot_be_seen_has_no_button() {
        let mut html = Html::default();
        html.copyable(&Copyable::new("a <b>\n"), "this");
        html.copyable(&Copyable::new("a\u{200b}"), "that");
        let text = html.into_text();
        assert_eq!(text.matches("<button").count(), 1);
        assert!(
            text.contains("<code id=\"block-1\">a &lt;b&gt;\n</code>"),
            "{text}"
        );
    }
}
