//! The two raw shapes: Event Hub records and Log Analytics rows.

use super::json::{Node, Style, quote};
use crate::clock::{american, iso};
use crate::event::Event;
use crate::random::Random;

/// Fields that the rule does not read, in lower case.
const NOISE: [&str; 23] = [
    "__udi_requiredfields_eventtime",
    "__udi_requiredfields_regionscope",
    "__udi_requiredfields_tenantid",
    "__udi_requiredfields_uniqueid",
    "actortype",
    "clientauthmethod",
    "deviceid",
    "directaccesssource",
    "durationms",
    "env_cloud_role",
    "httpmethod",
    "identityprovider",
    "issuedat",
    "location",
    "operationname",
    "requestmethod",
    "responsesizebytes",
    "roles",
    "scopes",
    "sessionid",
    "signinactivityid",
    "sourcesystem",
    "wids",
];

/// Writes fields into an object.
struct Fields<'a> {
    members: Vec<(String, Node)>,
    random: &'a mut Random,
    style: Style,
    /// Whether exporters have words for null in it.
    exported: bool,
}

/// What exporters write where there is no value.
const WORDS: [&str; 8] = ["None", "null", "NULL", "<null>", "-", "nan", "NaN", "NaT"];

impl Fields<'_> {
    fn put(&mut self, name: &str, json: String) {
        if self.style == Style::Brief && NOISE.contains(&name.to_ascii_lowercase().as_str()) {
            return;
        }
        self.members.push((name.to_owned(), Node::Leaf(json)));
    }

    fn text(&mut self, name: &str, value: &str) {
        let json = quote(value, self.random, self.style);
        self.put(name, json);
    }

    /// A text that may be null, in one of null's spellings.
    fn optional(&mut self, name: &str, value: Option<&String>) {
        match value {
            Some(text) => self.text(name, text),
            None => self.null(name),
        }
    }

    fn null(&mut self, name: &str) {
        match (self.style, self.random.below(8)) {
            (Style::Wild, 0..=2) => {}
            (Style::Wild, 3) => self.put(name, "null".to_owned()),
            (Style::Wild, 4) if self.exported => {
                let word = *self.random.pick(&WORDS);
                self.text(name, word);
            }
            _ => self.put(name, "\"\"".to_owned()),
        }
    }

    /// A keyword; null may also be written as a text that is too long.
    fn keyword(&mut self, name: &str, value: Option<&String>) {
        if value.is_none() && self.style == Style::Wild && self.random.one_in(10) {
            let long = "é".repeat(1025);
            self.text(name, &long);
        } else {
            self.optional(name, value);
        }
    }

    /// What calls: as the event says, or noise.
    fn actor(&mut self, name: &str, event: &Event) {
        match &event.actors {
            Some(actors) => {
                let text = actors.first().map_or("", String::as_str);
                let json = quote(text, self.random, self.style);
                self.members.push((name.to_owned(), Node::Leaf(json)));
            }
            None if event.service_principal => self.text(name, "Application"),
            None => self.text(name, "User"),
        }
    }

    fn user(&mut self, event: &Event, user: &str, service_principal: &str) {
        let id = event.users.first();
        if event.service_principal && id.is_some() {
            self.optional(service_principal, id);
            let both = self.style == Style::Wild && self.random.one_in(3);
            let other = "00000000-0000-4000-8000-000000000bad".to_owned();
            self.optional(user, both.then_some(&other));
        } else {
            self.null(service_principal);
            self.keyword(user, id);
        }
    }

    fn address(&mut self, name: &str, event: &Event) {
        let wild = self.style == Style::Wild;
        match event.ips.first() {
            None if wild && self.random.one_in(3) => {
                let bad = *self.random.pick::<&str>(&[
                    "203.0.113.9:443",
                    "[2001:db8::1]",
                    "unknown",
                    "1.2.3",
                ]);
                self.text(name, bad);
            }
            Some(ip) if wild && self.random.one_in(4) => {
                let other = if ip.contains(':') {
                    ip.to_uppercase()
                } else {
                    format!("::ffff:{ip}")
                };
                self.text(name, &other);
            }
            ip => self.optional(name, ip),
        }
    }

    fn status(&mut self, name: &str, event: &Event) {
        match event.statuses.first() {
            None => self.null(name),
            Some(code) if self.style == Style::Wild && self.random.one_in(6) => {
                self.put(name, format!("\"{code}\""));
            }
            Some(code) => self.put(name, code.to_string()),
        }
    }

    fn time(&mut self, name: &str, ms: i64) {
        let text = time(ms, self.random, self.style);
        self.text(name, &text);
    }

    fn document(self) -> String {
        let mut out = String::with_capacity(1400);
        Node::Object(self.members).write(&mut out, self.random, self.style);
        out
    }
}

/// The time with seven digits, or in the wild in any accepted form.
fn time(ms: i64, random: &mut Random, style: Style) -> String {
    let text = iso(ms);
    let to_the_ms = text.trim_end_matches('Z');
    let further = random.below(10_000);
    match (style, random.below(8)) {
        (Style::Wild, 0) if ms % 1000 == 0 && further.is_multiple_of(2) => american(ms),
        (Style::Wild, 0) if ms % 1000 == 0 => american(ms).replacen(' ', ", ", 1),
        (Style::Wild, 1) if ms % 1000 == 0 => format!("{} +00:00", american(ms)),
        (Style::Wild, 2) => text.clone(),
        (Style::Wild, 3) => format!("{}+02:00", iso(ms + 7_200_000).trim_end_matches('Z')),
        (Style::Wild, 4) => to_the_ms.to_owned(),
        _ => format!("{to_the_ms}{further:04}Z"),
    }
}

