//! Calls: records in which every field has one plain value or none, as in most.
//!
//! A call need not be mapped field by field. Many calls have the same [caller](GraphCall::caller),
//! whose attributes are already in the group after the first one. A record that is not plain gives
//! None, and [`mapping::map`](crate::mapping::map) maps it.

use crate::asn::AsnTable;
use crate::endpoint;
use crate::event::{self, GraphEvent, Texts};
use crate::fields as f;
use crate::identity::{self, Uri};
use crate::mapping::Mapping;
use crate::shape::{self, Shape};
use crate::values::MAX_KEYWORD_LENGTH;
use std::borrow::Cow;
use weir_detector::address;
use weir_detector::callers::Caller;
use weir_detector::fields::Field;
use weir_detector::hash::Seed;
use weir_detector::record::Record;
use weir_detector::time::Minute;

/// A call, borrowed from its record.
pub struct GraphCall<'a> {
    /// Milliseconds since 1970.
    pub time: i64,
    /// The id of its [`GraphEvent`].
    pub id: Option<u64>,
    /// Whether the status is a 4xx.
    pub error: bool,
    /// The path and its hash.
    pub path: Option<(&'a [u8], u64)>,
    /// The actor type as raw JSON; empty if no rule reads it.
    pub actor: &'a [u8],
    /// All other values of its group, the group's key included.
    pub caller: Caller<'a>,
}

/// The fields of a raw shape. Of a pair, the second is read if the first is null.
struct RawFields {
    time: [Field; 2],
    tenant: [Field; 2],
    user: [Field; 2],
    app: Field,
    api: [Field; 2],
    agent: Field,
    ip: Field,
    status: Field,
    uri: Field,
    request: Field,
    /// Whether exporters write null as a text.
    exported: bool,
}

const EVENT_HUB: RawFields = RawFields {
    time: [f::TIME_GENERATED; 2],
    tenant: [f::TOP_TENANT_ID, f::PROPERTIES_TENANT_ID],
    user: [f::SERVICE_PRINCIPAL_ID, f::USER_ID],
    app: f::APP_ID,
    api: [f::API_VERSION; 2],
    agent: f::USER_AGENT,
    ip: f::CALLER_IP_ADDRESS,
    status: f::HTTP_STATUS_CODE,
    uri: f::REQUEST_URI,
    request: f::REQUEST_ID,
    exported: false,
};

const ROW: RawFields = RawFields {
    time: [f::ROW_TIME_REQUESTED, f::ROW_TIME_GENERATED],
    tenant: [f::ROW_TENANT_ID; 2],
    user: [f::ROW_SERVICE_PRINCIPAL_ID, f::ROW_USER_ID],
    app: f::ROW_APP_ID,
    api: [f::ROW_API_VERSION, f::ROW_OPERATION_VERSION],
    agent: f::ROW_USER_AGENT,
    ip: f::ROW_CALLER_IP_ADDRESS,
    status: f::ROW_STATUS,
    uri: f::ROW_REQUEST_URI,
    request: f::ROW_REQUEST_ID,
    exported: true,
};

/// A placeholder for the number of the network, if it is looked up by the address.
const RAW: &[u8] = b"raw";

impl<'a> GraphCall<'a> {
    /// The call of a record; None if the record is not plain.
    #[inline(always)]
    pub fn of(record: &Record<'a>, with: &Mapping, minute: &mut Minute) -> Option<GraphCall<'a>> {
        if !record.verbatim {
            return None;
        }
        match shape::shape(record)? {
            Shape::Ecs => ecs(record, with.seed, minute),
            // Whether Java's parser accepts the URI is left to the mapping.
            _ if with.elastic_uri_nulls => None,
            Shape::EventHub => raw(record, &EVENT_HUB, with.seed, minute),
            Shape::Row => raw(record, &ROW, with.seed, minute),
        }
    }

    /// Whether a person called; None if the record has to be mapped.
    #[must_use]
    #[inline(always)]
    pub fn by_user(&self) -> Option<bool> {
        plain(self.actor).map(|actor| actor == event::USER.as_bytes())
    }

    /// The path, which was checked to be text.
    #[must_use]
    pub fn path_text(&self) -> Option<&'a str> {
        self.path.map(|(path, _)| text_of(path))
    }

