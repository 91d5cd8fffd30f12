//! Fixture cases.
