//! Random queries and documents.

use serde_json::{Map, Value, json};
use weir_generator::random::Random;

/// How a query is judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    Each,
    Tumbling,
    Sliding,
    /// The first event of a key.
    First,
}

/// A query.
pub(crate) struct Query {
    pub(crate) text: String,
    pub(crate) shape: Shape,
    /// The names of its output.
    pub(crate) output: Vec<String>,
    /// Those of them that rows are told by.
    pub(crate) told: Vec<String>,
    /// Of a rule of first events the groups, without conditions.
    pub(crate) groups: String,
}

/// Random queries and documents.
pub(crate) struct Generator(Random);

const WORDS: [&str; 8] = ["a", "ab", "AB", "b.c", "é", "Éa", "x y", "10"];
const SCRIPT: &str = "powershell.file.script_block_text";
const KEYWORDS: [&str; 4] = ["user.name", "host.name", "event.action", "process.name"];

impl Generator {
    pub(crate) fn new(seed: u64) -> Generator {
        Generator(Random::new(seed))
    }

    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0.index(most)
    }

    fn one<'v>(&mut self, values: &[&'v str]) -> &'v str {
        let picked: &&str = self.0.pick(values);
        picked
    }

    fn value<const N: usize>(&mut self, values: [Value; N]) -> Value {
        self.0.pick(&values).clone()
    }

    fn word(&mut self) -> String {
        format!("\"{}\"", self.one(&WORDS))
    }

    fn keyword(&mut self) -> &'static str {
        self.one(&KEYWORDS)
    }

    /// A text that is never empty.
    fn solid(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.keyword().to_owned();
        }
        let deeper = depth - 1;
        match self.below(7) {
            0 => format!("TO_LOWER({})", self.solid(deeper)),
            1 => format!("CONCAT({}, {})", self.solid(deeper), self.solid(deeper)),
            2 => format!("COALESCE({}, {})", self.solid(deeper), self.word()),
            3 => format!("CASE({}, {})", self.condition(deeper), self.solid(deeper)),
            4 => format!(
                "{}({})",
                self.one(&["MV_FIRST", "MV_MIN", "MV_MAX", "MV_LAST"]),
                self.solid(deeper)
            ),
            5 => format!("TO_STRING({})", self.number(deeper)),
            _ => self.keyword().to_owned(),
        }
    }

    fn text(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.keyword().to_owned();
        }
        let deeper = depth - 1;
        match self.below(9) {
            0 => format!(
                "SUBSTRING({}, {})",
                self.text(deeper),
                self.one(&["1", "2", "-1", "1, 1"])
            ),
            1 => format!(
                "REPLACE({}, \"{}\", \"{}\")",
                self.text(deeper),
                self.one(&["a+", "[^a]", "(.)(.)"]),
                self.one(&["", "-"])
            ),
            2 => format!("TRIM({})", self.text(deeper)),
            3 => format!("MV_CONCAT({}, \"-\")", self.text(deeper)),
            4 => format!("LEFT({}, {})", self.text(deeper), self.below(3)),
            5 => format!("MV_DEDUPE(SPLIT({}, \" \"))", self.text(deeper)),
            6 => format!(
                "CASE({}, {}, {})",
                self.condition(deeper),
                self.text(deeper),
                self.text(deeper)
            ),
            7 => format!(
                "MV_SLICE({}, {})",
                self.text(deeper),
                self.one(&["0", "0, 1", "-2, -1"])
            ),
            _ => self.solid(deeper),
        }
    }

    fn number(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .one(&["process.pid", "3", "-7", "LENGTH(user.name)"])
                .to_owned();
        }
        let deeper = depth - 1;
        match self.below(9) {
            0 => format!(
                "({} {} {})",
                self.number(deeper),
                self.one(&["+", "-", "*", "/", "%"]),
                self.number(deeper)
            ),
            1 => format!("LENGTH({})", self.text(deeper)),
            2 => format!("MV_COUNT({})", self.text(deeper)),
            3 => format!(
                "CASE({}, {}, {})",
                self.condition(deeper),
                self.number(deeper),
                self.number(deeper)
            ),
            4 => format!("COALESCE({}, {})", self.number(deeper), self.below(5)),
            5 => format!("LOCATE({}, {})", self.text(deeper), self.word()),
            6 => format!("ABS({})", self.number(deeper)),
            7 => format!(
                "DATE_DIFF(\"{}\", event.created, @timestamp)",
                self.one(&["minutes", "hours", "day", "ms"])
            ),
            _ => "process.pid".to_owned(),
        }
    }

    pub(crate) fn condition(&mut self, depth: usize) -> String {
        if depth > 0 && self.below(3) == 0 {
            let deeper = depth - 1;
            return match self.below(3) {
                0 => format!("NOT {}", self.condition(deeper)),
                1 => format!(
                    "({} AND {})",
                    self.condition(deeper),
                    self.condition(deeper)
                ),
                _ => format!("({} OR {})", self.condition(deeper), self.condition(deeper)),
            };
        }
        let deeper = depth.saturating_sub(1);
        match self.below(15) {
            13 => format!(
                "{SCRIPT} : \"{}\"",
                self.one(&["ab", "x é", "b-c, A", "get-item b.c", "..."])
            ),
            0 => format!("{} == {}", self.text(deeper), self.word()),
            1 => format!("{} != {}", self.solid(deeper), self.solid(deeper)),
            2 => format!(
                "{} IN ({}, {}, {})",
                self.text(deeper),
                self.word(),
                self.word(),
                self.keyword()
            ),
            3 => format!(
                "{} LIKE \"{}\"",
                self.text(deeper),
                self.one(&["a*", "*b*", "?", "*", "É?"])
            ),
            4 => format!(
                "{} RLIKE \"{}\"",
                self.text(deeper),
                self.one(&["a.*", "[a-b]+", ".", "(a|é).*|x.y"])
            ),
            5 => format!("{} IS NULL", self.text(deeper)),
            6 => format!(
                "{} IS NOT NULL",
                self.one(&["process.pid", "source.ip", "event.risk_score"])
            ),
            7 => format!(
                "{} {} {}",
                self.number(deeper),
                self.one(&["<", "<=", ">", ">=", "==", "!="]),
                self.number(deeper)
            ),
            8 => format!("STARTS_WITH({}, {})", self.text(deeper), self.word()),
            9 => format!(
                "CIDR_MATCH(source.ip, \"{}\")",
                self.one(&[
                    "10.0.0.0/8",
                    "::1",
                    "0.0.0.0/0",
                    "10.0.0.1\", \"2001:db8::/32"
                ])
            ),
            10 => format!(
                "event.risk_score {} {}",
                self.one(&["<", ">=", "=="]),
                self.one(&["2.5", "3", "-0.25"])
            ),
            11 => "tls.established".to_owned(),
            12 => format!("{}: {}", self.keyword(), self.word()),
            _ => format!("MV_CONTAINS({}, {})", self.text(deeper), self.word()),
        }
    }

    fn filter(&mut self) -> String {
        match self.below(7) {
            0 => format!("| WHERE {}\n", self.condition(2)),
            1 => format!("| WHERE {} OR {}\n", self.condition(1), self.condition(2)),
            2 => "| MV_EXPAND event.action\n| WHERE event.action == \"a\"\n".to_owned(),
            3 => "| GROK process.name \"%{WORD:process.name}(?:.%{GREEDYDATA:host.name})?\"\n"
                .to_owned(),
            4 => "| DISSECT process.name \"%{process.name}.%{host.name}\"\n".to_owned(),
            5 => "| RENAME user.name AS x | EVAL user.name = COALESCE(x, \"none\")\n".to_owned(),
            _ => String::new(),
        }
    }

    pub(crate) fn query(&mut self) -> Query {
        let shape = match self.below(7) {
            0 | 1 => Shape::Each,
            2 | 3 => Shape::Tumbling,
            4 | 5 => Shape::Sliding,
            _ => Shape::First,
        };
        let filter = self.filter();
        let mut text = format!("FROM logs-* METADATA _id\n{filter}");
        text += &format!("| EVAL t0 = {}, p0 = {}\n", self.solid(2), self.number(2));
        if shape == Shape::Each {
            text += &format!("| WHERE {} AND t0 IS NOT NULL\n", self.condition(2));
            text += &format!("| EVAL t1 = {}, p1 = event.risk_score\n", self.text(2));
            let output = ["_id", "t0", "p0", "t1", "p1", "user.name"].map(str::to_owned);
            text += &format!("| KEEP {}\n", output.join(", "));
            return Query {
                text,
                shape,
                output: output.into(),
                told: vec!["_id".to_owned()],
                groups: String::new(),
            };
        }
        self.grouped(text, shape)
    }

    fn grouped(&mut self, mut text: String, shape: Shape) -> Query {
        let columns: Vec<String> = (0..3).map(|at| self.aggregate(at)).collect();
        let mut keys: Vec<String> = Vec::new();
        let mut told = Vec::new();
        if shape == Shape::Tumbling {
            keys.push("w = DATE_TRUNC(1 minute, @timestamp)".to_owned());
            told.push("w".to_owned());
        }
        let least = usize::from(shape == Shape::First);
        for at in 0..least + self.below(3) {
            let (key, name) = match self.below(6) {
                0 => (format!("k{at} = {}", self.solid(1)), format!("k{at}")),
                1 => (format!("k{at} = process.pid"), format!("k{at}")),
                2 => (format!("k{at} = tls.established"), format!("k{at}")),
                3 => (format!("k{at} = source.ip"), format!("k{at}")),
                4 => (format!("k{at} = t0"), format!("k{at}")),
                _ => (format!("k{at} = event.action"), format!("k{at}")),
            };
            keys.push(key);
            told.push(name);
        }
        text += &format!("| STATS n = COUNT(*), {}", columns.join(", "));
        if shape == Shape::First {
            text += ", d = COUNT_DISTINCT(host.name), f = MIN(@timestamp), l = MAX(@timestamp)";
        }
        if !keys.is_empty() {
            text += &format!(" BY {}", keys.join(", "));
        }
        let groups = format!("{text}\n| KEEP {}", told.join(", "));
        let more = self.one(&[
            "n * 2",
            "n + c0",
            "n / 2.0",
            "ROUND(n / 3.0, 2)",
            "ABS(c0 - n)",
        ]);
        text += &format!(
            "\n| EVAL e0 = {more}, e1 = MV_FIRST(v), e2 = CASE(n > 2, \"many\", \"few\")\n"
        );
        let having = match shape {
            Shape::First => self.new_group(&told),
            _ => self.having(&told),
        };
        text += &format!("{having}\n");
        let mut output = told.clone();
        output.extend(["n", "c0", "c1", "c2", "v", "e0", "e1", "e2"].map(str::to_owned));
        text += &format!("| KEEP {}\n| SORT n DESC\n", output.join(", "));
        Query {
            text,
            shape,
            output,
            told,
            groups,
        }
    }

    /// Conditions that a group is new, and those that may stand beside them.
    fn new_group(&mut self, told: &[String]) -> String {
        let gate = self.one(&[
            "| WHERE f >= NOW() - 1 minute",
            "| EVAL r = DATE_DIFF(\"seconds\", f, NOW()) | WHERE r <= 70",
            "| EVAL r = DATE_DIFF(\"minute\", f, NOW()) | WHERE n <= 3 AND r < 1",
        ]);
        let key = told.last().map_or("n", String::as_str);
        let beside = match self.below(6) {
            0 => "n == 1".to_owned(),
            1 => "d <= 1".to_owned(),
            2 => "d == 1 AND f == l".to_owned(),
            3 => format!("{key} IS NOT NULL"),
            4 => "n < 3 AND d >= 1".to_owned(),
            _ => "n >= 1".to_owned(),
        };
        format!("{gate} AND {beside}")
    }

    fn aggregate(&mut self, at: usize) -> String {
        let name = format!("c{at}");
        let filter = match self.below(4) {
            0 => format!(" WHERE {}", self.condition(1)),
            _ => String::new(),
        };
        let aggregate = match (at, self.below(8)) {
            // A number, which conditions are over.
            (0, 0) => format!("COUNT({})", self.text(1)),
            (0, 1) => format!("COUNT_DISTINCT({})", self.text(1)),
            (0, 2) => "COUNT_DISTINCT(process.pid)".to_owned(),
            (0, 3) => format!("SUM({})", self.number(1)),
            (0, 4) => format!("MAX({})", self.number(1)),
            (0, 5) => "COUNT_DISTINCT(event.risk_score)".to_owned(),
            (0, _) => "COUNT(*)".to_owned(),
            (1, 0) => "SUM(event.risk_score)".to_owned(),
            (1, 1) => format!("AVG({})", self.number(1)),
            (1, 2) => "MIN(event.risk_score)".to_owned(),
            (1, 3) => "MAX(@timestamp)".to_owned(),
            (1, 4) => "MIN(event.created)".to_owned(),
            (1, _) => "AVG(event.risk_score)".to_owned(),
            (_, 0) if self.below(2) == 0 => {
                format!("{}(source.ip)", self.one(&["MIN", "MAX"]))
            }
            (_, 0) => format!("MIN({})", self.solid(1)),
            (_, 1) => format!("MAX({})", self.solid(1)),
            (_, 2) => "VALUES(source.ip)".to_owned(),
            (_, 3) => "VALUES(process.pid)".to_owned(),
            (_, 4 | 5) => "VALUES(event.risk_score)".to_owned(),
            _ => "VALUES(user.name)".to_owned(),
        };
        match at {
            2 => format!(
                "{name} = {aggregate}{filter}, v = VALUES({})",
                self.solid(1)
            ),
            _ => format!("{name} = {aggregate}{filter}"),
        }
    }

    fn having(&mut self, told: &[String]) -> String {
        format!("| WHERE {}", self.conditions(told))
    }

    fn conditions(&mut self, told: &[String]) -> String {
        let key = told.iter().find(|name| *name == "k0").cloned();
        let one = |this: &mut Self| match this.below(8) {
            0 => format!("n >= {}", 1 + this.below(3)),
            1 => format!("c0 > {}", this.below(3)),
            2 => format!("n < {}", 4 + this.below(9)),
            3 => format!("e0 >= {}", this.one(&["1", "1.5", "0.67"])),
            4 => format!("MV_COUNT(v) {} 1", this.one(&[">", "=="])),
            5 => "e1 IS NOT NULL".to_owned(),
            6 => format!("e2 == {}", this.one(&["\"many\"", "\"few\""])),
            _ => match &key {
                Some(key) => format!("{key} IS NOT NULL"),
                None => "v IS NOT NULL".to_owned(),
            },
        };
        match self.below(4) {
            0 => one(self),
            1 => format!("({} OR {})", one(self), one(self)),
            2 => format!("{} AND NOT {}", one(self), one(self)),
            _ => format!("{} AND {} AND {}", one(self), one(self), one(self)),
        }
    }

    fn scalar(&mut self, field: &str) -> Value {
        // Some values are of another type.
        let odd = self.below(16) == 0;
        match field {
            "process.pid" if odd => self.value([json!("12"), json!("x"), json!(3.5), json!(true)]),
            "process.pid" => json!(self.below(5)),
            "source.ip" if odd => json!("none"),
            "source.ip" => {
                json!(self.one(&["10.0.0.1", "10.9.0.1", "::1", "2001:db8::1", "8.8.8.8"]))
            }
            "tls.established" if odd => self.value([json!("true"), json!(1), json!("x")]),
            "tls.established" => json!(self.below(2) == 0),
            "event.risk_score" if odd => self.value([json!("2.5"), json!("x"), json!(false)]),
            "event.risk_score" => {
                self.value([json!(2.5), json!(3), json!(-0.25), json!(0.0), json!(-0.0)])
            }
            SCRIPT => json!(self.one(&["Get-Item b-c", "[AB]::x(a.b)", "B-c_a é", "", "ab;X"])),
            "event.created" if odd => json!("x"),
            "event.created" => {
                json!(self.one(&["2026-05-19T08:00:00Z", "2026-05-19T09:01:02.345Z"]))
            }
            _ if odd => self.value([json!(10), json!(true)]),
            _ => json!(self.one(&WORDS)),
        }
    }

    /// A document as a line.
    pub(crate) fn document(&mut self, id: usize, second: i64) -> String {
        let (minute, second) = (second / 60, second % 60);
        let time = format!("2026-05-19T09:{minute:02}:{second:02}.000Z");
        let mut document = Map::new();
        document.insert("@timestamp".to_owned(), json!(time));
        document.insert("_id".to_owned(), json!(format!("id{id}")));
        let others = [
            "process.pid",
            "source.ip",
            "tls.established",
            "event.risk_score",
            "event.created",
            SCRIPT,
        ];
        for field in KEYWORDS.into_iter().chain(others) {
            let value = match self.below(10) {
                0..3 => continue,
                3 => Value::Null,
                4 | 5 => {
                    let count = 1 + self.below(3);
                    Value::Array((0..count).map(|_| self.scalar(field)).collect())
                }
                _ => self.scalar(field),
            };
            match field.split_once('.') {
                Some((outer, inner)) if self.below(2) == 0 => {
                    let inside = document.entry(outer).or_insert_with(|| json!({}));
                    if let Value::Object(inside) = inside {
                        inside.insert(inner.to_owned(), value);
                    }
                }
                _ => {
                    document.insert(field.to_owned(), value);
                }
            }
        }
        Value::Object(document).to_string()
    }
}
