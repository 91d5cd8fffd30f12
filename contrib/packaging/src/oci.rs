//! The component as an OCI artifact in a folder, in the shape that registries of WebAssembly have
//! agreed on: one layer that is the component, and a configuration that says what it exports.

use std::collections::HashMap;
use std::path::Path;

use oci_spec::image::{
    ANNOTATION_CREATED, ANNOTATION_DESCRIPTION, ANNOTATION_LICENSES, ANNOTATION_REF_NAME,
    ANNOTATION_REVISION, ANNOTATION_TITLE, ANNOTATION_VERSION, Descriptor, ImageIndexBuilder,
    ImageManifestBuilder, MediaType, OciLayoutBuilder, Sha256Digest,
};
use serde::{Deserialize, Serialize};
use wasmparser::{ComponentExternalKind, Parser, Payload};

use crate::{Result, Source, put, sums};

/// Name of the artifact.
pub const NAME: &str = "aadgraph";
/// Media type of the layer.
pub const LAYER: &str = "application/wasm";
/// Media type of the configuration.
pub const CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// Version of the folder's layout.
const LAYOUT: &str = "1.0.0";

/// The artifact's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Config {
    /// When it was made, in RFC 3339.
    pub created: String,
    /// Author; none is named.
    pub author: Option<String>,
    /// Always `wasm`.
    pub architecture: String,
    /// `wasip2` for every component, also for those that need no system.
    pub os: String,
    /// Digests of the layers, in their order.
    pub layer_digests: Vec<String>,
    /// What the component asks and offers.
    pub component: Interfaces,
}

/// The interfaces of a component.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interfaces {
    /// What it offers.
    pub exports: Vec<String>,
    /// What it asks.
    pub imports: Vec<String>,
    /// The world that it was made for, where somebody says so.
    pub target: Option<String>,
}

/// Writes the component as an image layout into an empty folder.
///
/// # Errors
/// When it is no component, or a file cannot be written.
pub fn write(component: &[u8], source: &Source, folder: &Path) -> Result<()> {
    let layer = blob(folder, LAYER, component)?;
    let config = Config {
        created: source.timestamp()?,
        author: None,
        architecture: "wasm".to_owned(),
        os: "wasip2".to_owned(),
        layer_digests: vec![layer.digest().to_string()],
        component: interfaces(component)?,
    };
    let config = blob(folder, CONFIG, &sorted(&config)?)?;
    let manifest = ImageManifestBuilder::default()
        .schema_version(2_u32)
        .media_type(MediaType::ImageManifest)
        .config(config)
        .layers(vec![layer])
        .annotations(annotations(source)?)
        .build()?;
    let mut manifest = blob(
        folder,
        MediaType::ImageManifest.as_ref(),
        &sorted(&manifest)?,
    )?;
    // The name under which tools find it in the folder.
    let name = (ANNOTATION_REF_NAME.to_owned(), source.version.clone());
    manifest.set_annotations(Some(HashMap::from([name])));
    let index = ImageIndexBuilder::default()
        .schema_version(2_u32)
        .media_type(MediaType::ImageIndex)
        .manifests(vec![manifest])
        .build()?;
    put(&folder.join("index.json"), &sorted(&index)?)?;
    let layout = OciLayoutBuilder::default()
        .image_layout_version(LAYOUT)
        .build()?;
    put(&folder.join("oci-layout"), &sorted(&layout)?)
}

/// What the manifest says of the artifact.
fn annotations(source: &Source) -> Result<HashMap<String, String>> {
    let mut all = HashMap::from([
        (ANNOTATION_TITLE, NAME.to_owned()),
        (
            ANNOTATION_DESCRIPTION,
            "Detects high ratios of 4xx answers from Azure AD Graph, as a component for Weir"
                .to_owned(),
        ),
        (ANNOTATION_VERSION, source.version.clone()),
        (ANNOTATION_LICENSES, "Apache-2.0".to_owned()),
        (ANNOTATION_CREATED, source.timestamp()?),
    ]);
    if let Some(revision) = &source.revision {
        all.insert(ANNOTATION_REVISION, revision.clone());
    }
    Ok(all
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect())
}

/// Writes a blob under its digest, and describes it.
fn blob(folder: &Path, media: &str, bytes: &[u8]) -> Result<Descriptor> {
    let digest = sums::sha256(bytes);
    put(&folder.join("blobs/sha256").join(&digest), bytes)?;
    let digest: Sha256Digest = digest.parse()?;
    Ok(Descriptor::new(media.into(), bytes.len() as u64, digest))
}

/// JSON with its keys in order, so that the same content has the same digest.
fn sorted(value: &impl Serialize) -> Result<Vec<u8>> {
    // A value's maps are sorted, as those of the crate are not.
    Ok(serde_json::to_vec(&serde_json::to_value(value)?)?)
}

/// The names that a component imports and exports, sorted.
fn interfaces(component: &[u8]) -> Result<Interfaces> {
    let mut found = Interfaces::default();
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { encoding, .. } => {
                if depth == 0 && encoding != wasmparser::Encoding::Component {
                    return Err("it is a core module and no component".into());
                }
                depth += 1;
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    found.imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    let export = export?;
                    if export.kind == ComponentExternalKind::Instance {
                        found.exports.push(export.name.name.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    found.exports.sort();
    found.imports.sort();
    Ok(found)
}
