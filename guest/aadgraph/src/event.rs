//! What the rule sees of a record: recognised, its fields mapped and normalised.

use crate::asn::AsnTable;
use crate::fields as f;
use crate::identity::{self, Uri};
use crate::uri;
use smallvec::SmallVec;
use std::borrow::Cow;
use weir_detector::address;
use weir_detector::decimal;
use weir_detector::fields::{Field, Recognised};
use weir_detector::hash::Seed;
use weir_detector::record::{Record, Scalar};
use weir_detector::time;

/// Longest keyword, in characters, that a query sees.
pub const LONGEST_KEYWORD: usize = 1024;
/// Most values of one field. No real record comes near.
const MOST_VALUES: usize = 256;
/// The actor type of a person.
pub const USER: &str = "User";
/// The category of Azure's own records.
pub const CATEGORY: &str = "AzureADGraphActivityLogs";
/// The table of Log Analytics.
pub const ROW_TABLE: &str = "AADGraphActivityLogs";
/// The data set of Elastic's documents.
pub const DATASET: &str = "azure.aadgraphactivitylogs";

/// The distinct values of a field, mostly one; none is null.
pub type Values<T> = SmallVec<[T; 1]>;
/// Distinct texts.
pub type Texts<'a> = Values<Cow<'a, str>>;

/// One call to Azure AD Graph.
#[derive(Debug, Default)]
pub struct Event<'a> {
    /// Milliseconds since 1970.
    pub time: i64,
    /// Hash of what identifies the call; None when nothing does.
    pub id: Option<u64>,
    /// Ids of users or service principals.
    pub users: Texts<'a>,
    /// Numbers of autonomous systems.
    pub asns: Values<i64>,
    /// Whether it was answered with a 4xx.
    pub error: bool,
    /// Paths of the URI.
    pub paths: Texts<'a>,
    /// Ids of tenants.
    pub tenants: Texts<'a>,
    /// Versions of the interface.
    pub api_versions: Texts<'a>,
    /// Ids of applications.
    pub app_ids: Texts<'a>,
    /// Addresses that called, as 128 bits.
    pub ips: Values<u128>,
    /// Names of autonomous systems.
    pub asn_names: Texts<'a>,
    /// What the clients call themselves.
    pub user_agents: Texts<'a>,
    /// What calls: `User` or `Application`; read where a rule asks for it.
    pub actor_types: Texts<'a>,
    /// Look-ups wanted of the absent `asn` table.
    pub missed: u32,
}

impl Event<'_> {
    /// Whether a person called, and nothing else.
    #[must_use]
    pub fn by_user(&self) -> bool {
        matches!(&self.actor_types[..], [actor] if actor == USER)
    }

    /// Looks up the autonomous systems of the addresses.
    pub fn look_up(&mut self, table: Option<&AsnTable>) {
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
pub struct Mapping<'d> {
    /// Whether a URI that Java's parser rejects has no path.
    pub elastic_uri_nulls: bool,
    /// The key of the hashes.
    pub seed: Seed,
    /// Tells the autonomous systems of addresses.
    pub asn: Option<&'d AsnTable>,
}

/// The shape of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A record of a diagnostic setting, as an Event Hub has it.
    EventHub,
    /// Elastic's document.
    Ecs,
    /// A row of Log Analytics.
    Row,
}

/// The shape of a record; None when it is of another data set.
pub fn shape(record: &Record) -> Option<Shape> {
    if record.is(f::ECS_DATASET, DATASET) {
        Some(Shape::Ecs)
    } else if record.is(f::CATEGORY, CATEGORY) {
        Some(Shape::EventHub)
    } else if [f::ROW_TYPE, f::ROW_CATEGORY]
        .iter()
        .any(|f| record.is(*f, ROW_TABLE) || record.is(*f, CATEGORY))
    {
        Some(Shape::Row)
    } else {
        None
    }
}

/// Whether a record has an event time, readable or not.
fn has_time(record: &Record, shape: Shape) -> bool {
    match shape {
        Shape::EventHub => record.has(f::TIME_GENERATED),
        Shape::Ecs => record.has(f::ECS_TIMESTAMP),
        Shape::Row => record.has(f::ROW_TIME_GENERATED) || record.has(f::ROW_TIME_REQUESTED),
    }
}

