//! A server under pressure: who is slow, idle or too many keeps nobody else out.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, sleep};
use std::time::Duration;

use weir_pipeline::run::Gauges;
use weir_serve::{AccessPolicy, Address, Bounds, Listeners, Token};
use weir_sources::frame::Sizes;
use weir_sources::reader::Reader;

use crate::support::http::{Reply, post, reply, request};
use crate::support::life::Life;
use crate::support::{BURST, Room, burst, lines};

/// Starts a server; the answer is it and where it listens.
fn serve(room: &Room, address: &str) -> (Life, String) {
    let mut life = room.start_logged("serve", &["serve", "--listen", address]);
    let scheme = address.strip_suffix("127.0.0.1:0").unwrap();
    let at = life.wait_to_listen(scheme);
    (life, at)
}

/// A listener whose events nobody takes, as long as the feed is there.
fn listen(
    address: &str,
    access: &AccessPolicy,
    change: impl Fn(&mut Bounds),
) -> (Reader, Listeners, String) {
    let mut bounds = Bounds::default();
    change(&mut bounds);
    let (feed, intake) = Reader::intake(Sizes::DEFAULT, 0);
    let address: Address = address.parse().unwrap();
    let gauges = Gauges::default();
    let listeners = Listeners::open(&[address], access, &bounds, &intake, &gauges, false).unwrap();
    let at = listeners.bound()[0].to_string();
    let at = at.split("://").nth(1).unwrap().to_owned();
    (feed, listeners, at)
}

/// Begins a request whose body trickles.
fn trickler(at: &str) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(at).ok()?;
    let head = "POST / HTTP/1.1\r\nHost: weir\r\nContent-Length: 1000000\r\n\r\n{";
    stream.write_all(head.as_bytes()).ok()?;
    Some(stream)
}

/// Posts as often as it takes; how often that was.
fn insist(at: &str, body: &[u8]) -> usize {
    for tries in 1..=20 {
        match post(at, "", body) {
            Ok(answer) if answer.status == 200 => return tries,
            Ok(answer) => assert_eq!(answer.status, 503, "{answer:?}"),
            Err(_) => {}
        }
        sleep(Duration::from_millis(50));
    }
    panic!("20 tries were not enough");
}

/// Says that it is over, also where a test fails.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Has 290 requests answered beside so many senders whose bodies trickle.
fn honest_requests_beside(tricklers: usize) -> usize {
    let room = Room::new();
    let (life, at) = serve(&room, "http://127.0.0.1:0");
    let over = AtomicBool::new(false);
    let body = lines(&burst());
    let tries = thread::scope(|scope| {
        let slow: Vec<_> = (0..tricklers).filter_map(|_| trickler(&at)).collect();
        assert!(slow.len() * 10 > tricklers * 8, "only {}", slow.len());
        let (over, at) = (&over, &at);
        scope.spawn(move || {
            let mut slow: Vec<_> = slow.into_iter().map(Some).collect();
            while !over.load(Ordering::Relaxed) {
                for stream in &mut slow {
                    // Whoever was shut out comes again at once.
                    let goes_on = stream.as_mut().is_some_and(|s| s.write_all(b" ").is_ok());
                    if !goes_on {
                        *stream = trickler(at);
                    }
                }
                sleep(Duration::from_millis(100));
            }
        });
        let _ends = Ends(over);
        (0..290).map(|_| insist(at, body.as_bytes())).sum()
    });
    let answer = life.stop();
    answer.ends(0);
    assert_eq!(answer.count("counted"), BURST as u64);
    tries
}

#[test]
fn honest_requests_get_through_beside_16_bodies_that_trickle() {
    assert_eq!(honest_requests_beside(16), 290, "each at its first try");
}

#[test]
fn honest_requests_get_through_beside_hundreds_of_bodies_that_trickle() {
    let tries = honest_requests_beside(400);
    assert!(tries < 2 * 290, "{tries} tries");
}

