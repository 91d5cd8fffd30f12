//! All rules on Azure AD Graph activity logs, over one reading of them.
#![cfg_attr(not(feature = "component"), forbid(unsafe_code))]
#![cfg_attr(
    feature = "component",
    allow(unsafe_code, reason = "the component's functions are exported by name")
)]

#[cfg(test)]
mod tests;

use aadgraph::log::AadGraph;
use enumeration::Enumeration;
use first_client::FirstClient;
use first_network::FirstNetwork;
use high_4xx::High4xx;
use suspicious_agent::SuspiciousAgent;
use weir_detector::definition::RuleOn;
use weir_detector::detector::Detector;
use weir_detector::model::{Problem, RuleConfiguration};

/// The rules, as the component has them.
#[must_use]
pub fn rules() -> Vec<Box<RuleOn<AadGraph>>> {
    vec![
        Box::new(High4xx),
        Box::new(Enumeration::default()),
        Box::new(SuspiciousAgent::default()),
        Box::new(FirstClient::default()),
        Box::new(FirstNetwork::default()),
    ]
}

/// The configurations of rules by their short names, each with a JSON object of parameters.
#[must_use]
pub fn configured(wanted: &[(&str, &str)]) -> Vec<RuleConfiguration> {
    let infos: Vec<_> = { rules().into_iter() }
        .map(|rule| rule.definition().info)
        .collect();
    let one = |(name, parameters): &(&str, &str)| {
        let found = infos.iter().find(|info| info.short_name == *name);
        RuleConfiguration {
            rule: found.map_or(*name, |info| info.id).to_owned(),
            parameters: (*parameters).to_owned(),
        }
    };
    wanted.iter().map(one).collect()
}

/// Opens a detector on rules by their short names, each with a JSON object of parameters.
///
/// # Errors
/// Every problem of the configurations, each naming its rule and key.
pub fn open(wanted: &[(&str, &str)], seed: (u64, u64)) -> Result<Detector<AadGraph>, Vec<Problem>> {
    Detector::open(rules(), &configured(wanted), seed)
}

#[cfg(feature = "component")]
weir_detector::export!(AadGraph: High4xx, Enumeration::default(), SuspiciousAgent::default(), FirstClient::default(), FirstNetwork::default());
