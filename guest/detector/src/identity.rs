//! Ids of alerts as the contract defines them: a function of rule, window and key.
//!
//! A component does not compute them; its host does. This is for users of a detector as a library.

use crate::model::{Alert, KeyPart, Value, Window};
use sha2::{Digest, Sha256};

/// The id of an alert, shared by all of its revisions: 128 bits of a SHA-256 over rule, window and
/// key, each part with its length or presence, in hexadecimal.
#[must_use]
pub fn of(alert: &Alert) -> String {
    of_parts(&alert.rule, alert.window, &alert.key)
}

/// The id of the alert of a rule on a window and a key.
#[must_use]
pub fn of_parts(rule: &str, window: Window, key: &[KeyPart]) -> String {
    let mut hash = Sha256::new();
    text(&mut hash, rule);
    hash.update(window.start.to_le_bytes());
    hash.update(window.end.to_le_bytes());
    for part in key {
        hash.update([u8::from(part.value.is_some())]);
        match &part.value {
            None => {}
            Some(Value::Text(value)) => text(&mut hash, value),
            Some(Value::Integer(number) | Value::Timestamp(number)) => {
                hash.update(number.to_le_bytes());
            }
            Some(Value::Number(number)) => hash.update(number.to_bits().to_le_bytes()),
            Some(Value::Boolean(value)) => hash.update([u8::from(*value)]),
            Some(Value::TextList(texts)) => {
                hash.update((texts.len() as u64).to_le_bytes());
                texts.iter().for_each(|value| text(&mut hash, value));
            }
            Some(Value::IntegerList(numbers)) => {
                hash.update((numbers.len() as u64).to_le_bytes());
                numbers.iter().for_each(|n| hash.update(n.to_le_bytes()));
            }
        }
    }
    let digest = hash.finalize();
    let bytes = digest[..16].iter();
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

fn text(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_le_bytes());
    hash.update(text);
}
