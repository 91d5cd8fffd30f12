//! Helpers for the keys and columns of rules.

use crate::call::GraphCall;
use crate::event::{GraphEvent, Texts};
use weir_detector::columns::Columns;
use weir_detector::facts::ColumnId;
use weir_detector::key::{Keys, Part};

/// Keys whose parts are texts.
#[must_use]
pub fn keys(parts: &[&Texts]) -> Keys {
    let mut keys = Keys::default();
    for texts in parts {
        keys.part(texts.iter().map(|text| Part::text(Some(text))));
    }
    keys
}

/// Adds texts to columns of values.
pub fn add_texts(columns: &mut Columns, lists: &[(ColumnId, &Texts)]) {
    for (column, texts) in lists {
        texts.iter().for_each(|text| columns.text(*column, text));
    }
}

/// Adds an event's addresses to a column.
pub fn add_addresses(columns: &mut Columns, column: ColumnId, event: &GraphEvent) {
    event.ips.iter().for_each(|ip| columns.address(column, *ip));
}

/// Adds an event's paths to a column of samples.
pub fn add_paths(columns: &mut Columns, column: ColumnId, event: &GraphEvent) {
    event
        .paths
        .iter()
        .for_each(|path| columns.sample(column, path));
}

/// Adds a call's path to a column of samples, as [`add_paths`] does of its event.
pub fn add_path(columns: &mut Columns, column: ColumnId, call: &GraphCall) {
    if let Some(path) = call.path_text() {
        columns.sample(column, path);
    }
}
