//! What the rule sees of a record: recognised, its fields mapped and normalised.

use crate::address;
use crate::asn::AsnTable;
use crate::decimal;
use crate::fields::Field as F;
use crate::hash::Seed;
use crate::identity::{self, Uri};
use crate::record::{Record, Scalar};
use crate::rule;
use crate::time;
use crate::uri;
use smallvec::SmallVec;
use std::borrow::Cow;

/// Longest keyword, in characters, that a query sees.
pub(crate) const LONGEST_KEYWORD: usize = 1024;
/// Most values of one field, and most groups of one event. No real record comes near; a
/// hostile one could otherwise make a million groups out of a few kilobytes.
const MOST_VALUES: usize = 256;
/// The category of Azure's own records.
pub(crate) const CATEGORY: &str = "AzureADGraphActivityLogs";
/// The table of Log Analytics.
pub(crate) const ROW_TABLE: &str = "AADGraphActivityLogs";
/// The data set of Elastic's documents.
pub(crate) const DATASET: &str = "azure.aadgraphactivitylogs";

/// The distinct values of a field, mostly one; none is null.
pub(crate) type Values<T> = SmallVec<[T; 1]>;
/// Distinct texts.
pub(crate) type Texts<'a> = Values<Cow<'a, str>>;

/// One call to Azure AD Graph.
#[derive(Debug, Default)]
pub(crate) struct Event<'a> {
    /// Milliseconds since 1970.
    pub(crate) time: i64,
    /// Hash of what identifies the call; None when nothing does.
    pub(crate) id: Option<u64>,
    pub(crate) users: Texts<'a>,
    pub(crate) asns: Values<i64>,
    /// Whether it was answered with a 4xx.
    pub(crate) error: bool,
    pub(crate) paths: Texts<'a>,
    pub(crate) tenants: Texts<'a>,
    pub(crate) api_versions: Texts<'a>,
    pub(crate) app_ids: Texts<'a>,
    pub(crate) ips: Values<u128>,
    pub(crate) asn_names: Texts<'a>,
    pub(crate) user_agents: Texts<'a>,
    /// Look-ups wanted of the absent `asn` table.
    pub(crate) missed: u32,
}

impl Event<'_> {
    /// Looks up the autonomous systems of the addresses.
    pub(crate) fn look_up(&mut self, table: Option<&AsnTable>) {
        let Some(table) = table else {
            self.missed = u32::try_from(self.ips.len()).unwrap_or(u32::MAX);
            return;
        };
        for ip in &self.ips {
            if let Some((number, name)) = table.find(*ip) {
                add(&mut self.asns, number);
                // An over-long keyword is null.
                if let Some(name) = name.filter(|name| is_keyword(name)) {
                    add(&mut self.asn_names, Cow::Owned(name.to_owned()));
                }
            }
        }
    }
}

/// What mapping needs besides the record.
pub(crate) struct Mapping<'d> {
    pub(crate) elastic_uri_nulls: bool,
    pub(crate) seed: Seed,
    pub(crate) asn: Option<&'d AsnTable>,
}

/// The shape of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    EventHub,
    Ecs,
    Row,
}

pub(crate) fn shape(record: &Record) -> Option<Shape> {
    if record.is(F::EcsDataset, DATASET) {
        Some(Shape::Ecs)
    } else if record.is(F::Category, CATEGORY) {
        Some(Shape::EventHub)
    } else if [F::RowType, F::RowCategory]
        .iter()
        .any(|f| record.is(*f, ROW_TABLE) || record.is(*f, CATEGORY))
    {
        Some(Shape::Row)
    } else {
        None
    }
}

/// Maps a record of the rule's data set; None when it is of another one.
///
/// # Errors
/// A sentence naming the field that makes the record unusable.
pub(crate) fn map<'a>(record: &Record<'a>, with: &Mapping) -> Result<Option<Event<'a>>, String> {
    let Some(shape) = shape(record) else {
        return Ok(None);
    };
    if record.overfull {
        return Err("the same fields stand in too many objects".to_owned());
    }
    let event = match shape {
        Shape::EventHub => event_hub(record, with)?,
        Shape::Ecs => ecs(record, with)?,
        Shape::Row => row(record, with)?,
    };
    let keys = event.users.len().max(1) * event.asns.len().max(1);
    if keys > MOST_VALUES {
        return Err(format!(
            "user.id and source.as.number: {keys} group keys, at most {MOST_VALUES} are taken"
        ));
    }
    Ok(Some(event))
}

