//! The sink for alerts in the form that the options ask for.

use std::io::{self, IsTerminal};

use weir_config::Config;
use weir_host::contract::Rule;
use weir_sinks::output::{Documents, Output, Sink, TableRenderer};

use super::Plan;
use crate::cli::{DetectArgs, Format};
use crate::terminal::Paint;

/// Width of a table that goes to no terminal, in characters.
const WIDTH: usize = 160;

/// Opens the sink of a detector's alerts.
pub(super) fn sink(
    arguments: &DetectArgs,
    config: &Config,
    plan: &Plan,
    rules: &[Rule],
    output: Output,
) -> Sink {
    let people = arguments.is_to_stdout() && io::stdout().is_terminal();
    let default = if people { Format::Table } else { Format::Ecs };
    let sink = match arguments.format.unwrap_or(default) {
        Format::Ecs => Sink::documents(Documents::ecs(rules), output),
        Format::Ocsf => Sink::documents(Documents::ocsf(rules), output),
        Format::Bulk => Sink::documents(Documents::bulk(rules), output),
        Format::Table => {
            let terminal = terminal_size::terminal_size().filter(|_| arguments.is_to_stdout());
            let width = terminal.map_or(WIDTH, |(width, _)| usize::from(width.0));
            let coloured = arguments.is_to_stdout() && Paint::stdout().is_on();
            Sink::table(TableRenderer::new(width, rules, coloured), output)
        }
    };
    let sink = sink.for_terminal(people);
    if plan.only_final {
        sink.only_final(config.limits.final_mib << 20)
    } else {
        sink
    }
}
