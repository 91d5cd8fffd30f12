//! What is publicly known about the clients that logs name.

use std::collections::HashMap;

use crate::error::Error;

/// The list that comes with the component inside.
const INSIDE: &str = include_str!(env!("WEIR_CLIENTS"));
/// What a line of the list has.
const HEADER: &str = "column\tvalue\tname\tkind\tsource";

/// Known clients, by the column that names them and what it says.
#[derive(Debug, Clone, Default)]
pub struct Clients {
    exact: HashMap<(String, String), Client>,
    /// Those known by a part of what the column says.
    parts: Vec<(String, Part, Client)>,
}

/// What is known of one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Client {
    /// What its maker calls it.
    pub name: String,
    /// What kind of client it is, for example `first-party` or `tool`.
    pub kind: String,
    /// Where that is written.
    pub source: String,
}

#[derive(Debug, Clone)]
enum Part {
    Beginning(String),
    Anywhere(String),
}

impl Clients {
    /// Those in the list that comes with the component inside.
    ///
    /// # Errors
    ///
    /// [`Error::Config`], which a test rules out.
    pub fn known() -> Result<Self, Error> {
        let mut clients = Self::default();
        clients.add(INSIDE, "clients.tsv")?;
        Ok(clients)
    }

    /// Adds a list: tab-separated lines `column value name kind source` under a line that says so.
    /// `*` at the end of a value means that it begins so, at both ends that it holds it. What is
    /// known already is known as this says from now on.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with the list's name and the line of everything that is wrong.
    pub fn add(&mut self, list: &str, name: &str) -> Result<(), Error> {
        let mut problems = Vec::new();
        let mut lines = (1..).zip(list.lines());
        if lines
            .next()
            .is_none_or(|(_, line)| line.trim_end() != HEADER)
        {
            problems.push(format!(
                "{name}:1: must be: column, value, name, kind, source, with tabs between them"
            ));
        }
        let mut parts = Vec::new();
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
                name: (*client).to_owned(),
                kind: (*kind).to_owned(),
                source: (*source).to_owned(),
            };
            let (column, value) = ((*column).to_owned(), value.to_lowercase());
            match part(&value) {
                Some(part) => parts.push((column, part, client)),
                None => drop(self.exact.insert((column, value), client)),
            }
        }
        parts.append(&mut self.parts);
        self.parts = parts;
        match problems.is_empty() {
            true => Ok(()),
            false => Err(Error::Config(problems)),
        }
    }

    /// What is known of a client.
    #[must_use]
    pub fn find(&self, column: &str, value: &str) -> Option<&Client> {
        let value = value.to_lowercase();
        let part = || {
            let of_column = self.parts.iter().filter(|(of, ..)| of == column);
            let mut fitting = of_column.filter(|(_, part, _)| match part {
                Part::Beginning(text) => value.starts_with(text),
                Part::Anywhere(text) => value.contains(text),
            });
            fitting.next().map(|(.., client)| client)
        };
        self.exact
            .get(&(column.to_owned(), value.clone()))
            .or_else(part)
    }
}

fn part(value: &str) -> Option<Part> {
    let beginning = value.strip_suffix('*')?;
    Some(match beginning.strip_prefix('*') {
        Some(inside) => Part::Anywhere(inside.to_owned()),
        None => Part::Beginning(beginning.to_owned()),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn the_list_inside_is_right_and_names_its_sources() {
        let clients = Clients::known().unwrap();
        assert!(clients.exact.len() > 100 && clients.parts.len() > 10);
        let all = clients.exact.values();
        for client in all.chain(clients.parts.iter().map(|(.., client)| client)) {
            assert!(client.source.starts_with("https://"), "{client:?}");
            let kinds = ["first-party", "first-party, borrowed", "tool", "library"];
            assert!(kinds.contains(&client.kind.as_str()), "{client:?}");
        }
    }

    #[test]
    fn a_list_of_ones_own_comes_first() {
        let mut clients = Clients::default();
        let list = |lines: &str| format!("{HEADER}\n{lines}");
        clients
            .add(
                &list("a\tx*\tX\ttool\ts\na\t*in*\tIn\ttool\ts\na\tExact\tE\tapp\ts\n"),
                "one",
            )
            .unwrap();
        let name = |clients: &Clients, column: &str, value: &str| {
            clients
                .find(column, value)
                .map(|client| client.name.clone())
        };
        assert_eq!(name(&clients, "a", "X/1.0").as_deref(), Some("X"));
        assert_eq!(name(&clients, "a", "what is IN it").as_deref(), Some("In"));
        assert_eq!(name(&clients, "a", "EXACT").as_deref(), Some("E"));
        assert_eq!(name(&clients, "b", "exact"), None);
        clients
            .add(&list("a\tx/*\tMine\tours\ts\r\n"), "two")
            .unwrap();
        assert_eq!(name(&clients, "a", "x/1.0").as_deref(), Some("Mine"));
        let wrong = clients.add("a\tb\n\na\tb\tc\td\n", "three").unwrap_err();
        let Error::Config(lines) = wrong else {
            unreachable!("{wrong}")
        };
        assert!(lines[0].starts_with("three:1: ") && lines[1].starts_with("three:3: "));
    }
}
