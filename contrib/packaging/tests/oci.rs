//! The artifact, read back as a registry's client does.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

mod made;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use made::{made, root};
use oci_spec::image::{Descriptor, ImageIndex, ImageManifest, MediaType, OciLayout};
use weir_package::{Source, oci, sums};

/// Whether it says a commit, and the version, and of what time.
fn source() -> Source {
    Source {
        version: "1.2.3".to_owned(),
        revision: Some("c0ffee".to_owned()),
        time: 1_700_000_000,
    }
}

/// The bytes that a descriptor means, which have to be what it says of them.
#[track_caller]
fn fetch(folder: &Path, described: &Descriptor) -> Vec<u8> {
    let digest = described.as_digest_sha256().unwrap();
    let bytes = fs::read(folder.join("blobs/sha256").join(digest)).unwrap();
    assert_eq!(sums::sha256(&bytes), digest);
    assert_eq!(described.size(), bytes.len() as u64);
    bytes
}

/// The only manifest of a folder.
fn manifest(folder: &Path) -> (Descriptor, ImageManifest) {
    let layout = OciLayout::from_file(folder.join("oci-layout")).unwrap();
    assert_eq!(layout.image_layout_version(), "1.0.0");
    let index = ImageIndex::from_file(folder.join("index.json")).unwrap();
    assert_eq!(index.schema_version(), 2);
    let [described] = index.manifests().as_slice() else {
        panic!("{index:?}");
    };
    assert_eq!(described.media_type(), &MediaType::ImageManifest);
    let manifest = ImageManifest::from_reader(fetch(folder, described).as_slice()).unwrap();
    (described.clone(), manifest)
}

#[test]
fn the_layer_is_the_component() {
    let made = made();
    let (_, manifest) = manifest(&made.oci);
    assert_eq!(manifest.media_type(), &Some(MediaType::ImageManifest));
    let [layer] = manifest.layers().as_slice() else {
        panic!("{manifest:?}");
    };
    assert_eq!(layer.media_type().as_ref(), "application/wasm");
    let component = fs::read(made.folder.join("lib/weir/aadgraph.wasm")).unwrap();
    assert!(fetch(&made.oci, layer) == component);

    let described = manifest.config();
    assert_eq!(
        described.media_type().as_ref(),
        "application/vnd.wasm.config.v0+json"
    );
    let config: oci::Config = serde_json::from_slice(&fetch(&made.oci, described)).unwrap();
    assert_eq!(
        (config.architecture.as_str(), config.os.as_str()),
        ("wasm", "wasip2")
    );
    assert_eq!(config.layer_digests, [layer.digest().to_string()]);
    assert_eq!(config.component.imports, [""; 0]);
    let offered = [
        "alerts",
        "description",
        "detection",
        "inspection",
        "messages",
        "state",
        "text",
    ];
    let version = config.component.exports[0].split('@').nth(1).unwrap();
    let offered = offered.map(|name| format!("weir:detector/{name}@{version}"));
    assert_eq!(config.component.exports, offered);

    // Nothing lies there that nobody describes.
    let blobs = fs::read_dir(made.oci.join("blobs/sha256")).unwrap();
    assert_eq!(blobs.count(), 3);
}

#[test]
fn annotations_say_what_it_is() {
    let component = fs::read(root().join("target/aadgraph.wasm")).unwrap();
    let room = tempfile::tempdir().unwrap();
    oci::write(&component, &source(), room.path()).unwrap();
    let (described, manifest) = manifest(room.path());
    let said = manifest.annotations().clone().unwrap();
    for (name, value) in [
        ("title", "aadgraph"),
        ("version", "1.2.3"),
        ("licenses", "Apache-2.0"),
        ("revision", "c0ffee"),
        ("created", "2023-11-14T22:13:20Z"),
    ] {
        assert_eq!(said[&format!("org.opencontainers.image.{name}")], value);
    }
    let named = described.annotations().clone().unwrap();
    assert_eq!(named["org.opencontainers.image.ref.name"], "1.2.3");
}

#[test]
fn the_same_component_gives_the_same_digests() {
    let component = fs::read(root().join("target/aadgraph.wasm")).unwrap();
    let digests: BTreeSet<String> = (0..8)
        .map(|_| {
            let room = tempfile::tempdir().unwrap();
            oci::write(&component, &source(), room.path()).unwrap();
            manifest(room.path()).0.digest().to_string()
        })
        .collect();
    assert_eq!(digests.len(), 1);
}

#[test]
fn what_is_no_component_is_refused() {
    let room = tempfile::tempdir().unwrap();
    for bytes in [&b"\0asm\x01\0\0\0"[..], b"text", b""] {
        assert!(
            oci::write(bytes, &source(), room.path()).is_err(),
            "{bytes:?}"
        );
    }
}
