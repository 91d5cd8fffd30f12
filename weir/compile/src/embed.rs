//! Puts definitions into the data of the built component.
//!
//! Everything but the memory's size and its data stays as it is, so that the same definitions give
//! the same bytes.

use std::ops::Range;
use wasm_encoder::{
    Component, ConstExpr, DataCountSection, DataSection, MemorySection, MemoryType, Module,
    RawSection,
};
use wasmparser::{BinaryReaderError, Parser, Payload};
use weir_compiled::region::{HEADER, MAGIC};

/// Bytes of a page of memory.
const PAGE: u64 = 65_536;

/// The component with definitions in it.
///
/// # Errors
/// A sentence on why the component takes none.
pub(crate) fn embed(component: &[u8], definitions: &[u8]) -> Result<Vec<u8>, String> {
    let broken = |error: BinaryReaderError| format!("the built component is broken: {error}");
    let mut out = Component::new();
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload.map_err(broken)?;
        match &payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth != 1 {
            continue;
        }
        let Some((id, range)) = payload.as_section() else {
            continue;
        };
        let data = slice(component, &range)?;
        match &payload {
            Payload::ModuleSection { .. } if count(data) > 0 => {
                let module = module(data, definitions)?;
                out.section(&RawSection { id, data: &module });
            }
            _ => {
                out.section(&RawSection { id, data });
            }
        }
    }
    let out = out.finish();
    match count(&out) {
        1 => Ok(out),
        found => Err(format!(
            "the built component has {found} places for definitions, not one"
        )),
    }
}

/// The number of headers in bytes.
fn count(bytes: &[u8]) -> usize {
    bytes
        .windows(MAGIC.len())
        .filter(|part| *part == MAGIC)
        .count()
}

fn slice<'b>(bytes: &'b [u8], range: &Range<usize>) -> Result<&'b [u8], String> {
    bytes
        .get(range.clone())
        .ok_or_else(|| "the built component is cut short".to_owned())
}

/// The module with definitions behind its memory.
fn module(bytes: &[u8], definitions: &[u8]) -> Result<Vec<u8>, String> {
    let broken = |error: BinaryReaderError| format!("the built module is broken: {error}");
    let mut out = Module::new();
    let mut behind = None;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(broken)? {
            Payload::MemorySection(reader) => {
                let mut memories = MemorySection::new();
                for memory in reader {
                    let memory = memory.map_err(broken)?;
                    behind = Some(memory.initial * PAGE);
                    let pages = (definitions.len() as u64).div_ceil(PAGE);
                    memories.memory(MemoryType {
                        minimum: memory.initial + pages,
                        maximum: memory.maximum.map(|most| most + pages),
                        memory64: memory.memory64,
                        shared: memory.shared,
                        page_size_log2: memory.page_size_log2,
                    });
                }
                out.section(&memories);
            }
            Payload::DataCountSection { count, .. } => {
                let count = count + 1;
                out.section(&DataCountSection { count });
            }
            Payload::DataSection(reader) => {
                let address = behind.and_then(|at| u32::try_from(at).ok());
                let address = address.ok_or("the built module has no memory")?;
                let mut segments = DataSection::new();
                for data in reader {
                    let data = data.map_err(broken)?;
                    let raw = slice(bytes, &data.range)?;
                    segments.raw(&with_header(raw, address, definitions.len())?);
                }
                let offset = ConstExpr::i32_const(address.cast_signed());
                segments.active(0, &offset, definitions.iter().copied());
                out.section(&segments);
            }
            payload => {
                if let Some((id, range)) = payload.as_section() {
                    let data = slice(bytes, &range)?;
                    out.section(&RawSection { id, data });
                }
            }
        }
    }
    Ok(out.finish())
}

/// A segment with the numbers of its header set, if it has one.
fn with_header(raw: &[u8], address: u32, length: usize) -> Result<Vec<u8>, String> {
    let mut segment = raw.to_vec();
    let at = raw.windows(MAGIC.len()).position(|part| *part == MAGIC);
    if let Some(at) = at {
        let length = u32::try_from(length).map_err(|_| "the definitions are too large")?;
        let numbers = segment.get_mut(at + MAGIC.len()..at + HEADER);
        let numbers = numbers.ok_or("the built module has half a place for definitions")?;
        for (to, from) in numbers
            .iter_mut()
            .zip([address, length].map(u32::to_le_bytes).concat())
        {
            *to = from;
        }
    }
    Ok(segment)
}
