//! Options of all commands that open a detector.

use std::path::PathBuf;

use clap::Args;
use weir_component::Location;

use super::registry::{RegistryArgs, location};

/// Options of trust in a component's code.
#[derive(Debug, Args)]
pub(crate) struct TrustArgs {
    /// Refuse a component unless this is its SHA-256; repeat to allow several
    #[arg(long, value_name = "HEX")]
    pub(crate) sha256: Vec<String>,
    /// Refuse the component unless COMPONENT.minisig, or the signature beside it in its registry,
    /// was made with this key: a minisign public key, or a file that holds it
    #[arg(long, value_name = "KEY")]
    pub(crate) require_signature: Option<String>,
    /// Neither read nor keep compiled code and components of registries ($XDG_CACHE_HOME/weir, or ~/.cache/weir)
    #[arg(long)]
    pub(crate) no_cache: bool,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
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

/// Options that select rules of the component.
#[derive(Debug, Args)]
pub(crate) struct RuleArgs {
    /// Use this rule, by short name or id; repeat for more, or use `all`; `weir inspect` lists them
    /// [default: rules of the configuration file, else the usual rules of the built-in component and
    /// all rules of any other]
    #[arg(long = "rule", value_name = "NAME|ID")]
    pub(crate) rules: Vec<String>,
}

/// Options of the detector's configuration.
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
    /// Give the detector a look-up table; `weir inspect` lists them
    #[arg(long = "table", value_name = "NAME=FILE")]
    pub(crate) tables: Vec<String>,
}

/// One component.
#[derive(Debug, Args)]
pub(crate) struct ComponentArgs {
    /// The component: a file, or oci://HOST/NAME:TAG@sha256:DIGEST [default: the built-in one]
    #[arg(long, value_name = "FILE|REFERENCE", value_parser = location())]
    pub(crate) component: Option<Location>,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
}
