//! Options of `weir run`.

use clap::Args;

use super::DetectArgs;

pub(super) const RUN_EXAMPLES: &str = "\
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

/// Options of `weir run`.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Files, folders, patterns or - for standard input (the default in a pipe); or one address
    /// kafka://HOST:PORT/TOPIC?group=NAME, where Weir was built with Kafka
    #[arg(value_name = "FILE|DIR|GLOB|-")]
    pub(crate) inputs: Vec<String>,
    /// Set a setting of the Kafka client, by librdkafka's name, where Weir was built with Kafka;
    /// @FILE is what a file holds
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
