//! The definitions in the component's own data.

use crate::format::{self, RuleSpec};
use crate::log::Documents;
use crate::region::MAGIC;
use std::sync::OnceLock;
use weir_detector::component::{RuleSet, Shell};
use weir_detector::definition::RuleOn;

/// The header of [`crate::region`].
#[repr(C)]
struct Header {
    magic: [u8; 16],
    address: u32,
    length: u32,
}

#[used]
static HEADER: Header = Header {
    magic: MAGIC,
    address: 0,
    length: 0,
};

/// The encoded definitions; none in the component as built.
#[allow(unsafe_code, reason = "a compiler wrote the bytes into this memory")]
fn bytes() -> &'static [u8] {
    let header = &raw const HEADER;
    // SAFETY: the header is valid; volatile, since its numbers are set after this was compiled.
    let (address, length) = unsafe {
        (
            (&raw const (*header).address).read_volatile(),
            (&raw const (*header).length).read_volatile(),
        )
    };
    if length == 0 {
        return b"";
    }
    // SAFETY: the compiler appended that many bytes at that address, behind everything that this
    // module's allocator and stack use, and nothing writes there.
    unsafe { std::slice::from_raw_parts(address as usize as *const u8, length as usize) }
}

/// The definitions, decoded once for each instance.
fn specs() -> &'static [RuleSpec] {
    static SPECS: OnceLock<Vec<RuleSpec>> = OnceLock::new();
    SPECS.get_or_init(|| format::decode(bytes()).unwrap_or_else(|why| refuse(&why)))
}

#[allow(
    clippy::panic,
    reason = "its host is to show this, and the contract has no error here"
)]
fn refuse(why: &str) -> ! {
    panic!("the component's definitions: {why}")
}

struct Carried;

impl RuleSet for Carried {
    type Log = Documents;

    fn rules() -> Vec<Box<RuleOn<Documents>>> {
        crate::rules(specs()).unwrap_or_else(|why| refuse(&why))
    }
}

type Component = Shell<Carried>;
weir_detector::model::bindings::export!(Component with_types_in weir_detector::model::bindings);
