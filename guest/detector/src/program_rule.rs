//! A rule whose filter, keys and column values are [programs](crate::program): data instead of
//! functions.

use crate::columns::Columns;
use crate::definition::{Definition, Rule};
use crate::facts::ColumnId;
use crate::hash::Seed;
use crate::key::{Keys, Part, PartKind};
use crate::log::{FieldLog, Log};
use crate::model::Problem;
use crate::problems::Problems;
use crate::program::value::{Type, Value};
use crate::program::{FieldValues, Program};
use crate::schema::ColumnKind;
use crate::single::{Single, SingleKind};

/// The program of a part of the key.
#[derive(Clone, Debug)]
pub struct KeyProgram {
    /// The program of its values; the event is in a group for each value.
    pub program: Program,
    /// Whether an event without a value is left out; otherwise it is in the group of null.
    pub required: bool,
}

/// The programs of a rule.
#[derive(Clone, Debug, Default)]
pub struct RulePrograms {
    /// The filter: the rule takes events for which it is true.
    pub filter: Option<Program>,
    /// A program for each part of the key.
    pub key: Vec<KeyProgram>,
    /// A program for each flag, which is set if the result is true.
    pub flags: Vec<Program>,
    /// A program for the values of each column, except columns that count events.
    pub columns: Vec<Option<Program>>,
}

/// A program with the log's numbers of its fields.
struct BoundProgram {
    program: Program,
    numbers: Vec<u16>,
}

/// A rule of programs, on a log whose fields can be read by name.
pub struct ProgramRule<L: FieldLog> {
    definition: Box<dyn Fn() -> Definition>,
    filter: Option<BoundProgram>,
    /// For each part, whether it is required, and its program.
    key: Vec<(bool, BoundProgram)>,
    flags: Vec<BoundProgram>,
    columns: Vec<(ColumnId, BoundProgram)>,
    log: std::marker::PhantomData<fn() -> L>,
}

/// The field values of an event, for a bound program.
struct EventFields<'e, 'a, L: FieldLog> {
    event: &'e <L as Log>::Event<'a>,
    numbers: &'e [u16],
}

impl<L: FieldLog> FieldValues for EventFields<'_, '_, L> {
    fn value(&self, field: usize) -> Value<'_> {
        match self.numbers.get(field) {
            Some(number) => L::value(self.event, *number),
            None => Value::Null,
        }
    }
}

/// Binds the programs of a rule, and collects problems.
struct Binder<'p>(&'p mut Problems);

impl Binder<'_> {
    fn bind<L: FieldLog>(
        &mut self,
        place: &str,
        program: Program,
        wanted: Type,
    ) -> Option<BoundProgram> {
        if program.kind() != wanted {
            let message = format_args!("the program gives {:?}, not {wanted:?}", program.kind());
            self.0.add(format_args!("{place}"), message);
        }
        let mut numbers = Vec::new();
        for field in program.fields() {
            match L::field(&field.name) {
                Some(number) => numbers.push(number),
                None => {
                    let message = format_args!("the log has no field {}", field.name);
                    self.0.add(format_args!("{place}"), message);
                }
            }
        }
        let whole = numbers.len() == program.fields().len() && program.kind() == wanted;
        whole.then_some(BoundProgram { program, numbers })
    }

    /// Reports a wrong number of programs.
    fn count(&mut self, place: &str, found: usize, wanted: usize) {
        if found != wanted {
            let message = format_args!("{found} programs for {wanted}");
            self.0.add(format_args!("{place}"), message);
        }
    }
}

/// The type of a column's values; None if it has no program.
fn input(kind: ColumnKind) -> Option<Type> {
    match kind {
        ColumnKind::Count | ColumnKind::CountWhere(_) => None,
        ColumnKind::Distinct | ColumnKind::Values | ColumnKind::Samples => Some(Type::Text),
        ColumnKind::Addresses => Some(Type::Address),
        _ => kind.single().map(|single| match single {
            SingleKind::Integer => Type::Integer,
            SingleKind::Number => Type::Number,
            SingleKind::Text => Type::Text,
            SingleKind::Boolean => Type::Boolean,
            SingleKind::Time => Type::Time,
        }),
    }
}

