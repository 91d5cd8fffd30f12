//! What a call costs the component, in instructions: a regression is seen on any machine, in
//! whatever mood it is.
//!
//! Instructions are counted by the engine's fuel. They are not time, but they hardly depend on
//! anything but the component: a change of more than 15 % is a change of what it does, or of
//! the compiler. `WEIR_UPDATE=1` writes the figures anew.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;
use wasmtime::component::{Component, Func, Instance, Linker, Val};
use wasmtime::{Config, Engine, Store};
use weir_tests::random::Random;
use weir_tests::render::{SHAPES, Style, document};
use weir_tests::tenant::Tenant;

const EVENTS: u64 = 20_000;
const FIGURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/cost.txt");

/// A function of the contract's `detection`.
fn function(instance: &Instance, store: &mut Store<()>, name: &str) -> Func {
    let interface = "weir:detector/detection@0.1.0";
    let interface = instance.get_export_index(&mut *store, None, interface);
    let index = instance.get_export_index(&mut *store, interface.as_ref(), name);
    instance.get_func(store, index.unwrap()).unwrap()
}

/// Instructions that all of a text costs, in batches of 200 lines.
fn cost(engine: &Engine, component: &Component, text: &str) -> u64 {
    let mut store = Store::new(engine, ());
    store.set_fuel(u64::MAX).unwrap();
    let linker = Linker::new(engine);
    let instance = linker.instantiate(&mut store, component).unwrap();
    let open = function(&instance, &mut store, "[static]detector.open");
    let mut opened = [Val::Bool(false)];
    let seed = Val::Tuple(vec![Val::U64(1), Val::U64(2)]);
    open.call(&mut store, &[Val::String("{}".into()), seed], &mut opened)
        .unwrap();
    let [Val::Result(Ok(Some(detector)))] = opened else {
        panic!("not opened: {opened:?}");
    };
    let push = function(&instance, &mut store, "[method]detector.push-text");
    let before = store.get_fuel().unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for batch in lines.chunks(200) {
        let batch = Val::String(batch.concat());
        push.call(
            &mut store,
            &[(*detector).clone(), batch],
            &mut [Val::Bool(false)],
        )
        .unwrap();
    }
    before - store.get_fuel().unwrap()
}

#[test]
fn a_call_costs_what_it_did() {
    let mut config = Config::new();
    config.consume_fuel(true);
    let engine = Engine::new(&config).unwrap();
    let component = Component::from_binary(&engine, weir::EMBEDDED).unwrap();
    let mut found = String::new();
    for shape in SHAPES {
        let mut random = Random::new(1);
        let mut text = String::new();
        for event in Tenant::new(EVENTS, 1, 1) {
            text.push_str(&document(&event, shape, Style::Plain, &mut random));
            text.push('\n');
        }
        writeln!(
            found,
            "{shape:?} {}",
            cost(&engine, &component, &text) / EVENTS
        )
        .unwrap();
    }
    if std::env::var_os("WEIR_UPDATE").is_some() {
        std::fs::write(FIGURES, &found).unwrap();
    }
    let wanted = std::fs::read_to_string(FIGURES).unwrap();
    println!("instructions a call:\n{found}before:\n{wanted}");
    for (found, wanted) in found.lines().zip(wanted.lines()) {
        let number = |line: &str| line.split(' ').next_back().unwrap().parse::<u64>().unwrap();
        let (now, before) = (number(found), number(wanted));
        assert!(
            now * 100 <= before * 115,
            "{found} instructions a call; it was {wanted}. Mend it, or say why and write \
             the figures anew: WEIR_UPDATE=1"
        );
    }
    assert_eq!(found.lines().count(), wanted.lines().count());
}
