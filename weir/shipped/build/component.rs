//! Builds a package of the workspace as a component: the guest for embedding, and those that the
//! sandbox is tested with.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What components are compiled to: no system interface at all.
const TARGET: &str = "wasm32-unknown-unknown";
/// Cargo profile of the shipped guest, set in the workspace's manifest.
const PROFILE: &str = "component";

/// The folder that components are compiled in: one for all that compile them (this crate for the
/// command, its lints and its package, and tests), so that what they share compiles once. Where it
/// cannot be written, a folder of the caller's own.
pub(crate) fn folder(workspace: &Path, own: &Path) -> PathBuf {
    let shared = workspace.join("target").join("guest");
    let written = fs::create_dir_all(&shared).and_then(|()| fs::write(shared.join("writable"), ""));
    if written.is_ok() {
        shared
    } else {
        own.to_owned()
    }
}

/// Builds a package as a component.
pub(crate) fn compile(
    workspace: &Path,
    package: &str,
    target: &Path,
) -> Result<PathBuf, Box<dyn Error>> {
    let flags = [
        "-Clinker=wasm-component-ld",
        "-Ctarget-feature=+simd128,+bulk-memory",
        // What is worth its room is inlined by name. The rest, much of it cold, takes a fifth less
        // than under the compiler's own threshold.
        "-Cllvm-args=-inline-threshold=50",
        // Names of functions, which nobody is shown.
        "-Clink-arg=--strip-all",
    ];
    cargo(workspace, package, &["component"], &flags, target)
}

/// Runs cargo on a package in a target folder of its own, so that this cargo and
/// the one that waits for it never want the same lock.
pub(crate) fn cargo(
    workspace: &Path,
    package: &str,
    features: &[&str],
    flags: &[&str],
    target: &Path,
) -> Result<PathBuf, Box<dyn Error>> {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let sysroot = sysroot(&rustc)?;
    if !sysroot.join("lib/rustlib").join(TARGET).exists() {
        return Err(format!(
            "the target {TARGET} is not installed; run: rustup target add {TARGET}"
        )
        .into());
    }
    let mut cargo = Command::new(env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
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
            paths(flags, workspace, &sysroot).join("\u{1f}"),
        )
        .args(["rustc", "--locked", "--lib", "--crate-type", "cdylib"])
        .args(["--package", package, "--features", &features.join(",")])
        .args(["--profile", PROFILE, "--target", TARGET, "--target-dir"])
        .arg(target)
        .status()?;
    if !status.success() {
        return Err(format!("cargo ended with {status} while it built {package}").into());
    }
    let file = format!("{}.wasm", package.replace('-', "_"));
    Ok(target.join(TARGET).join(PROFILE).join(file))
}

/// The compiler's flags. Paths are rewritten so that the same sources give the
/// same bytes in any folder of any machine.
fn paths(flags: &[&str], workspace: &Path, sysroot: &Path) -> Vec<String> {
    let mut flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
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
