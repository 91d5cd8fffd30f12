//! Why documents were refused, counted by reason.

use weir_sinks::rejects::RejectKind;

/// Reasons that are told apart; a sender can make up any number.
const MOST: usize = 64;
/// Characters of one.
const LONGEST: usize = 160;

/// Documents that were refused for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Kind of the refusals, such as `malformed`.
    pub kind: &'static str,
    /// The fault of the documents. Figures that differ between them are left out, and so is what is
    /// quoted: `N` and `"…"`.
    pub text: String,
    /// Number of documents.
    pub events: u64,
}

/// Stands for a figure in a form.
const FIGURE: char = '\0';

/// Counts by reason.
#[derive(Debug, Default)]
pub(super) struct Reasons {
    counts: Vec<Count>,
    /// The last reason as it was given, and its place: in a flood they are all alike.
    last: Option<(RejectKind, String, usize)>,
}

/// Documents whose reasons have one form.
#[derive(Debug)]
struct Count {
    kind: &'static str,
    /// The reason with [`FIGURE`] for each figure.
    form: String,
    /// The figures; none where it differs between documents.
    figures: Vec<Option<String>>,
    events: u64,
}

impl Reasons {
    pub(super) fn count(&mut self, kind: RejectKind, reason: &str) {
        let known = self.last.as_ref();
        let known = known.filter(|(of, text, _)| *of == kind && text == reason);
        let place = match known {
            Some((_, _, place)) => *place,
            None => {
                let place = self.place(kind.name(), reason);
                self.last = Some((kind, reason.to_owned(), place));
                place
            }
        };
        if let Some(count) = self.counts.get_mut(place) {
            count.events += 1;
        }
    }

    /// The place of a reason; none is there for what is one too many.
    fn place(&mut self, kind: &'static str, reason: &str) -> usize {
        let (form, figures) = parts(reason);
        let mut counts = self.counts.iter();
        let found = counts.position(|count| count.kind == kind && count.form == form);
        if let Some(count) = found.and_then(|found| self.counts.get_mut(found)) {
            for (known, new) in count.figures.iter_mut().zip(figures) {
                known.take_if(|known| *known != new);
            }
        } else if self.counts.len() < MOST {
            self.counts.push(Count {
                kind,
                form,
                figures: figures.into_iter().map(Some).collect(),
                events: 0,
            });
            return self.counts.len() - 1;
        }
        found.unwrap_or(MOST)
    }

    /// The reasons, the most frequent first.
    pub(super) fn all(&self) -> Vec<Reason> {
        let mut all: Vec<Reason> = self.counts.iter().map(Count::reason).collect();
        all.sort_by_key(|reason| std::cmp::Reverse(reason.events));
        all
    }
}

impl Count {
    fn reason(&self) -> Reason {
        let mut figures = self.figures.iter();
        let mut text = String::new();
        for character in self.form.chars() {
            match character {
                FIGURE => text.push_str(figures.next().and_then(Option::as_deref).unwrap_or("N")),
                other => text.push(other),
            }
        }
        Reason {
            kind: self.kind,
            text,
            events: self.events,
        }
    }
}

/// A reason's form, in which what is quoted is left out, and its figures.
fn parts(reason: &str) -> (String, Vec<String>) {
    let (mut form, mut figures) = (String::new(), Vec::new());
    let mut characters = reason.chars().take(LONGEST).peekable();
    while let Some(character) = characters.next() {
        match character {
            '0'..='9' => {
                let mut figure = String::from(character);
                figure.extend(std::iter::from_fn(|| {
                    characters.next_if(char::is_ascii_digit)
                }));
                figures.push(figure);
                form.push(FIGURE);
            }
            '"' => {
                while characters.next_if(|next| *next != '"').is_some() {}
                characters.next();
                form.push_str("\"…\"");
            }
            FIGURE => {}
            other => form.push(other),
        }
    }
    (form, figures)
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
        // What is the same each time is a part of it.
        for n in [1, 2] {
            let reason = format!("time {n}: no time such as 2026-05-19");
            reasons.count(RejectKind::Malformed, &reason);
        }
        let found = reasons
            .all()
            .into_iter()
            .any(|r| r.text == "time N: no time such as 2026-05-19");
        assert!(found, "{:?}", reasons.all());
        // A flood of them stays small.
        for n in 0..1000 {
            reasons.count(RejectKind::Malformed, &"x".repeat(n));
        }
        assert_eq!(reasons.all().len(), MOST);
    }
}
