//! Ownership of a queue: the file `components` has the SHA-256 of each component whose
//! alerts are put in, one a line. A queue without it is of an earlier weir, or new.

use std::fs;
use std::io;
use std::path::Path;

use weir_common::exclusive::{sync_folder, write_synced};
use weir_host::error::Error;
use weir_host::trust::same_component;

const FILE: &str = "components";
const TEMPORARY: &str = ".components.tmp";

/// Claims a queue for these components. A queue of others is refused and left as it is, unless
/// that is accepted.
pub(crate) fn claim(folder: &Path, components: &[String], accepted: bool) -> Result<(), Error> {
    // The caller does not say whose alerts it puts in.
    if components.is_empty() {
        return Ok(());
    }
    let name = folder.display().to_string();
    let failed = |source| Error::output(&name, source);
    let mut own = components.to_vec();
    own.sort();
    let found = match fs::read_to_string(folder.join(FILE)) {
        Ok(text) => Some(text.lines().map(str::to_owned).collect::<Vec<_>>()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    if found.as_ref() == Some(&own) {
        return Ok(());
    }
    if let Some(found) = found {
        same_component(&format!("the queue {name}"), &found, &own, accepted)?;
    }
    let text: String = own.iter().map(|digest| format!("{digest}\n")).collect();
    let temporary = folder.join(TEMPORARY);
    write_synced(&temporary, text.as_bytes())
        .and_then(|()| fs::rename(&temporary, folder.join(FILE)))
        .and_then(|()| sync_folder(folder))
        .map_err(failed)
}
