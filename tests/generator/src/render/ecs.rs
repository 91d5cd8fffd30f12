//! Elastic documents: nested, dotted or mixed keys, bare or inside a search hit.

use super::json::{Node, Style, quote};
use crate::clock::iso;
use crate::event::Event;
use crate::random::Random;

const ACTOR_TYPE: &str = "azure.aadgraphactivitylogs.properties.actor_type";

/// How keys are laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Nested,
    Dotted,
    Mixed,
}

struct Document<'a> {
    root: Node,
    layout: Layout,
    random: &'a mut Random,
    style: Style,
}

impl Document<'_> {
    fn put(&mut self, path: &str, json: String) {
        let mut keys: Vec<String> = Vec::new();
        for part in path.split('.') {
            let joins = match self.layout {
                Layout::Nested => false,
                Layout::Dotted => true,
                Layout::Mixed => self.random.one_in(3),
            };
            match keys.last_mut() {
                Some(last) if joins => {
                    last.push('.');
                    last.push_str(part);
                }
                _ => keys.push(part.to_owned()),
            }
        }
        self.root.insert(&keys, json);
    }

    fn text(&mut self, path: &str, value: &str) {
        let json = quote(value, self.random, self.style);
        self.put(path, json);
    }

    /// A field with any number of values, with null's and one value's many spellings.
    fn list(&mut self, path: &str, mut values: Vec<String>) {
        let wild = self.style == Style::Wild;
        if wild && values.len() != 1 && self.random.one_in(2) {
            values.push("null".to_owned());
        }
        match values.as_slice() {
            [] if wild && self.random.one_in(3) => self.put(path, "[]".to_owned()),
            [] => {}
            [null] if null == "null" && self.random.one_in(2) => self.put(path, "null".to_owned()),
            [one] if one != "null" && !(wild && self.random.one_in(6)) => {
                self.put(path, one.clone())
            }
            many => self.put(path, format!("[{}]", many.join(","))),
        }
    }

    fn texts(&mut self, path: &str, values: &[String]) {
        let quoted = values
            .iter()
            .map(|v| quote(v, self.random, self.style))
            .collect::<Vec<_>>();
        self.list(path, quoted);
    }

    /// Keywords: an empty or over-long one among them changes nothing.
    fn keywords(&mut self, path: &str, values: &[String]) {
        let mut values = values.to_vec();
        if self.style == Style::Wild && values.len() != 1 && self.random.one_in(3) {
            values.push(if self.random.one_in(2) {
                String::new()
            } else {
                "x".repeat(1025)
            });
        }
        self.texts(path, &values);
    }

    fn integers(&mut self, path: &str, values: &[i64]) {
        let wild = self.style == Style::Wild;
        let texts = values.iter().map(|v| match wild && self.random.one_in(8) {
            true => format!("\"{v}\""),
            false => v.to_string(),
        });
        let texts = texts.collect();
        self.list(path, texts);
    }
}

/// A document of about 2.5 KB in the plain style.
pub(super) fn document(event: &Event, style: Style, random: &mut Random) -> String {
    let layout = match (style, random.below(3)) {
        (Style::Plain | Style::Brief, _) | (_, 0) => Layout::Nested,
        (_, 1) => Layout::Dotted,
        _ => Layout::Mixed,
    };
    let session = random.guid();
    let mut d = Document {
        root: Node::Object(Vec::new()),
        layout,
        random,
        style,
    };
    d.text("@timestamp", &iso(event.time));
    rule_fields(&mut d, event);
    d.text("data_stream.dataset", "azure.aadgraphactivitylogs");
    if style != Style::Brief {
        d.text("data_stream.namespace", "default");
        d.text("data_stream.type", "logs");
        d.text("ecs.version", "8.11.0");
        d.text("event.dataset", "azure.aadgraphactivitylogs");
        d.put("event.category", "[\"iam\",\"web\"]".to_owned());
    }
    if style == Style::Plain {
        noise(&mut d, event, &session);
    } else if style == Style::Wild {
        d.text("client.user.id", "decoy");
        d.text("source.address", "decoy");
        d.text("url.full", "https://decoy/decoy");
        d.put(
            "azure.other",
            r#"{"tenant_id":"decoy","user":{"id":"decoy"}}"#.to_owned(),
        );
    }
    let Document { root, random, .. } = d;
    let hit = event.document.is_some() || (style == Style::Wild && random.one_in(4));
    let root = if hit {
        in_hit(root, event, random, style)
    } else {
        root
    };
    let mut out = String::with_capacity(2700);
    root.write(&mut out, random, style);
    out
}

fn in_hit(source: Node, event: &Event, random: &mut Random, style: Style) -> Node {
    let mut members = vec![(
        "_index".to_owned(),
        Node::Leaf("\".ds-logs-azure.aadgraphactivitylogs-default-2026.05.19-000001\"".to_owned()),
    )];
    if let Some(id) = &event.document {
        members.push(("_id".to_owned(), Node::Leaf(quote(id, random, style))));
    }
    members.push(("_score".to_owned(), Node::Leaf("1.0".to_owned())));
    members.push(("_source".to_owned(), source));
    Node::Object(members)
}

