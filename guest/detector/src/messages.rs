//! Messages of a detector's author: what is printed, and the text of a panic.
//!
//! A panic ends the instance, which cannot be called any more. Its text is left in memory behind a
//! mark, where a host finds it: see `wit/messages.wit`.

use std::collections::VecDeque;
use std::sync::Mutex;

/// Most messages that are kept, and longest message in bytes.
const MAX: usize = 1000;
const MAX_MESSAGE_LENGTH: usize = 4096;

/// The mark before the text of a panic. It is assembled when it is written, so that no other place
/// in memory contains it.
const MAGIC: [&[u8]; 3] = [b"weir\0pan", b"ic\0te", b"xt:"];
const HEAD: usize = 20;

static WAITING: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());
static PANIC: Mutex<[u8; HEAD + MAX_MESSAGE_LENGTH]> = Mutex::new([0; HEAD + MAX_MESSAGE_LENGTH]);

/// Prints a message for the operator of the component; the first 1,000 are kept until they are
/// taken, each cut to 4,096 bytes.
pub fn print(message: &str) {
    if let Ok(mut waiting) = WAITING.lock()
        && waiting.len() < MAX
    {
        waiting.push_back(cut(message).to_owned());
    }
}

/// Takes up to `max` messages, oldest first.
pub fn take(max: u32) -> Vec<String> {
    let Ok(mut waiting) = WAITING.lock() else {
        return Vec::new();
    };
    let oldest = std::iter::from_fn(|| waiting.pop_front());
    oldest.take(max as usize).collect()
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_MESSAGE_LENGTH)]
}

/// Installs a panic hook that leaves the text and the location in memory.
#[cfg(feature = "component")]
pub(crate) fn listen() {
    std::panic::set_hook(Box::new(|info| {
        leave(&info.to_string());
    }));
}

/// Writes a panic's text where a host finds it.
#[cfg_attr(
    not(feature = "component"),
    allow(dead_code, reason = "a library's panic unwinds")
)]
fn leave(text: &str) {
    let text = cut(text).as_bytes();
    // At most 4,096 bytes.
    let length = u32::try_from(text.len()).unwrap_or_default().to_le_bytes();
    if let Ok(mut panic) = PANIC.lock() {
        let bytes = { MAGIC.into_iter() }.chain([&length[..], text]).flatten();
        panic
            .iter_mut()
            .zip(bytes)
            .for_each(|(at, byte)| *at = *byte);
        // Nothing here reads it, and the compiler must not remove the write.
        std::hint::black_box(&mut *panic);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panics_text_lies_behind_its_mark() {
        leave(&"é".repeat(3000));
        let panic = PANIC.lock().unwrap();
        assert!(panic.starts_with(b"weir\0panic\0text:\x00\x10\0\0"));
        assert!(std::str::from_utf8(&panic[HEAD..]).is_ok());
    }

    #[test]
    fn messages_are_bounded_and_come_in_order() {
        print(&"x".repeat(5000));
        (0..MAX + 5).for_each(|n| print(&n.to_string()));
        assert_eq!(take(1)[0].len(), MAX_MESSAGE_LENGTH);
        let rest = take(u32::MAX);
        assert_eq!((rest.len(), rest[0].as_str()), (MAX - 1, "0"));
    }
}
