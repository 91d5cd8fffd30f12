//! `weir pull`: a component and its signature out of a registry, into files.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use weir_component::signature;
use weir_host::{Error, examine};

use super::{print, pulled};
use crate::cli::{PullArgs, STDOUT};

/// Runs the command.
pub(crate) fn pull(arguments: &PullArgs) -> Result<u8, Error> {
    let mut config = arguments.file.config()?;
    if arguments.key.is_some() {
        config.trust.key.clone_from(&arguments.key);
    }
    let output = &arguments.output;
    let beside = signature::path_of(output);
    free(output, &beside, arguments.force)?;
    config.access = arguments.registry.access();
    let opened = pulled(&arguments.reference, &config, None)?;
    opened.check(&config.trust)?;
    if let Some(refusal) = examine(&opened.component, &config.limits).refusal {
        return Err(Error::Refused(refusal));
    }
    // Of what was there before, no signature stays.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Error::output(beside.display(), error));
        }
        _ => {}
    }
    write(output, &opened.component)?;
    if let Some(signature) = &opened.signature {
        write(&beside, signature.text.as_bytes())?;
    }
    print(&format!("{}\n", opened.reference))?;
    Ok(0)
}

/// Refuses to write over files unless that is asked for.
fn free(output: &Path, beside: &Path, force: bool) -> Result<(), Error> {
    if output == Path::new(STDOUT) || output.is_dir() {
        let name = output.display();
        return Err(Error::config(format!(
            "--output {name}: name a file for the component"
        )));
    }
    let there = [output, beside].into_iter().find(|path| path.exists());
    match there.filter(|_| !force) {
        Some(path) => Err(Error::config(format!(
            "--output: {} is there already; --force replaces it",
            path.display()
        ))),
        None => Ok(()),
    }
}

/// Writes a file, whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |source: io::Error| Error::output(path.display(), source);
    let folder = path.parent().filter(|parent| *parent != Path::new(""));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    let builder = {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o644))
    };
    let mut file = builder
        .prefix(".weir-pull-")
        .tempfile_in(folder.unwrap_or(Path::new(".")))
        .map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
