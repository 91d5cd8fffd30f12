//! Events over HTTP and sockets: nothing that was answered is lost, and nothing counts twice.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, sleep};
use std::time::Duration;

use serde_json::json;
use weir_generator::random::Random;

use crate::support::http::{get, post, raw, reply, request};
use crate::support::life::Life;
use crate::support::stream::{Revisions, documents};
use crate::support::{BURST, Room, burst, free, gzip, lines};

/// Starts a server on a port of its own; the answer is it and where it listens.
fn serve(room: &Room, more: &[&str]) -> (Life, String) {
    let arguments = [&["serve", "--listen", "http://127.0.0.1:0"], more].concat();
    let mut life = room.start_logged("serve", &arguments);
    let at = life.wait_to_listen("http://");
    (life, at)
}

/// In chunks of so many bytes.
fn chunked(body: &[u8], size: usize) -> Vec<u8> {
    let mut bytes =
        b"POST / HTTP/1.1\r\nHost: weir\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
            .to_vec();
    for chunk in body.chunks(size) {
        bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    bytes
}

#[test]
fn every_form_and_encoding_of_a_body_is_read() {
    let room = Room::new();
    let text = lines(&burst());
    let array = json!(burst()).to_string();
    let envelope = serde_json::to_vec_pretty(&json!({"records": burst()})).unwrap();
    let (life, at) = serve(&room, &[]);
    let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
    let gz = "Content-Encoding: gzip\r\n";
    let forms: [(&str, Vec<u8>); 5] = [
        ("", text.clone().into_bytes()),
        ("", array.into_bytes()),
        (gz, gzip(&envelope)),
        ("Content-Encoding: zstd\r\n", zstd),
        ("", gzip(text.as_bytes())),
    ];
    for (headers, body) in &forms {
        let answer = post(&at, headers, body).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json(), json!({"documents": BURST, "malformed": 0}));
    }
    let answer = raw(&at, &chunked(text.as_bytes(), 7)).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = post(&at, "", b"").unwrap();
    assert_eq!(answer.json(), json!({"documents": 0, "malformed": 0}));
    let answer = life.stop();
    answer.ends(0).adds_up(150);
    assert_eq!(answer.count("counted"), BURST as u64);
    room.write("whole", text);
    let whole = room.weir(&["run", "whole"]);
    assert_eq!(answer.out, whole.out);
}

#[test]
fn what_can_never_be_taken_is_said_to_be_so_and_the_rest_goes_on() {
    let room = Room::new();
    room.write("token", "a token of some length\n");
    let more = [
        "--max-body-mib",
        "1",
        "--rejects",
        "rejects",
        "--token-file",
        "token",
    ];
    let (life, at) = serve(&room, &more);
    let token = "Authorization: Bearer a token of some length\r\n";
    let status = |headers: &str, body: &[u8]| {
        let answer = post(&at, headers, body).unwrap();
        assert!(answer.json().is_object());
        answer.status
    };
    assert_eq!(status("", b"{}"), 401);
    assert_eq!(status("Authorization: Bearer a token\r\n", b"{}"), 401);
    assert_eq!(status(token, b"neither\nnor"), 415);
    assert_eq!(status(token, b"{neither\nnor"), 400);
    let text = lines(&burst());
    let cut = gzip(text.as_bytes());
    assert_eq!(status(token, &cut[..cut.len() - 9]), 400);
    assert_eq!(status(token, &[0xff, 0xfe, b'{', 0]), 400);
    let large = vec![b' '; (1 << 20) + 1];
    assert_eq!(status(token, &large), 413);
    assert_eq!(
        status(&format!("{token}Content-Encoding: br\r\n"), b"{}"),
        415
    );
    assert_eq!(
        raw(&at, &request("GET", "/events", token, b""))
            .unwrap()
            .status,
        405
    );
    assert_eq!(get(&at, "/nowhere").unwrap().status, 404);
    // One bad line is refused, the others count; who breaks off is not answered.
    let mixed = post(&at, token, format!("bad\n{text}").as_bytes()).unwrap();
    assert_eq!(
        (mixed.status, mixed.json()["malformed"].as_u64()),
        (200, Some(1))
    );
    let mut broken = TcpStream::connect(&at).unwrap();
    let begun = request("POST", "/", token, text.as_bytes());
    broken.write_all(&begun[..begun.len() - 5]).unwrap();
    broken.shutdown(Shutdown::Both).unwrap();
    let answer = life.stop();
    answer.ends(0);
    assert_eq!(answer.count("counted"), BURST as u64);
    assert_eq!(answer.count("malformed"), 5);
    assert_eq!(answer.alerts().len(), 1);
    assert_eq!(room.read("rejects").lines().count(), 5);
}

