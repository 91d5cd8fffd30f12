//! Seeds of the component's hash tables: drawn or given.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

/// A seed that those who write the logs cannot know. The standard library keys
/// its own hash tables from the system's randomness; this draws on it too.
#[must_use]
pub fn random_seed() -> (u64, u64) {
    let draw = |salt: u64| {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(salt);
        hasher.finish()
    };
    (draw(1), draw(2))
}

/// Reads a seed: up to 32 hexadecimal digits.
///
/// # Errors
///
/// The expected form, in a few words.
pub fn read_seed(text: &str) -> Result<(u64, u64), String> {
    let wrong = || "must be 1 to 32 hexadecimal digits, such as 5eed".to_owned();
    if text.is_empty() || text.len() > 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    let number = u128::from_str_radix(text, 16).map_err(|_| wrong())?;
    seed(&number.to_be_bytes()).ok_or_else(wrong)
}

/// The seed in the first 16 bytes; `None` of fewer.
#[must_use]
pub fn seed(bytes: &[u8]) -> Option<(u64, u64)> {
    let (first, rest) = bytes.split_first_chunk()?;
    let (second, _) = rest.split_first_chunk()?;
    Some((u64::from_be_bytes(*first), u64::from_be_bytes(*second)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_hexadecimal() {
        assert_eq!(read_seed("5eed"), Ok((0, 0x5eed)));
        let longest = "000000000000000a000000000000000B";
        assert_eq!(read_seed(longest), Ok((10, 11)));
        for text in [
            "",
            "0x5",
            "+5",
            "g",
            "5 ",
            "000000000000000a000000000000000B0",
        ] {
            assert!(read_seed(text).is_err(), "{text}");
        }
    }
}
