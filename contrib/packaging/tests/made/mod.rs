//! Where `make package` put things.
#![allow(dead_code, missing_docs, reason = "each test file uses some of it")]

use std::env;
use std::path::{Path, PathBuf};

use weir_package::Source;

/// What was made.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) out: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) archive: PathBuf,
    pub(crate) sbom: PathBuf,
    pub(crate) oci: PathBuf,
}

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// The target that it was made for.
pub(crate) fn target() -> String {
    env::var("WEIR_PACKAGE_TARGET").expect("run by `make test-package`, which names the target")
}

/// The files of the only version there is.
pub(crate) fn made() -> Made {
    let out = root().join("out/package");
    let version = Source::read(&root()).unwrap().version;
    let name = format!("weir-{version}-{}", target());
    let made = Made {
        folder: out.join(&name),
        archive: out.join(format!("{name}.tar.gz")),
        sbom: out.join(format!("{name}.cdx.json")),
        oci: out.join(format!("aadgraph-{version}.oci")),
        out,
    };
    assert!(
        made.folder.is_dir(),
        "{}: run `make package`",
        made.folder.display()
    );
    made
}
