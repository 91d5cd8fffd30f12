//! The place of the definitions in a built component.
//!
//! The component's data has one header: [`MAGIC`], then the address and the length of the encoded
//! definitions in its memory, both little-endian and of 32 bits. As built both are 0. A compiler
//! appends the definitions behind the initial memory, and sets the two numbers.

/// The first bytes of the header.
pub const MAGIC: [u8; 16] = *b"weir:definitions";

/// The length of the header in bytes.
pub const HEADER: usize = MAGIC.len() + 8;
