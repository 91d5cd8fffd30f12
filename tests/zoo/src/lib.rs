//! Hostile components, all in one: a test writes the name of an animal over a mark in the
//! compiled bytes, and has that one.
//!
//! Without its sting each is an honest little detector: it counts lines it has not seen, and
//! alerts on every fifth. So a test can say exactly what must be left of a run.
#[cfg(feature = "component")]
mod zoo;

#[cfg(feature = "made")]
mod made;
#[cfg(feature = "sloppy")]
mod sloppy;