#[test]
fn too_many_requests_are_told_to_come_again() {
    let (feed, listeners, at) = listen("http://127.0.0.1:0", &AccessPolicy::default(), |bounds| {
        bounds.requests = 1;
    });
    // The first waits for its answer, the second for room in the feed, in the only slot.
    let large = request("POST", "/", "", &vec![b' '; 12 << 20]);
    let mut waiting = Vec::new();
    let busy = (0..100).find_map(|_| {
        let mut stream = TcpStream::connect(&at).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_millis(300)))
            .unwrap();
        stream.write_all(&large).unwrap();
        let answer = reply(&mut stream).ok();
        waiting.push(stream);
        answer
    });
    let busy = busy.unwrap();
    assert_eq!(busy.status, 503, "{busy:?}");
    assert!(busy.head.contains("retry-after: 1"), "{}", busy.head);
    assert!(busy.head.contains("connection: close"), "{}", busy.head);
    waiting.pop();
    assert!(!waiting.is_empty());
    drop(feed);
    for mut stream in waiting {
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        assert_eq!(reply(&mut stream).unwrap().status, 503);
    }
    listeners.close();
}

#[test]
fn a_body_that_comes_too_slowly_is_answered_408() {
    let (_feed, listeners, at) = listen("http://127.0.0.1:0", &AccessPolicy::default(), |bounds| {
        bounds.grace = Duration::from_millis(50);
        bounds.rate = 1 << 20;
    });
    let mut slow = trickler(&at).unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let answer = reply(&mut slow).unwrap();
    assert_eq!(answer.status, 408, "{answer:?}");
    assert!(answer.head.contains("connection: close"), "{}", answer.head);
    listeners.close();
}

#[test]
fn bodies_that_fill_the_memory_and_stall_give_way() {
    let (feed, listeners, at) = listen("http://127.0.0.1:0", &AccessPolicy::default(), |bounds| {
        (bounds.requests, bounds.body) = (2, 1 << 20);
    });
    // All but the last byte, and not more.
    let begun = request("POST", "/", "", &vec![b' '; 1 << 20]);
    let mut stalled = [(); 2].map(|()| {
        let mut stream = TcpStream::connect(&at).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        stream.write_all(&begun[..begun.len() - 1]).unwrap();
        stream
    });
    // Each second that they stall makes them slower than whoever comes.
    sleep(Duration::from_millis(500));
    let honest = thread::spawn({
        let at = at.clone();
        move || post(&at, "", &vec![b' '; 1 << 20])
    });
    // One of those that stalled hears that it gave way, and the honest one is taken.
    let answer = first_reply(&mut stalled);
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.body.contains("too many requests"), "{answer:?}");
    assert!(!honest.is_finished(), "it waits to be safe");
    drop(feed);
    let answer = honest.join().unwrap().unwrap();
    assert!(answer.body.contains("ending"), "{answer:?}");
    listeners.close();
}

/// The answer of whichever is answered first.
fn first_reply(streams: &mut [TcpStream]) -> Reply {
    for _ in 0..3000 {
        for stream in &mut *streams {
            stream.set_nonblocking(true).unwrap();
            let is_there = stream.peek(&mut [0]).is_ok_and(|bytes| bytes > 0);
            stream.set_nonblocking(false).unwrap();
            if is_there {
                return reply(stream).unwrap();
            }
        }
        sleep(Duration::from_millis(10));
    }
    panic!("no answer");
}

