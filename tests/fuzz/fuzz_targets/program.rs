//! Programs: any bytes are one or are refused, and what one comes to is of its type, the same
//! after it was written and read, and reached within its steps.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weir_detector::program::Program;
use weir_fuzz_targets::compiled::measured;

fuzz_target!(|data: &[u8]| {
    let Ok(program) = Program::decode(data) else {
        return;
    };
    let again = Program::decode(&program.encode()).expect("what was written is read");
    assert_eq!(again.encode(), program.encode());
    measured(&program, data);
});
