//! `weir inspect`: digest, imports and description of a component.

use weir_common::escape::escape_json;
use weir_component::{Location, signature};
use weir_config::inspect::inspect as look_at;
use weir_host::Error;
use weir_shipped::COMPONENT;

use super::{cache, fail, print, pulled, read};
use crate::cli::InspectArgs;

/// Runs the command.
pub(crate) fn inspect(arguments: &InspectArgs) -> Result<u8, Error> {
    let mut config = arguments.file.config()?;
    config.access = arguments.registry.access();
    let component = arguments.component.as_ref();
    let (inspection, signature) = match component.or(config.component.as_ref()) {
        None => (look_at(COMPONENT, &config.limits), None),
        Some(Location::File(path)) => (
            look_at(&read(path)?, &config.limits),
            signature::unchecked(path),
        ),
        Some(Location::Registry(reference)) => {
            let opened = pulled(reference, &config, cache(&config).as_ref())?;
            let signature = opened.signature;
            (
                look_at(&opened.component, &config.limits),
                signature.map(|signature| signature::comment(&signature.text)),
            )
        }
    };
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
