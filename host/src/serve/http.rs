//! Events over HTTP, with an answer once they are safe.

use std::future::{Future, poll_fn};
use std::io::{self, Cursor};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use hyper_util::rt::TokioTimer;
use serde_json::json;
use tokio::runtime::Builder;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use super::acceptor::Acceptor;
use super::bodies::{Bodies, Share};
use super::connections::Connections;
use super::linger::{Unread, closes, linger};
use super::peer::Peer;
use super::{Address, Bounds, Door, Token, YIELD, metrics};
use crate::error::Error;
use crate::feed::{Accepted, Intake, NotTaken};
use crate::input::explain;
use crate::run::Gauges;

/// Longest that a connection takes to send its headers.
const HEADERS: Duration = Duration::from_secs(10);
/// Times as large as a body may be that it may be unpacked.
const UNPACKED: u64 = 64;
/// Longest that a connection takes for its TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Most bytes of a connection that wait to be looked at, such as headers.
const BUFFER: usize = 64 << 10;
/// Longest that answers take to go out when all ends.
const LAST: Duration = Duration::from_secs(5);

const FULL: &str = "the queue of alerts is full";
const BUSY: &str = "too many requests at once";

/// What all requests share.
pub(super) struct Shared {
    token: Option<Token>,
    bounds: Bounds,
    intake: Intake,
    gauges: Gauges,
    durable: bool,
    /// Slots of requests that have come whole.
    room: Arc<Semaphore>,
    bodies: Arc<Bodies>,
    connections: Arc<Connections<SocketAddr>>,
}

impl Shared {
    pub(super) fn new(
        door: &Door,
        bounds: &Bounds,
        intake: &Intake,
        gauges: &Gauges,
        durable: bool,
    ) -> Self {
        Self {
            token: door.token.clone(),
            room: Arc::new(Semaphore::new(bounds.requests)),
            bodies: Bodies::new(bounds.body.saturating_mul(bounds.requests)),
            connections: Connections::new(bounds.connections.saturating_mul(2), YIELD),
            bounds: bounds.clone(),
            intake: intake.clone(),
            gauges: gauges.clone(),
            durable,
        }
    }
}

impl Shared {
    /// Whether what is taken can be kept, as far as that is known.
    fn is_kept(&self) -> bool {
        self.gauges.kept() != Some(false)
    }

    /// Whether what is found cannot go anywhere for now.
    fn is_full(&self) -> bool {
        self.gauges.delivery().is_some_and(|figures| figures.full)
    }
}

/// A server on a thread of its own.
#[derive(Debug)]
pub(super) struct Server {
    handle: Handle<SocketAddr>,
    thread: JoinHandle<()>,
}

impl Server {
    pub(super) fn start(
        address: &Address,
        door: &Door,
        shared: Shared,
    ) -> Result<(Self, Address), Error> {
        let Address::Http { at, tls } = address else {
            return Err(Error::Broken(format!("{address} is not of HTTP")));
        };
        let failed = |error: &io::Error| Error::config(format!("{address}: {}", explain(error)));
        let listener = TcpListener::bind(at).map_err(|error| failed(&error))?;
        listener.set_nonblocking(true).map_err(|e| failed(&e))?;
        let bound = address.on(listener.local_addr().map_err(|e| failed(&e))?);
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::Broken(format!("no runtime for HTTP: {error}")))?;
        let tls = match door.tls.as_ref().filter(|_| *tls) {
            None => None,
            Some((certificate, key)) => {
                let read = RustlsConfig::from_pem_file(certificate, key);
                let read = runtime.block_on(read).map_err(|error| {
                    let (certificate, key) = (certificate.display(), key.display());
                    Error::config(format!("{certificate}, {key}: {}", explain(&error)))
                })?;
                Some(read)
            }
        };
        let handle = Handle::new();
        let stopped = handle.clone();
        let patience = shared.bounds.patience;
        let acceptor = Acceptor(Arc::clone(&shared.connections));
        let serve = async move {
            let routes = routes(shared).into_make_service_with_connect_info::<SocketAddr>();
            // The listener's errors are the system's, and over when it is.
            let _ = match tls {
                None => match axum_server::from_tcp(listener) {
                    Ok(mut server) => {
                        careful(server.http_builder());
                        let server = server.http1_only().first_request_timeout(patience);
                        let server = server.acceptor(acceptor);
                        server.handle(stopped).serve(routes).await
                    }
                    Err(error) => Err(error),
                },
                Some(tls) => match axum_server::from_tcp_rustls(listener, tls) {
                    Ok(mut server) => {
                        careful(server.http_builder());
                        let server = server.http1_only().first_request_timeout(patience);
                        let server =
                            server.map(|tls| tls.handshake_timeout(HANDSHAKE).acceptor(acceptor));
                        server.handle(stopped).serve(routes).await
                    }
                    Err(error) => Err(error),
                },
            };
        };
        let thread = thread::Builder::new()
            .name("weir-http".to_owned())
            .spawn(move || {
                runtime.block_on(serve);
                // Whoever still reads a body is not waited for.
                runtime.shutdown_background();
            })
            .map_err(|error| Error::Broken(format!("no thread for HTTP: {error}")))?;
        Ok((Self { handle, thread }, bound))
    }

    /// Lets the answers that are due go out, and ends.
    pub(super) fn close(self) {
        self.handle.graceful_shutdown(Some(LAST));
        // Whether it panicked no longer matters.
        let _ = self.thread.join();
    }
}

