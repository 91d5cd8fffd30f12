//! The table of functions that programs can call.
//!
//! A function's number in an encoded program is its index here, so new ones are appended. All are
//! pure and total: a missing result is null.

use crate::program::functions::{
    codecs, compare, expressions, lists, logic, many, math, texts, times, words,
};
use crate::program::value::{Type, Value};

/// The step counter: each call is one step, and so is each 64 bytes of text that are read or made.
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

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentType {
    /// Any general type.
    Any,
    /// A type with an order.
    Ordered,
    /// A numeric type.
    Numeric,
    /// The first argument's type.
    AsFirst,
    /// The first argument's type, or a number if that one is a number.
    Beside,
    /// Exactly this type.
    A(Type),
}

/// The parameters of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// These parameters.
    These(&'static [ArgumentType]),
    /// These parameters, and at least one more like the last.
    More(&'static [ArgumentType]),
    /// Pairs of a condition and a value, and perhaps a last value.
    Case,
}

/// The type of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultType {
    /// This type.
    A(Type),
    /// The first argument's type (for a case: that of its values).
    AsFirst,
    /// A number if any argument is one, otherwise an integer.
    Wider,
}

/// The handling of arguments that are null or have several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NullHandling {
    /// A null or several values give null.
    Null,
    /// Several values count as null; the function handles null.
    NullIsSeen,
    /// A null gives null; the function is called for each value of the first argument, and the
    /// others must be single.
    Each,
    /// A null gives null; the function handles several values.
    Whole,
    /// The function handles null and several values.
    Seen,
}

/// The maximum cost of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostModel {
    /// A step for each value.
    Values,
    /// The bytes of its texts.
    Texts,
    /// The bytes of its texts, and of their conversion to another case.
    Letters,
    /// The bytes of its texts, times the passes of its pattern.
    Pattern,
    /// The bytes of its texts, times the passes of its pattern, for several searches.
    Searches,
    /// A step for each pair of values of two arguments.
    Pairs,
}

/// A function.
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// Parameters.
    pub takes: Signature,
    /// Type of the result.
    pub gives: ResultType,
    /// Handling of nulls and several values.
    pub special: NullHandling,
    /// Cost of a call.
    pub work: CostModel,
    /// Implementation.
    pub call: for<'v> fn(&mut [Value<'v>], &mut Meter) -> Value<'v>,
}

type Implementation = for<'v> fn(&mut [Value<'v>], &mut Meter) -> Value<'v>;

const fn of(
    name: &'static str,
    takes: &'static [ArgumentType],
    gives: ResultType,
    special: NullHandling,
    work: CostModel,
    call: Implementation,
) -> Function {
    Function {
        name,
        takes: Signature::These(takes),
        gives,
        special,
        work,
        call,
    }
}

const fn more(
    name: &'static str,
    takes: &'static [ArgumentType],
    gives: ResultType,
    special: NullHandling,
    work: CostModel,
    call: Implementation,
) -> Function {
    Function {
        takes: Signature::More(takes),
        ..of(name, takes, gives, special, work, call)
    }
}

const BOOLEAN: ArgumentType = ArgumentType::A(Type::Boolean);
const INTEGER: ArgumentType = ArgumentType::A(Type::Integer);
const NUMBER: ArgumentType = ArgumentType::A(Type::Number);
const TEXT: ArgumentType = ArgumentType::A(Type::Text);
const TIME: ArgumentType = ArgumentType::A(Type::Time);
const ADDRESS: ArgumentType = ArgumentType::A(Type::Address);
const NETWORK: ArgumentType = ArgumentType::A(Type::Network);
const PATTERN: ArgumentType = ArgumentType::A(Type::Pattern);
const REGEX: ArgumentType = ArgumentType::A(Type::Regex);
const TRUTH: ResultType = ResultType::A(Type::Boolean);
const COUNT: ResultType = ResultType::A(Type::Integer);
const WORDS: ResultType = ResultType::A(Type::Text);

use ArgumentType::{Any, AsFirst, Beside, Numeric, Ordered};
use CostModel::{Letters, Pairs, Pattern, Searches, Texts, Values};
use NullHandling::{Each, Null, NullIsSeen, Seen, Whole};

