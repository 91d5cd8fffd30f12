//! Hostile components in one binary: a test selects a behaviour, an animal, by writing its name
//! over a mark in the compiled bytes.
//!
//! Apart from its misbehaviour each is an honest small detector: it counts distinct lines, and
//! alerts on every fifth. So a test can state exactly what must be left of a run.
#[cfg(feature = "component")]
mod zoo;

#[cfg(feature = "made")]
mod made;
#[cfg(feature = "sloppy")]
mod sloppy;
