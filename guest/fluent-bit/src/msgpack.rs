//! Records in msgpack, and answers in it.

mod json;
mod read;
mod write;

pub(crate) use json::json;
pub(crate) use read::text;
pub(crate) use write::answer;
