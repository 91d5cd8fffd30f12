//! Who did it and from where, as evidence and observables: read from an alert's fields by their
//! names in the Elastic Common Schema, whatever the rule.

use std::net::IpAddr;

use serde_json::{Map, Value as Json, json};

type Object = Map<String, Json>;

/// Actor and origin, as the fields tell them.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// One for each address that is a source; the user is in each.
    pub(super) evidences: Vec<Json>,
    /// The values in them that lead on to other events.
    pub(super) observables: Vec<Json>,
}

/// Takes out of an alert's fields what evidence can say of them.
pub(super) fn of(fields: &mut Object) -> Evidence {
    let user = user(fields);
    let source = endpoints(fields, "source");
    let destination = endpoints(fields, "destination");
    let count = source.len().max(destination.len());
    let mut found = Evidence::default();
    for at in 0..count.max(usize::from(user.is_some())) {
        let mut evidence = Object::new();
        if let Some(user) = &user {
            evidence.insert("actor".to_owned(), json!({ "user": user }));
        }
        for (name, ends) in [("src_endpoint", &source), ("dst_endpoint", &destination)] {
            if let Some(end) = ends.get(at) {
                evidence.insert(name.to_owned(), Json::Object(end.clone()));
            }
        }
        found.observe(at, &evidence);
        found.evidences.push(Json::Object(evidence));
    }
    found
}

impl Evidence {
    /// Points to what is in an evidence. What all have in common is said of the first.
    fn observe(&mut self, at: usize, evidence: &Object) {
        const USER: &[(&str, u8, &str)] = &[
            ("actor.user.uid", 31, "User Object: uid"),
            ("actor.user.name", 4, "User Name"),
            ("actor.user.email_addr", 5, "Email Address"),
        ];
        const ENDS: &[(&str, u8, &str)] = &[
            ("src_endpoint.ip", 2, "IP Address"),
            ("dst_endpoint.ip", 2, "IP Address"),
        ];
        let user = if at == 0 { USER } else { &[] };
        for (path, type_id, kind) in user.iter().chain(ENDS) {
            let mut parts = path.split('.');
            let first = parts.next().and_then(|name| evidence.get(name));
            let value = parts.fold(first, |value, name| value?.get(name));
            if let Some(value) = value.and_then(Json::as_str) {
                self.observables.push(json!({
                    "name": format!("evidences[{at}].{path}"),
                    "type_id": type_id,
                    "type": kind,
                    "value": value,
                }));
            }
        }
    }
}

/// The one user, if an id or a name tells who it is.
fn user(fields: &mut Object) -> Option<Object> {
    if !is_text(fields, "user.id") && !is_text(fields, "user.name") {
        return None;
    }
    let mut user = Object::new();
    for (field, name) in [
        ("user.id", "uid"),
        ("user.name", "name"),
        ("user.full_name", "full_name"),
        ("user.domain", "domain"),
    ] {
        take(fields, field, &mut user, name, Json::is_string);
    }
    take(fields, "user.email", &mut user, "email_addr", |value| {
        // A form that the schema itself knows as one.
        let plain = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
        let at = value.as_str().and_then(|text| text.split_once('@'));
        at.is_some_and(|(user, host)| {
            let user = !user.is_empty() && user.chars().all(|c| plain(c) || "_+".contains(c));
            user && !host.is_empty() && host.contains('.') && host.chars().all(plain)
        })
    });
    Some(user)
}

/// The ends of connections: one for each address, or the one that has only a name.
fn endpoints(fields: &mut Object, side: &str) -> Vec<Object> {
    let field = |name: &str| format!("{side}.{name}");
    let addresses: Vec<Json> = match fields.get(&field("ip")) {
        Some(Json::Array(all)) if all.iter().all(is_address) => all.clone(),
        Some(one) if is_address(one) => vec![one.clone()],
        _ => Vec::new(),
    };
    if addresses.is_empty() && !is_text(fields, &field("domain")) {
        return Vec::new();
    }
    if !addresses.is_empty() {
        fields.shift_remove(&field("ip"));
    }
    let mut common = Object::new();
    take(
        fields,
        &field("domain"),
        &mut common,
        "domain",
        Json::is_string,
    );
    let is_port = |value: &Json| value.as_u64().is_some_and(|port| port <= 0xffff);
    take(fields, &field("port"), &mut common, "port", is_port);
    let mut system = Object::new();
    take(
        fields,
        &field("as.number"),
        &mut system,
        "number",
        Json::is_i64,
    );
    let organization = field("as.organization.name");
    take(fields, &organization, &mut system, "name", Json::is_string);
    if !system.is_empty() {
        common.insert("autonomous_system".to_owned(), Json::Object(system));
    }
    let with = |address: Option<Json>| {
        let mut end = Object::new();
        if let Some(address) = address {
            end.insert("ip".to_owned(), address);
        }
        end.extend(common.clone());
        end
    };
    match addresses.is_empty() {
        true => vec![with(None)],
        false => addresses.into_iter().map(|it| with(Some(it))).collect(),
    }
}

/// Moves a field to an attribute, if it can be its value.
fn take(
    fields: &mut Object,
    field: &str,
    object: &mut Object,
    name: &str,
    fits: impl Fn(&Json) -> bool,
) {
    if fields.get(field).is_some_and(fits)
        && let Some(value) = fields.shift_remove(field)
    {
        object.insert(name.to_owned(), value);
    }
}

fn is_text(fields: &Object, field: &str) -> bool {
    fields.get(field).is_some_and(Json::is_string)
}

fn is_address(value: &Json) -> bool {
    let text = value.as_str();
    text.is_some_and(|text| text.parse::<IpAddr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(value: Json) -> Object {
        match value {
            Json::Object(fields) => fields,
            _ => Object::new(),
        }
    }

    #[test]
    fn each_address_is_evidence_with_the_user_in_it() {
        let mut given = fields(json!({
            "user.id": "u",
            "user.email": "u@example.org",
            "source.ip": ["192.0.2.1", "2001:db8::1"],
            "source.as.number": 64501,
            "x": 1,
        }));
        let found = of(&mut given);
        assert_eq!(given, fields(json!({"x": 1})));
        let user = json!({"user": {"uid": "u", "email_addr": "u@example.org"}});
        let end = |ip: &str| json!({"ip": ip, "autonomous_system": {"number": 64501}});
        assert_eq!(
            found.evidences,
            [
                json!({"actor": user, "src_endpoint": end("192.0.2.1")}),
                json!({"actor": user, "src_endpoint": end("2001:db8::1")}),
            ]
        );
        let names: Vec<&str> = found
            .observables
            .iter()
            .filter_map(|it| it["name"].as_str())
            .collect();
        assert_eq!(
            names,
            [
                "evidences[0].actor.user.uid",
                "evidences[0].actor.user.email_addr",
                "evidences[0].src_endpoint.ip",
                "evidences[1].src_endpoint.ip",
            ]
        );
    }

    #[test]
    fn what_the_schema_would_refuse_stays_where_it_is() {
        let given = fields(json!({
            "user.id": ["u", "v"],
            "user.email": "nobody",
            "source.ip": "not an address",
            "source.as.number": 64501,
            "destination.port": 443,
        }));
        let mut left = given.clone();
        let found = of(&mut left);
        assert!(found.evidences.is_empty() && found.observables.is_empty());
        assert_eq!(left, given);
    }
}
