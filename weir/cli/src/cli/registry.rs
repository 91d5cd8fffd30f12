//! Options of `weir push` and `weir pull`, and of access to registries.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};
use weir_component::{Location, Reference, RegistryAccess};

use super::FileArgs;

/// Reads the location of a component: a file, or `oci://...`.
pub(super) fn location() -> impl TypedValueParser<Value = Location> {
    OsStringValueParser::new().try_map(Location::of)
}

/// Options of access to registries.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct RegistryArgs {
    /// Take the component that a tag of a registry names today, without a digest or a signature
    #[arg(long)]
    pub(crate) allow_tag: bool,
    #[command(flatten)]
    pub(crate) plain: PlainArgs,
}

/// Option of plain HTTP.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct PlainArgs {
    /// Speak plain HTTP to a registry on another machine; credentials are not sent to it then
    #[arg(long)]
    pub(crate) insecure: bool,
}

impl RegistryArgs {
    /// The permissions that they give.
    pub(crate) fn access(self) -> RegistryAccess {
        RegistryAccess {
            allow_tag: self.allow_tag,
            insecure: self.plain.insecure,
        }
    }
}

pub(super) const PUSH_EXAMPLES: &str = "\
Loads the component and asks it what it is before anything is sent. Prints the reference with its
digest. The signature beside the component (COMPONENT.minisig), if there is one, is sent with it.
Credentials are docker's ($DOCKER_CONFIG/config.json, helpers included), or in WEIR_REGISTRY_USER and
WEIR_REGISTRY_PASSWORD, or in WEIR_REGISTRY_TOKEN.

Examples:
  weir push detector.wasm oci://registry.example.org/detections/walk:1.2
  weir push detector.wasm oci://127.0.0.1:5000/walk:1.2 --signature walk.minisig";

/// Options of `weir push`.
#[derive(Debug, Args)]
pub(crate) struct PushArgs {
    /// The component
    #[arg(value_name = "COMPONENT")]
    pub(crate) component: PathBuf,
    /// Where to: oci://HOST[:PORT]/NAME:TAG
    #[arg(value_name = "REFERENCE", value_parser = Reference::parse)]
    pub(crate) reference: Reference,
    /// The signature [default: COMPONENT.minisig, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) signature: Option<PathBuf>,
    /// Refuse to push unless the signature was made with this key: a minisign public key, or a file
    /// that holds it [default: require_signature of the configuration file]
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    #[command(flatten)]
    pub(crate) plain: PlainArgs,
    #[command(flatten)]
    pub(crate) file: FileArgs,
}

pub(super) const PULL_EXAMPLES: &str = "\
Writes the component, and its signature as FILE.minisig if it has one. Prints the reference with its
digest. What does not have the digest that is asked for, or is no detector, is not written.

Examples:
  weir pull oci://registry.example.org/detections/walk:1.2@sha256:... --output walk.wasm
  weir pull oci://registry.example.org/detections/walk:1.2 --key minisign.pub --output walk.wasm
  weir pull oci://127.0.0.1:5000/walk:1.2 --allow-tag --output walk.wasm";

/// Options of `weir pull`.
#[derive(Debug, Args)]
pub(crate) struct PullArgs {
    /// The component: oci://HOST[:PORT]/NAME[:TAG][@sha256:DIGEST]
    #[arg(value_name = "REFERENCE", value_parser = Reference::parse)]
    pub(crate) reference: Reference,
    /// Write it to this file
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Replace the file, and the signature beside it
    #[arg(long)]
    pub(crate) force: bool,
    /// Refuse it unless its signature was made with this key: a minisign public key, or a file that
    /// holds it [default: require_signature of the configuration file]
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
    #[command(flatten)]
    pub(crate) file: FileArgs,
}
