//! Builds the guest as a component, checks that it imports nothing, and hands its bytes to the
//! library for embedding, with what is known of the values in the logs that it reads.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[path = "build/component.rs"]
mod component;

/// The package of the rules on the log.
const PACKAGE: &str = "aadgraph-rules";
/// What the component is called.
const NAME: &str = "aadgraph";
/// The package of the component that compiled rules run in.
const COMPILED: &str = "weir-compiled";

/// The rules by which it judges where none is named, with commas between.
const RULES: &str = "high-4xx";
/// Lists that the crate of its log has: the variable that names each to the library, and the file.
const LISTS: [(&str, &str); 2] = [
    ("WEIR_CLIENTS", "guest/aadgraph/data/clients.tsv"),
    ("WEIR_LEADS", "guest/aadgraph/data/leads.tsv"),
];

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: cannot build the embedded component: {error}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    let package = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let workspace = { package.ancestors() }
        .find(|folder| folder.join("wit").is_dir())
        .ok_or("no folder above this package has the contract, wit/")?;
    let out = PathBuf::from(variable("OUT_DIR")?);
    for watched in [
        "guest/aadgraph",
        "guest/compiled",
        "guest/detector",
        "guest/rules",
        "wit",
        "Cargo.toml",
        "Cargo.lock",
    ] {
        println!(
            "cargo::rerun-if-changed={}",
            workspace.join(watched).display()
        );
    }
    println!("cargo::rustc-env=WEIR_RULES={RULES}");
    for (variable, list) in LISTS {
        let list = workspace.join(list);
        println!("cargo::rustc-env={variable}={}", list.display());
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build/component.rs");

    let guest = component::folder(workspace, &out.join("guest"));
    let bytes = carry(workspace, &guest, &out, PACKAGE, "WEIR_COMPONENT")?;
    carry(workspace, &guest, &out, COMPILED, "WEIR_COMPILED")?;
    // A copy at a place that people and tests can name. A read-only checkout is
    // no reason to fail: the embedded bytes are the ones that count.
    let folder = workspace.join("target");
    if let Err(error) = fs::create_dir_all(&folder)
        .and_then(|()| fs::write(folder.join(format!("{NAME}.wasm")), &bytes))
    {
        println!(
            "cargo::warning=no copy of the component in {}: {error}",
            folder.display()
        );
    }
    Ok(())
}

/// Builds a package as a component that the library carries, and names it by a variable; returns its
/// bytes.
fn carry(
    workspace: &Path,
    guest: &Path,
    out: &Path,
    package: &str,
    variable: &str,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let built = component::compile(workspace, package, guest)?;
    let bytes = fs::read(&built).map_err(|error| format!("{}: {error}", built.display()))?;
    let imports = imports(&bytes)?;
    if !imports.is_empty() {
        return Err(format!(
            "the component must import nothing, and {package} imports {}",
            imports.join(", ")
        )
        .into());
    }
    let embedded = out.join(format!("{package}.wasm"));
    fs::write(&embedded, &bytes)?;
    println!("cargo::rustc-env={variable}={}", embedded.display());
    Ok(bytes)
}

/// Names of everything that the component asks of its host, types included.
fn imports(bytes: &[u8]) -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    let mut depth = 0_u32;
    for payload in wasmparser::Parser::new(0).parse_all(bytes) {
        match payload? {
            wasmparser::Payload::Version { encoding, .. } => {
                if depth == 0 && encoding != wasmparser::Encoding::Component {
                    return Err("the linker made a core module and no component".into());
                }
                depth += 1;
            }
            wasmparser::Payload::End(_) => depth = depth.saturating_sub(1),
            wasmparser::Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    names.push(import?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(names)
}

fn variable(name: &str) -> Result<String, Box<dyn Error>> {
    env::var(name).map_err(|error| format!("{name}: {error}").into())
}
