//! `weir run --checkpoint`: restores the state and the lengths of the files from the folder.

use std::io::{self, IsTerminal};
use std::path::Path;

use weir_common::message::Message;
use weir_host::Error;
use weir_host::trust::same_component;
use weir_pipeline::checkpoint::{
    Checkpoint, CheckpointDir, Earlier, Extent, Header, Judged, take_over,
};
use weir_pipeline::engine::Engine;
use weir_sinks::output::Output;
use weir_sinks::rejects::Rejects;

use crate::cli::{DetectArgs, named};
use crate::command::warn;
use crate::progress::Beside;

/// Takes the folder and reads the newest checkpoint in it.
pub(super) fn open(
    arguments: &DetectArgs,
) -> Result<(Option<CheckpointDir>, Option<Checkpoint>), Error> {
    let Some(path) = &arguments.checkpoint else {
        return Ok((None, None));
    };
    let mut folder = CheckpointDir::open(path)?;
    let checkpoint = folder.load()?;
    Ok((Some(folder), checkpoint))
}

/// The seed of a checkpoint, which no other can take the place of.
pub(super) fn seed(arguments: &DetectArgs, checkpoint: &Checkpoint) -> Result<(u64, u64), Error> {
    let seed = checkpoint.header.seed;
    if arguments.seed.is_some_and(|given| given != seed) {
        return Err(Error::config(format!(
            "checkpoint {}: it was made under another seed; leave --seed out or name another folder",
            checkpoint.name
        )));
    }
    Ok(seed)
}

/// Lets the detector take over a checkpoint's state, which must be of the same component unless
/// another's is accepted, and says what became of it.
pub(super) fn restore(
    engine: &mut Engine,
    checkpoint: &Checkpoint,
    arguments: &DetectArgs,
) -> Result<(), Error> {
    let place = format!("checkpoint {}", checkpoint.name);
    let header = &checkpoint.header;
    // One that an earlier weir made says nothing.
    if let Some(found) = &header.component {
        let own = engine.component().to_owned();
        let accepted = arguments.accept_component;
        same_component(&place, std::slice::from_ref(found), &[own], accepted)?;
    }
    same_rules(
        &Judged::all(&engine.rules()),
        checkpoint,
        arguments.accept_loss,
    )?;
    let earlier = Earlier {
        place: &place,
        state: &checkpoint.state,
        component: header.component.as_deref(),
        rules: &header.rules,
    };
    let told = take_over(engine, &earlier, arguments.accept_loss);
    let told = told.map_err(|error| match error {
        Error::Config(messages) => {
            let words = |message: String| match message.starts_with(&place) {
                true => message,
                false => format!("{place}: {message}"),
            };
            let last = "name another folder, or use the component and the configuration that it \
                        was made under";
            let words = messages.into_iter().map(words);
            Error::Config(words.map(|text| format!("{text}; {last}")).collect())
        }
        other => other,
    })?;
    told.into_iter().for_each(Message::emit);
    Ok(())
}

/// Refuses to leave out a rule that a checkpoint has state of, unless its loss is accepted, and says
/// which rules know nothing of what was read before it.
fn same_rules(own: &[Judged], checkpoint: &Checkpoint, accepted: bool) -> Result<(), Error> {
    let (name, kept) = (&checkpoint.name, &checkpoint.header.rules);
    if kept.is_empty() {
        return Ok(());
    }
    if let Some(left_out) = Judged::beside(kept, own) {
        let header = &checkpoint.header;
        let waiting = header.held.iter().chain(header.finals.iter().flatten());
        let mut rules = waiting.map(|alert| &alert.rule);
        if !accepted {
            return Err(Error::config(format!(
                "checkpoint {name}: it has the state of rules that would not judge any more: \
                 {left_out}; name them too (--rule), or another folder; --accept-loss goes on \
                 without them"
            )));
        }
        if rules.any(|rule| !own.iter().any(|one| one.id == *rule)) {
            return Err(Error::config(format!(
                "checkpoint {name}: it has alerts of {left_out} that are not written yet; start \
                 once with these rules (--rule)"
            )));
        }
    }
    if let Some(new) = Judged::beside(own, kept) {
        warn(
            "rule-added",
            format!(
                "checkpoint {name}: it was made without {new}, so what was read before is not judged \
                 by that; another folder has everything read from the start"
            ),
        );
    }
    Ok(())
}

/// The file of refused documents, if there is to be one.
pub(super) fn rejects(
    arguments: &DetectArgs,
    header: Option<&Header>,
) -> Result<Option<Rejects>, Error> {
    let Some(path) = arguments.rejects.as_deref() else {
        return Ok(None);
    };
    let extent = header.map(|header| header.rejects.as_ref());
    output(Some(path), extent).map(|file| Some(Rejects::new(file)))
}

/// A file as the checkpoint knows it, or standard output. A run that goes on from a checkpoint writes nothing
/// over: a file that the checkpoint does not know is written on from its end.
pub(super) fn output(
    path: Option<&Path>,
    checkpoint: Option<Option<&Extent>>,
) -> Result<Output, Error> {
    let Some(path) = named(path) else {
        return Ok(match io::stdout().is_terminal() {
            true => Output::stdout_by(Box::new(Beside::stdout())),
            false => Output::stdout(),
        });
    };
    let Some(extent) = checkpoint else {
        return Output::create(path);
    };
    match extent.filter(|extent| Some(&extent.path) == absolute(path).as_ref()) {
        None => Output::append(path),
        Some(extent) => {
            let (output, note) = Output::resume(path, extent.length)?;
            if let Some(note) = note {
                warn("output-resumed", note);
            }
            Ok(output)
        }
    }
}

/// A path by which a file is known again, wherever the next run is started.
fn absolute(path: &Path) -> Option<String> {
    let whole = path.canonicalize().or_else(|_| std::path::absolute(path));
    whole.ok().map(|path| path.display().to_string())
}

/// The names of the files of alerts, of refused documents and of the ledger.
pub(super) fn files(arguments: &DetectArgs) -> [Option<String>; 3] {
    let files = [&arguments.rejects, &arguments.verdicts].map(|path| named(path.as_deref()));
    let [rejects, ledger] = files;
    [arguments.file(), rejects, ledger].map(|path| path.and_then(absolute))
}
