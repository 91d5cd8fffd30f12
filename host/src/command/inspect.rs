//! `weir inspect`: what a component is and says.

use weir::inspect::inspect as look_at;
use weir::{EMBEDDED, Error, Limits};

use super::{print, read, say};
use crate::cli::InspectArgs;

/// Runs the command.
pub(crate) fn inspect(arguments: &InspectArgs) -> Result<u8, Error> {
    let limits = Limits::default();
    let inspection = match &arguments.component {
        None => look_at(EMBEDDED, &limits),
        Some(path) => look_at(&read(path)?, &limits),
    };
    if arguments.json {
        print(&format!("{:#}\n", inspection.json()))?;
    } else {
        print(&inspection.text())?;
    }
    Ok(match &inspection.error {
        None => 0,
        Some(error) => {
            if arguments.json {
                say(&weir::escape(&error.to_string()));
            }
            error.exit_code()
        }
    })
}
