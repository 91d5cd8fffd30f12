//! Access policy of the listeners: bearer token, TLS, and which addresses may be open.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::Address;
use weir_common::explain::explain;
use weir_host::error::Error;

/// Shortest token, in bytes.
const SHORTEST: usize = 16;

/// Bearer token that senders must present.
#[derive(Clone)]
pub struct Token(Vec<u8>);

impl std::fmt::Debug for Token {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Token")
    }
}

impl Token {
    /// Reads it from a file: its first line.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when there is none, or a short one.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let wrong = |why: &str| Error::config(format!("{}: {why}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| wrong(&explain(&error)))?;
        let token = text.lines().next().unwrap_or_default().trim();
        if token.len() < SHORTEST {
            return Err(wrong("its first line is no token of 16 characters or more"));
        }
        Ok(Self(token.as_bytes().to_vec()))
    }

    /// Whether an `Authorization` header has it; takes constant time.
    pub(super) fn is_in(&self, header: Option<&[u8]>) -> bool {
        let Some((scheme, given)) = header.and_then(|header| header.split_at_checked(7)) else {
            return false;
        };
        // Digests have equal lengths, and a sender cannot choose a part of one.
        let (ours, theirs) = (Sha256::digest(&self.0), Sha256::digest(given));
        let other = ours.iter().zip(theirs).fold(0, |sum, (a, b)| sum | (a ^ b));
        scheme.eq_ignore_ascii_case(b"bearer ") && other == 0
    }
}

/// Access policy of all listeners.
#[derive(Debug, Clone, Default)]
pub struct AccessPolicy {
    /// Token that senders over HTTP must present.
    pub token: Option<Token>,
    /// Certificate chain and private key, both in PEM.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Whether to listen beyond this machine without TLS and a token.
    pub forced: bool,
}

impl AccessPolicy {
    /// Checks an address against the policy; returns the objection, if there is one.
    pub(super) fn check(&self, address: &Address) -> Option<String> {
        if let Address::Http { tls: true, .. } = address
            && self.tls.is_none()
        {
            return Some(format!("{address}: https needs --tls-cert and --tls-key"));
        }
        if self.forced || address.is_local() {
            return None;
        }
        match address {
            Address::Http { tls: true, .. } if self.token.is_some() => None,
            Address::Http { .. } => Some(format!(
                "{address}: others than this machine can reach it: use https with --tls-cert, \
                 --tls-key and --token-file, or force it with --insecure-listen"
            )),
            _ => Some(format!(
                "{address}: others than this machine can reach it, and nothing says who they are: \
                 use https, or force it with --insecure-listen"
            )),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_all_of_it_or_nothing() {
        let token = Token(b"0123456789abcdef".to_vec());
        assert!(token.is_in(Some(b"Bearer 0123456789abcdef")));
        assert!(token.is_in(Some(b"bearer 0123456789abcdef")));
        for header in [
            "",
            "Bearer ",
            "Bearer 0123456789abcde",
            "Basic 0123456789abcdef",
        ] {
            assert!(!token.is_in(Some(header.as_bytes())), "{header}");
        }
        assert!(!token.is_in(None));
    }

    #[test]
    fn beyond_this_machine_it_takes_tls_and_a_token() {
        let open = AccessPolicy::default();
        let parse = |text: &str| text.parse::<Address>().unwrap();
        assert!(open.check(&parse("http://127.0.0.1:1")).is_none());
        assert!(open.check(&parse("http://0.0.0.0:1")).is_some());
        assert!(open.check(&parse("tcp://0.0.0.0:1")).is_some());
        assert!(open.check(&parse("https://127.0.0.1:1")).is_some());
        let mut access = AccessPolicy {
            tls: Some(("c".into(), "k".into())),
            ..AccessPolicy::default()
        };
        assert!(access.check(&parse("https://0.0.0.0:1")).is_some());
        access.token = Some(Token(b"0123456789abcdef".to_vec()));
        assert!(access.check(&parse("https://0.0.0.0:1")).is_none());
        assert!(access.check(&parse("http://0.0.0.0:1")).is_some());
        access.forced = true;
        assert!(access.check(&parse("http://0.0.0.0:1")).is_none());
    }
}
