//! `weir verify`: check of a component's signature.

use weir_common::escape::escape;
use weir_component::{Location, signature};
use weir_host::Error;

use super::{print, pulled, read_component};
use crate::cli::VerifyArgs;

/// Runs the command.
pub(crate) fn verify(arguments: &VerifyArgs) -> Result<u8, Error> {
    let mut config = arguments.file.config()?;
    let key = arguments
        .key
        .as_ref()
        .or(config.trust.key.as_ref())
        .cloned();
    let key = key.ok_or_else(|| {
        Error::config(
            "no key to check by: name one with --key, or as require_signature in the configuration \
             file",
        )
    })?;
    let signed = match &arguments.component {
        Location::File(file) => {
            let component = read_component(file, &config.limits)?;
            let beside = signature::path_of(file);
            let path = arguments.signature.as_ref().unwrap_or(&beside);
            signature::verify(&component, &key, path)?
        }
        Location::Registry(reference) => {
            config.access.insecure = arguments.plain.insecure;
            config.trust.key = Some(key.clone());
            let opened = pulled(reference, &config, None)?;
            match &arguments.signature {
                Some(path) => signature::verify(&opened.component, &key, path)?,
                None => {
                    let (name, signature) = (reference.to_string(), opened.signature.as_ref());
                    signature::verify_detached(&opened.component, &key, &name, signature)?
                }
            }
        }
    };
    print(&format!(
        "{}: the signature is good; {}\n",
        escape(&arguments.component.to_string()),
        escape(&signed.comment)
    ))?;
    Ok(0)
}
