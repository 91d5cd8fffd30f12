//! The naive evaluator's functions of single values.

use super::NaiveValue::{Double, Moment, Truth, Whole, Words};
use super::cast::nearest;
use super::{
    NaiveValue, NaiveValues, calendar, compare, double, finite, has_date, order, truth, words,
};
use std::cmp::Ordering;

/// Functions of single values.
pub(super) fn single(name: &str, args: &[NaiveValue]) -> NaiveValues {
    match (name, args) {
        ("not", [Truth(value)]) => truth(!value),
        ("equal" | "not_equal" | "less" | "at_most" | "greater" | "at_least", [a, b]) => {
            truth(compare(name, order(a, b).unwrap()))
        }
        ("greatest" | "least", [first, ..]) => {
            let wanted = if name == "least" {
                Ordering::Less
            } else {
                Ordering::Greater
            };
            let mut best = first;
            for arg in args {
                best = if order(arg, best) == Some(wanted) {
                    arg
                } else {
                    best
                };
            }
            vec![best.clone()]
        }
        (_, [Whole(a), Whole(b)]) => {
            let wide = whole(name, i128::from(*a), i128::from(*b));
            wide.and_then(|n| i64::try_from(n).ok())
                .map(Whole)
                .into_iter()
                .collect()
        }
        (_, [Whole(a)]) => {
            let wide = i128::from(*a);
            let wide = match name {
                "negate" => -wide,
                "absolute" => wide.abs(),
                "floor" | "ceil" => wide,
                _ => panic!("{name}"),
            };
            i64::try_from(wide).ok().map(Whole).into_iter().collect()
        }
        (_, [Double(_) | Whole(_), ..]) => finite(doubles(name, args)),
        (_, [Moment(_), ..]) => moments(name, args),
        _ => texts(name, args),
    }
}

fn whole(name: &str, a: i128, b: i128) -> Option<i128> {
    match name {
        "add" => Some(a + b),
        "subtract" => Some(a - b),
        "multiply" => Some(a * b),
        "divide" => (b != 0).then(|| a / b),
        "remainder" => (b != 0).then(|| a % b),
        "bucket" => (b > 0).then(|| a.div_euclid(b) * b),
        "round" if b >= 0 => Some(a),
        "round" if b < -19 => Some(0),
        "round" => {
            let ten = 10_i128.pow((-b) as u32);
            Some((a.abs() + ten / 2) / ten * ten * a.signum())
        }
        _ => panic!("{name}"),
    }
}

fn doubles(name: &str, args: &[NaiveValue]) -> f64 {
    let a = double(&args[0]);
    let b = args.get(1).map_or(f64::NAN, double);
    match name {
        "add" => a + b,
        "subtract" => a - b,
        "multiply" => a * b,
        "divide" => a / b,
        "remainder" => a % b,
        "bucket" if b <= 0.0 => f64::NAN,
        "bucket" => (a / b).floor() * b,
        "negate" => -a,
        "absolute" => a.abs(),
        "floor" => a.floor(),
        "ceil" => a.ceil(),
        "square_root" => a.sqrt(),
        "round" => {
            let ten = (0..b.abs().min(400.0) as i32).fold(1.0, |ten, _| ten * 10.0);
            let sign = if a < 0.0 { -1.0 } else { 1.0 };
            let size = a.abs();
            match b >= 0.0 {
                true if !(size * ten).is_finite() => a,
                true => sign * (nearest(size * ten) / ten),
                false => {
                    let n = nearest(size / ten) * ten;
                    sign * if n.is_finite() { n } else { 0.0 }
                }
            }
        }
        _ => panic!("{name}"),
    }
}

