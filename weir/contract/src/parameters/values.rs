//! Checks the values of parameters against the types and ranges that the detector describes.

use serde_json::{Map, Value as Json};

use crate::{Parameter, ParameterType, Rule};
use weir_common::escape::{escape, shorten};
use weir_common::moment::read_time;

/// Characters of a value that a message shows.
const SHOWN: usize = 80;
/// The keys that an exception has in every detector.
const REASON: &str = "reason";
const EXPIRES: &str = "expires";

/// A place, such as `exceptions[2].reason`, and what would be right there.
type Wrong = (String, String);

/// All values that are wrong; parameters that there are none of are passed over.
pub fn wrong_values(parameters: &Map<String, Json>, rule: &Rule) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    for (name, value) in parameters {
        let Some(known) = rule.parameters.iter().find(|known| known.name == *name) else {
            continue;
        };
        match known.kind {
            ParameterType::Exceptions => exceptions(name, value, &mut wrong),
            _ => wrong.extend(scalar(known, value).map(|why| (name.clone(), why))),
        }
    }
    wrong
}

/// Why a value is none for a parameter.
fn scalar(known: &Parameter, value: &Json) -> Option<String> {
    let in_range = |number: f64| {
        known.minimum.is_none_or(|least| number >= least)
            && known.maximum.is_none_or(|most| number <= most)
    };
    let is_integer = value.is_i64() || value.is_u64();
    let number = value.as_f64();
    let (fits, wanted) = match known.kind {
        ParameterType::Boolean => (value.is_boolean(), "true or false".to_owned()),
        ParameterType::Text => (value.is_string(), "text in quotes".to_owned()),
        ParameterType::Integer => (
            is_integer && number.is_some_and(in_range),
            format!("an integer{}", range(known)),
        ),
        ParameterType::Number => (
            number.is_some_and(in_range),
            format!("a number{}", range(known)),
        ),
        ParameterType::Exceptions => return None,
    };
    (!fits).then(|| format!("{} is not {wanted}", shown(value)))
}

fn range(known: &Parameter) -> String {
    match (known.minimum, known.maximum) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(" of at least {least}"),
        (None, Some(most)) => format!(" of at most {most}"),
        (None, None) => String::new(),
    }
}

/// The first thing that is wrong with exceptions, and its place.
pub fn wrong_exceptions(value: &Json) -> Option<Wrong> {
    let mut wrong = Vec::new();
    exceptions("", value, &mut wrong);
    wrong.into_iter().next()
}

/// Looks at what exceptions have in every detector; what they match by is the detector's affair.
fn exceptions(name: &str, value: &Json, wrong: &mut Vec<Wrong>) {
    let Some(list) = value.as_array() else {
        let why = "not an array of exceptions; [] is none";
        wrong.push((name.to_owned(), why.to_owned()));
        return;
    };
    for (at, exception) in list.iter().enumerate() {
        let place = format!("{name}[{at}]");
        let Some(keys) = exception.as_object() else {
            wrong.push((place, "not an object".to_owned()));
            continue;
        };
        match keys.get(REASON) {
            None => wrong.push((
                format!("{place}.{REASON}"),
                "missing; say why the exception was made".to_owned(),
            )),
            Some(Json::String(text)) if !text.trim().is_empty() => {}
            Some(other) => wrong.push((
                format!("{place}.{REASON}"),
                format!("{} is not a text, or an empty one", shown(other)),
            )),
        }
        let is_time = |value: &Json| value.as_str().is_some_and(|text| read_time(text).is_ok());
        if let Some(expires) = keys.get(EXPIRES).filter(|value| !is_time(value)) {
            wrong.push((
                format!("{place}.{EXPIRES}"),
                format!(
                    "{} is not a time such as \"2026-12-31T00:00:00Z\"",
                    shown(expires)
                ),
            ));
        }
        if !keys.keys().any(|key| key != REASON && key != EXPIRES) {
            let why = "it says nothing to match, and would leave out every event";
            wrong.push((place, why.to_owned()));
        }
    }
}

fn shown(value: &Json) -> String {
    shorten(&escape(&value.to_string()), SHOWN)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use serde_json::json;

    use super::*;

    fn parameter(kind: ParameterType, minimum: Option<f64>, maximum: Option<f64>) -> Parameter {
        Parameter {
            name: "p".to_owned(),
            kind,
            default_value: String::new(),
            minimum,
            maximum,
            summary: String::new(),
        }
    }

    #[test]
    fn a_value_is_of_its_type_and_in_its_range() {
        let integer = parameter(ParameterType::Integer, Some(1.0), Some(10.0));
        let number = parameter(ParameterType::Number, Some(0.0), None);
        let text = parameter(ParameterType::Text, None, None);
        let boolean = parameter(ParameterType::Boolean, None, None);
        for (known, good, bad) in [
            (
                &integer,
                vec![json!(1), json!(10)],
                vec![json!(0), json!(11), json!(1.0), json!("1"), json!(null)],
            ),
            (
                &number,
                vec![json!(0), json!(0.5), json!(u64::MAX)],
                vec![json!(-0.1), json!("0.5"), json!([1]), json!(true)],
            ),
            (&text, vec![json!("")], vec![json!(1), json!({})]),
            (&boolean, vec![json!(true)], vec![json!("true"), json!(1)]),
        ] {
            for value in good {
                assert_eq!(scalar(known, &value), None, "{value}");
            }
            for value in bad {
                assert!(scalar(known, &value).is_some(), "{:?} {value}", known.kind);
            }
        }
        assert_eq!(
            scalar(&integer, &json!(11)).unwrap(),
            "11 is not an integer from 1 to 10"
        );
        assert_eq!(
            scalar(&number, &json!(-1)).unwrap(),
            "-1 is not a number of at least 0"
        );
    }

    #[test]
    fn an_exception_says_why_what_and_until_when() {
        let look = |value: Json| {
            let mut wrong = Vec::new();
            exceptions("e", &value, &mut wrong);
            let places = wrong.into_iter().map(|(place, _)| place);
            places.collect::<Vec<_>>()
        };
        let good = json!([{"reason": "r", "user": "u", "expires": "2026-12-31T00:00:00Z"}]);
        assert!(look(good).is_empty());
        assert_eq!(look(json!({})), ["e"]);
        assert_eq!(look(json!([1])), ["e[0]"]);
        assert_eq!(look(json!([{"user": "u"}])), ["e[0].reason"]);
        assert_eq!(look(json!([{"reason": " ", "user": "u"}])), ["e[0].reason"]);
        assert_eq!(look(json!([{"reason": "r"}])), ["e[0]"]);
        assert_eq!(
            look(json!([{"reason": "r", "user": "u", "expires": "soon"}])),
            ["e[0].expires"]
        );
    }
}
