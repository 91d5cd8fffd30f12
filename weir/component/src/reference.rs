//! References to artifacts in OCI registries: `oci://HOST[:PORT]/NAME[:TAG][@sha256:DIGEST]`.

use std::fmt;
use std::net::IpAddr;

/// Scheme of a reference.
pub const SCHEME: &str = "oci://";
/// Longest name of a repository, in bytes.
const LONGEST_NAME: usize = 255;
/// Longest tag, in bytes.
const LONGEST_TAG: usize = 128;

/// A reference with a tag, a digest or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    host: String,
    name: String,
    tag: Option<String>,
    digest: Option<String>,
}

impl Reference {
    /// Reads a reference as it is written on a command line or in a file.
    ///
    /// # Errors
    ///
    /// A sentence about the part that is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("`{text}`: {why}");
        let rest = text
            .strip_prefix(SCHEME)
            .ok_or_else(|| wrong("a reference begins with oci://"))?;
        let Some((host, rest)) = rest.split_once('/') else {
            return Err(wrong("write oci://HOST/NAME:TAG@sha256:DIGEST"));
        };
        if host.contains('@') || rest.split_once('@').is_some_and(|(_, at)| at.contains('/')) {
            // Without the text, which may hold a password.
            return Err(
                "oci://: credentials do not belong into a reference; docker's configuration \
                        or WEIR_REGISTRY_USER and WEIR_REGISTRY_PASSWORD hold them"
                    .to_owned(),
            );
        }
        if !is_host(host) {
            return Err(wrong(
                "the host is no name or address, with or without a port",
            ));
        }
        let (rest, digest) = match rest.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest_of(digest).map_err(|why| wrong(&why))?)),
            None => (rest, None),
        };
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) => (name, Some(tag)),
            None => (rest, None),
        };
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(wrong("names in a registry have lower-case letters only"));
        }
        if name.len() > LONGEST_NAME || !name.split('/').all(is_part) {
            return Err(wrong(
                "the name is not made of lower-case letters and digits, with single `.`, `_`, `-` or `/` between",
            ));
        }
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(wrong(
                "a tag has letters, digits, `_`, `.` and `-`, and at most 128 of them",
            ));
        }
        if tag.is_none() && digest.is_none() {
            return Err(wrong(
                "it names neither a tag (:TAG) nor a digest (@sha256:DIGEST)",
            ));
        }
        Ok(Self {
            host: host.to_owned(),
            name: name.to_owned(),
            tag: tag.map(str::to_owned),
            digest,
        })
    }

    /// Host of the registry, with its port if one is named.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Name of the repository.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tag.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The manifest's SHA-256 in lower-case hexadecimal.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// This reference with a digest.
    #[must_use]
    pub fn pinned(&self, digest: &str) -> Self {
        Self {
            digest: Some(digest.to_owned()),
            ..self.clone()
        }
    }

    /// Whether the registry is on this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        is_loopback(&self.host)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{SCHEME}{}/{}", self.host, self.name)?;
        if let Some(tag) = &self.tag {
            write!(out, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(out, "@sha256:{digest}"),
            None => Ok(()),
        }
    }
}

/// Whether a host, with or without a port, is this machine: `localhost` or a loopback address.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let name = split_port(host).map_or(host, |(name, _)| name);
    let address = name.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<IpAddr>() {
        Ok(ip) => ip.to_canonical().is_loopback(),
        Err(_) => name.eq_ignore_ascii_case("localhost"),
    }
}

/// Host and port; none without a port. Colons inside of brackets belong to an address.
fn split_port(host: &str) -> Option<(&str, &str)> {
    let (name, port) = host.rsplit_once(':')?;
    (!name.starts_with('[') || name.ends_with(']')).then_some((name, port))
}

