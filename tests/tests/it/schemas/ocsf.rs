//! The Open Cybersecurity Schema Framework, as far as findings are made of it: what its schema
//! requires, allows and refuses. JSON Schema cannot say all of it (profiles, captions beside
//! their ids), so it is checked here.

use std::net::IpAddr;

use serde_json::{Map, Value as Json};
use weir_common::time::iso;

/// The schema, cut out by `tests/schema/ocsf.py`.
pub(crate) struct Schema(Json);

impl Schema {
    pub(crate) fn read() -> Self {
        let text = include_str!("../../../schema/ocsf-1.8.0.json");
        Self(serde_json::from_str(text).unwrap())
    }

    /// All that is wrong with a finding.
    pub(crate) fn problems(&self, finding: &Json) -> Vec<String> {
        let profiles = finding["metadata"]["profiles"].as_array();
        let mut check = Check {
            schema: &self.0,
            profiles: profiles.map(Vec::as_slice).unwrap_or_default(),
            wrong: Vec::new(),
        };
        check.object("", &self.0["class"], finding);
        for profile in check.profiles {
            check.holds("metadata.profiles", listed(&self.0["profiles"], profile));
        }
        check.holds(
            "metadata.version",
            finding["metadata"]["version"] == self.0["version"],
        );
        let number = |name: &str| finding[name].as_i64().unwrap_or_default();
        let type_uid = number("class_uid") * 100 + number("activity_id");
        check.holds("type_uid", number("type_uid") == type_uid);
        check.wrong
    }
}

fn listed(list: &Json, value: &Json) -> bool {
    list.as_array().is_some_and(|list| list.contains(value))
}

struct Check<'a> {
    schema: &'a Json,
    profiles: &'a [Json],
    wrong: Vec<String>,
}

impl Check<'_> {
    fn holds(&mut self, path: &str, holds: bool) {
        if !holds {
            self.wrong.push(format!("{path}: not as the schema has it"));
        }
    }

    /// An object against the attributes and constraints of its kind.
    fn object(&mut self, path: &str, kind: &Json, value: &Json) {
        let Some(object) = value.as_object() else {
            return self.wrong.push(format!("{path}: no object"));
        };
        let attributes = kind["attributes"].as_object().unwrap();
        for (name, value) in object {
            let path = format!("{path}.{name}");
            match attributes.get(name).filter(|it| self.applies(it)) {
                Some(attribute) => self.attribute(&path, attribute, object, value),
                None => self.wrong.push(format!("{path}: unknown")),
            }
        }
        for (name, attribute) in attributes {
            let required = attribute["requirement"] == "required" && self.applies(attribute);
            if required && !object.contains_key(name) {
                self.wrong.push(format!("{path}.{name}: missing"));
            }
        }
        if let Some(names) = kind["constraints"]["at_least_one"].as_array() {
            let mut names = names.iter().filter_map(Json::as_str);
            self.holds(path, names.any(|name| object.contains_key(name)));
        }
    }

    /// Whether an attribute is of no profile, or of one that the finding names.
    fn applies(&self, attribute: &Json) -> bool {
        attribute["profile"].is_null() || self.profiles.contains(&attribute["profile"])
    }

    fn attribute(
        &mut self,
        path: &str,
        attribute: &Json,
        beside: &Map<String, Json>,
        value: &Json,
    ) {
        if attribute["is_array"] == true {
            let Some(values) = value.as_array() else {
                return self.wrong.push(format!("{path}: no list"));
            };
            self.holds(path, !values.is_empty());
            for (at, value) in values.iter().enumerate() {
                self.value(&format!("{path}[{at}]"), attribute, value);
            }
        } else {
            self.value(path, attribute, value);
        }
        // A value that has a name must have the name of that value beside it.
        if let Some(captions) = attribute["enum"].as_object() {
            let key = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            let caption = captions.get(&key);
            self.holds(path, caption.is_some());
            let sibling = attribute["sibling"]
                .as_str()
                .and_then(|name| beside.get(name));
            self.holds(path, key == "99" || sibling.is_none() || sibling == caption);
        }
        // A time that is there as text, too, is the same time.
        let name = path.rsplit('.').next().unwrap_or_default();
        if let (Some(text), Some(time)) = (beside.get(&format!("{name}_dt")), value.as_i64()) {
            self.holds(path, *text == iso(time));
        }
    }

    /// A single value against its type: an object's, or a plain one.
    fn value(&mut self, path: &str, attribute: &Json, value: &Json) {
        let kind = attribute["type"].as_str().unwrap();
        if let Some(object) = self.schema["objects"].get(kind) {
            return self.object(path, object, value);
        }
        if kind == "object" {
            return self.holds(path, value.is_object());
        }
        let Some(plain) = self.schema["types"].get(kind) else {
            return self
                .wrong
                .push(format!("{path}: {kind} is not in the copy of the schema"));
        };
        let text = value.as_str();
        let fits = match plain["type"].as_str().unwrap_or(kind) {
            "string_t" => text.is_some_and(|text| !text.is_empty()),
            "integer_t" | "long_t" => value.is_i64(),
            "float_t" => value.is_number(),
            "boolean_t" => value.is_boolean(),
            "json_t" => true,
            other => panic!("{path}: a type {other}"),
        };
        self.holds(path, fits);
        let longest = plain["max_len"].as_u64().unwrap_or(u64::MAX);
        self.holds(path, text.is_none_or(|text| text.len() as u64 <= longest));
        if let Some([low, high]) = plain["range"].as_array().map(Vec::as_slice) {
            let (low, high) = (low.as_i64().unwrap(), high.as_i64().unwrap());
            self.holds(
                path,
                value.as_i64().is_some_and(|n| (low..=high).contains(&n)),
            );
        }
        match (kind, text) {
            ("ip_t", Some(text)) => self.holds(path, text.parse::<IpAddr>().is_ok()),
            ("datetime_t", Some(text)) => {
                let digits = |c: char| if c.is_ascii_digit() { '0' } else { c };
                let shape: String = text.chars().map(digits).collect();
                self.holds(path, shape == "0000-00-00T00:00:00.000Z");
            }
            ("email_t", Some(text)) => self.holds(path, text.contains('@')),
            _ => {}
        }
    }
}
