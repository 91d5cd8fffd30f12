//! Programs: expressions over the fields of an event, as data.
//!
//! A program lists the fields that it reads, constants, and the instructions of a stack machine:
//! push a field, push a constant, call a [function] on the last few values, or skip a few
//! instructions forward. There are no loops, so the maximum cost of a program is known before it
//! runs; [`Program::new`] rejects one that could cost more than [`MAX_STEPS`] an event, whose
//! stack could be deeper than [`MAX_DEPTH`], or whose types do not match.
//!
//! Values have the types of ES|QL, or are null or multi-valued. The [table](function::FUNCTIONS)
//! says how each function treats null and several values; logic is three-valued. Evaluation cannot
//! fail: a missing result (an overflow, a division by zero, a text that is no number) is null.

pub mod dissect;
pub mod function;
pub mod needs;
pub mod pattern;
pub mod regex;
pub mod value;
pub mod words;

mod check;
mod code;
mod eval;
mod functions;

use crate::model::Problem;
use crate::network::Network;
use crate::program::pattern::Pattern;
use crate::program::regex::Regex;
use crate::program::value::{Type, Value};

use std::fmt;

pub use check::{MAX_DEPTH, MAX_STEPS};

/// Most fields, most constants, and most instructions.
pub const MAX_PARTS: usize = 4096;

/// A field that a program reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldInput {
    /// Its name.
    pub name: String,
    /// The general type that its values are read as.
    pub kind: Type,
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// Null of a type.
    Null(Type),
    /// A truth value.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// A finite double.
    Number(f64),
    /// A text.
    Text(String),
    /// Milliseconds since 1970.
    Time(i64),
    /// An address.
    Address(u128),
    /// A network.
    Network(Network),
    /// A pattern.
    Pattern(Pattern),
    /// A regular expression.
    Regex(Regex),
}

impl Constant {
    /// Its type.
    #[must_use]
    pub fn kind(&self) -> Type {
        match self {
            Constant::Null(kind) => *kind,
            Constant::Boolean(_) => Type::Boolean,
            Constant::Integer(_) => Type::Integer,
            Constant::Number(_) => Type::Number,
            Constant::Text(_) => Type::Text,
            Constant::Time(_) => Type::Time,
            Constant::Address(_) => Type::Address,
            Constant::Network(_) => Type::Network,
            Constant::Pattern(_) => Type::Pattern,
            Constant::Regex(_) => Type::Regex,
        }
    }

    /// Its value.
    #[must_use]
    pub fn value(&self) -> Value<'_> {
        match self {
            Constant::Null(_) => Value::Null,
            Constant::Boolean(value) => Value::Boolean(*value),
            Constant::Integer(number) => Value::Integer(*number),
            Constant::Number(number) => Value::Number(*number),
            Constant::Text(text) => Value::text(text.as_str()),
            Constant::Time(time) => Value::Time(*time),
            Constant::Address(bits) => Value::Address(*bits),
            Constant::Network(network) => Value::Network(*network),
            Constant::Pattern(pattern) => Value::Pattern(pattern),
            Constant::Regex(regex) => Value::Regex(regex),
        }
    }
}

/// An instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// Pushes the values of a field.
    Field(u16),
    /// Pushes a constant.
    Constant(u16),
    /// Calls a function of the table on the last values, and replaces them with its result.
    Call {
        /// The number of the function.
        function: u8,
        /// The number of arguments.
        arguments: u8,
    },
    /// Skips instructions if the last value is this truth value, which stays on the stack.
    Skip {
        /// The truth value.
        on: bool,
        /// The number of instructions.
        over: u16,
    },
}

/// The field values of an event.
pub trait FieldValues {
    /// The values of a field, by its index in [`Program::fields`], of whatever type the event has.
    fn value(&self, field: usize) -> Value<'_>;
}

/// A validated program.
#[derive(Clone)]
pub struct Program {
    fields: Vec<FieldInput>,
    constants: Vec<Constant>,
    code: Vec<Instruction>,
    /// The type of its result.
    kind: Type,
    /// The maximum depth of its stack.
    depth: usize,
    /// The maximum number of steps.
    steps: u64,
    /// The evaluator. It is named where programs are made, and only there: a component that makes
    /// none is linked without the functions of programs.
    evaluator: Evaluator,
}

