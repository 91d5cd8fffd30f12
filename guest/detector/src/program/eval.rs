//! The evaluator: one pass over the instructions, with a stack.

use crate::program::function::{FUNCTIONS, Function, Meter, NullHandling};
use crate::program::value::{MAX_VALUES, Value};
use crate::program::{FieldValues, Instruction, Program};
use smallvec::SmallVec;
use std::mem::take;

/// The stack; most programs are shallow.
type Stack<'v> = SmallVec<[Value<'v>; 6]>;

/// Evaluates a program on an event, and counts the steps.
pub(super) fn run<'v>(
    program: &'v Program,
    fields: &'v dyn FieldValues,
    meter: &mut Meter,
) -> Value<'v> {
    let mut stack = Stack::with_capacity(program.depth);
    let mut at = 0;
    while let Some(instruction) = program.code.get(at) {
        at += 1;
        meter.steps += 1;
        match *instruction {
            Instruction::Field(place) => {
                let kind = program
                    .fields
                    .get(usize::from(place))
                    .map(|field| field.kind);
                let value = fields.value(place.into());
                meter.steps += value.each().len().min(MAX_VALUES) as u64;
                stack.push(kind.map(|kind| value.of_field(kind)).unwrap_or_default());
            }
            Instruction::Constant(place) => {
                let constant = program.constants.get(usize::from(place));
                stack.push(
                    constant
                        .map(|constant| constant.value())
                        .unwrap_or_default(),
                );
            }
            Instruction::Skip { on, over } => {
                if stack.last() == Some(&Value::Boolean(on)) {
                    at += usize::from(over);
                }
            }
            Instruction::Call {
                function,
                arguments,
            } => {
                let from = stack.len().saturating_sub(arguments.into());
                let value = match FUNCTIONS.get(usize::from(function)) {
                    Some(function) => call(function, &mut stack[from..], meter),
                    None => Value::Null,
                };
                stack.truncate(from);
                stack.push(value);
            }
        }
    }
    stack.pop().unwrap_or_default()
}

/// Calls a function, and handles nulls and several values as its table entry says.
fn call<'v>(function: &Function, args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    meter.steps += 1;
    let is_null = |value: &Value| *value == Value::Null;
    match function.special {
        NullHandling::Null if args.iter().any(|value| is_null(value) || value.is_many()) => {
            return Value::Null;
        }
        NullHandling::Each | NullHandling::Whole if args.iter().any(is_null) => return Value::Null,
        NullHandling::NullIsSeen => {
            let many = args.iter_mut().filter(|value| value.is_many());
            many.for_each(|value| *value = Value::Null);
        }
        NullHandling::Each if args.first().is_some_and(Value::is_many) => {
            let values = args.first_mut().map(take).unwrap_or_default().into_each();
            let mut single = |value: Value<'v>| {
                meter.steps += 1;
                if let Some(first) = args.first_mut() {
                    *first = value;
                }
                (function.call)(args, meter)
            };
            return Value::many(values.into_iter().map(&mut single));
        }
        _ => {}
    }
    (function.call)(args, meter)
}
