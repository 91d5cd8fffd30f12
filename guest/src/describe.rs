//! What is fixed about the rule: its name, gravity and place in ATT&CK.

use crate::asn;
use crate::config::{self, Config};
use crate::event::DATASET;
use crate::model::{Attack, Rule, Severity, Threat};
use crate::rule::CONDITIONS;

/// Identifier of the rule that this detection computes.
pub const RULE_ID: &str = "8cbc7793-9ce4-4b7d-9c20-a30afbde2a05";
/// Version of the rule that this detection computes.
pub const RULE_VERSION: u32 = 1;

/// The rule, as the contract's `describe` gives it.
#[must_use]
pub fn describe() -> Rule {
    Rule {
        id: RULE_ID,
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
            tactic: Attack {
                id: "TA0007",
                name: "Discovery",
                reference: "https://attack.mitre.org/tactics/TA0007/",
            },
            techniques: vec![
                Attack {
                    id: "T1087",
                    name: "Account Discovery",
                    reference: "https://attack.mitre.org/techniques/T1087/",
                },
                Attack {
                    id: "T1526",
                    name: "Cloud Service Discovery",
                    reference: "https://attack.mitre.org/techniques/T1526/",
                },
            ],
            subtechniques: vec![Attack {
                id: "T1087.004",
                name: "Cloud Account",
                reference: "https://attack.mitre.org/techniques/T1087/004/",
            }],
        }],
        window_length: Config::default().window_seconds * 1000,
        data_sets: vec![DATASET],
        parameters: config::parameters(),
        conditions: CONDITIONS.to_vec(),
        tables: vec![asn::TABLE],
    }
}
