//! Options of all commands that open a detector.

use std::path::PathBuf;

use clap::Args;

/// Which code is trusted, and what is written down about it.
#[derive(Debug, Args)]
pub(crate) struct TrustArgs {
    /// Refuse a component unless its SHA-256 is this, or one of these when given again
    #[arg(long, value_name = "HEX")]
    pub(crate) sha256: Vec<String>,
    /// Refuse the component unless COMPONENT.minisig is a signature made with this key: a
    /// minisign public key, or a file that holds it
    #[arg(long, value_name = "KEY")]
    pub(crate) require_signature: Option<String>,
    /// Neither read nor keep compiled code ($XDG_CACHE_HOME/weir, or ~/.cache/weir)
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Read a configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What a detector is opened with.
#[derive(Debug, Args)]
pub(crate) struct OpenArgs {
    /// Set a parameter of the detector; `weir inspect` lists them
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) settings: Vec<String>,
    /// Look up autonomous systems in this MaxMind-format database (table `asn`)
    #[arg(long, value_name = "FILE")]
    pub(crate) asn_db: Option<PathBuf>,
    /// Hand a look-up table over to the detector; `weir inspect` lists them
    #[arg(long = "table", value_name = "NAME=FILE")]
    pub(crate) tables: Vec<String>,
}

/// One component.
#[derive(Debug, Args)]
pub(crate) struct ComponentArgs {
    /// The component [default: the one inside]
    #[arg(long, value_name = "FILE")]
    pub(crate) component: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
}
