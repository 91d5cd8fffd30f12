//! The table of functions: what programs can call, in one place.
//!
//! A function's number in an encoded program is its place here: new ones go to the end. All are
//! pure and total: what has no result is null.

use crate::program::functions::{compare, logic, many, math, texts, times};
use crate::program::value::{Type, Value};

/// Steps of one call: each function and each 64 bytes of text that are looked at or made are one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Meter {
    /// Steps so far.
    pub steps: u64,
}

impl Meter {
    /// Counts bytes of text.
    pub fn bytes(&mut self, bytes: usize) {
        self.steps += bytes as u64 / 64;
    }
}

/// What an argument is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Of any general type.
    Any,
    /// Of a type that has an order.
    Ordered,
    /// Of a type of numbers.
    Numeric,
    /// Of the first argument's type.
    AsFirst,
    /// Of the first argument's type, or both are numbers.
    Beside,
    /// Of exactly this type.
    A(Type),
}

/// The arguments of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arguments {
    /// These.
    These(&'static [Takes]),
    /// These, and at least one more of the last.
    More(&'static [Takes]),
    /// Pairs of a condition and a value, and perhaps a last value.
    Case,
}

/// The type of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// This.
    A(Type),
    /// That of the first argument (of a case: of its values).
    AsFirst,
    /// A number if any argument is one, else an integer.
    Wider,
}

/// What comes of arguments that are null, or have several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// Of a null, and of several values, null.
    Null,
    /// Several values are as null; null is the function's to see.
    NullIsSeen,
    /// Of a null, null; the function is called for each value of the first argument, the others
    /// being single.
    Each,
    /// Of a null, null; several values are the function's to see.
    Whole,
    /// All is the function's to see.
    Seen,
}

/// What a call may cost at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// So many steps as it has values.
    Values,
    /// The bytes of its texts.
    Texts,
    /// The bytes of its texts, and of what they become in another case.
    Letters,
    /// The bytes of its texts, as often as its pattern says.
    Pattern,
    /// Each value of one argument with each of another.
    Pairs,
}

/// A function.
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub takes: Arguments,
    /// What it gives.
    pub gives: Gives,
    /// Nulls and several values.
    pub special: Special,
    /// Its price.
    pub work: Work,
    /// What it does.
    pub call: for<'v> fn(&mut [Value<'v>], &mut Meter) -> Value<'v>,
}

type Call = for<'v> fn(&mut [Value<'v>], &mut Meter) -> Value<'v>;

const fn of(
    name: &'static str,
    takes: &'static [Takes],
    gives: Gives,
    special: Special,
    work: Work,
    call: Call,
) -> Function {
    Function {
        name,
        takes: Arguments::These(takes),
        gives,
        special,
        work,
        call,
    }
}

const fn more(
    name: &'static str,
    takes: &'static [Takes],
    gives: Gives,
    special: Special,
    work: Work,
    call: Call,
) -> Function {
    Function {
        takes: Arguments::More(takes),
        ..of(name, takes, gives, special, work, call)
    }
}

const BOOLEAN: Takes = Takes::A(Type::Boolean);
const INTEGER: Takes = Takes::A(Type::Integer);
const NUMBER: Takes = Takes::A(Type::Number);
const TEXT: Takes = Takes::A(Type::Text);
const TIME: Takes = Takes::A(Type::Time);
const ADDRESS: Takes = Takes::A(Type::Address);
const NETWORK: Takes = Takes::A(Type::Network);
const PATTERN: Takes = Takes::A(Type::Pattern);
const TRUTH: Gives = Gives::A(Type::Boolean);
const COUNT: Gives = Gives::A(Type::Integer);
const WORDS: Gives = Gives::A(Type::Text);

use Special::{Each, Null, NullIsSeen, Seen, Whole};
use Takes::{Any, AsFirst, Beside, Numeric, Ordered};
use Work::{Letters, Pairs, Pattern, Texts, Values};

