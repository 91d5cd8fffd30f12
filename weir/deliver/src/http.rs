//! HTTP receiver. A [`Protocol`] writes the body and reads the answer; the plain one sends NDJSON
//! and goes by the status.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use axum::http::{HeaderValue, Uri, header};
use chrono::{DateTime, Utc};
use ureq::Agent;

use super::{Failure, Receiver, Settings, Target};
use weir_common::escape::shorten;
use weir_common::explain::explain;
use weir_host::error::Error;

/// Timeout of connecting.
const CONNECT: Duration = Duration::from_secs(10);
/// Timeout of a whole request.
const WHOLE: Duration = Duration::from_secs(60);
/// Characters of an answer that are shown.
const SHOWN: usize = 200;

/// Protocol on top of HTTP.
pub(super) trait Protocol: Send {
    /// Type of a request's body.
    fn media_type(&self) -> &'static str;
    /// Scheme of the `Authorization` header.
    fn credentials(&self) -> &'static str;
    /// Bytes of an answer that are read.
    fn most_of_answer(&self) -> u64 {
        4096
    }
    /// A request's body.
    fn body(&self, lines: &[String]) -> Result<String, Failure>;
    /// Reads the answer as success or a failure.
    fn outcome(&self, answer: &Answer) -> Result<(), Failure>;
}

/// Answer of a receiver.
pub(super) struct Answer {
    pub(super) status: u16,
    /// Wait that its `Retry-After` asks for.
    pub(super) after: Option<Duration>,
    pub(super) said: String,
}

impl Answer {
    /// A retryable failure with the answer as its reason.
    pub(super) fn retryable(&self) -> Failure {
        Failure::Retryable {
            why: self.why(),
            after: self.after,
        }
    }

    fn why(&self) -> String {
        let status = self.status;
        match self.said.as_str() {
            "" => format!("it answers {status}"),
            said => format!("it answers {status}: {}", shorten(said, SHOWN)),
        }
    }
}

/// NDJSON.
pub(super) struct Plain;

impl Protocol for Plain {
    fn media_type(&self) -> &'static str {
        "application/x-ndjson"
    }

    fn credentials(&self) -> &'static str {
        "Bearer"
    }

    fn body(&self, lines: &[String]) -> Result<String, Failure> {
        let mut body = String::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
        for line in lines {
            body.push_str(line);
            body.push('\n');
        }
        Ok(body)
    }

    fn outcome(&self, answer: &Answer) -> Result<(), Failure> {
        outcome(answer)
    }
}

/// A receiver of HTTP.
pub(super) struct Http {
    agent: Agent,
    uri: Uri,
    protocol: Box<dyn Protocol>,
    /// Token file, and the header made of it.
    token: Option<(PathBuf, HeaderValue)>,
}

impl Http {
    pub(super) fn new(
        target: &Target,
        uri: &Uri,
        protocol: Box<dyn Protocol>,
        settings: &Settings,
    ) -> Result<Self, Error> {
        let token = match &settings.token {
            Some(path) => Some((path.clone(), token(path, protocol.credentials())?)),
            None => None,
        };
        if token.is_some() && target.is_in_clear() {
            return Err(Error::config(format!(
                "{target}: others could read the token on its way; use https"
            )));
        }
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            // The token is for this address alone.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(concat!("weir/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(WHOLE));
        if uri.scheme_str() == Some("https") {
            let tls = match &settings.ca {
                Some(path) => weir_tls::of_file(path)?,
                None => weir_tls::of_system(target, "name some with --output-ca")?,
            };
            config = config.tls_config(tls);
        } else if settings.ca.is_some() {
            return Err(Error::config(format!("--output-ca: {target} is not https")));
        }
        Ok(Self {
            agent: config.build().new_agent(),
            uri: uri.clone(),
            protocol,
            token,
        })
    }

    /// Reads the token anew: it may have been changed.
    fn renew_token(&mut self) {
        if let Some((path, held)) = &mut self.token
            && let Ok(token) = token(path, self.protocol.credentials())
        {
            *held = token;
        }
    }
}

