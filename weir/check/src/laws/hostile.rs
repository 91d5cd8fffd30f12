//! The law of hostile bytes: lines that are no documents, and documents that are damaged or strange.

use weir_host::contract::Counts;
use weir_host::error::Error;
use weir_schedule::shrink::Tried;
use weir_schedule::{Call, Random, draw};

use crate::attempt::{Judged, plain, run_or_broken, run_or_unfit};
use crate::compare::of_standing;
use crate::law::{Draw, most};
use crate::subject::Subject;

/// Levels of nesting, and characters of long texts and numbers.
const MANY: usize = 5_000;

pub(super) fn draw(of: &Draw<'_>, random: &mut Random) -> Result<Option<Tried>, Error> {
    let mut lines = Vec::new();
    for line in &of.events.all {
        while random.below(3) == 0 {
            lines.push(hostile(line, random));
        }
        lines.push(line.clone());
    }
    if of.round == 0 {
        lines.extend((0..STRANGE.len()).map(strange));
    }
    let all: Vec<usize> = (0..lines.len()).collect();
    let most = most(&lines, of.subject.sandbox.limits()).min(20);
    let pushes = draw::batches(0, &all, most, &mut |n| random.below(n));
    let take = |_: &mut draw::Choose<'_>| Call::Take {
        instance: 0,
        max: None,
    };
    let calls = draw::among(pushes, 4, &mut |n| random.below(n), take);
    Ok(Some(Tried {
        lines,
        schedule: calls.into_iter().collect(),
    }))
}

pub(super) fn judge(subject: &Subject<'_>, tried: &Tried) -> Result<Judged, Error> {
    let found = run_or_broken!(subject, tried);
    let singly = run_or_unfit!(subject, &tried.lines, &plain(tried.lines.len()));
    let is_heeded = |counts: &Counts| counts.documents() > counts.malformed + counts.other_data_set;
    let heeded: Vec<bool> = singly.outcomes.iter().map(is_heeded).collect();
    let lines = tried
        .lines
        .iter()
        .zip(&heeded)
        .filter(|(_, heeded)| **heeded);
    let lines: Vec<Vec<u8>> = lines.map(|(line, _)| line.clone()).collect();
    let wanted = run_or_unfit!(subject, &lines, &tried.schedule.keep_lines(&heeded));
    // A document that is not wanted may move time, so that others come too late.
    if wanted.out_of_time() != found.out_of_time() {
        return Ok(Judged::unfit("a document that is not counted moved time"));
    }
    Ok(Judged::of(of_standing(&wanted.alerts, &found.alerts)))
}

/// A line that is hostile, made of an honest one or of nothing.
fn hostile(line: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = line.to_vec();
    let at = random.below(bytes.len().max(1));
    match random.below(8) {
        0 => bytes.truncate(at),
        1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        2 => {
            let to = (at + random.below(20)).min(bytes.len());
            bytes.drain(at..to);
        }
        3 => bytes = in_place_of_a_value(line, random),
        4 => bytes
            .splice(
                at..at,
                [0, 0xff, 0xfe, b'\\', b'"']
                    .into_iter()
                    .take(1 + random.below(5)),
            )
            .for_each(drop),
        5 => bytes.extend_from_slice(line),
        _ => bytes = strange(random.below(STRANGE.len())),
    }
    // Only as many lines as it says.
    bytes.retain(|byte| *byte != b'\n');
    bytes
}

/// The line with one of its values replaced.
fn in_place_of_a_value(line: &[u8], random: &mut Random) -> Vec<u8> {
    let colons: Vec<usize> = line
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b':')
        .map(|(at, _)| at + 1)
        .collect();
    let Some(start) = colons.get(random.below(colons.len())).copied() else {
        return strange(0);
    };
    let (before, behind) = line.split_at(start);
    let end = behind
        .iter()
        .position(|byte| matches!(byte, b',' | b'}'))
        .unwrap_or(behind.len());
    let value = strange(random.below(STRANGE.len()));
    [before, &value, behind.get(end..).unwrap_or_default()].concat()
}

/// Lines and values that a reader may stumble over. `@` stands for many of what is before it.
const STRANGE: [&[u8]; 34] = [
    b"",
    b" \t\r",
    b"no JSON",
    b"{",
    b"{\"a\":1}}",
    b"[1,",
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{}",
    b"\xc0\x80",
    b"\"\xed\xa0\x80\"",
    b"{\"a\":\"\\ud800\"}",
    b"\"\\u0000\"",
    b"\"\\",
    b"\0",
    b"null",
    b"true",
    b"-0",
    b"17",
    b"1e999",
    b"-1e-999",
    b"18446744073709551616",
    b"\"x\"",
    b"[]",
    b"{}",
    b"{\"\":{}}",
    b"{\"a\":1,\"a\":2}",
    b"[[],[{}],[[[]]]]",
    b"{\"records\":[{\"records\":[{}]}]}",
    b"[@",
    b"{\"a\":@",
    b"9@",
    b"\"x@\"",
    b"\xe2\x80\xae",
    b"0001-01-01T00:00:00Z",
];

/// One of them, what is in front of an `@` repeated.
fn strange(number: usize) -> Vec<u8> {
    let text = STRANGE.get(number).copied().unwrap_or_default();
    match text
        .split(|byte| *byte == b'@')
        .collect::<Vec<_>>()
        .as_slice()
    {
        [front, behind] => {
            let quoted = front.first() == Some(&b'"');
            let (start, repeated) = front.split_at(usize::from(quoted));
            [start, &repeated.repeat(MANY), behind].concat()
        }
        _ => text.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hostile_is_one_line_and_the_same_for_a_seed() {
        let line = br#"{"a":"b","c":{"d":1}}"#;
        for seed in 0..500 {
            let bytes = hostile(line, &mut Random::new(seed));
            assert!(!bytes.contains(&b'\n'));
            assert_eq!(bytes, hostile(line, &mut Random::new(seed)));
        }
        assert_eq!(strange(28).len(), MANY);
        assert_eq!(strange(31).len(), MANY + 2);
    }
}
