//! `weir inspect`: what a component is and says.

use weir::inspect::inspect as look_at;
use weir::{EMBEDDED, Error, Limits, trust};

use super::{fail, print, read};
use crate::cli::InspectArgs;

/// Runs the command.
pub(crate) fn inspect(arguments: &InspectArgs) -> Result<u8, Error> {
    let limits = Limits::default();
    let inspection = match &arguments.component {
        None => look_at(EMBEDDED, &limits),
        Some(path) => look_at(&read(path)?, &limits),
    };
    let signature = arguments.component.as_deref().and_then(trust::unchecked);
    if arguments.json {
        let mut said = inspection.json();
        said["signature_unchecked"] = signature.into();
        print(&format!("{said:#}\n"))?;
    } else {
        let signature = match signature {
            Some(comment) => format!("not checked (weir verify): {comment}"),
            None => "none".to_owned(),
        };
        print(&inspection.text(&signature))?;
    }
    Ok(match &inspection.error {
        None => 0,
        Some(error) => {
            if arguments.json {
                fail(&error.to_string());
            }
            error.exit_code()
        }
    })
}
