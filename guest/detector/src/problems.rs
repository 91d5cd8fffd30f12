//! A collector of the problems of a definition or a configuration, each with its place.

use crate::model::Problem;
use std::fmt::Arguments;

#[derive(Default)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl Problems {
    #[inline(never)]
    pub(crate) fn add(&mut self, place: Arguments, message: Arguments) {
        self.0.push(Problem {
            rule: String::new(),
            key: place.to_string(),
            message: message.to_string(),
        });
    }

    /// The checked value, if there are no problems.
    pub(crate) fn into_result<T>(self, good: T) -> Result<T, Vec<Problem>> {
        match self.0.is_empty() {
            true => Ok(good),
            false => Err(self.0),
        }
    }
}
