//! The component that a reference names, from the cache or from the registry.
//!
//! A tag can be moved. It is taken only with a digest, with a signature or digest that the
//! component has to have, or where tags are allowed. What a digest names does not change: a copy
//! in the cache is taken without asking the registry.

use weir_common::message::Message;
use weir_component::{CodeCache, Reference, RegistryAccess, Trust, signature};
use weir_host::trust::Detached;
use weir_host::{Error, Limits, Refusal};

use crate::manifest;
use crate::pull::{component_of, fetch_signature, pull};

/// Conditions under which a component is taken.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Permissions.
    pub access: RegistryAccess,
    /// Digests and key that the component will be checked by.
    pub trust: &'a Trust,
    /// Limits of its size.
    pub limits: &'a Limits,
    /// Cache of artifacts.
    pub cache: Option<&'a CodeCache>,
}

/// A component of a registry, not checked by [`Trust`] yet.
#[derive(Debug)]
pub struct Opened {
    /// The reference with the digest of the manifest.
    pub reference: Reference,
    /// The component.
    pub component: Vec<u8>,
    /// The signature beside it.
    pub signature: Option<Detached>,
}

impl Opened {
    /// Checks it by digest and signature.
    ///
    /// # Errors
    ///
    /// As [`Trust::check_detached`].
    pub fn check(&self, trust: &Trust) -> Result<(), Error> {
        let name = self.reference.to_string();
        trust.check_detached(&self.component, &name, self.signature.as_ref())
    }
}

/// The component that a reference names.
///
/// # Errors
///
/// [`Error::Refused`] for a tag that nothing vouches for, and as [`pull`].
pub fn open(reference: &Reference, asked: &Asked<'_>) -> Result<Opened, Error> {
    let trust = asked.trust;
    let vouched = reference.digest().is_some() || trust.key.is_some() || !trust.sha256.is_empty();
    if !vouched && !asked.access.allow_tag {
        return Err(Error::Refused(Refusal::Unpinned(reference.to_string())));
    }
    if let Some(kept) = kept(reference, asked)? {
        let why = format!("{reference}: taken from the cache; the registry is not asked for it");
        Message::info("component-cached", why).emit();
        return Ok(kept);
    }
    let pulled = pull(reference, asked.access, asked.limits)?;
    if let (Some(cache), Some(name)) = (asked.cache, pulled.reference.digest()) {
        let signature = pulled
            .signature
            .as_ref()
            .map(|signature| signature.text.as_str());
        let blobs = [pulled.manifest.as_slice(), &pulled.component];
        cache.artifacts().keep(name, &blobs, signature);
    }
    Ok(Opened {
        reference: pulled.reference,
        component: pulled.component,
        signature: pulled.signature,
    })
}

/// Whether a copy has the signature that is asked for; a malformed key is told when it is checked.
fn is_signed(kept: &Opened, trust: &Trust) -> bool {
    let name = kept.reference.to_string();
    let signature = kept.signature.as_ref();
    let verified = |key| signature::verify_detached(&kept.component, key, &name, signature);
    trust.key.as_deref().is_none_or(|key| verified(key).is_ok())
}

/// The copy in the cache. A signature that is asked for and is not there, or is not good, is
/// fetched: it may have been made since.
fn kept(reference: &Reference, asked: &Asked<'_>) -> Result<Option<Opened>, Error> {
    let (Some(cache), Some(name)) = (asked.cache, reference.digest()) else {
        return Ok(None);
    };
    let artifacts = cache.artifacts();
    let Some(bytes) = artifacts.blob(name, name, manifest::LARGEST) else {
        return Ok(None);
    };
    let layer = component_of(reference, &bytes, asked.limits)?;
    let sha256 = layer.sha256().unwrap_or_default();
    let Some(component) = artifacts.blob(name, sha256, layer.size) else {
        return Ok(None);
    };
    let signature = artifacts.signature(name).map(|text| Detached {
        name: format!("of {reference}"),
        text,
    });
    let mut kept = Opened {
        reference: reference.clone(),
        component,
        signature,
    };
    if asked.trust.key.is_some() && !is_signed(&kept, asked.trust) {
        kept.signature = fetch_signature(reference, asked.access)?;
        let text = kept
            .signature
            .as_ref()
            .map(|signature| signature.text.as_str());
        artifacts.keep(name, &[], text);
    }
    Ok(Some(kept))
}