    /// The endpoint class of the path.
    #[must_use]
    pub fn class(&self) -> Option<&'static str> {
        self.path.and_then(|(path, _)| endpoint::class(path))
    }

    /// The user agent; empty if there is none.
    #[must_use]
    #[inline(always)]
    pub fn agent(&self) -> &'a [u8] {
        self.caller.profile[3]
    }

    /// The application's id; empty if there is none.
    #[must_use]
    #[inline(always)]
    pub fn app(&self) -> &'a [u8] {
        self.caller.profile[1]
    }

    /// The user's id; empty if there is none.
    #[must_use]
    #[inline(always)]
    pub fn user(&self) -> &'a [u8] {
        self.caller.own[0]
    }

    /// Whether the network is looked up by the address.
    pub(crate) fn looks_up(&self) -> bool {
        let [_, ip, asn] = self.caller.own;
        asn == RAW && address::parse(text_of(ip)).is_some()
    }

    /// The call as an event; None if the record has to be mapped.
    pub fn event(&self, asn_table: Option<&AsnTable>) -> Option<GraphEvent<'a>> {
        let [tenant, app, api, agent, network] = self.caller.profile.map(texts);
        let [user, ip, asn] = self.caller.own;
        let path = self.path.map_or(&b""[..], |(path, _)| path);
        let actor = plain(self.actor).filter(|actor| actor.len() <= MAX_KEYWORD_LENGTH)?;
        let mut event = GraphEvent {
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
            actor_types: texts(actor),
            ..GraphEvent::default()
        };
        event.ips.extend(address::parse(text_of(ip)));
        if asn == RAW {
            event.look_up(asn_table);
        } else if !asn.is_empty() {
            // Short enough to fit an integer.
            let plain = asn.len() <= 10 && asn.iter().all(u8::is_ascii_digit);
            event
                .asns
                .push(text_of(asn).parse().ok().filter(|_| plain)?);
        }
        Some(event)
    }
}

#[inline(always)]
fn raw<'a>(
    record: &Record<'a>,
    fields: &RawFields,
    seed: Seed,
    minute: &mut Minute,
) -> Option<GraphCall<'a>> {
    let either = |[first, second]: [Field; 2]| match text(record, first)? {
        b"" => text(record, second),
        text => Some(text),
    };
    let time = minute.parse(either(fields.time)?)?;
    let tenant = either(fields.tenant)?;
    if tenant.is_empty() {
        // The tenant may be in the resource's id.
        return None;
    }
    // A URI is no keyword, so its length is not limited.
    let uri = path_text(record, fields.uri)?;
    let request = text(record, fields.request)?;
    let app = text(record, fields.app)?;
    let api = either(fields.api)?;
    let agent = text(record, fields.agent)?;
    let (user, ip) = (either(fields.user)?, text(record, fields.ip)?);
    let texts = [tenant, uri, request, app, api, agent, user, ip];
    if fields.exported && shape::has_null(&texts) {
        return None;
    }
    let uri = match uri {
        b"" => None,
        uri => Some(Uri::new(seed, uri)),
    };
    let path = match &uri {
        Some(uri) => Some(uri.path()?),
        None => None,
    };
    let uris = uri.into_iter();
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
    Some(GraphCall {
        time,
        id,
        error: error(record, fields.status)?,
        path,
        actor: record.raw(f::ACTOR_TYPE),
        caller: Caller {
            profile: [tenant, app, api, agent, b""],
            own: [user, ip, RAW],
        },
    })
}

