//! Excerpts of two values around their differences.

use serde_json::Value as Json;

/// Longest text of a value, in characters.
const LONGEST: usize = 96;
/// Characters that are kept before the first that differs.
const BEFORE: usize = 24;
/// Most values of a list that are shown of each side.
const MOST: usize = 10;

/// Values that are expected and not found, and found and not expected: of lists, the values that
/// only one of them has.
pub(super) fn apart(want: Option<&Json>, have: Option<&Json>) -> (Vec<String>, Vec<String>) {
    let is_list = |value: Option<&Json>| value.is_some_and(Json::is_array);
    if !is_list(want) && !is_list(have) {
        return pair(text(want), text(have));
    }
    // One value is no list, by the form of the alerts.
    let (mut missing, mut extra) = (values(want), values(have));
    missing.retain(
        |value| match extra.iter().position(|other| other == value) {
            Some(at) => {
                extra.remove(at);
                false
            }
            None => true,
        },
    );
    match (missing.as_slice(), extra.as_slice()) {
        ([], []) => pair(text(want), text(have)),
        ([one], [other]) => pair(vec![one.to_string()], vec![other.to_string()]),
        _ => (list(&missing), list(&extra)),
    }
}

fn values(value: Option<&Json>) -> Vec<Json> {
    match value {
        None => Vec::new(),
        Some(Json::Array(all)) => all.clone(),
        Some(one) => vec![one.clone()],
    }
}

fn text(value: Option<&Json>) -> Vec<String> {
    value.iter().map(|value| value.to_string()).collect()
}

/// Two texts beside each other, cut around the first difference.
fn pair(want: Vec<String>, have: Vec<String>) -> (Vec<String>, Vec<String>) {
    let same = match (want.first(), have.first()) {
        (Some(want), Some(have)) => {
            let both = want.chars().zip(have.chars());
            both.take_while(|(one, other)| one == other).count()
        }
        _ => 0,
    };
    let cut = |texts: Vec<String>| texts.iter().map(|text| around(text, same)).collect();
    (cut(want), cut(have))
}

fn list(values: &[Json]) -> Vec<String> {
    let shown = values.iter().take(MOST);
    let mut shown: Vec<String> = shown.map(|value| around(&value.to_string(), 0)).collect();
    let more = values.len().saturating_sub(MOST);
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    shown
}

/// Text around a place, if it is too long to be shown whole.
fn around(text: &str, place: usize) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let from = place.saturating_sub(BEFORE);
    let start = if from > 0 { "…" } else { "" };
    let rest: String = text.chars().skip(from).collect();
    format!("{start}{}", weir_common::escape::shorten(&rest, LONGEST))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn says(want: &Json, have: &Json) -> String {
        let (missing, extra) = apart(Some(want), Some(have));
        format!("-{} +{}", missing.join(" -"), extra.join(" +"))
    }

    #[test]
    fn of_lists_only_what_one_of_them_has_is_shown() {
        assert_eq!(
            says(&json!(["a", "b", "c"]), &json!(["b", "d"])),
            r#"-"a" -"c" +"d""#
        );
        // A single value is the list of it.
        assert_eq!(says(&json!("a"), &json!(["a", "b"])), r#"- +"b""#);
        assert_eq!(says(&json!([1, 1]), &json!([1])), "-1 +");
        // The same in another order.
        assert_eq!(says(&json!([1, 2]), &json!([2, 1])), "-[1,2] +[2,1]");
        let many: Vec<u32> = (0..100).collect();
        assert!(says(&json!(many), &json!([])).contains("-9 -and 90 more"));
    }

    #[test]
    fn long_values_are_cut_around_the_first_difference() {
        let text = |middle: &str| json!(format!("{}{middle}{}", "x".repeat(500), "y".repeat(500)));
        let shown = says(&text("one"), &text("two"));
        assert!(
            shown.contains("xxxoney") && shown.contains("xxxtwoy"),
            "{shown}"
        );
        assert!(shown.chars().count() < 250, "{shown}");
        assert!(shown.starts_with("-…x"), "{shown}");
    }
}
