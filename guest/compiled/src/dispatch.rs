//! The dispatch of events to rules: by the literals that their filters need, looked up once for all
//! rules.
//!
//! The conditions are numbered for the whole process, as fields are: rules are built before a
//! detector with a log is opened on them.

use crate::catalog::{self, IDENTITY_FIELD};
use crate::event::borrowed;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use weir_detector::hash::{BuildPremixedHasher, Seed};
use weir_detector::program::Program;
use weir_detector::program::needs::{Literal, Need};
use weir_detector::program::value::{Type, Value};

/// Keys are the rules', not a sender's: their hash needs no secret.
const SEED: Seed = Seed(0, 0);

/// The conditions of rules, each with a number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    numbers: HashMap<(u16, Vec<Literal>), usize>,
    /// By the number of the field; None for a field that is in no condition.
    fields: Vec<Option<FieldIndex>>,
}

/// A text, and the numbers of the conditions that it meets.
type Meets = (Box<str>, Vec<usize>);

/// The conditions on a field, by the value that meets them.
#[derive(Clone, Debug, Default)]
struct FieldIndex {
    /// Of texts, by their hash.
    texts: HashMap<u64, Vec<Meets>, BuildPremixedHasher>,
    integers: HashMap<i64, Vec<usize>>,
}

/// The conditions that an event meets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Met {
    /// A bit for each condition.
    bits: Vec<u64>,
    /// Number of conditions that were looked up.
    known: usize,
}

impl Met {
    /// Whether a condition is met; true of one that was not looked up.
    fn has(&self, number: usize) -> bool {
        let bits = self.bits.get(number / 64).copied().unwrap_or_default();
        number >= self.known || bits >> (number % 64) & 1 == 1
    }

    /// Whether all of some conditions are met.
    pub(crate) fn all(&self, numbers: &[usize]) -> bool {
        numbers.iter().all(|number| self.has(*number))
    }

    fn insert(&mut self, numbers: &[usize]) {
        for number in numbers {
            if let Some(bits) = self.bits.get_mut(number / 64) {
                *bits |= 1 << (number % 64);
            }
        }
    }
}

impl FieldIndex {
    fn of_text(&self, text: &str) -> &[usize] {
        let found = self.texts.get(&SEED.text(text)).into_iter().flatten();
        let mut found = found.filter(|(known, _)| **known == *text);
        found.next().map_or(&[], |(_, numbers)| numbers)
    }

    fn insert(&mut self, literal: &Literal, number: usize) {
        match literal {
            Literal::Integer(key) => self.integers.entry(*key).or_default().push(number),
            Literal::Text(text) => {
                let all = self.texts.entry(SEED.text(text)).or_default();
                match all.iter_mut().find(|(known, _)| **known == **text) {
                    Some((_, numbers)) => numbers.push(number),
                    None => all.push((text.as_str().into(), vec![number])),
                }
            }
        }
    }

    /// Adds the conditions that a field's values meet.
    fn look_up(&self, value: &Value, met: &mut Met) {
        if !self.texts.is_empty() {
            for value in borrowed(value).of_field(Type::Text).each() {
                if let Value::Text(text) = value {
                    met.insert(self.of_text(text));
                }
            }
        }
        if !self.integers.is_empty() {
            for value in borrowed(value).of_field(Type::Integer).each() {
                if let Value::Integer(number) = value {
                    met.insert(self.integers.get(number).map_or(&[], |numbers| numbers));
                }
            }
        }
    }
}

impl Index {
    /// The number of a condition.
    fn number(&mut self, field: u16, values: Vec<Literal>) -> usize {
        let next = self.numbers.len();
        if let Some(known) = self.numbers.get(&(field, values.clone())) {
            return *known;
        }
        let at = usize::from(field);
        if self.fields.len() <= at {
            self.fields.resize_with(at + 1, || None);
        }
        if let Some(index) = self.fields.get_mut(at) {
            let index = index.get_or_insert_default();
            values
                .iter()
                .for_each(|literal| index.insert(literal, next));
        }
        self.numbers.insert((field, values), next);
        next
    }

    /// The conditions that a document meets, by its values.
    pub(crate) fn met(&self, values: &[(u16, Value)]) -> Met {
        let known = self.numbers.len();
        let mut met = Met {
            bits: vec![0; known.div_ceil(64)],
            known,
        };
        for (field, value) in values {
            if let Some(Some(index)) = self.fields.get(usize::from(*field)) {
                index.look_up(value, &mut met);
            }
        }
        met
    }
}

static INDEX: Mutex<Option<Arc<Index>>> = Mutex::new(None);

/// The numbers of the conditions that a filter needs.
pub(crate) fn conditions(filter: &Program) -> Vec<usize> {
    let mut held = INDEX.lock().unwrap_or_else(PoisonError::into_inner);
    let index = Arc::make_mut(held.get_or_insert_default());
    let number = |need: Need| {
        let field = catalog::field(&filter.fields().get(need.field)?.name)?;
        // It is no value of the document.
        (field != IDENTITY_FIELD).then(|| index.number(field, need.values))
    };
    filter.needs().into_iter().filter_map(number).collect()
}

/// The conditions that are numbered so far.
pub(crate) fn current() -> Arc<Index> {
    let mut held = INDEX.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(held.get_or_insert_default())
}

#[cfg(test)]
#[path = "dispatch_tests.rs"]
mod tests;
