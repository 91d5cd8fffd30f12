//! Tests of accumulators against a plain list of values.

use super::*;
use crate::columns::{Caps, Columns, Context};
use crate::conditions;
use crate::conditions::{Condition, Conditions};
use crate::hash::Seed;
use crate::key::Keys;
use crate::model::{Comparison, Value};
use crate::schema::{Column, Schema};
use crate::single::Single;
use crate::snapshot_group::{TextTable, read_group, read_texts, write_group};
use crate::strings::Strings;
use crate::window::{Arrival, Window};

const SEED: Seed = Seed(3, 4);
const CAPS: Caps = Caps {
    values: 10,
    samples: 10,
    distinct: 10,
};

/// Types, in the order of the columns of each kind.
const TYPES: [SingleKind; 5] = [
    SingleKind::Integer,
    SingleKind::Number,
    SingleKind::Time,
    SingleKind::Boolean,
    SingleKind::Text,
];

fn schema(kinds: &[ColumnKind]) -> Schema {
    let column = |(at, kind): (usize, &ColumnKind)| Column {
        name: format!("{at}"),
        kind: *kind,
    };
    Schema::new(Vec::new(), kinds.iter().enumerate().map(column).collect()).unwrap()
}

fn sums() -> Schema {
    use ColumnKind::{Average, Sum};
    use SingleKind::{Integer, Number};
    schema(&[Sum(Integer), Sum(Number), Average(Integer), Average(Number)])
}

fn chosen(kind: fn(SingleKind) -> ColumnKind) -> Schema {
    schema(&TYPES.map(kind))
}

/// An event: its id, its time, and its value for each column.
#[derive(Clone, Debug)]
struct TestEvent {
    id: u64,
    offset: u32,
    integers: Vec<i64>,
    numbers: Vec<f64>,
    texts: Vec<&'static str>,
}

fn random(seed: u64, at: u64) -> u64 {
    Seed(seed, 9).bytes(&at.to_le_bytes())
}

fn events(count: u64, seed: u64) -> Vec<TestEvent> {
    const TEXTS: [&str; 5] = ["a", "b", "é", "aa", ""];
    let event = |at| {
        let pick = |n: u64| random(seed, at * 16 + n);
        let number = f64::from_bits(pick(2));
        TestEvent {
            id: pick(0),
            offset: u32::try_from(pick(1) % 5).unwrap(),
            integers: (0..pick(3) % 3)
                .map(|n| pick(4 + n).cast_signed() >> (pick(6) % 60))
                .collect(),
            numbers: vec![number, 0.1, f64::INFINITY],
            texts: vec![TEXTS[usize::try_from(pick(7) % 5).unwrap()]],
        }
    };
    (0..count).map(event).collect()
}

fn fill(event: &TestEvent, columns: &mut Columns) {
    for (column, kind) in columns.with.schema.kinds() {
        match kind.single().unwrap() {
            SingleKind::Integer => event
                .integers
                .iter()
                .for_each(|n| columns.value(column, Single::Integer(*n))),
            SingleKind::Number => event
                .numbers
                .iter()
                .for_each(|n| columns.value(column, Single::Number(*n))),
            SingleKind::Time => event
                .integers
                .iter()
                .for_each(|n| columns.value(column, Single::Time(*n))),
            SingleKind::Boolean => event
                .integers
                .iter()
                .for_each(|n| columns.value(column, Single::Boolean(*n > 0))),
            SingleKind::Text => event
                .texts
                .iter()
                .for_each(|t| columns.value(column, Single::Text(t))),
        }
    }
}

fn with(schema: &Schema) -> Context<'_> {
    Context {
        schema,
        caps: CAPS,
        seed: SEED,
    }
}

/// A window of one group with some events.
fn window<'e>(events: impl IntoIterator<Item = &'e TestEvent>, schema: &Schema) -> Window {
    let mut window = Window::new(false, true);
    for event in events {
        let arrival = Arrival {
            id: Some(event.id),
            flags: 0,
            offset: event.offset,
        };
        window.add(
            &arrival,
            &Keys::default(),
            &|columns| fill(event, columns),
            with(schema),
        );
    }
    window
}

/// The shown values, the encoding, the digest and the size.
fn shown(window: &Window, schema: &Schema) -> (Vec<Option<Value>>, Vec<u8>, u64, u64) {
    let group = &window.groups[0];
    let values = schema
        .kinds()
        .map(|(column, _)| group.value(schema, column, &window.strings));
    let texts = TextTable::new([group], &window.strings, schema);
    let mut w = Writer::default();
    texts.write(&mut w);
    write_group(&mut w, group, &texts);
    let digest = group.digest(with(schema), &window.strings);
    (values.collect(), w.bytes, digest, window.size())
}

