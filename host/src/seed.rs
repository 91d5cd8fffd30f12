//! Randomness for the component's hash tables.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

/// A seed that those who write the logs cannot know. The standard library keys
/// its own hash tables from the system's randomness; this draws on the same.
#[must_use]
pub fn random_seed() -> (u64, u64) {
    let draw = |salt: u64| {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(salt);
        hasher.finish()
    };
    (draw(1), draw(2))
}
