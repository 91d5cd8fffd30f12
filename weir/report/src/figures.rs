//! Figures for people.

pub(super) use weir_common::numbers::grouped;

/// A number with its noun.
pub(super) fn many(number: u64, one: &str, several: &str) -> String {
    let noun = if number == 1 { one } else { several };
    format!("{} {noun}", grouped(number))
}

/// A figure of a rule: thousands marked, two decimals where there are any.
pub(super) fn figure(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.strip_suffix(".00").unwrap_or(&text);
    let (whole, decimals) = text.split_at(text.find('.').unwrap_or(text.len()));
    let digits = whole.trim_start_matches('-');
    let sign = if text.starts_with('-') && text != "-0" {
        "-"
    } else {
        ""
    };
    let whole = digits.parse().map_or_else(|_| digits.to_owned(), grouped);
    format!("{sign}{whole}{decimals}")
}

/// A figure, or a dash where there is none.
pub(super) fn or_dash(figure: Option<String>) -> String {
    figure.unwrap_or_else(|| "–".to_owned())
}

/// A figure that may be an estimate.
pub(super) fn estimated(value: f64, is_estimate: bool) -> String {
    let about = if is_estimate { "about " } else { "" };
    about.to_owned() + &figure(value)
}

/// A multiple of a threshold, below 100 with one decimal.
pub(super) fn times(multiple: f64) -> String {
    match multiple {
        0.0..100.0 => format!("{multiple:.1} ×"),
        _ => format!("{} ×", figure(multiple.round())),
    }
}

/// Marks the thousands of these figures in a sentence of the detector's. A word that only contains
/// one of them, such as a name, stays.
pub(super) fn grouped_in(sentence: &str, figures: &[f64]) -> String {
    let marked = |word: &str| {
        let number: u64 = word.parse().ok()?;
        let own = number >= 1000 && figures.contains(&(number as f64));
        own.then(|| grouped(number))
    };
    let words = sentence.split(' ').map(|word| {
        let end = word.trim_end_matches([',', '.', ';']);
        let after = word.get(end.len()..).unwrap_or_default();
        marked(end).map_or_else(|| word.to_owned(), |number| number + after)
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_thousands_and_leaves_out_empty_decimals() {
        for (value, shown) in [
            (21.0, "21"),
            (0.4, "0.40"),
            (1_234_567.5, "1,234,567.50"),
            (-1234.0, "-1,234"),
            (1e20, "100000000000000000000"),
        ] {
            assert_eq!(figure(value), shown);
        }
        assert_eq!([times(2.26), times(1234.5)], ["2.3 ×", "1,235 ×"]);
        assert_eq!(many(1, "alert", "alerts"), "1 alert");
        assert_eq!(many(1_234_567, "alert", "alerts"), "1,234,567 alerts");
    }

    #[test]
    fn marks_only_the_figures_of_a_sentence() {
        let sentence = "User 40123 from AS4012 made 4012 calls, 999 of 4012.";
        assert_eq!(
            grouped_in(sentence, &[4012.0, 0.5, 999.0]),
            "User 40123 from AS4012 made 4,012 calls, 999 of 4,012."
        );
    }
}
