//! Registries that answer what they should not.

use super::Scene;
use crate::support::registry::Reply;

#[test]
fn statuses_are_told_with_what_the_registry_says() {
    let scene = Scene::new();
    let pinned = scene.push(":1.2");
    for (status, said) in [
        (500, "told OOPS"),
        (403, "told OOPS"),
        (404, "told OOPS"),
        (204, "204"),
    ] {
        scene.registry.answer(move |request| {
            request
                .is("GET", "/manifests/")
                .then(|| Reply::error(status, "OOPS"))
        });
        scene
            .run(&pinned, &[])
            .ends(3)
            .tells_of("input-failed", &pinned)
            .tells_with("input-failed", said);
    }
    // Some other server.
    scene
        .registry
        .answer(|_| Some(Reply::status(200).body("<html>hello</html>")));
    let tag = scene.registry.reference(":1.2");
    scene
        .run(&tag, &["--allow-tag"])
        .ends(2)
        .tells("component-no-artifact");
    // What it says does not steer a terminal.
    scene
        .registry
        .answer(|_| Some(Reply::status(500).body("\u{1b}[2Jgone")));
    let answer = scene.room.weir(&["inspect", "--allow-tag", &tag]);
    answer.ends(3);
    assert!(!answer.err.contains('\u{1b}'));
    let answer = scene.run(&tag, &["--allow-tag"]);
    answer.ends(3);
    assert!(!answer.err.contains('\u{1b}'));
}

#[test]
fn an_upload_that_is_refused_is_told() {
    let scene = Scene::new();
    let reference = scene.registry.reference(":1.2");
    for (method, part) in [
        ("HEAD", "/blobs/"),
        ("POST", "/uploads/"),
        ("PUT", "/uploads/"),
        ("PUT", "/manifests/"),
    ] {
        scene
            .registry
            .answer(move |request| request.is(method, part).then(|| Reply::error(507, "FULL")));
        scene
            .weir(&["push", "it.wasm", &reference])
            .ends(3)
            .tells_of("input-failed", &reference);
    }
    // Where to is not said.
    scene
        .registry
        .answer(|request| (request.method == "POST").then(|| Reply::status(202)));
    scene.registry.held.lock().unwrap().blobs.clear();
    scene
        .weir(&["push", "it.wasm", &reference])
        .ends(3)
        .tells_of("input-failed", &reference);
}

#[test]
fn the_tag_is_set_last() {
    let scene = Scene::new().signed();
    scene.push(":1.2");
    let requests = scene.registry.requests();
    let last = requests.last().unwrap();
    assert!(last.is("PUT", "/manifests/1.2"), "{last:?}");
}
