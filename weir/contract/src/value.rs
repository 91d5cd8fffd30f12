//! Values of columns and keys as text and as JSON.

use std::fmt;

use serde_json::{Value as Json, json};
use weir_common::time::iso;

use super::Value;

impl Value {
    /// The value as JSON: times are ISO 8601, and a number that JSON does not have is null.
    #[must_use]
    pub fn json(&self) -> Json {
        match self {
            Self::Text(text) => json!(text),
            Self::Integer(number) => json!(number),
            Self::Number(number) => json!(number),
            Self::Boolean(truth) => json!(truth),
            Self::Timestamp(time) => json!(iso(*time)),
            Self::TextList(list) => json!(list),
            Self::IntegerList(list) => json!(list),
        }
    }
}

/// The value as text: times are ISO 8601, and lists JSON.
impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => out.write_str(text),
            Self::Number(number) => number.fmt(out),
            Self::Timestamp(time) => out.write_str(&iso(*time)),
            other => other.json().fmt(out),
        }
    }
}
