//! Whoever takes alerts, and does with them what a test wants.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub(crate) head: String,
    pub(crate) body: String,
    pub(crate) at: Instant,
    /// Whether it was told that its alerts were taken.
    pub(crate) taken: bool,
}

/// What becomes of a request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// A status, and more headers, each with its line's end.
    Status(u16, &'static str),
    /// A status, and a body.
    Says(u16, String),
    /// None: the connection is closed.
    Break,
}

pub(crate) const OK: Answer = Answer::Status(200, "");

/// A receiver of HTTP on threads of its own, as long as the process lives.
#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    posts: Arc<Mutex<Vec<Post>>>,
}

impl Receiver {
    /// `answer` is asked for each request, with its number from 0.
    pub(crate) fn start(answer: impl Fn(usize, &Post) -> Answer + Send + Sync + 'static) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), answer)
    }

    pub(crate) fn on(
        listener: TcpListener,
        answer: impl Fn(usize, &Post) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let receiver = Self {
            url: format!("http://{}/alerts", listener.local_addr().unwrap()),
            posts: Arc::default(),
        };
        let (posts, answer) = (Arc::clone(&receiver.posts), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (posts, answer) = (Arc::clone(&posts), Arc::clone(&answer));
                // Who was killed in between is no concern of others.
                thread::spawn(move || talk(stream, &posts, &*answer));
            }
        });
        receiver
    }

    pub(crate) fn posts(&self) -> Vec<Post> {
        self.posts.lock().unwrap().clone()
    }

    /// All that was taken.
    pub(crate) fn taken(&self) -> String {
        let posts = self.posts();
        let taken = posts.iter().filter(|post| post.taken);
        taken.map(|post| post.body.as_str()).collect()
    }
}

fn talk(
    stream: TcpStream,
    posts: &Mutex<Vec<Post>>,
    answer: &dyn Fn(usize, &Post) -> Answer,
) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut stream = stream;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let head = head.to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1)?;
        let length: usize = length.lines().next()?.parse().ok()?;
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let mut post = Post {
            head,
            body: String::from_utf8(body).unwrap(),
            at: Instant::now(),
            taken: false,
        };
        let mut posts = posts.lock().unwrap();
        let answer = answer(posts.len(), &post);
        post.taken = matches!(
            answer,
            Answer::Status(200..=299, _) | Answer::Says(200..=299, _)
        );
        posts.push(post);
        drop(posts);
        let (status, headers, body) = match answer {
            Answer::Break => return None,
            Answer::Status(status, headers) => (status, headers, "no".to_owned()),
            Answer::Says(status, body) => (status, "", body),
        };
        let length = body.len();
        let text = format!(
            "HTTP/1.1 {status} As It Is\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        );
        stream.write_all(text.as_bytes()).ok()?;
    }
}
