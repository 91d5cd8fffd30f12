//! The command line: every option with its help.

mod ledger;
mod opening;
mod report;

use std::path::{Path, PathBuf};

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use weir::deliver::Target;
use weir::serve::Address;

use ledger::{EXPLAIN_EXAMPLES, TUNE_EXAMPLES};
pub(crate) use ledger::{ExplainArgs, Form, TuneArgs};
pub(crate) use opening::{ComponentArgs, FileArgs, OpenArgs, RuleArgs, TrustArgs};
pub(crate) use report::ReportArgs;

const AFTER: &str = "\
Exit codes:
  0  done (malformed records are counted and reported)
  1  alerts found, with --fail-on-alert; failed cases in `test`
  2  the component failed or was refused
  3  usage, configuration, input or output error (what could be processed was)";

const RUN_EXAMPLES: &str = "\
Examples:
  weir run events.ndjson                    alerts as a table, or as NDJSON into a pipe
  weir run --final --output alerts.ndjson logs/
  zcat *.gz | weir run --format ecs -       standard input; gz and zst are also read as they are
  weir run --asn-db GeoLite2-ASN.mmdb --set min_errors=20 'logs/*.json.gz'
  weir run --rule all --set enumeration.early=true events.ndjson
  weir run --rejects bad.ndjson --strict events.ndjson
  weir run --follow --checkpoint state/ --output alerts.ndjson /var/log/azure/
                                            live; started again, it goes on where it was
  weir run --checkpoint state/ 'logs/*.gz'  from cron: each time only what is new";

