//! The metadata and the parameters of the rule.

use weir_detector::config::{ParameterRange, ParameterSpec};
use weir_detector::definition::Info;
use weir_detector::model::{Severity, Threat, attack};

/// Identifier of the rule that this detection computes.
pub const RULE_ID: &str = "8cbc7793-9ce4-4b7d-9c20-a30afbde2a05";
/// Version of the rule that this detection computes.
pub const RULE_VERSION: u32 = 1;

/// Larger than any count that fits in memory, small enough to be exact in a double.
const MAX: u64 = 1_000_000_000;

pub(crate) const PARAMETERS: [ParameterSpec; 4] = [
    ParameterSpec {
        name: "min_total_calls",
        range: ParameterRange::Integer(21, 1, MAX),
        summary: "Fewest calls of a group that can alert; the rule says more than 20.",
    },
    ParameterSpec {
        name: "min_errors",
        range: ParameterRange::Integer(10, 0, MAX),
        summary: "Fewest answers with a 4xx status that can alert.",
    },
    ParameterSpec {
        name: "min_error_rate",
        range: ParameterRange::Number(0.4, 0.0, 1.0),
        summary: "Smallest 4xx ratio that can alert, compared after rounding to two decimals.",
    },
    ParameterSpec {
        name: "min_url_paths",
        range: ParameterRange::Integer(15, 0, MAX),
        summary: "Fewest distinct url.path values, over all calls, that can alert.",
    },
];

pub(crate) const SAMPLE_PATHS: ParameterSpec = ParameterSpec {
    name: "max_sample_paths",
    range: ParameterRange::Integer(25, 0, 10_000),
    summary: "Most paths in Esql.sample_paths; the first seen are kept and truncation is marked.",
};

pub(crate) const EXACT_PATHS: ParameterSpec = ParameterSpec {
    name: "exact_paths",
    range: ParameterRange::Integer(4096, 16, 65_536),
    summary: "Distinct paths are counted exactly up to this many, and estimated above.",
};

/// Labels of the parts of the key and of alert fields.
pub(crate) const LABELS: [(&str, &str); 17] = [
    ("user.id", "User"),
    ("source.as.number", "Network"),
    ("Esql.time_window", "Window"),
    ("Esql.total_calls", "Calls"),
    ("Esql.errors", "4xx"),
    ("Esql.error_rate", "4xx ratio"),
    ("Esql.url_path_count", "Distinct paths"),
    ("Esql.azure_tenants", "Tenants"),
    ("Esql.api_versions", "API versions"),
    ("Esql.app_ids", "Applications"),
    ("Esql.source_ips", "Addresses"),
    ("Esql.source_asn_name", "Network names"),
    ("Esql.user_agents", "User agents"),
    ("Esql.first_seen", "First call"),
    ("Esql.last_seen", "Last call"),
    ("Esql.sample_paths", "Paths with 4xx"),
    ("source.ip", "Addresses"),
];

pub(crate) fn info() -> Info {
    Info {
        id: RULE_ID,
        short_name: "high-4xx",
        name: "Azure AD Graph High 4xx Error Ratio from User",
        version: RULE_VERSION,
        description: "One identity called many different Azure AD Graph paths from one network \
            within a window, and a large part of the calls was answered with 4xx: the trail that \
            directory reconnaissance tools leave when they walk endpoints which they may not read.",
        references: vec!["https://learn.microsoft.com/en-us/graph/migrate-azure-ad-graph-overview"],
        severity: Severity::Medium,
        risk_score: 47,
        tags: vec![
            "Data Source: Azure AD Graph Activity Logs",
            "Domain: Cloud",
            "Domain: Identity",
            "Tactic: Discovery",
        ],
        event_category: vec!["iam"],
        event_type: vec!["info"],
        threats: vec![Threat {
            tactic: attack(
                "TA0007",
                "Discovery",
                "https://attack.mitre.org/tactics/TA0007/",
            ),
            techniques: vec![
                attack(
                    "T1087",
                    "Account Discovery",
                    "https://attack.mitre.org/techniques/T1087/",
                ),
                attack(
                    "T1526",
                    "Cloud Service Discovery",
                    "https://attack.mitre.org/techniques/T1526/",
                ),
            ],
            subtechniques: vec![attack(
                "T1087.004",
                "Cloud Account",
                "https://attack.mitre.org/techniques/T1087/004/",
            )],
        }],
    }
}
