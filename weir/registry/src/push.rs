//! A component and its signature, sent to a registry.
//!
//! The tag is set last, so that whoever asks for it while it is being pushed finds all or nothing.

use std::collections::BTreeMap;

use serde::Serialize;
use ureq::http::{Method, header};
use weir_component::{Reference, RegistryAccess};
use weir_config::inspect::Inspection;
use weir_host::contract::PACKAGE;
use weir_host::{Error, digest};

use crate::answer::Answer;
use crate::manifest::{
    COMPONENT, CONFIG, Descriptor, EMPTY, Interfaces, MANIFEST, Manifest, SIGNATURE, WasmConfig,
};
use crate::pull::signature_tag;
use crate::session::{Call, Right, Session};

/// Largest answer to a request that sends something, in bytes.
const LARGEST_ANSWER: u64 = 1 << 20;
/// The configuration of an artifact that has none.
const NOTHING: &[u8] = b"{}";
/// Time of making that all artifacts say: the same component has the same digest at any time.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// Sends a component under a tag, with its description and, if there is one, its signature. The
/// answer is the reference with its digest.
///
/// # Errors
///
/// [`Error::Config`] when the reference has no tag or a digest already, and [`Error::Input`] when the registry
/// does not take it.
pub fn push(
    reference: &Reference,
    access: RegistryAccess,
    (component, inspection): (&[u8], &Inspection),
    signature: Option<&str>,
) -> Result<Reference, Error> {
    let (Some(tag), None) = (reference.tag(), reference.digest()) else {
        return Err(Error::config(format!(
            "{reference}: name the tag to push to, without a digest: oci://{}/{}:TAG",
            reference.host(),
            reference.name()
        )));
    };
    let mut session = Session::new(reference, access, Right::Push)?;
    let layer = Descriptor::of(COMPONENT, component);
    let config = json(&WasmConfig {
        created: CREATED,
        architecture: "wasm",
        // Of every component, also of those that need no system.
        os: "wasip2",
        layer_digests: [&layer.digest],
        component: Interfaces {
            exports: &inspection.examination.exports,
            imports: &inspection.examination.imports,
            target: None,
        },
    })?;
    let mut manifest = Manifest::new(Descriptor::of(CONFIG, &config), layer);
    manifest.annotations = annotations(inspection);
    upload(&mut session, component)?;
    upload(&mut session, &config)?;
    let bytes = json(&manifest)?;
    let found = digest(&bytes);
    if let Some(text) = signature {
        // What it is about is there before it.
        put(&mut session, &format!("sha256:{found}"), &bytes)?;
        sign(&mut session, text, Descriptor::of(MANIFEST, &bytes), &found)?;
    }
    put(&mut session, tag, &bytes)?;
    Ok(reference.pinned(&found))
}

/// Sends a signature as an artifact of its own.
fn sign(
    session: &mut Session,
    text: &str,
    subject: Descriptor,
    manifest: &str,
) -> Result<(), Error> {
    let layer = Descriptor::of(SIGNATURE, text.as_bytes());
    let mut artifact = Manifest::new(Descriptor::of(EMPTY, NOTHING), layer);
    artifact.artifact_type = Some(SIGNATURE.to_owned());
    artifact.subject = Some(subject);
    upload(session, text.as_bytes())?;
    upload(session, NOTHING)?;
    put(session, &signature_tag(manifest), &json(&artifact)?)
}

/// What a component says of itself, by the names that registries show.
fn annotations(inspection: &Inspection) -> BTreeMap<String, String> {
    let rules = &inspection.rules;
    let joined = |of: fn(&weir_host::contract::Rule) -> &str, between: &str| {
        let all: Vec<&str> = rules.iter().map(of).collect();
        all.join(between)
    };
    let mut all = BTreeMap::new();
    let mut add = |name: &str, value: String| drop(all.insert(name.to_owned(), value));
    add(
        "org.opencontainers.image.title",
        joined(|rule| &rule.name, ", "),
    );
    add(
        "org.opencontainers.image.description",
        joined(|rule| &rule.description, "\n"),
    );
    let versions: Vec<String> = rules.iter().map(|rule| rule.version.to_string()).collect();
    add("org.opencontainers.image.version", versions.join(","));
    add("weir.rules", joined(|rule| &rule.id, ","));
    if let Some(version) = &inspection.examination.version {
        add("weir.contract", format!("{PACKAGE}@{version}"));
    }
    all
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(|error| Error::Broken(error.to_string()))
}

/// Sends a blob, unless the registry has it.
fn upload(session: &mut Session, bytes: &[u8]) -> Result<(), Error> {
    let name = format!("sha256:{}", digest(bytes));
    let url = session.url(&format!("blobs/{name}"));
    let there = send(session, Method::HEAD, url, None, None)?;
    match there.status {
        200 => return Ok(()),
        404 => {}
        _ => return Err(session.unexpected(&there, "a look at a blob")),
    }
    let begin = session.url("blobs/uploads/");
    let begun = send(session, Method::POST, begin, Some(&[]), None)?;
    if begun.status != 202 {
        return Err(session.unexpected(&begun, "the upload"));
    }
    let place = session.location(&begun)?;
    let mark = if place.contains('?') { '&' } else { '?' };
    let url = format!("{place}{mark}digest={name}");
    let kind = Some("application/octet-stream");
    let sent = send(session, Method::PUT, url, Some(bytes), kind)?;
    match sent.status {
        201 => Ok(()),
        _ => Err(session.unexpected(&sent, "the upload")),
    }
}

/// Sends a manifest under a tag or its digest.
fn put(session: &mut Session, name: &str, manifest: &[u8]) -> Result<(), Error> {
    let url = session.url(&format!("manifests/{name}"));
    let sent = send(session, Method::PUT, url, Some(manifest), Some(MANIFEST))?;
    match sent.status {
        200..=202 => Ok(()),
        _ => Err(session.unexpected(&sent, "the manifest")),
    }
}

fn send(
    session: &mut Session,
    method: Method,
    url: String,
    body: Option<&[u8]>,
    kind: Option<&str>,
) -> Result<Answer, Error> {
    session.send(&Call {
        method,
        url,
        headers: kind
            .map(|kind| (header::CONTENT_TYPE, kind))
            .into_iter()
            .collect(),
        body,
        most: LARGEST_ANSWER,
    })
}