fn moments(name: &str, args: &[NaiveValue]) -> NaiveValues {
    let day = 86_400_000;
    match (name, args) {
        ("add_time", [Moment(a), Whole(b)]) => a.checked_add(*b).map(Moment).into_iter().collect(),
        ("time_between", [Moment(a), Moment(b)]) => {
            b.checked_sub(*a).map(Whole).into_iter().collect()
        }
        ("truncate_time", [Moment(at), Whole(span), Moment(from)]) => {
            let (at, span, from) = (i128::from(*at), i128::from(*span), i128::from(*from));
            let start = (span > 0).then(|| at - (at - from).rem_euclid(span));
            start
                .and_then(|n| i64::try_from(n).ok())
                .map(Moment)
                .into_iter()
                .collect()
        }
        ("truncate_months", [Moment(at), Whole(by)]) => {
            if !(1..=12_000).contains(by) || !has_date(*at) {
                return Vec::new();
            }
            // Back, day by day, to the first day of a month that begins such a span.
            let mut days = at.div_euclid(day);
            loop {
                let (year, month, date) = calendar(days);
                if date == 1 && ((year - 1) * 12 + month - 1).rem_euclid(*by) == 0 {
                    return vec![Moment(days * day)];
                }
                days -= 1;
            }
        }
        ("time_part", [Moment(at), Words(_)]) if !has_date(*at) => Vec::new(),
        ("time_part", [Moment(at), Words(part)]) => {
            let days = at.div_euclid(day);
            let (year, month, date) = calendar(days);
            let first = (0..366)
                .find(|back| calendar(days - back) == (year, 1, 1))
                .unwrap();
            let second = at.rem_euclid(day) / 1000;
            let part = match part.as_str() {
                "year" => year,
                "month" => month,
                "day_of_month" => date,
                "day_of_year" => first + 1,
                // 2024-01-01 was a Monday.
                "day_of_week" => (days - 19_723).rem_euclid(7) + 1,
                "hour" => second / 3600,
                "minute" => second / 60 % 60,
                "second" => second % 60,
                "millisecond" => at.rem_euclid(1000),
                "epoch_day" => days,
                _ => return Vec::new(),
            };
            vec![Whole(part)]
        }
        _ => panic!("{name} {args:?}"),
    }
}

fn texts(name: &str, args: &[NaiveValue]) -> NaiveValues {
    let text = words(&args[0]);
    let all: Vec<char> = text.chars().collect();
    let part = |part: &[char]| vec![Words(part.iter().collect())];
    let blank = |c: &char| " \t\n\u{2003}".contains(*c);
    let start = all.iter().position(|c| !blank(c)).unwrap_or(all.len());
    let end = all
        .iter()
        .rposition(|c| !blank(c))
        .map_or(start, |at| at + 1);
    match (name, &args[1..]) {
        ("length", []) => vec![Whole(all.len() as i64)],
        ("byte_length", []) => vec![Whole(text.len() as i64)],
        ("trim", []) => part(&all[start..end]),
        ("trim_start", []) => part(&all[start..]),
        ("trim_end", []) => part(&all[..if start == all.len() { 0 } else { end }]),
        ("concat", rest) => vec![Words(
            rest.iter()
                .fold(text.to_owned(), |all, one| all + words(one)),
        )],
        ("substring", [Whole(from), Whole(count)]) => {
            if *count < 0 {
                return Vec::new();
            }
            let length = all.len() as i128;
            let from = match i128::from(*from) {
                0 => 0,
                from if from > 0 => (from - 1).min(length),
                from => (length + from).max(0),
            };
            let to = (from + i128::from(*count)).min(length);
            part(&all[from as usize..to as usize])
        }
        ("left", [Whole(count)]) => part(&all[..(*count).clamp(0, all.len() as i64) as usize]),
        ("right", [Whole(count)]) => {
            part(&all[all.len() - (*count).clamp(0, all.len() as i64) as usize..])
        }
        (_, [Words(other)]) => {
            let wanted: Vec<char> = other.chars().collect();
            let at = (0..=all.len()).find(|at| all[*at..].starts_with(&wanted));
            match name {
                "starts_with" => truth(at == Some(0)),
                "ends_with" => truth(all.ends_with(&wanted)),
                "contains" => truth(at.is_some()),
                "locate" => vec![Whole(at.map_or(0, |at| at as i64 + 1))],
                "split" if other.is_empty() => vec![Words(text.to_owned())],
                "split" => text
                    .split(other.as_str())
                    .map(|piece| Words(piece.to_owned()))
                    .collect(),
                _ => panic!("{name}"),
            }
        }
        _ => panic!("{name} {args:?}"),
    }
}
