//! HTTP listener: `POST` of events, answered once a checkpoint holds them; metrics and health.

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
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use hyper_util::rt::TokioTimer;
use serde_json::json;
use tokio::runtime::Builder;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use super::acceptor::Acceptor;
use super::bodies::{Bodies, Reservation};
use super::connections::Connections;
use super::linger::{Unread, linger, set_connection_close};
use super::peer::Peer;
use super::{AccessPolicy, Address, Bounds, Token, YIELD, prometheus};
use weir_common::explain::explain;
use weir_host::error::Error;
use weir_pipeline::run::Gauges;
use weir_sources::reader::{Accepted, Intake, IntakeError};

/// Timeout of a request's headers.
const HEADERS: Duration = Duration::from_secs(10);
/// Limit of an unpacked body, as a multiple of the limit of a body.
const UNPACKED: u64 = 64;
/// Timeout of the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Limit in bytes of a connection's read buffer, which holds the headers.
const BUFFER: usize = 64 << 10;
/// Timeout of the answers that are due at shutdown.
const LAST: Duration = Duration::from_secs(5);

const FULL: &str = "the queue of alerts is full";
const BUSY: &str = "too many requests at once";

/// State that all requests share.
pub(super) struct Shared {
    token: Option<Token>,
    bounds: Bounds,
    intake: Intake,
    gauges: Gauges,
    durable: bool,
    /// Permits of requests whose body is whole.
    slots: Arc<Semaphore>,
    bodies: Arc<Bodies>,
    connections: Arc<Connections<SocketAddr>>,
}

