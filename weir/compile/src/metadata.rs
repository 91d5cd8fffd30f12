//! A rule's name, texts, severity and techniques.

use crate::node::Node;
use crate::reason::Reason;
use crate::rule::place;
use weir_compiled::format::{AttackSpec, RuleSpec, ThreatSpec};
use weir_detector::judgement::Judgement;
use weir_detector::program::{Builder, Constant};

/// Longest short name.
const LONGEST: usize = 64;

/// Severities, in order.
pub(crate) const SEVERITIES: [&str; 4] = ["low", "medium", "high", "critical"];

/// Reads what a rule says of itself; the rest is still to be filled in.
pub(crate) fn read(rule: &Node, reasons: &mut Vec<Reason>) -> Option<RuleSpec> {
    let mut reader = Reader { rule, reasons };
    let (id, name) = (reader.needed("rule_id"), reader.needed("name"));
    let description = reader.text("description").unwrap_or_default();
    let severity = reader.severity();
    let risk_score = reader.count("risk_score", 100).unwrap_or_default();
    let version = reader.count("version", u32::MAX.into()).unwrap_or(1).max(1);
    let [references, tags, indexes] =
        ["references", "tags", "index"].map(|name| reader.texts(name));
    let threats = reader.threats();
    let (id, name) = (id?, name?);
    let filter = Builder::default().constant(Constant::Boolean(false));
    Some(RuleSpec {
        short_name: short_name(&name),
        id,
        name,
        version: u32::try_from(version).unwrap_or(u32::MAX),
        description,
        references,
        severity: severity?,
        risk_score: u8::try_from(risk_score).unwrap_or_default(),
        tags,
        threats,
        indexes,
        judgement: Judgement::Each {
            suppress_seconds: 0,
        },
        parameters: Vec::new(),
        filter: filter.build().ok()?,
        key: Vec::new(),
        columns: Vec::new(),
        conditions: Vec::new(),
        fields: Vec::new(),
    })
}

/// A name for a command line: lower-case letters, digits and hyphens.
#[must_use]
pub fn short_name(name: &str) -> String {
    let mut short = String::new();
    for c in name.chars() {
        let c = c.to_ascii_lowercase();
        if c.is_ascii_alphanumeric() {
            short.push(c);
        } else if !short.is_empty() && !short.ends_with('-') {
            short.push('-');
        }
    }
    if !short.starts_with(|c: char| c.is_ascii_lowercase()) {
        short.insert_str(0, "rule-");
    }
    short.truncate(LONGEST);
    short.truncate(short.trim_end_matches('-').len());
    short
}

struct Reader<'r> {
    rule: &'r Node,
    reasons: &'r mut Vec<Reason>,
}

impl Reader<'_> {
    fn wrong(&mut self, name: &str, code: &'static str, message: String) {
        self.reasons
            .push(Reason::new(code, place(self.rule, name), message));
    }

    fn text(&mut self, name: &str) -> Option<String> {
        let read = self.rule.get(name)?.as_text(name);
        let text = read.map_err(|reason| self.reasons.push(reason)).ok()?;
        // Long ones go on over several lines.
        let words: Vec<&str> = text.split_whitespace().collect();
        Some(words.join(" "))
    }

    fn needed(&mut self, name: &str) -> Option<String> {
        let before = self.reasons.len();
        let text = self.text(name).filter(|text| !text.is_empty());
        if text.is_none() && self.reasons.len() == before {
            self.wrong(name, "missing-key", format!("the rule has no `{name}`"));
        }
        text
    }

    fn texts(&mut self, name: &str) -> Vec<String> {
        let Some(node) = self.rule.get(name) else {
            return Vec::new();
        };
        match node.as_texts(name) {
            Ok(texts) => { texts.into_iter() }
                .filter(|text| !text.trim().is_empty())
                .collect(),
            Err(reason) => {
                self.reasons.push(reason);
                Vec::new()
            }
        }
    }

    fn count(&mut self, name: &str, most: u64) -> Option<u64> {
        let count = self.rule.get(name)?.as_count(name);
        let count = count.map_err(|reason| self.reasons.push(reason)).ok()?;
        if count > most {
            self.wrong(name, "wrong-value", format!("`{name}` is more than {most}"));
        }
        Some(count)
    }

    fn severity(&mut self) -> Option<u8> {
        let text = self.needed("severity")?;
        let at = SEVERITIES.iter().position(|known| *known == text);
        if at.is_none() {
            let known = SEVERITIES.join(", ");
            self.wrong(
                "severity",
                "wrong-value",
                format!("`{text}` is none of {known}"),
            );
        }
        at.and_then(|at| u8::try_from(at).ok())
    }

    fn threats(&mut self) -> Vec<ThreatSpec> {
        let nodes = self
            .rule
            .get("threat")
            .map(Node::elements)
            .unwrap_or_default();
        let mut threats = Vec::new();
        for node in nodes {
            let list = |of: &Node, name: &str| -> Option<Vec<AttackSpec>> {
                let nodes = of.get(name).map(Node::elements).unwrap_or_default();
                nodes.iter().map(attack).collect()
            };
            let techniques = node
                .get("technique")
                .map(Node::elements)
                .unwrap_or_default();
            let below: Option<Vec<Vec<AttackSpec>>> = { techniques.iter() }
                .map(|technique| list(technique, "subtechnique"))
                .collect();
            let tactic = node.get("tactic").and_then(attack);
            match (tactic, list(node, "technique"), below) {
                (Some(tactic), Some(techniques), Some(below)) => threats.push(ThreatSpec {
                    tactic,
                    techniques,
                    subtechniques: below.concat(),
                }),
                _ => self.reasons.push(Reason::new(
                    "wrong-value",
                    node.span.clone(),
                    "a tactic or technique lacks its `id`, `name` or `reference`",
                )),
            }
        }
        threats
    }
}

fn attack(node: &Node) -> Option<AttackSpec> {
    let text = |name| node.get(name)?.text().filter(|text| !text.is_empty());
    Some(AttackSpec {
        id: text("id")?.to_owned(),
        name: text("name")?.to_owned(),
        reference: text("reference")?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_letters_digits_and_hyphens() {
        for (name, short) in [
            ("Azure AD: Sign-in (new)", "azure-ad-sign-in-new"),
            ("3CX *", "rule-3cx"),
            ("é", "rule"),
        ] {
            assert_eq!(short_name(name), short);
        }
        assert_eq!(short_name(&"a ".repeat(40)).len(), 63);
    }
}
