//! Finding the document on which a component fails.

use super::journal::Step;
use super::{BatchResult, Documents, Quarantined, Supervisor};
use crate::contract::{Counts, Outcome};
use crate::error::Error;

/// Some lines of a batch.
#[derive(Debug, Clone, Copy)]
struct Part {
    /// Number of the first.
    line: u32,
    from: usize,
    to: usize,
}

impl Supervisor {
    /// Takes a batch on which the component has just failed: whole, in halves, or but for the
    /// documents on which it fails.
    pub(super) fn push_again(
        &mut self,
        batch: &Documents,
        error: Error,
    ) -> Result<BatchResult, Error> {
        self.restart(&error)?;
        // Each further failure goes on from here, if that can be, not from what may be long ago.
        self.save_if_possible()?;
        let text: &[u8] = &batch.bytes;
        let mut taken = BatchResult {
            counts: Counts::default(),
            refused: Vec::new(),
            quarantined: Vec::new(),
            slow: None,
        };
        let mut parts = vec![Part {
            line: 0,
            from: 0,
            to: text.len(),
        }];
        while let Some(part) = parts.pop() {
            let bytes = text.get(part.from..part.to).unwrap_or_default();
            let error = match self.detector.push(bytes) {
                Ok(outcome) => {
                    self.policy.record_success(outcome.documents());
                    self.journal.note(Step::Part(bytes.to_vec()));
                    add(&mut taken, outcome, part);
                    continue;
                }
                Err(error) => error,
            };
            self.restart(&error)?;
            match halves(text, part) {
                Some([first, second]) => parts.extend([second, first]),
                None => {
                    let end = bytes.strip_suffix(b"\n").unwrap_or(bytes);
                    taken.quarantined.push(Quarantined {
                        line: part.line,
                        from: part.from,
                        to: part.from + end.len(),
                        reason: error.to_string(),
                    });
                }
            }
        }
        self.policy.record_batch_end();
        Ok(taken)
    }
}

/// Cuts a part in two behind the line's end that is nearest to its middle from below, or else
/// from above; none when it is one line.
fn halves(text: &[u8], part: Part) -> Option<[Part; 2]> {
    let bytes = text.get(part.from..part.to)?;
    let middle = bytes.len() / 2;
    let (lower, upper) = bytes.split_at(middle);
    let cut = match memchr::memrchr(b'\n', lower) {
        Some(at) => at + 1,
        None => middle + memchr::memchr(b'\n', upper)? + 1,
    };
    if cut == bytes.len() {
        return None;
    }
    let at = part.from + cut;
    let lines = memchr::memchr_iter(b'\n', &bytes[..cut]).count();
    Some([
        Part { to: at, ..part },
        Part {
            line: part
                .line
                .saturating_add(u32::try_from(lines).unwrap_or(u32::MAX)),
            from: at,
            to: part.to,
        },
    ])
}

/// Adds what became of a part to what became of the batch.
fn add(all: &mut BatchResult, of_part: Outcome, part: Part) {
    all.counts += of_part.counts();
    let offset = u32::try_from(part.from).unwrap_or(u32::MAX);
    // The numbers are the component's word and may be anything.
    all.refused
        .extend(of_part.refused.into_iter().map(|mut refusal| {
            refusal.line = refusal.line.saturating_add(part.line);
            refusal.offset = refusal.offset.saturating_add(offset);
            refusal
        }));
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn halving_ends_at_single_lines_which_make_up_the_whole() {
        for text in [
            "a\nbb\n\nccc\nd",
            "a\n",
            "a",
            "\n\n\n",
            "long line\nx\n",
            "x\nlong line\n",
        ] {
            let text = text.as_bytes();
            let mut parts = vec![Part {
                line: 0,
                from: 0,
                to: text.len(),
            }];
            let mut lines = Vec::new();
            while let Some(part) = parts.pop() {
                match halves(text, part) {
                    Some([first, second]) => parts.extend([second, first]),
                    None => lines.push(part),
                }
            }
            let expected: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
            let found: Vec<&[u8]> = lines.iter().map(|part| &text[part.from..part.to]).collect();
            assert_eq!(found, expected);
            let numbers: Vec<u32> = lines.iter().map(|part| part.line).collect();
            assert_eq!(numbers, (0..).take(numbers.len()).collect::<Vec<_>>());
        }
    }
}
