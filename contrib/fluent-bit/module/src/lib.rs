//! Build of the core module for Fluent Bit, with a check of its imports and limits.
//!
//! ```no_run
//! let bytes = weir_fluent_bit::build(std::path::Path::new("target/guest"))?;
//! std::fs::write("aadgraph-4xx-fluent-bit.wasm", bytes)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
#[allow(dead_code, reason = "it also builds components")]
#[path = "../../../../weir/shipped/build/component.rs"]
mod component;

use aadgraph_4xx_fluent_bit::Settings;
use std::error::Error;
use std::path::Path;
use std::{env, fs};

pub use check::check;

/// Maximum memory of the module, in bytes: its state, queued alerts, the longest record and its
/// copies, with reserve.
pub const MEMORY: u64 = 256 << 20;
/// The exports of the module with their types: Fluent Bit's copies go through the first two.
pub const FUNCTIONS: [(&str, &str); 4] = [
    ("malloc", "(i32) -> (i32)"),
    ("free", "(i32) -> ()"),
    ("weir", "(i32 i32 i32 i32 i32 i32) -> (i32)"),
    ("weir_msgpack", "(i32 i32 i32 i32 i32 i32) -> (i32)"),
];

/// Builds the module in a target folder of its own, with the settings and the ASN database that
/// the environment names, and checks it.
///
/// # Errors
/// When the settings are bad, the build fails, or the module is not what it should be.
pub fn build(target: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    if let Ok(settings) = env::var("WEIR_FLUENT_BIT_SETTINGS")
        && !settings.is_empty()
        && let Err(problems) = Settings::parse(&settings)
    {
        return Err(format!("WEIR_FLUENT_BIT_SETTINGS: {}", problems.join("; ")).into());
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let workspace = workspace.canonicalize()?;
    let memory = format!("-Clink-arg=--max-memory={MEMORY}");
    let flags = ["-Ctarget-feature=-simd128", memory.as_str()];
    let package = "aadgraph-4xx-fluent-bit";
    let built = component::cargo(&workspace, package, &[], &flags, target)?;
    let bytes = fs::read(&built).map_err(|error| format!("{}: {error}", built.display()))?;
    check(&bytes)?;
    Ok(bytes)
}
