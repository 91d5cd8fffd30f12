//! Components that are refused, with a code and one sentence each.

use serde_json::json;

use super::Scene;
use crate::support::registry::Reply;

#[test]
fn a_tag_alone_is_refused_before_anything_is_asked() {
    let scene = Scene::new();
    scene.push(":1.2");
    scene.registry.requests();
    let tag = scene.registry.reference(":1.2");
    scene
        .room
        .write("weir.toml", format!("component = \"{tag}\"\n"));
    for arguments in [
        &["run", "--component", &tag, "input"][..],
        &["run", "--config", "weir.toml", "input"],
        &[
            "serve",
            "--listen",
            "http://127.0.0.1:0",
            "--component",
            &tag,
        ],
        &[
            "report",
            "--component",
            &tag,
            "--output",
            "page.html",
            "input",
        ],
        &["inspect", &tag],
        &["pull", &tag, "--output", "got.wasm"],
    ] {
        let answer = scene.weir(arguments);
        answer.ends(2).tells_with("component-not-pinned", &tag);
    }
    scene.weir(&["validate", "weir.toml"]).ends(2);
    assert!(scene.registry.requests().is_empty());
    // Any of these says which it has to be, or that it may be any.
    let sha256 = weir_host::digest(weir_shipped::COMPONENT);
    for options in [&["--allow-tag"][..], &["--sha256", &sha256]] {
        assert_eq!(scene.run(&tag, options).ends(0).alerts().len(), 1);
    }
    scene
        .run(&tag, &["--sha256", &"0".repeat(64)])
        .ends(2)
        .tells("component-digest-differs");
}

#[test]
fn a_layer_that_was_changed_is_refused() {
    let scene = Scene::new().signed();
    let pinned = scene.push(":1.2");
    let mut held = scene.registry.held.lock().unwrap();
    for bytes in held.blobs.values_mut() {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    }
    drop(held);
    let tag = scene.registry.reference(":1.2");
    for (reference, options) in [
        (&pinned, &[][..]),
        (&tag, &["--allow-tag"]),
        (&tag, &["--require-signature", "key.pub"]),
    ] {
        scene
            .run(reference, options)
            .ends(2)
            .tells_with("component-content-differs", "component");
    }
    scene
        .weir(&["pull", &pinned, "--output", "got.wasm"])
        .ends(2)
        .tells("component-content-differs");
    assert!(!scene.room.path("got.wasm").exists());
}

#[test]
fn a_manifest_of_another_digest_is_refused() {
    let scene = Scene::new();
    let pinned = scene.push(":1.2");
    let mut held = scene.registry.held.lock().unwrap();
    for bytes in held.manifests.values_mut() {
        bytes.push(b' ');
    }
    drop(held);
    let digest = pinned.split_once("@sha256:").unwrap().1;
    scene
        .run(&pinned, &[])
        .ends(2)
        .tells_with("component-content-differs", digest);
    let other = scene
        .registry
        .reference(&format!("@sha256:{}", "1".repeat(64)));
    scene
        .run(&other, &[])
        .ends(3)
        .tells_of("input-failed", &other);
}

#[test]
fn a_signature_of_another_key_or_none_is_refused() {
    let scene = Scene::new();
    let other = Scene::new();
    let unsigned = scene.push(":unsigned");
    let key = ["--require-signature", "key.pub"];
    scene
        .run(&unsigned, &key)
        .ends(2)
        .tells("component-signature-wrong");
    scene
        .room
        .write("it.wasm.minisig", other.sign(weir_shipped::COMPONENT));
    let pinned = scene.push(":1.2");
    for reference in [&pinned, &scene.registry.reference(":1.2")] {
        scene
            .run(reference, &key)
            .ends(2)
            .tells_with("component-signature-wrong", "another key");
        scene
            .weir(&["verify", reference, "--key", "key.pub"])
            .ends(2)
            .tells("component-signature-wrong");
        scene
            .weir(&[
                "pull", reference, "--key", "key.pub", "--output", "got.wasm",
            ])
            .ends(2)
            .tells("component-signature-wrong");
    }
    assert!(!scene.room.path("got.wasm").exists());
    // With the key at hand it is not even pushed.
    scene.registry.requests();
    let reference = scene.registry.reference(":1.3");
    scene
        .weir(&["push", "it.wasm", &reference, "--key", "key.pub"])
        .ends(2)
        .tells("component-signature-wrong");
    scene.room.write("it.wasm.minisig", "no signature");
    scene
        .weir(&["push", "it.wasm", &reference])
        .ends(2)
        .tells("component-signature-wrong");
    assert!(scene.registry.requests().is_empty());
}

