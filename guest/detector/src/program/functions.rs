//! The functions of the table, by what they are about.
//!
//! Each is called with arguments of the types that the table says; nulls and several values are
//! seen where it says so.

pub(crate) mod compare;
pub(crate) mod logic;
pub(crate) mod many;
pub(crate) mod math;
pub(crate) mod texts;
pub(crate) mod times;
