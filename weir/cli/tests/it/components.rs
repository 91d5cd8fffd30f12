//! Components that are not let in, and what is said about them.

use serde_json::Value;

use crate::support::Room;

/// `inspect` and `run` both refuse it with this code, these words and exit code 2.
#[track_caller]
fn is_refused(bytes: impl AsRef<[u8]>, code: &str, words: &str) {
    let room = Room::new();
    room.write("it.wasm", bytes).write("input", "{}\n");
    let text = room.weir(&["inspect", "it.wasm"]);
    text.ends(2);
    assert!(text.out.contains(words), "no {words:?} in {}", text.out);
    let json = room.logged(&["inspect", "--json", "it.wasm"]);
    json.ends(2).tells_with(code, words);
    let said: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(said["admitted"], false);
    assert!(said["error"].as_str().unwrap().contains(words));
    assert_eq!(said["sha256"].as_str().unwrap().len(), 64);
    let run = room.logged(&["run", "--component", "it.wasm", "input"]);
    run.ends(2).tells_with(code, words);
}

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(format!("(component {text})")).unwrap()
}

/// One that exports the contract's names, so that it is given to the compiler.
fn dressed(text: &str) -> Vec<u8> {
    let exports: String = ["description", "alerts", "detection"]
        .iter()
        .map(|name| format!(r#"(export "weir:detector/{name}@0.2.0" (instance $i))"#))
        .collect();
    component(&format!("{text} (instance $i) {exports}"))
}

#[test]
fn the_embedded_component_imports_nothing() {
    let room = Room::new();
    let answer = room.weir(&["inspect", "--json"]);
    answer.ends(0);
    let said: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(said["import_count"], 0);
    assert_eq!(said["admitted"], true);
    assert_eq!(said["wit"], "weir:detector@0.2.0");
    assert_eq!(said["size"], weir_shipped::COMPONENT.len());
    let judgement = serde_json::json!({
        "kind": "tumbling",
        "length_ms": 120_000,
        "words": "tumbling windows of 2 minutes",
    });
    assert_eq!(said["rules"][0]["judgement"], judgement);
    let text = room.weir(&["inspect"]);
    assert!(text.ends(0).out.contains("imports     0\n"));
}

#[test]
fn what_is_no_webassembly_is_refused() {
    let code = "component-not-wasm";
    is_refused("", code, "it is empty");
    is_refused("#!/bin/sh\n", code, "not WebAssembly");
    let elf = [0x7f, b'E', b'L', b'F', 0, 0, 0, 0];
    is_refused(elf, code, "not WebAssembly");
}

#[test]
fn a_core_module_is_refused() {
    let module = wat::parse_str("(module)").unwrap();
    is_refused(module, "component-core-module", "core module");
}

#[test]
fn a_truncated_component_is_refused() {
    for part in [
        4,
        7,
        9,
        1000,
        weir_shipped::COMPONENT.len() / 2,
        weir_shipped::COMPONENT.len() - 1,
    ] {
        is_refused(
            &weir_shipped::COMPONENT[..part],
            "component-damaged",
            "cut short",
        );
    }
}

#[test]
fn a_component_with_a_flipped_byte_is_never_a_crash() {
    let room = Room::new();
    for at in (8..weir_shipped::COMPONENT.len()).step_by(weir_shipped::COMPONENT.len() / 20) {
        let mut bytes = weir_shipped::COMPONENT.to_vec();
        bytes[at] ^= 0x55;
        room.write("it.wasm", bytes);
        let code = room.weir(&["inspect", "it.wasm"]).code;
        assert!(matches!(code, Some(0 | 2)), "byte {at}: {code:?}");
    }
}

#[test]
fn a_component_with_an_import_is_refused_by_its_name() {
    is_refused(
        component(r#"(import "wasi:clocks/wall-clock@0.2.0" (instance)) (import "f" (func))"#),
        "component-imports",
        "wasi:clocks/wall-clock@0.2.0, f;",
    );
    is_refused(
        component(r#"(import "t" (type (sub resource)))"#),
        "component-imports",
        " t;",
    );
}

#[test]
fn another_version_is_refused_with_both_versions() {
    is_refused(
        component(r#"(instance $i) (export "weir:detector/detection@0.1.0" (instance $i))"#),
        "component-version-unknown",
        "weir:detector@0.1.0, and this host serves 0.2.0",
    );
}

#[test]
fn a_component_of_another_kind_is_refused_by_what_it_exports() {
    is_refused(
        component(""),
        "component-no-detector",
        "weir:detector/alerts@0.2.0",
    );
    is_refused(
        component(r#"(instance $i) (export "other:thing/api@1.0.0" (instance $i))"#),
        "component-no-detector",
        "other:thing/api@1.0.0",
    );
}

#[test]
fn the_right_names_with_the_wrong_items_are_refused() {
    is_refused(
        dressed(""),
        "component-types-differ",
        "the types of the contract",
    );
}

#[test]
fn a_component_over_the_limit_is_not_even_read() {
    let room = Room::new();
    room.write("config.toml", "[limits]\ncomponent_mib = 1\n")
        .write("it.wasm", vec![0; (1 << 20) + 1]);
    room.logged(&[
        "run",
        "--config",
        "config.toml",
        "--component",
        "it.wasm",
        "-",
    ])
    .ends(2)
    .tells_with("component-too-large", "1048577")
    .tells_with("component-too-large", "1048576");
}

#[test]
fn names_from_a_component_are_escaped() {
    let room = Room::new();
    let mut bytes = component(r#"(instance $i) (export "aaaa" (instance $i))"#);
    let at = bytes.windows(4).position(|name| name == b"aaaa").unwrap();
    bytes[at..at + 4].copy_from_slice(b"\x1b[2J");
    room.write("it.wasm", bytes);
    let answer = room.weir(&["inspect", "it.wasm"]);
    answer.ends(2);
    assert!(!answer.out.contains('\u{1b}'), "{:?}", answer.out);
}

#[test]
fn a_missing_component_is_an_input_error() {
    let room = Room::new();
    room.logged(&["inspect", "none.wasm"])
        .ends(3)
        .tells_of("input-failed", "none.wasm");
}

#[test]
fn documents_for_which_memory_does_not_suffice_are_quarantined_and_the_rest_stays() {
    let room = Room::new();
    let mut text = crate::support::lines(&crate::support::burst());
    // Time goes on, so that the first alert is out before the trouble starts.
    let mut later = crate::support::burst().remove(0);
    later["properties"]["timeGenerated"] = "2026-03-04T09:00:00Z".into();
    text.push_str(&format!("{later}\n"));
    let filler = format!("[{}1]\n", "1,".repeat(1 << 20));
    text.push_str(&filler.repeat(3));
    room.write("config.toml", "[limits]\nmemory_mib = 2\nbatch_kib = 16\n")
        .write("input", text);
    let answer = room.logged(&["run", "--config", "config.toml", "input"]);
    answer
        .ends(0)
        .tells_at("quarantined", "input", 27)
        .tells_with("quarantined", "2 (limits.memory_mib)")
        .adds_up(29);
    assert_eq!(
        (answer.count("counted"), answer.count("quarantined")),
        (26, 3)
    );
    assert_eq!(answer.alerts().len(), 1);
}

#[test]
fn a_function_that_is_longer_than_allowed_is_not_given_to_the_compiler() {
    let body = "(drop (i32.const 1))".repeat(400_000);
    is_refused(
        component(&format!("(core module (func {body}))")),
        "component-function-too-long",
        "1048576 (function_kib)",
    );
}

#[test]
fn what_takes_too_long_to_compile_is_refused() {
    // Each function is within its limit, and there are many that are dear.
    let body = format!(
        "(func (param i32) (result i32) local.get 0 {})",
        "local.get 0 i32.popcnt i32.mul ".repeat(12_000)
    );
    let room = Room::new();
    room.write(
        "it.wasm",
        dressed(&format!("(core module {})", body.repeat(120))),
    )
    .write("config.toml", "[limits]\ncompile_seconds = 1\n");
    let began = std::time::Instant::now();
    room.logged(&[
        "run",
        "--no-cache",
        "--config",
        "config.toml",
        "--component",
        "it.wasm",
        "-",
    ])
    .ends(2)
    .tells_with("component-compiled-too-slowly", "1 s (compile_seconds)");
    assert!(began.elapsed().as_secs() < 30);
}

#[test]
fn types_that_unfold_without_end_are_refused() {
    let mut text = "(type $t0 (tuple u8 u8))".to_owned();
    for n in 1..64 {
        text += &format!("(type $t{n} (tuple $t{} $t{}))", n - 1, n - 1);
    }
    is_refused(dressed(&text), "component-damaged", "cut short");
}

#[test]
fn what_needs_a_feature_that_there_is_not_is_refused_by_its_name() {
    for module in [
        "(memory 1 1 shared)",
        "(type $s (struct (field i32))) (func (result (ref null $s)) (ref.null $s))",
        "(tag $t) (func (throw $t))",
    ] {
        let bytes = dressed(&format!("(core module {module})"));
        is_refused(bytes, "component-feature-unknown", "a feature");
    }
}
