//! The mapping of records to events, for each shape.

use crate::asn::AsnTable;
use crate::event::{GraphEvent, Texts, Values};
use crate::fields as f;
use crate::identity::{self, Uri};
use crate::shape::{Shape, shape};
use crate::uri;
use crate::values::{
    add, error, first_of, guid, integers, ips, is_keyword, keywords, optional_time, required_time,
    texts,
};
use std::borrow::Cow;
use weir_detector::hash::Seed;
use weir_detector::record::Record;

/// The parameters of the mapping.
pub struct Mapping<'d> {
    /// Whether a URI that Java's parser rejects has no path.
    pub elastic_uri_nulls: bool,
    /// The key of the hashes.
    pub seed: Seed,
    /// The table of autonomous systems, if it is loaded.
    pub asn: Option<&'d AsnTable>,
}

/// Maps a record; None if it belongs to another data set.
///
/// # Errors
/// A sentence naming the field that makes the record unusable.
#[inline(never)]
pub fn map<'a>(record: &Record<'a>, with: &Mapping) -> Result<Option<GraphEvent<'a>>, String> {
    let Some(shape) = shape(record) else {
        return Ok(None);
    };
    if record.overfull {
        return Err("the same fields stand in too many objects".to_owned());
    }
    let mut event = match shape {
        Shape::EventHub => event_hub(record, with)?,
        Shape::Ecs => ecs(record, with)?,
        Shape::Row => row(record, with)?,
    };
    event.actor_types = keywords(record, f::ACTOR_TYPE);
    Ok(Some(event))
}

fn event_hub<'a>(record: &Record<'a>, with: &Mapping) -> Result<GraphEvent<'a>, String> {
    let time = required_time(record, f::TIME_GENERATED)?;
    let mut tenants = texts(record, f::TOP_TENANT_ID)?;
    if tenants.is_empty() {
        tenants = texts(record, f::PROPERTIES_TENANT_ID)?;
    }
    if tenants.is_empty() {
        tenants = texts(record, f::RESOURCE_ID)?
            .into_iter()
            .filter_map(guid)
            .collect();
    }
    let mut event = GraphEvent {
        time,
        tenants,
        users: first_of(record, f::SERVICE_PRINCIPAL_ID, f::USER_ID)?,
        error: error(record, f::HTTP_STATUS_CODE)?,
        api_versions: texts(record, f::API_VERSION)?,
        app_ids: texts(record, f::APP_ID)?,
        ips: ips(record, f::CALLER_IP_ADDRESS)?,
        user_agents: texts(record, f::USER_AGENT)?,
        ..GraphEvent::default()
    };
    finish_raw(
        &mut event,
        texts(record, f::REQUEST_URI)?,
        &texts(record, f::REQUEST_ID)?,
        with,
    );
    Ok(event)
}

fn row<'a>(record: &Record<'a>, with: &Mapping) -> Result<GraphEvent<'a>, String> {
    let time = match optional_time(record, f::ROW_TIME_REQUESTED)? {
        Some(time) => time,
        None => required_time(record, f::ROW_TIME_GENERATED)?,
    };
    let mut event = GraphEvent {
        time,
        tenants: texts(record, f::ROW_TENANT_ID)?,
        users: first_of(record, f::ROW_SERVICE_PRINCIPAL_ID, f::ROW_USER_ID)?,
        error: error(record, f::ROW_STATUS)?,
        api_versions: first_of(record, f::ROW_API_VERSION, f::ROW_OPERATION_VERSION)?,
        app_ids: texts(record, f::ROW_APP_ID)?,
        ips: ips(record, f::ROW_CALLER_IP_ADDRESS)?,
        user_agents: texts(record, f::ROW_USER_AGENT)?,
        ..GraphEvent::default()
    };
    finish_raw(
        &mut event,
        texts(record, f::ROW_REQUEST_URI)?,
        &texts(record, f::ROW_REQUEST_ID)?,
        with,
    );
    Ok(event)
}

/// The mapping that both raw shapes share: identity, path and autonomous system.
fn finish_raw<'a>(event: &mut GraphEvent<'a>, uris: Texts<'a>, ids: &Texts, with: &Mapping) {
    event.id = fingerprint(with.seed, &uris, ids, event);
    for uri in uris {
        let path = match uri {
            Cow::Borrowed(uri) => uri::path(uri, with.elastic_uri_nulls),
            Cow::Owned(uri) => {
                uri::path(&uri, with.elastic_uri_nulls).map(|path| Cow::Owned(path.into_owned()))
            }
        };
        if let Some(path) = path {
            add(&mut event.paths, path);
        }
    }
    event.look_up(with.asn);
    limit_keywords(event);
}

fn ecs<'a>(record: &Record<'a>, with: &Mapping) -> Result<GraphEvent<'a>, String> {
    let mut event = GraphEvent {
        time: required_time(record, f::ECS_TIMESTAMP)?,
        tenants: texts(record, f::ECS_TENANT_ID)?,
        users: texts(record, f::ECS_USER_ID)?,
        asns: integers(record, f::ECS_AS_NUMBER)?
            .into_iter()
            .fold(Values::new(), |mut all, n| {
                add(&mut all, n);
                all
            }),
        error: error(record, f::ECS_STATUS)?,
        paths: texts(record, f::ECS_URL_PATH)?,
        api_versions: texts(record, f::ECS_API_VERSION)?,
        app_ids: texts(record, f::ECS_APP_ID)?,
        ips: ips(record, f::ECS_SOURCE_IP)?,
        asn_names: texts(record, f::ECS_AS_NAME)?,
        user_agents: texts(record, f::ECS_USER_AGENT)?,
        ..GraphEvent::default()
    };
    let ids = texts(record, f::ECS_ID)?;
    event.id = if ids.is_empty() {
        let uris = texts(record, f::ECS_URL_ORIGINAL)?;
        fingerprint(with.seed, &uris, &texts(record, f::ECS_REQUEST_ID)?, &event)
    } else {
        Some(identity::document(with.seed, bytes(&ids)))
    };
    limit_keywords(&mut event);
    Ok(event)
}

/// The fingerprint as Elastic defines it; an event without a request id is never a duplicate.
fn fingerprint(seed: Seed, uris: &Texts, ids: &Texts, event: &GraphEvent) -> Option<u64> {
    if ids.is_empty() {
        return None;
    }
    let uris = bytes(uris).map(|uri| Uri::new(seed, uri));
    let tenants = bytes(&event.tenants);
    Some(identity::request(
        seed,
        event.time,
        uris,
        bytes(ids),
        tenants,
    ))
}

fn bytes<'t>(texts: &'t Texts) -> impl ExactSizeIterator<Item = &'t [u8]> {
    texts.iter().map(|text| text.as_bytes())
}

/// Over-long keywords are null for the query, but not paths.
fn limit_keywords(event: &mut GraphEvent) {
    for texts in [
        &mut event.users,
        &mut event.tenants,
        &mut event.api_versions,
        &mut event.app_ids,
        &mut event.asn_names,
        &mut event.user_agents,
    ] {
        texts.retain(|text| is_keyword(text));
    }
}
