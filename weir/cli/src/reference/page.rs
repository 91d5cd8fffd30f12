//! A page of Markdown that is written from its top to its end.

/// The text of the page so far.
#[derive(Debug, Default)]
pub(super) struct Page(String);

impl Page {
    /// Adds a heading.
    pub(super) fn heading(&mut self, level: usize, text: &str) {
        self.part(&format!("{} {text}", "#".repeat(level)));
    }

    /// Adds a remark that is not shown.
    pub(super) fn comment(&mut self, text: &str) {
        self.part(&format!("<!-- {text} -->"));
    }

    /// Adds a paragraph, which may be of [`prose`].
    pub(super) fn paragraph(&mut self, text: &str) {
        self.part(text);
    }

    /// Adds lines that stay as they are.
    pub(super) fn block(&mut self, text: &str) {
        self.part(&format!("```text\n{}\n```", text.trim_end()));
    }

    /// Adds a table without the columns that are empty in all rows; nothing when there is no row.
    pub(super) fn table<const N: usize>(&mut self, titles: [&str; N], rows: &[[String; N]]) {
        let is_used = |at: &usize| rows.iter().any(|row| !row[*at].is_empty());
        let used: Vec<usize> = (0..N).filter(is_used).collect();
        if used.is_empty() {
            return;
        }
        let line = |cell: &dyn Fn(usize) -> String| {
            let cells: Vec<String> = used.iter().map(|at| cell(*at)).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let mut text = line(&|at| titles[at].to_owned());
        text += &format!("|{}\n", "---|".repeat(used.len()));
        for row in rows {
            // A bar ends a cell also between backticks.
            text += &line(&|at| row[at].replace('|', "\\|"));
        }
        self.part(text.trim_end());
    }

    /// The page.
    pub(super) fn into_text(self) -> String {
        self.0
    }

    /// Adds a part, after an empty line.
    fn part(&mut self, text: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(text);
        self.0.push('\n');
    }
}

/// A text between backticks; nothing of nothing.
pub(super) fn code(text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!("`{text}`"),
    }
}

/// A sentence in which no character is a sign of Markdown's, but for backticks.
pub(super) fn prose(text: &str) -> String {
    let escaped = |(at, part): (usize, &str)| match at % 2 {
        0 => part.replace('<', "\\<").replace('*', "\\*"),
        _ => part.to_owned(),
    };
    let parts: Vec<String> = text.split('`').enumerate().map(escaped).collect();
    parts.join("`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_the_columns_that_are_used() {
        let mut page = Page::default();
        let row = |name: &str| [code(name), String::new(), prose("a * of `a*`")];
        page.table(["name", "unit", "sentence"], &[row("a|b"), row("")]);
        page.table(["name"], &[]);
        let table = "\
| name | sentence |
|---|---|
| `a\\|b` | a \\* of `a*` |
|  | a \\* of `a*` |
";
        assert_eq!(page.into_text(), table);
    }
}
