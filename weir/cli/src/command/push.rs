//! `weir push`: a component, with its description and signature, into a registry.

use weir_component::{RegistryAccess, signature};
use weir_config::inspect::inspect;
use weir_host::{Error, trust};

use super::{print, read_component, say};
use crate::cli::PushArgs;

/// Runs the command.
pub(crate) fn push(arguments: &PushArgs) -> Result<u8, Error> {
    let config = arguments.file.config()?;
    let component = read_component(&arguments.component, &config.limits)?;
    let beside = signature::path_of(&arguments.component);
    let path = match &arguments.signature {
        None if !beside.exists() => None,
        None => Some(&beside),
        named => named.as_ref(),
    };
    let signed = path.map(|path| signature::read(path)).transpose()?;
    if let Some(key) = arguments.key.as_ref().or(config.trust.key.as_ref()) {
        signature::verify(&component, key, path.unwrap_or(&beside))?;
    }
    let inspection = inspect(&component, &config.limits);
    if let Some(error) = inspection.error {
        return Err(error);
    }
    let access = RegistryAccess {
        insecure: arguments.plain.insecure,
        ..RegistryAccess::default()
    };
    let text = signed
        .as_ref()
        .map(|signed: &trust::Detached| signed.text.as_str());
    let pinned = weir_registry::push(
        &arguments.reference,
        access,
        (&component, &inspection),
        text,
    )?;
    if text.is_none() {
        say(
            "pushed-unsigned",
            format!("{}: pushed without a signature", arguments.reference),
        );
    }
    print(&format!("{pinned}\n"))?;
    Ok(0)
}
