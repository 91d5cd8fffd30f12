//! Configurations: what is taken says the same when it is written out and read again.
#![no_main]

use aadgraph_4xx::Detector;
use aadgraph_4xx::config::Config;
use libfuzzer_sys::fuzz_target;
use weir_fuzz_targets::is_json;

fuzz_target!(|text: &str| {
    let config = match Config::parse(text) {
        Ok(config) => config,
        Err(problems) => {
            assert!(!problems.is_empty());
            assert_eq!(Detector::open(text, (1, 2)).err(), Some(problems));
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
    assert_eq!(Config::parse(&written), Ok(config), "{written}");
    let open = |text| {
        Detector::open(text, (1, 2))
            .ok()
            .expect("it was taken before")
    };
    let (mut first, second) = (open(text), open(&written));
    assert_eq!(first.snapshot(), second.snapshot());
    assert_eq!(first.merge(&second.snapshot()), Ok(()));
});
