//! `weir report`: one page of a replay.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::validate;
use weir_config::Config;
use weir_host::Error;
use weir_report::Report;
use weir_sources::input::{self, Source};

use super::{opening, print, read, sandbox, say, warn};
use crate::cli::ReportArgs;

/// Runs the command.
pub(crate) fn report(arguments: &ReportArgs) -> Result<u8, Error> {
    let config = config(arguments)?;
    let (sources, errors) = input::expand(&arguments.inputs);
    refuse_own_output(arguments, &sources)?;
    let sandbox = sandbox(config.component.as_ref(), &config)?;
    let rules = opening::chosen(&sandbox, &config)?;
    for chosen in &rules {
        let expired = validate::expired(&chosen.parameters, &chosen.rule, SystemTime::now());
        expired
            .iter()
            .for_each(|warning| warn("exception-expired", warning));
    }
    let mut report = Report::new(sandbox, rules)?;
    report.origins = config.origins;
    for (name, path) in &config.tables {
        report.tables.push((name.clone(), read(path)?));
    }
    if let Some(path) = &arguments.clients {
        let name = path.display().to_string();
        let list = String::from_utf8(read(path)?)
            .map_err(|_| Error::config(format!("{name}: is not UTF-8 text")))?;
        report.clients.add(&list, &name)?;
    }
    report.title.clone_from(&arguments.title);
    report.detailed = arguments.max_alerts.into();
    let made = report.make(&sources, errors)?;
    if arguments.output == Path::new("-") {
        print(&made.html)?;
    } else {
        write(&arguments.output, &made.html)?;
    }
    if !arguments.quiet && arguments.output != Path::new("-") {
        let alerts = if made.alerts == 1 { "alert" } else { "alerts" };
        say(
            "report-written",
            format!(
                "{} {alerts}: {} ({} KiB)",
                made.alerts,
                arguments.output.display(),
                made.html.len().div_ceil(1024)
            ),
        );
    }
    Ok(if made.bad_sources > 0 { 3 } else { 0 })
}

/// The configuration file's settings, with the options' over them.
fn config(arguments: &ReportArgs) -> Result<Config, Error> {
    let mut config = arguments.component.config()?;
    arguments.open.set(&mut config)?;
    Ok(config)
}

/// Refuses to write over what is read.
fn refuse_own_output(arguments: &ReportArgs, sources: &[Source]) -> Result<(), Error> {
    let output = &arguments.output;
    let files = sources.iter().filter_map(|source| match source {
        Source::File(path) => Some(path),
        _ => None,
    });
    let options = [
        &arguments.component.trust.file.config,
        &arguments
            .component
            .component
            .as_ref()
            .and_then(|named| named.file().map(Path::to_owned)),
        &arguments.clients,
    ];
    let tables: Vec<PathBuf> = arguments.open.table_files().collect();
    let mut read = files.chain(options.into_iter().flatten()).chain(&tables);
    let same =
        |path: &&PathBuf| path.is_file() && same_file::is_same_file(path, output).unwrap_or(false);
    match read.find(same) {
        None => Ok(()),
        Some(path) => Err(Error::config(format!(
            "{} is to be written and is also read ({})",
            output.display(),
            path.display()
        ))),
    }
}

/// Writes the page, whole or not at all where a file can be put in the place of another.
fn write(output: &Path, page: &str) -> Result<(), Error> {
    let failed = |source: io::Error| Error::output(output.display(), source);
    // A device or a pipe is written into.
    if fs::metadata(output).is_ok_and(|meta| !meta.is_file()) {
        return fs::write(output, page).map_err(failed);
    }
    let folder = output.parent().filter(|parent| *parent != Path::new(""));
    let mut file = tempfile::Builder::new()
        .prefix(".weir-report-")
        .tempfile_in(folder.unwrap_or(Path::new(".")))
        .map_err(failed)?;
    file.write_all(page.as_bytes()).map_err(failed)?;
    file.persist(output).map_err(|error| failed(error.error))?;
    Ok(())
}
