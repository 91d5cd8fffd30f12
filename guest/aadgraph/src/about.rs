//! Metadata that all rules on the log share, and the labels of columns.

use weir_detector::definition::Info;
use weir_detector::model::Severity;

/// The application's id.
pub const APP_ID: &str = "azure.aadgraphactivitylogs.properties.app_id";
/// The version of the interface.
pub const API_VERSION: &str = "azure.aadgraphactivitylogs.properties.api_version";

/// Labels of the parts of keys and of alert fields.
pub const LABELS: [(&str, &str); 21] = [
    ("user.id", "User"),
    ("azure.tenant_id", "Tenant"),
    (APP_ID, "Application"),
    (API_VERSION, "API version"),
    ("user_agent.original", "User agent"),
    ("source.ip", "Address"),
    ("source.as.number", "Network"),
    ("source.as.organization.name", "Network name"),
    ("Esql.time_window", "Window"),
    ("Esql.total_calls", "Calls"),
    ("Esql.request_count", "Calls"),
    ("Esql.distinct_endpoints", "Endpoint classes"),
    ("Esql.target_endpoints", "Endpoints"),
    ("Esql.api_versions", "API versions"),
    ("Esql.app_ids", "Applications"),
    ("Esql.user_agent", "User agents"),
    ("Esql.source_ips", "Addresses"),
    ("Esql.source_asn_orgs", "Network names"),
    ("Esql.first_seen", "First call"),
    ("Esql.last_seen", "Last call"),
    ("Esql.sample_paths", "Paths"),
];

/// The project that describes the attackers' tools.
pub const ROADTOOLS: &str = "https://github.com/dirkjanm/ROADtools";
/// The documentation of the interface and its successor.
pub const MIGRATION: &str =
    "https://learn.microsoft.com/en-us/graph/migrate-azure-ad-graph-overview";

/// The metadata of a rule, without its name, texts, severity and ATT&CK techniques.
#[must_use]
pub fn info() -> Info {
    Info {
        id: "",
        short_name: "",
        name: "",
        version: 1,
        description: "",
        references: vec![ROADTOOLS, MIGRATION],
        severity: Severity::Medium,
        risk_score: 47,
        tags: tags(&[]),
        event_category: vec!["iam"],
        event_type: vec!["info"],
        threats: Vec::new(),
    }
}

/// The tags of a rule: the shared ones, then its own.
#[must_use]
pub fn tags(own: &[&'static str]) -> Vec<&'static str> {
    let mut tags = vec![
        "Data Source: Azure AD Graph Activity Logs",
        "Domain: Cloud",
        "Domain: Identity",
    ];
    tags.extend(own);
    tags
}
