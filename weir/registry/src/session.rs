//! Requests to one registry, with credentials where it asks for them.
//!
//! Nothing is shown before the registry asks. Credentials and tokens go to the registry's own
//! origin and to its token server, over TLS or within this machine: neither to where it redirects,
//! nor to where it sends an upload. Answers and times are bounded.

use std::time::Duration;

use ureq::Agent;
use ureq::http::{HeaderName, HeaderValue, Method, Request, Uri, header};
use weir_common::escape::escape;
use weir_component::reference::is_loopback;
use weir_component::{Reference, RegistryAccess};
use weir_host::Error;

use crate::answer::{Answer, unanswered};
use crate::credentials::{self, Found, Secret};
use crate::token::{self, Challenge};

/// Timeout of connecting.
const CONNECT: Duration = Duration::from_secs(10);
/// Timeout of a whole request, which may carry a component.
const WHOLE: Duration = Duration::from_secs(300);
/// Redirects that are followed for one request.
const HOPS: usize = 5;
/// Times that a token is asked for on behalf of one request: the first may have expired already, by
/// the clock of another machine.
const TRIES: usize = 2;

/// Right that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    Pull,
    Push,
}

/// A request.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: Vec<(HeaderName, &'a str)>,
    pub(crate) body: Option<&'a [u8]>,
    /// Largest answer, in bytes.
    pub(crate) most: u64,
}

/// Requests to the registry of one reference.
pub(crate) struct Session {
    /// The reference, for messages.
    name: String,
    /// Host by which credentials are known.
    host: String,
    /// Scheme, host and port.
    base: String,
    repository: String,
    right: Right,
    agent: Agent,
    credentials: Option<Option<Found>>,
    authorization: Option<HeaderValue>,
}

