//! `weir bench`: the figures of a component beside those of the shipped rule.

use weir_common::escape::escape_json;
use weir_host::Error;
use weir_measure::{Events, Subject, json, measure, table};

use super::{cache, print, read, say, trusted};
use crate::cli::BenchArgs;

/// Runs the command.
pub(crate) fn bench(arguments: &BenchArgs) -> Result<u8, Error> {
    let mut config = arguments.trust.config()?;
    arguments.open.set(&mut config)?;
    let component = &arguments.component;
    let bytes = trusted(Some(component), &config, cache(&config).as_ref())?.into_owned();
    let tables = config.tables.iter();
    let tables = tables.map(|(name, path)| Ok((name.clone(), read(path)?)));
    let tables = tables.collect::<Result<Vec<_>, Error>>()?;
    let detector = Subject::new(&component.to_string(), bytes, &config, tables.clone())?;
    let shipped = Subject::shipped(&config.limits, tables)?;
    let events = Events::read(&arguments.events, &config.limits)?;
    let compared = measure(&detector, &shipped, &events, arguments.rounds.into())?;
    if compared.shipped.events_counted == 0 {
        let text = "the shipped rule counts none of these events: its figures are those of passing \
            them over";
        say("bench-note", text);
    }
    if arguments.json {
        print(&escape_json(&format!("{:#}\n", json(&compared))))?;
    } else {
        print(&table(&compared))?;
    }
    Ok(0)
}
