//! Manifests and configurations of artifacts, as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use weir_host::digest;

/// Media type of a manifest.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of a list of manifests.
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Media type of a component's configuration.
pub(crate) const CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// Media type of a component.
pub(crate) const COMPONENT: &str = "application/wasm";
/// Media type of the configuration of an artifact that has none: `{}`.
pub(crate) const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// Media type of a signature, and the type of its artifact.
pub(crate) const SIGNATURE: &str = "application/vnd.minisign.signature";
/// Largest manifest, in bytes.
pub(crate) const LARGEST: u64 = 4 << 20;

/// An image manifest, which describes an artifact of one configuration and its layers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) schema_version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) media_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) artifact_type: Option<String>,
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<Descriptor>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) annotations: BTreeMap<String, String>,
}

impl Manifest {
    /// A manifest of one layer.
    pub(crate) fn new(config: Descriptor, layer: Descriptor) -> Self {
        Self {
            schema_version: 2,
            media_type: Some(MANIFEST.to_owned()),
            artifact_type: None,
            config,
            layers: vec![layer],
            subject: None,
            annotations: BTreeMap::new(),
        }
    }
}

/// A blob or manifest, by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    /// `sha256:` and hexadecimal digits.
    pub(crate) digest: String,
    /// Size in bytes.
    pub(crate) size: u64,
}

impl Descriptor {
    /// Descriptor of bytes.
    pub(crate) fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: format!("sha256:{}", digest(bytes)),
            size: bytes.len() as u64,
        }
    }

    /// SHA-256 in lower-case hexadecimal; none for another kind of digest.
    pub(crate) fn sha256(&self) -> Option<&str> {
        let hex = self.digest.strip_prefix("sha256:")?;
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (hex.len() == 64 && hex.bytes().all(is_hex)).then_some(hex)
    }
}

/// Configuration of a component's artifact.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WasmConfig<'a> {
    /// The beginning of time, so that the same component has the same digest.
    pub(crate) created: &'static str,
    pub(crate) architecture: &'static str,
    pub(crate) os: &'static str,
    pub(crate) layer_digests: [&'a str; 1],
    pub(crate) component: Interfaces<'a>,
}

/// Interfaces of a component.
#[derive(Debug, Serialize)]
pub(crate) struct Interfaces<'a> {
    pub(crate) exports: &'a [String],
    pub(crate) imports: &'a [String],
    pub(crate) target: Option<&'a str>,
}
