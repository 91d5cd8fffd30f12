//! Components by their location: the cache of compiled code and of artifacts, keys and signatures.
//!
//! The harness is handed bytes; what is read from a file to let them in is read here. What is read
//! from a registry is read by the crate above, and kept and checked here.
#![forbid(unsafe_code)]

mod cache;
mod location;
pub mod reference;
pub mod signature;

pub use cache::{Artifacts, CodeCache};
pub use location::{Location, RegistryAccess};
pub use reference::Reference;
pub use signature::Trust;
