//! Alerts as text that machines read.

use super::{EcsRenderer, OcsfRenderer, bulk};
use weir_host::contract::{Alert, Rule};

/// A form of alerts for machines, of the rules that it was made for.
#[derive(Debug, Clone)]
pub struct Documents(Vec<(String, Form)>);

/// The form of one rule's alerts.
#[derive(Debug, Clone)]
enum Form {
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
    pub fn ecs(rules: &[Rule]) -> Self {
        Self::new(rules, |rule| Form::Ecs(Box::new(EcsRenderer::new(rule))))
    }

    /// Findings of the Open Cybersecurity Schema Framework.
    #[must_use]
    pub fn ocsf(rules: &[Rule]) -> Self {
        Self::new(rules, |rule| Form::Ocsf(Box::new(OcsfRenderer::new(rule))))
    }

    /// Lines of a bulk request.
    #[must_use]
    pub fn bulk(rules: &[Rule]) -> Self {
        Self::new(rules, |rule| Form::Bulk(Box::new(EcsRenderer::new(rule))))
    }

    fn new(rules: &[Rule], form: impl Fn(&Rule) -> Form) -> Self {
        let forms = rules.iter().map(|rule| (rule.id.clone(), form(rule)));
        Self(forms.collect())
    }

    /// Keeps the form of rules that this one does not know.
    pub fn keep(&mut self, before: Self) {
        let known = |id: &String| self.0.iter().any(|(rule, _)| rule == id);
        let mut gone: Vec<_> = before.0;
        gone.retain(|(id, _)| !known(id));
        self.0.append(&mut gone);
    }

    /// An alert's text, without the last line's end; none of an alert of another rule.
    #[must_use]
    pub fn text(&self, alert: &Alert) -> Option<String> {
        let (_, form) = self.0.iter().find(|(rule, _)| *rule == alert.rule)?;
        Some(match form {
            Form::Ecs(ecs) => ecs.line(alert),
            Form::Ocsf(ocsf) => ocsf.line(alert),
            Form::Bulk(ecs) => {
                let mut text = bulk::action(&alert.id(), u64::from(alert.revision));
                text.push('\n');
                text.push_str(&ecs.line(alert));
                text
            }
        })
    }
}
