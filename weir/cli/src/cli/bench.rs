//! Options of `weir bench`.

use clap::Args;
use weir_component::Location;

use super::registry::location;
use super::{OpenArgs, TrustArgs};

pub(super) const EXAMPLES: &str = "\
Runs the events through the component and through the shipped rule in turn, each pass in an instance
of its own, and shows the median. Reading files and writing alerts is not part of it. Instructions
are counted apart: they are the same on every machine.

Examples:
  weir bench my_rule.wasm --events day.ndjson
  weir bench my_rule.wasm --events logs/ --rounds 15 --json";

/// Options of `weir bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// The component: a file, or oci://HOST/NAME:TAG@sha256:DIGEST
    #[arg(value_name = "COMPONENT", value_parser = location())]
    pub(crate) component: Location,
    /// Events: a file, a folder, a pattern or - for standard input; repeat for more. They are held
    /// in memory, 1 GiB at most
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) events: Vec<String>,
    /// Number of timed passes of each
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) rounds: u16,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) open: OpenArgs,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
}
