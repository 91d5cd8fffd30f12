//! Options of detection and of its output, for `weir run` and `weir serve`.

use std::path::{Path, PathBuf};

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, ValueEnum};
use weir_component::Location;
use weir_deliver::Target;

use super::registry::location;
use super::{OpenArgs, TrustArgs};

/// Options of the commands that detect: components, settings and outputs.
#[derive(Debug, Args)]
pub(crate) struct DetectArgs {
    /// Run this component instead of the built-in one: a file, or
    /// oci://HOST/NAME:TAG@sha256:DIGEST in a registry; repeat to run several side by side, where
    /// `embedded` names the built-in one
    #[arg(long = "component", value_name = "FILE|REFERENCE", value_parser = location())]
    pub(crate) components: Vec<Location>,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    #[command(flatten)]
    pub(crate) open: OpenArgs,
    /// Form of the alerts [default: table on a terminal, else ecs]
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// Write alerts to a file (- for standard output), or send them: http://HOST:PORT/PATH or https:// (POST of NDJSON),
    /// hec+https://HOST:8088 (Splunk's HTTP Event Collector), bulk+https://HOST:9200/INDEX
    /// (Elasticsearch, OpenSearch: an alert's revisions are versions of one document),
    /// forward://HOST:PORT (Fluentd's Forward protocol, ?tag=TAG [default: weir.alerts]),
    /// tcp://HOST:PORT or unix:PATH (NDJSON, not acknowledged: alerts in transit when the peer
    /// closes may be lost). Alerts that are not accepted are sent again; an alert may arrive twice
    #[arg(long, short, value_name = "FILE|ADDRESS", value_parser = OsStringValueParser::new().try_map(Target::of))]
    pub(crate) output: Option<Target>,
    #[command(flatten)]
    pub(crate) delivery: DeliveryArgs,
    /// Alert as soon as the condition holds, not only when a window closes
    #[arg(long)]
    pub(crate) early: bool,
    /// Number of detection threads; the alerts do not depend on it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) threads: u8,
    /// Seed of the hashes, up to 32 hexadecimal digits. Estimated counts depend on it, and whoever
    /// knows it can choose values that collide [default: for files, derived from their sizes and both
    /// ends, so that a replay is repeatable; random for live input, for pipes and with --checkpoint,
    /// which keeps it]
    #[arg(long, value_name = "HEX", value_parser = weir_common::seed::read_seed)]
    pub(crate) seed: Option<(u64, u64)>,
    /// Keep the state in this folder: the next run continues where this one ended. Alerts are
    /// written once a checkpoint holds them
    #[arg(long, value_name = "DIR")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Accept the state and the queue of another component, after an upgrade. The state of a rule is
    /// taken over where it counts the same, and belongs to this component from then on
    #[arg(long)]
    pub(crate) accept_component: bool,
    /// Go on where the state of a rule cannot be taken over, since it counts otherwise or does not
    /// judge any more: that rule begins anew. Without this the start, or the reload, is refused
    #[arg(long)]
    pub(crate) accept_loss: bool,
    /// Longest time between two checkpoints while there is new input, 0.01 to 86400. When alerts
    /// wait for a checkpoint, it is made within a second, and sooner when they are many
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = interval,
        requires = "checkpoint")]
    pub(crate) checkpoint_interval: f64,
    /// Write refused documents to a file (- for standard output), with the reason for each
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
    /// Write the summary as one JSON object: as the last line on stderr instead of the text, or
    /// to a file in addition
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "-"
    )]
    pub(crate) json_summary: Option<PathBuf>,
    /// Write every closed window of every group to a file (- for standard output), with each clause's
    /// value and distance from its threshold: NDJSON, or Parquet when the name ends in .parquet. --set
    /// verdicts_floor=0.25 leaves out windows with a count below that fraction of its threshold
    #[arg(long, value_name = "FILE")]
    pub(crate) verdicts: Option<PathBuf>,
    /// Show no progress and no summary
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

impl DetectArgs {
    /// The files that are written, and [`STDOUT`] for what goes there.
    pub(crate) fn written(&self) -> impl Iterator<Item = (&Path, &'static str)> {
        let summary = self.json_summary.as_deref();
        let summary = summary.filter(|path| *path != Path::new(STDOUT));
        let alerts = match self.is_to_stdout() {
            true => Some(Path::new(STDOUT)),
            false => self.file(),
        };
        let files = [
            (alerts, "the alerts"),
            (self.rejects.as_deref(), "what was refused"),
            (self.verdicts.as_deref(), "the ledger"),
            (summary, "the summary"),
        ];
        files
            .into_iter()
            .filter_map(|(path, what)| Some((path?, what)))
    }

    /// The file that alerts are written to.
    pub(crate) fn file(&self) -> Option<&Path> {
        named(self.output.as_ref().and_then(Target::file))
    }

    /// Whether alerts go to standard output.
    pub(crate) fn is_to_stdout(&self) -> bool {
        let file = self.output.as_ref().map(Target::file);
        file.is_none_or(|file| file == Some(Path::new(STDOUT)))
    }
}

/// Form of the alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One document of the Elastic Common Schema a line
    Ecs,
    /// One Detection Finding of the Open Cybersecurity Schema Framework a line
    Ocsf,
    /// Two lines for each alert: the action and the document (_bulk of Elasticsearch)
    Bulk,
    /// A table
    Table,
}

/// Options of the delivery of alerts.
#[derive(Debug, Args)]
pub(crate) struct DeliveryArgs {
    /// Send this token with alerts: the file's first line (https, or this machine). It is sent as
    /// Bearer, to hec as Splunk, to bulk as ApiKey; a line such as `Basic ...` is the whole header
    #[arg(long, value_name = "FILE", requires = "output")]
    pub(crate) output_token_file: Option<PathBuf>,
    /// Trust receivers by these certificates (PEM) instead of the system's
    #[arg(long, value_name = "FILE", requires = "output")]
    pub(crate) output_ca: Option<PathBuf>,
    /// Folder of the queue of alerts that wait to be sent; the next start sends the rest. Alerts that
    /// the receiver refuses for good (400, 413, 422) go to dead-letters.ndjson there [default: queue in the
    /// folder of --checkpoint; without it alerts wait in memory and are lost with the process]
    #[arg(long, value_name = "DIR", requires = "output")]
    pub(crate) queue: Option<PathBuf>,
    /// Largest size of the queue in MiB; when it is full, reading pauses
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    pub(crate) queue_mib: u32,
    /// Longest wait at the end for the queue to be delivered
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(0..=3600))]
    pub(crate) drain_seconds: u16,
}

/// The file name that means standard output.
pub(crate) const STDOUT: &str = "-";

/// A path, unless it means standard output.
pub(crate) fn named(path: Option<&Path>) -> Option<&Path> {
    path.filter(|path| *path != Path::new(STDOUT))
}

/// A number of seconds in range.
fn interval(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.01..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("must be 0.01 to 86400 seconds".to_owned()),
    }
}