const SERVE_EXAMPLES: &str = "\
POST events as NDJSON, an array or {\"records\": [...]}, plain, gzip or zstd, to / or /events.
  200  they are safe (see --ack); {\"documents\": N, \"malformed\": M}
  400  nothing of it is JSON, or it cannot be read to its end (what came before counts); do
       not send it again
  401, 408, 413, 415  no token, too slow, too large, another encoding or no JSON (CSV, zip)
  503  busy or ending: send it again after Retry-After seconds; repetitions count once
408 is for a body under 1 KiB a second after 5 s, or over 60 s in all. An answer that is given before
the body was read says Connection: close.
GET /metrics (Prometheus), /health, /ready. Fluent Bit and Fluentd send by forward://, and are
acknowledged alike. TCP and Unix sockets take the same and answer nothing.
SIGTERM takes in what has come, answers it and ends.

Examples:
  weir serve --checkpoint state/ --output alerts.ndjson
  weir serve --listen tcp://127.0.0.1:5170 --listen unix:/run/weir/in
  weir serve --checkpoint state/ --output https://soc.example/alerts --output-token-file token
  weir serve --listen forward://127.0.0.1:24224 --output forward://collector:24224 --queue queue/
  weir serve --listen https://0.0.0.0:8443 --tls-cert c.pem --tls-key k.pem --token-file token";

const INSPECT_EXAMPLES: &str = "\
Examples:
  weir inspect                    the detector inside this binary
  weir inspect --json other.wasm  another one; it is not run when it is refused
  weir inspect --limit component_mib=64 large.wasm";

const TEST_EXAMPLES: &str = "\
A case is a folder with case.toml, one or more input* files, and expected.ndjson. Parameters and
tables are the case's own, and its rules where it names any; a configuration file says which
component, whether it is trusted, and its limits.

Examples:
  weir test tests/fixtures                   all cases below a folder
  weir test --update tests/fixtures/burst    write what it gives now; read the diff
  weir test --case 'late-*' tests/fixtures   those whose folder is called so
  weir test --junit report.xml tests/fixtures";

const VERIFY_EXAMPLES: &str = "\
Signatures are minisign's: `minisign -Sm detector.wasm` writes detector.wasm.minisig beside it.
Exit code 0 when it is good, 2 when it is not, 3 when there is nothing to check.

Examples:
  weir verify detector.wasm --key minisign.pub
  weir verify detector.wasm --key RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

const VALIDATE_EXAMPLES: &str = "\
Looks at the file and its shape, limits, component, parameters, tables and exceptions, and
says a line about each: ok, warning or error. Exit code 0 also with warnings (exceptions that
have expired, or will within 14 days), 3 with errors, 2 when the component is refused.

Examples:
  weir validate weir.toml
  weir validate configs/*.toml | grep -v '^ok'";

const TAP_EXAMPLES: &str = "\
What is recorded is what the detector reads in each event, field by field; ids, names, addresses,
networks and the parts of paths are replaced, the same by the same. Times stay. Look at it before
you pass it on. Parameters go into the case, but for exceptions and texts. The case says what the
detector finds in it now: change its expected.ndjson, or the configuration, to what it should find.

Examples:
  weir tap --key user.id=U --at 2026-05-19T09:16:00Z --output tests/fixtures/false-alarm logs/
  tail -f log.ndjson | weir tap --key user.id=U --for 600 --output cases/live -
  weir test cases/live";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  weir completions bash >~/.local/share/bash-completion/completions/weir
  weir completions zsh >~/.zfunc/_weir
  weir completions fish >~/.config/fish/completions/weir.fish";

const MAN_EXAMPLES: &str = "\
Examples:
  weir man | man -l -                  this command's page
  weir man ~/.local/share/man/man1     a page for each command; then: man weir-run";

/// Streaming security detections, sandboxed.
#[derive(Debug, Parser)]
#[command(name = "weir", version, about, after_help = AFTER, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) messages: MessageArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How messages look, whatever the command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Messages")]
pub(crate) struct MessageArgs {
    /// Form of the messages on stderr; WEIR_LOG_FORMAT in the environment says it too
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORM",
        env = "WEIR_LOG_FORMAT",
        hide_env = true,
        default_value = "text"
    )]
    pub(crate) log_format: LogFormat,
    /// Least grave messages that are shown; the summary is an info
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "LEVEL",
        default_value = "info"
    )]
    pub(crate) log_level: LogLevel,
}

/// Form of the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// `weir: ` and a line of text
    Text,
    /// One JSON object a line: timestamp, level, message, and file, line or rule where known
    Json,
}

/// How grave messages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    /// It cannot go on, or will end with another exit code than 0
    Error,
    /// Something was lost, refused or is not as it should be
    Warn,
    /// All else
    Info,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read events, write alerts
    #[command(after_help = RUN_EXAMPLES)]
    Run(Box<RunArgs>),
    /// Take events over HTTP and sockets, write alerts
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(Box<ServeArgs>),
    /// Read files, write one page of what is found, for people
    #[command(after_help = report::EXAMPLES)]
    Report(Box<ReportArgs>),
    /// Say which clause stood between a window and an alert
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(Box<ExplainArgs>),
    /// Say what other thresholds would give
    #[command(after_help = TUNE_EXAMPLES)]
    Tune(TuneArgs),
    /// Show what a component is and says, without trusting it
    #[command(after_help = INSPECT_EXAMPLES)]
    Inspect(InspectArgs),
    /// Check a component's signature
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(VerifyArgs),
    /// Run fixture cases: straight, one by one, in odd batches, shuffled, restarted, as two workers
    #[command(after_help = TEST_EXAMPLES)]
    Test(TestArgs),
    /// Record the events of one group as a redacted fixture case
    #[command(after_help = TAP_EXAMPLES)]
    Tap(Box<TapArgs>),
    /// Say all that is wrong with configuration files, with file and line
    #[command(after_help = VALIDATE_EXAMPLES)]
    Validate(ValidateArgs),
    /// Print a shell's completions
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for each command
    #[command(after_help = MAN_EXAMPLES)]
    Man(ManArgs),
}

/// Form of the alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One document of the Elastic Common Schema a line
    Ecs,
    /// One Detection Finding of the Open Cybersecurity Schema Framework a line
    Ocsf,
    /// Two lines for each: what an index is to do, and the document (_bulk of Elasticsearch)
    Bulk,
    /// A table for people
    Table,
}

/// Options of `weir run`.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Files, folders, patterns or - for standard input (the default in a pipe); or one address
    /// kafka://HOST:PORT/TOPIC?group=NAME, where Weir was built with Kafka
    #[arg(value_name = "FILE|DIR|GLOB|-")]
    pub(crate) inputs: Vec<String>,
    /// Set a setting of the Kafka client, by librdkafka's name; @FILE is what a file holds
    #[arg(long, value_name = "KEY=VALUE", hide = !cfg!(feature = "kafka"))]
    pub(crate) kafka: Vec<String>,
    /// Write only the last revision of each alert, when the input ends
    #[arg(long = "final")]
    pub(crate) only_final: bool,
    /// Follow the inputs as they grow, are rotated and appear, until a signal ends it
    #[arg(long)]
    pub(crate) follow: bool,
    /// Exit with 1 when there are alerts
    #[arg(long)]
    pub(crate) fail_on_alert: bool,
    /// Exit with 3 when there are malformed or quarantined documents
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) detect: DetectArgs,
}

/// What stands for standard output in the place of a file.
pub(crate) const STDOUT: &str = "-";

/// A path, unless it stands for standard output.
pub(crate) fn named(path: Option<&Path>) -> Option<&Path> {
    path.filter(|path| *path != Path::new(STDOUT))
}

/// What detects, how, and where what it finds goes: options of all that do.
#[derive(Debug, Args)]
pub(crate) struct DetectArgs {
    /// Run this component in place of the one inside; given again, several side by side, where
    /// `embedded` is the one inside
    #[arg(long = "component", value_name = "FILE")]
    pub(crate) components: Vec<PathBuf>,
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
    /// tcp://HOST:PORT or unix:PATH (NDJSON; not acknowledged, so what is on its way when the
    /// peer goes may be lost). What is not taken is sent again; an alert may come twice
    #[arg(long, short, value_name = "FILE|ADDRESS", value_parser = OsStringValueParser::new().try_map(Target::of))]
    pub(crate) output: Option<Target>,
    #[command(flatten)]
    pub(crate) delivery: DeliveryArgs,
    /// Alert at the first moment the condition holds, not only when a window closes
    #[arg(long)]
    pub(crate) early: bool,
    /// Detect on this many threads: the same alerts, found a round of batches at a time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) threads: u8,
    /// Key the hashes by this seed, up to 32 hexadecimal digits: counts that are estimates depend on
    /// it, and who knows it can choose values that collide [default: over files it follows from
    /// their sizes and both ends, so that a replay gives the same again; it is random for what is
    /// live or comes through a pipe, and with --checkpoint, which keeps it]
    #[arg(long, value_name = "HEX", value_parser = weir::read_seed)]
    pub(crate) seed: Option<(u64, u64)>,
    /// Keep the state in this folder: a run started again goes on where it was, and alerts are
    /// written when a checkpoint holds them
    #[arg(long, value_name = "DIR")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Go on from a state, and with a queue, of another component than this: after an upgrade. It
    /// is taken when rule and configuration are the same, and is this component's from then on
    #[arg(long)]
    pub(crate) accept_component: bool,
    /// Most time between two checkpoints while there is something new, 0.01 to 86400; one that
    /// alerts wait for is made after a second, and sooner when these are many
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = interval,
        requires = "checkpoint")]
    pub(crate) checkpoint_interval: f64,
    /// Write refused documents to a file (- for standard output), with the reason for each
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
    /// Write the summary as one JSON object: in place of its text as the last line on stderr, or
    /// to a file besides
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "-"
    )]
    pub(crate) json_summary: Option<PathBuf>,
    /// Write every closed window of every group to a file (- for standard output), with each clause's
    /// value and distance from its threshold: NDJSON, or Parquet when the name ends in .parquet. With --set
    /// verdicts_floor=0.25 a window is left out when a count is below that part of its threshold
    #[arg(long, value_name = "FILE")]
    pub(crate) verdicts: Option<PathBuf>,
    /// No progress, and no summary at the end
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

/// How alerts are sent.
#[derive(Debug, Args)]
pub(crate) struct DeliveryArgs {
    /// Send this token with alerts: the file's first line (https, or this machine). It is sent as
    /// Bearer, to hec as Splunk, to bulk as ApiKey; a line such as `Basic ...` is the whole header
    #[arg(long, value_name = "FILE", requires = "output")]
    pub(crate) output_token_file: Option<PathBuf>,
    /// Trust receivers by these certificates (PEM) in place of the system's
    #[arg(long, value_name = "FILE", requires = "output")]
    pub(crate) output_ca: Option<PathBuf>,
    /// Keep alerts that wait to be sent in this folder: the next start sends them. Those that the
    /// receiver refuses for good (400, 413, 422) are put into dead-letters.ndjson there [default: queue in the folder of
    /// --checkpoint; without it they wait in memory, and are lost with the process]
    #[arg(long, value_name = "DIR", requires = "output")]
    pub(crate) queue: Option<PathBuf>,
    /// Most MiB of alerts that wait; then nothing more is read until some are taken
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    pub(crate) queue_mib: u32,
    /// Longest that the end waits for alerts to be taken
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(0..=3600))]
    pub(crate) drain_seconds: u16,
}

/// Options of `weir serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Listen there: http://IP:PORT, https://IP:PORT, forward://IP:PORT, tcp://IP:PORT or unix:PATH;
    /// repeat for more
    #[arg(
        long,
        short,
        value_name = "ADDRESS",
        default_value = "http://127.0.0.1:8400"
    )]
    pub(crate) listen: Vec<Address>,
    /// When a request is answered: once its events are in a checkpoint, or once the detector
    /// has them [default: checkpoint with --checkpoint, else memory]
    #[arg(long, value_enum)]
    pub(crate) ack: Option<Ack>,
    /// Let in only requests with this bearer token: the file's first line
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Certificate chain for https (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key for https (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Listen for other machines also without TLS or a token
    #[arg(long)]
    pub(crate) insecure_listen: bool,
    /// Largest body of a request as it is sent, in MiB
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) max_body_mib: u16,
    /// Requests at work at once at each address; more are told to come again (503). So many of the
    /// largest bodies may be in memory, whole or on their way
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) max_requests: u16,
    #[command(flatten)]
    pub(crate) detect: DetectArgs,
}

/// When a request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ack {
    /// Once its events are in a checkpoint on disk: a crash loses nothing that was answered
    Checkpoint,
    /// Once the detector has its events: faster, and a crash loses what came since the last checkpoint
    Memory,
}

/// A number of seconds in range.
fn interval(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.01..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("must be 0.01 to 86400 seconds".to_owned()),
    }
}

/// Options of `weir inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// The component [default: that of the configuration file, or the one inside]
    #[arg(value_name = "COMPONENT")]
    pub(crate) component: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) file: FileArgs,
}

/// Options of `weir test`.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Cases, or folders that hold cases
    #[arg(value_name = "DIR", required = true)]
    pub(crate) folders: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) component: ComponentArgs,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// Run only the cases of this name or pattern; given again, those of each
    #[arg(long = "case", value_name = "NAME")]
    pub(crate) cases: Vec<String>,
    /// Rewrite expected.ndjson with what the straight run gives
    #[arg(long)]
    pub(crate) update: bool,
    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
}

/// Options of `weir tap`.
#[derive(Debug, Args)]
pub(crate) struct TapArgs {
    /// Files, folders, patterns or - for standard input (the default in a pipe)
    #[arg(value_name = "FILE|DIR|GLOB|-")]
    pub(crate) inputs: Vec<String>,
    /// Whose events: one part of the group's key, by its name or the name's last words; null for
    /// those without one; repeat for more
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) key: Vec<String>,
    /// Only the window that this moment is in
    #[arg(long, value_name = "TIME", value_parser = weir::read_time, conflicts_with_all = ["from", "to"])]
    pub(crate) at: Option<i64>,
    /// Not the windows that end before this
    #[arg(long, value_name = "TIME", value_parser = weir::read_time)]
    pub(crate) from: Option<i64>,
    /// Not the windows that start at or after this
    #[arg(long, value_name = "TIME", value_parser = weir::read_time)]
    pub(crate) to: Option<i64>,
    /// Write the case into this folder, which is made
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// Say in the case why it exists
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: Option<String>,
    /// Leave a field as it is, such as user_agent.original; repeat for more
    #[arg(long, value_name = "FIELD")]
    pub(crate) keep: Vec<String>,
    /// Follow the inputs as they grow, until a signal, --for or --max-events ends it
    #[arg(long)]
    pub(crate) follow: bool,
    /// End after so many seconds
    #[arg(long = "for", value_name = "SECONDS")]
    pub(crate) seconds: Option<u32>,
    /// End after so many events
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_events: u32,
    #[command(flatten)]
    pub(crate) component: ComponentArgs,
    #[command(flatten)]
    pub(crate) open: OpenArgs,
}

/// Options of `weir validate`.
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// Configuration files (TOML)
    #[arg(value_name = "CONFIG", required = true)]
    pub(crate) configs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
}

/// Options of `weir verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The component
    #[arg(value_name = "COMPONENT")]
    pub(crate) component: PathBuf,
    /// The public key: in Base64, or a file that holds it [default: require_signature of the
    /// configuration file]
    #[arg(long, value_name = "KEY", required_unless_present = "config")]
    pub(crate) key: Option<String>,
    #[command(flatten)]
    pub(crate) file: FileArgs,
    /// The signature [default: COMPONENT.minisig]
    #[arg(long, value_name = "FILE")]
    pub(crate) signature: Option<PathBuf>,
}

/// Options of `weir completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// Options of `weir man`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Write a page for each command into this folder [default: the first page on stdout]
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
}