#[inline(always)]
fn ecs<'a>(record: &Record<'a>, seed: Seed, minute: &mut Minute) -> Option<GraphCall<'a>> {
    let time = minute.parse(text(record, f::ECS_TIMESTAMP)?)?;
    let tenant = text(record, f::ECS_TENANT_ID)?;
    let document = text(record, f::ECS_ID)?;
    let id = if document.is_empty() {
        let request = text(record, f::ECS_REQUEST_ID)?;
        let uris = some(path_text(record, f::ECS_URL_ORIGINAL)?).map(|uri| Uri::new(seed, uri));
        (!request.is_empty())
            .then(|| identity::request(seed, time, uris, some(request), some(tenant)))
    } else {
        Some(identity::document(seed, some(document)))
    };
    let path = match path_text(record, f::ECS_URL_PATH)? {
        b"" => None,
        path => Some((path, seed.bytes(path))),
    };
    let asn = match record.raw(f::ECS_AS_NUMBER) {
        [b'n', ..] => b"",
        asn if is_short_number(asn) => asn,
        _ => return None,
    };
    let app = text(record, f::ECS_APP_ID)?;
    let api = text(record, f::ECS_API_VERSION)?;
    let agent = text(record, f::ECS_USER_AGENT)?;
    let network = text(record, f::ECS_AS_NAME)?;
    let user = text(record, f::ECS_USER_ID)?;
    let ip = text(record, f::ECS_SOURCE_IP)?;
    Some(GraphCall {
        time,
        id,
        error: error(record, f::ECS_STATUS)?,
        path,
        actor: record.raw(f::ACTOR_TYPE),
        caller: Caller {
            profile: [tenant, app, api, agent, network],
            own: [user, ip, asn],
        },
    })
}

/// Whether a number, or a text of one, has at most ten digits, and so fits an integer.
#[inline(always)]
fn is_short_number(raw: &[u8]) -> bool {
    let digits = match raw {
        [b'"', digits @ .., b'"'] => digits,
        digits => digits,
    };
    digits.len() <= 10 && digits.iter().all(u8::is_ascii_digit)
}

/// Bytes that were checked to be ASCII, as text.
fn text_of(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// The values of a field with at most one.
fn texts(text: &[u8]) -> Texts<'_> {
    let mut texts = Texts::new();
    if !text.is_empty() {
        texts.push(Cow::Borrowed(text_of(text)));
    }
    texts
}

/// A text, unless it is null.
#[inline(always)]
fn some(text: &[u8]) -> impl ExactSizeIterator<Item = &[u8]> {
    Some(text).filter(|text| !text.is_empty()).into_iter()
}

/// The single text of a field, empty for null; None if it is anything else, or too long for a
/// keyword.
#[inline(always)]
fn text<'a>(record: &Record<'a>, field: Field) -> Option<&'a [u8]> {
    path_text(record, field).filter(|text| text.len() <= MAX_KEYWORD_LENGTH)
}

/// The single text of a field, of any length, empty for null; None if it is anything else.
#[inline(always)]
fn path_text<'a>(record: &Record<'a>, field: Field) -> Option<&'a [u8]> {
    plain(record.raw(field))
}

/// The text of raw JSON, empty for null; None if it is anything else.
#[inline(always)]
fn plain(raw: &[u8]) -> Option<&[u8]> {
    match raw.first() {
        Some(b'"') => raw.get(1..raw.len() - 1),
        None => Some(b""),
        // Only `null` begins so.
        Some(b'n') => Some(b""),
        Some(_) => None,
    }
}

/// Whether a status is a 4xx; None if it is not a plain number of three digits.
#[inline(always)]
fn error(record: &Record, field: Field) -> Option<bool> {
    match record.raw(field) {
        [first @ b'1'..=b'9', second, third] => {
            let digits = second.is_ascii_digit() && third.is_ascii_digit();
            digits.then_some(*first == b'4')
        }
        [] | [b'n', ..] => Some(false),
        _ => None,
    }
}
