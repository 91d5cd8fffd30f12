//! Names of an alert's fields: those that alerts can have, each once.

use crate::columns::{alert_name, is_within};

/// Names that are given away.
pub(super) struct Names(Vec<String>);

impl Default for Names {
    /// The times of a group's first and last event have theirs.
    fn default() -> Names {
        Names(["first_seen", "last_seen"].map(str::to_owned).into())
    }
}

impl Names {
    /// A name for something that a query calls so: that name if an alert can have it, or one that
    /// is like it. None if there is none.
    pub(super) fn take(&mut self, wanted: &str) -> Option<String> {
        let wanted = if wanted.is_empty() {
            "aggregate"
        } else {
            wanted
        };
        let plain = alert_name(wanted).or_else(|| {
            let keep = |c: char| c.is_ascii_alphanumeric() || "._-@$/#".contains(c);
            let short: String = wanted.chars().take(100).collect();
            let plain = short.replace(|c| !keep(c), "_");
            alert_name(plain.trim_matches(['_', '.']))
        })?;
        let numbered = (2..100).map(|number| format!("{plain}_{number}"));
        let mut candidates = std::iter::once(plain.clone()).chain(numbered);
        let free = |name: &String| {
            let mut taken = self.0.iter();
            !taken.any(|taken| is_within(taken, name) || is_within(name, taken))
        };
        // A name within another is free of it only at another root.
        let found = candidates
            .find(free)
            .or_else(|| Some(format!("document.{plain}")).filter(free))?;
        self.0.push(found.clone());
        Some(found)
    }
}
