//! Configurations: what is taken says the same when it is written out and read again.
#![no_main]

use high_4xx::{High4xx, open};
use libfuzzer_sys::fuzz_target;
use weir_detector::definition::configuration;
use weir_fuzz_targets::is_json;

fuzz_target!(|text: &str| {
    let config = match configuration(&High4xx, text) {
        Ok(config) => config,
        Err(problems) => {
            assert!(!problems.is_empty());
            assert_eq!(open(text, (1, 2)).err(), Some(problems));
            return;
        }
    };
    assert!(is_json(text.as_bytes()));
    let members = config.values().into_iter();
    let members: Vec<String> = members
        .map(|(name, value)| format!("{name:?}:{value}"))
        .collect();
    let written = format!("{{{}}}", members.join(","));
    assert!(is_json(written.as_bytes()), "{written}");
    assert_eq!(configuration(&High4xx, &written), Ok(config), "{written}");
    let taken = |text| open(text, (1, 2)).ok().expect("it was taken before");
    let (mut first, second) = (taken(text), taken(&written));
    assert_eq!(first.snapshot(), second.snapshot());
    assert_eq!(first.merge(&second.snapshot()), Ok(()));
});
