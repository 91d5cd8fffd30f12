//! Tests of the learning reader against the plain one.

use super::*;
use crate::record::{self, Document};
use crate::toy;

const FIELDS: [Field; 4] = [toy::CATEGORY, toy::USER, toy::CODE, toy::NESTED_USER];

/// The tree of fields, and a reader that has learned nothing yet.
fn readers() -> (Arc<FieldTree>, LearningReader) {
    let tree = Arc::new(FieldTree::new(&toy::TABLE, &[]));
    (Arc::clone(&tree), LearningReader::new(tree, Seed(1, 2)))
}

/// The plain reader's values of the fields, if the text is an object.
fn plainly(text: &[u8], tree: &FieldTree) -> Option<Vec<Vec<u8>>> {
    let text = std::str::from_utf8(text).ok()?;
    match record::read(text, tree) {
        Ok(Document::Object(record)) => Some(values(&record)),
        _ => None,
    }
}

fn values(record: &Record) -> Vec<Vec<u8>> {
    FIELDS.map(|field| record.raw(field).to_vec()).to_vec()
}

/// Reads a line with a reader that may have learned, and compares it with the plain one. Returns
/// whether it accepted the line.
fn check(reader: &mut LearningReader, tree: &FieldTree, text: &[u8]) -> bool {
    let mut record = Record::default();
    let Some(length) = reader.object(text, &mut record) else {
        return false;
    };
    let shown = String::from_utf8_lossy(text);
    let wanted = plainly(&text[..length], tree);
    assert_eq!(wanted, Some(values(&record)), "{shown}");
    true
}

/// A sequence of pseudo-random numbers.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % n
    }
}

/// A record with keys in their usual order, most values as usual.
fn document(numbers: &mut Numbers) -> String {
    let number = |numbers: &mut Numbers| match numbers.below(8) {
        0 => "-1.5e+3".to_owned(),
        1 => "-0".to_owned(),
        2 => "null".to_owned(),
        3 => "18446744073709551615".to_owned(),
        _ => numbers.below(1000).to_string(),
    };
    let text = |numbers: &mut Numbers| match numbers.below(8) {
        0 => String::new(),
        1 => "é😀".to_owned(),
        2 => r#"\"\u00e9\\"#.to_owned(),
        n => "0123456789abcdef-".repeat(n).split_off(numbers.below(17)),
    };
    let mut out = format!(
        r#"{{"category":"{}","constant":"GET","flag":true,"a":[1,2,[]],"properties":{{"userId":"{}","other":{},"code":{}"#,
        text(numbers),
        text(numbers),
        number(numbers),
        number(numbers),
    );
    if numbers.below(3) == 0 {
        out.push_str(r#","nested":{"x":{},"y":[{"z":1},{"z":2}]}"#);
    }
    out.push('}');
    if numbers.below(2) == 0 {
        out.push_str(&format!(
            r#","user":{{"name":"n","id":"{}"}}"#,
            text(numbers)
        ));
    }
    out.push_str(r#","last":"WestEurope"}"#);
    out
}

#[test]
fn equals_the_plain_reader_on_accepted_records() {
    let ((tree, mut reader), mut numbers) = (readers(), Numbers(7));
    let (mut whole, mut damaged) = (0, 0);
    for _ in 0..20_000 {
        let text = document(&mut numbers);
        assert!(check(&mut reader, &tree, text.as_bytes()), "{text}");
        whole += 1;
        let mut bytes = text.into_bytes();
        for _ in 0..=numbers.below(3) {
            let at = numbers.below(bytes.len().max(1));
            if bytes.is_empty() {
                break;
            }
            match numbers.below(4) {
                0 => drop(bytes.remove(at)),
                1 => bytes.truncate(at.max(1)),
                2 => bytes[at] = b"\"\\{}[],:0eE.-+ tn\x00\x1f\x80\xc3\xed\xff"[numbers.below(23)],
                _ => bytes.insert(at, b"\"\\{}[],: 0"[numbers.below(10)]),
            }
        }
        damaged += u32::from(check(&mut reader, &tree, &bytes));
    }
    assert_eq!(whole, 20_000);
    assert!((1000..19_000).contains(&damaged), "{damaged}");
}

#[test]
fn repeated_values_become_part_of_a_step() {
    let (tree, mut reader) = readers();
    let line =
        |n: u32| format!(r#"{{"a":"x","b":7,"c":{{"d":null}},"category":"{n}","e":"y","f":"z"}}"#);
    for n in 0..200 {
        assert!(check(&mut reader, &tree, line(n).as_bytes()));
    }
    let first = reader.steps[START as usize].guess;
    let step = &reader.steps[first as usize];
    assert_eq!(step.field, Some(toy::CATEGORY));
    // One of them changes: it is still accepted, and so is the usual one after it.
    for n in 0..200 {
        let other = line(n).replace("\"b\":7", &format!("\"b\":{}", n % 3));
        assert!(check(&mut reader, &tree, other.as_bytes()));
        let broken = line(n).replace("\"b\":7", "\"b\":07");
        assert!(!check(&mut reader, &tree, broken.as_bytes()));
    }
}

#[test]
fn leaves_unusual_records_to_the_plain_reader() {
    let (tree, mut reader) = readers();
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    for text in [
        r#"{"user.id":["a","b"]}"#,
        r#"{"user.id":"a","user":{"id":"b"}}"#,
        r#"{"category":"a","category":"b"}"#,
        r#"{"c\u0061tegory":"a"}"#,
        r#"{"clé":"a"}"#,
        "{\"category\t\":\"a\"}",
        &deep,
        "[1]",
        "7",
        "",
    ] {
        for _ in 0..3 {
            assert!(!check(&mut reader, &tree, text.as_bytes()), "{text}");
        }
    }
}

#[test]
fn a_field_may_alternate_between_text_null_and_number() {
    let (tree, mut reader) = readers();
    for n in 0..400 {
        let value = ["null", "\"x\"", "17", " 18", "true"][n * n % 5];
        let text = format!(r#"{{"category":{value},"b":{value}}}"#);
        assert!(check(&mut reader, &tree, text.as_bytes()), "{text}");
    }
}

#[test]
fn ever_new_keys_and_brackets_keep_memory_bounded() {
    let (tree, mut reader) = readers();
    for n in 0..50_000 {
        let text = format!(r#"{{"k{n}":1,"category":"{n}"}}"#);
        check(&mut reader, &tree, text.as_bytes());
        assert!(reader.steps.len() <= MAX_STEPS);
    }
    // One record with all of them.
    let keys: Vec<String> = (0..20_000).map(|n| format!(r#""k{n}":1"#)).collect();
    check(
        &mut reader,
        &tree,
        format!("{{{}}}", keys.join(",")).as_bytes(),
    );
    assert!(reader.steps.len() <= MAX_STEPS);
    let mut numbers = Numbers(3);
    for _ in 0..20_000 {
        let mut text = String::from("{\"a\":");
        for _ in 0..numbers.below(120) {
            text.push_str(["[", "{\"a\":"][numbers.below(2)]);
        }
        assert!(!check(&mut reader, &tree, format!("{text}x").as_bytes()));
        assert!(reader.contexts.len() <= MAX_CONTEXTS);
    }
    // The reader still learns.
    let text = br#"{"category":"a"}"#;
    assert!(check(&mut reader, &tree, text) || check(&mut reader, &tree, text));
}
