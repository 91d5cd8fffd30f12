//! Components in a registry: pushed, pulled and run, whatever becomes of the registry and the way.

mod access;
mod broken;
mod copies;
mod credentials;
mod refused;

use minisign::KeyPair;

use crate::support::registry::Registry;
use crate::support::told::JSON;
use crate::support::{Answer, Room, burst, lines};

/// A room with a cache of its own, an input of one alert, the component with its signature, and
/// the key in a file; and a registry.
struct Scene {
    room: Room,
    registry: Registry,
    pair: KeyPair,
}

impl Scene {
    fn new() -> Self {
        let room = Room::new();
        let pair = KeyPair::generate_unencrypted_keypair().unwrap();
        room.write("it.wasm", weir_shipped::COMPONENT)
            .write("key.pub", pair.pk.to_box().unwrap().to_string())
            .write("input", lines(&burst()))
            .write("docker/config.json", "{}");
        Self {
            room,
            registry: Registry::start(),
            pair,
        }
    }

    /// Signs the component.
    fn signed(self) -> Self {
        let signature = self.sign(weir_shipped::COMPONENT);
        self.room.write("it.wasm.minisig", signature);
        self
    }

    fn sign(&self, bytes: &[u8]) -> String {
        let comment = Some("version 7");
        let made = minisign::sign(Some(&self.pair.pk), &self.pair.sk, bytes, comment, None);
        made.unwrap().to_string()
    }

    /// Runs `weir` with more variables; its messages are JSON.
    fn weir_with(&self, arguments: &[&str], more: &[(&str, Option<&str>)]) -> Answer {
        let cache = self.room.path("cache").display().to_string();
        let docker = self.room.path("docker").display().to_string();
        let mut variables = vec![
            JSON,
            ("XDG_CACHE_HOME", Some(cache.as_str())),
            ("DOCKER_CONFIG", Some(docker.as_str())),
            ("WEIR_REGISTRY_USER", None),
            ("WEIR_REGISTRY_PASSWORD", None),
            ("WEIR_REGISTRY_TOKEN", None),
        ];
        variables.extend(more);
        self.room.weir_in(arguments, b"", &variables)
    }

    fn weir(&self, arguments: &[&str]) -> Answer {
        self.weir_with(arguments, &[])
    }

    /// Pushes the component under a tag: the reference with its digest.
    #[track_caller]
    fn push(&self, tag: &str) -> String {
        let reference = self.registry.reference(tag);
        let answer = self.weir(&["push", "it.wasm", &reference]);
        let pinned = answer.ends(0).out.trim_end().to_owned();
        assert!(
            pinned.starts_with(&format!("{reference}@sha256:")),
            "{pinned}"
        );
        pinned
    }

    /// Detects with a component.
    fn run(&self, component: &str, options: &[&str]) -> Answer {
        self.weir(&[&["run", "--component", component], options, &["input"]].concat())
    }

    fn forget_copies(&self) {
        std::fs::remove_dir_all(self.room.path("cache")).unwrap();
    }
}

#[test]
fn what_is_pushed_is_run_by_its_digest() {
    let scene = Scene::new().signed();
    let pinned = scene.push(":1.2");
    assert_eq!(scene.run(&pinned, &[]).ends(0).alerts().len(), 1);
    let key = ["--require-signature", "key.pub"];
    assert_eq!(scene.run(&pinned, &key).ends(0).alerts().len(), 1);
    // Of a tag, what is signed is run.
    let tag = scene.registry.reference(":1.2");
    assert_eq!(scene.run(&tag, &key).ends(0).alerts().len(), 1);
    // The same component has the same digest, at any time and under any tag.
    let again = scene.push(":latest");
    assert_eq!(
        again.split_once('@').unwrap().1,
        pinned.split_once('@').unwrap().1
    );
}

#[test]
fn what_is_pulled_is_what_was_pushed() {
    let scene = Scene::new().signed();
    let pinned = scene.push(":1.2");
    let pull = ["pull", &pinned, "--output", "got.wasm"];
    assert_eq!(scene.weir(&pull).ends(0).out, format!("{pinned}\n"));
    let got = std::fs::read(scene.room.path("got.wasm")).unwrap();
    assert!(got == weir_shipped::COMPONENT);
    assert_eq!(
        scene.room.read("got.wasm.minisig"),
        scene.room.read("it.wasm.minisig")
    );
    let tag = scene.registry.reference(":1.2");
    for place in ["got.wasm", &pinned, &tag] {
        let verified = scene.weir(&["verify", place, "--key", "key.pub"]);
        assert!(
            verified.ends(0).out.contains("version 7"),
            "{}",
            verified.out
        );
    }
    // What is there stays.
    scene.room.write("got.wasm", "mine");
    scene
        .weir(&pull)
        .ends(3)
        .tells_with("configuration-refused", "got.wasm");
    assert_eq!(scene.room.read("got.wasm"), "mine");
    // An unsigned one takes the old signature with it.
    let unsigned = scene.registry.reference(":unsigned");
    let manifest = scene.registry.manifest("1.2");
    let mut other = manifest.clone();
    other["annotations"]["org.opencontainers.image.version"] = "other".into();
    scene.registry.put_manifest("unsigned", &other);
    let force = [
        "pull",
        &unsigned,
        "--allow-tag",
        "--force",
        "--output",
        "got.wasm",
    ];
    scene.weir(&force).ends(0);
    assert!(!scene.room.path("got.wasm.minisig").exists());
}

