//! Validation of programs: types, stack depth, and maximum steps.

use crate::model::Problem;
use crate::program::function::{
    ArgumentType, CostModel, FUNCTIONS, Function, ResultType, Signature,
};
use crate::program::regex::SEARCHES;
use crate::program::value::{GROWTH, MAX_TEXT, MAX_TEXT_LENGTH, MAX_VALUES, Type};
use crate::program::{Constant, FieldInput, Instruction, MAX_PARTS};

/// Most values on the stack.
pub const MAX_DEPTH: usize = 64;
/// Most steps an event.
pub const MAX_STEPS: u64 = 1 << 22;

/// The results of validation.
pub(crate) struct CheckedProgram {
    pub(crate) kind: Type,
    pub(crate) depth: usize,
    pub(crate) steps: u64,
}

/// A value on the stack: its type, and the number of passes over a text if it is a pattern.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Slot {
    kind: Type,
    passes: usize,
}

fn problem(key: String, message: impl Into<String>) -> Problem {
    let message = message.into();
    Problem {
        rule: String::new(),
        key,
        message,
    }
}

/// Validates the parts of a program.
pub(crate) fn check(
    fields: &[FieldInput],
    constants: &[Constant],
    code: &[Instruction],
) -> Result<CheckedProgram, Problem> {
    for (what, number) in [
        ("fields", fields.len()),
        ("constants", constants.len()),
        ("code", code.len()),
    ] {
        if number > MAX_PARTS {
            let message = format!("{number} of them; at most {MAX_PARTS} are read");
            return Err(problem(what.to_owned(), message));
        }
    }
    for (at, field) in fields.iter().enumerate() {
        if !field.kind.is_general() || field.name.is_empty() {
            let message = format!("{:?} is no field of {:?}", field.name, field.kind);
            return Err(problem(format!("fields[{at}]"), message));
        }
    }
    for (at, constant) in constants.iter().enumerate() {
        let message = match constant {
            Constant::Null(kind) if !kind.is_general() => "there is no such null",
            Constant::Number(number) if !number.is_finite() => "the number is not finite",
            Constant::Text(text) if text.len() > MAX_TEXT_LENGTH => "the text is too long",
            _ => continue,
        };
        return Err(problem(format!("constants[{at}]"), message));
    }
    let mut run = TypeChecker {
        fields,
        constants,
        stack: Vec::new(),
        joins: Vec::new(),
        depth: 0,
        steps: 0,
    };
    for (at, instruction) in code.iter().enumerate() {
        let place = |message| problem(format!("code[{at}]"), message);
        run.join(at).map_err(place)?;
        run.step(*instruction, at, code.len()).map_err(place)?;
    }
    let end = |message| problem("code".to_owned(), message);
    run.join(code.len()).map_err(end)?;
    match run.stack[..] {
        [only] if only.kind.is_general() => Ok(CheckedProgram {
            kind: only.kind,
            depth: run.depth,
            steps: run.steps,
        }),
        _ => Err(end(format!(
            "it leaves {:?}, not one value",
            run.stack.len()
        ))),
    }
}

/// The abstract execution of a program over types.
struct TypeChecker<'p> {
    fields: &'p [FieldInput],
    constants: &'p [Constant],
    stack: Vec<Slot>,
    /// Targets of skips with the stack expected there, the next one last.
    joins: Vec<(usize, Vec<Slot>)>,
    depth: usize,
    steps: u64,
}

