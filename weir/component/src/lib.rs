//! Components from files: the cache of compiled code, and the keys and signatures beside them.
//!
//! The harness is handed bytes; what is read from a file to let them in is read here.
#![forbid(unsafe_code)]

mod cache;
pub mod signature;

pub use cache::CodeCache;
pub use signature::Trust;
