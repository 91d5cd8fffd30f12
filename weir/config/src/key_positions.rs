//! Line numbers of the keys of a TOML text.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

/// Line numbers by key path, such as `parameters.exceptions[3].source`.
#[derive(Debug, Clone, Default)]
pub struct KeyPositions(BTreeMap<String, usize>);

impl KeyPositions {
    /// Positions in a text, as far as it is valid TOML.
    pub fn of_text(text: &str) -> Self {
        let (table, _) = DeTable::parse_recoverable(text);
        Self::new(text, table.get_ref())
    }

    pub(super) fn new(text: &str, table: &DeTable) -> Self {
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).collect();
        let mut walk = Walk {
            ends,
            lines: BTreeMap::new(),
        };
        walk.table("", table);
        Self(walk.lines)
    }

    /// The line of exactly this key path.
    pub fn get(&self, place: &str) -> Option<usize> {
        self.0.get(place).copied()
    }

    /// The line of a key path, or of the innermost path around it that is known; else 1.
    pub fn of(&self, place: &str) -> usize {
        let mut place = place;
        loop {
            if let Some(line) = self.get(place) {
                return line;
            }
            match place.rfind(['.', '[']) {
                Some(at) => place = &place[..at],
                None => return 1,
            }
        }
    }
}

struct Walk {
    /// Byte offsets of the line ends.
    ends: Vec<usize>,
    lines: BTreeMap<String, usize>,
}

impl Walk {
    fn note(&mut self, place: String, at: usize) {
        let line = 1 + self.ends.partition_point(|end| *end < at);
        self.lines.insert(place, line);
    }

    fn table(&mut self, prefix: &str, table: &DeTable) {
        for (key, value) in table {
            let place = match prefix {
                "" => key.get_ref().to_string(),
                prefix => format!("{prefix}.{}", key.get_ref()),
            };
            self.note(place.clone(), key.span().start);
            self.value(&place, value.get_ref());
        }
    }

    fn value(&mut self, place: &str, value: &DeValue) {
        match value {
            DeValue::Table(table) => self.table(place, table),
            DeValue::Array(array) => {
                for (i, value) in array.iter().enumerate() {
                    let place = format!("{place}[{i}]");
                    self.note(place.clone(), value.span().start);
                    self.value(&place, value.get_ref());
                }
            }
            _ => {}
        }
    }
}