/// What the reader makes of a record.
pub fn recognise(record: &Record) -> Recognised {
    match shape(record) {
        None => Recognised::No,
        Some(shape) if has_time(record, shape) => Recognised::Whole,
        Some(_) => Recognised::WithoutTime,
    }
}

/// Whether a document that is not counted as it stands may hold records.
pub fn may_hold(record: &Record) -> bool {
    match shape(record) {
        Some(Shape::Ecs) => false,
        Some(shape) => !has_time(record, shape),
        // Another log's record of a diagnostic setting holds none, and most others are such.
        None => {
            !(record.has(f::CATEGORY)
                && (record.has(f::TOP_TENANT_ID) || record.has(f::RESOURCE_ID)))
        }
    }
}

/// What exporters of rows write where there is no value: the words of Python, of its tables and
/// of databases.
const NULLS: [&[u8]; 8] = [
    b"None", b"null", b"NULL", b"<null>", b"-", b"nan", b"NaN", b"NaT",
];

/// Whether a text of a row stands for no value.
pub fn is_null(text: &[u8]) -> bool {
    matches!(text.len(), 1..=6) && NULLS.contains(&text)
}

/// Whether one of some texts of a row does.
#[inline(always)]
pub(crate) fn has_null(texts: &[&[u8]; 8]) -> bool {
    // Most texts are too long, or begin as none of them does.
    let may_be = texts.iter().fold(false, |may_be, text| {
        may_be | (text.len() <= 6 && text.first().is_some_and(|first| !first.is_ascii_digit()))
    });
    may_be && texts.iter().any(|text| is_null(text))
}

/// Whether a text is no value where it stands.
fn is_nothing(field: Field, text: &str) -> bool {
    text.is_empty() || f::is_column(field) && is_null(text.as_bytes())
}

/// Maps a record of the rule's data set; None when it is of another one.
///
/// # Errors
/// A sentence naming the field that makes the record unusable.
#[inline(never)]
pub fn map<'a>(record: &Record<'a>, with: &Mapping) -> Result<Option<Event<'a>>, String> {
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

fn event_hub<'a>(record: &Record<'a>, with: &Mapping) -> Result<Event<'a>, String> {
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
    let mut event = Event {
        time,
        tenants,
        users: first_of(record, f::SERVICE_PRINCIPAL_ID, f::USER_ID)?,
        error: error(record, f::HTTP_STATUS_CODE)?,
        api_versions: texts(record, f::API_VERSION)?,
        app_ids: texts(record, f::APP_ID)?,
        ips: ips(record, f::CALLER_IP_ADDRESS)?,
        user_agents: texts(record, f::USER_AGENT)?,
        ..Event::default()
    };
    finish_raw(
        &mut event,
        texts(record, f::REQUEST_URI)?,
        &texts(record, f::REQUEST_ID)?,
        with,
    );
    Ok(event)
}

fn row<'a>(record: &Record<'a>, with: &Mapping) -> Result<Event<'a>, String> {
    let time = match optional_time(record, f::ROW_TIME_REQUESTED)? {
        Some(time) => time,
        None => required_time(record, f::ROW_TIME_GENERATED)?,
    };
    let mut event = Event {
        time,
        tenants: texts(record, f::ROW_TENANT_ID)?,
        users: first_of(record, f::ROW_SERVICE_PRINCIPAL_ID, f::ROW_USER_ID)?,
        error: error(record, f::ROW_STATUS)?,
        api_versions: first_of(record, f::ROW_API_VERSION, f::ROW_OPERATION_VERSION)?,
        app_ids: texts(record, f::ROW_APP_ID)?,
        ips: ips(record, f::ROW_CALLER_IP_ADDRESS)?,
        user_agents: texts(record, f::ROW_USER_AGENT)?,
        ..Event::default()
    };
    finish_raw(
        &mut event,
        texts(record, f::ROW_REQUEST_URI)?,
        &texts(record, f::ROW_REQUEST_ID)?,
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
        ..Event::default()
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
fn texts<'a>(record: &Record<'a>, field: Field) -> Result<Texts<'a>, String> {
    let mut out = Texts::new();
    record.each::<String>(field, |scalar| {
        let text = match scalar {
            Scalar::Text(text) => text,
            Scalar::Number(number) => Cow::Borrowed(number),
            Scalar::Boolean(true) => Cow::Borrowed("true"),
            Scalar::Boolean(false) => Cow::Borrowed("false"),
            Scalar::Object => return Err(wrong(field, &scalar, "text")),
        };
        if !is_nothing(field, &text) {
            add(&mut out, text);
        }
        bounded(field, out.len())
    })?;
    Ok(out)
}

