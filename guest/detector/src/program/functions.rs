//! The implementations of the functions, by subject.
//!
//! Each is called with arguments of the types in the table; nulls and several values reach it only
//! if the table says so.

pub(crate) mod codecs;
pub(crate) mod compare;
pub(crate) mod expressions;
pub(crate) mod lists;
pub(crate) mod logic;
pub(crate) mod many;
pub(crate) mod math;
pub(crate) mod texts;
pub(crate) mod times;
pub(crate) mod words;
