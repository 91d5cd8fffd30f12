//! Copies of artifacts, with the registry there and gone.

use walkdir::WalkDir;

use super::Scene;
use crate::support::free;

/// A reference to a registry at which nothing listens, with the same repository.
fn gone(reference: &str, scene: &Scene) -> String {
    reference.replace(&scene.registry.at, &free())
}

#[test]
fn what_a_digest_names_is_taken_from_the_cache() {
    let scene = Scene::new().signed();
    let pinned = scene.push(":1.2");
    scene.run(&pinned, &[]).ends(0).lacks("component-cached");
    scene.registry.requests();
    let run = scene.run(&pinned, &["--require-signature", "key.pub"]);
    run.ends(0).tells_with("component-cached", &pinned);
    assert_eq!(run.alerts().len(), 1);
    assert!(scene.registry.requests().is_empty());
    // Whatever the registry's name, its digest says what it is.
    let gone = gone(&pinned, &scene);
    scene.run(&gone, &[]).ends(0).tells("component-cached");
    scene
        .run(&gone, &["--no-cache"])
        .ends(3)
        .tells_of("input-failed", &gone);
}

#[test]
fn without_a_copy_a_registry_that_is_down_is_told() {
    let scene = Scene::new();
    let digest = "0".repeat(64);
    let reference = gone(
        &scene.registry.reference(&format!(":1@sha256:{digest}")),
        &scene,
    );
    for arguments in [
        &["run", "--component", &reference, "input"][..],
        &["inspect", &reference],
        &["pull", &reference, "--output", "got.wasm"],
        &["verify", &reference, "--key", "key.pub"],
    ] {
        let answer = scene.weir(arguments);
        answer.ends(3).tells_of("input-failed", &reference);
        assert_eq!(answer.messages().len(), 1, "{}", answer.err);
    }
    let push = gone(&scene.registry.reference(":1"), &scene);
    scene
        .weir(&["push", "it.wasm", &push])
        .ends(3)
        .tells_of("input-failed", &push);
    assert!(!scene.room.path("got.wasm").exists());
    let config = format!("component = \"{reference}\"\n");
    scene.room.write("weir.toml", config);
    let validated = scene.weir(&["validate", "weir.toml"]);
    assert!(
        validated.ends(3).out.contains("weir.toml:1:"),
        "{}",
        validated.out
    );
}

#[test]
fn what_a_tag_names_is_asked_of_the_registry() {
    let scene = Scene::new().signed();
    scene.push(":1.2");
    let tag = scene.registry.reference(":1.2");
    scene.run(&tag, &["--allow-tag"]).ends(0);
    let gone = gone(&tag, &scene);
    for options in [&["--allow-tag"][..], &["--require-signature", "key.pub"]] {
        scene
            .run(&gone, options)
            .ends(3)
            .tells_of("input-failed", &gone);
    }
}

#[test]
fn a_copy_that_was_changed_is_fetched_again() {
    let scene = Scene::new();
    let pinned = scene.push(":1.2");
    scene.run(&pinned, &[]).ends(0);
    for file in WalkDir::new(scene.room.path("cache/weir/artifacts")) {
        let file = file.unwrap().into_path();
        if file.is_file() {
            let mut bytes = std::fs::read(&file).unwrap();
            bytes[0] ^= 1;
            std::fs::write(&file, bytes).unwrap();
        }
    }
    scene.registry.requests();
    let run = scene.run(&pinned, &[]);
    assert_eq!(run.ends(0).lacks("component-cached").alerts().len(), 1);
    assert!(!scene.registry.requests().is_empty());
    scene.run(&pinned, &[]).ends(0).tells("component-cached");
}

#[test]
fn a_signature_that_was_made_since_is_fetched() {
    let scene = Scene::new();
    let pinned = scene.push(":1.2");
    scene.run(&pinned, &[]).ends(0);
    let key = ["--require-signature", "key.pub"];
    scene
        .run(&pinned, &key)
        .ends(2)
        .tells_with("component-signature-wrong", &pinned);
    let signature = scene.sign(weir_shipped::COMPONENT);
    scene.room.write("it.wasm.minisig", signature);
    assert_eq!(scene.push(":1.2"), pinned);
    scene.run(&pinned, &key).ends(0);
}
