//! `weir verify`: whether a component is signed.

use weir::{Error, escape, trust};

use super::{print, read};
use crate::cli::VerifyArgs;

/// Runs the command.
pub(crate) fn verify(arguments: &VerifyArgs) -> Result<u8, Error> {
    let component = read(&arguments.component)?;
    let signature = match &arguments.signature {
        Some(path) => path.clone(),
        None => trust::signature_of(&arguments.component),
    };
    let signed = trust::verify(&component, &arguments.key, &signature)?;
    print(&format!(
        "{}: the signature is good; {}\n",
        escape(&arguments.component.display().to_string()),
        escape(&signed.comment)
    ))?;
    Ok(0)
}
