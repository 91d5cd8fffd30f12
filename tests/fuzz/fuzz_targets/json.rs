//! A line is JSON to the guest exactly when it is to `serde_json`, down to 128 levels.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weir_fuzz_targets::{depth, detector, is_json};

/// Reasons that name a field are of JSON that is well formed.
const NO_JSON: [&str; 3] = ["not JSON", "not UTF-8", "nested deeper"];
const CALL: &[u8] = br#"{"category":"AzureADGraphActivityLogs","properties":{"userId":"a","httpStatusCode":403,"timeGenerated":"2026-05-19T09:31:07.4821935Z","requestUri":"/t/users?x"}}"#;

fuzz_target!(|line: &[u8]| {
    let blank = |byte: &u8| b" \t\r".contains(byte);
    if line.contains(&b'\n') || line.iter().all(blank) {
        return;
    }
    let json = is_json(line) && depth(line) <= 128;
    let (mut fresh, mut learned) = (detector(1), detector(1));
    learned.push(CALL);
    for outcome in [fresh.push(line), learned.push(line), learned.push(line)] {
        let reasons = outcome.refused.iter().map(|refusal| &refusal.reason);
        let refused = reasons.filter(|r| NO_JSON.iter().any(|why| r.starts_with(why)));
        assert_eq!(refused.count() == 0, json, "{outcome:?}");
    }
});
