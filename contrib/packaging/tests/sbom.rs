//! The bill of materials, against the lock file.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

mod made;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use cargo_lock::Lockfile;
use cyclonedx_bom::prelude::{Bom, SpecVersion, Validate};
use made::{made, root, target};
use serde_json::Value;
use weir_package::runtime;

/// The bill, as it stands.
fn bill() -> Value {
    serde_json::from_slice(&fs::read(made().sbom).unwrap()).unwrap()
}

/// Its components by name.
fn components(bill: &Value) -> BTreeMap<String, &Value> {
    let all = bill["components"].as_array().unwrap();
    all.iter()
        .map(|one| (one["name"].as_str().unwrap().to_owned(), one))
        .collect()
}

#[test]
fn it_is_valid() {
    let bytes = fs::read(made().sbom).unwrap();
    let bom = Bom::parse_from_json(bytes.as_slice()).unwrap();
    assert_eq!(bom.spec_version, SpecVersion::V1_5);
    let found = bom.validate_version(SpecVersion::V1_5);
    assert!(found.passed(), "{found:?}");
    let number = bom.serial_number.unwrap().to_string();
    assert!(number.starts_with("urn:uuid:"), "{number}");
    let beside = fs::read(made().folder.join("share/doc/weir/weir.cdx.json")).unwrap();
    assert!(beside == bytes);
}

#[test]
fn it_has_what_ships_and_nothing_else() {
    let bill = bill();
    let found = components(&bill);
    // Of the command, the component, the module, and the language.
    for name in [
        "weir",
        "wasmtime",
        "clap",
        "zstd-sys",
        "ring",
        "high-4xx",
        "wit-bindgen",
        "aadgraph-4xx-fluent-bit",
        "rust-std",
    ] {
        assert!(found.contains_key(name), "no {name}");
    }
    // For tests, for building, macros, and for other systems.
    for name in [
        "proptest",
        "minisign",
        "rcgen",
        "weir-generator",
        "weir-tests",
        "cc",
        "serde_derive",
        "clap_derive",
        "windows-sys",
    ] {
        assert!(!found.contains_key(name), "{name} does not ship");
    }
}

#[test]
fn the_c_library_is_named_where_it_is_inside() {
    let program = fs::read(made().folder.join("bin/weir")).unwrap();
    let bill = bill();
    let found = components(&bill);
    let inside = runtime::is_static(&program);
    let musl = target().ends_with("-musl");
    assert_eq!(found.contains_key("glibc"), inside && !musl);
    assert_eq!(found.contains_key("musl"), inside && musl);
}

#[test]
fn hashes_names_and_terms_are_those_of_the_lock() {
    let locked = Lockfile::load(root().join("Cargo.lock")).unwrap();
    let sums: BTreeMap<String, String> = locked
        .packages
        .iter()
        .filter_map(|package| {
            let purl = format!("pkg:cargo/{}@{}", package.name, package.version);
            Some((purl, package.checksum.as_ref()?.to_string()))
        })
        .collect();
    let bill = bill();
    let mut checked = 0;
    for component in bill["components"].as_array().unwrap() {
        let terms = component["licenses"][0]["expression"].as_str();
        assert!(
            terms.is_some_and(|terms| !terms.contains('/')),
            "{component}"
        );
        let Some(purl) = component["purl"].as_str() else {
            continue;
        };
        // A plus in a version is written as its code.
        let purl = purl.replace("%2B", "+");
        assert_eq!(component["hashes"][0]["alg"], "SHA-256");
        assert_eq!(component["hashes"][0]["content"], sums[&purl], "{purl}");
        checked += 1;
    }
    assert!(checked > 100, "{checked}");
}

#[test]
fn everything_is_reached_from_the_package() {
    let bill = bill();
    let edges: BTreeMap<&str, Vec<&str>> = bill["dependencies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let others = one["dependsOn"].as_array().into_iter().flatten();
            let others = others.map(|other| other.as_str().unwrap()).collect();
            (one["ref"].as_str().unwrap(), others)
        })
        .collect();
    let mut reached = BTreeSet::new();
    let mut next = vec![bill["metadata"]["component"]["bom-ref"].as_str().unwrap()];
    while let Some(at) = next.pop() {
        if reached.insert(at) {
            next.extend(edges.get(at).into_iter().flatten().copied());
        }
    }
    let all = bill["components"].as_array().unwrap();
    for component in all {
        let name = component["bom-ref"].as_str().unwrap();
        assert!(reached.contains(name), "{name}");
    }
}
