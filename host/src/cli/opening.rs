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
    #[command(flatten)]
    pub(crate) file: FileArgs,
}

/// The configuration file and its limits: options of all commands that look at a component.
#[derive(Debug, Args)]
pub(crate) struct FileArgs {
    /// Read a configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Set a limit, by its name under [limits] of a configuration file; repeat for more
    #[arg(long = "limit", value_name = "NAME=VALUE")]
    pub(crate) limits: Vec<String>,
}

/// Which rules of the component are meant.
#[derive(Debug, Args)]
pub(crate) struct RuleArgs {
    /// Judge by this rule, by its short name or its id; repeat for more, or say `all`; `weir inspect`
    /// lists them [default: rules of the configuration file, else the usual ones of the component
    /// inside and all of any other]
    #[arg(long = "rule", value_name = "NAME|ID")]
    pub(crate) rules: Vec<String>,
}

/// What a detector is opened with.
#[derive(Debug, Args)]
pub(crate) struct OpenArgs {
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// Set a parameter of all rules that have it, or with RULE.KEY=VALUE of one; `weir inspect`
    /// lists them
    #[arg(long = "set", value_name = "[RULE.]KEY=VALUE")]
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
