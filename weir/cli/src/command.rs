//! The commands, each from its options to its exit code.

pub(crate) mod completions;
pub(crate) mod explain;
pub(crate) mod inspect;
pub(crate) mod man;
mod opening;
pub(crate) mod reference;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod tap;
pub(crate) mod test;
pub(crate) mod tune;
pub(crate) mod validate;
pub(crate) mod verify;

use std::borrow::Cow;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use weir_common::error::STDOUT;
use weir_common::message::{Level, Message};
use weir_config::CacheSetting;
use weir_host::digest;
use weir_host::trust::Trust;
use weir_host::{CodeCache, Error, Limits, Refusal, Sandbox};
use weir_shipped::COMPONENT;

use crate::log;

/// Writes an info message.
pub(crate) fn say(text: &str) {
    log::tell(&Message::new(Level::Info, text), None);
}

/// Writes a warning.
pub(crate) fn warn(text: &str) {
    log::tell(&Message::new(Level::Warn, text), None);
}

/// Writes an error, which makes the exit code other than 0.
pub(crate) fn fail(text: &str) {
    log::tell(&Message::new(Level::Error, text), None);
}

/// Writes a message of the library.
pub(crate) fn tell(message: Message) {
    log::tell(&message, None);
}

/// The exit code of a command, after its error was reported; with the name of whom it is about
/// where that is not plain.
pub(crate) fn code(done: Result<u8, Error>, about: Option<&str>) -> u8 {
    let say = |text: &str| log::tell(&Message::new(Level::Error, text), about);
    match done {
        Ok(code) => code,
        Err(error) if error.is_broken_pipe() => 0,
        Err(error) => {
            match &error {
                Error::Config(messages) if messages.is_empty() => {
                    say("the configuration is refused, and nothing says why");
                }
                Error::Config(messages) => {
                    for message in messages {
                        say(message);
                    }
                }
                Error::Input { name, .. } => {
                    let mut message = Message::new(Level::Error, &error.to_string());
                    message.file = Some(name.clone());
                    log::tell(&message, about);
                }
                Error::Refused(Refusal::Another { place, found, own }) => {
                    let shipped = digest(COMPONENT);
                    let named = format!("{shipped} (the one inside this weir)");
                    let refusal = Refusal::Another {
                        place: place.clone(),
                        found: found.clone(),
                        own: own.replace(&shipped, &named),
                    };
                    say(&Error::Refused(refusal).to_string());
                }
                error => say(&error.to_string()),
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
        .map_err(|source| Error::Output {
            name: STDOUT.to_owned(),
            source,
        })
}

/// Loads a component from a file, or the embedded one.
pub(crate) fn sandbox(
    component: Option<&Path>,
    trust: &Trust,
    limits: &Limits,
    cache: &CacheSetting,
) -> Result<Sandbox, Error> {
    let bytes = match component {
        None => Cow::Borrowed(COMPONENT),
        Some(path) => Cow::Owned(read_component(path, limits)?),
    };
    trust.check(&bytes, component)?;
    let cache = cache.folder().and_then(|folder| {
        let opened = CodeCache::open(&folder);
        opened
            .inspect_err(|why| warn(&format!("compiled code is not kept: {why}")))
            .ok()
    });
    Sandbox::with_cache(&bytes, limits, cache.as_ref())
}

/// Reads a whole file that an option names. Pipes and devices may have no end.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |message: String| Error::Input {
        name: path.display().to_string(),
        message,
    };
    let meta = fs::metadata(path).map_err(|error| failed(weir_common::explain::explain(&error)))?;
    if !meta.is_file() && !meta.is_dir() {
        return Err(failed("is no file but a pipe or a device".to_owned()));
    }
    fs::read(path).map_err(|error| failed(weir_common::explain::explain(&error)))
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
