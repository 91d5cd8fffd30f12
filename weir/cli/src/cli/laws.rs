//! Options of `weir check`, which holds a component to the contract.

use std::path::PathBuf;

use clap::Args;
use weir_component::Location;

use super::registry::location;
use super::{OpenArgs, TrustArgs};

pub(super) const EXAMPLES: &str = "\
Each law is tried on the events in several ways, drawn from the seed, and has held, failed, or was
left out because the component lacks what it is about. Where one fails, the events and calls that
show it are made few and written as a case, which `weir test` replays. What the laws are:
docs/check.md.

Examples:
  weir check --events events.ndjson                 the built-in component
  weir check my.wasm --events events.ndjson.gz
  weir check my.wasm --events events.ndjson --law order --rounds 200 --seed 7
  weir check my.wasm --events events.ndjson --junit laws.xml --json
  weir test --component my.wasm weir-check/order    a counterexample again";

/// Options of `weir check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The component: a file, or oci://HOST/NAME:TAG@sha256:DIGEST [default: that of the
    /// configuration file, or the built-in one]
    #[arg(value_name = "COMPONENT", value_parser = location())]
    pub(crate) component: Option<Location>,
    /// Try the laws on these events: a file in any form that `weir run` reads, or - for standard
    /// input
    #[arg(long, value_name = "FILE")]
    pub(crate) events: String,
    /// Try no more than so many documents of it
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_events: u32,
    /// Try only this law; repeat for more [default: all]
    #[arg(long = "law", value_name = "NAME")]
    pub(crate) laws: Vec<String>,
    /// Draw what is tried from this number
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Try each law so often
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) rounds: u32,
    /// Documents of a flood, which are made of the events
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) flood: u32,
    /// Write counterexamples into this folder, which is created: a case for each law that fails
    #[arg(long, short, value_name = "DIR", default_value = "weir-check")]
    pub(crate) output: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) open: OpenArgs,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
}
