//! What a registry is shown, and where that does not go.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Scene;
use crate::support::Answer;
use crate::support::registry::{Registry, Reply, Request};

/// Name and password of the only one who may.
const USER: &str = "walker";
const PASSWORD: &str = "s3cret-of-walker";
const ENVIRONMENT: [(&str, Option<&str>); 2] = [
    ("WEIR_REGISTRY_USER", Some(USER)),
    ("WEIR_REGISTRY_PASSWORD", Some(PASSWORD)),
];

fn basic() -> String {
    format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")))
}

/// The answer of a registry that wants a token of a token server.
fn wants_token(at: &str) -> Reply {
    let asks = format!(
        "Bearer realm=\"http://{at}/token\",service=\"it\",scope=\"repository:team/walk:pull\""
    );
    Reply::error(401, "UNAUTHORIZED").with("WWW-Authenticate", asks)
}

/// A registry that gives a token to who has the password, and takes each for so many requests.
fn with_tokens(registry: &Registry, uses: usize) {
    let at = registry.at.clone();
    let made = AtomicUsize::new(0);
    let used = AtomicUsize::new(0);
    registry.answer(move |request| {
        if request.target.starts_with("/token") {
            if request.authorization.as_deref() != Some(&basic()) {
                return Some(Reply::error(401, "UNAUTHORIZED"));
            }
            let number = made.fetch_add(1, Ordering::SeqCst) + 1;
            used.store(0, Ordering::SeqCst);
            let token = format!("{{\"token\": \"token-{number}\", \"expires_in\": 60}}");
            return Some(Reply::status(200).body(token));
        }
        let newest = format!("Bearer token-{}", made.load(Ordering::SeqCst));
        let good = request.authorization.as_deref() == Some(&newest)
            && used.fetch_add(1, Ordering::SeqCst) < uses;
        (!good).then(|| wants_token(&at))
    });
}

/// Credentials that came.
fn shown(requests: &[Request]) -> Vec<&str> {
    let shown = requests
        .iter()
        .filter_map(|request| request.authorization.as_deref());
    shown.collect()
}

fn push_with(scene: &Scene, environment: &[(&str, Option<&str>)]) -> Answer {
    let reference = scene.registry.reference(":1.2");
    scene.weir_with(&["push", "it.wasm", &reference], environment)
}

#[test]
fn a_token_is_asked_for_when_the_registry_wants_one() {
    let scene = Scene::new().signed();
    with_tokens(&scene.registry, usize::MAX);
    let pinned = push_with(&scene, &ENVIRONMENT)
        .ends(0)
        .out
        .trim_end()
        .to_owned();
    let requests = scene.registry.requests();
    // Nothing is shown before it asks, and the password to the token server alone.
    assert_eq!(requests[0].authorization, None);
    for request in &requests {
        let is_password = request.authorization.as_deref() == Some(&basic());
        assert_eq!(
            is_password,
            request.target.starts_with("/token"),
            "{request:?}"
        );
    }
    assert_eq!(
        requests
            .iter()
            .filter(|request| request.is("GET", "/token"))
            .count(),
        1
    );
    let asked = &requests[1].target;
    assert!(asked.contains("service=it"), "{asked}");
    assert!(asked.contains("pull%2Cpush"), "{asked}");
    let run = ["run", "--component", &pinned, "input"];
    scene.weir_with(&run, &ENVIRONMENT).ends(0);
}

#[test]
fn a_token_that_expires_on_the_way_is_asked_for_anew() {
    let scene = Scene::new().signed();
    with_tokens(&scene.registry, 1);
    push_with(&scene, &ENVIRONMENT).ends(0);
    let tokens = |requests: &[Request]| {
        requests
            .iter()
            .filter(|one| one.is("GET", "/token"))
            .count()
    };
    assert!(tokens(&scene.registry.requests()) > 2);
    let pull = [
        "pull",
        &scene.registry.reference(":1.2"),
        "--key",
        "key.pub",
        "--output",
        "got.wasm",
    ];
    scene.weir_with(&pull, &ENVIRONMENT).ends(0);
    assert!(tokens(&scene.registry.requests()) > 2);
}

#[test]
fn one_that_is_never_taken_is_told_with_where_the_credentials_were_found() {
    let scene = Scene::new();
    let reference = scene.registry.reference(":1.2");
    with_tokens(&scene.registry, 0);
    push_with(&scene, &ENVIRONMENT)
        .ends(3)
        .tells_with("input-failed", "WEIR_REGISTRY_USER");
    // Asked for once, and not again and again.
    assert!(scene.registry.requests().len() < 6);
    let wrong = [ENVIRONMENT[0], ("WEIR_REGISTRY_PASSWORD", Some("wrong"))];
    let answer = push_with(&scene, &wrong);
    answer
        .ends(3)
        .tells_with("input-failed", "WEIR_REGISTRY_USER");
    assert!(!answer.err.contains("wrong"), "{}", answer.err);
    push_with(&scene, &[])
        .ends(3)
        .tells_of("input-failed", &reference);
    push_with(&scene, &[ENVIRONMENT[0]])
        .ends(3)
        .tells_with("configuration-refused", "WEIR_REGISTRY_PASSWORD");
}

