//! A naive evaluator of expression trees, recursive and untyped, written from the documented
//! meaning of the functions.

use crate::address;
use crate::network::Network;
use crate::program::Constant;
use crate::program::value::Type;
use cast::{calendar, cast, field, has_date};
use single::single;
use std::cmp::Ordering;

mod cast;
mod single;

/// A single value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum NaiveValue {
    Truth(bool),
    Whole(i64),
    Double(f64),
    Words(String),
    Moment(i64),
    Ip(u128),
}

/// Values; null is the empty list.
pub(super) type NaiveValues = Vec<NaiveValue>;

/// An expression.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    Field(String, Type),
    Constant(Constant),
    Call(&'static str, Vec<Expression>),
}

use NaiveValue::{Double, Ip, Moment, Truth, Whole, Words};

/// Fields with their values, of any types.
pub(super) type NaiveDocument = Vec<(String, NaiveValues)>;

pub(super) fn evaluate(expression: &Expression, document: &NaiveDocument) -> NaiveValues {
    match expression {
        Expression::Field(name, kind) => field(name, *kind, document),
        Expression::Constant(constant) => literal(constant),
        Expression::Call(name, arguments) => {
            let constants: Vec<&Constant> = arguments.iter().filter_map(constant).collect();
            let values: Vec<NaiveValues> =
                arguments.iter().map(|a| evaluate(a, document)).collect();
            call(name, values, &constants)
        }
    }
}

fn constant(expression: &Expression) -> Option<&Constant> {
    match expression {
        Expression::Constant(constant) => Some(constant),
        _ => None,
    }
}

fn literal(constant: &Constant) -> NaiveValues {
    match constant {
        Constant::Boolean(value) => vec![Truth(*value)],
        Constant::Integer(number) => vec![Whole(*number)],
        Constant::Number(number) => vec![Double(*number)],
        Constant::Text(text) => vec![Words(text.clone())],
        Constant::Time(time) => vec![Moment(*time)],
        Constant::Address(bits) => vec![Ip(*bits)],
        Constant::Null(_) | Constant::Network(_) | Constant::Pattern(_) | Constant::Regex(_) => {
            Vec::new()
        }
    }
}

