//! A component and its signature, fetched from a registry and checked by digest.

use weir_common::escape::shorten;
use weir_component::{Reference, RegistryAccess};
use weir_host::trust::Detached;
use weir_host::{Error, Limits, Refusal, digest};

use crate::answer::Answer;
use crate::manifest::{self, Descriptor, INDEX, MANIFEST, Manifest};
use crate::session::{Right, Session};

/// Largest signature, in bytes.
const LARGEST_SIGNATURE: u64 = 64 << 10;

/// A component as it came from a registry, with the digests that were asked for.
#[derive(Debug)]
pub struct Pulled {
    /// The reference with the digest of the manifest.
    pub reference: Reference,
    /// The component.
    pub component: Vec<u8>,
    /// The signature beside it, not checked.
    pub signature: Option<Detached>,
    /// Bytes of the manifest.
    pub(crate) manifest: Vec<u8>,
}

/// Fetches a component with its signature, whatever vouches for either.
///
/// # Errors
///
/// [`Error::Input`] when the registry does not give it, and [`Error::Refused`] when what it gives
/// is no component of that digest, or over the limit.
pub fn pull(
    reference: &Reference,
    access: RegistryAccess,
    limits: &Limits,
) -> Result<Pulled, Error> {
    let mut session = Session::new(reference, access, Right::Pull)?;
    let bytes = fetch_manifest(&mut session, reference)?;
    let found = digest(&bytes);
    same(
        reference,
        "manifest",
        reference.digest().unwrap_or(&found),
        &found,
    )?;
    let reference = reference.pinned(&found);
    let layer = component_of(&reference, &bytes, limits)?;
    let component = blob(&mut session, &reference, "component", &layer)?;
    let signature = signature(&mut session, &reference)?;
    Ok(Pulled {
        reference,
        component,
        signature,
        manifest: bytes,
    })
}

/// Fetches the signature of an artifact, if it has one.
pub(crate) fn fetch_signature(
    reference: &Reference,
    access: RegistryAccess,
) -> Result<Option<Detached>, Error> {
    signature(
        &mut Session::new(reference, access, Right::Pull)?,
        reference,
    )
}

/// The layer of a manifest that is the component.
pub(crate) fn component_of(
    reference: &Reference,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Descriptor, Error> {
    let no = |why: String| no_artifact(reference, why);
    let manifest: Manifest = match serde_json::from_slice(bytes) {
        Ok(manifest) => manifest,
        Err(error) => {
            return Err(no(match media_type(bytes).as_deref() {
                Some(INDEX) => {
                    "it is a list of artifacts and no component; name one of them".to_owned()
                }
                _ => {
                    let why = shorten(&error.to_string(), 200);
                    format!("its manifest is malformed: {why}")
                }
            }));
        }
    };
    let [layer] = manifest.layers.as_slice() else {
        let layers = manifest.layers.len();
        return Err(no(format!(
            "it has {layers} layers, and a component is one"
        )));
    };
    if layer.media_type != manifest::COMPONENT {
        let kind = shorten(&layer.media_type, 200);
        return Err(no(format!(
            "its layer is {kind}, and a component is {}",
            manifest::COMPONENT
        )));
    }
    if layer.sha256().is_none() {
        return Err(no("the digest of its layer is no sha256".to_owned()));
    }
    let limit = limits.component_mib << 20;
    match layer.size > limit {
        true => Err(Error::Refused(Refusal::TooLarge {
            size: layer.size,
            limit,
        })),
        false => Ok(layer.clone()),
    }
}

/// Tag of the signature of an artifact, by the digest of its manifest.
pub(crate) fn signature_tag(manifest: &str) -> String {
    format!("sha256-{manifest}.minisig")
}

fn no_artifact(reference: &Reference, why: String) -> Error {
    Error::Refused(Refusal::Artifact {
        place: reference.to_string(),
        why,
    })
}

/// The media type that JSON names, if it does.
fn media_type(bytes: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    Some(value.get("mediaType")?.as_str()?.to_owned())
}

/// The manifest by digest, or else by tag.
fn fetch_manifest(session: &mut Session, reference: &Reference) -> Result<Vec<u8>, Error> {
    let name = match (reference.digest(), reference.tag()) {
        (Some(digest), _) => format!("sha256:{digest}"),
        (None, tag) => tag.unwrap_or("latest").to_owned(),
    };
    let answer = manifest_named(session, &name)?;
    match answer.status {
        200 => Ok(answer.body),
        404 => Err(session.failed(format!(
            "the registry has no `{name}` there: {}",
            answer.why()
        ))),
        _ => Err(session.unexpected(&answer, "the manifest")),
    }
}

fn manifest_named(session: &mut Session, name: &str) -> Result<Answer, Error> {
    let accept = format!("{MANIFEST}, {INDEX}");
    session.get(&format!("manifests/{name}"), &accept, manifest::LARGEST)
}

/// A blob, as long and of the digest that its descriptor says.
fn blob(
    session: &mut Session,
    reference: &Reference,
    what: &str,
    layer: &Descriptor,
) -> Result<Vec<u8>, Error> {
    let wanted = layer.sha256().unwrap_or_default();
    let answer = session.get(&format!("blobs/sha256:{wanted}"), "*/*", layer.size)?;
    let length = answer.body.len() as u64;
    match answer.status {
        200 if digest(&answer.body) == wanted && length != layer.size => {
            let size = layer.size;
            let why = format!("its manifest gives the {what} {size} bytes, and it has {length}");
            Err(no_artifact(reference, why))
        }
        200 => {
            same(reference, what, wanted, &digest(&answer.body))?;
            Ok(answer.body)
        }
        _ => Err(session.unexpected(&answer, &format!("the {what}"))),
    }
}

fn same(reference: &Reference, what: &str, wanted: &str, found: &str) -> Result<(), Error> {
    match wanted == found {
        true => Ok(()),
        false => Err(Error::Refused(Refusal::Content {
            place: format!("{reference}, {what}"),
            wanted: wanted.to_owned(),
            found: found.to_owned(),
        })),
    }
}

fn signature(session: &mut Session, reference: &Reference) -> Result<Option<Detached>, Error> {
    let tag = signature_tag(reference.digest().unwrap_or_default());
    let answer = manifest_named(session, &tag)?;
    match answer.status {
        200 => {}
        404 => return Ok(None),
        _ => return Err(session.unexpected(&answer, "the signature")),
    }
    let no = |why: &str| no_artifact(reference, format!("its signature `{tag}` {why}"));
    let manifest: Manifest =
        serde_json::from_slice(&answer.body).map_err(|_| no("has a malformed manifest"))?;
    let layer = match manifest.layers.as_slice() {
        [layer] if layer.media_type == manifest::SIGNATURE && layer.sha256().is_some() => layer,
        _ => return Err(no("is an artifact of another kind")),
    };
    if layer.size > LARGEST_SIGNATURE {
        return Err(no("is too long for one"));
    }
    let bytes = blob(session, reference, "signature", layer)?;
    let text = String::from_utf8(bytes).map_err(|_| no("is no text"))?;
    Ok(Some(Detached {
        name: format!("of {reference}"),
        text,
    }))
}
