//! The lock file of a new detector in Rust: the template's, with another name in it.

use super::{TEMPLATE, files};

const BEGIN: &str = "[[package]]\n";

/// The lock file with its packages in the order of their names, as cargo writes them.
pub(crate) fn sorted(lock: &str) -> String {
    let mut parts = lock.split(BEGIN);
    let head = parts.next().unwrap_or_default();
    let mut packages: Vec<String> = parts.map(|part| format!("{}\n", part.trim_end())).collect();
    packages.sort_by(|one, other| name(one).cmp(name(other)));
    let packages: Vec<String> = { packages.iter() }
        .map(|package| format!("{BEGIN}{package}"))
        .collect();
    format!("{head}{}", packages.join("\n"))
}

/// The name in a package's entry.
fn name(package: &str) -> &str {
    let mut lines = package.lines();
    let name = lines.find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    name.unwrap_or_default()
}

/// Whether a detector in Rust is built of a package of this name, which therefore cannot be its own.
pub(crate) fn has(wanted: &str) -> bool {
    let mut packages = files::lock().split(BEGIN).skip(1).map(name);
    packages.any(|known| known == wanted && known != TEMPLATE)
}
