//! Embeds what a new detector begins with: the templates, the contract, and the sources of the SDK,
//! which is on no registry.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

#[path = "build/manifest.rs"]
mod manifest;

/// The SDK's folder in the workspace and in a new detector.
const SDK: (&str, &str) = ("guest/detector", "sdk/detector");
/// Endings and beginnings of names of the SDK's files that hold tests alone.
const TESTS: ([&str; 2], [&str; 2]) = (["tests.rs", "toy.rs"], ["kinds_case", "kinds_toy"]);

/// Embedded files: where each stands in a new detector, and where it is read from.
type Files = Vec<(String, PathBuf)>;

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: cannot embed what a new detector begins with: {error}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    let package = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let workspace = { package.ancestors() }
        .find(|folder| folder.join("wit").is_dir())
        .ok_or("no folder above this package has the contract, wit/")?;
    let sdk = workspace.join(SDK.0);
    let templates = package.join("templates");
    for watched in [
        &sdk,
        &templates,
        &workspace.join("wit"),
        &workspace.join("Cargo.toml"),
    ] {
        println!("cargo::rerun-if-changed={}", watched.display());
    }

    let own = fs::read_to_string(sdk.join("Cargo.toml"))?;
    let above = fs::read_to_string(workspace.join("Cargo.toml"))?;
    let manifest = out.join("sdk.toml");
    fs::write(&manifest, manifest::alone(&own, &above)?)?;
    let mut files = Files::from([
        (format!("{}/Cargo.toml", SDK.1), manifest),
        (format!("{}/LICENSE", SDK.1), workspace.join("LICENSE")),
    ]);
    let is_test = |name: &str| {
        TESTS.0.iter().any(|end| name.ends_with(end))
            || TESTS.1.iter().any(|start| name.starts_with(start))
            || name.contains("tests/")
    };
    for (name, path) in below(&sdk.join("src"))? {
        if !is_test(&name) {
            files.push((format!("{}/src/{name}", SDK.1), path));
        }
    }
    let mut code = table("SDK", &files)?;
    code += &table("CONTRACT", &named("wit/", below(&workspace.join("wit"))?))?;
    for (constant, folder) in [
        ("COMMON", "common"),
        ("RUST", "rust"),
        ("PYTHON", "python"),
        ("JAVASCRIPT", "javascript"),
        ("ESQL", "esql"),
    ] {
        code += &table(constant, &named("", below(&templates.join(folder))?))?;
    }
    fs::write(out.join("files.rs"), code)?;
    Ok(())
}

fn named(before: &str, files: Files) -> Files {
    let named = |(name, path)| (format!("{before}{name}"), path);
    files.into_iter().map(named).collect()
}

/// All files below a folder, by their paths from there, in order.
fn below(folder: &Path) -> Result<Files, Box<dyn Error>> {
    let mut files = Files::new();
    let mut folders = vec![(String::new(), folder.to_owned())];
    while let Some((before, folder)) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_str().ok_or("a name that is no UTF-8")?;
            // Names that begin with a dot are written out, so that no tool takes them for its own.
            let name = match name.strip_prefix("dot-") {
                Some(name) => format!("{before}.{name}"),
                None => format!("{before}{name}"),
            };
            match entry.file_type()?.is_dir() {
                true => folders.push((format!("{name}/"), entry.path())),
                false => files.push((name, entry.path())),
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The declaration of a constant that holds files.
fn table(name: &str, files: &Files) -> Result<String, Box<dyn Error>> {
    let mut code = format!("const {name}: Files = &[\n");
    for (file, path) in files {
        writeln!(code, "    ({file:?}, include_str!({path:?})),")?;
    }
    Ok(code + "];\n")
}
