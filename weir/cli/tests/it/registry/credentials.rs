//! Credentials where docker keeps them.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::Scene;
use crate::support::Answer;
use crate::support::registry::Reply;

/// Has the registry take one name and password.
fn closed(scene: &Scene, user: &str, password: &str) {
    let good = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    scene.registry.answer(move |request| {
        let is_good = request.authorization.as_deref() == Some(&good);
        (!is_good).then(|| {
            Reply::error(401, "UNAUTHORIZED").with("WWW-Authenticate", "Basic realm=\"it\"")
        })
    });
}

/// A credential helper, written by another process: whoever forks meanwhile holds it open.
fn helper(scene: &Scene, name: &str, text: &str) {
    scene.room.write("source", format!("#!/bin/sh\n{text}\n"));
    let place = scene
        .room
        .path("bin")
        .join(format!("docker-credential-{name}"));
    std::fs::create_dir_all(scene.room.path("bin")).unwrap();
    let mut install = Command::new("install");
    let done = install
        .args(["-m", "755"])
        .arg(scene.room.path("source"))
        .arg(place)
        .status();
    assert!(done.unwrap().success());
}

fn push(scene: &Scene) -> Answer {
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", scene.room.path("bin").display());
    let reference = scene.registry.reference(":1.2");
    scene.weir_with(&["push", "it.wasm", &reference], &[("PATH", Some(&path))])
}

fn configure(scene: &Scene, config: &serde_json::Value) {
    scene.room.write("docker/config.json", config.to_string());
}

#[test]
fn an_entry_of_the_file_serves() {
    let scene = Scene::new();
    closed(&scene, "me", "secret:with:colons");
    let at = scene.registry.at.as_str();
    let entry = |password: &str| json!({"auths": {at: {"auth": STANDARD.encode(format!("me:{password}"))}}});
    configure(&scene, &entry("secret:with:colons"));
    push(&scene).ends(0);
    configure(&scene, &entry("other"));
    push(&scene)
        .ends(3)
        .tells_with("input-failed", "docker/config.json");
    configure(
        &scene,
        &json!({"auths": {"127.0.0.1:1": {"auth": "bWU6eA=="}}}),
    );
    let none = push(&scene);
    none.ends(3)
        .tells_with("input-failed", "WEIR_REGISTRY_USER");
    scene.room.write("docker/config.json", "{");
    push(&scene)
        .ends(3)
        .tells_with("configuration-refused", "docker/config.json");
}

#[test]
fn an_identity_token_is_given_to_the_token_server_alone() {
    let scene = Scene::new();
    let at = scene.registry.at.clone();
    configure(
        &scene,
        &json!({"auths": {&at: {"identitytoken": "long-lived"}}}),
    );
    scene.registry.answer(move |request| {
        if request.target.starts_with("/token") {
            let body = String::from_utf8(request.body.clone()).unwrap();
            let asked = request.method == "POST"
                && body.contains("grant_type=refresh_token")
                && body.contains("refresh_token=long-lived");
            return Some(match asked {
                true => Reply::status(200).body("{\"access_token\": \"abc\"}"),
                false => Reply::error(400, "BAD"),
            });
        }
        let good = request.authorization.as_deref() == Some("Bearer abc");
        let asks = format!("Bearer realm=\"http://{at}/token\",service=\"it\"");
        (!good).then(|| Reply::error(401, "UNAUTHORIZED").with("WWW-Authenticate", asks))
    });
    push(&scene).ends(0);
}

#[test]
fn a_helper_is_asked_for_the_host() {
    let scene = Scene::new();
    closed(&scene, "me", "secret");
    let at = scene.registry.at.as_str();
    configure(
        &scene,
        &json!({"credHelpers": {at: "it"}, "auths": {at: {}}}),
    );
    let answer = "{\"ServerURL\": \"x\", \"Username\": \"me\", \"Secret\": \"secret\"}";
    helper(
        &scene,
        "it",
        &format!("read -r asked; [ \"$1 $asked\" = 'get {at}' ] && echo '{answer}'"),
    );
    push(&scene).ends(0);
    // One for all hosts, which does not read what it is asked.
    configure(&scene, &json!({"credsStore": "all"}));
    helper(&scene, "all", &format!("exec <&-; echo '{answer}'"));
    push(&scene).ends(0);
    helper(
        &scene,
        "all",
        "cat >/dev/null; echo '{\"Username\": \"me\", \"Secret\": \"old\"}'",
    );
    push(&scene)
        .ends(3)
        .tells_with("input-failed", "docker-credential-all");
}

#[test]
fn a_helper_that_fails_is_told() {
    let scene = Scene::new();
    closed(&scene, "me", "secret");
    configure(&scene, &json!({"credsStore": "it"}));
    let program = "docker-credential-it";
    push(&scene)
        .ends(3)
        .tells_with("configuration-refused", program);
    helper(&scene, "it", "cat >/dev/null; echo locked; exit 1");
    push(&scene)
        .ends(3)
        .tells_with("configuration-refused", "locked");
    helper(&scene, "it", "cat >/dev/null; echo 's3cret'");
    let answer = push(&scene);
    answer.ends(3).tells_with("configuration-refused", program);
    assert!(!answer.err.contains("s3cret"), "{}", answer.err);
    // It has none for this host.
    helper(
        &scene,
        "it",
        "cat >/dev/null; echo credentials not found in native keychain; exit 1",
    );
    push(&scene).ends(3).tells("input-failed");
}
