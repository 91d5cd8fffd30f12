//! Functions that the naive evaluator has not: a table of calls and their results.

use super::*;

/// Their names.
pub(super) const NAMES: [&str; 18] = [
    "dissect",
    "pair",
    "unpair",
    "matches",
    "replace",
    "extract",
    "narrow",
    "one_zero",
    "url_decode",
    "from_base64",
    "to_base64",
    "mv_append",
    "mv_slice",
    "mv_sort",
    "mv_distinct",
    "mv_has_all",
    "mv_intersection",
    "sorted_address",
];

struct Given(Vec<Value<'static>>);

impl FieldValues for Given {
    fn value(&self, field: usize) -> Value<'_> {
        self.0.get(field).cloned().unwrap_or_default()
    }
}

fn texts(texts: &[&'static str]) -> Value<'static> {
    Value::many(texts.iter().map(|text| Value::text(*text)))
}

fn regex(pattern: &str) -> Constant {
    Constant::Regex(Regex::new(pattern, Dialect::Java).unwrap())
}

/// A call on a field of texts and on constants.
fn call(name: &str, first: &[&'static str], others: Vec<Constant>) -> Value<'static> {
    let count = u8::try_from(1 + others.len()).unwrap();
    let builder = Builder::default().field("f", Type::Text);
    let builder = others.into_iter().fold(builder, Builder::constant);
    let program = builder.call(name, count).build().unwrap();
    let program = Program::decode(&program.encode()).unwrap();
    match program.eval(&Given(vec![texts(first)])) {
        Value::Text(text) => Value::text(text.into_owned()),
        Value::Many(all) => Value::many(all.into_iter().map(|value| match value {
            Value::Text(text) => Value::text(text.into_owned()),
            _ => Value::Null,
        })),
        Value::Boolean(value) => Value::Boolean(value),
        Value::Integer(number) => Value::Integer(number),
        _ => Value::Null,
    }
}

#[test]
fn regular_expressions_match_whole_texts_replace_and_extract() {
    let is = |pattern, text| call("matches", &[text], vec![regex(pattern)]);
    assert_eq!(is("a.*c", "abbc"), Value::Boolean(true));
    assert_eq!(is("a.*c", "abbcd"), Value::Boolean(false));
    assert_eq!(call("matches", &[], vec![regex("")]), Value::Null);
    assert_eq!(call("matches", &["a", "b"], vec![regex("a")]), Value::Null);
    let text = |text: &str| Constant::Text(text.to_owned());
    let replace = |pattern, with| call("replace", &["aXbXc"], vec![regex(pattern), text(with)]);
    assert_eq!(replace("X", "-"), Value::text("a-b-c"));
    assert_eq!(replace("(.)X", "$1$1"), Value::text("aabbc"));
    assert_eq!(replace("X", "$9"), Value::Null);
    let group = |texts: &[&'static str], group| {
        let arguments = vec![regex("(\\w+)@(\\w+)?"), Constant::Integer(group)];
        call("extract", texts, arguments)
    };
    assert_eq!(group(&["say a@b"], 1), Value::text("a"));
    assert_eq!(group(&["say a@b"], 2), Value::text("b"));
    assert_eq!(group(&["a@"], 2), Value::Null);
    assert_eq!(group(&["a@b"], 3), Value::Null);
    assert_eq!(group(&["a@b"], -1), Value::Null);
    assert_eq!(group(&["none", "a@b", "c@d"], 1), texts(&["a", "c"]));
}

#[test]
fn encodings_are_undone_or_null() {
    for (name, from, to) in [
        ("url_decode", "a%20b+c%C3%A9", Some("a b c\u{e9}")),
        ("url_decode", "%ff", Some("\u{fffd}")),
        ("url_decode", "a%2", None),
        ("url_decode", "%zz", None),
        ("from_base64", "YWI=", Some("ab")),
        ("from_base64", "YWI", Some("ab")),
        ("from_base64", "YWJj", Some("abc")),
        ("from_base64", "YW=I", None),
        ("from_base64", "YWJj=", None),
        ("from_base64", "Y", None),
        ("from_base64", "Y W=", None),
        ("to_base64", "ab", Some("YWI=")),
        ("to_base64", "abc", Some("YWJj")),
        ("to_base64", "a", Some("YQ==")),
    ] {
        let wanted = to.map_or(Value::Null, Value::text);
        assert_eq!(call(name, &[from], Vec::new()), wanted, "{name} {from}");
    }
    let both = call("url_decode", &["%41", "%", "%42"], Vec::new());
    assert_eq!(both, texts(&["A", "B"]));
}

#[test]
fn lists_keep_their_order() {
    let abc = ["a", "b", "c"];
    let slice = |from, to| {
        let places = [from, to].map(Constant::Integer);
        call("mv_slice", &abc, places.into())
    };
    assert_eq!(slice(0, 1), texts(&["a", "b"]));
    assert_eq!(slice(1, 9), texts(&["b", "c"]));
    assert_eq!(slice(-2, -1), texts(&["b", "c"]));
    assert_eq!(slice(-9, -3), texts(&["a"]));
    for (from, to) in [(2, 1), (-1, 0), (3, 3), (-9, -4), (i64::MIN, -9)] {
        assert_eq!(slice(from, to), Value::Null, "{from} {to}");
    }
    let text = |text: &str| vec![Constant::Text(text.to_owned())];
    assert_eq!(call("mv_sort", &abc, text("DESC")), texts(&["c", "b", "a"]));
    assert_eq!(
        call("mv_append", &abc, text("a")),
        texts(&["a", "b", "c", "a"])
    );
    assert_eq!(call("mv_intersection", &abc, text("b")), Value::text("b"));
    assert_eq!(call("mv_intersection", &abc, text("x")), Value::Null);
    assert_eq!(call("mv_has_all", &abc, text("b")), Value::Boolean(true));
    assert_eq!(call("mv_has_all", &[], text("b")), Value::Boolean(false));
    let null = vec![Constant::Null(Type::Text)];
    assert_eq!(call("mv_has_all", &[], null), Value::Boolean(true));
    let field = Builder::default().field("f", Type::Text);
    let pieces = field
        .constant(Constant::Text(",".to_owned()))
        .call("split", 2);
    let program = pieces.call("mv_distinct", 1).build().unwrap();
    let given = Given(vec![Value::text("b,a,b,a")]);
    assert_eq!(program.eval(&given), texts(&["b", "a"]));
}

#[test]
fn addresses_as_texts_sort_as_they_do() {
    let sorted = Builder::default()
        .field("f", Type::Address)
        .call("sorted_address", 1);
    let program = sorted.build().unwrap();
    let of = |address: u128| match program.eval(&Given(vec![Value::Address(address)])) {
        Value::Text(text) => text.into_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        of(0xffff_0a00_0001),
        "0000:0000:0000:0000:0000:ffff:0a00:0001"
    );
    let all = [
        0,
        1,
        0xffff_0a00_0001,
        0xffff_0a00_0002,
        0x2001 << 112,
        u128::MAX,
    ];
    let texts: Vec<String> = all.map(of).into();
    assert!(texts.is_sorted(), "{texts:?}");
    assert_eq!(program.eval(&Given(Vec::new())), Value::Null);
}

#[test]
fn both_zeros_become_the_positive_one() {
    let program = Builder::default()
        .field("f", Type::Number)
        .call("one_zero", 1)
        .call("to_text", 1);
    let program = program.build().unwrap();
    for (number, text) in [(-0.0, "0.0"), (0.0, "0.0"), (-2.5, "-2.5")] {
        let given = Given(vec![Value::Number(number)]);
        assert_eq!(program.eval(&given), Value::text(text));
    }
}

#[test]
fn integers_of_32_bits_are_kept() {
    let narrow = Builder::default()
        .field("f", Type::Integer)
        .call("narrow", 1);
    let narrow = narrow.build().unwrap();
    for number in [i64::from(i32::MIN), -1, 0, i64::from(i32::MAX)] {
        let given = Given(vec![Value::Integer(number)]);
        assert_eq!(narrow.eval(&given), Value::Integer(number));
    }
    for number in [i64::from(i32::MIN) - 1, i64::from(i32::MAX) + 1] {
        assert_eq!(
            narrow.eval(&Given(vec![Value::Integer(number)])),
            Value::Null
        );
    }
}

#[test]
fn texts_are_cut_between_keys_and_paired() {
    let text = |text: &str| Constant::Text(text.to_owned());
    let cut = |from: &'static str, name| {
        let arguments = ["%{a}-%{?}:%{+b} %{+b}", "+", name].map(text);
        call("dissect", &[from], arguments.into())
    };
    assert_eq!(cut("x-y:1 2", "a"), Value::text("x"));
    assert_eq!(cut("x-y:1 2", "b"), Value::text("1+2"));
    assert_eq!(cut("x-y", "a"), Value::Null);
    assert_eq!(cut("x-y:1 2", "c"), Value::Null);
    let pairs = |from: &[&'static str], other| call("pair", from, vec![other]);
    let both = pairs(&["a", "b|\\"], text("c|"));
    assert_eq!(both, texts(&["a|c|", "b\\|\\\\|c|"]));
    assert_eq!(pairs(&[], text("c")), Value::text("\\0|c"));
    let part = |from, part| call("unpair", &[from], vec![Constant::Integer(part)]);
    assert_eq!(part("a|b|c", 0), Value::text("a"));
    assert_eq!(part("a|b|c", 1), Value::text("b|c"));
    assert_eq!(part("b\\|\\\\|c|", 0), Value::text("b|\\"));
    assert_eq!(part("b\\|\\\\|c|", 1), Value::text("c|"));
    assert_eq!(part("\\0|c", 0), Value::Null);
    assert_eq!(part("a|\\0", 1), Value::Null);
    assert_eq!(part("a", 1), Value::Null);
}
