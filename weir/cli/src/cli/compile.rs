//! Options of `weir compile`.

use std::path::PathBuf;

use clap::Args;

pub(super) const COMPILE_EXAMPLES: &str = "\
Rules of the types query, threshold and new_terms in KQL and of the type esql are compiled, from TOML
as the repository of Elastic's rules has it, or from NDJSON as Kibana exports it. A rule that is not wholly understood
is left out, with the reasons and their places.

Examples:
  weir compile rules/*.toml -o detector.wasm
  weir run --component detector.wasm events.ndjson
  weir compile --check rules/
  weir compile --check --json export.ndjson | jq '.rules[] | select(.compiled | not)'";

/// Options of `weir compile`.
#[derive(Debug, Args)]
pub(crate) struct CompileArgs {
    /// Rule files, and folders that hold some (*.toml, *.ndjson)
    #[arg(value_name = "FILE|DIR", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Write the component to this file
    #[arg(
        short,
        long,
        value_name = "FILE",
        required_unless_present = "check",
        conflicts_with = "check"
    )]
    pub(crate) output: Option<PathBuf>,
    /// Write nothing; exit code 1 if a rule is left out
    #[arg(long)]
    pub(crate) check: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Compile this rule alone; repeat for more
    #[arg(long = "rule", value_name = "ID")]
    pub(crate) rules: Vec<String>,
    /// Compile also rules whose maturity is other than production
    #[arg(long)]
    pub(crate) all: bool,
}
