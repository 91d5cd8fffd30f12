//! Lingering close: answers that are given before a body was read.
//!
//! A connection closed with bytes unread is reset, and the sender may never see why. So the answer
//! says that the connection closes, and what still comes is read and thrown away, for a while.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::timeout;

/// Longest time for which a body is discarded.
const LONGEST: Duration = Duration::from_secs(30);
/// Longest silence while discarding.
const SILENCE: Duration = Duration::from_secs(5);
/// Most bytes to discard.
const MOST: usize = 64 << 20;

/// An unread request body. A handler takes it to read it, and gives it back if it stops early.
#[derive(Debug, Clone)]
pub(super) struct Unread(Arc<Mutex<Left>>);

#[derive(Debug)]
struct Left {
    body: Option<Body>,
    begun: bool,
}

impl Unread {
    fn new(body: Body) -> Self {
        let body = Some(body);
        Self(Arc::new(Mutex::new(Left { body, begun: false })))
    }

    pub(super) fn take(&self) -> Body {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        left.begun = true;
        left.body.take().unwrap_or_default()
    }

    pub(super) fn give_back(&self, body: Body) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        left.body = Some(body);
    }
}

/// Lets a handler have the body as [`Unread`], and closes in good order what it left.
pub(super) async fn linger(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let expects = parts.headers.contains_key(header::EXPECT);
    let unread = Unread::new(body);
    parts.extensions.insert(unread.clone());
    let request = Request::from_parts(parts, Body::empty());
    let mut response = next.run(request).await;
    let (left, begun) = {
        let mut left = unread.0.lock().unwrap_or_else(PoisonError::into_inner);
        (left.body.take(), left.begun)
    };
    let left = left.filter(|body| !body.is_end_stream());
    if let Some(left) = left {
        set_connection_close(&mut response);
        // Who waits to be told to go on is not told, and sends nothing.
        if begun || !expects {
            tokio::spawn(timeout(LONGEST, throw_away(left)));
        }
    }
    response
}

/// Says that nothing comes after this answer.
pub(super) fn set_connection_close(response: &mut Response) {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
}

async fn throw_away(mut body: Body) {
    let mut bytes = 0;
    while bytes < MOST {
        let next = poll_fn(|context| Pin::new(&mut body).poll_frame(context));
        let Ok(Some(Ok(frame))) = timeout(SILENCE, next).await else {
            return;
        };
        bytes += frame.data_ref().map_or(0, |data| data.len());
    }
}
