//! `weir serve`: events from the network in, alerts out.

use weir_common::message::Message;
use weir_host::Error;
use weir_pipeline::run::Gauges;
use weir_pipeline::sizes;
use weir_serve::{AccessPolicy, Bounds, Listeners, Token};
use weir_sources::reader::Reader;

use super::run::{Plan, detect_on, refuse_own_output, settings};
use crate::cli::{Ack, ServeArgs};

/// Runs the command.
pub(crate) fn serve(arguments: &ServeArgs) -> Result<u8, Error> {
    let detect = &arguments.detect;
    if detect.components.len() > 1 {
        return Err(Error::config(
            "serve runs one detector; start a weir for each",
        ));
    }
    let ack = match (arguments.ack, &detect.checkpoint) {
        (Some(Ack::Checkpoint), None) => {
            return Err(Error::config("--ack checkpoint needs --checkpoint DIR"));
        }
        (Some(ack), _) => ack,
        (None, Some(_)) => Ack::Checkpoint,
        (None, None) => Ack::Memory,
    };
    let config = settings(detect)?;
    refuse_own_output(detect, &[])?;
    let access = AccessPolicy {
        token: arguments
            .token_file
            .as_deref()
            .map(Token::read)
            .transpose()?,
        tls: arguments.tls_cert.clone().zip(arguments.tls_key.clone()),
        forced: arguments.insecure_listen,
    };
    let bounds = Bounds {
        body: usize::from(arguments.max_body_mib) << 20,
        requests: usize::from(arguments.max_requests),
        ..Bounds::default()
    };
    raise_open_files();
    let gauges = Gauges::default();
    let plan = Plan {
        live: true,
        prompt: true,
        only_final: false,
        fail_on_alert: false,
        strict: false,
        forgiving: true,
        durable: ack == Ack::Checkpoint,
        gauges: Some(gauges.clone()),
        seed: None,
    };
    let mut listeners = None;
    let done = detect_on(detect, &config, &plan, Vec::new(), |known| {
        let (feed, intake) = Reader::intake(sizes(&config.limits), known.len());
        let opened = Listeners::open(
            &arguments.listen,
            &access,
            &bounds,
            &intake,
            &gauges,
            ack == Ack::Checkpoint,
        )?;
        for address in opened.bound() {
            let text = format!("listening at {address}");
            let message = Message::info("listening", text);
            message.about(&address.to_string()).emit();
        }
        listeners = Some(opened);
        Ok(feed)
    });
    // What was taken in is in the last checkpoint now, and its senders hear so.
    if let Some(listeners) = listeners {
        listeners.close();
    }
    done
}

/// Asks for as many open files as may be had, so that connections take none away from checkpoints.
/// A limit that cannot be raised stays as it is.
#[cfg(unix)]
fn raise_open_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    /// All that any number of listeners comes near.
    const ENOUGH: u64 = 1 << 16;
    let mut limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(ENOUGH).min(ENOUGH);
    if limit.current.is_some_and(|now| now < most) {
        limit.current = Some(most);
        let _ = setrlimit(Resource::Nofile, limit);
    }
}

#[cfg(not(unix))]
fn raise_open_files() {}