/// The functions.
#[rustfmt::skip]
pub static FUNCTIONS: &[Function] = &[
    // Logic of three values.
    more("and", &[BOOLEAN, BOOLEAN], TRUTH, NullIsSeen, Values, logic::and),
    more("or", &[BOOLEAN, BOOLEAN], TRUTH, NullIsSeen, Values, logic::or),
    of("not", &[BOOLEAN], TRUTH, Null, Values, logic::not),
    of("is_null", &[Any], TRUTH, Seen, Values, logic::is_null),
    of("is_not_null", &[Any], TRUTH, Seen, Values, logic::is_not_null),
    more("coalesce", &[Any, AsFirst], Gives::AsFirst, Seen, Values, logic::coalesce),
    Function { name: "case", takes: Arguments::Case, gives: Gives::AsFirst, special: Seen, work: Values, call: logic::case },
    // Comparisons; the values of a list after `in` are single or null.
    of("equal", &[Any, Beside], TRUTH, Null, Texts, compare::equal),
    of("not_equal", &[Any, Beside], TRUTH, Null, Texts, compare::not_equal),
    of("less", &[Ordered, Beside], TRUTH, Null, Texts, compare::less),
    of("at_most", &[Ordered, Beside], TRUTH, Null, Texts, compare::at_most),
    of("greater", &[Ordered, Beside], TRUTH, Null, Texts, compare::greater),
    of("at_least", &[Ordered, Beside], TRUTH, Null, Texts, compare::at_least),
    more("in", &[Any, Beside], TRUTH, NullIsSeen, Texts, compare::is_in),
    of("like", &[TEXT, PATTERN], TRUTH, Null, Pattern, compare::like),
    more("in_network", &[ADDRESS, NETWORK], TRUTH, Null, Values, compare::in_network),
    // Whether any value is so: never null, as KQL has it.
    of("any_equal", &[Any, Beside], TRUTH, Seen, Texts, compare::any_equal),
    of("any_less", &[Ordered, Beside], TRUTH, Seen, Texts, compare::any_less),
    of("any_at_most", &[Ordered, Beside], TRUTH, Seen, Texts, compare::any_at_most),
    of("any_greater", &[Ordered, Beside], TRUTH, Seen, Texts, compare::any_greater),
    of("any_at_least", &[Ordered, Beside], TRUTH, Seen, Texts, compare::any_at_least),
    of("any_like", &[TEXT, PATTERN], TRUTH, Seen, Pattern, compare::any_like),
    more("any_in_network", &[ADDRESS, NETWORK], TRUTH, Seen, Values, compare::any_in_network),
    // Arithmetic: of integers, an integer; overflow and division by zero are null.
    of("add", &[Numeric, Numeric], Gives::Wider, Null, Values, math::add),
    of("subtract", &[Numeric, Numeric], Gives::Wider, Null, Values, math::subtract),
    of("multiply", &[Numeric, Numeric], Gives::Wider, Null, Values, math::multiply),
    of("divide", &[Numeric, Numeric], Gives::Wider, Null, Values, math::divide),
    of("remainder", &[Numeric, Numeric], Gives::Wider, Null, Values, math::remainder),
    of("negate", &[Numeric], Gives::AsFirst, Null, Values, math::negate),
    of("absolute", &[Numeric], Gives::AsFirst, Null, Values, math::absolute),
    of("floor", &[Numeric], Gives::AsFirst, Null, Values, math::floor),
    of("ceil", &[Numeric], Gives::AsFirst, Null, Values, math::ceil),
    of("round", &[Numeric, INTEGER], Gives::AsFirst, Null, Values, math::round),
    of("square_root", &[NUMBER], Gives::A(Type::Number), Null, Values, math::square_root),
    more("greatest", &[Ordered, AsFirst], Gives::AsFirst, Null, Texts, math::greatest),
    more("least", &[Ordered, AsFirst], Gives::AsFirst, Null, Texts, math::least),
    of("bucket", &[Numeric, Numeric], Gives::Wider, Null, Values, math::bucket),
    // Texts, in characters from 1 on.
    of("length", &[TEXT], COUNT, Null, Texts, texts::length),
    of("byte_length", &[TEXT], COUNT, Null, Values, texts::byte_length),
    of("lower", &[TEXT], WORDS, Each, Letters, texts::lower),
    of("upper", &[TEXT], WORDS, Each, Letters, texts::upper),
    of("trim", &[TEXT], WORDS, Null, Texts, texts::trim),
    of("trim_start", &[TEXT], WORDS, Null, Texts, texts::trim_start),
    of("trim_end", &[TEXT], WORDS, Null, Texts, texts::trim_end),
    more("concat", &[TEXT, TEXT], WORDS, Null, Texts, texts::concat),
    of("substring", &[TEXT, INTEGER, INTEGER], WORDS, Null, Texts, texts::substring),
    of("left", &[TEXT, INTEGER], WORDS, Null, Texts, texts::left),
    of("right", &[TEXT, INTEGER], WORDS, Null, Texts, texts::right),
    of("starts_with", &[TEXT, TEXT], TRUTH, Null, Texts, texts::starts_with),
    of("ends_with", &[TEXT, TEXT], TRUTH, Null, Texts, texts::ends_with),
    of("contains", &[TEXT, TEXT], TRUTH, Null, Texts, texts::contains),
    of("locate", &[TEXT, TEXT], COUNT, Null, Texts, texts::locate),
    of("split", &[TEXT, TEXT], WORDS, Null, Texts, texts::split),
    // Several values.
    of("mv_count", &[Any], COUNT, Whole, Values, many::count),
    of("mv_min", &[Ordered], Gives::AsFirst, Whole, Texts, many::min),
    of("mv_max", &[Ordered], Gives::AsFirst, Whole, Texts, many::max),
    of("mv_first", &[Any], Gives::AsFirst, Whole, Values, many::first),
    of("mv_last", &[Any], Gives::AsFirst, Whole, Values, many::last),
    of("mv_sum", &[Numeric], Gives::AsFirst, Whole, Values, many::sum),
    of("mv_average", &[Numeric], Gives::A(Type::Number), Whole, Values, many::average),
    of("mv_dedupe", &[Ordered], Gives::AsFirst, Whole, Texts, many::dedupe),
    of("mv_concat", &[TEXT, TEXT], WORDS, Whole, Texts, many::concat),
    of("mv_contains", &[Any, Beside], TRUTH, Whole, Pairs, many::contains),
    // Times; spans are integers of milliseconds.
    of("add_time", &[TIME, INTEGER], Gives::A(Type::Time), Null, Values, times::add),
    of("time_between", &[TIME, TIME], COUNT, Null, Values, times::between),
    of("truncate_time", &[TIME, INTEGER, TIME], Gives::A(Type::Time), Null, Values, times::truncate),
    of("truncate_months", &[TIME, INTEGER], Gives::A(Type::Time), Null, Values, times::truncate_months),
    of("time_part", &[TIME, TEXT], COUNT, Null, Values, times::part),
    // Casts: of each value; those that have no value of the type are left out.
    of("to_boolean", &[Any], TRUTH, Each, Texts, many::to_boolean),
    of("to_integer", &[Any], COUNT, Each, Texts, many::to_integer),
    of("to_number", &[Any], Gives::A(Type::Number), Each, Texts, many::to_number),
    of("to_text", &[Any], WORDS, Each, Texts, many::to_text),
    of("to_time", &[Any], Gives::A(Type::Time), Each, Texts, many::to_time),
    of("to_address", &[Any], Gives::A(Type::Address), Each, Texts, many::to_address),
];

/// A function's number by its name.
#[must_use]
pub fn named(name: &str) -> Option<u8> {
    let at = FUNCTIONS
        .iter()
        .position(|function| function.name == name)?;
    at.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_has_a_name_and_a_number_of_its_own() {
        assert!(FUNCTIONS.len() <= 256);
        for (at, function) in FUNCTIONS.iter().enumerate() {
            assert_eq!(
                named(function.name).map(usize::from),
                Some(at),
                "{}",
                function.name
            );
        }
        assert_eq!(named("nothing"), None);
    }
}
