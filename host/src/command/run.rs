//! `weir run`: events in, alerts out.

mod kept;
mod stop;
mod threads;

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::json;
use weir::checkpoint::Header;
use weir::config::{ASN_TABLE, CacheSetting, Config};
use weir::contract::Rule;
use weir::input::{self, Source};
use weir::output::Sink;
use weir::{Detector, End, Engine, Error, Feed, Run, SystemClock, parameters, random_seed};

use super::{read, sandbox, say};
use crate::cli::{Format, RunArgs};

/// Width of a table that goes to no terminal, in characters.
const WIDTH: usize = 160;

/// Runs the command.
pub(crate) fn run(arguments: &RunArgs) -> Result<u8, Error> {
    let inputs = inputs(arguments)?;
    let config = settings(arguments)?;
    let sandbox = sandbox(config.component.as_deref(), &config.limits, &config.cache)?;
    let rule = sandbox.describe()?;
    let configuration = parameters::configuration(&config.parameters, &rule)?;
    for warning in weir::validate::expired(&config.parameters, &rule, SystemTime::now()) {
        say(&weir::escape(&warning));
    }
    if arguments.threads > 1 {
        threads::possible(&rule)?;
    }
    let (sources, errors) = input::expand(&inputs);
    refuse_own_output(arguments, &sources)?;
    let (folder, checkpoint) = kept::open(arguments)?;
    let seed = match &checkpoint {
        Some(checkpoint) => checkpoint.header.seed,
        None => random_seed(),
    };
    let tables = config.tables.iter();
    let tables = tables.map(|(name, path)| Ok((name.as_str(), read(path)?)));
    let tables: Vec<(&str, Vec<u8>)> = tables.collect::<Result<_, Error>>()?;
    let open = |configuration: &str| -> Result<Detector, Error> {
        let mut detector = sandbox.open(configuration, seed)?;
        for (name, bytes) in &tables {
            detector.load_table(name, bytes)?;
        }
        Ok(detector)
    };
    let mut detector = open(&configuration)?;
    if let Some(checkpoint) = &checkpoint {
        kept::restore(&mut detector, checkpoint)?;
    }
    let engine = match arguments.threads {
        1 => Engine::from(detector),
        count => {
            let partial = threads::partial(&config.parameters, &rule)?;
            let workers = (0..count).map(|_| open(&partial));
            Engine::with_workers(detector, workers.collect::<Result<_, _>>()?)?
        }
    };
    let header = checkpoint.as_ref().map(|checkpoint| &checkpoint.header);
    let sink = sink(arguments, &rule, header)?;
    let rejects = kept::rejects(arguments, header)?;
    // What is written now exists, and would be read from now on, or at the next start.
    refuse_own_output(arguments, &input::expand(&inputs).0)?;
    let known = header.map(|header| header.sources.clone());
    let known = known.unwrap_or_default();

    let stop = stop::on_signals()?;
    let mut report = |message: &str| say(message);
    let prompt = arguments.follow || sources.iter().any(Source::is_live);
    let mut run = Run::new(engine, sink, rejects, &mut report)
        .stop_on(stop)
        .prompt(prompt);
    if let Some(folder) = folder {
        let interval = Duration::from_secs_f64(arguments.checkpoint_interval);
        run = run.checkpoints(folder, seed, interval, kept::files(arguments), checkpoint)?;
    }
    let feed = if arguments.follow {
        run = run.live(Box::new(SystemClock::new()), config.live.idle_timeout());
        Feed::follow(inputs, &config.limits, known)?
    } else {
        for error in &errors {
            run.bad_source(error);
        }
        Feed::replay(
            sources,
            &config.limits,
            known,
            arguments.checkpoint.is_some(),
        )?
    };
    if let Err(error) = run.take(feed) {
        return Err(rescue(run, error));
    }
    let end = match run.finish(&rule) {
        Ok(end) => end,
        Err(error) => return Err(rescue(run, error)),
    };
    if !arguments.quiet {
        for line in end.summary.to_string().lines() {
            say(line);
        }
    }
    let miscounted = end.summary.sum() != end.totals.read();
    let (now, before) = (&end.totals, &end.before);
    Ok(match () {
        () if miscounted => 2,
        () if now.bad_sources > 0 || !end.kept => 3,
        () if arguments.strict && now.malformed > before.malformed => 3,
        () if arguments.fail_on_alert && found(arguments, &end) => 1,
        () => 0,
    })
}

