//! Definitions of compiled rules: any bytes are some or are refused, and so are the rules that they
//! say; what opens judges.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weir_compiled::format::{decode, encode};
use weir_fuzz_targets::compiled::{evaluate, judge, opened};

fuzz_target!(|data: &[u8]| {
    let Ok(specs) = decode(data) else { return };
    let written = encode(&specs);
    let again = decode(&written).expect("what was written is read");
    assert_eq!(encode(&again), written);
    evaluate(&specs, data);
    if let Some(Ok(mut detector)) = opened(specs) {
        judge(&mut detector);
    }
});
