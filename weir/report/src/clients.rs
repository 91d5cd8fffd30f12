//! Publicly known clients, by the values that logs have for them.

use std::collections::HashMap;

use weir_common::escape::escape;
use weir_host::error::Error;

/// The list of the embedded component's log.
const EMBEDDED: &str = weir_shipped::CLIENTS;
/// The first line of a list.
const HEADER: &str = "column\tvalue\tname\tkind\tsource";

/// Known clients by column and value.
#[derive(Debug, Clone, Default)]
pub struct Clients {
    /// By column and value in lower case.
    exact: HashMap<(String, String), Client>,
    /// By column and pattern in lower case.
    patterns: Vec<((String, String), Client)>,
}

/// A known client. Its texts have no invisible characters.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Client {
    /// Its maker's name for it.
    pub name: String,
    /// Its kind, for example `tool`.
    pub kind: String,
    /// The document that names it.
    pub source: String,
}

impl Clients {
    /// The clients that the embedded component's log knows.
    ///
    /// # Errors
    ///
    /// [`Error::Config`], which a test rules out.
    pub fn known() -> Result<Self, Error> {
        let mut clients = Self::default();
        clients.add(EMBEDDED, "clients.tsv")?;
        Ok(clients)
    }

    /// Adds a list: tab-separated lines `column value name kind source` under a line with these
    /// words. A value `text*` is a prefix, `*text*` a substring; case does not matter. Added clients
    /// go before those of earlier lists.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with the list's name and the line of everything that is wrong.
    pub fn add(&mut self, list: &str, name: &str) -> Result<(), Error> {
        let mut problems = Vec::new();
        let mut lines = (1..).zip(list.lines());
        let header = lines.next();
        if header.is_none_or(|(_, line)| line.trim_end() != HEADER) {
            problems.push(format!(
                "{name}:1: must be: column, value, name, kind, source, with tabs between them"
            ));
        }
        let mut patterns = Vec::new();
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let fields: Vec<&str> = line.trim_end_matches('\r').split('\t').collect();
            let whole = fields.iter().all(|field| !field.trim().is_empty());
            let ([column, value, client, kind, source], true) = (fields.as_slice(), whole) else {
                problems.push(format!(
                    "{name}:{number}: has {} fields, some perhaps empty; it takes 5: column, value, name, kind, source",
                    fields.len()
                ));
                continue;
            };
            let client = Client {
                name: escape(client),
                kind: escape(kind),
                source: escape(source),
            };
            let key = ((*column).to_owned(), value.to_lowercase());
            match value.ends_with('*') {
                true => patterns.push((key, client)),
                false => drop(self.exact.insert(key, client)),
            }
        }
        patterns.append(&mut self.patterns);
        self.patterns = patterns;
        Error::problems(problems)
    }

    /// The client with this value in a column.
    #[must_use]
    pub fn find(&self, column: &str, value: &str) -> Option<&Client> {
        let key = (column.to_owned(), value.to_lowercase());
        self.exact.get(&key).or_else(|| {
            let mut patterns = self.patterns.iter();
            let found = patterns.find(|((of, pattern), _)| of == column && fits(pattern, &key.1));
            found.map(|(_, client)| client)
        })
    }
}

/// Whether a value fits a pattern `prefix*` or `*substring*`.
fn fits(pattern: &str, value: &str) -> bool {
    let prefix = pattern.strip_suffix('*').unwrap_or(pattern);
    match prefix.strip_prefix('*') {
        Some(substring) => value.contains(substring),
        None => value.starts_with(prefix),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_list_is_right_and_names_its_sources() {
        let clients = Clients::known().unwrap();
        assert!(clients.exact.len() > 100 && clients.patterns.len() > 10);
        let all = clients.exact.values();
        for client in all.chain(clients.patterns.iter().map(|(_, client)| client)) {
            assert!(client.source.starts_with("https://"), "{client:?}");
        }
    }

    #[test]
    fn the_last_list_goes_first() {
        let mut clients = Clients::default();
        let list = |lines: &str| format!("{HEADER}\n{lines}");
        let lines = "a\tx*\tX\ttool\ts\na\t*in*\tIn\ttool\ts\na\tExact\tE\tapp\ts\n";
        clients.add(&list(lines), "one").unwrap();
        let name = |clients: &Clients, column: &str, value: &str| {
            let found = clients.find(column, value);
            found.map(|client| client.name.clone())
        };
        assert_eq!(name(&clients, "a", "X/1.0").as_deref(), Some("X"));
        assert_eq!(name(&clients, "a", "what is IN it").as_deref(), Some("In"));
        assert_eq!(name(&clients, "a", "EXACT").as_deref(), Some("E"));
        assert_eq!(name(&clients, "b", "exact"), None);
        let lines = "a\tx/*\tMine\tours\ts\r\n";
        clients.add(&list(lines), "two").unwrap();
        assert_eq!(name(&clients, "a", "x/1.0").as_deref(), Some("Mine"));
        let wrong = clients.add("a\tb\n\na\tb\tc\td\n", "three").unwrap_err();
        let Error::Config(lines) = wrong else {
            unreachable!("{wrong}")
        };
        assert!(lines[0].starts_with("three:1: ") && lines[1].starts_with("three:3: "));
    }
}