#[test]
fn a_sender_is_told_of_documents_on_which_the_component_fails() {
    let room = Room::new();
    room.write("config.toml", "[limits]\nmemory_mib = 4\nbatch_kib = 1\n");
    let (life, at) = serve(&room, &["--config", "config.toml"]);
    let poison = format!("[{}1]\n", "1,".repeat(1 << 20));
    let alone = post(&at, "", poison.as_bytes()).unwrap();
    let told = alone.json();
    assert_eq!(
        (alone.status, &told["documents"], &told["malformed"]),
        (400, &json!(1), &json!(1))
    );
    let text = format!("{poison}{}", lines(&burst()));
    let mixed = post(&at, "", text.as_bytes()).unwrap();
    let told = json!({"documents": BURST + 1, "malformed": 1});
    assert_eq!((mixed.status, mixed.json()), (200, told));
    let answer = life.stop();
    answer.ends(0);
    assert_eq!(answer.count("quarantined"), 2);
    assert_eq!(answer.count("counted"), BURST as u64);
}

#[test]
fn sockets_take_documents_as_a_pipe_does() {
    let room = Room::new();
    let socket = room.path("in");
    let unix = format!("unix:{}", socket.display());
    let more = ["--listen", &unix, "--listen", "tcp://127.0.0.1:0"];
    let (mut life, page) = serve(&room, &more);
    let at = life.wait_to_listen("tcp://");
    let mut wait_for = |outcome: &str, count: usize| {
        let line = format!("weir_events_total{{outcome=\"{outcome}\"}} {count}\n");
        let is_there = || get(&page, "/metrics").unwrap().body.contains(&line);
        life.wait_until(&line, is_there);
    };
    let text = lines(&burst());
    let (first, second) = text.as_bytes().split_at(text.len() / 2);
    let mut unix = UnixStream::connect(&socket).unwrap();
    unix.write_all(text.as_bytes()).unwrap();
    wait_for("counted", BURST);
    let mut tcp = TcpStream::connect(at).unwrap();
    // The first piece ends inside a line.
    tcp.write_all(first).unwrap();
    wait_for(
        "duplicate",
        first.iter().filter(|byte| **byte == b'\n').count(),
    );
    tcp.write_all(second).unwrap();
    drop(tcp);
    wait_for("duplicate", BURST);
    let answer = life.stop();
    answer.ends(0).adds_up(50);
    assert_eq!(
        (answer.count("counted"), answer.count("duplicate")),
        (25, 25)
    );
    assert!(!socket.exists(), "the socket's file goes with it");
    drop(unix);
}

#[test]
fn it_tells_how_it_is_going() {
    let room = Room::new();
    let (mut life, at) = serve(&room, &["--checkpoint", "state"]);
    assert_eq!(get(&at, "/health").unwrap().status, 200);
    life.wait_until("readiness", || get(&at, "/ready").unwrap().status == 200);
    post(&at, "", lines(&burst()).as_bytes()).unwrap();
    life.wait_until("the count", || {
        let page = get(&at, "/metrics").unwrap();
        page.body
            .contains("weir_events_total{outcome=\"counted\"} 25\n")
    });
    let page = get(&at, "/metrics").unwrap();
    for line in [
        "# TYPE weir_events_total counter",
        "weir_groups_open{rule=\"high-4xx\"} 1",
        "weir_checkpoint_ok 1",
        "weir_watermark_seconds 1772600664.123",
    ] {
        assert!(page.body.contains(line), "no {line} in\n{}", page.body);
    }
    life.stop().ends(0);
}

