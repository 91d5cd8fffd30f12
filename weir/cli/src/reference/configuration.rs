//! Limits, and the keys of the configuration file.

use weir_common::number_key::NumberKey;
use weir_config::{KEYS, LiveSettings};
use weir_host::Limits;

use super::page::{Page, code, prose};

/// Writes the definitions of all keys.
pub(super) fn write(page: &mut Page) {
    page.heading(2, "Limits");
    numbers(page, Limits::KEYS);
    page.heading(2, "Configuration file");
    let rows: Vec<[String; 3]> = KEYS
        .iter()
        .map(|key| [code(key.name), key.form.to_owned(), prose(key.summary)])
        .collect();
    page.table(["key", "value", "meaning"], &rows);
    page.heading(3, "`[live]`");
    numbers(page, LiveSettings::KEYS);
}

fn numbers(page: &mut Page, keys: &[NumberKey]) {
    let row = |key: &NumberKey| {
        [
            code(key.name),
            unit(key.name).to_owned(),
            key.least.to_string(),
            key.most.to_string(),
            key.default.to_string(),
            prose(key.summary),
        ]
    };
    let rows: Vec<[String; 6]> = keys.iter().map(row).collect();
    page.table(
        ["name", "unit", "least", "most", "default", "meaning"],
        &rows,
    );
}

/// The unit of a number, which the last word of its name is; empty when it is another word.
pub(super) fn unit(name: &str) -> &'static str {
    match name.rsplit('_').next() {
        Some("ms") => "ms",
        Some("seconds") => "s",
        Some("kib") => "KiB",
        Some("mib") => "MiB",
        _ => "",
    }
}
