//! The table of aggregate functions.

/// An aggregate function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// Rows, or the values that are not null.
    Count,
    /// Distinct values.
    CountDistinct,
    /// The distinct values.
    Values,
    /// The smallest value.
    Min,
    /// The largest value.
    Max,
    /// The sum of all values; null of none.
    Sum,
    /// The average of all values, a double; null of none.
    Avg,
    /// The value of the row that another expression is smallest for.
    First,
    /// The value of the row that another expression is largest for.
    Last,
    /// The smallest or largest values, with repetitions.
    Top,
}

/// An entry of the table of aggregate functions.
#[derive(Debug)]
pub struct AggregateEntry {
    /// Which function it is.
    pub function: Aggregate,
    /// Its name in the language, in lower case.
    pub name: &'static str,
    /// Its arguments in words.
    pub takes: &'static str,
    /// The type of its result in words.
    pub gives: &'static str,
    /// What it gives, as a sentence.
    pub summary: &'static str,
}

macro_rules! aggregates {
    ($($variant:ident $name:literal $takes:literal -> $gives:literal, $summary:literal;)*) => {
        /// The aggregate functions. None of them sees null, all see each of several values.
        pub const AGGREGATES: &[AggregateEntry] = &[
            $(AggregateEntry {
                function: Aggregate::$variant,
                name: $name,
                takes: $takes,
                gives: $gives,
                summary: $summary,
            },)*
        ];
    };
}

aggregates! {
    Count "count" "[`*` or a value]" -> "long", "The number of rows, or of values. Zero of none.";
    CountDistinct "count_distinct" "a value, [a precision]" -> "long", "The number of distinct values, exact whatever the precision. Zero of none.";
    Values "values" "a value" -> "of the argument", "The distinct values, in ascending order.";
    Min "min" "a value" -> "of the argument", "The smallest value.";
    Max "max" "a value" -> "of the argument", "The largest value.";
    Sum "sum" "a number" -> "long or double", "The sum; null where it overflows.";
    Avg "avg" "a number" -> "double", "The average.";
    First "first" "a value, a value" -> "of the first argument", "The value of the row whose second value is smallest; rows where either is null do not count.";
    Last "last" "a value, a value" -> "of the first argument", "The value of the row whose second value is largest; rows where either is null do not count.";
    Top "top" "a value, a number, [`\"asc\"` or `\"desc\"`]" -> "of the first argument", "So many of the smallest or largest values, each as often as it is there.";
}

/// Other aggregate functions of the language, in lower case.
pub const OTHER_AGGREGATES: &[&str] = &[
    "absent",
    "median",
    "median_absolute_deviation",
    "percentile",
    "present",
    "rate",
    "sample",
    "st_centroid_agg",
    "st_extent_agg",
    "std_dev",
    "variance",
    "weighted_avg",
];

/// The aggregate function of a name in any case.
#[must_use]
pub fn aggregate(name: &str) -> Option<Aggregate> {
    let name = name.to_lowercase();
    let found = AGGREGATES.iter().find(|entry| entry.name == name)?;
    Some(found.function)
}
