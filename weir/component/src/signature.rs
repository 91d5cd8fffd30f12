//! Trust in a component, by its digest or by a signature beside it, under its name and `.minisig`.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use minisign_verify::{PublicKey, Signature};
use weir_common::escape::escape;
use weir_common::explain::explain;
use weir_host::trust::{Detached, Signed};
use weir_host::{Error, Refusal, digest, trust};

/// Digests and keys that let a component in; any component by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trust {
    /// Its SHA-256 in hexadecimal: one of these; none for any.
    pub sha256: Vec<String>,
    /// The public key that it must be signed with: in Base64, or a file that holds it.
    pub key: Option<String>,
}

impl Trust {
    /// Checks the bytes of a component, and the signature beside `path` if a key is asked for;
    /// `None` is the path of a component that was in no file.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when it is not the one, and [`Error::Config`] when what is asked for
    /// makes no sense.
    pub fn check(&self, component: &[u8], path: Option<&Path>) -> Result<(), Error> {
        self.check_digest(component)?;
        let Some(key) = &self.key else {
            return Ok(());
        };
        let Some(path) = path else {
            return Err(Error::config(
                "a signature is required, and the component inside this binary has none; name one with --component",
            ));
        };
        verify(component, key, &path_of(path)).map(|_| ())
    }

    /// Checks the bytes of a component from a registry, and the signature beside it if a key is
    /// asked for; `name` is the component's, for messages.
    ///
    /// # Errors
    ///
    /// As [`Trust::check`].
    pub fn check_detached(
        &self,
        component: &[u8],
        name: &str,
        signature: Option<&Detached>,
    ) -> Result<(), Error> {
        self.check_digest(component)?;
        match &self.key {
            Some(key) => verify_detached(component, key, name, signature).map(|_| ()),
            None => Ok(()),
        }
    }

    fn check_digest(&self, component: &[u8]) -> Result<(), Error> {
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
        Ok(())
    }
}

/// Path of a component's signature.
#[must_use]
pub fn path_of(component: &Path) -> PathBuf {
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
    let name = signature.display().to_string();
    match text(signature) {
        Ok(text) => trust::verify(component, &key, &Detached { name, text }),
        Err(error) => Err(Error::Refused(Refusal::Signature {
            name,
            why: explain(&error),
        })),
    }
}

/// Checks the signature of a component from a registry, which may have none; `name` is the
/// component's, for messages.
///
/// # Errors
///
/// As [`verify`].
pub fn verify_detached(
    component: &[u8],
    key: &str,
    name: &str,
    signature: Option<&Detached>,
) -> Result<Signed, Error> {
    let key = public_key(key)?;
    match signature {
        Some(signature) => trust::verify(component, &key, signature),
        None => Err(Error::Refused(Refusal::Signature {
            name: format!("of {name}"),
            why: "there is none in the registry".to_owned(),
        })),
    }
}

/// Trusted comment of a signature, without a key to check it by.
#[must_use]
pub fn comment(text: &str) -> String {
    match Signature::decode(text) {
        Ok(signature) => signature.trusted_comment().to_owned(),
        Err(_) => "no signature of minisign".to_owned(),
    }
}

/// Text of a signature in a file.
///
/// # Errors
///
/// [`Error::Input`] when it cannot be read, and [`Error::Refused`] when it is no signature of
/// minisign.
pub fn read(path: &Path) -> Result<Detached, Error> {
    let name = path.display().to_string();
    let text = text(path).map_err(|error| Error::input(&name, explain(&error)))?;
    match Signature::decode(&text) {
        Ok(_) => Ok(Detached { name, text }),
        Err(_) => Err(Error::Refused(Refusal::Signature {
            name,
            why: "it is no signature of minisign".to_owned(),
        })),
    }
}

/// Trusted comment of the signature beside a component, without a key to check it by; none when
/// there is no such file.
#[must_use]
pub fn unchecked(component: &Path) -> Option<String> {
    let text = text(&path_of(component)).ok()?;
    Some(comment(&text))
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

/// Text of a public key, which is given itself or as a file.
fn public_key(key: &str) -> Result<String, Error> {
    if PublicKey::from_base64(key.trim()).is_ok() {
        return Ok(key.to_owned());
    }
    let wrong = |why: &str| Error::config(format!("key: {}: {why}", escape(key)));
    let text = text(Path::new(key)).map_err(|error| {
        wrong(&format!(
            "no public key of minisign, and as a file: {}",
            explain(&error)
        ))
    })?;
    if PublicKey::decode(&text).is_err() && PublicKey::from_base64(text.trim()).is_err() {
        return Err(wrong("holds no public key of minisign"));
    }
    Ok(text)
}
