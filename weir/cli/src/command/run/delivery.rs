//! `--output ADDRESS`: delivery of alerts, and the alerts that are left at the end.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use weir_common::numbers::counted;
use weir_deliver::{Delivery, Settings, Target, waiting_in};
use weir_host::Error;

use crate::cli::{DetectArgs, Format};
use crate::command::{fail, warn};

/// Problems of the options of an output.
pub(super) fn objections(arguments: &DetectArgs) -> Vec<String> {
    let options = &arguments.delivery;
    let given = [
        ("--output-token-file", options.output_token_file.is_some()),
        ("--output-ca", options.output_ca.is_some()),
        ("--queue", options.queue.is_some()),
    ];
    let given = given.into_iter().filter(|(_, given)| *given);
    let (allowed, why): (&[&str], _) = match &arguments.output {
        Some(Target::Http(_) | Target::Hec(_) | Target::Bulk(_)) => {
            (&["--output-token-file", "--output-ca", "--queue"], "")
        }
        None | Some(Target::File(_)) => (&[], "is for alerts that are sent to an address"),
        Some(Target::Kafka(_)) => (&[], "is for alerts that are sent by other ways than Kafka"),
        Some(_) => (&["--queue"], "is for alerts that are sent over HTTP"),
    };
    let wrong = given.filter(|(name, _)| !allowed.contains(name));
    let mut messages: Vec<String> = wrong.map(|(name, _)| format!("{name} {why}")).collect();
    let sent = arguments.output.as_ref().filter(|to| to.file().is_none());
    match (sent, arguments.format) {
        (Some(target), Some(Format::Table)) => {
            messages.push(format!("--format table is for people; {target} takes ecs"));
        }
        (Some(target), Some(Format::Bulk)) => messages.push(format!(
            "--format bulk is for files and pipes; {target} takes ecs"
        )),
        _ => {}
    }
    if options.queue.is_some() && options.queue == arguments.checkpoint {
        messages.push("--queue: checkpoints are in this folder; name another".to_owned());
    }
    messages
}

/// Address that alerts are sent to, if they are sent.
fn target(arguments: &DetectArgs) -> Option<&Target> {
    let target = arguments.output.as_ref();
    target.filter(|to| !matches!(to, Target::File(_) | Target::Kafka(_)))
}

/// The folder of the queue, if alerts are to be sent and there is to be one.
pub(super) fn folder(arguments: &DetectArgs) -> Option<PathBuf> {
    target(arguments)?;
    let beside = || arguments.checkpoint.as_ref().map(|path| path.join("queue"));
    arguments.delivery.queue.clone().or_else(beside)
}

/// Begins to send, if alerts are to be sent.
pub(super) fn start(
    arguments: &DetectArgs,
    components: Vec<String>,
    stop: &Arc<AtomicBool>,
) -> Result<Option<Delivery>, Error> {
    let Some(target) = target(arguments) else {
        tell_of_others(arguments);
        return Ok(None);
    };
    let options = &arguments.delivery;
    let mut settings = Settings::default();
    settings.token.clone_from(&options.output_token_file);
    settings.ca.clone_from(&options.output_ca);
    settings.folder = folder(arguments);
    settings.components = components;
    settings.accepted = arguments.accept_component;
    settings.most = u64::from(options.queue_mib) << 20;
    Delivery::start(target, &settings, Arc::clone(stop)).map(Some)
}

/// Says what an earlier run was to send, and this one does not.
fn tell_of_others(arguments: &DetectArgs) {
    let Some(folder) = arguments.checkpoint.as_ref().map(|path| path.join("queue")) else {
        return;
    };
    let left = waiting_in(&folder);
    if left > 0 {
        warn(
            "queue-left",
            format!(
                "{}: {} of earlier runs, kept until --output is an address again",
                folder.display(),
                counted(left, "alert")
            ),
        );
    }
}

/// Lets what waits be sent, says what is left, and gives the exit code in its light.
pub(super) fn end(
    arguments: &DetectArgs,
    delivery: Delivery,
    done: Result<u8, Error>,
) -> Result<u8, Error> {
    let patience = Duration::from_secs(u64::from(arguments.delivery.drain_seconds));
    let rest = delivery.close(patience);
    let lost = rest.queued > 0 && !rest.kept;
    match rest.queued {
        0 => {}
        left if rest.kept => warn(
            "alerts-kept",
            format!(
                "not delivered: {}, kept in the queue for the next start",
                counted(left, "alert")
            ),
        ),
        left => fail(
            "alerts-lost",
            format!(
                "not delivered: {}, lost; --queue DIR keeps them",
                counted(left, "alert")
            ),
        ),
    }
    if rest.dead > 0 {
        fail(
            "alerts-refused",
            format!("refused for good: {}", counted(rest.dead, "alert")),
        );
    }
    match done {
        Ok(0 | 1) if lost || rest.dead > 0 => Ok(3),
        done => done,
    }
}
