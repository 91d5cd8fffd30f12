//! The command line: every command, and its options by topic.

mod bench;
mod cases;
mod check;
mod compile;
mod detect;
mod laws;
mod ledger;
mod messages;
mod new;
mod opening;
mod registry;
mod report;
mod run;
mod serve;
mod shell;

use clap::{Parser, Subcommand};

pub(crate) use bench::BenchArgs;
use cases::{TAP_EXAMPLES, TEST_EXAMPLES};
pub(crate) use cases::{TapArgs, TestArgs};
use check::{INSPECT_EXAMPLES, VALIDATE_EXAMPLES, VERIFY_EXAMPLES};
pub(crate) use check::{InspectArgs, ValidateArgs, VerifyArgs};
use compile::COMPILE_EXAMPLES;
pub(crate) use compile::CompileArgs;
pub(crate) use detect::{DetectArgs, Format, STDOUT, named};
pub(crate) use laws::CheckArgs;
use ledger::{EXPLAIN_EXAMPLES, TUNE_EXAMPLES};
pub(crate) use ledger::{ExplainArgs, Form, TuneArgs};
pub(crate) use messages::{LogFormat, LogLevel, MessageArgs};
pub(crate) use new::{Language, NewArgs};
pub(crate) use opening::{ComponentArgs, FileArgs, OpenArgs, RuleArgs, TrustArgs};
use registry::{PULL_EXAMPLES, PUSH_EXAMPLES};
pub(crate) use registry::{PullArgs, PushArgs};
pub(crate) use report::ReportArgs;
use run::RUN_EXAMPLES;
pub(crate) use run::RunArgs;
use serve::SERVE_EXAMPLES;
pub(crate) use serve::{Ack, ServeArgs};
use shell::{COMPLETIONS_EXAMPLES, MAN_EXAMPLES};
pub(crate) use shell::{CompletionsArgs, ManArgs};

const AFTER: &str = "\
Exit codes:
  0  done (malformed records are counted and reported)
  1  alerts found, with --fail-on-alert; failures in `test` and `check`, and in `compile --check`
  2  the component failed or was refused
  3  usage, configuration, input or output error (what could be processed was)";

/// Streaming security detections, sandboxed.
#[derive(Debug, Parser)]
#[command(name = "weir", version, about, after_help = AFTER, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) messages: MessageArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read events, write alerts
    #[command(after_help = RUN_EXAMPLES)]
    Run(Box<RunArgs>),
    /// Receive events over HTTP and sockets, write alerts
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(Box<ServeArgs>),
    /// Read files, write a report of the alerts as one HTML page
    #[command(after_help = report::EXAMPLES)]
    Report(Box<ReportArgs>),
    /// Explain which condition kept a window from alerting
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(Box<ExplainArgs>),
    /// Show the alerts that other thresholds would give
    #[command(after_help = TUNE_EXAMPLES)]
    Tune(TuneArgs),
    /// Describe a component without trusting it
    #[command(after_help = INSPECT_EXAMPLES)]
    Inspect(InspectArgs),
    /// Check a component's signature
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(VerifyArgs),
    /// Put a component, with its description and signature, into an OCI registry
    #[command(after_help = PUSH_EXAMPLES)]
    Push(PushArgs),
    /// Get a component and its signature out of an OCI registry
    #[command(after_help = PULL_EXAMPLES)]
    Pull(PullArgs),
    /// Write a detector of one's own to begin with, in Rust, Python, JavaScript or ES|QL
    #[command(after_help = new::EXAMPLES)]
    New(NewArgs),
    /// Run fixture cases in several ways: in order, shuffled, restarted, as two workers, and others
    #[command(after_help = TEST_EXAMPLES)]
    Test(TestArgs),
    /// Measure a component: speed, instructions, memory, start and size, beside the shipped rule
    #[command(after_help = bench::EXAMPLES)]
    Bench(BenchArgs),
    /// Hold a component to the laws of the contract; write a counterexample where one is broken
    #[command(after_help = laws::EXAMPLES)]
    Check(Box<CheckArgs>),
    /// Record the events of one group as a redacted fixture case
    #[command(after_help = TAP_EXAMPLES)]
    Tap(Box<TapArgs>),
    /// Report all problems of configuration files, with file and line
    #[command(after_help = VALIDATE_EXAMPLES)]
    Validate(ValidateArgs),
    /// Compile rule files of Elastic's detection engine to a component
    #[command(after_help = COMPILE_EXAMPLES)]
    Compile(CompileArgs),
    /// Print a shell's completions
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for each command
    #[command(after_help = MAN_EXAMPLES)]
    Man(ManArgs),
}
