//! Msgpack: decoding of records, and encoding of answers.

mod json;
mod read;
mod write;

pub(crate) use json::json;
pub(crate) use read::text;
pub(crate) use write::answer;
