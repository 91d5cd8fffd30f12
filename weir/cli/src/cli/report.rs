//! Options of `weir report`.

use std::path::PathBuf;

use clap::Args;

use super::{ComponentArgs, OpenArgs};

pub(super) const EXAMPLES: &str = "\
The page is one file that loads nothing and can be sent on as it is. Input is read twice: files, not
pipes. The same files and settings give the same page.

Examples:
  weir report --output report.html events.ndjson
  weir report --asn-db GeoLite2-ASN.mmdb --title 'Case 4711' --output case.html logs/ 'more/*.gz'
  weir report --set min_errors=5 --max-alerts 20 --output - day.ndjson.zst | less";

/// Options of `weir report`.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Files, folders or patterns
    #[arg(value_name = "FILE|DIR|GLOB", required = true)]
    pub(crate) inputs: Vec<String>,
    /// Write the page to this file; - for standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Title of the page [default: the rule's name]
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// Most alerts that are shown in detail, those furthest above the thresholds first; a list has the
    /// first 1000
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(0..=1000))]
    pub(crate) max_alerts: u16,
    /// Read names of clients from this list too: lines of column, value, name, kind and source,
    /// separated by tabs
    #[arg(long, value_name = "FILE")]
    pub(crate) clients: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) component: ComponentArgs,
    #[command(flatten)]
    pub(crate) open: OpenArgs,
    /// Show no summary
    #[arg(long, short)]
    pub(crate) quiet: bool,
}
