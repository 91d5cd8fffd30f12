//! The drawing of the crates in ARCHITECTURE.md, generated from the manifests.
//!
//! With `WEIR_UPDATE=1` the page is written anew. `tests/rooms.sh` says which crate may depend on
//! which.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const BEGIN: &str = "<!-- crates:begin -->\n";
const END: &str = "<!-- crates:end -->";

/// A crate of the workspace.
struct Crate {
    /// Folder from the repository's root.
    folder: String,
    description: String,
    /// Crates of the workspace that it is compiled with.
    needs: BTreeSet<String>,
}

type Crates = BTreeMap<String, Crate>;

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap().to_owned()
}

/// The crates below these folders, by their manifests.
fn crates(folders: &[&str]) -> Crates {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut crates = Crates::new();
    for package in metadata["packages"].as_array().unwrap() {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        let folder = manifest.parent().unwrap().strip_prefix(root()).unwrap();
        if !folders.iter().any(|below| folder.starts_with(below)) {
            continue;
        }
        // A dependency for tests alone, or for the build script, has a kind.
        let needs = package["dependencies"].as_array().unwrap().iter();
        let needs = needs.filter(|needed| needed["path"].is_string() && needed["kind"].is_null());
        let needs = needs.map(|needed| needed["name"].as_str().unwrap().to_owned());
        let found = Crate {
            folder: folder.to_str().unwrap().replace('\\', "/"),
            description: package["description"].as_str().unwrap_or_default().into(),
            needs: needs.collect(),
        };
        crates.insert(package["name"].as_str().unwrap().to_owned(), found);
    }
    crates
}

/// Number of the layer of a crate: one above the highest crate of the drawing that it needs.
fn layer(crates: &Crates, name: &str) -> usize {
    let needs = crates[name].needs.iter();
    needs
        .filter(|needed| crates.contains_key(*needed))
        .map(|needed| layer(crates, needed) + 1)
        .max()
        .unwrap_or(0)
}

/// Whether a crate needs another one, itself or through others.
fn reaches(crates: &Crates, from: &str, to: &str) -> bool {
    let needs = crates.get(from).map(|from| from.needs.iter());
    let mut needs = needs.into_iter().flatten();
    needs.any(|needed| needed == to || reaches(crates, needed, to))
}

/// The layers, the highest first: each crate, and the crates that it needs and does not reach
/// through another.
fn drawing(crates: &Crates) -> String {
    let width = crates.keys().map(String::len).max().unwrap_or(0);
    let mut layers: BTreeMap<usize, Vec<&String>> = BTreeMap::new();
    for name in crates.keys() {
        layers.entry(layer(crates, name)).or_default().push(name);
    }
    let mut text = "```text\n".to_owned();
    for (layer, names) in layers.iter().rev() {
        for (at, name) in names.iter().enumerate() {
            let needs = &crates[*name].needs;
            let straight = needs.iter().filter(|needed| {
                let mut others = needs.iter();
                !others.any(|other| reaches(crates, other, needed))
            });
            let straight: Vec<&str> = straight.map(String::as_str).collect();
            let label = match at {
                0 => layer.to_string(),
                _ => String::new(),
            };
            let arrow = if straight.is_empty() { "" } else { "─> " };
            let line = format!("{label:2} {name:width$} {arrow}{}", straight.join(", "));
            writeln!(text, "{}", line.trim_end()).unwrap();
        }
    }
    text + "```\n"
}

/// The crates, their folders and what they are, the lowest layer first.
fn table(crates: &Crates) -> String {
    let mut names: Vec<&String> = crates.keys().collect();
    names.sort_by_key(|name| layer(crates, name));
    let mut text = "| crate | folder | is |\n|---|---|---|\n".to_owned();
    for name in names {
        let Crate {
            folder,
            description,
            ..
        } = &crates[name];
        writeln!(text, "| `{name}` | `{folder}` | {description} |").unwrap();
    }
    text
}

/// The part of the page between its marks.
fn generated() -> String {
    let outside = crates(&["host", "weir"]);
    let inside = crates(&["guest", "contrib"]);
    [
        "Host and command:\n".to_owned(),
        drawing(&outside),
        "Guests and `contrib/`:\n".to_owned(),
        drawing(&inside),
        table(&outside),
        table(&inside),
    ]
    .join("\n")
}

#[test]
fn the_drawing_of_the_crates_is_that_of_their_manifests() {
    let path = root().join("ARCHITECTURE.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    let wanted = generated();
    if std::env::var_os("WEIR_UPDATE").is_some() {
        fs::write(&path, [before, BEGIN, &wanted, END, after].concat()).unwrap();
    } else if found != wanted {
        panic!("ARCHITECTURE.md: run `make architecture`; the crates are\n{wanted}");
    }
}

#[test]
fn a_crate_that_is_reached_through_another_is_not_drawn() {
    let one = |folder: &str, needs: &[&str]| Crate {
        folder: folder.to_owned(),
        description: String::new(),
        needs: needs.iter().map(|&name| name.to_owned()).collect(),
    };
    let crates: Crates = [
        ("a".to_owned(), one("a", &["b", "c"])),
        ("b".to_owned(), one("b", &["c"])),
        ("c".to_owned(), one("c", &[])),
    ]
    .into();
    let drawn = "```text\n2  a ─> b\n1  b ─> c\n0  c\n```\n";
    assert_eq!(drawing(&crates), drawn);
}
