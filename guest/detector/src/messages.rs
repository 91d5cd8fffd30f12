//! Messages of a detector's author: what [`debug!`](crate::debug) says, and the text of a panic.
//!
//! A message is kept only where a host has asked for messages, and is not even formatted elsewhere.
//!
//! A panic ends the instance, which cannot be called any more. Its text is left in memory behind a
//! mark, where a host finds it: see `wit/messages.wit`.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Most messages that are kept, and longest message in bytes.
const MAX: usize = 1000;
const MAX_MESSAGE_LENGTH: usize = 4096;

/// The mark before the text of a panic. It is assembled when it is written, so that no other place
/// in memory contains it.
const MAGIC: [&[u8]; 3] = [b"weir\0pan", b"ic\0te", b"xt:"];
const HEAD: usize = 20;

/// Messages that wait to be taken.
struct Waiting {
    kept: VecDeque<String>,
    /// Number of those for which there was no room.
    lost: u64,
}

static WANTED: AtomicBool = AtomicBool::new(false);
static WAITING: Mutex<Waiting> = Mutex::new(Waiting {
    kept: VecDeque::new(),
    lost: 0,
});
static PANIC: Mutex<[u8; HEAD + MAX_MESSAGE_LENGTH]> = Mutex::new([0; HEAD + MAX_MESSAGE_LENGTH]);

/// Says something to the author of the rule who looks on, as with `weir run --debug`; formatted as
/// [`format!`] does it. Elsewhere nothing is formatted, and the message is not kept: the cost is that
/// of a test. Between two calls of the host the first 999 messages are kept, each cut to 4,096 bytes.
///
/// ```
/// let path = "/users";
/// weir_detector::debug!("a path that is not known: {path}");
/// ```
#[macro_export]
macro_rules! debug {
    ($($argument:tt)+) => {
        if $crate::messages::are_wanted() {
            $crate::messages::keep(::core::format_args!($($argument)+));
        }
    };
}

/// Whether a host has asked for messages.
#[must_use]
#[inline]
pub fn are_wanted() -> bool {
    WANTED.load(Ordering::Relaxed)
}

/// Keeps a message until it is taken.
#[cold]
pub fn keep(message: fmt::Arguments<'_>) {
    // Before the lock: a value's own formatting may say something, too.
    let mut text = Cut(String::new());
    // An error is that there is no more room, or that of a value's own formatting.
    let _ = text.write_fmt(message);
    let Ok(mut waiting) = WAITING.lock() else {
        return;
    };
    // One more says how many were lost.
    if waiting.kept.len() + 1 >= MAX {
        waiting.lost += 1;
        return;
    }
    waiting.kept.push_back(text.0);
}

/// Takes up to `max` messages, oldest first. From the first call on messages are kept.
pub fn take(max: u32) -> Vec<String> {
    WANTED.store(true, Ordering::Relaxed);
    let Ok(mut waiting) = WAITING.lock() else {
        return Vec::new();
    };
    let count = waiting.kept.len().min(max as usize);
    let mut taken: Vec<String> = waiting.kept.drain(..count).collect();
    if waiting.lost > 0 && count < max as usize {
        let lost = std::mem::take(&mut waiting.lost);
        taken.push(format!("(and {lost} more messages, which were not kept)"));
    }
    taken
}

/// A text that takes no more than the longest message.
struct Cut(String);

impl fmt::Write for Cut {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let room = MAX_MESSAGE_LENGTH - self.0.len();
        let fits = part.floor_char_boundary(room);
        self.0.push_str(&part[..fits]);
        match fits == part.len() {
            true => Ok(()),
            false => Err(fmt::Error),
        }
    }
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

    /// The messages are the process's: this is the one test that has any.
    #[test]
    fn messages_are_kept_once_asked_for_bounded_and_in_order() {
        let mut formatted = 0;
        let mut count = || {
            formatted += 1;
            formatted
        };
        crate::debug!("{}", count());
        assert_eq!(take(u32::MAX), [] as [String; 0]);
        crate::debug!("{}{}", count(), "é".repeat(5000));
        (0..MAX + 5).for_each(|n| crate::debug!("{n}"));
        let first = take(1).remove(0);
        assert!(first.starts_with("1é") && first.len() == MAX_MESSAGE_LENGTH - 1);
        let rest = take(u32::MAX);
        assert_eq!((rest.len(), rest[0].as_str()), (MAX - 1, "0"));
        assert!(rest[MAX - 2].contains(" 7 more "), "{}", rest[MAX - 2]);
        assert_eq!(take(u32::MAX), [] as [String; 0]);
    }
}
