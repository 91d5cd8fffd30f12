//! The call that most records are: every field has one plain value or none.
//!
//! Such a record need not be mapped field by field. Whoever makes the calls is the same for
//! many of them, and a group that has heard of a [caller](Call::caller) once need not be told
//! again.
//! Whatever is not plain gives None, and [`event::map`] has it.

use crate::address;
use crate::callers::Caller;
use crate::event::{self, Event, LONGEST_KEYWORD, Mapping, Shape, Texts};
use crate::fields::Field as F;
use crate::hash::Seed;
use crate::identity::{self, Uri};
use crate::record::Record;
use crate::time::Minute;
use std::borrow::Cow;

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
    /// All else that its group keeps, the group's key included.
    pub(crate) caller: Caller<'a>,
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

/// Stands in the place of the network's number where the address decides on the network.
const RAW: &[u8] = b"raw";

impl<'a> Call<'a> {
    /// The call that a record is; None when it is not a plain one.
    #[inline(always)]
    pub(crate) fn of(record: &Record<'a>, with: &Mapping, minute: &mut Minute) -> Option<Call<'a>> {
        if !record.verbatim {
            return None;
        }
        match event::shape(record)? {
            Shape::Ecs => ecs(record, with.seed, minute),
            // Which paths Java's parser takes is not seen at once.
            _ if with.elastic_uri_nulls => None,
            Shape::EventHub => raw(record, &EVENT_HUB, with.seed, minute),
            Shape::Row => raw(record, &ROW, with.seed, minute),
        }
    }

    /// The same as an event; None when the record has to be looked at again.
    pub(crate) fn event(&self, with: &Mapping) -> Option<Event<'a>> {
        let [tenant, app, api, agent, network] = self.caller.profile.map(texts);
        let [user, ip, asn] = self.caller.own;
        let path = self.path.map_or(&b""[..], |(path, _)| path);
        let mut event = Event {
            time: self.time,
            id: self.id,
            users: texts(user),
            error: self.error,
            paths: texts(path),
            tenants: tenant,
            api_versions: api,
            app_ids: app,
            asn_names: network,
            user_agents: agent,
            ..Event::default()
        };
        event.ips.extend(address::parse(text_of(ip)));
        if asn == RAW {
            event.look_up(with.asn);
        } else if !asn.is_empty() {
            // Short, and so an integer that fits.
            let plain = asn.len() <= 10 && asn.iter().all(u8::is_ascii_digit);
            event
                .asns
                .push(text_of(asn).parse().ok().filter(|_| plain)?);
        }
        Some(event)
    }
}

#[inline(always)]
fn raw<'a>(record: &Record<'a>, fields: &Raw, seed: Seed, minute: &mut Minute) -> Option<Call<'a>> {
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
    let id = match request.is_empty() {
        true => None,
        false => Some(identity::request(
            seed,
            time,
            uris,
            some(request),
            some(tenant),
        )),
    };
    let app = text(record, fields.app)?;
    let api = either(fields.api)?;
    let agent = text(record, fields.agent)?;
    let own = [either(fields.user)?, text(record, fields.ip)?, RAW];
    Some(Call {
        time,
        id,
        error: error(record, fields.status)?,
        path,
        caller: Caller {
            profile: [tenant, app, api, agent, b""],
            own,
        },
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
        [b'n', ..] => b"",
        asn if asn.len() <= LONGEST_KEYWORD => asn,
        _ => return None,
    };
    let app = text(record, F::EcsAppId)?;
    let api = text(record, F::EcsApiVersion)?;
    let agent = text(record, F::EcsUserAgent)?;
    let network = text(record, F::EcsAsName)?;
    let user = text(record, F::EcsUserId)?;
    let ip = text(record, F::EcsSourceIp)?;
    Some(Call {
        time,
        id,
        error: error(record, F::EcsStatus)?,
        path,
        caller: Caller {
            profile: [tenant, app, api, agent, network],
            own: [user, ip, asn],
        },
    })
}

/// What was read as ASCII.
fn text_of(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// The values of a field that has one at most.
fn texts(text: &[u8]) -> Texts<'_> {
    let text = Some(text_of(text)).filter(|text| !text.is_empty());
    text.map(Cow::Borrowed).into_iter().collect()
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
    let raw = record.raw(field);
    match raw.first() {
        Some(b'"') => raw.get(1..raw.len() - 1),
        None => Some(b""),
        // Nothing else begins so.
        Some(b'n') => Some(b""),
        Some(_) => None,
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
        [] | [b'n', ..] => Some(false),
        _ => None,
    }
}
