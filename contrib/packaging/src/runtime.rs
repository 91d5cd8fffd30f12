//! What is linked into the command and is no crate.

use std::fs;
use std::process::Command;

use cyclonedx_bom::models::component::Classification;
use cyclonedx_bom::prelude::Component;
use object::elf::{FileHeader64, PT_INTERP};
use object::read::elf::{ElfFile, ProgramHeader};

use crate::{Inputs, Result, named, sbom};

/// Rust's standard library, and the C library where it is inside.
///
/// # Errors
/// When the command cannot be read, or a compiler does not say its version.
pub(crate) fn components(inputs: &Inputs) -> Result<Vec<Component>> {
    let mut found = vec![(
        "rust-std",
        second("rustc", "--version")?,
        "MIT OR Apache-2.0",
    )];
    let bytes = fs::read(inputs.weir).map_err(named(inputs.weir))?;
    if is_static(&bytes) {
        if inputs.target.ends_with("-musl") {
            // It comes with Rust's target, which has no other version than Rust's.
            found.push(("musl", found[0].1.clone(), "MIT"));
        } else {
            let version = second("getconf", "GNU_LIBC_VERSION")?;
            found.push(("glibc", version, "LGPL-2.1-or-later"));
        }
    }
    found
        .into_iter()
        .map(|(name, version, terms)| {
            let reference = Some(name.to_owned());
            let mut component = Component::new(Classification::Library, name, &version, reference);
            component.licenses = Some(sbom::licence(terms)?);
            Ok(component)
        })
        .collect()
}

/// Whether a program is a Linux one that needs no loader, and so no library.
#[must_use]
pub fn is_static(program: &[u8]) -> bool {
    let Ok(elf) = ElfFile::<FileHeader64<object::Endianness>>::parse(program) else {
        return false;
    };
    let endian = elf.endian();
    let needs = |header: &object::elf::ProgramHeader64<_>| header.p_type(endian) == PT_INTERP;
    !elf.elf_program_headers().iter().any(needs)
}

/// The second word of what a program answers, where versions are.
fn second(program: &str, question: &str) -> Result<String> {
    let answer = Command::new(program)
        .arg(question)
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    let text = String::from_utf8(answer.stdout)?;
    let word = text.split_whitespace().nth(1);
    Ok(word
        .ok_or_else(|| format!("{program} {question} says {text:?}"))?
        .to_owned())
}