fn schemas() -> Vec<Schema> {
    use ColumnKind::{First, Last, Max, Min};
    let chosen = [Min, Max, First, Last].map(chosen as fn(fn(SingleKind) -> ColumnKind) -> Schema);
    std::iter::once(sums()).chain(chosen).collect()
}

#[test]
fn accumulators_are_a_function_of_the_set_of_events() {
    for schema in schemas() {
        for seed in 0..20 {
            let events = events(1 + seed * 3, seed);
            let whole = shown(&window(&events, &schema), &schema);
            // Any order, and every event twice.
            let mut others: Vec<&TestEvent> = events.iter().chain(&events).collect();
            others.sort_by_key(|event| random(seed + 100, event.id));
            assert_eq!(shown(&window(others, &schema), &schema), whole);
            // Two parts with some events in common.
            for (from, to) in [
                (0, events.len()),
                (events.len() / 3, events.len() / 2),
                (events.len(), 0),
            ] {
                let mut ours = window(&events[..to.max(from)], &schema);
                let theirs = window(&events[from.min(to)..], &schema);
                ours.merge(&theirs, false, with(&schema));
                assert_eq!(shown(&ours, &schema), whole, "{from} {to}");
            }
        }
    }
}

#[test]
fn results_equal_those_of_a_list_of_values() {
    let events = events(40, 5);
    let integers: Vec<i128> = events
        .iter()
        .flat_map(|e| &e.integers)
        .map(|n| i128::from(*n))
        .collect();
    let (sum, count) = (integers.iter().sum::<i128>(), integers.len());
    let clamped = sum.clamp(i64::MIN.into(), i64::MAX.into());
    let (values, ..) = shown(&window(&events, &sums()), &sums());
    assert_eq!(values[0], Some(Value::Integer(clamped.try_into().unwrap())));
    #[allow(clippy::cast_precision_loss)]
    let average = sum as f64 / count as f64;
    assert_eq!(values[2], Some(Value::Number(average)));

    let pairs: Vec<(u32, &str)> = events.iter().map(|e| (e.offset, e.texts[0])).collect();
    let texts = || pairs.iter().filter(|(_, text)| !text.is_empty());
    let text = |pair: Option<&(u32, &str)>| Some(Value::Text(pair.unwrap().1.to_owned()));
    let by_text = |pair: &&(u32, &'static str)| pair.1;
    for (kind, wanted) in [
        (
            ColumnKind::Min as fn(SingleKind) -> ColumnKind,
            text(texts().min_by_key(by_text)),
        ),
        (ColumnKind::Max, text(texts().max_by_key(by_text))),
        (ColumnKind::First, text(texts().min())),
        (ColumnKind::Last, text(texts().max())),
    ] {
        let schema = chosen(kind);
        let (values, ..) = shown(&window(&events, &schema), &schema);
        assert_eq!(values[4], wanted);
    }
}

#[test]
fn snapshots_round_trip_and_damage_is_detected() {
    for schema in schemas() {
        let window = window(&events(9, 1), &schema);
        let bytes = shown(&window, &schema).1;
        let read = |bytes: &[u8]| {
            let (mut r, mut strings) = (Reader(bytes), Strings::default());
            let symbols = read_texts(&mut r, &mut strings, SEED)?;
            let group = read_group(&mut r, &symbols, &mut strings, &schema, SEED)?;
            let texts = TextTable::new([&group], &strings, &schema);
            let mut w = Writer::default();
            texts.write(&mut w);
            write_group(&mut w, &group, &texts);
            r.0.is_empty().then_some(w.bytes)
        };
        assert_eq!(read(&bytes).as_ref(), Some(&bytes));
        for at in 0..bytes.len() {
            assert_eq!(read(&bytes[..at]), None);
            for change in [1, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] ^= change;
                // Damaged bytes are refused, or decode to a state with the same encoding.
                let _ = read(&damaged);
            }
        }
    }
}

#[test]
fn texts_are_released_when_replaced() {
    let schema = chosen(ColumnKind::Min);
    let mut events = events(1, 1);
    for text in ["c", "b", "a", "b"] {
        events.push(TestEvent {
            texts: vec![text],
            id: events.len() as u64,
            ..events[0].clone()
        });
    }
    events.remove(0);
    let mut window = window(&events, &schema);
    // The key and the smallest text.
    assert_eq!(window.strings.referenced(), (2, 1));
    let row = window.row(0, with(&schema));
    assert_eq!(
        row.group.value(&schema, 4, &row.strings),
        Some(Value::Text("a".to_owned()))
    );
    assert_eq!(row.strings.referenced(), (2, 1));
    let size = window.size();
    window.drop_ids();
    assert!(window.size() < size);
}

