//! Components that must be the very one, or signed.

use minisign::KeyPair;

use crate::support::Room;

/// A room with the component as a file, its signature, and the public key in a file.
fn signed() -> (Room, KeyPair, String) {
    let pair = KeyPair::generate_unencrypted_keypair().unwrap();
    let room = Room::new();
    room.write("it.wasm", weir_shipped::COMPONENT)
        .write("it.wasm.minisig", sign(&pair, weir_shipped::COMPONENT))
        .write("key.pub", pair.pk.to_box().unwrap().to_string())
        .write("input", crate::support::lines(&crate::support::burst()));
    let key = pair.pk.to_base64();
    (room, pair, key)
}

fn sign(pair: &KeyPair, bytes: &[u8]) -> String {
    let comment = Some("version 7");
    minisign::sign(Some(&pair.pk), &pair.sk, bytes, comment, None)
        .unwrap()
        .to_string()
}

#[test]
fn a_good_signature_is_shown_with_what_it_says() {
    let (room, _, key) = signed();
    for key in [key.as_str(), "key.pub"] {
        let answer = room.weir(&["verify", "it.wasm", "--key", key]);
        let out = &answer.ends(0).out;
        assert!(
            out.contains("it.wasm: the signature is good; version 7"),
            "{out}"
        );
        let options = ["--component", "it.wasm", "--require-signature", key];
        let run = room.weir(&[&["run"], &options[..], &["input"]].concat());
        assert_eq!(run.ends(0).alerts().len(), 1);
    }
    room.write(
        "weir.toml",
        "component = \"it.wasm\"\nrequire_signature = \"key.pub\"\n",
    );
    room.weir(&["run", "--config", "weir.toml", "input"])
        .ends(0);
    room.weir(&["validate", "weir.toml"]).ends(0);
}

#[test]
fn any_byte_changed_is_refused() {
    let (room, _, _) = signed();
    let length = weir_shipped::COMPONENT.len();
    for at in (0..length).step_by(length / 15).chain([length - 1]) {
        let mut bytes = weir_shipped::COMPONENT.to_vec();
        bytes[at] ^= 1;
        room.write("it.wasm", bytes);
        room.logged(&["verify", "it.wasm", "--key", "key.pub"])
            .ends(2)
            .tells_with("component-signature-wrong", "was changed");
    }
    let options = ["--component", "it.wasm", "--require-signature", "key.pub"];
    room.logged(&[&["run"], &options[..], &["input"]].concat())
        .ends(2)
        .tells_with("component-signature-wrong", "it.wasm.minisig");
}

#[test]
fn a_signature_that_was_changed_is_refused() {
    let (room, _, _) = signed();
    let good = room.read("it.wasm.minisig");
    for (from, to) in [("version 7", "version 8"), ("RU", "RW"), ("\n", " ")] {
        room.write("it.wasm.minisig", good.replacen(from, to, 1));
        room.weir(&["verify", "it.wasm", "--key", "key.pub"])
            .ends(2);
    }
    for at in (0..good.len()).step_by(7) {
        let mut text = good.clone().into_bytes();
        text[at] ^= 1;
        room.write("it.wasm.minisig", text);
        let code = room.weir(&["verify", "it.wasm", "--key", "key.pub"]).code;
        // The first comment is not signed.
        let first = good.find('\n').unwrap();
        assert!(
            code == Some(2) || at < first && code == Some(0),
            "byte {at}: {code:?}"
        );
    }
}

#[test]
fn another_key_no_signature_and_no_key() {
    let (room, _, key) = signed();
    let other = KeyPair::generate_unencrypted_keypair().unwrap();
    room.logged(&["verify", "it.wasm", "--key", &other.pk.to_base64()])
        .ends(2)
        .tells_with("component-signature-wrong", "another key");
    room.weir(&["verify", "it.wasm", "--key", "no key"])
        .ends(3)
        .says("no public key of minisign");
    room.logged(&["verify", "none.wasm", "--key", &key])
        .ends(3)
        .tells_of("input-failed", "none.wasm");
    room.weir(&["run", "--require-signature", &key, "input"])
        .ends(3)
        .says("the component inside this binary has none");
    std::fs::remove_file(room.path("it.wasm.minisig")).unwrap();
    room.logged(&["verify", "it.wasm", "--key", &key])
        .ends(2)
        .tells_with("component-signature-wrong", "no such file");
}

#[test]
fn a_pinned_digest_is_held() {
    let (room, _, _) = signed();
    let json = room.weir(&["inspect", "--json", "it.wasm"]).out;
    let said: serde_json::Value = serde_json::from_str(&json).unwrap();
    let digest = said["sha256"].as_str().unwrap();
    let run =
        |digest: &str| room.logged(&["run", "--component", "it.wasm", "--sha256", digest, "input"]);
    run(digest).ends(0);
    run(&digest.to_uppercase()).ends(0);
    let other = "0".repeat(64);
    run(&other)
        .ends(2)
        .tells_with("component-digest-differs", digest)
        .tells_with("component-digest-differs", &other);
    run("abc")
        .ends(3)
        .tells_with("configuration-refused", "64 hexadecimal digits");
    room.write("weir.toml", format!("sha256 = \"{other}\"\n"));
    room.logged(&["run", "--config", "weir.toml", "input"])
        .ends(2)
        .tells("component-digest-differs");
    room.weir(&["validate", "weir.toml"]).ends(2);
}
