//! Why documents were refused, counted by reason.

use crate::rejects::RejectKind;

/// Reasons that are told apart; a sender can make up any number.
const MOST: usize = 64;
/// Characters of one.
const LONGEST: usize = 160;

/// Documents that were refused for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reason {
    /// What they were, such as `malformed`.
    pub kind: &'static str,
    /// What is wrong with them. Figures are left out, and so is what is quoted: `N` and `"…"`.
    pub text: String,
    /// How many they were.
    pub events: u64,
}

/// Counts by reason.
#[derive(Debug, Default)]
pub(super) struct Reasons {
    counts: Vec<Reason>,
    /// The last reason as it was given, and its place: in a flood they are all alike.
    last: Option<(RejectKind, String, usize)>,
}

impl Reasons {
    pub(super) fn count(&mut self, kind: RejectKind, reason: &str) {
        let known = self.last.as_ref();
        let known = known.filter(|(of, text, _)| *of == kind && text == reason);
        let place = match known {
            Some((_, _, place)) => *place,
            None => {
                let place = self.place(kind.name(), general(reason));
                self.last = Some((kind, reason.to_owned(), place));
                place
            }
        };
        if let Some(count) = self.counts.get_mut(place) {
            count.events += 1;
        }
    }

    /// The place of a reason; none is there for what is one too many.
    fn place(&mut self, kind: &'static str, text: String) -> usize {
        let mut counts = self.counts.iter();
        let found = counts.position(|count| count.kind == kind && count.text == text);
        if found.is_none() && self.counts.len() < MOST {
            self.counts.push(Reason {
                kind,
                text,
                events: 0,
            });
            return self.counts.len() - 1;
        }
        found.unwrap_or(MOST)
    }

    /// The reasons, the most frequent first.
    pub(super) fn all(&self) -> Vec<Reason> {
        let mut all = self.counts.clone();
        all.sort_by_key(|reason| std::cmp::Reverse(reason.events));
        all
    }
}

/// A reason without what is different each time.
fn general(reason: &str) -> String {
    let mut general = String::new();
    let mut characters = reason.chars().take(LONGEST).peekable();
    while let Some(character) = characters.next() {
        match character {
            '0'..='9' => {
                while characters.next_if(char::is_ascii_digit).is_some() {}
                general.push('N');
            }
            '"' => {
                while characters.next_if(|next| *next != '"').is_some() {}
                characters.next();
                general.push_str("\"…\"");
            }
            other => general.push(other),
        }
    }
    general
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_different_each_time_makes_no_reason_of_its_own() {
        let mut reasons = Reasons::default();
        for n in 0..5 {
            reasons.count(RejectKind::Malformed, &format!("column {n}{n}: bad"));
        }
        reasons.count(RejectKind::Malformed, "time: \"12\" and \"a");
        let all = reasons.all();
        let shown: Vec<_> = all.iter().map(|r| (r.text.as_str(), r.events)).collect();
        assert_eq!(shown, [("column N: bad", 5), ("time: \"…\" and \"…\"", 1)]);
        // A flood of them stays small.
        for n in 0..1000 {
            reasons.count(RejectKind::Malformed, &"x".repeat(n));
        }
        assert_eq!(reasons.all().len(), MOST);
    }
}
