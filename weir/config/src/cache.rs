//! Location of the cache of compiled code.

use std::env;
use std::path::PathBuf;

use weir_component::CodeCache;

/// Location of the cache of compiled code, or none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum CacheSetting {
    /// `$XDG_CACHE_HOME/weir`, or `~/.cache/weir`; no cache when neither is known.
    #[default]
    Usual,
    /// This folder.
    Folder(PathBuf),
    /// No cache.
    Off,
}

impl CacheSetting {
    /// The cache's folder; `None` without a cache.
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
