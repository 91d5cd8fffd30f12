//! Trust in a component, by its digest or by its author's signature.
//!
//! Signatures are detached ones in the format of minisign: Ed25519 over a BLAKE2b hash of the file.

use minisign_verify::{PublicKey, Signature};

use crate::error::{Error, Refusal};
use weir_common::escape::escape;

/// A signature that is good.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signed {
    /// The comment that is signed with the file.
    pub comment: String,
}

/// Text of a detached signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detached {
    /// Its name, for messages.
    pub name: String,
    /// The text.
    pub text: String,
}

/// Whether what an earlier run left at a place is of the same components, by their SHA-256; it
/// may be of others when that is accepted.
///
/// # Errors
///
/// [`Error::Refused`] with both digests, and what to do.
pub fn same_component(
    place: &str,
    found: &[String],
    own: &[String],
    accepted: bool,
) -> Result<(), Error> {
    if accepted || found == own {
        return Ok(());
    }
    Err(Error::Refused(Refusal::Another {
        place: place.to_owned(),
        found: found.join(" and "),
        own: own.join(" and "),
    }))
}

/// Checks a component's signature by a public key: in Base64, or as minisign writes it.
///
/// # Errors
///
/// [`Error::Refused`] when it is not signed with that key, and [`Error::Config`] when that is
/// no key.
pub fn verify(component: &[u8], key: &str, signature: &Detached) -> Result<Signed, Error> {
    let key = PublicKey::from_base64(key.trim())
        .or_else(|_| PublicKey::decode(key))
        .map_err(|_| Error::config(format!("key: {}: no public key of minisign", escape(key))))?;
    let refused = |why: &str| {
        Error::Refused(Refusal::Signature {
            name: signature.name.clone(),
            why: why.to_owned(),
        })
    };
    let signature = Signature::decode(&signature.text)
        .map_err(|_| refused("it is no signature of minisign"))?;
    key.verify(component, &signature, false)
        .map_err(|error| refused(reason(&error)))?;
    Ok(Signed {
        comment: signature.trusted_comment().to_owned(),
    })
}

fn reason(error: &minisign_verify::Error) -> &'static str {
    match error {
        minisign_verify::Error::UnexpectedKeyId => "it was made with another key",
        minisign_verify::Error::UnsupportedLegacyMode => {
            "it is of the old form without a hash; sign it again"
        }
        _ => "it does not fit: the component or the signature was changed",
    }
}
