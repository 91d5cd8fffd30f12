//! The Elastic Common Schema, as far as documents are made of it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Map, Value as Json};

/// Below these names fields are the project's, the rules' and the log's.
const OWN: &[&str] = &["weir.", "Esql.", "azure."];
/// Fields of one value by the schema, of which an alert may have several: an index does not tell
/// the two apart.
const SEVERAL: &[&str] = &[
    "rule.reference",
    "source.ip",
    "source.as.organization.name",
    "user_agent.original",
];

/// A field of the schema.
pub(crate) struct Field {
    pub(crate) kind: String,
    is_array: bool,
    /// Values with the types that each expects; any where there are none.
    allowed: Vec<(String, Vec<String>)>,
}

/// The fields, cut out by `tests/schema/ecs.py`.
pub(crate) struct Schema(pub(crate) BTreeMap<String, Field>);

impl Schema {
    pub(crate) const VERSION: &str = "8.17.0";

    pub(crate) fn read() -> Self {
        let text = include_str!("../../../schema/ecs-8.17.0.tsv");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self(lines.map(field).collect())
    }

    /// All that is wrong with a document of flat names.
    pub(crate) fn problems(&self, document: &Map<String, Json>) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut check = |name: &str, holds: bool| {
            if !holds {
                wrong.push(format!("{name}: not as the schema has it"));
            }
        };
        for (name, value) in document {
            if OWN.iter().any(|own| name.starts_with(own)) {
                continue;
            }
            let Some(field) = self.0.get(name) else {
                check(&format!("{name} (unknown)"), false);
                continue;
            };
            let values = several(value);
            let many = field.is_array || SEVERAL.contains(&&**name);
            check(name, !value.is_array() || many);
            for value in values {
                check(name, fits(&field.kind, value));
                let allowed = field.allowed.iter().map(|(name, _)| name.as_str());
                let mut allowed = allowed.filter(|name| value.as_str() == Some(name));
                check(name, field.allowed.is_empty() || allowed.next().is_some());
            }
        }
        check("ecs.version", document["ecs.version"] == Self::VERSION);
        // A type is one that a category of the event expects.
        let categories = self.0["event.category"].allowed.iter().filter(|(name, _)| {
            let of = document.get("event.category").map(several);
            of.is_some_and(|of| of.iter().any(|value| value.as_str() == Some(name)))
        });
        let expected: Vec<&String> = categories.flat_map(|(_, types)| types).collect();
        for value in document.get("event.type").map(several).unwrap_or_default() {
            check(
                "event.type",
                expected.iter().any(|it| value.as_str() == Some(it)),
            );
        }
        wrong
    }
}

fn field(line: &str) -> (String, Field) {
    let mut parts = line.split('\t');
    let mut next = || parts.next().unwrap_or_default().to_owned();
    let (name, kind, normalization, allowed) = (next(), next(), next(), next());
    let allowed = allowed.split_whitespace().map(|value| {
        let (name, types) = value.split_once(':').unwrap_or((value, ""));
        let types = types.split(',').map(str::to_owned).collect();
        (name.to_owned(), types)
    });
    let field = Field {
        kind,
        is_array: normalization == "array",
        allowed: allowed.collect(),
    };
    (name, field)
}

/// A list's values, or the one.
pub(crate) fn several(value: &Json) -> Vec<&Json> {
    match value {
        Json::Array(values) => values.iter().collect(),
        value => vec![value],
    }
}

/// Whether an index takes a value for a field of this type, and shows it as what it is.
pub(crate) fn fits(kind: &str, value: &Json) -> bool {
    let text = value.as_str();
    match kind {
        "keyword" | "match_only_text" | "text" => text.is_some_and(|text| !text.is_empty()),
        "long" => value.is_i64(),
        "float" | "double" => value.is_number(),
        "boolean" => value.is_boolean(),
        "ip" => text.is_some_and(|text| text.parse::<IpAddr>().is_ok()),
        "date" => text.is_some_and(|text| {
            let digits = |c: char| if c.is_ascii_digit() { '0' } else { c };
            text.chars().map(digits).collect::<String>() == "0000-00-00T00:00:00.000Z"
        }),
        _ => false,
    }
}
