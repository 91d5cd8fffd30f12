//! Makes text from logs harmless to terminals.

use std::fmt::Write as _;

/// Escapes control characters, and those that change the direction of text, so
/// that nothing from a log steers the terminal it is shown on.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || steers(character) {
            // Writing to a string does not fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Escapes JSON text, which stays the JSON that it is: such characters stand in its strings
/// only, and are escaped there as JSON does it. Line ends stand between its values.
#[must_use]
pub fn escape_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && (character.is_control() || steers(character)) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a string does not fail.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Bidirectional controls, separators and invisible format characters.
fn steers(character: char) -> bool {
    matches!(u32::from(character),
        0x00ad | 0x061c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f
        | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe007f)
}

/// Shortens text to at most `most` characters, the last being `…` if any is lost.
#[must_use]
pub fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn json_stays_what_it_is_and_steers_nothing() {
        let text = "\u{1b}[31m \u{9b} \u{202e} \u{e0041} \u{2028} \"quoted\" ü\n";
        let json = serde_json::json!({ text: [text, 1] });
        let shown = escape_json(&json.to_string());
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&shown).unwrap(),
            json
        );
        assert_eq!(escape(&shown), shown);
        let pretty = format!("{json:#}\n");
        let lines = escape_json(&pretty);
        assert_eq!(lines.lines().count(), pretty.lines().count());
        assert!(
            shown.contains("\\udb40\\udc41") && shown.contains('ü'),
            "{shown}"
        );
    }
}