impl Shared {
    pub(super) fn new(
        access: &AccessPolicy,
        bounds: &Bounds,
        intake: &Intake,
        gauges: &Gauges,
        durable: bool,
    ) -> Self {
        Self {
            token: access.token.clone(),
            slots: Arc::new(Semaphore::new(bounds.requests)),
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
    /// Whether the last checkpoint was written, or none was due yet.
    fn is_kept(&self) -> bool {
        self.gauges.kept() != Some(false)
    }

    /// Whether the queue of alerts is full.
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
        access: &AccessPolicy,
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
        let tls = match access.tls.as_ref().filter(|_| *tls) {
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
            let mut server = axum_server::from_tcp(listener)?;
            set_timeouts(server.http_builder());
            let server = server.http1_only().first_request_timeout(patience);
            let server = server.handle(stopped);
            match tls {
                None => server.acceptor(acceptor).serve(routes).await,
                Some(tls) => {
                    let tls = RustlsAcceptor::new(tls).handshake_timeout(HANDSHAKE);
                    server.acceptor(tls.acceptor(acceptor)).serve(routes).await
                }
            }
        };
        let thread = thread::Builder::new()
            .name("weir-http".to_owned())
            .spawn(move || {
                // The listener's errors are the system's, and over when it is.
                let _: io::Result<()> = runtime.block_on(serve);
                // A handler that still reads a body is not waited for.
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

/// Closes connections that send no headers in time, and bounds the bytes they may buffer.
fn set_timeouts(protocol: &mut Protocol) {
    let mut http = protocol.http1();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(BUFFER);
}

fn routes(shared: Shared) -> Router {
    Router::new()
        .route("/", post(events).head(head))
        .route("/events", post(events).head(head))
        .route("/metrics", get(metrics))
        .route("/health", get(|| async { "ok\n" }))
        .route("/ready", get(ready))
        .layer(middleware::from_fn(linger))
        .with_state(Arc::new(shared))
}

async fn events(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    if !is_authorized(&shared, request.headers()) {
        let answer = problem(StatusCode::UNAUTHORIZED, "a bearer token is wanted");
        return ([(header::WWW_AUTHENTICATE, "Bearer")], answer).into_response();
    }
    if let Some(why) = unsupported_encoding(request.headers()) {
        return problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, &why);
    }
    if shared.durable && !shared.is_kept() {
        return unavailable("the last checkpoint could not be written");
    }
    if shared.is_full() {
        return unavailable(FULL);
    }
    if shared.slots.available_permits() == 0 {
        return unavailable(BUSY);
    }
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let from = from.map_or((Ipv4Addr::UNSPECIFIED, 0).into(), |from| from.0);
    let Some(unread) = request.extensions().get::<Unread>().cloned() else {
        return unavailable("it is ending");
    };
    let (body, reservation) = match receive(&shared, from.ip(), &unread).await {
        Ok(whole) => whole,
        Err(answer) => return answer,
    };
    shared.connections.set_busy(from, true);
    let answer = take(&shared, from, body, reservation).await;
    shared.connections.set_busy(from, false);
    answer
}

/// Hands a whole body to the intake, and waits until a checkpoint holds its events.
async fn take(
    shared: &Shared,
    from: SocketAddr,
    body: Vec<u8>,
    reservation: Reservation,
) -> Response {
    let permit = Arc::clone(&shared.slots).acquire_owned();
    let Ok(Ok(permit)) = timeout(shared.bounds.patience, permit).await else {
        return unavailable(BUSY);
    };
    let (ack, acked) = oneshot::channel();
    let intake = shared.intake.clone();
    let unpacked = (shared.bounds.body as u64).saturating_mul(UNPACKED);
    let taken = tokio::task::spawn_blocking(move || {
        // Held also when the sender is gone by then: its body is still here.
        let _held = (permit, reservation);
        let body = Box::new(Cursor::new(body));
        intake.take(
            &format!("http://{from}"),
            body,
            Some(unpacked),
            move |accepted| {
                // Who no longer listens sends it again.
                let _ = ack.send(accepted);
            },
        )
    });
    let unreadable = match taken.await {
        Ok(Ok(())) => None,
        Ok(Err(IntakeError::Foreign(why))) => {
            return problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, &why);
        }
        Ok(Err(IntakeError::Unreadable(why))) => Some(why),
        Ok(Err(IntakeError::Over)) | Err(_) => return unavailable("it is ending"),
    };
    match timeout(shared.bounds.patience, acked).await {
        Ok(Ok(accepted)) => answer(accepted, unreadable.as_deref()),
        Ok(Err(_)) => unavailable("it is ending"),
        Err(_) => unavailable("it is not safe yet"),
    }
}

/// The whole body, and its reservation of memory.
async fn receive(
    shared: &Shared,
    from: IpAddr,
    unread: &Unread,
) -> Result<(Vec<u8>, Reservation), Response> {
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
) -> Result<(Vec<u8>, Reservation), Response> {
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
        // A body that is whole by then is not dropped.
        let _ = cut.send(());
    };
    let reservation = shared.bodies.begin(Peer::from(from), Box::new(cut));
    // Reserved memory of a body that is announced and never comes is not touched.
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
            Ok(Err(())) => return Err(unavailable(BUSY)),
            Err(_) => return Err(slow()),
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if bytes.len() + data.len() > most {
            return Err(large());
        }
        if !reservation.add(data.len()) {
            return Err(unavailable(BUSY));
        }
        bytes.extend_from_slice(&data);
    }
    reservation.set_whole();
    Ok((bytes, reservation))
}

/// The objection to a body's encoding; gzip and zstd are recognised by content.
fn unsupported_encoding(headers: &HeaderMap) -> Option<String> {
    let encoding = headers.get(header::CONTENT_ENCODING)?;
    let known = ["", "identity", "gzip", "x-gzip", "zstd"];
    match encoding.to_str() {
        Ok(name) if known.contains(&name.trim().to_ascii_lowercase().as_str()) => None,
        _ => Some("a body may be plain, gzip or zstd".to_owned()),
    }
}

fn is_authorized(shared: &Shared, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION);
    let given = given.map(axum::http::HeaderValue::as_bytes);
    shared.token.as_ref().is_none_or(|token| token.is_in(given))
}

/// 200 when a document was accepted or the body was empty; 400 when none can ever be accepted.
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

fn unavailable(why: &str) -> Response {
    let answer = problem(StatusCode::SERVICE_UNAVAILABLE, why);
    ([(header::RETRY_AFTER, "1")], answer).into_response()
}

/// 408 for a body that came too slowly; the connection closes.
fn slow() -> Response {
    let mut answer = problem(StatusCode::REQUEST_TIMEOUT, "the body came too slowly");
    set_connection_close(&mut answer);
    answer
}

fn problem(status: StatusCode, why: &str) -> Response {
    reply(status, &json!({ "error": why }))
}

fn reply(status: StatusCode, said: &serde_json::Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status, kind, format!("{said}\n")).into_response()
}

async fn metrics(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if !is_authorized(&shared, &headers) {
        return problem(StatusCode::UNAUTHORIZED, "a bearer token is wanted");
    }
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    let reading = shared.gauges.read();
    let text = reading.map_or_else(String::new, |reading| prometheus(&reading));
    (kind, text).into_response()
}

/// `HEAD`: the probe of senders that ask before they send, with their token.
async fn head(state: State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if !is_authorized(&state, &headers) {
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
    unavailable(why)
}