/// Whether there are alerts; a retraction is none.
fn found(arguments: &RunArgs, end: &End) -> bool {
    end.written > 0 && (arguments.only_final || end.totals.alerts > end.before.alerts)
}

/// Refuses to write over what is to be read.
fn refuse_own_output(arguments: &RunArgs, sources: &[Source]) -> Result<(), Error> {
    if let Some(folder) = &arguments.checkpoint
        && let Ok(folder) = folder.canonicalize()
    {
        let inside = |source: &&Source| match source {
            Source::File(path) => path
                .canonicalize()
                .is_ok_and(|path| path.starts_with(&folder)),
            _ => false,
        };
        if let Some(source) = sources.iter().find(inside) {
            return Err(Error::Config(vec![format!(
                "{} is in the folder of checkpoints; name inputs or a folder elsewhere",
                source.name()
            )]));
        }
    }
    if let (Some(output), Some(rejects)) = (&arguments.output, &arguments.rejects)
        && same_place(output, rejects)
    {
        return Err(Error::Config(vec![format!(
            "{} is to hold both the alerts and what was refused; name two files",
            output.display()
        )]));
    }
    for output in [&arguments.output, &arguments.rejects]
        .into_iter()
        .flatten()
    {
        let inside = |folder: &PathBuf| {
            let parent = output.parent().filter(|parent| *parent != Path::new(""));
            let parent = parent.unwrap_or(Path::new(".")).canonicalize().ok();
            parent.is_some() && parent == folder.canonicalize().ok()
        };
        if arguments.checkpoint.as_ref().is_some_and(inside) {
            return Err(Error::Config(vec![format!(
                "{} is in the folder of checkpoints; write it elsewhere",
                output.display()
            )]));
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
fn rescue(mut run: Run<'_>, error: Error) -> Error {
    if matches!(error, Error::Output { .. }) {
        return error;
    }
    run.close().err().unwrap_or(error)
}

/// The inputs named, or standard input when it is no terminal.
fn inputs(arguments: &RunArgs) -> Result<Vec<String>, Error> {
    if !arguments.inputs.is_empty() {
        return Ok(arguments.inputs.clone());
    }
    if io::stdin().is_terminal() {
        return Err(Error::Config(vec![
            "nothing to read: name a FILE, DIR or GLOB, or - for standard input".to_owned(),
        ]));
    }
    Ok(vec!["-".to_owned()])
}

/// The configuration file's settings, with the options' over them.
fn settings(arguments: &RunArgs) -> Result<Config, Error> {
    let mut config = match &arguments.config {
        Some(path) => Config::read(path)?,
        None => Config::default(),
    };
    if arguments.component.is_some() {
        config.component.clone_from(&arguments.component);
    }
    if arguments.no_cache {
        config.cache = CacheSetting::Off;
    }
    if let Some(path) = &arguments.asn_db {
        config.tables.insert(ASN_TABLE.to_owned(), path.clone());
    }
    for table in &arguments.tables {
        let Some((name, path)) = table.split_once('=') else {
            return Err(Error::Config(vec![format!(
                "`{table}` is no table; write NAME=FILE"
            )]));
        };
        config.tables.insert(name.to_owned(), PathBuf::from(path));
    }
    if arguments.early {
        config.parameters.insert("early".to_owned(), json!(true));
    }
    for setting in &arguments.settings {
        let (name, value) = parameters::parse_setting(setting)?;
        config.parameters.insert(name, value);
    }
    Ok(config)
}

fn sink(arguments: &RunArgs, rule: &Rule, header: Option<&Header>) -> Result<Sink, Error> {
    let path = arguments.output.as_deref();
    let people = path.is_none() && io::stdout().is_terminal();
    let default = if people { Format::Table } else { Format::Ecs };
    let place = kept::place(path, header.map(|header| header.output.as_ref()))?;
    let sink = match arguments.format.unwrap_or(default) {
        Format::Ecs => Sink::ecs(rule, place),
        Format::Table => {
            let terminal = terminal_size::terminal_size().filter(|_| path.is_none());
            let width = terminal.map_or(WIDTH, |(width, _)| usize::from(width.0));
            Sink::table(width, place)
        }
    };
    Ok(if arguments.only_final {
        sink.only_final()
    } else {
        sink
    })
}
