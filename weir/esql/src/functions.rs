//! The table of functions: names, arguments, result types, and what they do with null and with
//! several values.

mod aggregates;

use crate::types::Type;
pub use aggregates::{AGGREGATES, Aggregate, AggregateEntry, OTHER_AGGREGATES, aggregate};

/// What an argument has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Of any type but spans of time and the document.
    Any,
    /// Of the first argument's type, or, of numbers, of any number's.
    Same,
    /// A text.
    Text,
    /// A text, or the document.
    Document,
    /// A number.
    Number,
    /// A whole number.
    Whole,
    /// A number or a span of time.
    NumberOrSpan,
    /// True or false.
    Boolean,
    /// A time.
    Date,
    /// A time or a number.
    DateOrNumber,
    /// An address.
    Ip,
    /// A span of time.
    Span,
    /// A literal text.
    Literal,
}

impl Takes {
    /// Whether a type fits. Null fits everywhere but in place of a literal.
    #[must_use]
    pub fn fits(self, found: Type) -> bool {
        let any = !found.is_span() && !matches!(found, Type::Source | Type::GeoPoint);
        if found == Type::Null {
            return !matches!(self, Takes::Literal | Takes::Span);
        }
        match self {
            Takes::Any | Takes::Same => any,
            Takes::Text | Takes::Literal => found.is_text(),
            Takes::Document => found.is_text() || found == Type::Source,
            Takes::Number => found.is_number(),
            Takes::Whole => found.is_whole(),
            Takes::NumberOrSpan => found.is_number() || found.is_span(),
            Takes::Boolean => found == Type::Boolean,
            Takes::Date => found == Type::Date,
            Takes::DateOrNumber => found == Type::Date || found.is_number(),
            Takes::Ip => found == Type::Ip,
            Takes::Span => found.is_span(),
        }
    }

    /// It in words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Takes::Any => "a value",
            Takes::Same => "a value of the first argument's type",
            Takes::Text => "a keyword or text",
            Takes::Document => "a keyword, a text or `_source`",
            Takes::Number => "a number",
            Takes::Whole => "an integer or long",
            Takes::NumberOrSpan => "a number or a span of time",
            Takes::Boolean => "a boolean",
            Takes::Date => "a date",
            Takes::DateOrNumber => "a date or a number",
            Takes::Ip => "an ip",
            Takes::Span => "a span of time",
            Takes::Literal => "a text in quotes",
        }
    }
}

/// The type of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// Always this type.
    Always(Type),
    /// The first argument's type; keyword for text.
    First,
    /// The type that all arguments are taken as.
    Common,
    /// The values' of CASE: of every second argument and the last.
    Branches,
    /// The first argument's type, or integer for one that is no number.
    Sum,
}

impl Gives {
    /// It in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Gives::Always(kind) => kind.name(),
            Gives::First | Gives::Sum => "of the first argument",
            Gives::Common => "of all arguments",
            Gives::Branches => "of the values",
        }
    }
}

/// What a function does with null and with several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Multi {
    /// Null if an argument is null or has several values.
    One,
    /// Null of null; of several values of the first argument the result of each. Of other
    /// arguments with several values null.
    Each,
    /// Null if an argument is null; it sees all values.
    All,
    /// It sees all values, and null: its sentence says what it does.
    Own,
}

impl Multi {
    /// It in words: of null, and of several values.
    #[must_use]
    pub fn words(self) -> [&'static str; 2] {
        match self {
            Multi::One => ["null", "null"],
            Multi::Each => ["null", "the result of each"],
            Multi::All => ["null", "taken together"],
            Multi::Own => ["as the sentence says"; 2],
        }
    }
}

/// An entry of the table.
#[derive(Debug)]
pub struct Entry {
    /// Which function it is.
    pub function: Function,
    /// Its name in the language, in lower case.
    pub name: &'static str,
    /// Its arguments; the last may repeat.
    pub takes: &'static [Takes],
    /// How many arguments there must be at least.
    pub least: usize,
    /// How many there may be.
    pub most: usize,
    /// The type of its result.
    pub gives: Gives,
    /// What it does with several values.
    pub multi: Multi,
    /// What it gives, as a sentence.
    pub summary: &'static str,
}

