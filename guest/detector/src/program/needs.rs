//! Necessary conditions of programs: literals, one of which a field must have for a true result.
//!
//! They are derived from the comparisons of fields with constants for equality that a result of
//! true implies through `and` and `or`. A host of many programs looks them up by an event's values,
//! and does not evaluate the others.

use crate::program::function::FUNCTIONS;
use crate::program::value::{Type, Value};
use crate::program::{Constant, Instruction, Program};

/// A value of a field, for equality.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Literal {
    /// A text.
    Text(String),
    /// An integer.
    Integer(i64),
}

/// A necessary condition: where the result is true, a field has one of these values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The index of the field in [`Program::fields`]; its values are read as the type there.
    pub field: usize,
    /// The values, ascending, all of the field's type.
    pub values: Vec<Literal>,
}

impl Need {
    /// Whether a field's values, read as its type, meet the condition.
    #[must_use]
    pub fn is_met(&self, value: &Value) -> bool {
        let same = |literal: &Literal, value: &Value| match (literal, value) {
            (Literal::Text(text), Value::Text(other)) => *text == **other,
            (Literal::Integer(number), Value::Integer(other)) => number == other,
            _ => false,
        };
        let has = |value: &Value| self.values.iter().any(|literal| same(literal, value));
        value.each().iter().any(has)
    }
}

/// An abstract value on the stack.
enum Part {
    Field(usize),
    Constant(usize),
    /// The conditions that are necessary for it to be true.
    Needs(Vec<Need>),
}

/// A jump over the second part of `and` or `or`: the place of that call, the depth of the stack
/// that the jump leaves, and the name.
type Jump = (usize, usize, &'static str);

impl Program {
    /// The conditions that are all met where the result is true; none are known for most programs
    /// without comparisons for equality.
    #[must_use]
    pub fn needs(&self) -> Vec<Need> {
        let mut needs = match self.last_part() {
            Some(Part::Needs(needs)) => needs,
            _ => Vec::new(),
        };
        for need in &mut needs {
            need.values.sort_unstable();
            need.values.dedup();
        }
        needs
    }

    /// Interprets the program; None if a jump is not that of `and` or `or`.
    fn last_part(&self) -> Option<Part> {
        let (mut stack, mut jumps) = (Vec::new(), Vec::<Jump>::new());
        for (at, instruction) in self.code.iter().enumerate() {
            match *instruction {
                Instruction::Field(place) => stack.push(Part::Field(place.into())),
                Instruction::Constant(place) => stack.push(Part::Constant(place.into())),
                Instruction::Skip { on, over } => {
                    let name = if on { "or" } else { "and" };
                    jumps.push((at + usize::from(over), stack.len(), name));
                }
                Instruction::Call {
                    function,
                    arguments,
                } => {
                    let name = FUNCTIONS.get(usize::from(function))?.name;
                    let from = stack.len().checked_sub(arguments.into())?;
                    while let Some((end, depth, wanted)) = jumps.pop_if(|(end, ..)| *end <= at) {
                        // What was on the stack at the jump is the call's first argument.
                        let joins = end == at && from + 1 == depth && arguments == 2;
                        (joins && wanted == name).then_some(())?;
                    }
                    // Nothing that a jump leaves on the stack is changed where it jumps over.
                    let intact = |(_, depth, _): &Jump| from >= *depth;
                    jumps.iter().all(intact).then_some(())?;
                    let parts = stack.split_off(from);
                    stack.push(Part::Needs(self.of_call(name, parts)));
                }
            }
        }
        jumps.is_empty().then_some(())?;
        stack.pop()
    }

    /// The conditions that are necessary for a call's result to be true.
    fn of_call(&self, name: &str, parts: Vec<Part>) -> Vec<Need> {
        let needs = |part| match part {
            Part::Needs(needs) => needs,
            _ => Vec::new(),
        };
        match name {
            "and" => parts.into_iter().flat_map(needs).collect(),
            "or" => parts
                .into_iter()
                .map(needs)
                .reduce(either)
                .unwrap_or_default(),
            "equal" | "any_equal" | "in" | "any_in" => self.of_list(&parts).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The condition of a comparison of a field with constants.
    fn of_list(&self, parts: &[Part]) -> Option<Need> {
        let (Part::Field(field), list) = parts.split_first()? else {
            return None;
        };
        let kind = self.fields.get(*field)?.kind;
        let mut values = Vec::new();
        for part in list {
            let Part::Constant(place) = part else {
                return None;
            };
            values.push(match (kind, self.constants.get(*place)?) {
                (Type::Text, Constant::Text(text)) => Literal::Text(text.clone()),
                (Type::Integer, Constant::Integer(number)) => Literal::Integer(*number),
                // Nothing equals null.
                (_, Constant::Null(_)) => continue,
                _ => return None,
            });
        }
        let field = *field;
        Some(Need { field, values })
    }
}

/// The conditions that are necessary for either of two.
fn either(ours: Vec<Need>, theirs: Vec<Need>) -> Vec<Need> {
    let join = |mut need: Need| {
        let same = theirs.iter().filter(|other| other.field == need.field);
        let fewest = same.min_by_key(|other| other.values.len())?;
        need.values.extend(fewest.values.iter().cloned());
        Some(need)
    };
    ours.into_iter().filter_map(join).collect()
}

#[cfg(test)]
#[path = "needs_tests.rs"]
mod tests;
