//! Lists of numbers in a parameter's text.

use weir_detector::config::list;

/// Parses a list of network numbers.
///
/// # Errors
/// When a value is no number of an autonomous system.
pub fn networks(text: &str) -> Result<Vec<i64>, String> {
    let number = |item: &str| match item.parse::<u32>() {
        Ok(number) => Ok(i64::from(number)),
        Err(_) => Err(format!("{item} is not the number of a network")),
    };
    list(text).map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_are_networks() {
        assert_eq!(networks("1, 4294967295  7"), Ok(vec![1, 4_294_967_295, 7]));
        for bad in ["AS1", "-1", "1.5", "4294967296"] {
            assert!(networks(bad).is_err(), "{bad}");
        }
    }
}
