//! Lists the fixture folders, so that a test for each can be demanded at compile time.

use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let home = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let folder = home.join("fixtures");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    let mut out = String::from(
        "/// Calls a macro with the fixtures' names as identifiers.\nmacro_rules! each_fixture {\n    ($mac:ident) => { $mac! {",
    );
    for name in &names {
        let _ = write!(out, " {}", name.replace('-', "_"));
    }
    out.push_str(" } };\n}\n\n/// The fixtures' folders. Each must be used, and none can be that is not there.\n#[deny(dead_code)]\nmod fixture {\n");
    for name in &names {
        let _ = writeln!(
            out,
            "    pub(super) const {}: &str = {name:?};",
            name.replace('-', "_").to_uppercase()
        );
    }
    out.push_str("}\n");
    let target = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(target.join("fixtures.rs"), out)
}
