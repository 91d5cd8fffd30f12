//! Files that are no component, and damaged copies of the real one: looked over without a panic.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use weir::Limits;
use weir::inspect::inspect;

fuzz_target!(|input: (&[u8], Vec<(u32, u8)>)| -> Corpus {
    let (bytes, damage) = input;
    let mut limits = Limits::default();
    limits.component_mib = 1;
    limits.memory_mib = 16;
    limits.deadline_ms = 2000;
    let mut copies = vec![bytes.to_vec(), [b"\0asm\x0d\0\x01\0", bytes].concat()];
    if !damage.is_empty() {
        let mut copy = weir::EMBEDDED.to_vec();
        for (at, byte) in &damage {
            let at = *at as usize % copy.len();
            copy[at] = *byte;
        }
        copies.push(copy);
    }
    for copy in copies {
        let found = inspect(&copy, &limits);
        assert_eq!(found.rule.is_some(), found.error.is_none());
        assert!(!found.text().contains(|c: char| c.is_control() && c != '\n'));
        assert!(found.json().to_string().len() > 2);
    }
    Corpus::Keep
});
