//! Alert identifiers: a hash of rule, window and key, so that no component can write over the
//! alerts of another.

use sha2::{Digest, Sha256};

use crate::{KeyPart, Value, Window};

/// The id that the contract gives an alert of this rule, for its window and key: as the number
/// whose 32 hexadecimal digits it is.
pub fn identity(rule: &str, window: Window, key: &[KeyPart]) -> u128 {
    let mut hash = Sha256::new();
    text(&mut hash, rule);
    hash.update(window.start.to_le_bytes());
    hash.update(window.end.to_le_bytes());
    for part in key {
        hash.update([u8::from(part.value.is_some())]);
        if let Some(value) = &part.value {
            add(&mut hash, value);
        }
    }
    let digest = hash.finalize();
    let first = digest.iter().take(16);
    first.fold(0, |id, byte| id << 8 | u128::from(*byte))
}

fn add(hash: &mut Sha256, value: &Value) {
    match value {
        Value::Text(one) => text(hash, one),
        Value::Integer(number) | Value::Timestamp(number) => hash.update(number.to_le_bytes()),
        Value::Number(number) => hash.update(number.to_bits().to_le_bytes()),
        Value::Boolean(truth) => hash.update([u8::from(*truth)]),
        Value::TextList(texts) => {
            length(hash, texts.len());
            texts.iter().for_each(|one| text(hash, one));
        }
        Value::IntegerList(numbers) => {
            length(hash, numbers.len());
            let bytes = numbers.iter().map(|number| number.to_le_bytes());
            bytes.for_each(|bytes| hash.update(bytes));
        }
    }
}

fn text(hash: &mut Sha256, text: &str) {
    length(hash, text.len());
    hash.update(text);
}

fn length(hash: &mut Sha256, length: usize) {
    hash.update((length as u64).to_le_bytes());
}
