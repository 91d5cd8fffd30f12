//! Trust in a component, by its digest or by its author's signature.
//!
//! Signatures are detached ones in the format of minisign (Ed25519 over a BLAKE2b hash of the
//! file), beside the component under the same name and `.minisig`.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use minisign_verify::{PublicKey, Signature};

use crate::error::{Error, Refusal};
use crate::sandbox::digest;
use weir_common::escape::escape;
use weir_common::explain::explain;

/// Digests and keys that let a component in; any component by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trust {
    /// Its SHA-256 in hexadecimal: one of these; none for any.
    pub sha256: Vec<String>,
    /// The public key that it must be signed with: in Base64, or a file that holds it.
    pub key: Option<String>,
}

/// A signature that is good.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signed {
    /// The comment that is signed with the file.
    pub comment: String,
}

impl Trust {
    /// Checks the bytes of a component, and its signature at `path` if a key is asked for.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when it is not the one, and [`Error::Config`] when what is asked for
    /// makes no sense.
    pub fn check(&self, component: &[u8], path: Option<&Path>) -> Result<(), Error> {
        let is_digest =
            |text: &String| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !self.sha256.iter().all(is_digest) {
            return Err(Error::config(
                "sha256: it must be 64 hexadecimal digits, as `weir inspect` shows them",
            ));
        }
        let found = digest(component);
        let is_found = |wanted: &String| wanted.eq_ignore_ascii_case(&found);
        if !self.sha256.is_empty() && !self.sha256.iter().any(is_found) {
            let wanted = self.sha256.join(" or ").to_ascii_lowercase();
            return Err(Error::Refused(Refusal::Digest { wanted, found }));
        }
        let Some(key) = &self.key else {
            return Ok(());
        };
        let Some(path) = path else {
            return Err(Error::config(
                "a signature is required, and the component inside this binary has none; name one with --component",
            ));
        };
        verify(component, key, &signature_of(path)).map(|_| ())
    }
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

/// Path of a component's signature.
#[must_use]
pub fn signature_of(component: &Path) -> PathBuf {
    let mut name = component.as_os_str().to_owned();
    name.push(".minisig");
    name.into()
}

/// Checks a component's signature. `key` is a public key in Base64, or a file that holds one.
///
/// # Errors
///
/// [`Error::Refused`] when it is not signed with that key, and [`Error::Config`] when that is
/// no key.
pub fn verify(component: &[u8], key: &str, signature: &Path) -> Result<Signed, Error> {
    let key = public_key(key)?;
    let refused = |why: String| {
        let name = signature.display().to_string();
        Error::Refused(Refusal::Signature { name, why })
    };
    let text = text(signature).map_err(|error| refused(explain(&error)))?;
    let signature = Signature::decode(&text)
        .map_err(|_| refused("it is no signature of minisign".to_owned()))?;
    key.verify(component, &signature, false)
        .map_err(|error| refused(reason(&error).to_owned()))?;
    Ok(Signed {
        comment: signature.trusted_comment().to_owned(),
    })
}

/// Trusted comment of the signature beside a component, without a key to check it by; none when
/// there is no such file.
#[must_use]
pub fn unchecked(component: &Path) -> Option<String> {
    let text = text(&signature_of(component)).ok()?;
    Some(match Signature::decode(&text) {
        Ok(signature) => signature.trusted_comment().to_owned(),
        Err(_) => "no signature of minisign".to_owned(),
    })
}

/// The text of a small file.
fn text(path: &Path) -> io::Result<String> {
    /// More than any key or signature has, in bytes.
    const MOST: u64 = 64 << 10;
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("is no file"));
    }
    let mut text = String::new();
    File::open(path)?.take(MOST).read_to_string(&mut text)?;
    Ok(text)
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

fn public_key(key: &str) -> Result<PublicKey, Error> {
    if let Ok(key) = PublicKey::from_base64(key.trim()) {
        return Ok(key);
    }
    let wrong = |why: &str| Error::config(format!("key: {}: {why}", escape(key)));
    let text = text(Path::new(key)).map_err(|error| {
        wrong(&format!(
            "no public key of minisign, and as a file: {}",
            explain(&error)
        ))
    })?;
    PublicKey::decode(&text)
        .or_else(|_| PublicKey::from_base64(text.trim()))
        .map_err(|_| wrong("holds no public key of minisign"))
}
