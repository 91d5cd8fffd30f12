//! Options of `weir serve`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use weir_serve::Address;

use super::DetectArgs;

pub(super) const SERVE_EXAMPLES: &str = "\
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

/// Options of `weir serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Listen at http://IP:PORT, https://IP:PORT, forward://IP:PORT, tcp://IP:PORT or unix:PATH;
    /// repeat for more
    #[arg(
        long,
        short,
        value_name = "ADDRESS",
        default_value = "http://127.0.0.1:8400"
    )]
    pub(crate) listen: Vec<Address>,
    /// Answer a request once its events are in a checkpoint, or once the detector has them
    /// [default: checkpoint with --checkpoint, else memory]
    #[arg(long, value_enum)]
    pub(crate) ack: Option<Ack>,
    /// Accept only requests with this bearer token: the file's first line
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Certificate chain for https (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key for https (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Listen on other addresses than loopback without TLS or a token
    #[arg(long)]
    pub(crate) insecure_listen: bool,
    /// Largest request body as sent, in MiB
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) max_body_mib: u16,
    /// Most concurrent requests at each address; others are answered 503. This many bodies of the
    /// largest size may be in memory
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) max_requests: u16,
    #[command(flatten)]
    pub(crate) detect: DetectArgs,
}

/// Moment at which a request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ack {
    /// Once its events are in a checkpoint on disk: a crash loses nothing that was answered
    Checkpoint,
    /// Once the detector has its events: faster, and a crash loses what came since the last checkpoint
    Memory,
}
