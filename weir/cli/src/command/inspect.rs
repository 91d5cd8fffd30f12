//! `weir inspect`: digest, imports and description of a component.

use weir_common::escape::escape_json;
use weir_component::signature;
use weir_config::inspect::inspect as look_at;
use weir_host::Error;
use weir_shipped::COMPONENT;

use super::{fail, print, read};
use crate::cli::InspectArgs;

/// Runs the command.
pub(crate) fn inspect(arguments: &InspectArgs) -> Result<u8, Error> {
    let config = arguments.file.config()?;
    let component = arguments.component.as_deref();
    let component = component.or(config.component.as_deref());
    let inspection = match component {
        None => look_at(COMPONENT, &config.limits),
        Some(path) => look_at(&read(path)?, &config.limits),
    };
    let signature = component.and_then(signature::unchecked);
    if arguments.json {
        let mut said = inspection.json();
        said["signature_unchecked"] = signature.into();
        print(&escape_json(&format!("{said:#}\n")))?;
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
            fail(error.code(), error);
            error.exit_code()
        }
    })
}