impl Session {
    /// A session that has asked nothing yet.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when TLS is needed and the system has no authorities.
    pub(crate) fn new(
        reference: &Reference,
        access: RegistryAccess,
        right: Right,
    ) -> Result<Self, Error> {
        let plain = reference.is_local() || access.insecure;
        let host = match reference.host() {
            // Where its interface is.
            "docker.io" | "index.docker.io" => "registry-1.docker.io",
            host => host,
        };
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(concat!("weir/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(WHOLE));
        match weir_tls::of_system(reference, "name them with SSL_CERT_FILE") {
            Ok(tls) => config = config.tls_config(tls),
            Err(error) if !plain => return Err(error.into()),
            // Over plain HTTP nothing is checked by them, and https is refused.
            Err(_) => config = config.tls_config(weir_tls::of_nobody()),
        }
        Ok(Self {
            name: reference.to_string(),
            host: reference.host().to_owned(),
            base: format!("{}://{host}", if plain { "http" } else { "https" }),
            repository: reference.name().to_owned(),
            right,
            agent: config.build().new_agent(),
            credentials: None,
            authorization: None,
        })
    }

    /// Address of something in the repository, such as `manifests/TAG`.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/v2/{}/{path}", self.base, self.repository)
    }

    /// An error of this registry.
    pub(crate) fn failed(&self, why: impl std::fmt::Display) -> Error {
        Error::input(&self.name, why)
    }

    /// The error of an answer that is not the one that is wanted.
    pub(crate) fn unexpected(&self, answer: &Answer, what: &str) -> Error {
        match (answer.status, self.origin()) {
            (401 | 403, Some(origin)) => self.failed(format!(
                "{what}: the registry refuses the credentials of {origin}: {}",
                answer.why()
            )),
            (401 | 403, None) => self.failed(format!(
                "{what}: the registry asks for credentials, and there are none for {} in docker's \
                 configuration or WEIR_REGISTRY_USER and WEIR_REGISTRY_PASSWORD: {}",
                self.host,
                answer.why()
            )),
            _ => self.failed(format!("{what}: {}", answer.why())),
        }
    }

    /// Origin of the credentials that were used.
    fn origin(&self) -> Option<&str> {
        let found = self.credentials.as_ref()?.as_ref()?;
        Some(&found.origin)
    }

    /// Gets something of the repository.
    pub(crate) fn get(&mut self, path: &str, accept: &str, most: u64) -> Result<Answer, Error> {
        self.send(&Call {
            method: Method::GET,
            url: self.url(path),
            headers: vec![(header::ACCEPT, accept)],
            body: None,
            most,
        })
    }

    /// Sends a request; one that gets something or looks at it is sent on to where it is redirected.
    pub(crate) fn send(&mut self, call: &Call<'_>) -> Result<Answer, Error> {
        let mut url = call.url.clone();
        let follows = [Method::GET, Method::HEAD].contains(&call.method);
        for _ in 0..=HOPS {
            let answer = self.authorized(call, &url)?;
            if !follows || !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            url = self.location(&answer)?;
        }
        Err(self.failed(format!("it redirects more than {HOPS} times")))
    }

    /// The address that an answer names, if requests may go there.
    pub(crate) fn location(&self, answer: &Answer) -> Result<String, Error> {
        let named = answer.header(&header::LOCATION).unwrap_or_default();
        let url = match named.starts_with('/') && !named.starts_with("//") {
            true => format!("{}{named}", self.base),
            false => named.to_owned(),
        };
        let shown = escape(&weir_common::escape::shorten(&url, 200));
        let uri: Uri = url
            .parse()
            .map_err(|_| self.failed(format!("it sends to `{shown}`, which is no address")))?;
        let host = uri.host().unwrap_or_default();
        match uri.scheme_str() {
            Some("https") if !host.is_empty() => Ok(url),
            Some("http") if self.is_own(&url) || self.is_local() && is_loopback(host) => Ok(url),
            Some("http") => Err(self.failed(format!(
                "it sends to `{shown}`, where others can read and change what passes"
            ))),
            _ => Err(self.failed(format!("it sends to `{shown}`, which is no address"))),
        }
    }

    /// Whether an address is of the registry's own scheme, host and port.
    fn is_own(&self, url: &str) -> bool {
        url.strip_prefix(&self.base)
            .is_some_and(|rest| rest.starts_with('/'))
    }

    /// Whether the registry is on this machine.
    fn is_local(&self) -> bool {
        is_loopback(&self.host)
    }

    /// Sends a request, and again with credentials when the registry asks for them or no longer
    /// takes the ones that it had.
    fn authorized(&mut self, call: &Call<'_>, url: &str) -> Result<Answer, Error> {
        let own = self.is_own(url);
        let mut answer = self.once(call, url, self.authorization.as_ref().filter(|_| own))?;
        for _ in 0..TRIES {
            let refused = self.authorization.clone();
            if answer.status != 401 || !own || !self.authorize(&answer)? {
                break;
            }
            if self.authorization == refused {
                break;
            }
            answer = self.once(call, url, self.authorization.as_ref())?;
        }
        Ok(answer)
    }

    fn once(
        &self,
        call: &Call<'_>,
        url: &str,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, Error> {
        let mut request = Request::builder().method(call.method.clone()).uri(url);
        for (name, value) in &call.headers {
            request = request.header(name, *value);
        }
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        let broken = |error: ureq::http::Error| self.failed(error);
        let answer = match call.body {
            Some(body) => self.agent.run(request.body(body).map_err(broken)?),
            None => self.agent.run(request.body(()).map_err(broken)?),
        };
        let answer =
            answer.map_err(|error| self.failed(format!("the registry {}", unanswered(&error))))?;
        Answer::read(answer, call.most).map_err(|why| self.failed(why))
    }

    /// Makes the header that an answer asks for; false when there is nothing to show.
    fn authorize(&mut self, answer: &Answer) -> Result<bool, Error> {
        let Some(challenge) = token::challenge(&answer.headers) else {
            return Ok(false);
        };
        if self.credentials.is_none() {
            self.credentials = Some(credentials::find(&self.host)?);
        }
        let found = self.credentials.as_ref().and_then(Option::as_ref);
        if found.is_some() && self.base.starts_with("http:") && !self.is_local() {
            return Err(self.failed(
                "it asks for credentials over plain HTTP, where others could read them; use https",
            ));
        }
        let value = match (found.map(|found| &found.secret), challenge) {
            (Some(Secret::Token(token)), _) => token::bearer(token),
            (secret, Challenge::Bearer(server)) => {
                let actions = match self.right {
                    Right::Pull => "pull",
                    Right::Push => "pull,push",
                };
                let scope = format!("repository:{}:{actions}", self.repository);
                let origin = found.map(|found| found.origin.as_str());
                token::fetch(
                    &self.agent,
                    &server,
                    &scope,
                    (secret, origin),
                    self.is_local(),
                )
            }
            (Some(Secret::Password { user, password }), Challenge::Basic) => {
                token::basic(user, password)
            }
            (Some(Secret::Identity(_)), Challenge::Basic) | (None, Challenge::Basic) => {
                return Ok(false);
            }
        };
        self.authorization = Some(value.map_err(|why| self.failed(why))?);
        Ok(true)
    }
}