impl TypeChecker<'_> {
    /// Compares the stack with that of each skip that ends at an instruction.
    fn join(&mut self, at: usize) -> Result<(), String> {
        while let Some((_, stack)) = self.joins.pop_if(|(to, _)| *to == at) {
            if stack != self.stack {
                return Err("a skip ends where other values are on the stack".to_owned());
            }
        }
        Ok(())
    }

    fn step(&mut self, instruction: Instruction, at: usize, end: usize) -> Result<(), String> {
        self.steps += 1;
        match instruction {
            Instruction::Field(place) => {
                let field = self.fields.get(usize::from(place));
                let kind = field
                    .ok_or_else(|| format!("there is no field {place}"))?
                    .kind;
                // Its values are sorted.
                self.steps += MAX_VALUES as u64;
                self.push(Slot { kind, passes: 0 })
            }
            Instruction::Constant(place) => {
                let constant = self.constants.get(usize::from(place));
                let constant = constant.ok_or_else(|| format!("there is no constant {place}"))?;
                let passes = match constant {
                    Constant::Pattern(pattern) => pattern.passes(),
                    Constant::Regex(regex) => regex.passes(),
                    _ => 0,
                };
                let kind = constant.kind();
                self.push(Slot { kind, passes })
            }
            Instruction::Call {
                function,
                arguments,
            } => {
                let function = FUNCTIONS.get(usize::from(function));
                let function = function.ok_or("there is no such function")?;
                self.call(function, arguments.into())
            }
            Instruction::Skip { over, .. } => self.skip(at + 1 + usize::from(over), end),
        }
    }

    fn push(&mut self, slot: Slot) -> Result<(), String> {
        self.stack.push(slot);
        self.depth = self.depth.max(self.stack.len());
        match self.depth <= MAX_DEPTH {
            true => Ok(()),
            false => Err(format!("more than {MAX_DEPTH} values are on the stack")),
        }
    }

    fn skip(&mut self, to: usize, end: usize) -> Result<(), String> {
        let last = self.joins.last().map_or(end, |(to, _)| *to);
        if to > last {
            return Err("a skip goes past the end, or out of another skip".to_owned());
        }
        if self.stack.last().map(|slot| slot.kind) != Some(Type::Boolean) {
            return Err("a skip needs a truth value".to_owned());
        }
        self.joins.push((to, self.stack.clone()));
        Ok(())
    }

    fn call(&mut self, function: &Function, arguments: usize) -> Result<(), String> {
        let name = function.name;
        let from = self.stack.len().checked_sub(arguments);
        let from = from.ok_or_else(|| format!("{name} finds fewer than {arguments} values"))?;
        let slots = self.stack.split_off(from);
        let kinds: Vec<Type> = slots.iter().map(|slot| slot.kind).collect();
        let kind =
            result(function, &kinds).ok_or_else(|| format!("{name} does not take {kinds:?}"))?;
        let passes = slots.iter().map(|slot| slot.passes).max().unwrap_or(0);
        self.steps += price(function.work, arguments as u64, passes as u64);
        if self.steps > MAX_STEPS {
            return Err(format!("it may take more than {MAX_STEPS} steps an event"));
        }
        self.push(Slot { kind, passes: 0 })
    }
}

/// The maximum steps of a call.
fn price(work: CostModel, arguments: u64, passes: u64) -> u64 {
    let (values, text) = (MAX_VALUES as u64, MAX_TEXT as u64 / 64);
    2 + match work {
        CostModel::Values => values * arguments,
        CostModel::Texts => (values + text) * (arguments + 1),
        CostModel::Letters => 2 * values + (1 + GROWTH) * text,
        CostModel::Pattern => values + text * passes,
        CostModel::Searches => values + text * passes * SEARCHES as u64,
        CostModel::Pairs => values * (values + text),
    }
}

/// The type of a result; None if the types do not match.
pub(super) fn result(function: &Function, kinds: &[Type]) -> Option<Type> {
    let (first, wider) = match function.takes {
        Signature::Case => (case(kinds)?, None),
        Signature::These(takes) => {
            (takes.len() == kinds.len()).then_some(())?;
            fit(takes, kinds)?
        }
        Signature::More(takes) => {
            (takes.len() <= kinds.len()).then_some(())?;
            fit(takes, kinds)?
        }
    };
    let wider = wider.unwrap_or(first);
    match function.gives {
        ResultType::A(kind) => Some(kind),
        ResultType::AsFirst => Some(first),
        ResultType::Wider => Some(wider),
    }
}

/// The first type and the widest, if every argument matches; arguments behind the last parameter
/// match it.
fn fit(takes: &[ArgumentType], kinds: &[Type]) -> Option<(Type, Option<Type>)> {
    let first = *kinds.first()?;
    for (at, kind) in kinds.iter().enumerate() {
        let fits = match takes.get(at).or(takes.last())? {
            ArgumentType::Any => kind.is_general(),
            ArgumentType::Ordered => kind.is_general() && *kind != Type::Boolean,
            ArgumentType::Numeric => kind.is_numeric(),
            ArgumentType::AsFirst => *kind == first,
            ArgumentType::Beside => *kind == first || kind.is_numeric() && first.is_numeric(),
            ArgumentType::A(wanted) => kind == wanted,
        };
        fits.then_some(())?;
    }
    let wider = match kinds.contains(&Type::Number) {
        true => Type::Number,
        false => first,
    };
    Some((first, Some(wider)))
}

/// The common type of the values of a case.
fn case(kinds: &[Type]) -> Option<Type> {
    let kind = *kinds.get(1)?;
    let fits = kinds.chunks(2).all(|pair| match pair {
        [condition, value] => *condition == Type::Boolean && *value == kind,
        [value] => *value == kind,
        _ => false,
    });
    (fits && kind.is_general()).then_some(kind)
}