#[test]
fn a_password_is_shown_to_who_asks_for_one() {
    let scene = Scene::new();
    scene.registry.answer(|request| {
        let good = request.authorization.as_deref() == Some(&basic());
        (!good).then(|| {
            Reply::error(401, "UNAUTHORIZED").with("WWW-Authenticate", "Basic realm=\"it\"")
        })
    });
    push_with(&scene, &ENVIRONMENT).ends(0);
    assert_eq!(scene.registry.requests()[0].authorization, None);
    push_with(&scene, &[]).ends(3).tells("input-failed");
    // A token is shown as it is.
    scene.registry.answer(|request| {
        let good = request.authorization.as_deref() == Some("Bearer abc");
        (!good).then(|| {
            Reply::error(401, "UNAUTHORIZED").with("WWW-Authenticate", "Bearer realm=\"\"")
        })
    });
    push_with(&scene, &[("WEIR_REGISTRY_TOKEN", Some("abc"))]).ends(0);
    push_with(&scene, &[("WEIR_REGISTRY_TOKEN", Some("abd"))])
        .ends(3)
        .tells_with("input-failed", "WEIR_REGISTRY_TOKEN");
}

#[test]
fn credentials_do_not_follow_a_redirect() {
    let scene = Scene::new();
    with_tokens(&scene.registry, usize::MAX);
    let pinned = push_with(&scene, &ENVIRONMENT)
        .ends(0)
        .out
        .trim_end()
        .to_owned();
    // Layers are elsewhere, as registries of clouds have them.
    let store = Registry::start();
    store.held.lock().unwrap().blobs = scene.registry.held.lock().unwrap().blobs.clone();
    let place = format!("http://{}", store.at);
    let at = scene.registry.at.clone();
    let tokens = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&tokens);
    scene.registry.answer(move |request| {
        if request.target.starts_with("/token") {
            return Some(Reply::status(200).body("{\"access_token\": \"abc\"}"));
        }
        seen.lock().unwrap().extend(request.authorization.clone());
        match request.authorization.as_deref() {
            Some("Bearer abc") if request.is("GET", "/blobs/") => {
                Some(Reply::status(307).with("Location", format!("{place}{}", request.target)))
            }
            Some("Bearer abc") => None,
            _ => Some(wants_token(&at)),
        }
    });
    let run = ["run", "--component", &pinned, "input"];
    assert_eq!(
        scene.weir_with(&run, &ENVIRONMENT).ends(0).alerts().len(),
        1
    );
    assert!(
        tokens
            .lock()
            .unwrap()
            .iter()
            .all(|token| token == "Bearer abc")
    );
    let elsewhere = store.requests();
    assert!(!elsewhere.is_empty());
    assert_eq!(shown(&elsewhere), [""; 0]);
    // What comes from there has the digest that was asked for, or is refused.
    for bytes in store.held.lock().unwrap().blobs.values_mut() {
        bytes[0] ^= 1;
    }
    scene.forget_copies();
    scene
        .weir_with(&run, &ENVIRONMENT)
        .ends(2)
        .tells("component-content-differs");
}

#[test]
fn redirects_into_clear_text_and_into_circles_are_refused() {
    let scene = Scene::new();
    let pinned = scene.push(":1.2");
    for (place, words) in [
        ("http://192.0.2.1/blob", "others can read"),
        ("http://localhost:80@192.0.2.1/blob", "others can read"),
        ("ftp://127.0.0.1/blob", "no address"),
        ("//127.0.0.1/blob", "no address"),
        ("blob", "no address"),
        ("", "no address"),
        ("http://", "no address"),
        ("/v2/team/walk/blobs/again", "redirects more than"),
    ] {
        scene.registry.answer(move |request| {
            request
                .is("GET", "/blobs/")
                .then(|| Reply::status(302).with("Location", place))
        });
        scene
            .run(&pinned, &[])
            .ends(3)
            .tells_of("input-failed", &pinned)
            .tells_with("input-failed", words);
    }
}

#[test]
fn an_upload_elsewhere_is_shown_no_credentials() {
    let scene = Scene::new();
    with_tokens(&scene.registry, usize::MAX);
    let store = Registry::start();
    let place = format!("http://{}/v2/team/walk/blobs/uploads/7", store.at);
    let at = scene.registry.at.clone();
    scene.registry.answer(move |request| {
        if request.target.starts_with("/token") {
            return Some(Reply::status(200).body("{\"token\": \"abc\"}"));
        }
        match request.authorization.as_deref() {
            Some("Bearer abc") if request.method == "POST" => {
                Some(Reply::status(202).with("Location", place.clone()))
            }
            Some("Bearer abc") => None,
            _ => Some(wants_token(&at)),
        }
    });
    push_with(&scene, &ENVIRONMENT).ends(0);
    let uploads = store.requests();
    assert_eq!(uploads.len(), 2);
    assert_eq!(shown(&uploads), [""; 0]);
    assert!(uploads[0].body == weir_shipped::COMPONENT);
}

