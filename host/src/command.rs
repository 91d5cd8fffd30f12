//! The commands, each from its options to its exit code.

pub(crate) mod completions;
pub(crate) mod explain;
pub(crate) mod inspect;
pub(crate) mod man;
mod opening;
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

use weir::config::CacheSetting;
use weir::{CodeCache, Error, Level, Limits, Message, Refusal, STDOUT, Sandbox, Trust};

use crate::log;

/// Tells people something.
pub(crate) fn say(text: &str) {
    log::tell(&Message::new(Level::Info, text), None);
}

/// Tells people that something is not as it should be.
pub(crate) fn warn(text: &str) {
    log::tell(&Message::new(Level::Warn, text), None);
}

/// Tells people that it ends with another exit code than 0 for this.
pub(crate) fn fail(text: &str) {
    log::tell(&Message::new(Level::Error, text), None);
}

/// Passes on what the library tells.
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
        None => Cow::Borrowed(weir::EMBEDDED),
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
    let meta = fs::metadata(path).map_err(|error| failed(weir::input::explain(&error)))?;
    if !meta.is_file() && !meta.is_dir() {
        return Err(failed("is no file but a pipe or a device".to_owned()));
    }
    fs::read(path).map_err(|error| failed(weir::input::explain(&error)))
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
