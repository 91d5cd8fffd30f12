//! The law of limits: the largest input that the host hands over, and parameters outside of what is
//! described.

use weir_host::contract::ParameterType;
use weir_host::error::Error;
use weir_schedule::shrink::Tried;
use weir_schedule::{Call, Random, Schedule};

use crate::attempt::{Judged, run_or_broken};
use crate::law::Draw;
use crate::subject::Subject;

/// A parameter that no rule has.
const UNKNOWN: &str = "no_such_parameter";
/// Lines without a document.
const EMPTY: usize = 10_000;

pub(super) fn draw(of: &Draw<'_>, _: &mut Random) -> Result<Option<Tried>, Error> {
    let limits = of.subject.sandbox.limits();
    let lines = &of.events.all;
    let (lines, schedule) = match of.round {
        0 => (Vec::new(), settings(of.subject)),
        // As many lines as fit into a batch, again and again.
        1 => {
            let mut left = limits.batch_bytes();
            let mut batch = Vec::new();
            for (at, line) in lines.iter().enumerate().cycle() {
                let size = line.len() + 1;
                if size > left || batch.len() >= 1 << 20 {
                    break;
                }
                left -= size;
                batch.push(at);
            }
            (lines.clone(), [Call::push(0, batch)].into_iter().collect())
        }
        2 => match lines
            .iter()
            .find_map(|line| padded(line, limits.record_bytes()))
        {
            None => return Ok(None),
            Some(long) => (vec![long], [Call::push(0, [0])].into_iter().collect()),
        },
        3 => {
            let mut lines = lines.clone();
            let first = lines.len();
            lines.resize(first + EMPTY, Vec::new());
            let all = 0..lines.len();
            (lines, [Call::push(0, all)].into_iter().collect())
        }
        _ => return Ok(None),
    };
    Ok(Some(Tried { lines, schedule }))
}

/// A document that is as long as one may be: with a text in front that no reader knows.
fn padded(line: &[u8], size: usize) -> Option<Vec<u8>> {
    let rest = line.trim_ascii().strip_prefix(b"{")?;
    let (front, behind) = (&b"{\"weir_padding\":\""[..], &b"\","[..]);
    let padding = size.checked_sub(front.len() + behind.len() + rest.len() + 1)?;
    let rest = rest.trim_ascii_start();
    if rest.starts_with(b"}") {
        return None;
    }
    Some([front, &vec![b'x'; padding], behind, rest].concat())
}

/// Offers of what must be refused: an unknown parameter, values of other types, and beyond the range.
fn settings(subject: &Subject<'_>) -> Schedule {
    let mut wrong = vec![format!("{UNKNOWN}=1")];
    let rules = subject.rules.iter();
    for known in rules.flat_map(|one| &one.rule.parameters) {
        let name = &known.name;
        match known.kind {
            ParameterType::Boolean => wrong.push(format!("{name}=17")),
            ParameterType::Text => wrong.push(format!("{name}=17")),
            ParameterType::Exceptions => wrong.push(format!("{name}=true")),
            ParameterType::Integer | ParameterType::Number => {
                wrong.push(format!("{name}=\"many\""));
                wrong.extend(known.maximum.map(|most| format!("{name}={}", most + 1.0)));
                wrong.extend(known.minimum.map(|least| format!("{name}={}", least - 1.0)));
                if known.kind == ParameterType::Integer {
                    let between = known.minimum.unwrap_or(0.0) + 0.5;
                    wrong.push(format!("{name}={between}"));
                }
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    wrong
        .into_iter()
        .map(|setting| Call::Misconfigure { set: vec![setting] })
        .collect()
}

pub(super) fn judge(subject: &Subject<'_>, tried: &Tried) -> Result<Judged, Error> {
    let run = run_or_broken!(subject, tried);
    Ok(Judged::of(run.taken_settings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_padded_to_the_byte() {
        let long = padded(br#"{"a":1}"#, 1000).unwrap();
        assert_eq!(long.len(), 1000 - 1);
        let read: serde_json::Value = serde_json::from_slice(&long).unwrap();
        assert_eq!(read["a"], 1);
        assert!(padded(b"17", 1000).is_none() && padded(b"{}", 1000).is_none());
    }
}
