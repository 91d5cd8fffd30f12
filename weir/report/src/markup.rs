//! Templates that every part of the page uses: tables, lists, times.

use maud::{Markup, Render, html};

use super::figures::grouped;
use weir_common::time::iso;

/// A table for readers by eye and by ear: it has a caption, and a head for each column and each
/// row. The first column is the head of its row.
pub(super) struct Table<'t, R> {
    caption: String,
    rows: Vec<R>,
    columns: Vec<Column<'t, R>>,
    /// Whether on narrow screens each row becomes a block.
    stacks: bool,
}

struct Column<'t, R> {
    class: &'static str,
    head: String,
    show: Box<dyn Fn(&R) -> Markup + 't>,
}

impl<'t, R> Table<'t, R> {
    /// A table whose columns stay side by side.
    pub(super) fn plain(caption: impl Into<String>, rows: impl IntoIterator<Item = R>) -> Self {
        Self {
            caption: caption.into(),
            rows: rows.into_iter().collect(),
            columns: Vec::new(),
            stacks: false,
        }
    }

    /// A table whose rows become blocks on narrow screens.
    pub(super) fn stack(caption: impl Into<String>, rows: impl IntoIterator<Item = R>) -> Self {
        Self {
            stacks: true,
            ..Self::plain(caption, rows)
        }
    }

    fn column(
        mut self,
        class: &'static str,
        head: impl Into<String>,
        show: impl Fn(&R) -> Markup + 't,
    ) -> Self {
        self.columns.push(Column {
            class,
            head: head.into(),
            show: Box::new(show),
        });
        self
    }

    /// Adds a column of texts.
    pub(super) fn text<M: Render>(
        self,
        head: impl Into<String>,
        show: impl Fn(&R) -> M + 't,
    ) -> Self {
        self.column("text", head, move |row| show(row).render())
    }

    /// Adds a wide column of texts.
    pub(super) fn long(self, head: &str, show: impl Fn(&R) -> Markup + 't) -> Self {
        self.column("long", head, show)
    }

    /// Adds a column of formatted figures.
    pub(super) fn figure(self, head: impl Into<String>, show: impl Fn(&R) -> String + 't) -> Self {
        self.column("number", head, move |row| show(row).render())
    }

    /// Adds a column of whole numbers.
    pub(super) fn number(self, head: impl Into<String>, show: impl Fn(&R) -> u64 + 't) -> Self {
        self.figure(head, move |row| grouped(show(row)))
    }

    /// Adds columns where a condition holds.
    pub(super) fn when(self, condition: bool, add: impl FnOnce(Self) -> Self) -> Self {
        if condition { add(self) } else { self }
    }

    /// Adds columns for each item.
    pub(super) fn each<I>(
        self,
        items: impl IntoIterator<Item = I>,
        add: impl Fn(Self, I) -> Self,
    ) -> Self {
        items.into_iter().fold(self, add)
    }
}

impl<R> Render for Table<'_, R> {
    fn render(&self) -> Markup {
        html! {
            table class=(if self.stacks { "stack" } else { "plain" }) {
                caption { (self.caption) }
                thead { tr { @for column in &self.columns { th scope="col" { (column.head) } } } }
                tbody {
                    @for row in &self.rows {
                        tr {
                            @for Column { show, .. } in self.columns.iter().take(1) {
                                th scope="row" { (show(row)) }
                            }
                            @for Column { class, head, show } in self.columns.iter().skip(1) {
                                td class=(class) data-label=[self.stacks.then_some(head)] {
                                    (show(row))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Items with a separator between them.
pub(super) fn joined<T: Render>(
    items: impl IntoIterator<Item = T>,
    separator: impl Render,
) -> Markup {
    html! {
        @for (at, item) in items.into_iter().enumerate() {
            @if at > 0 { (separator) }
            (item)
        }
    }
}

/// A note on how many of all are not shown; nothing where all are.
pub(super) fn more(all: u64, shown: usize, what: &str) -> Markup {
    let left = all.saturating_sub(shown as u64);
    html! {
        @if left > 0 { p.note { "And " (grouped(left)) " more " (what) "." } }
    }
}

/// A moment, in milliseconds since 1970.
pub(super) fn time(at: i64) -> Markup {
    let text = iso(at);
    html! { time datetime=(text) { (readable(&text)) } }
}

/// ISO 8601 with spaces, and without milliseconds of zero.
pub(super) fn readable(iso: &str) -> String {
    match iso.strip_suffix('Z') {
        Some(text) => {
            let text = text.strip_suffix(".000").unwrap_or(text);
            format!("{} UTC", text.replacen('T', " ", 1))
        }
        None => iso.to_owned(),
    }
}