type Protocol = hyper_util::server::conn::auto::Builder<hyper_util::rt::TokioExecutor>;

/// Keeps no connection for those that say nothing.
fn careful(protocol: &mut Protocol) {
    let mut http = protocol.http1();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(BUFFER);
}

fn routes(shared: Shared) -> Router {
    Router::new()
        .route("/", post(events).head(is_there))
        .route("/events", post(events).head(is_there))
        .route("/metrics", get(figures))
        .route("/health", get(|| async { "ok\n" }))
        .route("/ready", get(ready))
        .layer(middleware::from_fn(linger))
        .with_state(Arc::new(shared))
}

async fn events(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    if !is_let_in(&shared, request.headers()) {
        let answer = problem(StatusCode::UNAUTHORIZED, "a bearer token is wanted");
        return ([(header::WWW_AUTHENTICATE, "Bearer")], answer).into_response();
    }
    if let Some(why) = is_encoded_otherwise(request.headers()) {
        return problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, &why);
    }
    if shared.durable && !shared.is_kept() {
        return later("the last checkpoint could not be written");
    }
    if shared.is_full() {
        return later(FULL);
    }
    if shared.room.available_permits() == 0 {
        return later(BUSY);
    }
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let from = from.map_or((Ipv4Addr::UNSPECIFIED, 0).into(), |from| from.0);
    let Some(unread) = request.extensions().get::<Unread>().cloned() else {
        return later("it is ending");
    };
    let (body, share) = match receive(&shared, from.ip(), &unread).await {
        Ok(whole) => whole,
        Err(answer) => return answer,
    };
    shared.connections.is_at_work(from, true);
    let answer = take(&shared, from, body, share).await;
    shared.connections.is_at_work(from, false);
    answer
}

/// Hands a whole body over, and waits until it is safe.
async fn take(shared: &Shared, from: SocketAddr, body: Vec<u8>, share: Share) -> Response {
    let room = Arc::clone(&shared.room).acquire_owned();
    let Ok(Ok(room)) = timeout(shared.bounds.patience, room).await else {
        return later(BUSY);
    };
    let (safe, hears) = oneshot::channel();
    let intake = shared.intake.clone();
    let unpacked = (shared.bounds.body as u64).saturating_mul(UNPACKED);
    let taken = tokio::task::spawn_blocking(move || {
        // Held also when the sender is gone by then: its body is still here.
        let _held = (room, share);
        let body = Box::new(Cursor::new(body));
        intake.take(
            &format!("http://{from}"),
            body,
            Some(unpacked),
            move |accepted| {
                // Who no longer listens sends it again.
                let _ = safe.send(accepted);
            },
        )
    });
    let unreadable = match taken.await {
        Ok(Ok(())) => None,
        Ok(Err(NotTaken::Foreign(why))) => {
            return problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, &why);
        }
        Ok(Err(NotTaken::Unreadable(why))) => Some(why),
        Ok(Err(NotTaken::Over)) | Err(_) => return later("it is ending"),
    };
    match timeout(shared.bounds.patience, hears).await {
        Ok(Ok(accepted)) => answer(accepted, unreadable.as_deref()),
        Ok(Err(_)) => later("it is ending"),
        Err(_) => later("it is not safe yet"),
    }
}

/// The whole body, and its share of the memory.
async fn receive(
    shared: &Shared,
    from: IpAddr,
    unread: &Unread,
) -> Result<(Vec<u8>, Share), Response> {
    let mut body = unread.take();
    let whole = read(shared, from, &mut body).await;
    if let Err(answer) = &whole
        && answer.status() != StatusCode::REQUEST_TIMEOUT
    {
        unread.give_back(body);
    }
    whole
}