fn event_hub<'a>(record: &Record<'a>, with: &Mapping) -> Result<Event<'a>, String> {
    let time = required_time(record, F::TimeGenerated)?;
    let mut tenants = texts(record, F::TopTenantId)?;
    if tenants.is_empty() {
        tenants = texts(record, F::PropertiesTenantId)?;
    }
    if tenants.is_empty() {
        tenants = texts(record, F::ResourceId)?
            .into_iter()
            .filter_map(guid)
            .collect();
    }
    let mut event = Event {
        time,
        tenants,
        users: first_of(record, F::ServicePrincipalId, F::UserId)?,
        error: error(record, F::HttpStatusCode)?,
        api_versions: texts(record, F::ApiVersion)?,
        app_ids: texts(record, F::AppId)?,
        ips: ips(record, F::CallerIpAddress)?,
        user_agents: texts(record, F::UserAgent)?,
        ..Event::default()
    };
    finish_raw(
        &mut event,
        texts(record, F::RequestUri)?,
        &texts(record, F::RequestId)?,
        with,
    );
    Ok(event)
}

fn row<'a>(record: &Record<'a>, with: &Mapping) -> Result<Event<'a>, String> {
    let time = match optional_time(record, F::RowTimeRequested)? {
        Some(time) => time,
        None => required_time(record, F::RowTimeGenerated)?,
    };
    let mut event = Event {
        time,
        tenants: texts(record, F::RowTenantId)?,
        users: first_of(record, F::RowServicePrincipalId, F::RowUserId)?,
        error: error(record, F::RowStatus)?,
        api_versions: first_of(record, F::RowApiVersion, F::RowOperationVersion)?,
        app_ids: texts(record, F::RowAppId)?,
        ips: ips(record, F::RowCallerIpAddress)?,
        user_agents: texts(record, F::RowUserAgent)?,
        ..Event::default()
    };
    finish_raw(
        &mut event,
        texts(record, F::RowRequestUri)?,
        &texts(record, F::RowRequestId)?,
        with,
    );
    Ok(event)
}

/// What both raw shapes share: identity, path and autonomous system.
fn finish_raw<'a>(event: &mut Event<'a>, uris: Texts<'a>, ids: &Texts, with: &Mapping) {
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

fn ecs<'a>(record: &Record<'a>, with: &Mapping) -> Result<Event<'a>, String> {
    let mut event = Event {
        time: required_time(record, F::EcsTimestamp)?,
        tenants: texts(record, F::EcsTenantId)?,
        users: texts(record, F::EcsUserId)?,
        asns: integers(record, F::EcsAsNumber)?
            .into_iter()
            .fold(Values::new(), |mut all, n| {
                add(&mut all, n);
                all
            }),
        error: error(record, F::EcsStatus)?,
        paths: texts(record, F::EcsUrlPath)?,
        api_versions: texts(record, F::EcsApiVersion)?,
        app_ids: texts(record, F::EcsAppId)?,
        ips: ips(record, F::EcsSourceIp)?,
        asn_names: texts(record, F::EcsAsName)?,
        user_agents: texts(record, F::EcsUserAgent)?,
        ..Event::default()
    };
    let ids = texts(record, F::EcsId)?;
    event.id = if ids.is_empty() {
        let uris = texts(record, F::EcsUrlOriginal)?;
        fingerprint(with.seed, &uris, &texts(record, F::EcsRequestId)?, &event)
    } else {
        Some(identity::document(with.seed, bytes(&ids)))
    };
    limit_keywords(&mut event);
    Ok(event)
}

/// Elastic's fingerprint; an event without a request id is never a duplicate.
fn fingerprint(seed: Seed, uris: &Texts, ids: &Texts, event: &Event) -> Option<u64> {
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
fn limit_keywords(event: &mut Event) {
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

fn is_keyword(text: &str) -> bool {
    // A text has at least as many bytes as characters: mostly no need to count.
    text.len() <= LONGEST_KEYWORD || text.chars().count() <= LONGEST_KEYWORD
}

fn add<T: PartialEq>(values: &mut Values<T>, value: T) {
    if !values.contains(&value) {
        values.push(value);
    }
}

/// The distinct texts of a field; empty ones are null, numbers are their own text.
fn texts<'a>(record: &Record<'a>, field: F) -> Result<Texts<'a>, String> {
    let mut out = Texts::new();
    record.each::<String>(field, |scalar| {
        let text = match scalar {
            Scalar::Text(text) => text,
            Scalar::Number(number) => Cow::Borrowed(number),
            Scalar::Boolean(true) => Cow::Borrowed("true"),
            Scalar::Boolean(false) => Cow::Borrowed("false"),
            Scalar::Object => return Err(wrong(field, &scalar, "text")),
        };
        if !text.is_empty() {
            add(&mut out, text);
        }
        bounded(field, out.len())
    })?;
    Ok(out)
}

