//! Validation of the module against Fluent Bit's runtime and the limits of its process.

use super::{FUNCTIONS, MEMORY};
use std::error::Error;
use wasmparser::types::TypesRef;
use wasmparser::{
    Encoding, ExternalKind, FuncType, Parser, Payload, ValType, Validator, WasmFeatures,
};

/// Size of a page of memory, in bytes.
const PAGE: u64 = 64 << 10;

/// The features of WAMR in Fluent Bit 4.1 and 5: everything before SIMD.
fn features() -> WasmFeatures {
    WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::FLOATS
        | WasmFeatures::GC_TYPES
}

/// Checks a module: no import, the functions with their types, a maximum of memory, and
/// nothing that the runtime lacks.
///
/// # Errors
/// The first problem of the module.
pub fn check(bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    let types = Validator::new_with_features(features()).validate_all(bytes)?;
    let types = types.as_ref();
    let mut exported = Vec::new();
    let mut memories = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::Version { encoding, .. } if encoding != Encoding::Module => {
                return Err("it is a component, and Fluent Bit takes core modules only".into());
            }
            Payload::ImportSection(section) => {
                if let Some(import) = section.into_iter().next() {
                    let import = import?;
                    return Err(format!("it must import nothing, and it imports {import:?}").into());
                }
            }
            Payload::StartSection { .. } => {
                return Err("it runs code when it is loaded, before anybody asks".into());
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    memories.push(memory?.maximum);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        exported.push((export.name, function(types, export.index)));
                    }
                }
            }
            _ => {}
        }
    }
    for (name, wanted) in FUNCTIONS {
        match exported.iter().find(|(exported, _)| *exported == name) {
            Some((_, found)) if found == wanted => {}
            Some((_, found)) => return Err(format!("{name} is {found}, not {wanted}").into()),
            None => return Err(format!("it does not export {name}").into()),
        }
    }
    if memories != [Some(MEMORY / PAGE)] {
        return Err(format!("its memory has the maximum {memories:?} in pages").into());
    }
    Ok(())
}

/// A function's type as text.
fn function(types: TypesRef, index: u32) -> String {
    let id = types.core_function_at(index);
    let list = |types: &[ValType]| {
        let names: Vec<String> = types.iter().map(ToString::to_string).collect();
        names.join(" ")
    };
    let of = |function: &FuncType| {
        format!(
            "({}) -> ({})",
            list(function.params()),
            list(function.results())
        )
    };
    of(types[id].unwrap_func())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    /// The problem of a module with these sections.
    fn said(sections: &[u8]) -> String {
        let module = [b"\0asm\x01\0\0\0", sections].concat();
        check(&module).unwrap_err().to_string()
    }

    #[test]
    fn refuses_modules_that_fluent_bit_cannot_run() {
        let import = b"\x01\x04\x01\x60\0\0\x02\x07\x01\x01a\x01b\0\0";
        assert!(said(import).starts_with("it must import nothing"));
        assert_eq!(said(b""), "it does not export malloc");
        let vector = b"\x01\x05\x01\x60\0\x01\x7b";
        assert!(said(vector).contains("SIMD"), "{}", said(vector));
        assert!(check(b"\0asm\x0d\0\x01\0").is_err(), "a component");
    }
}