async fn read(
    shared: &Shared,
    from: IpAddr,
    body: &mut Body,
) -> Result<(Vec<u8>, Share), Response> {
    let (most, pace) = (shared.bounds.body, shared.bounds.pace());
    let large = || {
        let why = format!("a body may have {most} bytes (--max-body-mib)");
        problem(StatusCode::PAYLOAD_TOO_LARGE, &why)
    };
    if body.size_hint().lower() > most as u64 {
        return Err(large());
    }
    let begun = Instant::now();
    let (cut, mut gives_way) = oneshot::channel();
    let cut = move || {
        // Whoever is done by then gives way to nobody.
        let _ = cut.send(());
    };
    let share = shared.bodies.begin(Peer::from(from), Box::new(cut));
    // What is announced and does not come takes no memory.
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(0);
    let mut bytes = Vec::with_capacity(announced);
    loop {
        let next = poll_fn(|context| match Pin::new(&mut gives_way).poll(context) {
            Poll::Ready(_) => Poll::Ready(Err(())),
            Poll::Pending => Pin::new(&mut *body).poll_frame(context).map(Ok),
        });
        let frame = match timeout_at(begun + pace.allows(bytes.len()), next).await {
            Ok(Ok(Some(Ok(frame)))) => frame,
            Ok(Ok(None)) => break,
            Ok(Ok(Some(Err(_)))) => {
                return Err(problem(StatusCode::BAD_REQUEST, "the body was cut short"));
            }
            Ok(Err(())) => return Err(later(BUSY)),
            Err(_) => return Err(slow()),
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if bytes.len() + data.len() > most {
            return Err(large());
        }
        if !share.add(data.len()) {
            return Err(later(BUSY));
        }
        bytes.extend_from_slice(&data);
    }
    share.is_whole();
    Ok((bytes, share))
}

/// What is sent as gzip or zstd is told by its content.
fn is_encoded_otherwise(headers: &HeaderMap) -> Option<String> {
    let encoding = headers.get(header::CONTENT_ENCODING)?;
    let known = ["", "identity", "gzip", "x-gzip", "zstd"];
    match encoding.to_str() {
        Ok(name) if known.contains(&name.trim().to_ascii_lowercase().as_str()) => None,
        _ => Some("a body may be plain, gzip or zstd".to_owned()),
    }
}

fn is_let_in(shared: &Shared, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION);
    let given = given.map(axum::http::HeaderValue::as_bytes);
    shared.token.as_ref().is_none_or(|token| token.is_in(given))
}

/// 200 when there was something to take, or nothing at all; 400 when it can never be taken.
fn answer(accepted: Accepted, unreadable: Option<&str>) -> Response {
    if let (Some(what), None) = (accepted.foreign, unreadable) {
        return problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, what);
    }
    let good = accepted.documents > accepted.malformed;
    let failed = unreadable.is_some() || accepted.malformed > 0 && !good;
    let mut said = json!({
        "documents": accepted.documents,
        "malformed": accepted.malformed,
    });
    if let Some(why) = unreadable {
        said["error"] = why.into();
    } else if failed {
        said["error"] = "no document of it could be read".into();
    }
    let status = if failed {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
    };
    reply(status, &said)
}

fn later(why: &str) -> Response {
    let answer = problem(StatusCode::SERVICE_UNAVAILABLE, why);
    ([(header::RETRY_AFTER, "1")], answer).into_response()
}

/// Nothing is left of what came so slowly that it could get in the answer's way.
fn slow() -> Response {
    let mut answer = problem(StatusCode::REQUEST_TIMEOUT, "the body came too slowly");
    closes(&mut answer);
    answer
}

fn problem(status: StatusCode, why: &str) -> Response {
    reply(status, &json!({ "error": why }))
}

fn reply(status: StatusCode, said: &serde_json::Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status, kind, format!("{said}\n")).into_response()
}

async fn figures(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if !is_let_in(&shared, &headers) {
        return problem(StatusCode::UNAUTHORIZED, "a bearer token is wanted");
    }
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    let reading = shared.gauges.read();
    let text = reading.map_or_else(String::new, |reading| metrics::prometheus(&reading));
    (kind, text).into_response()
}

/// The question of senders that ask before they send, with their own method and token.
async fn is_there(state: State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if !is_let_in(&state, &headers) {
        return problem(StatusCode::UNAUTHORIZED, "a bearer token is wanted");
    }
    ready(state).await
}

/// Whether it makes sense to send: the detector runs, and what it takes can be kept.
async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    let why = match () {
        () if shared.intake.is_over() => "ending",
        () if shared.gauges.read().is_none() => "starting",
        () if !shared.is_kept() => "the last checkpoint could not be written",
        () if shared.is_full() => FULL,
        () => return "ready\n".into_response(),
    };
    later(why)
}
