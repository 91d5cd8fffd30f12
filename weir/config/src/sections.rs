//! Sections of the configuration file that the host's keys belong to.

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::{LiveSettings, Shape};
use weir_host::Limits;

/// Advice on a key of the host that is in the wrong section; `None` for other keys.
pub fn belongs(key: &str) -> Option<&'static str> {
    let is_text = || takes::<Shape>(key, Value::String(String::new()));
    match () {
        () if takes::<Limits>(key, Value::Integer(1)) => Some("it belongs under [limits]"),
        () if takes::<LiveSettings>(key, Value::Integer(1)) => Some("it belongs under [live]"),
        () if is_text() || takes::<Shape>(key, Value::Boolean(true)) => {
            Some("it belongs before the first [section] of the file")
        }
        () => None,
    }
}

fn takes<T: DeserializeOwned>(key: &str, value: Value) -> bool {
    Table::from_iter([(key.to_owned(), value)])
        .try_into::<T>()
        .is_ok()
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