fn bounded(field: Field, values: usize) -> Result<(), String> {
    if values > MOST_VALUES {
        return Err(format!(
            "{}: more than {MOST_VALUES} values",
            f::path(field)
        ));
    }
    Ok(())
}

fn first_of<'a>(record: &Record<'a>, first: Field, second: Field) -> Result<Texts<'a>, String> {
    let texts_of_first = texts(record, first)?;
    if texts_of_first.is_empty() {
        return texts(record, second);
    }
    Ok(texts_of_first)
}

/// All integers of a field, repeats kept; empty texts are null.
fn integers(record: &Record, field: Field) -> Result<Values<i64>, String> {
    let mut out = Values::new();
    record.each::<String>(field, |scalar| {
        let text: &str = match &scalar {
            Scalar::Text(text) if is_nothing(field, text) => return Ok(()),
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
pub fn statuses(record: &Record) -> Values<i64> {
    let field = match shape(record) {
        Some(Shape::Ecs) => f::ECS_STATUS,
        Some(Shape::EventHub) => f::HTTP_STATUS_CODE,
        Some(Shape::Row) => f::ROW_STATUS,
        None => return Values::new(),
    };
    integers(record, field).unwrap_or_default()
}

/// The texts of a field by which no record is refused: whatever makes no keyword is none.
pub fn keywords<'a>(record: &Record<'a>, field: Field) -> Texts<'a> {
    let mut texts = texts(record, field).unwrap_or_default();
    texts.retain(|text| is_keyword(text));
    texts
}

/// Whether an answer counts as an error: a single status from 400 to 499.
#[must_use]
pub fn is_error(status: i64) -> bool {
    (400..=499).contains(&status)
}

/// An error is exactly one status, from 400 to 499.
fn error(record: &Record, field: Field) -> Result<bool, String> {
    let statuses = integers(record, field)?;
    Ok(matches!(statuses[..], [status] if is_error(status)))
}

/// Addresses in canonical form; whatever is not a bare address is null.
fn ips(record: &Record, field: Field) -> Result<Values<u128>, String> {
    let mut out = Values::new();
    for text in texts(record, field)? {
        if let Some(bits) = address::parse(&text) {
            add(&mut out, bits);
        }
    }
    Ok(out)
}

fn required_time(record: &Record, field: Field) -> Result<i64, String> {
    optional_time(record, field)?
        .ok_or_else(|| format!("{}: there is no event time", f::path(field)))
}

fn optional_time(record: &Record, field: Field) -> Result<Option<i64>, String> {
    const WANTED: &str = "a time such as 2026-05-19T09:31:07.4821935Z";
    let mut found = None;
    record.each::<String>(field, |scalar| {
        let time = match &scalar {
            Scalar::Text(text) if is_nothing(field, text) => return Ok(()),
            Scalar::Text(text) => time::parse(text).or_else(|| epoch(field, text)),
            Scalar::Number(number) => epoch(field, number),
            Scalar::Boolean(_) | Scalar::Object => None,
        };
        let time = time.ok_or_else(|| wrong(field, &scalar, WANTED))?;
        if found.replace(time).is_some_and(|other| other != time) {
            return Err(format!("{}: several event times", f::path(field)));
        }
        Ok(())
    })?;
    Ok(found)
}

/// Elasticsearch also takes milliseconds since 1970 as a date.
fn epoch(field: Field, text: &str) -> Option<i64> {
    // The years that the ISO form can express.
    const RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;
    let ms: i64 = text.parse().ok()?;
    (field == f::ECS_TIMESTAMP && RANGE.contains(&ms)).then_some(ms)
}

fn wrong(field: Field, found: &Scalar, wanted: &str) -> String {
    let found = match found {
        Scalar::Text(text) if text.chars().count() > 40 => {
            format!("{:?} and more", text.chars().take(40).collect::<String>())
        }
        Scalar::Text(text) => format!("{text:?}"),
        Scalar::Number(number) => number.chars().take(40).collect(),
        Scalar::Boolean(value) => value.to_string(),
        Scalar::Object => "an object".to_owned(),
    };
    format!("{}: {found} is not {wanted}", f::path(field))
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
