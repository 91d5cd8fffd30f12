//! Programs: any bytes are one or are refused, and what one comes to is of its type, the same
//! after it was written and read, and reached within its steps.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weir_detector::program::function::Meter;
use weir_detector::program::value::Value;
use weir_detector::program::{FieldValues, MAX_STEPS, Program};

/// Every field has values that are made of the input.
struct Any<'d>(&'d [u8]);

impl FieldValues for Any<'_> {
    fn value(&self, field: usize) -> Value<'_> {
        let from = field * 7 % (self.0.len() + 1);
        let values = self.0[from..].chunks(9).take(field % 4).map(|bytes| {
            let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
            let mut number = [0; 8];
            number[..rest.len()].copy_from_slice(rest);
            match first % 6 {
                0 => Value::Boolean(rest.len() > 4),
                1 => Value::Integer(i64::from_le_bytes(number)),
                2 => Value::number(f64::from_le_bytes(number)),
                3 => Value::Time(i64::from_le_bytes(number)),
                4 => Value::Address(u128::from(u64::from_le_bytes(number)) << 32),
                _ => Value::text(String::from_utf8_lossy(rest)),
            }
        });
        Value::many(values)
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(program) = Program::decode(data) else {
        return;
    };
    let again = Program::decode(&program.encode()).expect("what was written is read");
    assert_eq!(again.encode(), program.encode());
    let (fields, mut meter) = (Any(data), Meter::default());
    let value = program.measured(&fields, &mut meter);
    assert!(meter.steps <= program.steps() && program.steps() <= MAX_STEPS);
    assert!(value.kind().is_none_or(|kind| kind == program.kind()));
    assert_eq!(value, again.eval(&fields));
});