#[test]
fn a_token_server_elsewhere_is_not_asked_in_clear_and_not_followed() {
    let scene = Scene::new();
    let other = Registry::start();
    let asks = |realm: String| {
        move |_: &Request| {
            let asks = format!("Bearer realm=\"{realm}\"");
            Some(Reply::error(401, "UNAUTHORIZED").with("WWW-Authenticate", asks))
        }
    };
    // 0.0.0.0 is this machine, and not known to be it.
    let port = other.at.split_once(':').unwrap().1;
    scene
        .registry
        .answer(asks(format!("http://0.0.0.0:{port}/token")));
    push_with(&scene, &ENVIRONMENT)
        .ends(3)
        .tells("input-failed");
    assert!(other.requests().is_empty());
    // A token server that redirects takes what it was shown nowhere.
    let at = scene.registry.at.clone();
    let place = format!("http://{}/token", other.at);
    scene.registry.answer(move |request| {
        Some(match request.target.starts_with("/token") {
            true => Reply::status(307).with("Location", place.clone()),
            false => wants_token(&at),
        })
    });
    push_with(&scene, &ENVIRONMENT)
        .ends(3)
        .tells("input-failed");
    assert!(other.requests().is_empty());
    assert!(shown(&scene.registry.requests()).contains(&basic().as_str()));
}

#[test]
fn another_machine_is_spoken_to_over_tls_unless_that_is_asked_for() {
    let scene = Scene::new();
    let pinned = scene.push(":1.2");
    scene.registry.requests();
    // Whoever is trusted, it does not speak TLS.
    let elsewhere = pinned.replace("127.0.0.1", "0.0.0.0");
    scene
        .run(&elsewhere, &[])
        .ends(3)
        .tells_of("input-failed", &elsewhere);
    assert!(scene.registry.requests().is_empty());
    scene.run(&elsewhere, &["--insecure"]).ends(0);
    scene.forget_copies();
    // Even then it is shown no credentials.
    scene.registry.answer(|_| {
        Some(Reply::error(401, "UNAUTHORIZED").with("WWW-Authenticate", "Basic realm=\"it\""))
    });
    scene.registry.requests();
    let run = ["run", "--insecure", "--component", &elsewhere, "input"];
    scene
        .weir_with(&run, &ENVIRONMENT)
        .ends(3)
        .tells_with("input-failed", "plain HTTP");
    assert_eq!(shown(&scene.registry.requests()), [""; 0]);
}

#[test]
fn over_tls_only_whom_the_authorities_vouch_for_is_taken() {
    let make = || rcgen::generate_simple_self_signed(vec!["0.0.0.0".to_owned()]).unwrap();
    let (made, other) = (make(), make());
    let mut scene = Scene::new();
    scene.registry = Registry::start_tls(&made.cert.pem(), &made.signing_key.serialize_pem());
    scene.registry.at = scene.registry.at.replace("127.0.0.1", "0.0.0.0");
    scene
        .room
        .write("cert.pem", made.cert.pem())
        .write("other.pem", other.cert.pem());
    let path = |name: &str| scene.room.path(name).display().to_string();
    let (cert, other) = (path("cert.pem"), path("other.pem"));
    let with = |ca: &str, arguments: &[&str]| {
        let more = [&ENVIRONMENT[..], &[("SSL_CERT_FILE", Some(ca))]].concat();
        scene.weir_with(arguments, &more)
    };
    // Over TLS a registry on another machine is shown what it asks for.
    scene.registry.answer(|request| {
        let good = request.authorization.as_deref() == Some(&basic());
        let asks = Reply::error(401, "UNAUTHORIZED").with("WWW-Authenticate", "Basic realm=\"it\"");
        (!good).then_some(asks)
    });
    let reference = scene.registry.reference(":1.2");
    let push = ["push", "it.wasm", &reference];
    with(&other, &push)
        .ends(3)
        .tells_with("input-failed", "certificate");
    assert!(scene.registry.requests().is_empty());
    let pinned = with(&cert, &push).ends(0).out.trim_end().to_owned();
    let run = ["run", "--component", &pinned, "input"];
    assert_eq!(with(&cert, &run).ends(0).alerts().len(), 1);
    // From there nothing leads into clear text, not even on this machine.
    scene.forget_copies();
    let clear = Registry::start();
    let place = format!("http://{}/blob", clear.at);
    scene.registry.answer(move |request| {
        request
            .is("GET", "/blobs/")
            .then(|| Reply::status(307).with("Location", place.clone()))
    });
    with(&cert, &run).ends(3).tells_of("input-failed", &pinned);
    assert!(clear.requests().is_empty());
}
