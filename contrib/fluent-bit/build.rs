//! The build script: copies the settings and the ASN database into the module.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

/// Settings as JSON; the module's own defaults without it.
const SETTINGS: &str = "WEIR_FLUENT_BIT_SETTINGS";
/// The path of a database such as GeoLite2-ASN; without it all networks are null.
const ASN_DB: &str = "WEIR_FLUENT_BIT_ASN_DB";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={SETTINGS}");
    println!("cargo::rerun-if-env-changed={ASN_DB}");
    let given = |name| env::var(name).ok().filter(|text| !text.is_empty());
    let table = match given(ASN_DB) {
        None => Vec::new(),
        Some(path) => {
            println!("cargo::rerun-if-changed={path}");
            fs::read(&path).map_err(|error| format!("{ASN_DB}={path}: {error}"))?
        }
    };
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("no OUT_DIR")?);
    let settings = given(SETTINGS).unwrap_or_else(|| "{}".to_owned());
    fs::write(out.join("settings.json"), settings)?;
    fs::write(out.join("asn.mmdb"), table)?;
    Ok(())
}
