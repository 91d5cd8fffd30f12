//! Examination of a component before anything of it is compiled or run.

use sha2::{Digest, Sha256};
use wasmparser::{Encoding, Parser, Payload};

use crate::Limits;
use crate::contract::{Interfaces, PACKAGE, REQUIRED, SERVED};
use crate::error::Refusal;

/// Properties of a component's file, found by reading it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Examination {
    /// Length in bytes.
    pub size: u64,
    /// SHA-256 of the bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// Names of all that it imports, types included; as far as it was read.
    pub imports: Vec<String>,
    /// Names of all that it exports; as far as it was read.
    pub exports: Vec<String>,
    /// Whether it was read to its end, so that there are no other imports and exports.
    pub read: bool,
    /// Version of the contract that it speaks; none when it speaks none.
    pub version: Option<String>,
    /// Optional interfaces that it exports; as far as it was read.
    pub interfaces: Interfaces,
    /// Why it is not let in; none when nothing speaks against it so far.
    pub refusal: Option<Refusal>,
}

/// Examines a component without compiling or running it. Never fails: what is
/// wrong is in the answer.
#[must_use]
pub fn examine(bytes: &[u8], limits: &Limits) -> Examination {
    let size = bytes.len() as u64;
    let limit = limits.component_mib << 20;
    let mut found = Examination {
        size,
        sha256: digest(bytes),
        imports: Vec::new(),
        exports: Vec::new(),
        read: false,
        version: None,
        interfaces: Interfaces::default(),
        refusal: None,
    };
    let read = if size > limit {
        Err(Refusal::TooLarge { size, limit })
    } else {
        outline(bytes, limits.function_kib << 10, &mut found)
    };
    found.read = read.is_ok();
    found.version = version(&found.exports);
    found.interfaces = Interfaces::among(&found.exports);
    found.refusal = read.err().or_else(|| judge(&found));
    found
}

/// SHA-256 of some bytes, in lower-case hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// Reads the outermost imports and exports.
fn outline(bytes: &[u8], longest: u64, found: &mut Examination) -> Result<(), Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::NotWasm("it is empty".into()));
    }
    if !bytes.starts_with(b"\0asm") {
        return Err(Refusal::NotWasm("it does not start with `\\0asm`".into()));
    }
    let damaged = |error: wasmparser::BinaryReaderError| Refusal::Damaged(error.to_string());
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(damaged)? {
            Payload::Version { encoding, .. } => {
                if depth == 0 && encoding == Encoding::Module {
                    return Err(Refusal::CoreModule);
                }
                depth += 1;
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    let import = import.map_err(damaged)?;
                    found.imports.push(import.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    let export = export.map_err(damaged)?;
                    found.exports.push(export.name.name.to_owned());
                }
            }
            Payload::CodeSectionEntry(body) => {
                let size = body.range().len() as u64;
                if size > longest {
                    return Err(Refusal::LongFunction {
                        size,
                        limit: longest,
                    });
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The version in the first export of the contract's package.
fn version(exports: &[String]) -> Option<String> {
    exports.iter().find_map(|name| {
        let rest = name.strip_prefix(PACKAGE)?.strip_prefix('/')?;
        let (_, version) = rest.split_once('@')?;
        Some(version.to_owned())
    })
}

fn judge(found: &Examination) -> Option<Refusal> {
    if !found.imports.is_empty() {
        return Some(Refusal::Imports(found.imports.clone()));
    }
    if let Some(version) = &found.version
        && !SERVED.contains(&version.as_str())
    {
        return Some(Refusal::Version {
            found: version.clone(),
            served: SERVED.join(", "),
        });
    }
    // With no version at all, say what the newest served one would ask for.
    let version = found.version.as_deref().or(SERVED.last().copied())?;
    let missing = REQUIRED
        .iter()
        .map(|interface| format!("{PACKAGE}/{interface}@{version}"))
        .find(|wanted| !found.exports.contains(wanted))?;
    Some(Refusal::NoDetector {
        wanted: missing,
        found: found.exports.clone(),
    })
}
