//! The call that most records are: every field has one plain value or none.
//!
//! Such a record need not be mapped field by field. Whoever makes the calls is the same for
//! many of them: all that a group learns from one but for its own path, answer and time is
//! hashed ([`Call::caller`]), and a group that has learned it once need not be told again.
//! Whatever is not plain gives None, and [`event::map`] has it.

use crate::event::{self, LONGEST_KEYWORD, Shape};
use crate::fields::Field as F;
use crate::hash::Seed;
use crate::identity::{self, Uri};
use crate::record::Record;
use crate::time::Minute;

/// A call by somebody who may be known.
pub(crate) struct Call<'a> {
    /// Milliseconds since 1970.
    pub(crate) time: i64,
    /// As in [`Event`](event::Event).
    pub(crate) id: Option<u64>,
    /// Whether it was answered with a 4xx.
    pub(crate) error: bool,
    /// The path and its hash.
    pub(crate) path: Option<(&'a [u8], u64)>,
    /// Hash of all else that its group keeps, the group's key included.
    pub(crate) caller: u64,
}

/// The fields of a raw shape. Of a pair, the second is read where the first is null.
struct Raw {
    time: [F; 2],
    tenant: [F; 2],
    user: [F; 2],
    app: F,
    api: [F; 2],
    agent: F,
    ip: F,
    status: F,
    uri: F,
    request: F,
}

const EVENT_HUB: Raw = Raw {
    time: [F::TimeGenerated; 2],
    tenant: [F::TopTenantId, F::PropertiesTenantId],
    user: [F::ServicePrincipalId, F::UserId],
    app: F::AppId,
    api: [F::ApiVersion; 2],
    agent: F::UserAgent,
    ip: F::CallerIpAddress,
    status: F::HttpStatusCode,
    uri: F::RequestUri,
    request: F::RequestId,
};

const ROW: Raw = Raw {
    time: [F::RowTimeRequested, F::RowTimeGenerated],
    tenant: [F::RowTenantId; 2],
    user: [F::RowServicePrincipalId, F::RowUserId],
    app: F::RowAppId,
    api: [F::RowApiVersion, F::RowOperationVersion],
    agent: F::RowUserAgent,
    ip: F::RowCallerIpAddress,
    status: F::RowStatus,
    uri: F::RowRequestUri,
    request: F::RowRequestId,
};

impl<'a> Call<'a> {
    /// The call that a record is; None when it is not a plain one.
    #[inline(always)]
    pub(crate) fn of(record: &Record<'a>, seed: Seed, minute: &mut Minute) -> Option<Call<'a>> {
        if !record.verbatim {
            return None;
        }
        match event::shape(record)? {
            Shape::EventHub => raw(record, &EVENT_HUB, seed, minute),
            Shape::Row => raw(record, &ROW, seed, minute),
            Shape::Ecs => ecs(record, seed, minute),
        }
    }
}

#[inline(always)]
fn raw<'a>(
    record: &Record<'a>,
    fields: &Raw,
    seed: Seed,
    minute: &mut Minute,
) -> Option<Call<'a>> {
    let either = |[first, second]: [F; 2]| match text(record, first)? {
        b"" => text(record, second),
        text => Some(text),
    };
    let time = minute.parse(either(fields.time)?)?;
    let tenant = either(fields.tenant)?;
    if tenant.is_empty() {
        // It may stand in the resource's name.
        return None;
    }
    // A URI is no keyword: it may be as long as it likes.
    let uri = match path_text(record, fields.uri)? {
        b"" => None,
        uri => Some(Uri::new(seed, uri)),
    };
    let path = match &uri {
        Some(uri) => Some(uri.path()?),
        None => None,
    };
    let uris = uri.into_iter();
    let request = text(record, fields.request)?;
    let id = (!request.is_empty())
        .then(|| identity::request(seed, time, uris, some(request), some(tenant)));
    let texts = [
        either(fields.user)?,
        tenant,
        text(record, fields.app)?,
        either(fields.api)?,
        text(record, fields.agent)?,
        text(record, fields.ip)?,
    ];
    Some(Call {
        time,
        id,
        error: error(record, fields.status)?,
        path,
        caller: caller(seed, 0, &texts),
    })
}

#[inline(always)]
fn ecs<'a>(record: &Record<'a>, seed: Seed, minute: &mut Minute) -> Option<Call<'a>> {
    let time = minute.parse(text(record, F::EcsTimestamp)?)?;
    let tenant = text(record, F::EcsTenantId)?;
    let document = text(record, F::EcsId)?;
    let id = if document.is_empty() {
        let request = text(record, F::EcsRequestId)?;
        let uris = some(path_text(record, F::EcsUrlOriginal)?).map(|uri| Uri::new(seed, uri));
        (!request.is_empty())
            .then(|| identity::request(seed, time, uris, some(request), some(tenant)))
    } else {
        Some(identity::document(seed, some(document)))
    };
    let path = match path_text(record, F::EcsUrlPath)? {
        b"" => None,
        path => Some((path, seed.bytes(path))),
    };
    let asn = match record.raw(F::EcsAsNumber) {
        b"null" => b"",
        asn if asn.len() <= LONGEST_KEYWORD => asn,
        _ => return None,
    };
    let texts = [
        text(record, F::EcsUserId)?,
        tenant,
        text(record, F::EcsAppId)?,
        text(record, F::EcsApiVersion)?,
        text(record, F::EcsUserAgent)?,
        text(record, F::EcsSourceIp)?,
        asn,
        text(record, F::EcsAsName)?,
    ];
    Some(Call {
        time,
        id,
        error: error(record, F::EcsStatus)?,
        path,
        caller: caller(seed, 1, &texts),
    })
}

/// A text, unless it is null.
#[inline(always)]
fn some(text: &[u8]) -> impl ExactSizeIterator<Item = &[u8]> {
    Some(text).filter(|text| !text.is_empty()).into_iter()
}

/// The one text of a field, empty when it is null; None when it is anything else, or a text
/// that is too long to be a keyword.
#[inline(always)]
fn text<'a>(record: &Record<'a>, field: F) -> Option<&'a [u8]> {
    path_text(record, field).filter(|text| text.len() <= LONGEST_KEYWORD)
}

/// The same of any length.
#[inline(always)]
fn path_text<'a>(record: &Record<'a>, field: F) -> Option<&'a [u8]> {
    match record.raw(field) {
        [b'"', text @ .., b'"'] => Some(text),
        b"" | b"null" => Some(b""),
        _ => None,
    }
}

/// Whether a status is a 4xx; None when that is not seen at once.
#[inline(always)]
fn error(record: &Record, field: F) -> Option<bool> {
    match record.raw(field) {
        [first @ b'1'..=b'9', second, third] => {
            let digits = second.is_ascii_digit() && third.is_ascii_digit();
            digits.then_some(*first == b'4')
        }
        b"" | b"null" => Some(false),
        _ => None,
    }
}

/// Hash of what a group learns from a call; `kind` tells the lists of texts apart.
#[inline(always)]
fn caller<const N: usize>(seed: Seed, kind: u64, texts: &[&[u8]; N]) -> u64 {
    let mut hash = seed.hasher();
    // Eleven bits hold the length of a keyword.
    for texts in texts.chunks(5) {
        hash.number(texts.iter().fold(kind, |all, text| all << 11 | text.len() as u64));
    }
    texts.iter().for_each(|text| hash.words(text));
    hash.finish()
}
