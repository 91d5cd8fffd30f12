//! Sections of the configuration file that the host's keys belong to.

use super::{KEYS, Key, LiveSettings};
use weir_common::number_key::NumberKey;
use weir_host::Limits;

/// Advice on a key of the host that is in the wrong section; `None` for other keys.
pub fn belongs(key: &str) -> Option<&'static str> {
    let is_in = |keys: &[NumberKey]| keys.iter().any(|known| known.name == key);
    let is_section = |known: &Key| known.form.starts_with("section");
    match () {
        () if is_in(Limits::KEYS) => Some("it belongs under [limits]"),
        () if is_in(LiveSettings::KEYS) => Some("it belongs under [live]"),
        () if KEYS
            .iter()
            .any(|known| known.name == key && !is_section(known)) =>
        {
            Some("it belongs before the first [section] of the file")
        }
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_host_are_known_wherever_they_stand() {
        assert_eq!(belongs("memory_mib"), Some("it belongs under [limits]"));
        assert_eq!(
            belongs("idle_timeout_seconds"),
            Some("it belongs under [live]")
        );
        let top = Some("it belongs before the first [section] of the file");
        assert_eq!(belongs("asn_db"), top);
        assert_eq!(belongs("cache"), top);
        assert_eq!(belongs("min_errors"), None);
    }
}
