//! A registry on a thread of its own, that does what a test wants.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value as Json, json};
use weir_host::digest;

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Value of `Authorization`.
    pub(crate) authorization: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn is(&self, method: &str, part: &str) -> bool {
        self.method == method && self.target.contains(part)
    }
}

/// An answer: status, more headers, body.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// An error in the form of registries.
    pub(crate) fn error(status: u16, code: &str) -> Self {
        let errors = json!({"errors": [{"code": code, "message": format!("told {code}")}]});
        Self::status(status).body(errors.to_string())
    }
}

/// What goes before the registry's own answer.
type Hook = dyn Fn(&Request) -> Option<Reply> + Send + Sync;

#[derive(Default)]
pub(crate) struct Held {
    /// Blobs by their digest.
    pub(crate) blobs: BTreeMap<String, Vec<u8>>,
    /// Manifests by name of the repository, `@`, and tag or digest.
    pub(crate) manifests: BTreeMap<String, Vec<u8>>,
    requests: Vec<Request>,
}

/// A registry of OCI artifacts that listens as long as the process lives.
#[derive(Clone)]
pub(crate) struct Registry {
    /// Host and port.
    pub(crate) at: String,
    pub(crate) held: Arc<Mutex<Held>>,
    hook: Arc<Mutex<Option<Box<Hook>>>>,
}

impl Registry {
    pub(crate) fn start() -> Self {
        Self::serve(|server, stream| server.talk(stream))
    }

    /// Over TLS, with a certificate and its key in PEM.
    pub(crate) fn start_tls(certificate: &str, key: &str) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth();
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let config = Arc::new(config.with_single_cert(vec![certificate], key).unwrap());
        Self::serve(move |server, stream| {
            let tls = rustls::ServerConnection::new(Arc::clone(&config)).ok()?;
            server.talk(rustls::StreamOwned::new(tls, stream))
        })
    }

    fn serve(talk: impl Fn(&Self, TcpStream) -> Option<()> + Send + Sync + 'static) -> Self {
        let talk = Arc::new(talk);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let registry = Self {
            at: listener.local_addr().unwrap().to_string(),
            held: Arc::default(),
            hook: Arc::default(),
        };
        let server = registry.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (server, talk) = (server.clone(), Arc::clone(&talk));
                thread::spawn(move || talk(&server, stream));
            }
        });
        registry
    }

    /// Has each request looked at first.
    pub(crate) fn answer(&self, hook: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) {
        *self.hook.lock().unwrap() = Some(Box::new(hook));
    }

    /// The requests that came since the last call.
    pub(crate) fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.held.lock().unwrap().requests)
    }

    /// A reference to a tag, or `:TAG@DIGEST`, of the repository `team/walk`.
    pub(crate) fn reference(&self, tag: &str) -> String {
        format!("oci://{}/team/walk{tag}", self.at)
    }

    /// A manifest of the repository `team/walk`.
    pub(crate) fn manifest(&self, name: &str) -> Json {
        let held = self.held.lock().unwrap();
        serde_json::from_slice(&held.manifests[&format!("team/walk@{name}")]).unwrap()
    }

    /// Puts a manifest there under a tag and its digest, which is the answer.
    pub(crate) fn put_manifest(&self, tag: &str, manifest: &Json) -> String {
        let bytes = manifest.to_string().into_bytes();
        let name = digest(&bytes);
        let mut held = self.held.lock().unwrap();
        held.manifests
            .insert(format!("team/walk@{tag}"), bytes.clone());
        held.manifests
            .insert(format!("team/walk@sha256:{name}"), bytes);
        name
    }

    /// Puts a blob there.
    pub(crate) fn put_blob(&self, bytes: &[u8]) -> Json {
        let name = format!("sha256:{}", digest(bytes));
        let mut held = self.held.lock().unwrap();
        held.blobs.insert(name.clone(), bytes.to_vec());
        json!({"mediaType": "application/wasm", "digest": name, "size": bytes.len()})
    }

    fn talk(&self, stream: impl Read + Write) -> Option<()> {
        let mut reader = BufReader::new(stream);
        loop {
            let request = read(&mut reader)?;
            self.held.lock().unwrap().requests.push(request.clone());
            let hooked = self
                .hook
                .lock()
                .unwrap()
                .as_ref()
                .and_then(|hook| hook(&request));
            let reply = hooked.unwrap_or_else(|| self.own(&request));
            write(reader.get_mut(), &request, &reply)?;
        }
    }

    /// The answer of a registry that everybody may read and write.
    fn own(&self, request: &Request) -> Reply {
        let (path, query) = request
            .target
            .split_once('?')
            .unwrap_or((&request.target, ""));
        let Some(path) = path.strip_prefix("/v2/") else {
            return Reply::status(404);
        };
        let mut held = self.held.lock().unwrap();
        let missing = || Reply::error(404, "UNKNOWN");
        if let Some((name, tag)) = path.split_once("/manifests/") {
            let key = format!("{name}@{tag}");
            if request.method == "PUT" {
                let own = format!("{name}@sha256:{}", digest(&request.body));
                held.manifests.insert(own, request.body.clone());
                held.manifests.insert(key, request.body.clone());
                return Reply::status(201);
            }
            let found = held.manifests.get(&key).cloned();
            return found.map_or_else(missing, |bytes| Reply::status(200).body(bytes));
        }
        let Some((name, blob)) = path.split_once("/blobs/") else {
            return missing();
        };
        if request.method == "POST" {
            let place = format!("/v2/{name}/blobs/uploads/1?_state=x");
            return Reply::status(202).with("Location", place);
        }
        if request.method == "PUT" {
            let named = query
                .split('&')
                .find_map(|part| part.strip_prefix("digest="));
            let own = format!("sha256:{}", digest(&request.body));
            if named != Some(&own) {
                return Reply::error(400, "DIGEST_INVALID");
            }
            held.blobs.insert(own, request.body.clone());
            return Reply::status(201);
        }
        let found = held.blobs.get(blob).cloned();
        found.map_or_else(missing, |bytes| Reply::status(200).body(bytes))
    }
}

/// Reads a request; none at the end of the connection, or of who wants to speak TLS.
fn read(reader: &mut impl BufRead) -> Option<Request> {
    if reader.fill_buf().ok()?.first() == Some(&22) {
        return None;
    }
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.to_owned())
    };
    let length = header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut words = head.split(' ');
    Some(Request {
        method: words.next()?.to_owned(),
        target: words.next()?.to_owned(),
        authorization: header("authorization"),
        body,
    })
}

fn write(stream: &mut impl Write, request: &Request, reply: &Reply) -> Option<()> {
    let mut head = format!("HTTP/1.1 {} As It Is\r\n", reply.status);
    for (name, value) in &reply.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("Content-Length: {}\r\n\r\n", reply.body.len());
    stream.write_all(head.as_bytes()).ok()?;
    if request.method != "HEAD" {
        stream.write_all(&reply.body).ok()?;
    }
    stream.flush().ok()
}