#[test]
fn what_would_let_others_in_is_refused_unless_it_is_forced() {
    let room = Room::new();
    let refused = |arguments: &[&str], words: &str| {
        let answer = room.weir(&[&["serve"], arguments].concat());
        answer.ends(3).says(words);
    };
    refused(
        &["--listen", "http://0.0.0.0:0"],
        "use https with --tls-cert",
    );
    refused(
        &["--listen", "tcp://0.0.0.0:0"],
        "nothing says who they are",
    );
    refused(
        &["--listen", "https://127.0.0.1:0"],
        "https needs --tls-cert",
    );
    refused(
        &["--listen", "ftp://127.0.0.1:0"],
        "none of http, https, tcp, forward and unix",
    );
    refused(
        &["--ack", "checkpoint"],
        "--ack checkpoint needs --checkpoint DIR",
    );
    room.write("short", "abc\n").write("no.pem", "nothing");
    refused(&["--token-file", "short"], "no token of 16 characters");
    let tls = [
        "--listen",
        "https://127.0.0.1:0",
        "--tls-cert",
        "no.pem",
        "--tls-key",
        "no.pem",
    ];
    refused(&tls, "no.pem");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = format!("http://{}", taken.local_addr().unwrap());
    refused(&["--listen", &at], "in use");
    let forced = ["serve", "--listen", "http://0.0.0.0:0", "--insecure-listen"];
    let mut life = room.start_logged("forced", &forced);
    life.wait_to_listen("http://0.0.0.0:");
    life.stop().ends(0);
}

/// Sends a body until it is answered that it is safe.
fn insist(at: &str, body: &[u8], over: &AtomicBool) -> u64 {
    let mut tries = 0;
    while !over.load(Ordering::Relaxed) {
        tries += 1;
        match post(at, "", body) {
            Ok(answer) if answer.status == 200 => return tries,
            Ok(answer) => assert_eq!(answer.status, 503, "{answer:?}"),
            // It is not there, or was killed before it answered.
            Err(_) => {}
        }
        sleep(Duration::from_millis(5));
    }
    tries
}

#[test]
fn killed_again_and_again_it_loses_nothing_that_was_answered() {
    let room = Room::new();
    let documents = documents(4000, 5);
    room.write("whole", documents.join("\n")).write("empty", "");
    let whole = room.weir(&["run", "whole"]);
    let expected = Revisions::of(&whole.ends(0).out).standing();
    assert!(expected.len() > 10);
    let at = free();
    let listen = format!("http://{at}");
    let arguments = ["serve", "--listen", &listen, "--checkpoint", "state"];
    let over = AtomicBool::new(false);
    let (mut found, mut random) = (Revisions::default(), Random::new(17));
    let tries = thread::scope(|scope| {
        let sender = scope.spawn(|| {
            let bodies = documents.chunks(40).map(|chunk| chunk.join("\n"));
            let tries = bodies.map(|body| insist(&at, body.as_bytes(), &over));
            let tries = tries.sum::<u64>();
            over.store(true, Ordering::Relaxed);
            tries
        });
        while !over.load(Ordering::Relaxed) {
            let mut life = room.start_logged("life", &arguments);
            life.wait_to_tell("listening");
            sleep(Duration::from_millis(150 + random.below(300)));
            let answer = match random.below(4) {
                // In good order nothing is left unanswered or counted again.
                0 => life.stop(),
                _ => life.kill(),
            };
            found.add(&answer.out);
        }
        sender.join().unwrap()
    });
    // What is still open is closed at the end of all input.
    let last = room.weir(&["run", "--checkpoint", "state", "empty"]);
    found.add(&last.ends(0).out);
    assert!(tries > 100, "the kills were noticed: {tries}");
    assert_eq!(last.count("counted"), whole.count("counted"));
    assert_eq!(found.gaps(), Vec::<&String>::new());
    assert_eq!(found.standing(), expected);
}

