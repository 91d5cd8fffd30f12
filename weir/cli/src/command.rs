//! The commands, each from its options to its exit code.

pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod compile;
pub(crate) mod completions;
pub(crate) mod explain;
pub(crate) mod inspect;
pub(crate) mod man;
pub(crate) mod new;
mod opening;
pub(crate) mod pull;
pub(crate) mod push;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod tap;
pub(crate) mod test;
pub(crate) mod tune;
pub(crate) mod validate;
pub(crate) mod verify;

use std::borrow::Cow;
use std::fmt::Display;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use weir_common::error::STDOUT;
use weir_common::escape::escape_json;
use weir_common::message::Message;
use weir_component::{CodeCache, Location, Reference};
use weir_config::Config;
use weir_host::digest;
use weir_host::{Error, Limits, Refusal, Sandbox};
use weir_registry::{Asked, Opened, open};
use weir_shipped::COMPONENT;

use crate::cli::Form;
use crate::log;

/// Emits an information.
pub(crate) fn say(code: &'static str, text: impl Display) {
    Message::info(code, text).emit();
}

/// Emits a warning.
pub(crate) fn warn(code: &'static str, text: impl Display) {
    Message::warn(code, text).emit();
}

/// Emits an error, which makes the exit code other than 0.
pub(crate) fn fail(code: &'static str, text: impl Display) {
    Message::error(code, text).emit();
}

/// The exit code of a command, after its error was reported.
pub(crate) fn code(done: Result<u8, Error>) -> u8 {
    match done {
        Ok(code) => code,
        Err(error) if error.is_broken_pipe() => 0,
        Err(error) => {
            match &error {
                Error::Config(messages) if messages.is_empty() => {
                    fail(
                        error.code(),
                        "the configuration is refused, and nothing says why",
                    );
                }
                Error::Config(messages) => {
                    for message in messages {
                        fail(error.code(), message);
                    }
                }
                Error::Input { name, .. } => {
                    Message::error(error.code(), &error).about(name).emit();
                }
                Error::Refused(Refusal::Another { place, found, own }) => {
                    let shipped = digest(COMPONENT);
                    let named = format!("{shipped} (the one inside this weir)");
                    let refusal = Refusal::Another {
                        place: place.clone(),
                        found: found.clone(),
                        own: own.replace(&shipped, &named),
                    };
                    fail(error.code(), Error::Refused(refusal));
                }
                error => fail(error.code(), error),
            }
            error.exit_code()
        }
    }
}

/// Prints on stdout.
pub(crate) fn print(text: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|source| Error::output(STDOUT, source))
}

/// Prints an answer in the form chosen; without one a terminal gets a table.
pub(crate) fn answer(
    form: Option<Form>,
    table: impl FnOnce() -> String,
    json: impl FnOnce() -> String,
) -> Result<(), Error> {
    match form {
        Some(Form::Table) => print(&table()),
        None if io::stdout().is_terminal() => print(&table()),
        _ => print(&escape_json(&json())),
    }
}

/// Loads a component from a file or a registry, or the embedded one.
pub(crate) fn sandbox(component: Option<&Location>, config: &Config) -> Result<Sandbox, Error> {
    let cache = cache(config);
    let bytes = trusted(component, config, cache.as_ref())?;
    loaded(&bytes, cache, config)
}

/// Loads a component of its bytes, which are trusted.
pub(crate) fn loaded(
    bytes: &[u8],
    cache: Option<CodeCache>,
    config: &Config,
) -> Result<Sandbox, Error> {
    if log::is_debug() {
        return Sandbox::debugging(bytes, &config.limits);
    }
    match cache {
        Some(cache) => cache.sandbox(bytes, &config.limits),
        None => Sandbox::new(bytes, &config.limits),
    }
}

/// The cache of compiled code and of components of registries, where there is a place for it.
pub(crate) fn cache(config: &Config) -> Option<CodeCache> {
    let opened = CodeCache::open(&config.cache.folder()?);
    opened
        .inspect_err(|why| warn("cache-refused", format!("compiled code is not kept: {why}")))
        .ok()
}

/// The bytes of a component, which is trusted.
pub(crate) fn trusted<'a>(
    component: Option<&Location>,
    config: &Config,
    cache: Option<&CodeCache>,
) -> Result<Cow<'a, [u8]>, Error> {
    let (bytes, path) = match component {
        None => (Cow::Borrowed(COMPONENT), None),
        Some(Location::File(path)) => {
            let bytes = read_component(path, &config.limits)?;
            (Cow::Owned(bytes), Some(path.as_path()))
        }
        Some(Location::Registry(reference)) => {
            let opened = pulled(reference, config, cache)?;
            opened.check(&config.trust)?;
            return Ok(Cow::Owned(opened.component));
        }
    };
    config.trust.check(&bytes, path)?;
    Ok(bytes)
}

/// A component of a registry or of the cache, not checked yet.
pub(crate) fn pulled(
    reference: &Reference,
    config: &Config,
    cache: Option<&CodeCache>,
) -> Result<Opened, Error> {
    let asked = Asked {
        access: config.access,
        trust: &config.trust,
        limits: &config.limits,
        cache,
    };
    open(reference, &asked)
}

/// Reads a whole file that an option names. Pipes and devices may have no end.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let failed =
        |error: io::Error| Error::input(path.display(), weir_common::explain::explain(&error));
    let meta = fs::metadata(path).map_err(failed)?;
    if !meta.is_file() && !meta.is_dir() {
        return Err(Error::input(
            path.display(),
            "is no file but a pipe or a device",
        ));
    }
    fs::read(path).map_err(failed)
}

/// Reads a component, unless it is over the limit; then as much as shows that.
pub(crate) fn read_component(path: &Path, limits: &Limits) -> Result<Vec<u8>, Error> {
    let limit = limits.component_mib << 20;
    let size = fs::metadata(path).map_or(0, |meta| meta.len());
    if size > limit {
        return Err(Error::Refused(Refusal::TooLarge { size, limit }));
    }
    read(path)
}