#[test]
fn an_answer_before_the_body_was_read_is_seen_by_its_sender() {
    let room = Room::new();
    room.write("token", "0123456789abcdef\n");
    let access = AccessPolicy {
        token: Some(Token::read(&room.path("token")).unwrap()),
        ..AccessPolicy::default()
    };
    let (_feed, listeners, at) = listen("http://127.0.0.1:0", &access, |_| {});
    let token = "Authorization: Bearer 0123456789abcdef\r\n";
    let large = vec![b' '; 24 << 20];
    for (path, headers, status) in [
        ("/", String::new(), 401),
        ("/", format!("{token}Content-Encoding: br\r\n"), 415),
        ("/", token.to_owned(), 413),
        ("/metrics", token.to_owned(), 405),
        ("/nowhere", token.to_owned(), 404),
    ] {
        // All of the body goes out before the answer is read.
        let mut stream = TcpStream::connect(&at).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let whole = request("POST", path, &headers, &large);
        let whole = String::from_utf8(whole)
            .unwrap()
            .replace("Connection: close\r\n", "");
        stream.write_all(whole.as_bytes()).unwrap();
        let answer = reply(&mut stream).unwrap();
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.head.contains("connection: close"), "{}", answer.head);
    }
    // Where nothing is left unread, the connection stays.
    let mut stream = TcpStream::connect(&at).unwrap();
    for _ in 0..2 {
        let get = "GET /health HTTP/1.1\r\nHost: weir\r\n\r\n";
        stream.write_all(get.as_bytes()).unwrap();
        let mut bytes = [0; 512];
        let read = stream.read(&mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes[..read]);
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        assert!(!text.contains("close"), "{text}");
    }
    drop(stream);
    listeners.close();
}

#[test]
fn who_waits_to_be_told_to_send_a_body_is_not_told_to() {
    let room = Room::new();
    room.write("token", "0123456789abcdef\n");
    let access = AccessPolicy {
        token: Some(Token::read(&room.path("token")).unwrap()),
        ..AccessPolicy::default()
    };
    let (_feed, listeners, at) = listen("http://127.0.0.1:0", &access, |_| {});
    let mut stream = TcpStream::connect(&at).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let head =
        "POST / HTTP/1.1\r\nHost: weir\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    assert_eq!(reply(&mut stream).unwrap().status, 401);
    listeners.close();
}

#[test]
fn idle_connections_of_sockets_give_way() {
    for scheme in ["tcp", "forward"] {
        let room = Room::new();
        let (life, at) = serve(&room, &format!("{scheme}://127.0.0.1:0"));
        let idle: Vec<_> = (0..256).map(|_| TcpStream::connect(&at).unwrap()).collect();
        let mut late = TcpStream::connect(&at).unwrap();
        late.set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        if scheme == "tcp" {
            late.write_all(lines(&burst()).as_bytes()).unwrap();
            late.shutdown(std::net::Shutdown::Write).unwrap();
            // Closed from the other side once all of it was taken.
            assert_eq!(late.read(&mut [0]).unwrap(), 0);
        } else {
            // [tag, time, {}, {chunk: id}], which is acknowledged.
            late.write_all(b"\x94\xa1t\x00\x80\x81\xa5chunk\xa2id")
                .unwrap();
            let mut answer = [0; 8];
            late.read_exact(&mut answer).unwrap();
            assert_eq!(&answer, b"\x81\xa3ack\xa2id");
        }
        drop(idle);
        life.stop().ends(0);
    }
}

#[test]
fn a_message_of_forward_that_stalls_ends_its_connection_and_silence_before_one_does_not() {
    let (_feed, listeners, at) = listen(
        "forward://127.0.0.1:0",
        &AccessPolicy::default(),
        |bounds| {
            bounds.grace = Duration::from_millis(100);
            bounds.rate = 1 << 20;
        },
    );
    let silent = TcpStream::connect(&at).unwrap();
    let mut stalled = TcpStream::connect(&at).unwrap();
    stalled
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    stalled.write_all(b"\x93\xa1t").unwrap();
    assert_eq!(stalled.read(&mut [0]).unwrap(), 0);
    silent.set_nonblocking(true).unwrap();
    let nothing = silent.peek(&mut [0]).unwrap_err();
    assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
    drop(silent);
    listeners.close();
}
