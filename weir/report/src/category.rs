//! The events of an alert by category: how many, what was answered, and examples of paths.

use super::tally::{Count, CountsIn};
use super::text::Short;

/// Paths of a category that are shown of each kind: those that were read, and the others.
const SAMPLES: usize = 3;

/// The outcome of a call by its HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StatusClass {
    /// 2xx.
    Read,
    /// 401 and 403.
    Refused,
    /// 404.
    Missing,
    /// Any other status, or none.
    Other,
}

impl StatusClass {
    /// All classes with their names, in the order of columns.
    pub(super) const ALL: [(Self, &str); 4] = [
        (Self::Read, "Read (2xx)"),
        (Self::Refused, "Refused (401, 403)"),
        (Self::Missing, "Not found (404)"),
        (Self::Other, "Other answers"),
    ];

    /// The class of a status.
    pub(super) fn of(status: Option<i64>) -> Self {
        match status {
            Some(200..=299) => Self::Read,
            Some(401 | 403) => Self::Refused,
            Some(404) => Self::Missing,
            _ => Self::Other,
        }
    }
}

/// Events of one category.
#[derive(Debug, Default)]
pub(super) struct Category {
    pub(super) count: Count,
    /// Events by class, in the order of [`StatusClass::ALL`].
    classes: [u64; 4],
    /// Events in the other windows.
    pub(super) around: u64,
    /// Distinct paths.
    pub(super) paths: u64,
    /// Examples of paths that were read.
    pub(super) read: Vec<Short>,
    /// Examples of paths that were not read, each with its status.
    pub(super) unread: Vec<(Short, String)>,
}

impl Category {
    /// Counts an event of the alert's window.
    pub(super) fn add(&mut self, class: StatusClass, counts_in: CountsIn) {
        self.count.add(counts_in);
        self.classes[class as usize] += 1;
    }

    /// Events of a class.
    pub(super) fn of_class(&self, class: StatusClass) -> u64 {
        self.classes[class as usize]
    }

    /// Takes a path as an example, where there is room.
    pub(super) fn sample(&mut self, path: &str, class: StatusClass, status: &str) {
        let path = Short::value(path);
        if class == StatusClass::Read {
            push_new(&mut self.read, path);
        } else {
            push_new(&mut self.unread, (path, status.to_owned()));
        }
    }
}

fn push_new<T: PartialEq>(samples: &mut Vec<T>, sample: T) {
    if samples.len() < SAMPLES && !samples.contains(&sample) {
        samples.push(sample);
    }
}
