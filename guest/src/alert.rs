//! From a group's aggregate to the alert that an analyst reads.

use crate::address;
use crate::decimal;
use crate::describe::RULE_ID;
use crate::facts::{IPS, Kind, SAMPLES};
use crate::group::{Group, LIST_COLUMNS};
use crate::model::{
    Action, Alert, Column, KeyPart, Phase, Truncation, TruncationKind, Value, Window,
};
use crate::order;
use crate::pivot;
use crate::rule::error_rate;
use crate::strings::Strings;
use crate::text;
use crate::window::Row;
use sha2::{Digest, Sha256};

/// The list of app ids.
const APPS: Kind = 2;
/// Most apps for which a response is filled in.
const MOST_APPS: usize = 10;

/// The logs name users and service principals in the same field.
const PRINCIPAL: &str = "For a service principal's id: PATCH /v1.0/servicePrincipals/{id} with {\"accountEnabled\": false}";

/// The alert on a row.
pub(crate) fn build(row: &Row, window: Window, revision: u32, phase: Phase) -> Alert {
    let (group, strings) = (&row.group, &row.strings);
    let (user, asn) = group.key(strings);
    let apps = list(group, strings, APPS);
    Alert {
        id: id(window, user, asn),
        revision,
        phase,
        window,
        key: key(user, asn),
        first_seen: window.start + i64::from(group.first),
        last_seen: window.start + i64::from(group.last),
        columns: columns(group, strings, window),
        reason: reason(group, user, asn, window, phase),
        complete: group.complete(),
        truncated: truncated(group),
        response: response(user, &apps),
        pivots: pivot::all(user, asn, window),
    }
}

/// The group key's parts.
pub(crate) fn key(user: Option<&str>, asn: Option<i64>) -> Vec<KeyPart> {
    let part = |name: &str, value| KeyPart {
        name: name.to_owned(),
        value,
    };
    vec![
        part("user.id", user.map(|user| Value::Text(user.to_owned()))),
        part("source.as.number", asn.map(Value::Integer)),
    ]
}

