//! A line is JSON to the guest exactly when it is to `serde_json`, down to 128 levels. Of a line that
//! is none, parts may be.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weir_fuzz_targets::{depth, detector, is_json};

/// Reasons that name a field are of JSON that is well formed.
const NO_JSON: [&str; 3] = ["not JSON", "not UTF-8", "nested deeper"];
const CALL: &[u8] = br#"{"category":"AzureADGraphActivityLogs","properties":{"userId":"a","httpStatusCode":403,"timeGenerated":"2026-05-19T09:31:07.4821935Z","requestUri":"/t/users?x"}}"#;

/// What may stand around a document and is none.
const AROUND: [&[u8]; 7] = [
    b" ",
    b"\t",
    b"\r",
    b"\n",
    b",",
    b"\0",
    "\u{feff}".as_bytes(),
];
/// What more than one document on a line, or a list without its end, has in it.
const PARTS: [&[u8]; 4] = [b"[", b"]", b"\0", "\u{feff}".as_bytes()];

/// A line without what stands around its document.
fn document(mut line: &[u8]) -> &[u8] {
    while let Some(rest) = AROUND
        .iter()
        .find_map(|b| line.strip_prefix(*b).or_else(|| line.strip_suffix(*b)))
    {
        line = rest;
    }
    line
}

/// Whether no part of a line can be read by itself.
fn is_one(document: &[u8]) -> bool {
    let has = |part: &&[u8]| document.windows(part.len()).any(|bytes| bytes == *part);
    !PARTS.iter().any(has) && document.iter().filter(|byte| **byte == b'{').count() < 2
}

fuzz_target!(|line: &[u8]| {
    if line.contains(&b'\n') {
        return;
    }
    let document = document(line);
    let json = document.is_empty() || is_json(document) && depth(document) <= 128;
    let (mut fresh, mut learned) = (detector(1), detector(1));
    learned.push(CALL);
    for outcome in [fresh.push(line), learned.push(line), learned.push(line)] {
        let reasons = outcome.refused.iter().map(|refusal| &refusal.reason);
        let refused = reasons.filter(|r| NO_JSON.iter().any(|why| r.starts_with(why)));
        let refused = refused.count() > 0;
        assert!(
            if json {
                !refused
            } else {
                refused || !is_one(document)
            },
            "{outcome:?}"
        );
    }
});
