//! Makes many documents of a few: the same but for values that may be anything.

use serde_json::Value as Json;

use weir_host::error::Error;

use crate::subject::Subject;

/// Most documents that are varied.
const TEMPLATES: usize = 8;
/// Most texts of one document that are tried.
const FIELDS: usize = 64;

/// A document with the places of the texts in it that may be varied.
pub(super) struct Template {
    document: Json,
    free: Vec<Vec<Step>>,
}

/// A step from a value to one inside it.
#[derive(Clone)]
enum Step {
    Key(String),
    Index(usize),
}

impl Template {
    /// The document with one place that may be varied.
    fn alone(&self, path: Vec<Step>) -> Self {
        Self {
            document: self.document.clone(),
            free: vec![path],
        }
    }

    /// The variant of a number.
    pub(super) fn variant(&self, number: usize) -> Vec<u8> {
        let mut document = self.document.clone();
        for path in &self.free {
            vary(&mut document, path, number);
        }
        document.to_string().into_bytes()
    }
}

/// Templates out of lines: a text is free where the component counts a document in which it is
/// another one, alone or with those that are free already, as a further document.
pub(super) fn templates(subject: &Subject<'_>, lines: &[Vec<u8>]) -> Result<Vec<Template>, Error> {
    let every = lines.len().div_ceil(TEMPLATES).max(1);
    let mut found = Vec::new();
    for line in lines.iter().step_by(every) {
        let Ok(document @ Json::Object(_)) = serde_json::from_slice(line) else {
            continue;
        };
        let mut texts = Vec::new();
        paths(&document, &mut Vec::new(), &mut texts);
        // First what makes a document another one, such as its id; then what may vary with it.
        let (mut template, mut rest) = (
            Template {
                document,
                free: Vec::new(),
            },
            Vec::new(),
        );
        for path in texts.into_iter().take(FIELDS) {
            match counts(subject, &template.alone(path.clone()))? {
                true => template.free.push(path),
                false => rest.push(path),
            }
        }
        for path in rest {
            template.free.push(path);
            if !counts(subject, &template)? {
                template.free.pop();
            }
        }
        if !template.free.is_empty() && counts(subject, &template)? {
            found.push(template);
        }
    }
    Ok(found)
}

/// Whether variants are counted, each as a document of its own.
fn counts(subject: &Subject<'_>, template: &Template) -> Result<bool, Error> {
    let mut batch = Vec::new();
    for number in [1, 77_777] {
        batch.extend(template.variant(number));
        batch.push(b'\n');
    }
    match subject.open(&[], None)?.push(&batch) {
        Ok(outcome) => Ok(outcome.counted == 2),
        Err(Error::Trapped { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The places of all texts.
fn paths(value: &Json, at: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
    match value {
        Json::String(text) if !text.is_empty() => found.push(at.clone()),
        Json::Array(list) => {
            for (index, one) in list.iter().enumerate() {
                at.push(Step::Index(index));
                paths(one, at, found);
                at.pop();
            }
        }
        Json::Object(fields) => {
            for (name, one) in fields {
                at.push(Step::Key(name.clone()));
                paths(one, at, found);
                at.pop();
            }
        }
        _ => {}
    }
}

fn vary(document: &mut Json, path: &[Step], number: usize) {
    let mut value = document;
    for step in path {
        let inner = match step {
            Step::Key(name) => value.get_mut(name.as_str()),
            Step::Index(index) => value.get_mut(*index),
        };
        let Some(inner) = inner else { return };
        value = inner;
    }
    if let Json::String(text) = value {
        *text = varied(text, number);
    }
}

/// A text of the same kind: an address stays one, and so does an identifier or a time's date.
fn varied(text: &str, number: usize) -> String {
    let [_, a, b, c] = u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
    if text.parse::<std::net::Ipv4Addr>().is_ok() {
        return format!("10.{a}.{b}.{c}");
    }
    let digits = format!("{number:08x}");
    let tail = text.get(text.len().saturating_sub(8)..).unwrap_or_default();
    let is_hex = tail.len() == 8 && tail.bytes().all(|byte| byte.is_ascii_hexdigit());
    match text.get(..text.len().saturating_sub(8)) {
        Some(front) if is_hex => format!("{front}{digits}"),
        _ => format!("{text}-{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_of_its_kind() {
        assert_eq!(varied("192.0.2.7", 77_777), "10.1.47.209");
        assert_eq!(
            varied("5c4f0000-0000-4000-8000-0123456789ab", 255),
            "5c4f0000-0000-4000-8000-0123000000ff"
        );
        assert_eq!(varied("curl/8", 3), "curl/8-3");
        assert_ne!(varied("curl/8", 3), varied("curl/8", 4));
    }

    #[test]
    fn texts_are_found_wherever_they_stand_and_varied_there_only() {
        let document: Json =
            serde_json::from_str(r#"{"a":"x","b":{"c":["y",1,{"d":"z"}]},"e":""}"#).unwrap();
        let mut found = Vec::new();
        paths(&document, &mut Vec::new(), &mut found);
        assert_eq!(found.len(), 3);
        let free = found.split_off(1);
        let variant = Template { document, free }.variant(9);
        let variant = String::from_utf8(variant).unwrap();
        assert_eq!(
            variant,
            r#"{"a":"x","b":{"c":["y-9",1,{"d":"z-9"}]},"e":""}"#
        );
    }
}
