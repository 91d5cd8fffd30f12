//! Conflicts between the files that a run reads and those that it writes.

use std::path::{Path, PathBuf};

use weir_component::Location;
use weir_host::Error;
use weir_sources::input::Source;

use super::delivery;
use crate::cli::{DetectArgs, named};

/// A folder that the run writes to, and what it holds.
type Folder<'a> = (Option<&'a PathBuf>, &'static str);

/// Refuses to write over what is to be read.
pub(crate) fn refuse_own_output(arguments: &DetectArgs, sources: &[Source]) -> Result<(), Error> {
    Error::problems(delivery::objections(arguments))?;
    let queue = delivery::folder(arguments);
    let folders = [
        (arguments.checkpoint.as_ref(), "checkpoints"),
        (queue.as_ref(), "the queue"),
    ];
    let written: Vec<_> = arguments.written().collect();
    let conflict = input_in_folder(&folders, sources)
        .or_else(|| written_twice(&written))
        .or_else(|| {
            let files = written.iter().filter_map(|(path, _)| named(Some(path)));
            let mut conflicts =
                files.filter_map(|output| of_output(output, arguments, &folders, sources));
            conflicts.next()
        });
    conflict.map_or(Ok(()), |text| Err(Error::config(text)))
}

/// An input that is inside a folder of the run's own.
fn input_in_folder(folders: &[Folder<'_>], sources: &[Source]) -> Option<String> {
    folders.iter().find_map(|(folder, what)| {
        let source = input_in((*folder)?, sources)?;
        Some(format!(
            "{} is in the folder of {what}; name inputs or a folder elsewhere",
            source.name()
        ))
    })
}

/// The first input that is a file inside a folder.
pub(crate) fn input_in<'s>(folder: &Path, sources: &'s [Source]) -> Option<&'s Source> {
    let folder = folder.canonicalize().ok()?;
    let inside = |source: &&Source| match source {
        Source::File(path) => path
            .canonicalize()
            .is_ok_and(|path| path.starts_with(&folder)),
        Source::Stdin => false,
    };
    sources.iter().find(inside)
}

/// Two outputs that are one file.
fn written_twice(written: &[(&Path, &str)]) -> Option<String> {
    for (at, (output, what)) in written.iter().enumerate() {
        let before = written.iter().take(at);
        if let Some((_, other)) = before.rev().find(|(other, _)| same_place(other, output)) {
            let name = named(Some(output)).map_or("standard output".into(), Path::to_string_lossy);
            return Some(format!(
                "{name} is to hold both {other} and {what}; name two files"
            ));
        }
    }
    None
}

/// A reason against writing to this file.
fn of_output(
    output: &Path,
    arguments: &DetectArgs,
    folders: &[Folder<'_>],
    sources: &[Source],
) -> Option<String> {
    let tables: Vec<PathBuf> = arguments.open.table_files().collect();
    let components = arguments.components.iter();
    let mut own = components
        .filter_map(Location::file)
        .chain(arguments.trust.file.config.as_deref())
        .chain(tables.iter().map(PathBuf::as_path));
    let same = |path: &&Path| same_file::is_same_file(path, output).unwrap_or(false);
    if let Some(path) = own.find(same).filter(|path| path.is_file()) {
        return Some(format!(
            "{} is to be written and is also read ({})",
            output.display(),
            path.display()
        ));
    }
    let inside = |folder: &PathBuf| {
        let parent = output.parent().filter(|parent| *parent != Path::new(""));
        let parent = parent.unwrap_or(Path::new(".")).canonicalize().ok();
        parent.is_some() && parent == folder.canonicalize().ok()
    };
    for (folder, what) in folders {
        if folder.is_some_and(inside) {
            return Some(format!(
                "{} is in the folder of {what}; write it elsewhere",
                output.display()
            ));
        }
    }
    // A device such as /dev/null can well be both.
    if !output.is_file() {
        return None;
    }
    let same = |source: &&Source| match source {
        Source::File(path) => same_file::is_same_file(path, output).unwrap_or(false),
        _ => false,
    };
    let source = sources.iter().find(same)?;
    Some(format!(
        "{} is to be written and is also an input ({})",
        output.display(),
        source.name()
    ))
}

/// Whether two paths are of one regular file, or would be.
fn same_place(one: &Path, other: &Path) -> bool {
    if one.exists() || other.exists() {
        return one.is_file() && same_file::is_same_file(one, other).unwrap_or(false);
    }
    let whole = |path: &Path| {
        let absolute = std::path::absolute(path).ok()?;
        Some(absolute.components().collect::<PathBuf>())
    };
    whole(one) == whole(other)
}
