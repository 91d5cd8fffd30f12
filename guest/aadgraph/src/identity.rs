//! The identity of a call, which tells a second delivery from a new call.

use crate::uri;
use weir_detector::hash::Seed;

/// Tags of the kinds of identity.
const DOCUMENT: u64 = 1;
const REQUEST: u64 = 2;

/// The identity by a document's own id.
pub(crate) fn document<'t>(seed: Seed, ids: impl ExactSizeIterator<Item = &'t [u8]>) -> u64 {
    let mut hash = seed.hasher();
    hash.number(DOCUMENT | (ids.len() as u64) << 8);
    ids.for_each(|id| hash.text(id));
    hash.finish()
}

/// The identity by Elastic's fingerprint: request URI, request id, tenant and time.
#[inline(always)]
pub(crate) fn request<'t>(
    seed: Seed,
    time: i64,
    uris: impl ExactSizeIterator<Item = Uri<'t>>,
    ids: impl ExactSizeIterator<Item = &'t [u8]>,
    tenants: impl ExactSizeIterator<Item = &'t [u8]>,
) -> u64 {
    let mut hash = seed.hasher();
    // Each has at most some hundreds.
    let counts = [uris.len(), ids.len(), tenants.len()];
    let counts = counts.iter().fold(0, |all, n| all << 16 | *n as u64);
    hash.number(REQUEST | counts << 8);
    hash.integer(time);
    for uri in uris {
        match uri.path {
            // The path was hashed separately, and is not hashed again.
            Some((uri::Span { start, end }, path)) => {
                hash.number(1 << 32 | start as u64);
                hash.number(path);
                hash.text(&uri.text[end..]);
            }
            None => {
                hash.number(0);
                hash.text(uri.text);
            }
        }
    }
    ids.for_each(|id| hash.text(id));
    tenants.for_each(|tenant| hash.text(tenant));
    hash.finish()
}

/// A request URI, with its path and the path's hash if the URI is plain.
pub(crate) struct Uri<'t> {
    text: &'t [u8],
    path: Option<(uri::Span, u64)>,
}

impl<'t> Uri<'t> {
    #[inline(always)]
    pub(crate) fn new(seed: Seed, text: &'t [u8]) -> Uri<'t> {
        let path = uri::plain(text).map(|span| (span, seed.bytes(&text[span.start..span.end])));
        Uri { text, path }
    }

    /// The path and its hash; None if it has to be decoded.
    #[inline(always)]
    pub(crate) fn path(&self) -> Option<(&'t [u8], u64)> {
        let (span, hash) = self.path?;
        Some((&self.text[span.start..span.end], hash))
    }
}
