//! Rule files, in TOML or as exports: every rule is compiled or left out with places, and what is
//! compiled opens.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weir_fuzz_targets::compiled::{evaluate, judge, opened, understood};

fuzz_target!(|text: &str| {
    let specs = understood(text);
    if specs.is_empty() {
        return;
    }
    evaluate(&specs, text.as_bytes());
    if let Some(detector) = opened(specs) {
        judge(&mut detector.expect("what is compiled opens"));
    }
});