#[test]
fn in_tls_only_those_with_the_token_are_let_in() {
    let room = Room::new();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    room.write("cert.pem", made.cert.pem())
        .write("key.pem", made.signing_key.serialize_pem())
        .write("token", "0123456789abcdef\n");
    let tls = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"];
    let listen = [
        "serve",
        "--listen",
        "https://0.0.0.0:0",
        "--token-file",
        "token",
    ];
    let mut life = room.start_logged("tls", &[&listen[..], &tls].concat());
    let port = life.wait_to_listen("https://0.0.0.0:");
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let config = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = std::sync::Arc::new(config);
    let send = |bytes: &[u8]| {
        let name = "localhost".try_into().unwrap();
        let client = rustls::ClientConnection::new(config.clone(), name).unwrap();
        let tcp = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        let mut stream = rustls::StreamOwned::new(client, tcp);
        stream.write_all(bytes).unwrap();
        reply(&mut stream).unwrap()
    };
    let text = lines(&burst());
    let token = "Authorization: Bearer 0123456789abcdef\r\n";
    assert_eq!(send(&request("POST", "/", "", text.as_bytes())).status, 401);
    let answer = send(&request("POST", "/", token, text.as_bytes()));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(send(&request("GET", "/metrics", "", b"")).status, 401);
    // Without TLS there is no answer to anything.
    assert!(post(&format!("127.0.0.1:{port}"), token, b"{}").is_err());
    assert_eq!(life.stop().ends(0).alerts().len(), 1);
}

#[test]
fn chunks_of_forward_are_acknowledged_when_they_are_safe_and_count_once() {
    let room = Room::new();
    let arguments = ["--listen", "forward://127.0.0.1:0", "--checkpoint", "state"];
    let mut life = room.start_logged("forward", &[&["serve"], &arguments[..]].concat());
    let at = life.wait_to_listen("forward://");
    let mut message = vec![0x93, 0xa1, b't'];
    // Each record is a line that nobody has parsed.
    let entries: Vec<u8> = burst().iter().flat_map(packed).collect();
    message.push(0xc6);
    message.extend((entries.len() as u32).to_be_bytes());
    message.extend(entries);
    message.extend(b"\x81\xa5chunk\xa2id");
    let send = |message: &[u8]| {
        let mut stream = TcpStream::connect(&at).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        stream.write_all(message).unwrap();
        let mut answer = [0; 8];
        stream.read_exact(&mut answer).map(|()| answer)
    };
    // The answer was lost, so it comes again.
    for _ in 0..2 {
        assert_eq!(&send(&message).unwrap(), b"\x81\xa3ack\xa2id");
    }
    assert!(send(b"{\"not\": \"forward\"}").is_err());
    // What was acknowledged outlives it.
    life.kill();
    room.write("empty", "");
    let answer = room.weir(&["run", "--checkpoint", "state", "empty"]);
    assert_eq!(
        (answer.count("counted"), answer.count("duplicate")),
        (25, 25)
    );
    assert_eq!(answer.ends(0).alerts().len(), 1);
}

/// An entry of a chunk: no time, and a map of one line.
fn packed(event: &serde_json::Value) -> Vec<u8> {
    let line = event.to_string();
    let mut entry = vec![0x92, 0, 0x81, 0xa3];
    entry.extend(b"log");
    entry.push(0xda);
    entry.extend(u16::try_from(line.len()).unwrap().to_be_bytes());
    entry.extend(line.bytes());
    entry
}