#[test]
fn wherever_a_component_is_named_a_reference_is_taken() {
    let scene = Scene::new();
    let pinned = scene.push(":1.2");
    let config = format!("component = \"{pinned}\"\n");
    scene.room.write("etc/weir.toml", config);
    let named = ["--component", pinned.as_str()];
    let of_file = ["--config", "etc/weir.toml"];
    for options in [named, of_file] {
        let run = scene.weir(&[&["run"], &options[..], &["input"]].concat());
        assert_eq!(run.ends(0).alerts().len(), 1);
        let explain = ["--rule", "high-4xx", "input"];
        scene
            .weir(&[&["explain"], &options[..], &explain].concat())
            .ends(0);
        let report = ["--output", "page.html", "input"];
        scene
            .weir(&[&["report"], &options[..], &report].concat())
            .ends(0);
    }
    scene.weir(&["validate", "etc/weir.toml"]).ends(0);
    let inspect = scene.weir(&["inspect", "--json", &pinned]);
    let said: serde_json::Value = serde_json::from_str(&inspect.ends(0).out).unwrap();
    assert_eq!(said["sha256"], weir_host::digest(weir_shipped::COMPONENT));
    let several = ["run", "--component", &pinned, "--rule", "high-4xx", "input"];
    assert_eq!(scene.weir(&several).ends(0).alerts().len(), 1);
}

#[test]
fn the_artifact_is_of_the_shape_that_tools_for_components_read() {
    let scene = Scene::new().signed();
    let pinned = scene.push(":1.2");
    let manifest = scene.registry.manifest("1.2");
    assert_eq!(
        manifest["mediaType"],
        "application/vnd.oci.image.manifest.v1+json"
    );
    assert_eq!(
        manifest["config"]["mediaType"],
        "application/vnd.wasm.config.v0+json"
    );
    assert_eq!(manifest["layers"][0]["mediaType"], "application/wasm");
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 1);
    let held = scene.registry.held.lock().unwrap();
    let blob = |descriptor: &serde_json::Value| &held.blobs[descriptor["digest"].as_str().unwrap()];
    assert!(blob(&manifest["layers"][0]) == weir_shipped::COMPONENT);
    let config: serde_json::Value = serde_json::from_slice(blob(&manifest["config"])).unwrap();
    assert_eq!(config["layerDigests"][0], manifest["layers"][0]["digest"]);
    assert_eq!(config["component"]["imports"], serde_json::json!([]));
    let exports = config["component"]["exports"].as_array().unwrap();
    assert!(exports.iter().any(|name| {
        name.as_str()
            .unwrap()
            .starts_with("weir:detector/detection@")
    }));
    drop(held);
    // What the component says of itself.
    let inspect = scene.weir(&["inspect", "--json", "it.wasm"]).out;
    let said: serde_json::Value = serde_json::from_str(&inspect).unwrap();
    let rules = said["rules"].as_array().unwrap();
    let annotated = |name: &str| manifest["annotations"][name].as_str().unwrap();
    for rule in rules {
        let has = |name: &str, key: &str| annotated(name).contains(rule[key].as_str().unwrap());
        assert!(has("weir.rules", "id"));
        assert!(has("org.opencontainers.image.title", "name"));
        assert!(has("org.opencontainers.image.description", "description"));
    }
    assert_eq!(annotated("weir.contract"), said["wit"].as_str().unwrap());
    // The signature is an artifact that refers to it.
    let digest = pinned.split_once("@sha256:").unwrap().1;
    let signature = scene.registry.manifest(&format!("sha256-{digest}.minisig"));
    assert_eq!(signature["subject"]["digest"], format!("sha256:{digest}"));
    assert_eq!(
        signature["artifactType"],
        "application/vnd.minisign.signature"
    );
    let held = scene.registry.held.lock().unwrap();
    let text = &held.blobs[signature["layers"][0]["digest"].as_str().unwrap()];
    assert_eq!(text, scene.room.read("it.wasm.minisig").as_bytes());
}
