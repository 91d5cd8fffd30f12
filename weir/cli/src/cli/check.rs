//! Options of `weir inspect`, `weir verify` and `weir validate`, the checks before a run.

use std::path::PathBuf;

use clap::Args;
use weir_component::Location;

use super::registry::{PlainArgs, RegistryArgs, location};
use super::{FileArgs, RuleArgs};

pub(super) const INSPECT_EXAMPLES: &str = "\
Examples:
  weir inspect                    the detector inside this binary
  weir inspect --json other.wasm  another one; it is not run when it is refused
  weir inspect --limit component_mib=64 large.wasm";

/// Options of `weir inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// The component: a file, or oci://HOST/NAME:TAG@sha256:DIGEST [default: that of the
    /// configuration file, or the built-in one]
    #[arg(value_name = "COMPONENT", value_parser = location())]
    pub(crate) component: Option<Location>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
    #[command(flatten)]
    pub(crate) file: FileArgs,
}

pub(super) const VERIFY_EXAMPLES: &str = "\
Signatures are minisign's: `minisign -Sm detector.wasm` writes detector.wasm.minisig beside it.
Exit code 0 when it is good, 2 when it is not, 3 when there is nothing to check.

Examples:
  weir verify detector.wasm --key minisign.pub
  weir verify oci://registry.example.org/walk:1.2 --key minisign.pub
  weir verify detector.wasm --key RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

/// Options of `weir verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The component: a file, or oci://HOST/NAME:TAG
    #[arg(value_name = "COMPONENT", value_parser = location())]
    pub(crate) component: Location,
    /// The public key: in Base64, or a file that holds it [default: require_signature of the
    /// configuration file]
    #[arg(long, value_name = "KEY", required_unless_present = "config")]
    pub(crate) key: Option<String>,
    #[command(flatten)]
    pub(crate) file: FileArgs,
    /// The signature [default: COMPONENT.minisig, or the one beside it in its registry]
    #[arg(long, value_name = "FILE")]
    pub(crate) signature: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) plain: PlainArgs,
}

pub(super) const VALIDATE_EXAMPLES: &str = "\
Looks at the file and its shape, limits, component, parameters, tables and exceptions, and
says a line about each: ok, warning or error. Exit code 0 also with warnings (exceptions that
have expired, or will within 14 days), 3 with errors, 2 when the component is refused.

Examples:
  weir validate weir.toml
  weir validate configs/*.toml | grep -v '^ok'";

/// Options of `weir validate`.
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// Configuration files (TOML)
    #[arg(value_name = "CONFIG", required = true)]
    pub(crate) configs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
}