fn is_host(host: &str) -> bool {
    let (name, port) = split_port(host).map_or((host, None), |(name, port)| (name, Some(port)));
    let port = port.is_none_or(|port| {
        !port.starts_with('+') && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    let inside = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    let named = match inside {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => name.split('.').all(|label| {
            let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            !label.is_empty() && !label.starts_with('-') && label.bytes().all(inner)
        }),
    };
    named && port
}

/// Whether text is a part of a repository's name.
fn is_part(part: &str) -> bool {
    let ends = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let bytes = part.as_bytes();
    let allowed =
        |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(byte);
    let separators = part.split(|c: char| c.is_ascii_alphanumeric());
    ends(bytes.first())
        && ends(bytes.last())
        && bytes.iter().all(allowed)
        && separators.into_iter().all(|between| {
            matches!(between, "" | "." | "_" | "__") || between.bytes().all(|byte| byte == b'-')
        })
}

fn is_tag(tag: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    !tag.is_empty()
        && tag.len() <= LONGEST_TAG
        && !tag.starts_with(['.', '-'])
        && tag.bytes().all(allowed)
}

fn digest_of(text: &str) -> Result<String, String> {
    let Some(hex) = text.strip_prefix("sha256:") else {
        return Err("its digest is not `sha256:` and 64 hexadecimal digits".to_owned());
    };
    if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let length = hex.len();
        return Err(format!(
            "its digest is not 64 hexadecimal digits long, but {length} characters"
        ));
    }
    Ok(hex.to_ascii_lowercase())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn parts_are_read_and_written_back() {
        let whole = format!("oci://registry.example.org:5000/team/rule-1:v1.2@sha256:{HEX}");
        let read = Reference::parse(&whole).unwrap();
        assert_eq!(read.host(), "registry.example.org:5000");
        assert_eq!((read.name(), read.tag()), ("team/rule-1", Some("v1.2")));
        assert_eq!(read.digest(), Some(HEX));
        assert_eq!(read.to_string(), whole);
        for text in [
            "oci://[::1]:5000/a:1".to_owned(),
            format!("oci://ghcr.io/a/b__c/d.e--f@sha256:{HEX}"),
        ] {
            assert_eq!(Reference::parse(&text).unwrap().to_string(), text);
        }
        let upper = format!("oci://h/a@sha256:{}", HEX.to_uppercase());
        assert_eq!(Reference::parse(&upper).unwrap().digest(), Some(HEX));
    }

    #[test]
    fn what_is_no_reference_is_told_by_its_wrong_part() {
        for (text, why) in [
            ("oci://host", "HOST/NAME"),
            ("oci:///a:1", "the host"),
            ("oci://a b/c:1", "the host"),
            ("oci://host:0/c:1", "the host"),
            ("oci://host:99999/c:1", "the host"),
            ("oci://[::g]/c:1", "the host"),
            ("oci://host/c", "neither a tag"),
            ("oci://host/Rule:1", "lower-case"),
            ("oci://host/:1", "the name"),
            ("oci://host/a//b:1", "the name"),
            ("oci://host/a..b:1", "the name"),
            ("oci://host/../b:1", "the name"),
            ("oci://host/a:.x", "a tag"),
            ("oci://host/a:", "a tag"),
            ("oci://host/a?x:1", "the name"),
            ("oci://host/a@sha512:00", "digest"),
            ("oci://host/a@sha256:00", "digest"),
        ] {
            let error = Reference::parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
        for text in ["oci://me:hunter2@host/a:1", "oci://me:hun/ter2@host/a:1"] {
            let secret = Reference::parse(text).unwrap_err();
            assert!(!secret.contains("ter2"), "{secret}");
        }
    }

    #[test]
    fn only_this_machine_is_local() {
        for host in [
            "localhost",
            "LOCALHOST:5000",
            "127.0.0.1:1",
            "127.9.9.9",
            "[::1]:5",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "localhost.example.org",
            "10.0.0.1:5000",
            "[2001:db8::1]",
            "registry",
            "127.0.0.1.example.org",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
