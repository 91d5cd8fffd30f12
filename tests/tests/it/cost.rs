//! What a call costs the component, in instructions: a regression is seen on any machine, in
//! whatever mood it is.
//!
//! Instructions are counted by the engine's fuel. They are not time, but they hardly depend on
//! anything but the component: a change of more than 5 % is a change of what it does, or of
//! the compiler. `WEIR_UPDATE=1` writes the figures anew.

use siphasher::sip::SipHasher13;
use std::fmt::Write as _;
use wasmtime::component::{Component, Func, Instance, Linker, Val};
use wasmtime::{Config, Engine, Store};
use weir_generator::random::Random;
use weir_generator::render::{SHAPES, Style, document};
use weir_generator::tenant::Tenant;

const EVENTS: u64 = 20_000;
const FIGURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/cost.txt");

/// The key of a detector's hashes.
type Seed = (u64, u64);

/// A function of the contract's `detection`.
fn function(instance: &Instance, store: &mut Store<()>, name: &str) -> Func {
    let interface = "weir:detector/detection@0.2.0";
    let interface = instance.get_export_index(&mut *store, None, interface);
    let index = instance.get_export_index(&mut *store, interface.as_ref(), name);
    instance.get_func(store, index.unwrap()).unwrap()
}

/// An engine that counts instructions, and the component for it.
fn engine() -> (Engine, Component) {
    let mut config = Config::new();
    config.consume_fuel(true);
    let engine = Engine::new(&config).unwrap();
    let component = Component::from_binary(&engine, weir_shipped::COMPONENT).unwrap();
    (engine, component)
}

/// Instructions that all of a text costs the shipped rule, in batches of 200 lines.
fn cost(engine: &Engine, component: &Component, seed: Seed, text: &str) -> u64 {
    cost_of(&[high_4xx::RULE_ID], engine, component, seed, text)
}

/// Instructions that all of a text costs some rules.
fn cost_of(rules: &[&str], engine: &Engine, component: &Component, seed: Seed, text: &str) -> u64 {
    let mut store = Store::new(engine, ());
    store.set_fuel(u64::MAX).unwrap();
    let linker = Linker::new(engine);
    let instance = linker.instantiate(&mut store, component).unwrap();
    let open = function(&instance, &mut store, "[static]detector.open");
    let mut opened = [Val::Bool(false)];
    let seed = Val::Tuple(vec![Val::U64(seed.0), Val::U64(seed.1)]);
    let rule = |id: &&str| {
        let member = |name: &str, text: &str| (name.to_owned(), Val::String(text.to_owned()));
        Val::Record(vec![member("rule", id), member("parameters", "{}")])
    };
    let rules = Val::List(rules.iter().map(rule).collect());
    open.call(&mut store, &[rules, seed], &mut opened).unwrap();
    let [Val::Result(Ok(Some(detector)))] = opened else {
        panic!("not opened: {opened:?}");
    };
    let push = function(&instance, &mut store, "[method]detector.push");
    let before = store.get_fuel().unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for batch in lines.chunks(200) {
        let batch = batch.concat().into_bytes();
        let batch = Val::List(batch.into_iter().map(Val::U8).collect());
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
    let (engine, component) = engine();
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
            cost(&engine, &component, (1, 2), &text) / EVENTS
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
            now * 100 <= before * 105,
            "{found} instructions a call; it was {wanted}. Mend it, or say why and write \
             the figures anew: WEIR_UPDATE=1"
        );
    }
    assert_eq!(found.lines().count(), wanted.lines().count());
}

/// What all rules of the component cost, over one reading of each record.
#[test]
fn five_rules_cost_little_more_than_one() {
    let (engine, component) = engine();
    let rules = aadgraph_rules::rules();
    let ids: Vec<&str> = { rules.iter() }
        .map(|rule| rule.definition().info.id)
        .collect();
    let mut dear = Vec::new();
    for shape in SHAPES {
        let mut random = Random::new(1);
        let events = Tenant::new(EVENTS, 1, 1);
        let documents =
            events.map(|event| document(&event, shape, Style::Plain, &mut random) + "\n");
        let text: String = documents.collect();
        let one = cost(&engine, &component, (1, 2), &text);
        let all = cost_of(&ids, &engine, &component, (1, 2), &text);
        println!(
            "{shape:?}: {} and, all rules, {}",
            one / EVENTS,
            all / EVENTS
        );
        if all * 10 > one * 16 {
            dear.push(shape);
        }
    }
    assert!(dear.is_empty(), "more than 1.6 times one rule: {dear:?}");
}

/// Texts of one length. Under the seed, if there is one, their hashes agree in the low twelve
/// bits: in a table of 4096 places or fewer all of them would want the same.
fn texts(count: usize, before: &str, seed: Option<Seed>) -> Vec<String> {
    let mut random = Random::new(count as u64);
    let collides = |text: &String| {
        seed.is_none_or(|(a, b)| {
            SipHasher13::new_with_keys(a, b).hash(text.as_bytes()) & 0xfff == 0
        })
    };
    std::iter::repeat_with(|| format!("{before}{:016x}", random.bits()))
        .filter(collides)
        .take(count)
        .collect()
}

