//! Options of `weir test` and `weir tap`, the commands about fixture cases.

use std::path::PathBuf;

use clap::Args;

use super::{ComponentArgs, OpenArgs, RuleArgs};

pub(super) const TEST_EXAMPLES: &str = "\
A case is a folder with case.toml, one or more input* files, and expected.ndjson. Parameters and
tables are the case's own, and its rules where it names any; a configuration file says which
component, whether it is trusted, and its limits. Without --config and --component it is the
weir.toml of the nearest folder above the cases that has one.

The folder NAME.cases beside a rule file NAME.toml (or NAME.ndjson) holds its cases: the file is
compiled as `weir compile` does it, and its own rules judge. --component takes a component that
was compiled of the files instead.

Examples:
  weir test tests/fixtures                   all cases below a folder
  weir test --update tests/fixtures/burst    write what it gives now; read the diff
  weir test --case 'late-*' tests/fixtures   those whose folder is called so
  weir test rules/                           rule files, and the cases beside them
  weir test --junit report.xml tests/fixtures";

/// Options of `weir test`.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Cases, folders that hold cases or rule files, and rule files
    #[arg(value_name = "DIR|FILE", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) component: ComponentArgs,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// Run only the cases of this name or pattern; repeat for more
    #[arg(long = "case", value_name = "NAME")]
    pub(crate) cases: Vec<String>,
    /// Rewrite expected.ndjson with the alerts of the straight run
    #[arg(long)]
    pub(crate) update: bool,
    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
}

pub(super) const TAP_EXAMPLES: &str = "\
What is recorded is what the detector reads in each event, field by field; ids, names, addresses,
networks and the parts of paths are replaced, the same by the same. Times stay. Look at it before
you pass it on. Parameters go into the case, but for exceptions and texts. The case says what the
detector finds in it now: change its expected.ndjson, or the configuration, to what it should find.

Examples:
  weir tap --key user.id=U --at 2026-05-19T09:16:00Z --output tests/fixtures/false-alarm logs/
  tail -f log.ndjson | weir tap --key user.id=U --for 600 --output cases/live -
  weir test cases/live";

/// Options of `weir tap`.
#[derive(Debug, Args)]
pub(crate) struct TapArgs {
    /// Files, folders, patterns or - for standard input (the default in a pipe)
    #[arg(value_name = "FILE|DIR|GLOB|-")]
    pub(crate) inputs: Vec<String>,
    /// Select the group by one part of its key: the part's name, or the name's last words; `null` is
    /// the null key; repeat for more
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) key: Vec<String>,
    /// Record only the window that contains this time
    #[arg(long, value_name = "TIME", value_parser = weir_common::moment::read_time, conflicts_with_all = ["from", "to"])]
    pub(crate) at: Option<i64>,
    /// Leave out windows that end before this time
    #[arg(long, value_name = "TIME", value_parser = weir_common::moment::read_time)]
    pub(crate) from: Option<i64>,
    /// Leave out windows that start at or after this time
    #[arg(long, value_name = "TIME", value_parser = weir_common::moment::read_time)]
    pub(crate) to: Option<i64>,
    /// Write the case into this folder, which is created
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// Purpose of the case, which its case.toml states
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: Option<String>,
    /// Do not redact this field, such as user_agent.original; repeat for more
    #[arg(long, value_name = "FIELD")]
    pub(crate) keep: Vec<String>,
    /// Follow the inputs as they grow, until a signal, --for or --max-events ends it
    #[arg(long)]
    pub(crate) follow: bool,
    /// End after this many seconds
    #[arg(long = "for", value_name = "SECONDS")]
    pub(crate) seconds: Option<u32>,
    /// End after this many events
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_events: u32,
    #[command(flatten)]
    pub(crate) component: ComponentArgs,
    #[command(flatten)]
    pub(crate) open: OpenArgs,
}
