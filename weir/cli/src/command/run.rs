//! `weir run`: events in, alerts out.

mod alerts;
mod conflicts;
mod delivery;
pub(crate) mod detectors;
#[cfg(feature = "kafka")]
mod kafka;
mod kept;
mod lane;
mod ledger;
#[cfg(not(feature = "kafka"))]
mod no_kafka;
mod reload;
mod stop;
mod summaries;
mod threads;

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::json;
use weir_common::seed::random_seed;
use weir_config::Config;
use weir_deliver::{Delivery, Target};
use weir_host::Error;
use weir_host::contract::Interface;
use weir_ledger::VERDICTS;
use weir_pipeline::engine::Engine;
use weir_pipeline::run::Gauges;
use weir_pipeline::sizes;
use weir_sinks::output::Output;
use weir_sources::input::{self, Source};
use weir_sources::reader::{KnownFile, Reader};
use weir_sources::seed::seed_of_files;

use alerts::sink;
pub(crate) use conflicts::{input_in, refuse_own_output};
use lane::{Lane, ids, side_by_side};
pub(crate) use ledger::floor;
use reload::Again;
use stop::Hangup;
use weir_common::message;

use super::opening;
use crate::cli::{DetectArgs, RunArgs};
use crate::{log, progress};
#[cfg(not(feature = "kafka"))]
use no_kafka as kafka;
pub(crate) use stop::on_signals;
use summaries::Summaries;

/// Settings of a run, besides its detectors.
pub(crate) struct Plan {
    /// Whether the input is live, so that idle sources advance event time.
    pub(crate) live: bool,
    /// Whether batches are processed without waiting for more to come.
    pub(crate) prompt: bool,
    pub(crate) only_final: bool,
    pub(crate) fail_on_alert: bool,
    pub(crate) strict: bool,
    /// Whether unreadable sources leave the exit code as it is: senders are told themselves.
    pub(crate) forgiving: bool,
    /// Whether senders wait for checkpoints.
    pub(crate) durable: bool,
    /// Gauges that the run updates.
    pub(crate) gauges: Option<Gauges>,
    /// Hash seed that follows from the input files, where they are known before.
    pub(crate) seed: Option<(u64, u64)>,
}

/// Runs the command.
pub(crate) fn run(arguments: &RunArgs) -> Result<u8, Error> {
    let mut inputs = arguments.inputs.iter();
    if !arguments.kafka.is_empty() || inputs.any(|text| text.starts_with("kafka://")) {
        return kafka::run(arguments);
    }
    let inputs = opening::inputs(&arguments.inputs, opening::FILES)?;
    let detect = &arguments.detect;
    let config = settings(detect)?;
    let (sources, errors) = input::expand(&inputs);
    refuse_own_output(detect, &sources)?;
    // State that is kept outlives these files: who has read them may write the next ones.
    let is_replay = !arguments.follow && detect.checkpoint.is_none();
    let plan = Plan {
        seed: is_replay.then(|| seed_of_files(&sources)).flatten(),
        live: arguments.follow,
        prompt: arguments.follow || sources.iter().any(Source::is_live),
        only_final: arguments.only_final,
        fail_on_alert: arguments.fail_on_alert,
        strict: arguments.strict,
        forgiving: false,
        durable: false,
        gauges: None,
    };
    let errors = if plan.live { Vec::new() } else { errors };
    detect_on(detect, &config, &plan, errors, |known| {
        // What is written now exists, and would be read from now on, or at the next start.
        refuse_own_output(detect, &input::expand(&inputs).0)?;
        if arguments.follow {
            return Ok(Reader::follow(inputs, sizes(&config.limits), known)?);
        }
        let keeps = detect.checkpoint.is_some();
        Ok(Reader::replay(
            sources,
            sizes(&config.limits),
            known,
            keeps,
        )?)
    })
}

/// Detects on the documents of a feed, which is opened last. `errors` are problems of the sources
/// before they are read.
pub(crate) fn detect_on(
    arguments: &DetectArgs,
    config: &Config,
    plan: &Plan,
    errors: Vec<weir_common::Error>,
    feed: impl FnOnce(Vec<KnownFile>) -> Result<Reader, Error>,
) -> Result<u8, Error> {
    let mut delivery = None;
    let summaries = Summaries::default();
    let so_far = (&summaries, &mut delivery);
    let done = detect(arguments, config, plan, errors, feed, so_far);
    let done = match delivery {
        Some(delivery) => delivery::end(arguments, delivery, done),
        None => done,
    };
    let written = summaries.write(arguments);
    done.and_then(|code| written.map(|()| code))
}

/// Loads the detectors, and refuses options that they cannot serve.
fn load(arguments: &DetectArgs, config: &Config) -> Result<Vec<detectors::Loaded>, Error> {
    let detectors = detectors::load(&arguments.components, config, arguments.threads > 1)?;
    if detectors.len() > 1 && arguments.checkpoint.is_some() {
        return Err(Error::config(
            "--checkpoint holds one detector; start a weir for each, with a folder of its own",
        ));
    }
    for detector in &detectors {
        if arguments.checkpoint.is_some() {
            detector.needs(Interface::State, "`--checkpoint`")?;
        }
        if arguments.verdicts.is_some() {
            detector.needs(Interface::Inspection, "`--verdicts`")?;
        }
        detector.can_load()?;
    }
    Ok(detectors)
}

