//! Delivery over TLS, the Forward protocol, TCP and Unix sockets.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::thread;

use rmpv::Value;
use serde_json::Value as Json;

use super::three;
use crate::support::http::post;
use crate::support::{Room, burst, lines};

#[test]
fn over_tls_only_whom_the_certificates_vouch_for_gets_anything() {
    let (room, _) = three();
    let make = || rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (made, other) = (make(), make());
    room.write("cert.pem", made.cert.pem())
        .write("other.pem", other.cert.pem())
        .write("key.pem", made.signing_key.serialize_pem())
        .write("token", "0123456789abcdef\n")
        .write("wrong", "another\n");
    let listen = [
        "serve",
        "--listen",
        "https://127.0.0.1:0",
        "--token-file",
        "token",
    ];
    let tls = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"];
    let mut life = room.start_logged("tls", &[&listen[..], &tls].concat());
    let at = life.wait_to_listen("https://");
    let at = at.replace("127.0.0.1", "localhost");
    let url = format!("https://{at}/");
    let send = |ca: &str, token: &str, drain: &str| {
        let to = [
            "--output",
            &url,
            "--output-ca",
            ca,
            "--output-token-file",
            token,
        ];
        room.logged(&[&["run", "in", "--drain-seconds", drain], &to[..]].concat())
    };
    send("other.pem", "token", "1")
        .ends(3)
        .tells_with("delivery-failed", "certificate")
        .tells("alerts-lost");
    send("cert.pem", "wrong", "1")
        .ends(3)
        .tells_with("delivery-failed", "401")
        .tells("alerts-lost");
    send("cert.pem", "token", "600").ends(0);
    let answer = life.stop();
    assert_eq!(answer.ends(0).count("other data set"), 3);
}

/// Reads messages of the Forward protocol and acknowledges all but the first.
fn forward(listener: &TcpListener) -> Vec<Value> {
    let mut messages = Vec::new();
    for stream in listener.incoming().take(2) {
        let mut stream = stream.unwrap();
        let message = rmpv::decode::read_value(&mut stream).unwrap();
        let id = message[2]["chunk"].clone();
        messages.push(message);
        if messages.len() > 1 {
            let answer = Value::Map(vec![("ack".into(), id)]);
            rmpv::encode::write_value(&mut stream, &answer).unwrap();
        }
    }
    messages
}

#[test]
fn a_chunk_of_forward_that_is_not_acknowledged_comes_again_under_the_same_id() {
    let (room, alerts) = three();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("forward://{}?tag=of.weir", listener.local_addr().unwrap());
    let receiver = thread::spawn(move || forward(&listener));
    let answer = room.logged(&["run", "in", "--output", &to, "--drain-seconds", "600"]);
    answer.ends(0).tells("delivery-failed");
    let messages = receiver.join().unwrap();
    assert_eq!(messages[0], messages[1]);
    let message = &messages[1];
    assert_eq!(message[0].as_str(), Some("of.weir"));
    let found: Vec<Json> = message[1]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| json_of(&e[1]))
        .collect();
    let expected: Vec<Json> = alerts
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(found, expected);
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Map(entries) => {
            let entries = entries.iter();
            entries
                .map(|(key, v)| (key.as_str().unwrap().to_owned(), json_of(v)))
                .collect()
        }
        Value::Array(values) => values.iter().map(json_of).collect(),
        Value::String(text) => text.as_str().unwrap().into(),
        Value::Boolean(truth) => (*truth).into(),
        Value::F64(number) => (*number).into(),
        Value::Integer(number) => number.as_i64().unwrap().into(),
        other => panic!("{other}"),
    }
}

#[test]
fn weir_itself_takes_what_it_sends() {
    let (room, _) = three();
    let mut life = room.start_logged("serve", &["serve", "--listen", "forward://127.0.0.1:0"]);
    let to = format!("forward://{}", life.wait_to_listen("forward://"));
    let answer = room.weir(&["run", "in", "--output", &to, "--drain-seconds", "600"]);
    answer.ends(0);
    assert_eq!(life.stop().ends(0).count("other data set"), 3);
}

/// The next line of a connection, which is closed after it.
fn one_line(stream: TcpStream) -> String {
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    line
}

#[test]
fn over_tcp_it_connects_again() {
    let room = Room::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("tcp://{}", listener.local_addr().unwrap());
    let listen = ["serve", "--listen", "http://127.0.0.1:0", "--early"];
    let mut life = room.start_logged("serve", &[&listen[..], &["--output", &to]].concat());
    let at = life.wait_to_listen("http://");
    let mut found = Vec::new();
    for user in ["one", "two"] {
        let events = lines(&burst())
            .replace("walker", user)
            .replace("request-", user);
        assert_eq!(post(&at, "", events.as_bytes()).unwrap().status, 200);
        let (stream, _) = listener.accept().unwrap();
        let alert: Json = serde_json::from_str(&one_line(stream)).unwrap();
        found.push(alert["user.id"].as_str().unwrap().to_owned());
    }
    assert_eq!(found, ["one", "two"]);
    drop(listener);
    // What comes when it ends has nowhere to go.
    life.stop();
}

#[test]
fn a_unix_socket_that_comes_up_later_gets_all() {
    let (room, alerts) = three();
    let socket = room.path("out");
    let to = format!("unix:{}", socket.display());
    let arguments = ["run", "in", "--output", &to, "--drain-seconds", "600"];
    let mut life = room.start_logged("run", &arguments);
    life.wait_to_tell("delivery-failed");
    let listener = UnixListener::bind(&socket).unwrap();
    let (stream, _) = listener.accept().unwrap();
    let found = std::io::read_to_string(stream).unwrap();
    life.end().ends(0);
    assert_eq!(found, alerts);
}
