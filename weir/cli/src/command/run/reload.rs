//! SIGHUP in a run that goes on: configuration and component as they are now, for the place of the
//! detector at work.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use weir_config::Config;
use weir_deliver::reclaim;
use weir_host::{Error, Limits};
use weir_ledger::Scheme;
use weir_pipeline::run::{Reloader, Successor};
use weir_sinks::output::Output;

use super::stop::Hangup;
use super::{Plan, alerts, delivery, ledger, load, settings};
use crate::cli::DetectArgs;
use crate::command::warn;

/// What a run was started with, to be looked at again.
pub(super) struct Again<'a> {
    pub(super) arguments: &'a DetectArgs,
    /// The configuration at the start.
    pub(super) config: &'a Config,
    pub(super) plan: &'a Plan,
    pub(super) seed: (u64, u64),
    pub(super) stop: &'a Arc<AtomicBool>,
    /// Schemes of the ledger, if one is kept.
    pub(super) schemes: Option<Vec<Scheme>>,
}

impl<'a> Again<'a> {
    /// The source of new detectors, if SIGHUP asks for some.
    pub(super) fn on(&self, hangup: &Hangup, several: bool) -> Option<Reloader<'a>> {
        let Hangup::Reload(asked) = hangup else {
            return None;
        };
        let (arguments, config, plan, seed) = (self.arguments, self.config, self.plan, self.seed);
        let (stop, schemes) = (Arc::clone(self.stop), self.schemes.clone());
        let load = move || {
            if several {
                return Err(Error::config(
                    "several --component run side by side, and are not reloaded; restart the run",
                ));
            }
            load_again(arguments, config, plan, seed, &stop, schemes.as_deref())
        };
        let asked = Arc::clone(asked);
        Some(Reloader::new(asked, load, arguments.accept_loss))
    }
}

/// Opens what the configuration says now, under all checks of a start.
fn load_again<'a>(
    arguments: &'a DetectArgs,
    before: &Config,
    plan: &Plan,
    seed: (u64, u64),
    stop: &Arc<AtomicBool>,
    schemes: Option<&[Scheme]>,
) -> Result<Successor<'a>, Error> {
    let config = settings(arguments)?;
    let detectors = load(arguments, &config)?;
    let entered = ledger::schemes(arguments, plan, &detectors)?;
    // The contract's types are compared by what they show.
    if format!("{:?}", entered.as_deref()) != format!("{schemes:?}") {
        return Err(Error::config(
            "--verdicts: the ledger would have rows of another form; restart the run, with another \
             file",
        ));
    }
    let [detector] = &detectors[..] else {
        return Err(Error::Broken("no detector was loaded".to_owned()));
    };
    stay(&before.limits, &config.limits);
    let engine = detector.start(seed, arguments.threads, stop)?;
    let queue = delivery::folder(arguments);
    let component = detector.sha256();
    Ok(Successor {
        engine,
        sink: alerts::sink(
            arguments,
            &config,
            plan,
            &detector.rules(),
            Output::stdout(),
        ),
        idle: config.live.idle_timeout(),
        adopt: Box::new(move || match queue {
            Some(queue) => reclaim(&queue, &[component]),
            None => Ok(()),
        }),
    })
}

/// Says which limits of a running process stay as they were.
fn stay(before: &Limits, now: &Limits) {
    let fixed = [
        ("batch_kib", before.batch_kib, now.batch_kib),
        ("record_mib", before.record_mib, now.record_mib),
        ("final_mib", before.final_mib, now.final_mib),
    ];
    for (name, was, is) in fixed {
        if was != is {
            let text = format!("reload: limits.{name} stays {was} until a restart");
            warn("reload-kept", text);
        }
    }
}
