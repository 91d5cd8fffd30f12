//! Random texts: whatever comes in, there is a plan or there are problems, and a plan gives rows.

use super::schema;
use crate::evaluate::evaluate;
use crate::evaluate::json::Json;

/// A generator of numbers that gives the same ones each time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(below).unwrap()).unwrap()
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.next(all.len())]
    }
}

const WORDS: &[&str] = &[
    "FROM",
    "x",
    "|",
    "|",
    "|",
    "WHERE",
    "EVAL",
    "STATS",
    "BY",
    "KEEP",
    "DROP",
    "RENAME",
    "AS",
    "SORT",
    "LIMIT",
    "MV_EXPAND",
    "DISSECT",
    "GROK",
    "INLINE",
    "AND",
    "OR",
    "NOT",
    "IN",
    "LIKE",
    "RLIKE",
    "IS",
    "NULL",
    "NULLS",
    "FIRST",
    "DESC",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ".",
    "=",
    "==",
    "!=",
    "<",
    "<=",
    "+",
    "-",
    "*",
    "/",
    "%",
    ":",
    "::",
    "::",
    "k",
    "k2",
    "i",
    "d",
    "b",
    "ip",
    "at",
    "user.id",
    "count",
    "sum",
    "max",
    "case",
    "length",
    "date_trunc",
    "now",
    "coalesce",
    "mv_slice",
    "1",
    "2.5",
    "1 day",
    "\"a\"",
    "\"%{a} %{b}\"",
    "\"\"\"x",
    "`q`",
    "`",
    "\"",
    "/*",
    "*/",
    "//",
    "\n",
    "ü",
    "🐔",
    "?",
    ";",
    "\\",
];

fn look_at(text: &str) -> bool {
    match crate::analyse(text, &schema) {
        Ok(plan) => {
            let _ = crate::shape::shape(&plan);
            let document = Json::parse(r#"{"k": "a", "i": [1, 2]}"#).unwrap();
            let _ = evaluate(&plan, &[document], 0, &|_, _| true);
            true
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "{text}");
            for problem in problems {
                assert!(problem.at.start <= problem.at.end, "{problem:?} in {text}");
                assert!(problem.at.end <= text.len(), "{problem:?} in {text}");
                assert!(!problem.render(text).is_empty());
            }
            false
        }
    }
}

#[test]
fn words_in_any_order() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for _ in 0..20_000 {
        let count = 1 + numbers.next(25);
        let mut text = "FROM x | ".to_owned();
        for _ in 0..count {
            text.push_str(numbers.pick(WORDS));
            if numbers.next(4) > 0 {
                text.push(' ');
            }
        }
        look_at(&text);
    }
}

#[test]
fn any_bytes() {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    for _ in 0..20_000 {
        let length = numbers.next(60);
        let bytes: Vec<u8> = (0..length)
            .map(|_| u8::try_from(numbers.next(256)).unwrap())
            .collect();
        look_at(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn queries_with_a_piece_cut_out_or_doubled() {
    let query = "FROM logs-* METADATA _id | WHERE k LIKE \"a*\" AND NOT i IN (1, 2) // c\n| EVAL w = DATE_TRUNC(1 hour, at), u = TO_LOWER(CONCAT(k, \"ü\")) | STATS n = COUNT(*) WHERE b, v = VALUES(k) BY user.id, w | WHERE n >= 3 OR MV_COUNT(v) > 1 | SORT n DESC | KEEP n, user.*";
    assert!(look_at(query));
    let places: Vec<usize> = query
        .char_indices()
        .map(|(at, _)| at)
        .chain([query.len()])
        .collect();
    let mut understood = 0;
    for (index, from) in places.iter().enumerate() {
        for to in places.iter().skip(index).step_by(7) {
            let cut = format!("{}{}", &query[..*from], &query[*to..]);
            understood += usize::from(look_at(&cut));
            let doubled = format!("{}{}", &query[..*to], &query[*from..]);
            understood += usize::from(look_at(&doubled));
        }
    }
    assert!(understood > 100, "{understood}");
}

/// Expressions of the right types, at random: they have a plan, and it gives a row.
#[test]
fn expressions_of_the_right_types() {
    fn number(numbers: &mut Numbers, depth: usize) -> String {
        match numbers.next(if depth == 0 { 4 } else { 9 }) {
            0 => "i".to_owned(),
            1 => "d".to_owned(),
            2 => numbers.pick(&["1", "2.5", "-3", "9999999999"]).to_owned(),
            3 => "i9".to_owned(),
            4 => format!("length({})", text(numbers, depth - 1)),
            5 => format!("mv_count({})", text(numbers, depth - 1)),
            6 => format!("abs({})", number(numbers, depth - 1)),
            _ => {
                let sign = numbers.pick(&["+", "-", "*", "/", "%"]);
                let (one, other) = (number(numbers, depth - 1), number(numbers, depth - 1));
                format!("({one} {sign} {other})")
            }
        }
    }
    fn text(numbers: &mut Numbers, depth: usize) -> String {
        match numbers.next(if depth == 0 { 3 } else { 7 }) {
            0 => "k".to_owned(),
            1 => "k2".to_owned(),
            2 => numbers.pick(&["\"a\"", "\"\"", "kn"]).to_owned(),
            3 => format!("to_lower({})", text(numbers, depth - 1)),
            4 => format!(
                "concat({}, {})",
                text(numbers, depth - 1),
                text(numbers, depth - 1)
            ),
            5 => format!(
                "case({}, {})",
                truth(numbers, depth - 1),
                text(numbers, depth - 1)
            ),
            _ => format!("to_string({})", number(numbers, depth - 1)),
        }
    }
    fn truth(numbers: &mut Numbers, depth: usize) -> String {
        match numbers.next(if depth == 0 { 2 } else { 8 }) {
            0 => "b".to_owned(),
            1 => "bn".to_owned(),
            2 => format!("NOT {}", truth(numbers, depth - 1)),
            3 => format!(
                "({} AND {})",
                truth(numbers, depth - 1),
                truth(numbers, depth - 1)
            ),
            4 => format!(
                "({} OR {})",
                truth(numbers, depth - 1),
                truth(numbers, depth - 1)
            ),
            5 => format!(
                "{} == {}",
                text(numbers, depth - 1),
                text(numbers, depth - 1)
            ),
            6 => format!(
                "{} < {}",
                number(numbers, depth - 1),
                number(numbers, depth - 1)
            ),
            _ => format!("{} IS NULL", text(numbers, depth - 1)),
        }
    }
    let mut numbers = Numbers(0xdead_beef_cafe_f00d);
    let documents = r#"{"k": "A", "k2": ["x", "y"], "i": 7, "d": 0.5, "b": true}"#;
    for _ in 0..3000 {
        let condition = truth(&mut numbers, 4);
        let query = format!("FROM x | EVAL r = {condition}, n = NOT ({condition}) | KEEP r, n");
        let found = super::rows(&query, documents);
        let opposite = ["true, false", "false, true", "null, null"];
        assert!(opposite.contains(&found[0].as_str()), "{query}: {found:?}");
    }
}
