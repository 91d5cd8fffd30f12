//! Answers of registries and token servers.

use std::io::Read;

use serde::Deserialize;
use ureq::Body;
use ureq::http::{HeaderMap, HeaderName, Response};
use weir_common::escape::shorten;
use weir_common::explain::explain;

/// Bytes of an error's body that are read.
const MOST_OF_ERROR: u64 = 64 << 10;
/// Characters of an error's body that are shown.
const SHOWN: usize = 200;

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Errors in the body of an answer, in the form of OCI registries.
#[derive(Deserialize)]
struct Errors {
    errors: Vec<OneError>,
}

#[derive(Deserialize)]
struct OneError {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

impl Answer {
    /// Reads an answer whose body has `most` bytes; a longer one is an error.
    pub(crate) fn read(mut answer: Response<Body>, most: u64) -> Result<Self, String> {
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        let most = if status < 300 { most } else { MOST_OF_ERROR };
        let mut body = Vec::new();
        let reader = answer.body_mut().with_config().limit(u64::MAX).reader();
        let read = reader.take(most + 1).read_to_end(&mut body);
        if status < 300 {
            read.map_err(|error| format!("its answer breaks off: {error}"))?;
            if body.len() as u64 > most {
                return Err(format!(
                    "it answers more than the {most} bytes that are expected"
                ));
            }
        }
        Ok(Self {
            status,
            headers,
            body,
        })
    }

    /// A header as text.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Status and reason, for a message.
    pub(crate) fn why(&self) -> String {
        let status = self.status;
        let said = match serde_json::from_slice::<Errors>(&self.body) {
            Ok(Errors { errors }) => {
                let all = errors.iter().map(|one| match one.message.as_str() {
                    "" => one.code.to_ascii_lowercase(),
                    message => message.to_owned(),
                });
                all.collect::<Vec<_>>().join("; ")
            }
            Err(_) => String::from_utf8_lossy(&self.body).trim().to_owned(),
        };
        match said.as_str() {
            "" => format!("it answers {status}"),
            said => format!("it answers {status}: {}", shorten(said, SHOWN)),
        }
    }
}

/// Reason for a missing answer.
pub(crate) fn unanswered(error: &ureq::Error) -> String {
    let why = match error {
        ureq::Error::Io(error) => explain(error),
        ureq::Error::HostNotFound => "no such host".to_owned(),
        error => error.to_string(),
    };
    format!("cannot be reached: {why}")
}