fn rule_fields(d: &mut Document, event: &Event) {
    d.keywords("user.id", &event.users);
    d.integers("source.as.number", &event.asns);
    d.keywords("source.as.organization.name", &event.asn_names);
    d.texts("source.ip", &event.ips);
    d.integers("http.response.status_code", &event.statuses);
    d.texts("url.path", &event.paths);
    d.texts("url.original", event.uri.as_slice());
    d.texts("http.request.id", event.request.as_slice());
    // The fingerprint sees the tenant before the length rule: no over-long one here.
    d.texts("azure.tenant_id", &event.tenants);
    d.keywords(
        "azure.aadgraphactivitylogs.properties.api_version",
        &event.api_versions,
    );
    d.keywords(
        "azure.aadgraphactivitylogs.properties.app_id",
        &event.app_ids,
    );
    d.keywords("user_agent.original", &event.user_agents);
    if let Some(actors) = &event.actors {
        d.keywords(ACTOR_TYPE, actors);
    }
}

/// What else the integration writes.
fn noise(d: &mut Document, event: &Event, session: &str) {
    let first = |list: &[String]| list.first().cloned().unwrap_or_default();
    let time = iso(event.time);
    for (path, text) in [
        ("agent.ephemeral_id", "3f6b1d2e-0c55-4a55-9d8e-6f2a0a7d1c42"),
        ("agent.id", "9a1c7e50-53a2-4e0e-8a47-1d0f6b9e2c33"),
        ("agent.name", "collector-01.example.org"),
        ("agent.type", "filebeat"),
        ("agent.version", "9.2.1"),
        (
            "azure.aadgraphactivitylogs.category",
            "AzureADGraphActivityLogs",
        ),
        (
            "azure.aadgraphactivitylogs.operation_name",
            "AAD Graph Activity",
        ),
        (ACTOR_TYPE, "User"),
        (
            "azure.aadgraphactivitylogs.properties.direct_access_source",
            "Gateway",
        ),
        (
            "azure.aadgraphactivitylogs.properties.env_cloud_role",
            "restdirectoryservice",
        ),
        ("azure.aadgraphactivitylogs.properties.session_id", session),
        (
            "azure.aadgraphactivitylogs.properties.time_generated",
            &time,
        ),
        (
            "azure.aadgraphactivitylogs.properties.token_issued_at",
            "2026-05-19T09:14:05.000Z",
        ),
        ("azure.eventhub.consumer_group", "$Default"),
        (
            "azure.eventhub.name",
            "insights-logs-azureadgraphactivitylogs",
        ),
        ("azure.eventhub.offset", "107374182400"),
        ("client.ip", &first(&event.ips)),
        ("client.user.id", &first(&event.users)),
        ("cloud.provider", "azure"),
        ("cloud.region", "WestEurope"),
        ("elastic_agent.id", "9a1c7e50-53a2-4e0e-8a47-1d0f6b9e2c33"),
        ("elastic_agent.version", "9.2.1"),
        ("event.action", "directory-read"),
        ("event.agent_id_status", "verified"),
        ("event.id", event.request.as_deref().unwrap_or_default()),
        ("event.ingested", "2026-05-19T09:33:41Z"),
        ("event.kind", "event"),
        ("event.outcome", "failure"),
        ("http.request.method", "GET"),
        ("input.type", "azure-eventhub"),
        ("source.geo.city_name", "Amsterdam"),
        ("source.geo.continent_name", "Europe"),
        ("source.geo.country_iso_code", "NL"),
        ("source.geo.country_name", "Netherlands"),
        ("url.extension", ""),
        ("url.query", "api-version=1.61-internal&$top=100"),
        ("user_agent.device.name", "Other"),
        ("user_agent.name", "Other"),
    ] {
        if path != ACTOR_TYPE || event.actors.is_none() {
            d.text(path, text);
        }
    }
    d.put(
        "azure.aadgraphactivitylogs.properties.client_auth_method",
        "0".to_owned(),
    );
    d.put(
        "azure.aadgraphactivitylogs.properties.scopes",
        "[\"user_impersonation\"]".to_owned(),
    );
    d.put("event.duration", "31000000".to_owned());
    d.put("event.type", "[\"access\",\"info\"]".to_owned());
    d.put("http.response.bytes", "-1".to_owned());
    d.put(
        "source.geo.location",
        r#"{"lat":52.3759,"lon":4.8975}"#.to_owned(),
    );
    d.put(
        "tags",
        r#"["azure-aadgraphactivitylogs","forwarded"]"#.to_owned(),
    );
    d.texts("related.ip", &event.ips);
    d.texts("related.user", &event.users);
    d.texts("azure.tenant.id", &event.tenants);
}
