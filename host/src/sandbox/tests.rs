use std::time::{Duration, Instant};

use super::*;
use crate::error::TrapKind;

/// Starts a component that is this core module and nothing else.
fn start(module: &str, limits: &Limits) -> Result<(), TrapKind> {
    let text = format!("(component (core module $m {module}) (core instance (instantiate $m)))");
    let engine = engine(limits, Purpose::Run, None).unwrap();
    let _ticker = Ticker::start(&engine).unwrap();
    let component = Component::from_binary(&engine, &wat::parse_str(text).unwrap()).unwrap();
    let mut store = store(&engine, limits);
    match Linker::new(&engine).instantiate(&mut store, &component) {
        Ok(_) => Ok(()),
        Err(error) => match trap::classify("start", &error, limits) {
            Error::Trapped { kind, .. } => Err(kind),
            other => panic!("{other}"),
        },
    }
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.memory_mib = 2;
    limits.deadline_ms = 200;
    limits
}

#[test]
fn a_deadline_is_kept() {
    let short = "(func $f (local i32)
        (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1)))
                                 (i32.const 1000000))))) (start $f)";
    assert_eq!(start(short, &limits()), Ok(()));
}

#[test]
fn a_deadline_broken_stops_the_call() {
    let began = Instant::now();
    let spin = "(func $f (loop (br 0))) (start $f)";
    let kind = TrapKind::Deadline { limit_ms: 200 };
    assert_eq!(start(spin, &limits()), Err(kind));
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(200), "{took:?}");
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn memory_up_to_the_cap_is_given() {
    assert_eq!(start("(memory 32)", &limits()), Ok(()));
    let grow = "(memory 1) (func $f (if (i32.ne (memory.grow (i32.const 31)) (i32.const 1))
        (then unreachable))) (start $f)";
    assert_eq!(start(grow, &limits()), Ok(()));
}

#[test]
fn memory_above_the_cap_stops_the_call() {
    let over = |pages: u64| {
        Err(TrapKind::Memory {
            wanted: pages << 16,
            limit: 2 << 20,
        })
    };
    assert_eq!(start("(memory 33)", &limits()), over(33));
    let grow = "(memory 1) (func $f (drop (memory.grow (i32.const 32)))) (start $f)";
    assert_eq!(start(grow, &limits()), over(33));
    let two = "(memory 16) (memory 17)";
    assert_eq!(start(two, &limits()), over(33));
}

#[test]
fn a_table_above_the_cap_stops_the_call() {
    let grow = "(table 1 funcref) (func $f
        (drop (table.grow (ref.null func) (i32.const 2000000)))) (start $f)";
    let kind = TrapKind::Table {
        wanted: 2_000_001,
        limit: 1 << 20,
    };
    assert_eq!(start(grow, &limits()), Err(kind));
}

#[test]
fn too_many_memories_stop_the_start() {
    let kind = TrapKind::Instances { limit: 64 };
    assert_eq!(start(&"(memory 0)".repeat(65), &limits()), Err(kind));
}

#[test]
fn an_exhausted_stack_stops_the_call() {
    let deep = "(func $f (call $f)) (start $f)";
    assert_eq!(
        start(deep, &limits()),
        Err(TrapKind::Stack { limit: 1 << 20 })
    );
}

#[test]
fn a_panic_stops_the_call() {
    let abort = "(func $f unreachable) (start $f)";
    assert_eq!(start(abort, &limits()), Err(TrapKind::Panic { text: None }));
}

#[test]
fn other_traps_keep_the_engine_s_words() {
    let divide = "(func $f (drop (i32.div_u (i32.const 1) (i32.const 0)))) (start $f)";
    let Err(TrapKind::Other(words)) = start(divide, &limits()) else {
        panic!("no trap of another kind");
    };
    assert!(words.contains("divide by zero"), "{words}");
}

#[test]
fn after_a_trap_every_call_fails() {
    let mut limits = Limits::default();
    limits.memory_mib = 2;
    let sandbox = Sandbox::new(weir_shipped::COMPONENT, &limits).unwrap();
    let rule = sandbox.describe().unwrap().swap_remove(0);
    let published = [Configuration::of(rule.id, "{}")];
    let mut detector = sandbox.open(&published, (1, 2)).unwrap();
    let batch = vec![b' '; 4 << 20];
    let Err(Error::Trapped {
        call: "push", kind, ..
    }) = detector.push(&batch)
    else {
        panic!("no trap");
    };
    assert!(matches!(kind, TrapKind::Memory { limit, .. } if limit == 2 << 20));
    assert!(detector.flush().is_err());
    // Another instance of the same component is as good as new.
    assert!(sandbox.open(&published, (1, 2)).unwrap().flush().is_ok());
}

#[test]
fn the_shipped_rules_are_described_in_a_fifth_of_the_room() {
    let mut limits = Limits::default();
    let sandbox = Sandbox::new(weir_shipped::COMPONENT, &limits).unwrap();
    limits.description_kib /= 5;
    check::description(&sandbox.describe().unwrap(), &limits).unwrap();
}
