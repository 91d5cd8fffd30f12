//! Locations of components: files, and artifacts in registries.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::reference::{Reference, SCHEME};

/// Location of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A path.
    File(PathBuf),
    /// An artifact in an OCI registry.
    Registry(Reference),
}

/// Permissions of access to registries, none by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RegistryAccess {
    /// Take what a tag names today, without a digest or a signature.
    pub allow_tag: bool,
    /// Speak plain HTTP to registries on other machines.
    pub insecure: bool,
}

impl Location {
    /// Reads it as it is given on a command line: `oci://...`, or else a path.
    ///
    /// # Errors
    ///
    /// The fault of a malformed reference.
    pub fn of(given: OsString) -> Result<Self, String> {
        match given.to_str() {
            Some(text) if text.starts_with(SCHEME) => Reference::parse(text).map(Self::Registry),
            _ => Ok(Self::File(given.into())),
        }
    }

    /// Its path, if it is a file.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Registry(_) => None,
        }
    }

    /// The location with a path that is relative to a folder.
    #[must_use]
    pub fn below(self, folder: &Path) -> Self {
        match self {
            Self::File(path) => Self::File(folder.join(path)),
            registry @ Self::Registry(_) => registry,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(out),
            Self::Registry(reference) => reference.fmt(out),
        }
    }
}