/// Many users, many paths of one user, and a hundred users who alert; every call has an id.
fn flood(seed: Option<Seed>) -> String {
    const COUNT: usize = 2000;
    let users = texts(COUNT, "", seed);
    let paths = texts(COUNT, "/T/", seed);
    let ids = texts(3 * COUNT, "", seed);
    let mut text = String::new();
    for (n, id) in ids.iter().enumerate() {
        let at = n % COUNT;
        let (user, path) = [(at, 0), (0, at), (at % 100, at)][n / COUNT];
        let path = paths[path].trim_start_matches("/T/");
        text += &crate::calls::call(&users[user], 1.0, 403, path, "walk/1.0", id);
    }
    text
}

#[test]
fn values_that_collide_under_another_seed_cost_what_others_do() {
    const A: Seed = (3, 4);
    const B: Seed = (5, 6);
    let (chosen, random) = (flood(Some(A)), flood(None));
    assert_eq!(chosen.len(), random.len());
    let (engine, component) = engine();
    let figures = [(&random, B), (&chosen, B), (&chosen, A)]
        .map(|(text, seed)| cost(&engine, &component, seed, text));
    let [ordinary, found, known] = figures;
    println!("instructions: {ordinary}; chosen {found}; chosen, and the seed known, {known}");
    assert!(
        found <= 2 * ordinary,
        "{found} instructions, not {ordinary}"
    );
    let alerts = [A, B].map(|seed| {
        let mut detector = high_4xx::open("{}", seed).unwrap();
        assert_eq!(detector.push(chosen.as_bytes()).counted, 6000);
        detector.flush();
        detector.take_alerts(u32::MAX)
    });
    assert_eq!(alerts[0].len(), 100);
    assert_eq!(alerts[0], alerts[1]);
}

/// A text as JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Documents in which records are looked for in vain or found again and again, of about a length.
fn hostile(length: usize) -> [(&'static str, String); 7] {
    const RECORD: &str = r#"{"category":"AzureADGraphActivityLogs"}"#;
    const TIMED: &str =
        r#"{"category":"AzureADGraphActivityLogs","properties":{"timeGenerated":"x"}}"#;
    let many = |part: &str, between: &str| vec![part; length / part.len()].join(between);
    let mut texts = RECORD.repeat(4);
    while texts.len() < length / 2 {
        texts = quoted(&texts);
    }
    let brackets = "{\"a\":[".repeat(50);
    let levels = format!(
        "{brackets}{}{}",
        quoted(&many(RECORD, " ")),
        "]}".repeat(50)
    );
    let keys = (0..length / 60).map(|n| format!("\"k{n}\":{RECORD}"));
    let keys = keys.collect::<Vec<_>>().join(",");
    let names = many("\"AADGraphActivityLogs\"", ",");
    [
        ("texts in texts", format!("{{\"message\":{texts}}}")),
        ("levels", levels),
        ("keys", format!("{{{keys}}}")),
        ("names", format!("{{\"x\":[{names}]}}")),
        (
            "escapes",
            format!(
                "{{\"x\":\"{}\\\"AADGraphActivityLogs\\\"\"}}",
                "\\u0079".repeat(length / 6)
            ),
        ),
        (
            "refused",
            format!(
                "{{\"message\":{}}}",
                quoted(&format!("[{}]", many(TIMED, ",")))
            ),
        ),
        (
            "rows",
            format!(
                "{{\"columns\":[\"Type\",\"TimeGenerated\"],\"rows\":[{}]}}",
                many("[\"AADGraphActivityLogs\"]", ",")
            ),
        ),
    ]
}

#[test]
fn what_is_looked_through_costs_by_its_length() {
    let (engine, component) = engine();
    let [small, large] = [200_000, 800_000].map(|length| {
        hostile(length).map(|(name, text)| {
            let length = text.len() as u64;
            (name, cost(&engine, &component, (1, 2), &text) / length)
        })
    });
    println!("instructions a byte: {small:?}, and of four times the length {large:?}");
    for ((name, small), (_, large)) in small.into_iter().zip(large) {
        assert!(small < 400, "{name}: {small} instructions a byte");
        assert!(
            large * 10 <= small * 13 + 100,
            "{name}: {small} and {large} a byte"
        );
    }
}

#[test]
fn what_is_broken_costs_by_its_length_and_by_its_documents() {
    let (engine, component) = engine();
    for unit in [
        "{\"a\":[x ",
        "{\"columns\":[x ",
        "[{\"a\":",
        "}{\"a\":\"AADGraphActivityLogs\" ",
    ] {
        let [small, large] = [10_000, 40_000].map(|count| {
            let cost = cost(&engine, &component, (1, 2), &unit.repeat(count as usize));
            println!("{unit} {count} times: {} instructions each", cost / count);
            cost / count
        });
        // Reading one and saying what is wrong with it.
        let most = 400 * unit.len() as u64 + 8_000;
        assert!(small < most, "{unit}: {small} instructions, not {most}");
        assert!(large * 10 <= small * 13, "{unit}: {small} and {large}");
    }
}
