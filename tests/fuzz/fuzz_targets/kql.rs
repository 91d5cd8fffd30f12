//! Queries in KQL: any text is one, or its error has a place in it; what is lowered is evaluated
//! within its steps.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weir_compile::{filter, kql};
use weir_detector::program::Program;
use weir_fuzz_targets::compiled::measured;

fuzz_target!(|text: &str| {
    let within = |span: &kql::Span| assert!(text.get(span.clone()).is_some(), "{span:?}");
    let expression = match kql::parse(text) {
        Ok(expression) => expression,
        Err(error) => return within(&error.span),
    };
    match filter::lower(&expression) {
        Ok(filter) => {
            let again = Program::decode(&filter.program.encode());
            assert_eq!(again.as_ref(), Ok(&filter.program));
            measured(&filter.program, text.as_bytes());
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            problems.iter().for_each(|problem| within(&problem.span));
        }
    }
});