#[test]
fn dropping_ids_drops_the_addends() {
    let schema = sums();
    let events = events(50, 2);
    let mut window = window(&events, &schema);
    let (values, _, digest, size) = shown(&window, &schema);
    window.drop_ids();
    let (after, _, digest_after, size_after) = shown(&window, &schema);
    assert_eq!((values, digest), (after, digest_after));
    assert!(size_after + 50 * 18 * 2 < size, "{size_after} {size}");
}

#[test]
fn a_sum_out_of_range_is_clamped_and_marked() {
    let schema = sums();
    let mut events = events(2, 1);
    for event in &mut events {
        (event.integers, event.numbers) = (vec![i64::MAX], vec![f64::MAX]);
    }
    for (events, capped) in [(&events[..1], false), (&events[..], true)] {
        let window = window(events, &schema);
        let (values, ..) = shown(&window, &schema);
        assert_eq!(
            values[..2],
            [
                Some(Value::Integer(i64::MAX)),
                Some(Value::Number(f64::MAX))
            ]
        );
        assert_eq!(
            [0, 1, 2].map(|column| window.groups[0].truncated(column)),
            [capped, capped, false]
        );
    }
}

#[test]
fn conditions_hold_over_sums_and_never_over_null() {
    use Comparison::{AtLeast, AtMost, Equal, LessThan, MoreThan, Unequal};
    let schema = sums();
    let over = |figure, comparison, threshold| {
        let condition = Condition {
            column: "x".to_owned(),
            parameter: "min_x".to_owned(),
            comparison,
            figure,
            threshold,
        };
        Conditions::new(&schema, vec![condition], &[]).unwrap()
    };
    let ratio = conditions::Figure::Ratio {
        part: 0,
        whole: 2,
        decimals: 1,
    };
    let mut given = events(1, 1);
    (given[0].integers, given[0].numbers) = (vec![3, 4], vec![-2.5]);
    let full = window(&given, &schema);
    given[0].integers.clear();
    given[0].numbers.clear();
    let empty = window(&given, &schema);
    for (figure, value) in [
        (conditions::Figure::Of(0), 7.0),
        (conditions::Figure::Of(1), -2.5),
        (conditions::Figure::Of(2), 3.5),
        (ratio, 2.0),
    ] {
        // Whether the comparison holds below, at, and above the threshold.
        for (comparison, holds) in [
            (AtLeast, [false, true, true]),
            (MoreThan, [false, false, true]),
            (AtMost, [true, true, false]),
            (LessThan, [true, false, false]),
            (Equal, [false, true, false]),
            (Unequal, [true, false, true]),
        ] {
            for (above, holds) in [0.1, 0.0, -0.1].into_iter().zip(holds) {
                let conditions = over(figure, comparison, value + above);
                let group = &full.groups[0];
                assert_eq!(
                    conditions.hold(&schema, group, &full.strings),
                    holds,
                    "{figure:?} {comparison:?}"
                );
                let values = conditions.figures(&schema, group, &full.strings);
                assert_eq!(conditions.clauses(&values)[0].holds, holds);
                // Each may decrease again, so it is always near.
                assert!(conditions.are_near(&schema, &values, 1.0));
                let group = &empty.groups[0];
                assert!(
                    !conditions.hold(&schema, group, &empty.strings),
                    "{figure:?} {comparison:?}"
                );
                let values = conditions.figures(&schema, group, &empty.strings);
                assert!(!conditions.are_near(&schema, &values, 0.0), "{figure:?}");
            }
        }
    }
}

#[test]
fn a_condition_over_a_text_is_an_error_with_its_place() {
    use ColumnKind::{Count, First, Min, Values};
    let schema = schema(&[
        Count,
        Min(SingleKind::Text),
        First(SingleKind::Boolean),
        Min(SingleKind::Time),
        Values,
    ]);
    let wrong = |figure| {
        let condition = Condition {
            column: "x".to_owned(),
            parameter: "min_x".to_owned(),
            comparison: Comparison::AtLeast,
            figure,
            threshold: 1.0,
        };
        let problems = Conditions::new(&schema, vec![condition], &[]).err();
        problems.map_or(0, |problems| problems.len())
    };
    let ratio = |part, whole| conditions::Figure::Ratio {
        part,
        whole,
        decimals: 2,
    };
    let figures = [0, 1, 2, 3, 4, 5].map(|column| wrong(conditions::Figure::Of(column)));
    assert_eq!(figures, [0, 1, 1, 0, 0, 1]);
    assert_eq!(
        [ratio(0, 3), ratio(1, 2), ratio(0, 4)].map(wrong),
        [0, 2, 1]
    );
}
