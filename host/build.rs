//! Builds the guest as a component, checks that it imports nothing, and hands
//! its bytes to the library for embedding.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The guest's package.
const PACKAGE: &str = "aadgraph-4xx";
/// What the guest is compiled to: no system interface at all.
const TARGET: &str = "wasm32-unknown-unknown";
/// Cargo profile of the shipped guest, set in the workspace's manifest.
const PROFILE: &str = "component";

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
    let host = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let workspace = host.parent().ok_or("the host crate has no parent folder")?;
    let out = PathBuf::from(variable("OUT_DIR")?);
    for watched in [
        "guest/src",
        "guest/Cargo.toml",
        "wit",
        "Cargo.toml",
        "Cargo.lock",
    ] {
        println!(
            "cargo::rerun-if-changed={}",
            workspace.join(watched).display()
        );
    }
    println!("cargo::rerun-if-changed=build.rs");

    let built = compile(workspace, &out.join("guest"))?;
    let bytes = fs::read(&built).map_err(|error| format!("{}: {error}", built.display()))?;
    let imports = imports(&bytes)?;
    if !imports.is_empty() {
        return Err(format!(
            "the component must import nothing, and it imports {}",
            imports.join(", ")
        )
        .into());
    }
    let embedded = out.join("component.wasm");
    fs::write(&embedded, &bytes)?;
    println!("cargo::rustc-env=WEIR_COMPONENT={}", embedded.display());
    // A copy at a place that people and tests can name. A read-only checkout is
    // no reason to fail: the embedded bytes are the ones that count.
    let folder = workspace.join("target");
    if let Err(error) = fs::create_dir_all(&folder)
        .and_then(|()| fs::write(folder.join(format!("{PACKAGE}.wasm")), &bytes))
    {
        println!(
            "cargo::warning=no copy of the component in {}: {error}",
            folder.display()
        );
    }
    Ok(())
}

/// Runs cargo on the guest in a target folder of its own, so that this cargo and
/// the one that waits for it never want the same lock.
fn compile(workspace: &Path, target: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let rustc = variable("RUSTC")?;
    let sysroot = sysroot(&rustc)?;
    if !sysroot.join("lib/rustlib").join(TARGET).exists() {
        return Err(format!(
            "the target {TARGET} is not installed; run: rustup target add {TARGET}"
        )
        .into());
    }
    let mut cargo = Command::new(variable("CARGO")?);
    // What the outer build was told about flags and wrappers is about the host.
    for (name, _) in env::vars() {
        let foreign = ["RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"];
        if foreign.contains(&name.as_str())
            || name.starts_with("CARGO_ENCODED_")
            || name.starts_with("CARGO_PROFILE_")
            || name.starts_with("CARGO_BUILD_")
            || name.starts_with("CARGO_TARGET_")
            || name.starts_with("CARGO_CFG_")
            || name.starts_with("CARGO_FEATURE_")
            || name.starts_with("CARGO_PKG_")
            || name.starts_with("CARGO_LLVM_COV")
            || name == "LLVM_PROFILE_FILE"
        {
            cargo.env_remove(name);
        }
    }
    let status = cargo
        .current_dir(workspace)
        .env("RUSTC", &rustc)
        .env(
            "CARGO_ENCODED_RUSTFLAGS",
            flags(workspace, &sysroot).join("\u{1f}"),
        )
        .args(["rustc", "--locked", "--lib", "--crate-type", "cdylib"])
        .args(["--package", PACKAGE, "--features", "component"])
        .args(["--profile", PROFILE, "--target", TARGET, "--target-dir"])
        .arg(target)
        .status()?;
    if !status.success() {
        return Err(format!("cargo ended with {status} while it built {PACKAGE}").into());
    }
    let file = format!("{}.wasm", PACKAGE.replace('-', "_"));
    Ok(target.join(TARGET).join(PROFILE).join(file))
}

/// The compiler's flags. Paths are rewritten so that the same sources give the
/// same bytes in any folder of any machine.
fn flags(workspace: &Path, sysroot: &Path) -> Vec<String> {
    let mut flags: Vec<String> = [
        "-Clinker=wasm-component-ld",
        "-Ctarget-feature=+simd128,+bulk-memory",
    ]
    .map(String::from)
    .to_vec();
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| {
        env::var_os("HOME")
            .or_else(|| env::var_os("USERPROFILE"))
            .map(|home| PathBuf::from(home).join(".cargo"))
    });
    // The last match wins, so the widest prefix comes first.
    if let Some(home) = home {
        flags.push(format!("--remap-path-prefix={}=/cargo", home.display()));
    }
    flags.push(format!("--remap-path-prefix={}=/rust", sysroot.display()));
    flags.push(format!("--remap-path-prefix={}=/weir", workspace.display()));
    flags
}

fn sysroot(rustc: &str) -> Result<PathBuf, Box<dyn Error>> {
    let answer = Command::new(rustc).args(["--print", "sysroot"]).output()?;
    if !answer.status.success() {
        return Err(format!("`{rustc} --print sysroot` ended with {}", answer.status).into());
    }
    Ok(PathBuf::from(
        String::from_utf8(answer.stdout)?.trim().to_owned(),
    ))
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
