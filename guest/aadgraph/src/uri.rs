//! The path of a request URI: from `requestUri` to `url.path`.

use std::borrow::Cow;
use weir_detector::chunk;

/// The prefix of the usual absolute URI.
const HOST: &[u8] = b"https://graph.windows.net";

/// A byte range of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The range of the path in a URI of one of the two usual forms, if it needs no decoding. Tags
/// behind the path do not change it.
#[inline(always)]
pub(crate) fn plain(uri: &[u8]) -> Option<Span> {
    let start = match uri {
        [b'/', b'/', ..] => return None,
        [b'/', ..] => 0,
        _ => match uri.strip_prefix(HOST)? {
            [b'/', ..] => HOST.len(),
            _ => return None,
        },
    };
    let end = start + chunk::find::<b'?', b'#', b'%', b'<'>(&uri[start..]);
    let decoded = matches!(uri.get(end), Some(b'%' | b'<'));
    (!decoded).then_some(Span { start, end })
}

/// The path of a request URI, percent-decoded; None if it has none.
///
/// The literal tags `<pii>` and `</pii>` are dropped first. An absolute URI and a network path
/// (`//host/...`) lose scheme and authority. Trailing and double slashes, and case, are kept; a bad
/// escape stays as it is written, and invalid UTF-8 becomes U+FFFD. With `elastic_uri_nulls` a URI
/// that Java's parser rejects has no path, as in Elastic; without, its path is used all the same,
/// so that appending a space does not remove a path from the count.
#[must_use]
pub fn path(uri: &str, elastic_uri_nulls: bool) -> Option<Cow<'_, str>> {
    match untagged(uri) {
        Cow::Borrowed(uri) => untagged_path(uri, elastic_uri_nulls),
        Cow::Owned(uri) => {
            untagged_path(&uri, elastic_uri_nulls).map(|path| Cow::Owned(path.into_owned()))
        }
    }
}

fn untagged(uri: &str) -> Cow<'_, str> {
    // A real URI has no '<', so usually there are no tags.
    if memchr::memchr(b'<', uri.as_bytes()).is_none() {
        return Cow::Borrowed(uri);
    }
    Cow::Owned(uri.replace("<pii>", "").replace("</pii>", ""))
}

fn untagged_path(uri: &str, elastic_uri_nulls: bool) -> Option<Cow<'_, str>> {
    let (scheme, rest) = split_scheme(uri);
    let (authority, rest) = match rest.strip_prefix("//") {
        Some(after) => {
            let end = after.find(['/', '?', '#']).unwrap_or(after.len());
            (true, &after[end..])
        }
        None => (false, rest),
    };
    let raw = &rest[..memchr::memchr2(b'?', b'#', rest.as_bytes()).unwrap_or(rest.len())];
    if elastic_uri_nulls {
        // An opaque URI has no path in Java; other absolute ones are accepted by its second parser.
        let opaque = scheme && !authority && !rest.starts_with('/');
        if opaque || (!scheme && rejected_by_java(uri, raw)) {
            return None;
        }
    }
    if raw.is_empty() {
        return None;
    }
    Some(percent_decoded(raw))
}

/// Whether the URI starts with a scheme, and the rest behind it.
fn split_scheme(uri: &str) -> (bool, &str) {
    let bytes = uri.as_bytes();
    if !bytes.first().is_some_and(u8::is_ascii_alphabetic) {
        return (false, uri);
    }
    let length = bytes
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        .count();
    match bytes.get(length) {
        Some(b':') => (true, &uri[length + 1..]),
        _ => (false, uri),
    }
}

fn rejected_by_java(uri: &str, path: &str) -> bool {
    let illegal = |b: &u8| {
        matches!(
            b,
            b' ' | b'|' | b'"' | b'{' | b'}' | b'\\' | b'^' | b'<' | b'>'
        )
    };
    uri.bytes().any(|b| illegal(&b)) || path.contains(['[', ']']) || has_bad_escape(uri.as_bytes())
}

fn has_bad_escape(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'%', bytes).any(|at| escape(&bytes[at..]).is_none())
}

/// The byte that an escape at the start of `bytes` stands for.
fn escape(bytes: &[u8]) -> Option<u8> {
    let hex = |b: u8| char::from(b).to_digit(16);
    match bytes {
        [b'%', high, low, ..] => u8::try_from(hex(*high)? * 16 + hex(*low)?).ok(),
        _ => None,
    }
}

fn percent_decoded(raw: &str) -> Cow<'_, str> {
    let bytes = raw.as_bytes();
    if memchr::memchr(b'%', bytes).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if let Some(decoded) = escape(&bytes[at..]) {
            out.push(decoded);
            at += 3;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    Cow::Owned(match String::from_utf8(out) {
        Ok(text) => text,
        Err(e) => String::from_utf8_lossy(e.as_bytes()).into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::path;

    fn ours(uri: &str) -> Option<String> {
        path(uri, false).map(std::borrow::Cow::into_owned)
    }

    #[test]
    fn the_three_forms_lose_query_and_host() {
        assert_eq!(
            ours("/v2/T/users?api-version=1.6").as_deref(),
            Some("/v2/T/users")
        );
        assert_eq!(
            ours("https://graph.windows.net/T/users?x").as_deref(),
            Some("/T/users")
        );
        assert_eq!(ours("//host/T/users").as_deref(), Some("/T/users"));
        assert_eq!(ours("/<pii>a</pii>/b").as_deref(), Some("/a/b"));
        assert_eq!(ours("https://graph.windows.net"), None);
    }

    #[test]
    fn a_plain_path_is_the_path() {
        let uris = [
            "/T/users?x",
            "/T/users#x?",
            "/",
            "/T//a b/",
            "https://graph.windows.net/T/users?<pii>",
            "https://graph.windows.net//T",
            "/a?%41</pii>",
        ];
        for uri in uris {
            let span = super::plain(uri.as_bytes()).unwrap();
            assert_eq!(ours(uri).as_deref(), Some(&uri[span.start..span.end]));
        }
        for uri in ["//h/a", "/%41", "/<pii>a", "http://h/a", "urn:x", "", "a/b"] {
            assert_eq!(super::plain(uri.as_bytes()), None, "{uri}");
        }
        assert_eq!(super::plain(b"https://graph.windows.net?x"), None);
        assert_eq!(super::plain(b"https://graph.windows.netx/"), None);
    }

    #[test]
    fn a_space_drops_the_path_only_with_elastic_uri_nulls() {
        assert_eq!(ours("/T/users ?x").as_deref(), Some("/T/users "));
        assert_eq!(path("/T/users?a b", true), None);
        assert_eq!(path("/T/%zz", true), None);
        assert_eq!(path("/T/users('[x]')", true), None);
        assert_eq!(path("/T/users?[x]", true).as_deref(), Some("/T/users"));
    }

    #[test]
    fn escapes_are_decoded_and_bad_ones_kept() {
        assert_eq!(ours("/a%40b%2").as_deref(), Some("/a@b%2"));
        assert_eq!(ours("/%ff%C3%A9").as_deref(), Some("/\u{fffd}é"));
    }
}
