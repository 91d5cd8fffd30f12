//! Options of the commands that are about the ledger.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use weir_common::moment::read_time;

use super::{ComponentArgs, OpenArgs, RuleArgs};

/// Form of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Text
    Table,
    /// One JSON object a line
    Json,
}

/// Options of `weir explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Logs to detect on: files, folders, patterns or - for standard input
    #[arg(value_name = "FILE|DIR|GLOB|-")]
    pub(crate) inputs: Vec<String>,
    /// Read a ledger that was written with --verdicts, instead of logs
    #[arg(long, value_name = "FILE", conflicts_with_all = ["inputs", "settings", "asn_db", "tables"])]
    pub(crate) ledger: Option<PathBuf>,
    /// Select groups by one part of their key: the part's name, or the name's last words, such as
    /// user.id or as.number; `null` is the null key; repeat for more
    #[arg(long = "key", value_name = "NAME=VALUE")]
    pub(crate) key: Vec<String>,
    /// Select the window that contains this time, such as 2026-05-19T09:16:00Z
    #[arg(long, value_name = "TIME", value_parser = read_time, conflicts_with_all = ["from", "to"])]
    pub(crate) at: Option<i64>,
    /// Select windows that end after this time
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    pub(crate) from: Option<i64>,
    /// Select windows that start before this time
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    pub(crate) to: Option<i64>,
    /// Most windows to show [default: 20 near misses, or all of the selected group]
    #[arg(long, value_name = "N")]
    pub(crate) top: Option<u32>,
    /// Form of the answer [default: table on a terminal, else json]
    #[arg(long, value_enum)]
    pub(crate) format: Option<Form>,
    #[command(flatten)]
    pub(crate) open: OpenArgs,
    #[command(flatten)]
    pub(crate) component: ComponentArgs,
}

/// Examples at the end of `weir explain --help`.
pub(crate) const EXPLAIN_EXAMPLES: &str = "\
Says which clause stood between a window and an alert. With nobody named, the nearest misses:
those of which the fewest clauses fail, then those of which the least part is missing.

Examples:
  weir explain --key user.id=5c4f... logs/         its windows, clause by clause
  weir explain --key user.id=5c4f... --at 2026-05-19T09:16:00Z logs/
  weir explain --key user.id=5c4f... --key as.number=null logs/
  weir explain --top 5 logs/                       the five nearest misses
  weir run --verdicts ledger.parquet logs/ && weir explain --ledger ledger.parquet";

/// Options of `weir tune`.
#[derive(Debug, Args)]
pub(crate) struct TuneArgs {
    /// The ledger that was written with --verdicts: NDJSON or Parquet
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: PathBuf,
    /// Try these settings of a threshold: PARAMETER=FROM..TO..STEP or PARAMETER=A,B,C; repeat for
    /// more [default: each threshold, around its present value]
    #[arg(long = "sweep", value_name = "PARAMETER=SETTINGS")]
    pub(crate) sweeps: Vec<String>,
    /// Try the settings of two thresholds together; repeat for more [default: those of a ratio and
    /// its numerator, where the rule has one]
    #[arg(long = "grid", value_name = "PARAMETER,PARAMETER")]
    pub(crate) grids: Vec<String>,
    /// Most bursts across a window boundary to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) top: u32,
    /// Form of the answer [default: table on a terminal, else json]
    #[arg(long, value_enum)]
    pub(crate) format: Option<Form>,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) component: ComponentArgs,
}

/// Examples at the end of `weir tune --help`.
pub(crate) const TUNE_EXAMPLES: &str = "\
Counts what other thresholds would give, from the ledger alone; the numbers are those of
`weir run --final --set PARAMETER=SETTING` over the same logs. Settings below the ledger's floor
are marked: what alerts there is not all in it.

Examples:
  weir run --verdicts ledger.parquet logs/
  weir tune --ledger ledger.parquet
  weir tune --ledger ledger.parquet --sweep min_errors=5..20..1
  weir tune --ledger ledger.parquet --grid min_error_rate,min_url_paths";