impl Entry {
    /// Other names that stand for it.
    pub fn aliases(&self) -> impl Iterator<Item = &'static str> {
        let of_it = |(_, name): &&(&str, &str)| *name == self.name;
        ALIASES.iter().filter(of_it).map(|(alias, _)| *alias)
    }

    /// What it takes: the types, those in brackets that may be missing, `...` after one that repeats.
    #[must_use]
    pub fn takes_words(&self) -> String {
        let word = |(at, takes): (usize, &Takes)| match at < self.least {
            true => takes.name().to_owned(),
            false => format!("[{}]", takes.name()),
        };
        let mut words: Vec<String> = self.takes.iter().enumerate().map(word).collect();
        if self.most > self.takes.len()
            && let Some(last) = words.last_mut()
        {
            last.push_str(" ...");
        }
        words.join(", ")
    }
}

const MANY: usize = 1000;

macro_rules! functions {
    ($($variant:ident $name:literal [$($takes:ident),*] $least:literal..$most:expr, $gives:expr, $multi:ident, $doc:literal;)*) => {
        /// A function.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Function {
            $(#[doc = $doc] $variant,)*
        }

        /// All functions, by their names' first use in the table.
        pub const FUNCTIONS: &[Entry] = &[
            $(Entry {
                function: Function::$variant,
                name: $name,
                takes: &[$(Takes::$takes),*],
                least: $least,
                most: $most,
                gives: $gives,
                multi: Multi::$multi,
                summary: $doc,
            },)*
        ];
    };
}

use Gives::{Always, Branches, Common, First, Sum};
use Type::{Boolean, Date, Double, Duration, Integer, Ip, Keyword, Long, Period, Version};

