//! `weir run`: events in, alerts out.

mod delivery;
pub(crate) mod detectors;
#[cfg(feature = "kafka")]
mod kafka;
mod kept;
mod ledger;
#[cfg(not(feature = "kafka"))]
mod no_kafka;
mod stop;
mod summaries;
mod threads;

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use serde_json::json;
use weir::checkpoint::{Checkpoint, Folder};
use weir::config::Config;
use weir::contract::Interface;
use weir::contract::Rule;
use weir::deliver::{Delivery, Target};
use weir::input::{self, Source};
use weir::ledger::{Ledger, VERDICTS};
use weir::output::{Documents, Place, Sink};
use weir::rejects::Rejects;
use weir::{
    End, Engine, Error, Feed, Gauges, Known, Level, Message, Run, SystemClock, random_seed,
    seed_of_files,
};

pub(crate) use ledger::floor;

use super::{code, fail, opening, warn};
use crate::cli::{DetectArgs, Format, RunArgs, named};
use crate::log;
use crate::progress::{self, Shown};
use crate::terminal::Paint;
#[cfg(not(feature = "kafka"))]
use no_kafka as kafka;
pub(crate) use stop::on_signals;
use summaries::Summaries;

/// Width of a table that goes to no terminal, in characters.
const WIDTH: usize = 160;

/// What a run is besides its detectors.
pub(crate) struct Plan {
    /// Whether what comes is of now.
    pub(crate) live: bool,
    /// Whether nothing waits for more to come.
    pub(crate) prompt: bool,
    pub(crate) only_final: bool,
    pub(crate) fail_on_alert: bool,
    pub(crate) strict: bool,
    /// Whether what senders do wrong is theirs alone.
    pub(crate) forgiving: bool,
    /// Whether senders wait for checkpoints.
    pub(crate) durable: bool,
    /// Where it shows how it is going.
    pub(crate) gauges: Option<Gauges>,
    /// The seed that follows from what is read, where that is known before.
    pub(crate) seed: Option<(u64, u64)>,
}

/// Runs the command.
pub(crate) fn run(arguments: &RunArgs) -> Result<u8, Error> {
    if kafka::is_asked_for(arguments) {
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
            return Feed::follow(inputs, &config.limits, known);
        }
        let keeps = detect.checkpoint.is_some();
        Feed::replay(sources, &config.limits, known, keeps)
    })
}

