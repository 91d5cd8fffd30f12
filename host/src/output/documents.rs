//! Alerts as text that machines read.

use super::{EcsRenderer, OcsfRenderer, bulk};
use crate::contract::{Alert, Rule};

/// A form of alerts for machines, of one rule.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Documents {
    /// One document of the Elastic Common Schema a line.
    Ecs(Box<EcsRenderer>),
    /// One finding of the Open Cybersecurity Schema Framework a line.
    Ocsf(Box<OcsfRenderer>),
    /// Two lines of a bulk request: what is to be done, and the document.
    Bulk(Box<EcsRenderer>),
}

impl Documents {
    /// Documents of the Elastic Common Schema.
    #[must_use]
    pub fn ecs(rule: &Rule) -> Self {
        Self::Ecs(Box::new(EcsRenderer::new(rule)))
    }

    /// Findings of the Open Cybersecurity Schema Framework.
    #[must_use]
    pub fn ocsf(rule: &Rule) -> Self {
        Self::Ocsf(Box::new(OcsfRenderer::new(rule)))
    }

    /// Lines of a bulk request.
    #[must_use]
    pub fn bulk(rule: &Rule) -> Self {
        Self::Bulk(Box::new(EcsRenderer::new(rule)))
    }

    /// An alert's text, without the last line's end.
    #[must_use]
    pub fn text(&self, alert: &Alert) -> String {
        match self {
            Self::Ecs(ecs) => ecs.line(alert),
            Self::Ocsf(ocsf) => ocsf.line(alert),
            Self::Bulk(ecs) => {
                let mut text = bulk::action(&alert.id, u64::from(alert.revision));
                text.push('\n');
                text.push_str(&ecs.line(alert));
                text
            }
        }
    }
}