functions! {
    Case "case" [Any] 2..MANY, Branches, Own, "The value after the first condition that is true; the last value without a condition, or null. A condition that is null or has several values is not true.";
    DateTrunc "date_trunc" [Span, Date] 2..2, Always(Date), One, "The start of the span of time that a time is in.";
    Bucket "bucket" [DateOrNumber, NumberOrSpan] 2..2, Gives::First, One, "The start of the span that a time or number is in; of numbers a double.";
    ToLower "to_lower" [Text] 1..1, Always(Keyword), Each, "In lower case.";
    ToUpper "to_upper" [Text] 1..1, Always(Keyword), Each, "In upper case.";
    DateDiff "date_diff" [Text, Date, Date] 3..3, Always(Integer), One, "Whole units from the second argument to the third; null where they are no integer.";
    Coalesce "coalesce" [Any, Same] 1..MANY, Common, Own, "The first argument that is not null, with all its values.";
    Kql "kql" [Literal] 1..1, Always(Boolean), Own, "Whether the document matches a query of KQL, whose own rules hold for null and several values.";
    Match "match" [Any, Any] 2..2, Always(Boolean), Own, "Whether one of a column's values, or, of texts by words, one of its words, is among the query's. False for null.";
    Replace "replace" [Text, Text, Text] 3..3, Always(Keyword), One, "Every match of a regular expression replaced; `$1` stands for a group.";
    MvFirst "mv_first" [Any] 1..1, First, All, "The first value.";
    MvLast "mv_last" [Any] 1..1, First, All, "The last value.";
    MvMin "mv_min" [Any] 1..1, First, All, "The smallest value.";
    MvMax "mv_max" [Any] 1..1, First, All, "The largest value.";
    MvCount "mv_count" [Any] 1..1, Always(Integer), All, "The number of values.";
    MvDedupe "mv_dedupe" [Any] 1..1, First, All, "The distinct values, in their order.";
    MvSort "mv_sort" [Any, Text] 1..2, First, All, "The values in order, ascending or descending: `ASC`, `DESC`.";
    MvConcat "mv_concat" [Text, Text] 2..2, Always(Keyword), All, "The values with a separator between them.";
    MvSlice "mv_slice" [Any, Whole, Whole] 2..3, First, All, "The values from one index to another, both included; negative ones count from the end.";
    MvSum "mv_sum" [Number] 1..1, Sum, All, "The sum of the values; null where it overflows.";
    MvAvg "mv_avg" [Number] 1..1, Always(Double), All, "The average of the values.";
    MvAppend "mv_append" [Any, Same] 2..2, Common, All, "The values of both.";
    MvContains "mv_contains" [Any, Same] 2..2, Always(Boolean), Own, "Whether the first has every value of the second; null has no value. Never null.";
    MvIntersection "mv_intersection" [Any, Same] 2..2, Common, All, "The distinct values of the first that the second has, too.";
    ToString "to_string" [Any] 1..1, Always(Keyword), Each, "As text.";
    ToInteger "to_integer" [Any] 1..1, Always(Integer), Each, "As an integer; null where it is none.";
    ToLong "to_long" [Any] 1..1, Always(Long), Each, "As a long; null where it is none.";
    ToDouble "to_double" [Any] 1..1, Always(Double), Each, "As a double; null where it is none.";
    ToBoolean "to_boolean" [Any] 1..1, Always(Boolean), Each, "As a boolean: `true` in any case, a number but zero.";
    ToDatetime "to_datetime" [Any] 1..1, Always(Date), Each, "As a time: its text, or milliseconds.";
    ToIp "to_ip" [Any] 1..1, Always(Ip), Each, "As an address; null where it is none.";
    ToVersion "to_version" [Any] 1..1, Always(Version), Each, "As a version.";
    ToPeriod "to_dateperiod" [Literal] 1..1, Always(Period), One, "A literal as a span of the calendar.";
    ToDuration "to_timeduration" [Literal] 1..1, Always(Duration), One, "A literal as a span of time.";
    Now "now" [] 0..0, Always(Date), One, "The time of the query's run.";
    Length "length" [Text] 1..1, Always(Integer), One, "The number of code points.";
    ByteLength "byte_length" [Text] 1..1, Always(Integer), One, "The number of bytes of UTF-8.";
    Concat "concat" [Text] 2..MANY, Always(Keyword), One, "The texts after each other.";
    StartsWith "starts_with" [Text, Text] 2..2, Always(Boolean), One, "Whether a text begins with another.";
    EndsWith "ends_with" [Text, Text] 2..2, Always(Boolean), One, "Whether a text ends with another.";
    Contains "contains" [Text, Text] 2..2, Always(Boolean), One, "Whether a text has another in it.";
    Locate "locate" [Text, Text, Whole] 2..3, Always(Integer), One, "The place of a text in another, from 1; 0 if it is not there.";
    Substring "substring" [Text, Whole, Whole] 2..3, Always(Keyword), One, "Code points from a place on, from 1; negative places count from the end.";
    Left "left" [Text, Whole] 2..2, Always(Keyword), One, "The first code points.";
    Right "right" [Text, Whole] 2..2, Always(Keyword), One, "The last code points.";
    Trim "trim" [Text] 1..1, Always(Keyword), One, "Without blanks around it.";
    LTrim "ltrim" [Text] 1..1, Always(Keyword), One, "Without blanks before it.";
    RTrim "rtrim" [Text] 1..1, Always(Keyword), One, "Without blanks after it.";
    Reverse "reverse" [Text] 1..1, Always(Keyword), One, "Backwards.";
    Repeat "repeat" [Text, Whole] 2..2, Always(Keyword), One, "Several times.";
    Space "space" [Whole] 1..1, Always(Keyword), One, "So many blanks.";
    Split "split" [Text, Text] 2..2, Always(Keyword), One, "The parts between a separator of one byte, empty ones too.";
    CidrMatch "cidr_match" [Ip, Text] 2..MANY, Always(Boolean), One, "Whether an address is in one of some networks.";
    UrlDecode "url_decode" [Text] 1..1, Always(Keyword), Each, "Percent-decoded, a plus sign as a blank; null where it is not encoded well.";
    FromBase64 "from_base64" [Text] 1..1, Always(Keyword), One, "Decoded from base 64; null where it is none, or no UTF-8.";
    ToBase64 "to_base64" [Text] 1..1, Always(Keyword), One, "Encoded to base 64.";
    JsonExtract "json_extract" [Document, Text] 2..2, Always(Keyword), One, "The value at a path of a JSON text; null where there is none.";
    Round "round" [Number, Whole] 1..2, First, One, "To so many decimals, halves away from zero.";
    Abs "abs" [Number] 1..1, First, One, "Without its sign.";
    Ceil "ceil" [Number] 1..1, First, One, "The next whole number above.";
    Floor "floor" [Number] 1..1, First, One, "The next whole number below.";
    Greatest "greatest" [Any, Same] 1..MANY, Common, All, "The largest of all values.";
    Least "least" [Any, Same] 1..MANY, Common, All, "The smallest of all values.";
}

