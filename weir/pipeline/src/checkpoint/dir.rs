//! The folder of a run's checkpoints: one run at a time, the newest two checkpoints.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use weir_common::message::Message;

use super::{Checkpoint, Header, decode, encode};
use weir_common::exclusive::{create, lock, sync_folder, write_synced};
use weir_common::explain::explain;
use weir_common::sealed::other_version;
use weir_host::error::Error;

/// Checkpoints that are kept.
const KEPT: usize = 2;
const TEMPORARY: &str = ".checkpoint.tmp";

/// A folder of checkpoints that this run alone uses.
#[derive(Debug)]
pub struct CheckpointDir {
    path: PathBuf,
    /// Held while the run lasts.
    _lock: File,
    /// Numbers of the checkpoints that are whole, as far as known, oldest first.
    kept: Vec<u64>,
    /// Numbers of those that are not.
    damaged: Vec<u64>,
}

impl CheckpointDir {
    /// Takes the folder, which is made when it is not there.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when another run uses it, [`Error::Output`] when it cannot
    /// be used.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::output(path.display(), source);
        create(path).map_err(failed)?;
        let lock = lock(path)?;
        let mut kept = Vec::new();
        for entry in fs::read_dir(path).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let name = name.to_string_lossy();
            if name == TEMPORARY {
                fs::remove_file(path.join(TEMPORARY)).map_err(failed)?;
            }
            kept.extend(sequence(&name));
        }
        kept.sort_unstable();
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
            kept,
            damaged: Vec::new(),
        })
    }

    /// Reads the newest checkpoint that is whole; none in a fresh folder. Emits a
    /// message about each that is damaged.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when there are checkpoints and none is whole.
    pub fn load(&mut self) -> Result<Option<Checkpoint>, Error> {
        let mut messages = Vec::new();
        while let Some(sequence) = self.kept.last().copied() {
            let path = self.file(sequence);
            let name = path.display().to_string();
            // What cannot be read now, or is of a newer weir, may be whole all the same.
            let bytes = read(&path).map_err(|error| {
                Error::config(format!("checkpoint {name}: {}", explain(&error)))
            })?;
            if let Some(version) = other_version(&bytes) {
                return Err(Error::config(format!(
                    "checkpoint {name}: it is of format {version}, and this weir reads another; \
                     use the weir that made it, or another folder"
                )));
            }
            match decode(&bytes) {
                Ok((header, state)) => {
                    for message in messages {
                        let text = format!("{message}; going on from the one before, {name}");
                        Message::warn("checkpoint-damaged", text).emit();
                    }
                    return Ok(Some(Checkpoint {
                        sequence,
                        name,
                        header,
                        state,
                    }));
                }
                Err(why) => messages.push(format!("checkpoint {name} is damaged ({why})")),
            }
            self.kept.pop();
            self.damaged.push(sequence);
        }
        if messages.is_empty() {
            return Ok(None);
        }
        messages.push(format!(
            "no checkpoint in {} is whole: put one back, or remove them to read everything \
             from the start (alerts will come again)",
            self.path.display()
        ));
        Err(Error::Config(messages))
    }

    /// Writes a checkpoint, durably and whole or not at all, and removes old ones.
    pub(crate) fn write(&mut self, header: &Header, state: &[u8]) -> io::Result<()> {
        let bytes = encode(header, state)?;
        let newest = self.kept.last().max(self.damaged.iter().max());
        let sequence = newest.map_or(Some(1), |newest| newest.checked_add(1));
        let sequence = sequence.ok_or_else(|| io::Error::other("no number is left for it"))?;
        let temporary = self.path.join(TEMPORARY);
        let written = write_synced(&temporary, &bytes)
            .and_then(|()| fs::rename(&temporary, self.file(sequence)));
        if let Err(error) = written {
            // The first error is the one to tell.
            let _ = fs::remove_file(&temporary);
            return Err(error);
        }
        sync_folder(&self.path)?;
        self.kept.push(sequence);
        let surplus = self.kept.len().saturating_sub(KEPT);
        for old in self.kept.drain(..surplus).chain(self.damaged.drain(..)) {
            // The new one is durable; one too many is no reason to say that it is not.
            let _ = fs::remove_file(self.path.join(name(old)));
        }
        Ok(())
    }

    /// Its path, for messages.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn file(&self, sequence: u64) -> PathBuf {
        self.path.join(name(sequence))
    }
}

fn name(sequence: u64) -> String {
    format!("checkpoint-{sequence:020}.weir")
}

fn sequence(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("checkpoint-")?.strip_suffix(".weir")?;
    (digits.len() == 20).then(|| digits.parse().ok())?
}

/// Reads a regular file; a pipe by that name would keep the start waiting for ever.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "is no regular file",
        ));
    }
    fs::read(path)
}