/// 128 bits of a SHA-256 over rule, window and key, each part with its length or
/// presence, in hexadecimal.
fn id(window: Window, user: Option<&str>, asn: Option<i64>) -> String {
    let mut hash = Sha256::new();
    hash.update((RULE_ID.len() as u64).to_le_bytes());
    hash.update(RULE_ID);
    hash.update(window.start.to_le_bytes());
    hash.update(window.end.to_le_bytes());
    match user {
        None => hash.update([0]),
        Some(user) => {
            hash.update([1]);
            hash.update((user.len() as u64).to_le_bytes());
            hash.update(user);
        }
    }
    match asn {
        None => hash.update([0]),
        Some(asn) => {
            hash.update([1]);
            hash.update(asn.to_le_bytes());
        }
    }
    hash.finalize()[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn list(group: &Group, strings: &Strings, at: Kind) -> Vec<String> {
    group.list(at, strings).map(str::to_owned).collect()
}

fn columns(group: &Group, strings: &Strings, window: Window) -> Vec<Column> {
    let mut columns = Vec::new();
    let mut add = |name: &str, value| {
        columns.push(Column {
            name: name.to_owned(),
            value,
        })
    };
    let texts = |at| Value::TextList(list(group, strings, at));
    let ips = || {
        let texts: Vec<String> = group.ips(strings).map(address::render).collect();
        let text = |i: u32| &texts[i as usize];
        let order = order::positions(texts.len(), &mut |a, b| text(a).cmp(text(b)));
        Value::TextList(order.into_iter().map(|i| text(i).clone()).collect())
    };
    let (user, asn) = group.key(strings);
    if let Some(user) = user {
        add("user.id", Value::Text(user.to_owned()));
    }
    if let Some(asn) = asn {
        add("source.as.number", Value::Integer(asn));
    }
    let figures = group.figures();
    let integer = |n: u64| Value::Integer(n.try_into().unwrap_or(i64::MAX));
    add("Esql.time_window", Value::Timestamp(window.start));
    add("Esql.total_calls", integer(figures.total));
    add("Esql.errors", integer(figures.errors));
    add(
        "Esql.error_rate",
        Value::Number(error_rate(figures.errors, figures.total)),
    );
    add("Esql.url_path_count", integer(figures.url_paths));
    for (at, column) in (0..).zip(LIST_COLUMNS).take(3) {
        add(column, texts(at));
    }
    add("Esql.source_ips", ips());
    for (at, column) in (0..).zip(LIST_COLUMNS).skip(3) {
        add(column, texts(at));
    }
    add(
        "Esql.first_seen",
        Value::Timestamp(window.start + i64::from(group.first)),
    );
    add(
        "Esql.last_seen",
        Value::Timestamp(window.start + i64::from(group.last)),
    );
    let samples = group.samples(strings).map(|(_, path)| path.to_owned());
    add("Esql.sample_paths", Value::TextList(samples.collect()));
    add("source.ip", ips());
    columns.retain(|c| !matches!(&c.value, Value::TextList(texts) if texts.is_empty()));
    columns
}

fn truncated(group: &Group) -> Vec<Truncation> {
    let mut marks = Vec::new();
    let mut mark = |on: bool, column: &str, kind| {
        if on {
            marks.push(Truncation {
                column: column.to_owned(),
                kind,
            });
        }
    };
    mark(
        group.sketch.is_some(),
        "Esql.url_path_count",
        TruncationKind::Approximate,
    );
    let mut capped = |kind, column| mark(group.truncated(kind), column, TruncationKind::Capped);
    for (kind, column) in (0..).zip(LIST_COLUMNS) {
        capped(kind, column);
    }
    capped(IPS, "Esql.source_ips");
    capped(SAMPLES, "Esql.sample_paths");
    capped(IPS, "source.ip");
    marks
}

fn reason(
    group: &Group,
    user: Option<&str>,
    asn: Option<i64>,
    window: Window,
    phase: Phase,
) -> String {
    let who = user.map_or("A caller without user id".to_owned(), |user| {
        format!("User {user}")
    });
    let from = asn.map_or("an unknown network".to_owned(), |asn| format!("AS{asn}"));
    let figures = group.figures();
    let row = format!(
        "{} calls to Azure AD Graph in {}, {} of them answered with 4xx (ratio {}), on {} distinct paths",
        figures.total,
        text::duration(window.end - window.start),
        figures.errors,
        decimal::text(error_rate(figures.errors, figures.total)),
        figures.url_paths,
    );
    if phase == Phase::Retracted {
        format!(
            "Retracted: with the late events, {who} from {from} made {row}, which is below the thresholds."
        )
    } else {
        format!("{who} from {from} made {row}.")
    }
}

fn response(user: Option<&str>, apps: &[String]) -> Vec<Action> {
    let mut actions = Vec::new();
    let mut add =
        |name: String, method: &str, url: String, body: Option<&str>, note: Option<String>| {
            actions.push(Action {
                name,
                method: method.to_owned(),
                url,
                body: body.map(str::to_owned),
                note,
                // Whoever signs in again goes on; all else keeps somebody from working.
                destructive: body.is_some(),
            });
        };
    if let Some(user) = user {
        let user = text::uri_component(user);
        add(
            "Revoke the user's sign-in sessions".to_owned(),
            "POST",
            format!("/v1.0/users/{user}/revokeSignInSessions"),
            None,
            Some(PRINCIPAL.to_owned()),
        );
        add(
            "Disable the user".to_owned(),
            "PATCH",
            format!("/v1.0/users/{user}"),
            Some(r#"{"accountEnabled": false}"#),
            Some(PRINCIPAL.to_owned()),
        );
    }
    for app in apps.iter().take(MOST_APPS) {
        let filter = text::uri_component(&format!("appId eq '{}'", app.replace('\'', "''")));
        add(
            format!("Block app {app} from Azure AD Graph"),
            "PATCH",
            "/beta/applications/{id}".to_owned(),
            Some(r#"{"authenticationBehaviors": {"blockAzureADGraphAccess": true}}"#),
            Some(format!(
                "{{id}} is the application's object id: GET /v1.0/applications?$filter={filter}&$select=id"
            )),
        );
    }
    actions
}
