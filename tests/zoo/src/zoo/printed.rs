//! Messages and panic texts of the animals.

use super::animal;
use std::cell::RefCell;
use std::collections::VecDeque;

thread_local! {
    static WAITING: RefCell<VecDeque<String>> = RefCell::default();
}

/// The buffer of a panic's text: the contract's mark, a length, and the text.
static mut PANIC: [u8; 20 + 4096] = [0; 20 + 4096];

/// Prints a message, or too many.
pub(super) fn print() {
    let (count, text) = match animal() {
        "prints-many" => (2000, "again".to_owned()),
        "prints-long" => (1, "x".repeat(5000)),
        "prints-steering" => (1, super::describe::STEERING.to_owned()),
        _ => (3, "a batch came".to_owned()),
    };
    WAITING.with_borrow_mut(|waiting| waiting.extend((0..count).map(|_| text.clone())));
}

pub(super) fn take(max: u32) -> Vec<String> {
    if animal() == "panic-messages" {
        panic!("in messages");
    }
    WAITING.with_borrow_mut(|waiting| {
        let taken = waiting.len().min(max as usize);
        waiting.drain(..taken).collect()
    })
}

/// Fills memory with marks without texts.
fn fill() {
    let length = 4096_u32.to_le_bytes();
    let mark = [&b"weir\0pan"[..], b"ic\0text:", &length, b"\xff"].concat();
    let marks = mark.repeat((24 << 20) / mark.len());
    std::mem::forget(std::hint::black_box(marks));
}

/// Installs panic hooks: some leave a valid text, others an invalid one.
pub(super) fn listen() {
    if !animal().starts_with("told") {
        return;
    }
    std::panic::set_hook(Box::new(|info| {
        if animal() == "told-many" {
            return fill();
        }
        let text = info.to_string();
        let text = &text.as_bytes()[..text.len().min(4096)];
        let length = match animal() {
            "told-long" => 1 << 30,
            _ => text.len() as u32,
        };
        let length = length.to_le_bytes();
        let mark = [&b"weir\0pan"[..], b"ic\0text:"];
        let bytes = mark.into_iter().chain([&length[..], text]).flatten();
        let panic = (&raw mut PANIC).cast::<u8>();
        for (at, byte) in bytes.enumerate() {
            // Nothing here reads it: plain writes would be removed.
            unsafe { panic.add(at).write_volatile(*byte) };
        }
    }));
}
