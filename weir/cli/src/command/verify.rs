//! `weir verify`: check of a component's signature.

use weir_common::escape::escape;
use weir_component::signature;
use weir_host::Error;

use super::{print, read_component};
use crate::cli::VerifyArgs;

/// Runs the command.
pub(crate) fn verify(arguments: &VerifyArgs) -> Result<u8, Error> {
    let config = arguments.file.config()?;
    let key = arguments.key.as_ref().or(config.trust.key.as_ref());
    let key = key.ok_or_else(|| {
        Error::config(
            "no key to check by: name one with --key, or as require_signature in the configuration \
             file",
        )
    })?;
    let component = read_component(&arguments.component, &config.limits)?;
    let path = match &arguments.signature {
        Some(path) => path.clone(),
        None => signature::path_of(&arguments.component),
    };
    let signed = signature::verify(&component, key, &path)?;
    print(&format!(
        "{}: the signature is good; {}\n",
        escape(&arguments.component.display().to_string()),
        escape(&signed.comment)
    ))?;
    Ok(0)
}