/// Starts the detectors.
fn start(
    detectors: &[detectors::Loaded],
    seed: (u64, u64),
    threads: u8,
    stop: &Arc<AtomicBool>,
) -> Result<Vec<Engine>, Error> {
    let one = |detector: &detectors::Loaded| {
        // Workers' threads begin here, and say whose they are.
        let name = (detectors.len() > 1).then(|| ids(&detector.rules()));
        let span = message::rule(name.as_deref());
        span.in_scope(|| detector.start(seed, threads, stop))
    };
    detectors.iter().map(one).collect()
}

/// Runs the detectors to their end; alerts may still wait in the delivery's queue then.
fn detect(
    arguments: &DetectArgs,
    config: &Config,
    plan: &Plan,
    errors: Vec<weir_common::Error>,
    feed: impl FnOnce(Vec<KnownFile>) -> Result<Reader, Error>,
    (summaries, delivery): (&Summaries, &mut Option<Delivery>),
) -> Result<u8, Error> {
    if let Some(Target::Kafka(topic)) = &arguments.output {
        let why = format!("--output {topic} is for alerts of events that come from kafka://");
        return Err(Error::config(why));
    }
    let hangup = Hangup::of(plan.live)?;
    let detectors = load(arguments, config)?;
    let schemes = ledger::schemes(arguments, plan, &detectors)?;
    let (folder, checkpoint) = kept::open(arguments)?;
    let seed = match &checkpoint {
        Some(checkpoint) => kept::seed(arguments, checkpoint)?,
        None => arguments.seed.or(plan.seed).unwrap_or_else(random_seed),
    };
    let stop: Arc<AtomicBool> = Arc::default();
    let mut engines = start(&detectors, seed, arguments.threads, &stop)?;
    if let (Some(checkpoint), Some(engine)) = (&checkpoint, engines.first_mut()) {
        kept::restore(engine, checkpoint, arguments)?;
    }
    let header = checkpoint.as_ref().map(|checkpoint| &checkpoint.header);
    let components: Vec<String> = detectors.iter().map(detectors::Loaded::sha256).collect();
    *delivery = delivery::start(arguments, components, &stop)?;
    let output = match delivery {
        Some(delivery) => Output::destination(delivery.destination()),
        None => kept::output(
            arguments.file(),
            header.map(|header| header.output.as_ref()),
        )?,
    };
    if let (Some(delivery), Some(gauges)) = (delivery, &plan.gauges) {
        gauges.watch(delivery.meter());
    }
    let rejects = kept::rejects(arguments, header)?;
    let entered = schemes.clone();
    let mut ledger = match schemes {
        Some(schemes) => ledger::open(arguments, schemes, header)?,
        None => None,
    };
    let known = header.map(|header| header.sources.clone());

    // Before this nothing is done yet, and opening a pipe may wait for its other end.
    stop::set_on_signals(&stop, &hangup)?;
    // A terminal that is held is let go at Ctrl-C.
    let output = match arguments.file().is_none() && io::stdout().is_terminal() {
        true => output,
        false => output.ending_on(&stop)?,
    };
    let rejects = rejects
        .map(|rejects| rejects.ending_on(&stop))
        .transpose()?;
    let feed = feed(known.unwrap_or_default())?;
    let is_shown = !arguments.quiet && plan.gauges.is_none() && !log::is_json();
    let mut shown = is_shown.then(|| progress::show(feed.progress())).flatten();
    let several = detectors.len() > 1;
    let feeds = if several {
        feed.tee(detectors.len(), sizes(&config.limits))?
    } else {
        vec![feed]
    };
    let again = Again {
        arguments,
        config,
        plan,
        seed,
        stop: &stop,
        schemes: entered,
    };
    let mut kept = folder.map(|folder| (folder, checkpoint));
    // Said once.
    let mut errors = Some(errors);
    let lanes = detectors.into_iter().zip(engines).zip(feeds);
    let mut lanes: Vec<Lane> = lanes
        .map(|((detector, engine), feed)| (detector.rules(), engine, feed))
        .map(|(rules, engine, feed)| Lane {
            arguments,
            plan,
            idle: config.live.idle_timeout(),
            name: several.then(|| ids(&rules)),
            sink: sink(arguments, config, plan, &rules, output.clone()),
            rejects: rejects.clone(),
            engine,
            feed,
            seed,
            reloader: again.on(&hangup, several),
            kept: kept.take(),
            ledger: ledger.take(),
            errors: errors.take().unwrap_or_default(),
            stop: Arc::clone(&stop),
            shown: shown.take(),
            summaries,
        })
        .collect();
    match lanes.pop() {
        Some(lane) if lanes.is_empty() => lane.run(),
        last => {
            lanes.extend(last);
            Ok(side_by_side(lanes))
        }
    }
}

/// The configuration file's settings, with the options' over them.
pub(crate) fn settings(arguments: &DetectArgs) -> Result<Config, Error> {
    let mut config = arguments.trust.config()?;
    if arguments.early {
        config.set("--early", "early", json!(true));
    }
    arguments.open.set(&mut config)?;
    if arguments.verdicts.is_some() {
        config.set("--verdicts", VERDICTS, json!(true));
    }
    Ok(config)
}