impl<L: FieldLog> ProgramRule<L> {
    /// Validates the programs of a definition.
    ///
    /// # Errors
    /// Every problem of the programs, each with its place. Problems of the definition are found
    /// when a detector opens.
    pub fn new(
        definition: impl Fn() -> Definition + 'static,
        inputs: RulePrograms,
    ) -> Result<ProgramRule<L>, Vec<Problem>> {
        let (mut problems, shape) = (Problems::default(), definition());
        let mut binder = Binder(&mut problems);
        let filter = inputs
            .filter
            .and_then(|p| binder.bind::<L>("filter", p, Type::Boolean));
        binder.count("key", inputs.key.len(), shape.key.len());
        let mut key = Vec::new();
        for (at, (input, part)) in inputs.key.into_iter().zip(&shape.key).enumerate() {
            let wanted = match part.kind {
                PartKind::Text => Type::Text,
                PartKind::Integer => Type::Integer,
                PartKind::Boolean => Type::Boolean,
            };
            let bound = binder.bind::<L>(&format!("key[{at}]"), input.program, wanted);
            key.extend(bound.map(|bound| (input.required, bound)));
        }
        let is_flag = |kind| matches!(kind, ColumnKind::CountWhere(_));
        let flags = shape.columns.iter().filter(|column| is_flag(column.kind));
        binder.count("flags", inputs.flags.len(), flags.count());
        let mut flags = Vec::new();
        for (at, program) in inputs.flags.into_iter().enumerate() {
            flags.extend(binder.bind::<L>(&format!("flags[{at}]"), program, Type::Boolean));
        }
        binder.count("columns", inputs.columns.len(), shape.columns.len());
        let mut columns = Vec::new();
        let pairs = inputs.columns.into_iter().zip(&shape.columns);
        for (at, (program, column)) in (0..).zip(pairs) {
            let place = format!("columns[{at}]");
            match (program, input(column.kind)) {
                (Some(program), Some(wanted)) => {
                    let bound = binder.bind::<L>(&place, program, wanted);
                    columns.extend(bound.map(|bound| (at, bound)));
                }
                (None, None) => {}
                (None, Some(_)) => binder.count(&place, 0, 1),
                (Some(_), None) => binder.count(&place, 1, 0),
            }
        }
        problems.into_result(ProgramRule {
            definition: Box::new(definition),
            filter,
            key,
            flags,
            columns,
            log: std::marker::PhantomData,
        })
    }

    /// Evaluates a program on an event, and passes the result on.
    fn eval<T>(
        bound: &BoundProgram,
        event: &<L as Log>::Event<'_>,
        with: impl FnOnce(&Value) -> T,
    ) -> T {
        let asked: EventFields<'_, '_, L> = EventFields {
            event,
            numbers: &bound.numbers,
        };
        with(&bound.program.eval(&asked))
    }

    fn holds(bound: &BoundProgram, event: &<L as Log>::Event<'_>) -> bool {
        Self::eval(bound, event, |value| *value == Value::Boolean(true))
    }
}

/// A value as a part of a key: an empty text is null, as in all keys.
fn part<'v>(value: &'v Value) -> Part<'v> {
    match value {
        Value::Text(text) if !text.is_empty() => Part::text(Some(text)),
        Value::Integer(number) => Part::Integer(*number),
        Value::Boolean(value) => Part::Boolean(*value),
        _ => Part::Null,
    }
}

/// Adds a value to a column.
fn give(columns: &mut Columns, column: ColumnId, value: &Value) {
    let single = match value {
        Value::Text(text) => Single::Text(text),
        Value::Integer(number) => Single::Integer(*number),
        Value::Number(number) => Single::Number(*number),
        Value::Boolean(value) => Single::Boolean(*value),
        Value::Time(time) => Single::Time(*time),
        Value::Address(bits) => return columns.address(column, *bits),
        _ => return,
    };
    columns.value(column, single);
}

impl<L: FieldLog> Rule for ProgramRule<L> {
    type Log = L;

    fn definition(&self) -> Definition {
        (self.definition)()
    }

    /// A hash of the programs: they are all that is computed of an event.
    fn counting(&self) -> u64 {
        let key = self.key.iter().map(|(_, bound)| bound);
        let columns = self.columns.iter().map(|(_, bound)| bound);
        let programs = { self.filter.iter().chain(key) }
            .chain(&self.flags)
            .chain(columns);
        let mut hash = Seed(0, 0).hasher();
        hash.number(u64::from(self.filter.is_some()));
        for (required, _) in &self.key {
            hash.number(u64::from(*required));
        }
        for bound in programs {
            hash.text(format!("{:?}", bound.program).as_bytes());
        }
        hash.finish()
    }

    fn filter(&self, event: &<L as Log>::Event<'_>) -> bool {
        let filter = self.filter.as_ref();
        filter.is_none_or(|filter| Self::holds(filter, event))
    }

    fn keys(&self, event: &<L as Log>::Event<'_>) -> Keys {
        let mut keys = Keys::default();
        for (required, bound) in &self.key {
            Self::eval(bound, event, |value| {
                let values = value.each();
                if *required && values.is_empty() {
                    keys.none();
                }
                // De-duplicated: values of a field are sorted, others may not be.
                let first = |at: &usize| !values[..*at].contains(&values[*at]);
                let distinct = (0..values.len()).filter(first);
                keys.part(distinct.map(|at| part(&values[at])));
            });
        }
        keys
    }

    fn flags(&self, event: &<L as Log>::Event<'_>) -> u8 {
        let flags = (0..u8::BITS).zip(&self.flags);
        let bit = |(at, flag): (u32, &BoundProgram)| u8::from(Self::holds(flag, event)) << at;
        flags.map(bit).fold(0, |all, bit| all | bit)
    }

    fn fill(&self, event: &<L as Log>::Event<'_>, columns: &mut Columns) {
        for (column, bound) in &self.columns {
            Self::eval(bound, event, |value| {
                value
                    .each()
                    .iter()
                    .for_each(|value| give(columns, *column, value));
            });
        }
    }
}
