//! Compiled code, kept from one start to the next.
//!
//! What is kept here runs as native code, outside the sandbox, so it is taken only from
//! folders that nobody else can write to, and only when it is byte for byte what was
//! put there. Each component has a folder of its own, named by its SHA-256; in it, the
//! engine keys entries by its version, the compiler's settings, the target with the
//! CPU's features and the component's bytes, and checks the version and the features
//! again when it loads one. Beside each entry stands its digest: the engine's format does
//! not notice a flipped bit in the code.
//!
//! Nothing that is wrong with the folder stops a run: the component is compiled then.

mod artifacts;
mod entries;
mod private;

use std::fs;
use std::path::{Path, PathBuf};

use wasmtime::{Cache, CacheConfig};
use weir_host::{Error, Limits, Sandbox};

pub use artifacts::Artifacts;
use entries::Entries;

/// A folder that keeps compiled code, private to this user.
#[derive(Debug, Clone)]
pub struct CodeCache {
    folder: PathBuf,
}

impl CodeCache {
    /// Takes a folder, and makes it if it is not there.
    ///
    /// # Errors
    ///
    /// Why its code cannot be trusted, in a sentence that begins with its path: it is a
    /// symlink or no folder, belongs to somebody else, others can write to it or change
    /// what its path leads to, or it cannot be made.
    pub fn open(folder: &Path) -> Result<Self, String> {
        let failed = |why| format!("{}: {why}", folder.display());
        private::make(folder).map_err(failed)?;
        let folder = folder
            .canonicalize()
            .map_err(|error| failed(weir_common::explain::explain(&error)))?;
        private::check(&folder)?;
        Ok(Self { folder })
    }

    /// Lets in and compiles a component. Code that was compiled before comes from here, and new
    /// code is kept.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::new`]; what is wrong with the cache is no error.
    pub fn sandbox(&self, component: &[u8], limits: &Limits) -> Result<Sandbox, Error> {
        let mut folder = None;
        let sandbox = Sandbox::with_cache(component, limits, |sha256| {
            folder = ComponentDir::open(self, sha256);
            folder.as_ref().map(ComponentDir::cache)
        });
        if let Some(folder) = folder {
            folder.finish();
        }
        sandbox
    }

    /// The folder for a user with this `XDG_CACHE_HOME` and `HOME`: none when neither is
    /// an absolute path.
    #[must_use]
    pub fn folder_for(cache_home: Option<&Path>, home: Option<&Path>) -> Option<PathBuf> {
        let base = match cache_home.filter(|path| path.is_absolute()) {
            Some(path) => path.to_owned(),
            None => home.filter(|path| path.is_absolute())?.join(".cache"),
        };
        Some(base.join("weir"))
    }
}

/// The part of a [`CodeCache`] for one component, as long as that is being loaded.
struct ComponentDir {
    cache: Cache,
    entries: Entries,
    root: PathBuf,
}

impl ComponentDir {
    /// None where there is no place for it. `sha256` is the component's, in hexadecimal.
    fn open(cache: &CodeCache, sha256: &str) -> Option<Self> {
        let folder = cache.folder.join(sha256);
        private::make(&folder).ok()?;
        if !private::is_closed(&folder) {
            fs::remove_dir_all(&folder).ok()?;
            private::make(&folder).ok()?;
        }
        let entries = Entries::sound(&folder).filter(|_| private::is_closed(&folder))?;
        let mut config = CacheConfig::new();
        config
            .with_directory(entries.engine_folder())
            // An entry stays as it was written, and as its digest says.
            .with_optimized_compression_usage_counter_threshold(u64::MAX);
        Some(Self {
            cache: Cache::new(config).ok()?,
            entries,
            root: cache.folder.clone(),
        })
    }

    /// The engine's cache.
    fn cache(&self) -> Cache {
        self.cache.clone()
    }

    /// Gives new code its digest.
    fn finish(self) {
        if self.cache.cache_misses() > 0 {
            self.entries.seal();
            entries::trim(&self.root);
        }
    }
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests;