/// Names that stand for the same function.
const ALIASES: [(&str, &str); 7] = [
    ("to_str", "to_string"),
    ("to_int", "to_integer"),
    ("to_dbl", "to_double"),
    ("to_bool", "to_boolean"),
    ("to_dt", "to_datetime"),
    ("to_date", "to_datetime"),
    ("to_ver", "to_version"),
];

/// Other functions of the language, in lower case.
pub const OTHER_FUNCTIONS: &[&str] = &[
    "acos",
    "asin",
    "atan",
    "atan2",
    "bit_length",
    "cbrt",
    "categorize",
    "chunk",
    "clamp",
    "clamp_max",
    "clamp_min",
    "copy_sign",
    "cos",
    "cosh",
    "date_extract",
    "date_format",
    "date_parse",
    "day_name",
    "decay",
    "e",
    "exp",
    "first_over_time",
    "hash",
    "hypot",
    "ip_prefix",
    "knn",
    "log",
    "log10",
    "match_phrase",
    "md5",
    "month_name",
    "multi_match",
    "mv_median",
    "mv_median_absolute_deviation",
    "mv_percentile",
    "mv_pseries_weighted_sum",
    "mv_zip",
    "mv_union",
    "mv_difference",
    "mv_intersects",
    "network_direction",
    "pi",
    "pow",
    "qstr",
    "range_max",
    "range_min",
    "range_within",
    "round_to",
    "scalb",
    "score",
    "sha1",
    "sha256",
    "signum",
    "sin",
    "sinh",
    "sqrt",
    "st_contains",
    "st_disjoint",
    "st_distance",
    "st_envelope",
    "st_geohash",
    "st_geohex",
    "st_geotile",
    "st_intersects",
    "st_npoints",
    "st_simplify",
    "st_within",
    "st_x",
    "st_xmax",
    "st_xmin",
    "st_y",
    "st_ymax",
    "st_ymin",
    "tan",
    "tanh",
    "tau",
    "term",
    "text_embedding",
    "to_aggregate_metric_double",
    "to_cartesianpoint",
    "to_cartesianshape",
    "to_date_nanos",
    "to_datenanos",
    "to_degrees",
    "to_dense_vector",
    "to_geohash",
    "to_geohex",
    "to_geopoint",
    "to_geoshape",
    "to_geotile",
    "to_radians",
    "to_text",
    "to_ul",
    "to_ulong",
    "to_unsigned_long",
    "top_snippets",
    "trange",
    "url_encode",
    "url_encode_component",
    "v_cosine",
    "v_dot_product",
];

/// The entry of a name in any case.
#[must_use]
pub fn function(name: &str) -> Option<&'static Entry> {
    let name = name.to_lowercase();
    let name = ALIASES
        .iter()
        .find(|(alias, _)| *alias == name)
        .map_or(name.as_str(), |(_, name)| name);
    FUNCTIONS.iter().find(|entry| entry.name == name)
}

impl Function {
    /// Its entry.
    #[must_use]
    pub fn entry(self) -> &'static Entry {
        // The table has an entry for each variant, in the order of the variants.
        &FUNCTIONS[self as usize]
    }
}

/// All names of functions, for suggestions.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS
        .iter()
        .map(|entry| entry.name)
        .chain(AGGREGATES.iter().map(|entry| entry.name))
        .chain(OTHER_FUNCTIONS.iter().copied())
        .chain(OTHER_AGGREGATES.iter().copied())
}