/// A record as a diagnostic setting sends it, about 1.2 KB.
pub(super) fn event_hub(event: &Event, style: Style, random: &mut Random) -> String {
    let session = random.guid();
    let unique = random.bits();
    let latency = random.between(8, 400);
    let tenant = event.tenants.first();
    // Where the tenant stands: 0 top level, 1 properties, 2 resourceId.
    let place = if style == Style::Wild {
        random.below(4)
    } else {
        0
    };
    let mut p = Fields {
        members: Vec::with_capacity(36),
        random,
        style,
        exported: false,
    };
    p.put(
        "__UDI_RequiredFields_EventTime",
        format!("{}", 639_150_912_345_678_901 + event.time % 1000),
    );
    p.text("__UDI_RequiredFields_RegionScope", "EU");
    p.optional("__UDI_RequiredFields_TenantId", tenant);
    p.optional("__UDI_RequiredFields_UniqueId", event.request.as_ref());
    p.actor("actorType", event);
    p.optional("apiVersion", event.api_versions.first());
    p.keyword("appId", event.app_ids.first());
    p.address("callerIpAddress", event);
    p.put("clientAuthMethod", "0".to_owned());
    p.text("deviceId", "");
    p.text("directAccessSource", "Gateway");
    p.put("durationMs", latency.to_string());
    p.text("env_cloud_role", "restdirectoryservice");
    p.text("httpMethod", "GET");
    p.status("httpStatusCode", event);
    p.text("identityProvider", "");
    p.text("issuedAt", "5/19/2026 9:14:05 AM");
    p.text("location", "WestEurope");
    p.optional("requestId", event.request.as_ref());
    p.optional("requestUri", event.uri.as_ref());
    p.put("responseSizeBytes", "-1".to_owned());
    p.text("roles", "");
    p.text("scopes", "user_impersonation");
    p.text("sessionId", &session);
    p.text("signInActivityId", &format!("{unique:016x}AAAAAA=="));
    if place < 2 {
        p.optional("tenantId", tenant);
    }
    p.time("timeGenerated", event.time);
    p.keyword("userAgent", event.user_agents.first());
    p.user(event, "userId", "servicePrincipalId");
    p.text("wids", "");
    if style == Style::Wild {
        p.put(
            "extra",
            r#"{"userId":"decoy","httpStatusCode":[404,{"requestUri":"/decoy"}]}"#.to_owned(),
        );
    }
    let properties = Node::Object(p.members);
    let mut top = Fields {
        members: Vec::with_capacity(6),
        random,
        style,
        exported: false,
    };
    top.text("category", "AzureADGraphActivityLogs");
    top.text("location", "WestEurope");
    top.text("operationName", "AAD Graph Activity");
    top.members.push(("properties".to_owned(), properties));
    match (place, tenant) {
        (0, tenant) => top.optional("tenantId", tenant),
        (2.., Some(id)) => top.text(
            "resourceId",
            &format!("/tenants/{id}/providers/Microsoft.aadiam"),
        ),
        _ => {}
    }
    if style == Style::Wild {
        top.put("userId", "\"decoy\"".to_owned());
        top.put("time", "\"2001-01-01T00:00:00Z\"".to_owned());
    }
    top.document()
}

/// A row of the table AADGraphActivityLogs.
pub(super) fn log_analytics(event: &Event, style: Style, random: &mut Random) -> String {
    let session = random.guid();
    let requested = style == Style::Plain || !random.one_in(3);
    let older = style == Style::Wild && random.one_in(3);
    let mut f = Fields {
        members: Vec::with_capacity(24),
        random,
        style,
        exported: true,
    };
    f.text("TenantId", "11111111-2222-3333-4444-555555555555");
    if requested {
        f.time("TimeGenerated", event.time + 1700);
        f.time("TimeRequested", event.time);
    } else {
        let portal = style == Style::Wild && f.random.one_in(4);
        f.time(
            ["TimeGenerated", "TimeGenerated [UTC]"][usize::from(portal)],
            event.time,
        );
        if style == Style::Wild {
            f.null("TimeRequested");
        }
    }
    f.optional("AADTenantId", event.tenants.first());
    f.actor("ActorType", event);
    f.optional(
        if older {
            "OperationVersion"
        } else {
            "ApiVersion"
        },
        event.api_versions.first(),
    );
    f.keyword("AppId", event.app_ids.first());
    f.address("CallerIpAddress", event);
    if !older {
        f.text("Category", "AzureADGraphActivityLogs");
    }
    f.put("DurationMs", "31".to_owned());
    f.text("Location", "WestEurope");
    f.text("OperationName", "AAD Graph Activity");
    f.optional("RequestId", event.request.as_ref());
    f.text("RequestMethod", "GET");
    f.optional("RequestUri", event.uri.as_ref());
    f.put("ResponseSizeBytes", "-1".to_owned());
    f.status("ResponseStatusCode", event);
    f.text("Scopes", "user_impersonation");
    f.text("SessionId", &session);
    f.text("SourceSystem", "Azure AD");
    f.text("Type", "AADGraphActivityLogs");
    f.keyword("UserAgent", event.user_agents.first());
    f.user(event, "UserId", "ServicePrincipalId");
    f.document()
}
