//! Where compiled code is kept.

use std::env;
use std::path::PathBuf;

use crate::sandbox::CodeCache;

/// Whether compiled code is kept from one start to the next, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum CacheSetting {
    /// In `$XDG_CACHE_HOME/weir`, or `~/.cache/weir`; nowhere when neither is known.
    #[default]
    Usual,
    /// In this folder.
    Folder(PathBuf),
    /// Nowhere.
    Off,
}

impl CacheSetting {
    /// The folder, if there is to be one.
    #[must_use]
    pub fn folder(&self) -> Option<PathBuf> {
        let variable = |name| env::var_os(name).map(PathBuf::from);
        match self {
            Self::Off => None,
            Self::Folder(folder) => Some(folder.clone()),
            Self::Usual => CodeCache::folder_for(
                variable("XDG_CACHE_HOME").as_deref(),
                variable("HOME").as_deref(),
            ),
        }
    }
}