fn bounded(field: F, values: usize) -> Result<(), String> {
    if values > MOST_VALUES {
        return Err(format!("{}: more than {MOST_VALUES} values", field.path()));
    }
    Ok(())
}

fn first_of<'a>(record: &Record<'a>, first: F, second: F) -> Result<Texts<'a>, String> {
    let texts_of_first = texts(record, first)?;
    if texts_of_first.is_empty() {
        return texts(record, second);
    }
    Ok(texts_of_first)
}

/// All integers of a field, repeats kept; empty texts are null.
fn integers(record: &Record, field: F) -> Result<Values<i64>, String> {
    let mut out = Values::new();
    record.each::<String>(field, |scalar| {
        let text: &str = match &scalar {
            Scalar::Text(text) if text.is_empty() => return Ok(()),
            Scalar::Text(text) => text,
            Scalar::Number(number) => number,
            Scalar::Boolean(_) | Scalar::Object => "",
        };
        // A fraction is cut off, as Elasticsearch does for its integer types.
        out.push(decimal::truncated(text).ok_or_else(|| wrong(field, &scalar, "an integer"))?);
        bounded(field, out.len())
    })?;
    Ok(out)
}

/// All answers of a record of the rule's data set, as they stand there.
pub(crate) fn statuses(record: &Record) -> Values<i64> {
    let field = match shape(record) {
        Some(Shape::Ecs) => F::EcsStatus,
        Some(Shape::EventHub) => F::HttpStatusCode,
        Some(Shape::Row) => F::RowStatus,
        None => return Values::new(),
    };
    integers(record, field).unwrap_or_default()
}

/// An error is exactly one status, from 400 to 499.
fn error(record: &Record, field: F) -> Result<bool, String> {
    let statuses = integers(record, field)?;
    Ok(matches!(statuses[..], [status] if rule::is_error(status)))
}

/// Addresses in canonical form; whatever is not a bare address is null.
fn ips(record: &Record, field: F) -> Result<Values<u128>, String> {
    let mut out = Values::new();
    for text in texts(record, field)? {
        if let Some(bits) = address::parse(&text) {
            add(&mut out, bits);
        }
    }
    Ok(out)
}

fn required_time(record: &Record, field: F) -> Result<i64, String> {
    optional_time(record, field)?.ok_or_else(|| format!("{}: there is no event time", field.path()))
}

fn optional_time(record: &Record, field: F) -> Result<Option<i64>, String> {
    const WANTED: &str = "a time such as 2026-05-19T09:31:07.4821935Z";
    let mut found = None;
    record.each::<String>(field, |scalar| {
        let time = match &scalar {
            Scalar::Text(text) if text.is_empty() => return Ok(()),
            Scalar::Text(text) => time::parse(text).or_else(|| epoch(field, text)),
            Scalar::Number(number) => epoch(field, number),
            Scalar::Boolean(_) | Scalar::Object => None,
        };
        let time = time.ok_or_else(|| wrong(field, &scalar, WANTED))?;
        if found.replace(time).is_some_and(|other| other != time) {
            return Err(format!("{}: several event times", field.path()));
        }
        Ok(())
    })?;
    Ok(found)
}

/// Elasticsearch also takes milliseconds since 1970 as a date.
fn epoch(field: F, text: &str) -> Option<i64> {
    // The years that the ISO form can express.
    const RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;
    let ms: i64 = text.parse().ok()?;
    (field == F::EcsTimestamp && RANGE.contains(&ms)).then_some(ms)
}

fn wrong(field: F, found: &Scalar, wanted: &str) -> String {
    let found = match found {
        Scalar::Text(text) if text.chars().count() > 40 => {
            format!("{:?} and more", text.chars().take(40).collect::<String>())
        }
        Scalar::Text(text) => format!("{text:?}"),
        Scalar::Number(number) => number.chars().take(40).collect(),
        Scalar::Boolean(value) => value.to_string(),
        Scalar::Object => "an object".to_owned(),
    };
    format!("{}: {found} is not {wanted}", field.path())
}

/// The first GUID in a text such as `/tenants/7d0c2d1e-52f4-4c07-9a3b-1f6f5e0a9b11/providers`.
fn guid(text: Cow<str>) -> Option<Cow<str>> {
    const FORM: &[u8] = b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    let is_guid = |bytes: &[u8]| {
        bytes.iter().zip(FORM).all(|(b, form)| match form {
            b'x' => b.is_ascii_hexdigit(),
            dash => b == dash,
        })
    };
    let at = text.as_bytes().windows(FORM.len()).position(is_guid)?;
    let range = at..at + FORM.len();
    Some(match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[range]),
        Cow::Owned(text) => Cow::Owned(text[range].to_owned()),
    })
}