impl Receiver for Http {
    fn send(&mut self, lines: &[String]) -> Result<(), Failure> {
        let body = self.protocol.body(lines)?;
        let request = self.agent.post(&self.uri);
        let mut request = request.header(header::CONTENT_TYPE, self.protocol.media_type());
        if let Some((_, token)) = &self.token {
            request = request.header(header::AUTHORIZATION, token);
        }
        let mut answer = request
            .send(&body)
            .map_err(|error| Failure::retryable(said(&error)))?;
        let after = answer.headers().get(header::RETRY_AFTER);
        let after = after.and_then(|value| value.to_str().ok());
        let after = after.and_then(|text| retry_after(text, SystemTime::now().into()));
        let status = answer.status().as_u16();
        let mut said = Vec::new();
        // The status is what counts; a connection that breaks off now is not used again.
        let _ = answer
            .body_mut()
            .as_reader()
            .take(self.protocol.most_of_answer())
            .read_to_end(&mut said);
        if matches!(status, 401 | 403) {
            self.renew_token();
        }
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        self.protocol.outcome(&Answer {
            status,
            after,
            said,
        })
    }
}

/// Reason for a missing answer.
fn said(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Io(error) => explain(error),
        error => error.to_string(),
    }
}

/// Reads the status of an answer as success or a failure.
pub(super) fn outcome(answer: &Answer) -> Result<(), Failure> {
    match answer.status {
        200..=299 => Ok(()),
        // Smaller requests, or requests without one of the alerts, may be taken.
        400 | 413 | 422 => Err(Failure::Permanent {
            why: answer.why(),
            one: true,
        }),
        300..=399 => Err(Failure::retryable(format!(
            "{}: it redirects, which is not followed",
            answer.why()
        ))),
        // A token, a path or a receiver that people can put right: no alert is lost over it.
        _ => Err(answer.retryable()),
    }
}

/// Seconds, or a date.
fn retry_after(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(text.trim()).ok()?;
    Some((date.to_utc() - now).to_std().unwrap_or_default())
}

/// Schemes by which a token file's line is known to hold the whole header value.
const CREDENTIALS: [&str; 4] = ["Basic ", "Bearer ", "ApiKey ", "Splunk "];

/// The header that sends a token.
fn token(path: &Path, credentials: &str) -> Result<HeaderValue, Error> {
    let wrong = |why: &str| Error::config(format!("{}: {why}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| wrong(&explain(&error)))?;
    let token = text.lines().next().unwrap_or_default().trim();
    if token.is_empty() {
        return Err(wrong("its first line is no token"));
    }
    let whole = CREDENTIALS.iter().any(|begin| token.starts_with(begin));
    let header = match whole {
        true => token.to_owned(),
        false => format!("{credentials} {token}"),
    };
    let mut value = HeaderValue::from_str(&header)
        .map_err(|_| wrong("its first line has characters that no token has"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    fn outcome(status: u16, said: &str) -> Result<(), Failure> {
        Plain.outcome(&Answer {
            status,
            after: None,
            said: said.to_owned(),
        })
    }

    #[test]
    fn only_what_is_wrong_with_the_alerts_is_final() {
        for status in [200, 202, 204] {
            assert_eq!(outcome(status, ""), Ok(()));
        }
        for status in [301, 307, 401, 403, 404, 408, 415, 429, 500, 502, 503, 504] {
            let answer = outcome(status, "").unwrap_err();
            assert!(matches!(answer, Failure::Retryable { .. }), "{status}");
        }
        for status in [400, 413, 422] {
            let answer = outcome(status, "no").unwrap_err();
            let why = format!("it answers {status}: no");
            assert_eq!(answer, Failure::Permanent { why, one: true });
        }
    }

    #[test]
    fn a_receiver_asks_for_time_in_seconds_or_by_a_date() {
        let now = DateTime::from_timestamp(784_111_777, 0).unwrap();
        let asked = |text| retry_after(text, now);
        assert_eq!(asked("120"), Some(Duration::from_secs(120)));
        let date = "Sun, 06 Nov 1994 08:49:47 GMT";
        assert_eq!(asked(date), Some(Duration::from_secs(10)));
        let past = "Sun, 06 Nov 1994 08:00:00 GMT";
        assert_eq!(asked(past), Some(Duration::ZERO));
        assert_eq!(asked("soon"), None);
    }
}
