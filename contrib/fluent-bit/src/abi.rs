//! The module's exports: memory for Fluent Bit's copies, and one function for each format of
//! records. The one file with unsafe code: addresses and lengths are trusted to the host.
#![allow(
    unsafe_code,
    reason = "the host hands over addresses, and takes one back"
)]

use crate::filter::{Answer, Filter, Format, Time};
use crate::{ASN_DB, MAX_RECORD_LENGTH, SETTINGS, TICK_TAG};
use std::alloc::{Layout, alloc, dealloc};
use std::cell::{Cell, RefCell};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::{ptr, slice};

/// Bytes before each allocation, which hold its size.
const HEAD: usize = 8;

thread_local! {
    /// None before the first call, and during a call: a later call that finds None follows one that
    /// ended in a trap.
    static FILTER: Cell<Option<Box<Filter>>> = const { Cell::new(None) };
    static STARTS: Cell<u32> = const { Cell::new(0) };
    /// The last answer, which the host copies before it calls again.
    static ANSWER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

fn layout(size: usize) -> Option<Layout> {
    Layout::from_size_align(size + HEAD, HEAD).ok()
}

/// Allocates memory for the host. Null for more than a record with its zero byte: the host then
/// calls without an address.
#[unsafe(no_mangle)]
extern "C" fn malloc(size: usize) -> *mut u8 {
    if size > MAX_RECORD_LENGTH + 1 {
        return ptr::null_mut();
    }
    let Some(layout) = layout(size) else {
        return ptr::null_mut();
    };
    // SAFETY: the layout is larger than nothing, and the head is inside and aligned.
    unsafe {
        let at = alloc(layout);
        if at.is_null() {
            return at;
        }
        at.cast::<usize>().write(size);
        at.add(HEAD)
    }
}

/// Frees an allocation of `malloc`; a null address is ignored.
#[unsafe(no_mangle)]
unsafe extern "C" fn free(at: *mut u8) {
    if at.is_null() {
        return;
    }
    // SAFETY: the host frees what `malloc` gave it, once; the head has the size of its layout.
    unsafe {
        let at = at.sub(HEAD);
        if let Some(layout) = layout(at.cast::<usize>().read()) {
            dealloc(at, layout);
        }
    }
}

/// Records as JSON (`event_format json`); the answer is JSON, or none.
#[unsafe(no_mangle)]
unsafe extern "C" fn weir(
    tag: *const u8,
    tag_length: usize,
    seconds: u32,
    nanoseconds: u32,
    record: *const u8,
    length: usize,
) -> *const u8 {
    // SAFETY: as this function's own.
    unsafe {
        call(
            Format::Json,
            (tag, tag_length),
            (seconds, nanoseconds),
            (record, length),
        )
    }
}

/// Records as msgpack (`event_format msgpack`); the answer is msgpack, or none.
#[unsafe(no_mangle)]
unsafe extern "C" fn weir_msgpack(
    tag: *const u8,
    tag_length: usize,
    seconds: u32,
    nanoseconds: u32,
    record: *const u8,
    length: usize,
) -> *const u8 {
    // SAFETY: as this function's own.
    unsafe {
        call(
            Format::Msgpack,
            (tag, tag_length),
            (seconds, nanoseconds),
            (record, length),
        )
    }
}

/// # Safety
/// Each address is null or has so many bytes; in JSON a zero byte follows the record.
unsafe fn call(
    format: Format,
    tag: (*const u8, usize),
    (seconds, nanoseconds): (u32, u32),
    (address, length): (*const u8, usize),
) -> *const u8 {
    // SAFETY: the caller's.
    let (tag, record) = unsafe { (bytes(tag), bytes((address, length))) };
    let time = Time {
        seconds,
        nanoseconds,
    };
    let mut filter = FILTER.take().unwrap_or_else(|| {
        let starts = STARTS.get();
        STARTS.set(starts + 1);
        let mut filter = Filter::new(SETTINGS, ASN_DB, seed(&(tag, seconds, nanoseconds, record)));
        if starts > 0 {
            filter.restarted(starts);
        }
        Box::new(filter)
    });
    let answer = match record {
        None => {
            filter.lost(length);
            Answer::Drop
        }
        Some(record) if tag == Some(TICK_TAG.as_bytes()) => filter.tick(format, time, record),
        Some(record) => filter.event(format, record),
    };
    FILTER.set(Some(filter));
    match answer {
        // The host's own copy, and the zero byte behind it.
        Answer::Keep => address,
        Answer::Drop => ptr::null(),
        Answer::Text(mut text) => ANSWER.with_borrow_mut(|answer| {
            text.push(0);
            *answer = text;
            answer.as_ptr()
        }),
    }
}

/// # Safety
/// The address is null or has so many bytes, for as long as the call goes on.
unsafe fn bytes<'a>((address, length): (*const u8, usize)) -> Option<&'a [u8]> {
    // SAFETY: the caller's.
    (!address.is_null()).then(|| unsafe { slice::from_raw_parts(address, length) })
}

/// A seed without a source of randomness: the first call's time in nanoseconds, which a caller of
/// the logged service can hardly know.
fn seed(first: &impl Hash) -> (u64, u64) {
    let half = |which: u8| {
        let mut hasher = DefaultHasher::new();
        (which, first).hash(&mut hasher);
        hasher.finish()
    };
    (half(0), half(1))
}
