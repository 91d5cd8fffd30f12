//! Files that are no component, and damaged copies of the real one: looked over without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weir::inspect::inspect;
use weir::{Limits, examine};

fuzz_target!(|input: (&[u8], Vec<(u32, u8)>)| {
    let (bytes, damage) = input;
    let mut limits = Limits::default();
    limits.component_mib = 1;
    limits.memory_mib = 16;
    limits.deadline_ms = 2000;
    let mut files = vec![bytes.to_vec(), [b"\0asm\x0d\0\x01\0", bytes].concat()];
    if let Some((first, _)) = damage.first() {
        let mut copy = weir::EMBEDDED.to_vec();
        for (at, byte) in &damage {
            let at = *at as usize % copy.len();
            copy[at] = *byte;
        }
        let found = examine(&copy, &limits);
        assert_eq!(found.size, weir::EMBEDDED.len() as u64);
        // Instrumented, compiling takes seconds: not for each.
        if first.is_multiple_of(64) {
            files.push(copy);
        }
    }
    for file in files {
        let found = inspect(&file, &limits);
        assert_eq!(found.rule.is_some(), found.error.is_none());
        assert!(!found.text("none").contains(|c: char| c.is_control() && c != '\n'));
        assert!(found.json().is_object());
    }
});