#[test]
fn what_is_no_detector_is_neither_pushed_nor_pulled() {
    let scene = Scene::new();
    let world = wat::parse_str("(component (import \"a:b/c\" (instance)))").unwrap();
    let module = wat::parse_str("(module)").unwrap();
    for (name, bytes, code) in [
        ("text", &b"text"[..], "component-not-wasm"),
        ("module", &module, "component-core-module"),
        ("world", &world, "component-imports"),
    ] {
        scene.room.write("bad.wasm", bytes);
        let reference = scene.registry.reference(&format!(":{name}"));
        scene
            .weir(&["push", "bad.wasm", &reference])
            .ends(2)
            .tells(code);
        assert!(scene.registry.requests().is_empty());
        let layer = scene.registry.put_blob(bytes);
        let config = scene.registry.put_blob(b"{}");
        let manifest = json!({"schemaVersion": 2, "config": config, "layers": [layer]});
        let digest = scene.registry.put_manifest(name, &manifest);
        let pinned = format!("{reference}@sha256:{digest}");
        scene.run(&pinned, &[]).ends(2).tells(code);
        scene
            .weir(&["pull", &pinned, "--output", "got.wasm"])
            .ends(2)
            .tells(code);
        assert!(!scene.room.path("got.wasm").exists());
        scene.registry.requests();
    }
}

#[test]
fn artifacts_of_other_kinds_are_told() {
    let scene = Scene::new();
    let config = scene.registry.put_blob(b"{}");
    let layer = scene.registry.put_blob(weir_shipped::COMPONENT);
    let mut image = layer.clone();
    image["mediaType"] = "application/vnd.oci.image.layer.v1.tar+gzip".into();
    let mut strange = layer.clone();
    strange["digest"] = "md5:00".into();
    let of =
        |layers: serde_json::Value| json!({"schemaVersion": 2, "config": config, "layers": layers});
    let index = json!({"schemaVersion": 2, "manifests": [],
        "mediaType": "application/vnd.oci.image.index.v1+json"});
    for (manifest, why) in [
        (of(json!([image])), "tar+gzip"),
        (of(json!([])), "0 layers"),
        (of(json!([layer, layer])), "2 layers"),
        (of(json!([strange])), "no sha256"),
        (index, "a list"),
        (json!({"schemaVersion": 2}), "malformed"),
        (json!("text"), "malformed"),
    ] {
        let digest = scene.registry.put_manifest("odd", &manifest);
        let reference = scene.registry.reference(&format!(":odd@sha256:{digest}"));
        scene
            .run(&reference, &[])
            .ends(2)
            .tells_with("component-no-artifact", why);
    }
}

#[test]
fn sizes_are_bounded() {
    let scene = Scene::new();
    let config = scene.registry.put_blob(b"{}");
    let mut layer = scene.registry.put_blob(weir_shipped::COMPONENT);
    let of = |layer: &serde_json::Value| json!({"schemaVersion": 2, "config": config, "layers": [layer]});
    let run = |layer: &serde_json::Value| {
        let digest = scene.registry.put_manifest("large", &of(layer));
        scene.run(&scene.registry.reference(&format!("@sha256:{digest}")), &[])
    };
    // More than the limit, by what the manifest says.
    layer["size"] = (1_u64 << 40).into();
    run(&layer).ends(2).tells("component-too-large");
    assert!(
        !scene
            .registry
            .requests()
            .iter()
            .any(|request| request.target.contains("/blobs/"))
    );
    // More than the manifest says, and less.
    layer["size"] = 1000.into();
    run(&layer).ends(3).tells_with("input-failed", "1000");
    layer["size"] = (weir_shipped::COMPONENT.len() + 1).into();
    run(&layer).ends(2).tells("component-no-artifact");
    layer["size"] = (-1).into();
    run(&layer).ends(2).tells("component-no-artifact");
    // A manifest without end.
    scene.registry.answer(|request| {
        request
            .is("GET", "/manifests/")
            .then(|| Reply::status(200).body(vec![b' '; 5 << 20]))
    });
    let reference = scene.registry.reference(":endless");
    scene
        .run(&reference, &["--allow-tag"])
        .ends(3)
        .tells_of("input-failed", &reference);
}

#[test]
fn references_that_are_none_are_usage_errors() {
    let scene = Scene::new();
    for reference in [
        "oci://host",
        "oci://host/Name:1",
        "oci://host/name",
        "oci://host/a@sha256:1",
    ] {
        for arguments in [
            &["run", "--component", reference, "input"][..],
            &["pull", reference, "--output", "x"],
            &["push", "it.wasm", reference],
        ] {
            scene.weir(arguments).ends(3).says(reference);
        }
        scene
            .room
            .write("weir.toml", format!("\ncomponent = \"{reference}\"\n"));
        let run = scene.weir(&["run", "--config", "weir.toml", "input"]);
        run.ends(3)
            .tells_with("configuration-refused", "weir.toml:2");
    }
    let digest = "0".repeat(64);
    let pinned = format!("oci://127.0.0.1:1/a:1@sha256:{digest}");
    scene
        .weir(&["push", "it.wasm", &pinned])
        .ends(3)
        .tells("configuration-refused");
}