/// Detects on what a feed gives, which is opened when all else is. `errors` are what is wrong
/// with sources before they are read.
pub(crate) fn detect_on(
    arguments: &DetectArgs,
    config: &Config,
    plan: &Plan,
    errors: Vec<Error>,
    feed: impl FnOnce(Vec<Known>) -> Result<Feed, Error>,
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

/// The same; what is found may still be on its way then.
fn detect(
    arguments: &DetectArgs,
    config: &Config,
    plan: &Plan,
    errors: Vec<Error>,
    feed: impl FnOnce(Vec<Known>) -> Result<Feed, Error>,
    (summaries, delivery): (&Summaries, &mut Option<Delivery>),
) -> Result<u8, Error> {
    if let Some(Target::Kafka(topic)) = &arguments.output {
        let why = format!("--output {topic} is for alerts of events that come from kafka://");
        return Err(Error::Config(vec![why]));
    }
    let detectors = detectors::load(&arguments.components, config, arguments.threads > 1)?;
    if detectors.len() > 1 && arguments.checkpoint.is_some() {
        return Err(Error::Config(vec![
            "--checkpoint holds one detector; start a weir for each, with a folder of its own"
                .to_owned(),
        ]));
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
    let schemes = ledger::schemes(arguments, plan, &detectors)?;
    let (folder, checkpoint) = kept::open(arguments)?;
    let seed = match &checkpoint {
        Some(checkpoint) => kept::seed(arguments, checkpoint)?,
        None => arguments.seed.or(plan.seed).unwrap_or_else(random_seed),
    };
    let stop: Arc<AtomicBool> = Arc::default();
    let mut engines = Vec::with_capacity(detectors.len());
    for detector in &detectors {
        engines.push(detector.start(seed, arguments.threads, &stop)?);
    }
    if let (Some(checkpoint), Some(engine)) = (&checkpoint, engines.first_mut()) {
        kept::restore(engine, checkpoint, arguments.accept_component)?;
    }
    let header = checkpoint.as_ref().map(|checkpoint| &checkpoint.header);
    let components: Vec<String> = detectors.iter().map(detectors::Loaded::sha256).collect();
    *delivery = delivery::start(arguments, components, &stop)?;
    let output = match delivery {
        Some(delivery) => Place::queue(delivery),
        None => kept::place(
            arguments.file(),
            header.map(|header| header.output.as_ref()),
        )?,
    };
    if let (Some(delivery), Some(gauges)) = (delivery, &plan.gauges) {
        gauges.watch(delivery);
    }
    let rejects = kept::rejects(arguments, header)?;
    let mut ledger = match schemes {
        Some(schemes) => ledger::open(arguments, schemes, header)?,
        None => None,
    };
    let known = header.map(|header| header.sources.clone());

    // Before this nothing is done yet, and opening a pipe may wait for its other end.
    stop::set_on_signals(&stop)?;
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
        feed.tee(detectors.len(), &config.limits)?
    } else {
        vec![feed]
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

/// What several detectors are told apart by.
fn ids(rules: &[Rule]) -> String {
    let ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    ids.join("+")
}

/// Runs several detectors, each on a thread of its own: what becomes of one is nothing to the
/// others. The answer is the gravest exit code.
fn side_by_side(lanes: Vec<Lane<'_>>) -> u8 {
    let codes: Vec<u8> = thread::scope(|scope| {
        let running: Vec<_> = lanes
            .into_iter()
            .map(|lane| {
                scope.spawn(|| {
                    let name = lane.name.clone();
                    code(lane.run(), name.as_deref())
                })
            })
            .collect();
        let joined = running.into_iter().map(|lane| {
            lane.join().unwrap_or_else(|_| {
                fail("a detector's thread broke down (a bug in weir)");
                2
            })
        });
        joined.collect()
    });
    let grave = [2, 3, 1];
    let found = grave.into_iter().find(|code| codes.contains(code));
    found.unwrap_or(0)
}

/// One detector of a run.
struct Lane<'a> {
    arguments: &'a DetectArgs,
    plan: &'a Plan,
    idle: Option<Duration>,
    /// Its rules, where there are several detectors.
    name: Option<String>,
    engine: Engine,
    feed: Feed,
    sink: Sink,
    rejects: Option<Rejects>,
    seed: (u64, u64),
    kept: Option<(Folder, Option<Checkpoint>)>,
    ledger: Option<Box<dyn Ledger>>,
    /// What is wrong with sources before they are read.
    errors: Vec<Error>,
    stop: Arc<AtomicBool>,
    /// How far it has come, as long as it is shown.
    shown: Option<Shown>,
    summaries: &'a Summaries,
}

impl Lane<'_> {
    fn run(self) -> Result<u8, Error> {
        let arguments = self.arguments;
        let name = self.name.clone();
        let mut report = |message: Message| log::tell(&message, name.as_deref());
        let rejects = self.rejects.map(|rejects| rejects.of(self.name.clone()));
        let mut run = Run::new(self.engine, self.sink, rejects, &mut report)
            .stop_on(self.stop)
            .prompt(self.plan.prompt)
            .durable(self.plan.durable);
        if let Some(gauges) = &self.plan.gauges {
            run = run.shown_on(gauges.clone());
        }
        if let Some(ledger) = self.ledger {
            run = run.ledger(ledger);
        }
        if let Some((folder, checkpoint)) = self.kept {
            let interval = Duration::from_secs_f64(arguments.checkpoint_interval);
            let files = kept::files(arguments);
            run = run.checkpoints(folder, self.seed, interval, files, checkpoint)?;
        }
        if self.plan.live {
            run = run.live(Box::new(SystemClock::new()), self.idle);
        }
        for error in &self.errors {
            run.bad_source(error);
        }
        let ledger = arguments.verdicts.as_deref();
        let taken = run.take(self.feed);
        drop(self.shown);
        if let Err(error) = taken {
            return Err(rescue(run, error, ledger));
        }
        let end = match run.finish() {
            Ok(end) => end,
            Err(error) => return Err(rescue(run, error, ledger)),
        };
        let (code, why) = end_code(self.plan, &end);
        if let Some(why) = why {
            log::tell(&Message::new(Level::Error, &why), self.name.as_deref());
        }
        let object = end.summary.json();
        let text = end.summary.to_string();
        let name = self.name.as_deref();
        self.summaries.add(arguments, &text, &object, name);
        Ok(code)
    }
}

/// The exit code of a run, and why it is not 0 where nothing has said so yet: the summary, and
/// what is less grave, may not be shown.
fn end_code(plan: &Plan, end: &End) -> (u8, Option<String>) {
    let miscounts = end.summary.miscounts();
    let (now, before) = (&end.totals, &end.before);
    let malformed = now.malformed.saturating_sub(before.malformed);
    let quarantined = now.quarantined.saturating_sub(before.quarantined);
    match () {
        () if miscounts.is_some() => (
            2,
            miscounts.map(|text| format!("{text}; its alerts cannot be relied on")),
        ),
        () if !end.kept => (
            3,
            Some(
                "the last checkpoint could not be written: the next start goes on from the one \
                 before, and alerts may come again"
                    .to_owned(),
            ),
        ),
        // Each source was named.
        () if now.bad_sources > 0 && !plan.forgiving => (3, None),
        () if plan.strict && malformed + quarantined > 0 => (
            3,
            Some(format!(
                "--strict: {malformed} events were malformed and {quarantined} quarantined; \
                 --rejects FILE keeps them"
            )),
        ),
        () if plan.fail_on_alert && found(plan, end) => {
            (1, Some("--fail-on-alert: there are alerts".to_owned()))
        }
        () => (0, None),
    }
}

/// Whether there are alerts; a retraction is none.
fn found(plan: &Plan, end: &End) -> bool {
    end.written > 0 && (plan.only_final || end.totals.alerts > end.before.alerts)
}

/// Refuses to write over what is to be read.
pub(crate) fn refuse_own_output(arguments: &DetectArgs, sources: &[Source]) -> Result<(), Error> {
    let objections = delivery::objections(arguments);
    if !objections.is_empty() {
        return Err(Error::Config(objections));
    }
    let queue = delivery::folder(arguments);
    let folders = [
        (arguments.checkpoint.as_ref(), "checkpoints"),
        (queue.as_ref(), "the queue"),
    ];
    for (folder, what) in folders {
        let Some(folder) = folder.and_then(|path| path.canonicalize().ok()) else {
            continue;
        };
        let inside = |source: &&Source| match source {
            Source::File(path) => path
                .canonicalize()
                .is_ok_and(|path| path.starts_with(&folder)),
            _ => false,
        };
        if let Some(source) = sources.iter().find(inside) {
            return Err(Error::Config(vec![format!(
                "{} is in the folder of {what}; name inputs or a folder elsewhere",
                source.name()
            )]));
        }
    }
    let written: Vec<_> = arguments.written().collect();
    for (at, (output, what)) in written.iter().enumerate() {
        let before = written.iter().take(at);
        if let Some((_, other)) = before.rev().find(|(other, _)| same_place(other, output)) {
            let name = named(Some(output)).map_or("standard output".into(), Path::to_string_lossy);
            return Err(Error::Config(vec![format!(
                "{name} is to hold both {other} and {what}; name two files"
            )]));
        }
    }
    let files = written
        .into_iter()
        .filter_map(|(path, _)| named(Some(path)));
    for output in files {
        let tables: Vec<PathBuf> = arguments.open.table_files().collect();
        let mut own = arguments
            .components
            .iter()
            .chain(&arguments.trust.file.config)
            .chain(&tables);
        let same = |path: &&PathBuf| same_file::is_same_file(path, output).unwrap_or(false);
        if let Some(path) = own.find(same).filter(|path| path.is_file()) {
            return Err(Error::Config(vec![format!(
                "{} is to be written and is also read ({})",
                output.display(),
                path.display()
            )]));
        }
        let inside = |folder: &PathBuf| {
            let parent = output.parent().filter(|parent| *parent != Path::new(""));
            let parent = parent.unwrap_or(Path::new(".")).canonicalize().ok();
            parent.is_some() && parent == folder.canonicalize().ok()
        };
        for (folder, what) in folders {
            if folder.is_some_and(inside) {
                return Err(Error::Config(vec![format!(
                    "{} is in the folder of {what}; write it elsewhere",
                    output.display()
                )]));
            }
        }
        // A device such as /dev/null can well be both.
        if !output.is_file() {
            continue;
        }
        let same = |source: &&Source| match source {
            Source::File(path) => same_file::is_same_file(path, output).unwrap_or(false),
            _ => false,
        };
        if let Some(source) = sources.iter().find(same) {
            return Err(Error::Config(vec![format!(
                "{} is to be written and is also an input ({})",
                output.display(),
                source.name()
            )]));
        }
    }
    Ok(())
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

/// Writes what was found before the run broke off, and gives the error to report.
fn rescue(mut run: Run<'_>, error: Error, ledger: Option<&Path>) -> Error {
    let (error, lacks) = run.rescue(error);
    drop(run);
    if let Some(ledger) = ledger.filter(|_| lacks && error.is_broken_pipe()) {
        warn(&format!(
            "{}: is incomplete: nobody reads standard output any more, and the run stopped early; \
             --output FILE keeps the alerts elsewhere",
            ledger.display()
        ));
    }
    error
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

fn sink(
    arguments: &DetectArgs,
    config: &Config,
    plan: &Plan,
    rules: &[Rule],
    place: Place,
) -> Sink {
    let people = arguments.is_to_stdout() && io::stdout().is_terminal();
    let default = if people { Format::Table } else { Format::Ecs };
    let sink = match arguments.format.unwrap_or(default) {
        Format::Ecs => Sink::documents(Documents::ecs(rules), place),
        Format::Ocsf => Sink::documents(Documents::ocsf(rules), place),
        Format::Bulk => Sink::documents(Documents::bulk(rules), place),
        Format::Table => {
            let terminal = terminal_size::terminal_size().filter(|_| arguments.is_to_stdout());
            let width = terminal.map_or(WIDTH, |(width, _)| usize::from(width.0));
            let coloured = arguments.is_to_stdout() && Paint::stdout().is_on();
            Sink::table(width, rules, place).coloured(coloured)
        }
    };
    let sink = sink.for_terminal(people);
    if plan.only_final {
        sink.only_final(config.limits.final_mib << 20)
    } else {
        sink
    }
}