fn order(a: &NaiveValue, b: &NaiveValue) -> Option<Ordering> {
    match (a, b) {
        (Truth(a), Truth(b)) => Some(a.cmp(b)),
        (Whole(a), Whole(b)) | (Moment(a), Moment(b)) => Some(a.cmp(b)),
        (Whole(_) | Double(_), Whole(_) | Double(_)) => double(a).partial_cmp(&double(b)),
        (Words(a), Words(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (Ip(a), Ip(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn double(value: &NaiveValue) -> f64 {
    match value {
        Whole(n) => *n as f64,
        Double(n) => *n,
        _ => f64::NAN,
    }
}

fn truth(value: bool) -> NaiveValues {
    vec![Truth(value)]
}

fn compare(name: &str, order: Ordering) -> bool {
    match name {
        "equal" => order == Ordering::Equal,
        "not_equal" => order != Ordering::Equal,
        "less" => order == Ordering::Less,
        "at_most" => order != Ordering::Greater,
        "greater" => order == Ordering::Greater,
        "at_least" => order != Ordering::Less,
        _ => panic!("{name}"),
    }
}

/// The meaning of each function.
fn call(name: &str, args: Vec<NaiveValues>, constants: &[&Constant]) -> NaiveValues {
    if let Some(test) = name.strip_prefix("any_") {
        return truth(any(test, &args, constants));
    }
    let decisive = |by: bool| {
        let has = |value: bool| args.iter().any(|arg| *arg == truth(value));
        match has(by) {
            true => truth(by),
            false if args.iter().all(|arg| *arg == truth(!by)) => truth(!by),
            false => Vec::new(),
        }
    };
    match name {
        "and" => decisive(false),
        "or" => decisive(true),
        "is_null" => truth(args[0].is_empty()),
        "is_not_null" => truth(!args[0].is_empty()),
        "coalesce" => args
            .into_iter()
            .find(|arg| !arg.is_empty())
            .unwrap_or_default(),
        "case" => {
            for pair in args.chunks(2) {
                if pair.len() == 1 {
                    return pair[0].clone();
                }
                if pair[0] == truth(true) {
                    return pair[1].clone();
                }
            }
            Vec::new()
        }
        "in" => member(&args),
        "like" | "in_network" if args[0].len() != 1 => Vec::new(),
        "like" | "in_network" => truth(any(name, &args, constants)),
        _ if args.iter().any(Vec::is_empty) => Vec::new(),
        _ if name.starts_with("mv_") => several(name, &args),
        "lower_ascii" => args[0]
            .iter()
            .map(|v| Words(words(v).to_ascii_lowercase()))
            .collect(),
        "lower" => args[0]
            .iter()
            .map(|v| Words(words(v).to_lowercase()))
            .collect(),
        "upper" => args[0]
            .iter()
            .map(|v| Words(words(v).to_uppercase()))
            .collect(),
        _ if name.starts_with("to_") => {
            let kind = match name {
                "to_boolean" => Type::Boolean,
                "to_integer" => Type::Integer,
                "to_number" => Type::Number,
                "to_text" => Type::Text,
                "to_time" => Type::Time,
                "to_address" => Type::Address,
                _ => panic!("{name}"),
            };
            args[0]
                .iter()
                .filter_map(|value| cast(value, kind))
                .collect()
        }
        _ if args.iter().any(|arg| arg.len() > 1) => Vec::new(),
        _ => {
            let args: Vec<NaiveValue> = args.into_iter().flatten().collect();
            single(name, &args)
        }
    }
}

fn member(args: &[NaiveValues]) -> NaiveValues {
    let [value] = &args[0][..] else {
        return Vec::new();
    };
    let same = |arg: &NaiveValues| matches!(&arg[..], [other] if order(value, other) == Some(Ordering::Equal));
    match args[1..].iter().any(same) {
        true => truth(true),
        false if args[1..].iter().all(|arg| arg.len() == 1) => truth(false),
        false => Vec::new(),
    }
}

fn any(test: &str, args: &[NaiveValues], constants: &[&Constant]) -> bool {
    args[0].iter().any(|value| match (test, value) {
        ("like", Words(text)) => constants.iter().any(|constant| match constant {
            Constant::Pattern(pattern) => {
                let fold = |text: &str| match pattern.is_folded() {
                    true => text.chars().flat_map(char::to_lowercase).collect(),
                    false => text.chars().collect::<Vec<char>>(),
                };
                like(&fold(pattern.text()), &fold(text))
            }
            _ => false,
        }),
        ("within", _) => {
            let end = |at: usize, wanted: Ordering| {
                let [one] = &args[at][..] else { return false };
                let order = order(value, one);
                order == Some(wanted)
                    || order == Some(Ordering::Equal) && args[at + 1] != truth(true)
            };
            end(1, Ordering::Greater) && end(3, Ordering::Less)
        }
        ("phrase" | "script_phrase", Words(text)) => {
            let words = cut(text, test == "phrase");
            let [Words(list)] = &args[1][..] else {
                return false;
            };
            list.split('\n').any(|line| {
                let wanted: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
                !wanted.is_empty() && words.windows(wanted.len()).any(|some| some == wanted)
            })
        }
        ("word_like" | "script_word_like", Words(text)) => {
            let words = cut(text, test == "word_like");
            let one = |word: &String| any("like", &[vec![Words(word.clone())]], constants);
            words.iter().any(one)
        }
        ("in_network", Ip(bits)) => constants.iter().any(
            |constant| matches!(constant, Constant::Network(network) if within(network, *bits)),
        ),
        ("in", _) => args[1..]
            .iter()
            .any(|list| matches!(&list[..], [one] if order(value, one) == Some(Ordering::Equal))),
        _ => matches!(&args[1][..], [one] if order(value, one).is_some_and(|o| compare(test, o))),
    })
}

/// The words of a text in lower case: maximal runs of characters none of which is a boundary.
fn cut(text: &str, standard: bool) -> Vec<String> {
    let text: Vec<char> = text.chars().collect();
    let inside = |at: usize| {
        let c = text[at];
        if !standard {
            return c.is_ascii_alphanumeric() || c == '_' || c == '-';
        }
        let beside = |test: fn(&char) -> bool| {
            at > 0 && text.get(at + 1).is_some_and(test) && test(&text[at - 1])
        };
        let letters = beside(|c| c.is_alphabetic());
        let digits = beside(|c| c.is_numeric());
        c.is_alphanumeric()
            || c == '_'
            || ".'".contains(c) && (letters || digits)
            || c == ':' && letters
            || ",;".contains(c) && digits
    };
    let marked: String = (0..text.len())
        .map(|at| if inside(at) { text[at] } else { '\n' })
        .collect();
    let words = marked.to_lowercase();
    let is_word = |word: &&str| word.chars().any(|c| c.is_alphanumeric() || !standard);
    words
        .split('\n')
        .filter(is_word)
        .map(str::to_owned)
        .collect()
}

fn within(network: &Network, bits: u128) -> bool {
    let text = network.text();
    let (bare, length) = text.split_once('/').unwrap_or((&text, "x"));
    let first = address::parse(bare).unwrap();
    let whole = if bare.contains(':') { 128 } else { 32 };
    let free = length.parse::<u32>().map_or(0, |length| whole - length);
    free == 128 || first >> free == bits >> free
}

fn like(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['*', rest @ ..] => (0..=text.len()).any(|at| like(rest, &text[at..])),
        ['\\', c, rest @ ..] => text.first() == Some(c) && like(rest, &text[1..]),
        ['?', rest @ ..] => !text.is_empty() && like(rest, &text[1..]),
        [c, rest @ ..] => text.first() == Some(c) && like(rest, &text[1..]),
    }
}

fn several(name: &str, args: &[NaiveValues]) -> NaiveValues {
    let all = &args[0];
    let mut sorted = all.clone();
    sorted.sort_by(|a, b| order(a, b).unwrap());
    let sum = total(all.iter().map(double));
    match name {
        "mv_count" => vec![Whole(all.len() as i64)],
        "mv_min" => sorted[..1].to_vec(),
        "mv_max" => sorted[sorted.len() - 1..].to_vec(),
        "mv_first" => all[..1].to_vec(),
        "mv_last" => all[all.len() - 1..].to_vec(),
        "mv_sum" => match all[0] {
            Whole(_) => {
                let whole = |v: &NaiveValue| if let Whole(n) = v { i128::from(*n) } else { 0 };
                let sum: i128 = all.iter().map(whole).sum();
                i64::try_from(sum).ok().map(Whole).into_iter().collect()
            }
            _ => finite(sum),
        },
        "mv_average" => finite(sum / all.len() as f64),
        "mv_dedupe" => {
            sorted.dedup();
            sorted
        }
        "mv_concat" => match &args[1][..] {
            [Words(between)] => {
                let words: Vec<&str> = all.iter().map(words).collect();
                vec![Words(words.join(between))]
            }
            // Several separators give null.
            _ => Vec::new(),
        },
        "mv_contains" => {
            let has = |wanted: &NaiveValue| {
                all.iter()
                    .any(|v| order(v, wanted) == Some(Ordering::Equal))
            };
            truth(args[1].iter().all(has))
        }
        _ => panic!("{name}"),
    }
}

/// A sum without loss, in parts that do not overlap (Shewchuk's).
fn total(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut parts: Vec<f64> = Vec::new();
    for mut x in numbers {
        let mut kept = Vec::new();
        for mut y in parts {
            if x.abs() < y.abs() {
                (x, y) = (y, x);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                kept.push(low);
            }
            x = high;
        }
        kept.push(x);
        parts = kept;
    }
    // A sum begins with 0.0, and 0.0 with -0.0 is 0.0.
    parts.iter().fold(0.0, |sum, part| sum + part)
}

fn finite(n: f64) -> NaiveValues {
    if n.is_finite() {
        vec![Double(n)]
    } else {
        Vec::new()
    }
}

fn words(value: &NaiveValue) -> &str {
    match value {
        Words(text) => text,
        _ => panic!("{value:?}"),
    }
}
