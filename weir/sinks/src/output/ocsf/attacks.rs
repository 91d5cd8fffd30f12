//! Techniques that a rule detects, as the schema's list of attacks.

use serde_json::{Map, Value as Json, json};

use weir_host::contract::{Attack, Threat};

/// One entry for each sub-technique and for each technique without one; for a tactic alone where
/// it has neither.
pub(super) fn of(threats: &[Threat]) -> Vec<Json> {
    let mut attacks = Vec::new();
    for threat in threats {
        let tactic = &threat.tactic;
        let mut bare = true;
        for sub in &threat.subtechniques {
            let parent = threat.techniques.iter().find(|it| is_parent(it, sub));
            attacks.push(entry(tactic, parent, Some(sub)));
            bare = false;
        }
        for technique in &threat.techniques {
            if !threat
                .subtechniques
                .iter()
                .any(|sub| is_parent(technique, sub))
            {
                attacks.push(entry(tactic, Some(technique), None));
                bare = false;
            }
        }
        if bare {
            attacks.push(entry(tactic, None, None));
        }
    }
    attacks
}

/// Whether a sub-technique's id extends the technique's: `T1087` and `T1087.004`.
fn is_parent(technique: &Attack, sub: &Attack) -> bool {
    let rest = sub.id.strip_prefix(&technique.id);
    rest.is_some_and(|rest| rest.starts_with('.'))
}

fn entry(tactic: &Attack, technique: Option<&Attack>, sub: Option<&Attack>) -> Json {
    let mut entry = Map::new();
    let nodes = [
        ("tactic", Some(tactic)),
        ("technique", technique),
        ("sub_technique", sub),
    ];
    for (name, node) in nodes {
        if let Some(node) = node {
            let node = json!({"uid": node.id, "name": node.name, "src_url": node.reference});
            entry.insert(name.to_owned(), node);
        }
    }
    Json::Object(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str) -> Attack {
        Attack {
            id: id.to_owned(),
            name: format!("name of {id}"),
            reference: format!("https://attack.example/{id}"),
        }
    }

    fn shown(threat: Threat) -> Vec<String> {
        let show = |entry: &Json| {
            let ids = ["tactic", "technique", "sub_technique"];
            let ids = ids.map(|name| entry[name]["uid"].as_str().unwrap_or("-").to_owned());
            ids.join(" ")
        };
        of(&[threat]).iter().map(show).collect()
    }

    #[test]
    fn each_attack_is_as_narrow_as_the_rule_says() {
        let threat = |techniques: &[&str], subs: &[&str]| Threat {
            tactic: node("TA1"),
            techniques: techniques.iter().map(|id| node(id)).collect(),
            subtechniques: subs.iter().map(|id| node(id)).collect(),
        };
        assert_eq!(shown(threat(&[], &[])), ["TA1 - -"]);
        assert_eq!(
            shown(threat(
                &["T1", "T10", "T2"],
                &["T10.1", "T2.1", "T2.2", "T3.1"]
            )),
            [
                "TA1 T10 T10.1",
                "TA1 T2 T2.1",
                "TA1 T2 T2.2",
                "TA1 - T3.1",
                "TA1 T1 -"
            ]
        );
    }
}
