//! `weir run --checkpoint`: what the folder holds, and the files as they were then.

use std::path::Path;

use weir::checkpoint::{Checkpoint, Extent, Folder, Header};
use weir::output::Place;
use weir::rejects::Rejects;
use weir::{Detector, Error};

use crate::cli::RunArgs;
use crate::command::say;

/// Takes the folder and reads the newest checkpoint in it.
pub(super) fn open(arguments: &RunArgs) -> Result<(Option<Folder>, Option<Checkpoint>), Error> {
    let Some(path) = &arguments.checkpoint else {
        return Ok((None, None));
    };
    let mut folder = Folder::open(path)?;
    let checkpoint = folder.load(&mut |message| say(&weir::escape(message)))?;
    Ok((Some(folder), checkpoint))
}

/// Lets the detector take a checkpoint's state.
pub(super) fn restore(detector: &mut Detector, checkpoint: &Checkpoint) -> Result<(), Error> {
    detector
        .merge(&checkpoint.state)
        .map_err(|error| match error {
            Error::Config(messages) => {
                let why = messages.join("; ");
                Error::Config(vec![format!(
                    "checkpoint {}: {why}; name another folder or use the configuration \
                     that it was made under",
                    checkpoint.name
                )])
            }
            other => other,
        })
}

/// The file of refused documents, if there is to be one.
pub(super) fn rejects(
    arguments: &RunArgs,
    header: Option<&Header>,
) -> Result<Option<Rejects>, Error> {
    let Some(path) = arguments.rejects.as_deref() else {
        return Ok(None);
    };
    let extent = header.and_then(|header| header.rejects.as_ref());
    place(Some(path), extent).map(|place| Some(Rejects::new(place)))
}

/// A file as the checkpoint knows it; a new one when it knows none of that name.
pub(super) fn place(path: Option<&Path>, extent: Option<&Extent>) -> Result<Place, Error> {
    let Some(path) = path else {
        return Ok(Place::stdout());
    };
    match extent.filter(|extent| Path::new(&extent.path) == path) {
        None => Place::create(path),
        Some(extent) => {
            let (place, note) = Place::resume(path, extent.length)?;
            if let Some(note) = note {
                say(&weir::escape(&note));
            }
            Ok(place)
        }
    }
}

/// The names of the files of alerts and of refused documents.
pub(super) fn files(arguments: &RunArgs) -> [Option<String>; 2] {
    [&arguments.output, &arguments.rejects]
        .map(|path| path.as_ref().map(|path| path.display().to_string()))
}
