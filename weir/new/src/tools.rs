//! The programs that a language needs, and where they come from.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Language;

/// The target of components in Rust.
const TARGET: &str = "wasm32-unknown-unknown";

/// A sentence for each tool that is missing on this machine, with what to install.
pub(crate) fn missing(language: Language) -> Vec<String> {
    let lacks = |program: &str| find(program).is_none();
    let mut missing = Vec::new();
    let mut needs = |lacks: bool, program: &str, remedy: &str| {
        if lacks {
            missing.push(format!("`{program}` is not installed: {remedy}"));
        }
    };
    match language {
        Language::Rust => {
            let cargo = lacks("cargo");
            needs(cargo, "cargo", "get rustup from https://rustup.rs");
            let target = !cargo && !has_target();
            needs(
                target,
                TARGET,
                "run `rustup target add wasm32-unknown-unknown`",
            );
        }
        Language::Python => {
            needs(
                lacks("python3"),
                "python3",
                "install the packages python3 and python3-venv",
            );
        }
        Language::JavaScript => {
            needs(
                lacks("node"),
                "node",
                "install the package nodejs, 20.19 or newer",
            );
            needs(lacks("npm"), "npm", "install the package npm");
        }
        Language::Esql => {}
    }
    missing
}

/// Whether Rust can compile for [`TARGET`]; taken to be so where the compiler cannot say.
fn has_target() -> bool {
    let answer = Command::new("rustc").args(["--print", "sysroot"]).output();
    let Ok(answer) = answer else { return true };
    let sysroot = String::from_utf8_lossy(&answer.stdout);
    let libraries = Path::new(sysroot.trim()).join("lib/rustlib");
    !libraries.is_dir() || libraries.join(TARGET).is_dir()
}

/// The file of a program in the search path.
fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&path)
        .map(|folder| folder.join(&file))
        .find(|file| file.is_file())
}
