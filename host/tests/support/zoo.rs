//! The zoo of hostile components.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

#[path = "../../build/component.rs"]
mod component;

/// What stands before an animal's name in the compiled bytes.
const MARK: &[u8] = b"weir-zoo-animal:";
/// Room for the name.
const NAME: usize = 16;

/// The zoo, built once a test file.
fn zoo() -> &'static [u8] {
    static ZOO: OnceLock<Vec<u8>> = OnceLock::new();
    ZOO.get_or_init(|| {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("zoo");
        let built = component::compile(workspace, "weir-zoo", &target).unwrap();
        std::fs::read(built).unwrap()
    })
}

/// One of its animals.
pub(crate) fn animal(name: &str) -> Vec<u8> {
    let mut bytes = zoo().to_vec();
    let at = bytes.windows(MARK.len()).position(|part| part == MARK);
    let at = at.expect("the mark is in the component") + MARK.len();
    let mut filled = name.as_bytes().to_vec();
    assert!(filled.len() <= NAME, "{name}");
    filled.resize(NAME, b'.');
    bytes[at..at + NAME].copy_from_slice(&filled);
    bytes
}