/// The functions.
#[rustfmt::skip]
pub static FUNCTIONS: &[Function] = &[
    // Three-valued logic.
    more("and", &[BOOLEAN, BOOLEAN], TRUTH, NullIsSeen, Values, logic::and),
    more("or", &[BOOLEAN, BOOLEAN], TRUTH, NullIsSeen, Values, logic::or),
    of("not", &[BOOLEAN], TRUTH, Null, Values, logic::not),
    of("is_null", &[Any], TRUTH, Seen, Values, logic::is_null),
    of("is_not_null", &[Any], TRUTH, Seen, Values, logic::is_not_null),
    more("coalesce", &[Any, AsFirst], ResultType::AsFirst, Seen, Values, logic::coalesce),
    Function { name: "case", takes: Signature::Case, gives: ResultType::AsFirst, special: Seen, work: Values, call: logic::case },
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
    // Comparisons of any value: never null, as in KQL.
    of("any_equal", &[Any, Beside], TRUTH, Seen, Texts, compare::any_equal),
    of("any_less", &[Ordered, Beside], TRUTH, Seen, Texts, compare::any_less),
    of("any_at_most", &[Ordered, Beside], TRUTH, Seen, Texts, compare::any_at_most),
    of("any_greater", &[Ordered, Beside], TRUTH, Seen, Texts, compare::any_greater),
    of("any_at_least", &[Ordered, Beside], TRUTH, Seen, Texts, compare::any_at_least),
    of("any_like", &[TEXT, PATTERN], TRUTH, Seen, Pattern, compare::any_like),
    more("any_in_network", &[ADDRESS, NETWORK], TRUTH, Seen, Values, compare::any_in_network),
    // Arithmetic: of integers, an integer; overflow and division by zero are null.
    of("add", &[Numeric, Numeric], ResultType::Wider, Null, Values, math::add),
    of("subtract", &[Numeric, Numeric], ResultType::Wider, Null, Values, math::subtract),
    of("multiply", &[Numeric, Numeric], ResultType::Wider, Null, Values, math::multiply),
    of("divide", &[Numeric, Numeric], ResultType::Wider, Null, Values, math::divide),
    of("remainder", &[Numeric, Numeric], ResultType::Wider, Null, Values, math::remainder),
    of("negate", &[Numeric], ResultType::AsFirst, Null, Values, math::negate),
    of("absolute", &[Numeric], ResultType::AsFirst, Null, Values, math::absolute),
    of("floor", &[Numeric], ResultType::AsFirst, Null, Values, math::floor),
    of("ceil", &[Numeric], ResultType::AsFirst, Null, Values, math::ceil),
    of("round", &[Numeric, INTEGER], ResultType::AsFirst, Null, Values, math::round),
    of("square_root", &[NUMBER], ResultType::A(Type::Number), Null, Values, math::square_root),
    more("greatest", &[Ordered, AsFirst], ResultType::AsFirst, Null, Texts, math::greatest),
    more("least", &[Ordered, AsFirst], ResultType::AsFirst, Null, Texts, math::least),
    of("bucket", &[Numeric, Numeric], ResultType::Wider, Null, Values, math::bucket),
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
    // Functions of several values.
    of("mv_count", &[Any], COUNT, Whole, Values, many::count),
    of("mv_min", &[Ordered], ResultType::AsFirst, Whole, Texts, many::min),
    of("mv_max", &[Ordered], ResultType::AsFirst, Whole, Texts, many::max),
    of("mv_first", &[Any], ResultType::AsFirst, Whole, Values, many::first),
    of("mv_last", &[Any], ResultType::AsFirst, Whole, Values, many::last),
    of("mv_sum", &[Numeric], ResultType::AsFirst, Whole, Values, many::sum),
    of("mv_average", &[Numeric], ResultType::A(Type::Number), Whole, Values, many::average),
    of("mv_dedupe", &[Ordered], ResultType::AsFirst, Whole, Texts, many::dedupe),
    of("mv_concat", &[TEXT, TEXT], WORDS, Whole, Texts, many::concat),
    of("mv_contains", &[Any, Beside], TRUTH, Whole, Pairs, many::contains),
    // Times; spans are integers of milliseconds.
    of("add_time", &[TIME, INTEGER], ResultType::A(Type::Time), Null, Values, times::add),
    of("time_between", &[TIME, TIME], COUNT, Null, Values, times::between),
    of("truncate_time", &[TIME, INTEGER, TIME], ResultType::A(Type::Time), Null, Values, times::truncate),
    of("truncate_months", &[TIME, INTEGER], ResultType::A(Type::Time), Null, Values, times::truncate_months),
    of("time_part", &[TIME, TEXT], COUNT, Null, Values, times::part),
    // Casts: of each value; those that have no value of the type are left out.
    of("to_boolean", &[Any], TRUTH, Each, Texts, many::to_boolean),
    of("to_integer", &[Any], COUNT, Each, Texts, many::to_integer),
    of("to_number", &[Any], ResultType::A(Type::Number), Each, Texts, many::to_number),
    of("to_text", &[Any], WORDS, Each, Texts, many::to_text),
    of("to_time", &[Any], ResultType::A(Type::Time), Each, Texts, many::to_time),
    of("to_address", &[Any], ResultType::A(Type::Address), Each, Texts, many::to_address),
    // A comparison of any value with each of a list.
    more("any_in", &[Any, Beside], TRUTH, Seen, Texts, compare::any_in),
    // A comparison of any value with both ends of a range, each open or not.
    of("any_within", &[Ordered, Beside, BOOLEAN, Beside, BOOLEAN], TRUTH, Seen, Texts, compare::any_within),
    // ASCII letters in lower case, as Lucene's patterns without case take them.
    of("lower_ascii", &[TEXT], WORDS, Each, Letters, texts::lower_ascii),
    // Words of any value: phrases, one a line, and patterns of a word.
    of("any_phrase", &[TEXT, TEXT], TRUTH, Seen, Texts, words::any_phrase),
    of("any_word_like", &[TEXT, PATTERN], TRUTH, Seen, Pattern, words::any_word_like),
    of("any_script_phrase", &[TEXT, TEXT], TRUTH, Seen, Texts, words::any_script_phrase),
    of("any_script_word_like", &[TEXT, PATTERN], TRUTH, Seen, Pattern, words::any_script_word_like),
    // Regular expressions: of the whole text; every match replaced; the text of a group of the first match.
    of("matches", &[TEXT, REGEX], TRUTH, Null, Pattern, expressions::matches),
    of("replace", &[TEXT, REGEX, TEXT], WORDS, Null, Searches, expressions::replace),
    of("extract", &[TEXT, REGEX, INTEGER], WORDS, Each, Pattern, expressions::extract),
    // The value of a name in a pattern of texts between keys, and what joins values of one name.
    of("dissect", &[TEXT, TEXT, TEXT, TEXT], WORDS, Each, Texts, expressions::dissect),
    // Pairs of the values of two texts as one text each, and their parts; null is a value.
    of("pair", &[TEXT, TEXT], WORDS, Seen, Pairs, lists::pair),
    of("unpair", &[TEXT, INTEGER], WORDS, Each, Texts, lists::unpair),
    // Integers of 32 bits; others are null.
    of("narrow", &[INTEGER], COUNT, Each, Values, math::narrow),
    // Encodings of texts.
    of("url_decode", &[TEXT], WORDS, Each, Letters, codecs::url_decode),
    of("from_base64", &[TEXT], WORDS, Null, Letters, codecs::from_base64),
    of("to_base64", &[TEXT], WORDS, Null, Letters, codecs::to_base64),
    // Further functions of several values, which keep their order.
    of("mv_append", &[Any, AsFirst], ResultType::AsFirst, Whole, Texts, lists::append),
    of("mv_slice", &[Any, INTEGER, INTEGER], ResultType::AsFirst, Whole, Texts, lists::slice),
    of("mv_sort", &[Ordered, TEXT], ResultType::AsFirst, Whole, Texts, lists::sort),
    of("mv_distinct", &[Any], ResultType::AsFirst, Whole, Pairs, lists::distinct),
    of("mv_has_all", &[Any, Beside], TRUTH, Seen, Pairs, lists::has_all),
    of("mv_intersection", &[Any, AsFirst], ResultType::AsFirst, Whole, Pairs, lists::intersection),
    // Addresses as texts that sort as they do, and which are addresses.
    of("sorted_address", &[ADDRESS], WORDS, Each, Texts, codecs::sorted_address),
    // Numbers with one zero, for comparisons of their texts.
    of("one_zero", &[NUMBER], ResultType::A(Type::Number), Each, Values, math::one_zero),
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