/// An evaluator of programs.
type Evaluator = for<'v> fn(&'v Program, &'v dyn FieldValues, &mut function::Meter) -> Value<'v>;

impl PartialEq for Program {
    fn eq(&self, other: &Program) -> bool {
        self.fields == other.fields && self.constants == other.constants && self.code == other.code
    }
}

/// Its numbers are finite.
impl Eq for Program {}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("fields", &self.fields)
            .field("constants", &self.constants)
            .field("code", &self.code)
            .field("kind", &self.kind)
            .field("depth", &self.depth)
            .field("steps", &self.steps)
            .finish()
    }
}

impl Program {
    /// Validates a program.
    ///
    /// # Errors
    /// The first problem of the program, with its place.
    pub fn new(
        fields: Vec<FieldInput>,
        constants: Vec<Constant>,
        code: Vec<Instruction>,
    ) -> Result<Program, Problem> {
        let checked = check::check(&fields, &constants, &code)?;
        Ok(Program {
            fields,
            constants,
            code,
            kind: checked.kind,
            depth: checked.depth,
            steps: checked.steps,
            evaluator: eval::run,
        })
    }

    /// The fields that it reads.
    #[must_use]
    pub fn fields(&self) -> &[FieldInput] {
        &self.fields
    }

    /// The type of its result.
    #[must_use]
    pub fn kind(&self) -> Type {
        self.kind
    }

    /// Evaluates the program on an event.
    pub fn eval<'v>(&'v self, fields: &'v dyn FieldValues) -> Value<'v> {
        self.measured(fields, &mut function::Meter::default())
    }

    /// Evaluates the program on an event, and counts the steps.
    pub fn measured<'v>(
        &'v self,
        fields: &'v dyn FieldValues,
        meter: &mut function::Meter,
    ) -> Value<'v> {
        (self.evaluator)(self, fields, meter)
    }

    /// The maximum number of steps an event, as [`function::Meter`] counts them.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }
}

/// A builder of programs: pushes come in the order of the arguments, followed by the call.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    fields: Vec<FieldInput>,
    constants: Vec<Constant>,
    code: Vec<Instruction>,
}

/// An index as instructions encode it; one that does not fit is out of range.
fn place(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

impl Builder {
    /// Pushes a field as a type.
    #[must_use]
    pub fn field(mut self, name: &str, kind: Type) -> Builder {
        let known = |field: &FieldInput| field.name == name && field.kind == kind;
        let at = self.fields.iter().position(known);
        let at = at.unwrap_or(self.fields.len());
        if at == self.fields.len() {
            let name = name.to_owned();
            self.fields.push(FieldInput { name, kind });
        }
        self.code.push(Instruction::Field(place(at)));
        self
    }

    /// Pushes a constant.
    #[must_use]
    pub fn constant(mut self, constant: Constant) -> Builder {
        let at = place(self.constants.len());
        self.constants.push(constant);
        self.code.push(Instruction::Constant(at));
        self
    }

    /// Calls a function on that many of the last values; [`Builder::build`] rejects an unknown one.
    #[must_use]
    pub fn call(mut self, name: &str, arguments: u8) -> Builder {
        let function = function::named(name).unwrap_or(u8::MAX);
        self.code.push(Instruction::Call {
            function,
            arguments,
        });
        self
    }

    /// Short-circuits `and` (false) or `or` (true): skips the other builder's instructions and the
    /// call behind them if the last value decides alone.
    #[must_use]
    pub fn decide(mut self, on: bool, other: impl FnOnce(Builder) -> Builder) -> Builder {
        let at = self.code.len();
        self.code.push(Instruction::Skip { on, over: 0 });
        let mut built = other(self).call(if on { "or" } else { "and" }, 2);
        let over = place(built.code.len() - at - 1);
        built.code[at] = Instruction::Skip { on, over };
        built
    }

    /// The program.
    ///
    /// # Errors
    /// The first problem of the program, with its place.
    pub fn build(self) -> Result<Program, Problem> {
        Program::new(self.fields, self.constants, self.code)
    }
}

#[cfg(test)]
mod tests;
