//! Files that are no component, and damaged copies of the real one: looked over without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weir_config::inspect::inspect;
use weir_host::{Limits, examine};

/// One input in so many damages the real component, which takes as long as hundreds of others.
const REAL: u8 = 32;

fuzz_target!(|data: &[u8]| {
    let mut limits = Limits::default();
    limits.component_mib = 2;
    limits.memory_mib = 16;
    limits.deadline_ms = 200;
    let found = inspect(data, &limits);
    assert_eq!(!found.rules.is_empty(), found.error.is_none());
    let text = found.text("none");
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'));
    assert!(found.json().is_object());
    let Some((choice, damage)) = data.split_first() else {
        return;
    };
    // Components begin with 0.
    if choice % REAL == 1 {
        let mut copy = weir_shipped::COMPONENT.to_vec();
        for damage in damage.chunks_exact(4) {
            let at =
                usize::from(damage[0]) << 16 | usize::from(damage[1]) << 8 | usize::from(damage[2]);
            let length = copy.len();
            copy[at % length] = damage[3];
        }
        // Only looked over: instrumented, compiling it takes seconds.
        let found = examine(&copy, &limits);
        assert_eq!(found.size, copy.len() as u64);
    }
});
