//! Output targets: files and network addresses.

use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use axum::http::Uri;

use super::{bulk, hec};

/// The tag of messages of the Forward protocol.
const TAG: &str = "weir.alerts";
const KNOWN: &str =
    "http, https, hec+http, hec+https, bulk+http, bulk+https, tcp, forward, unix and kafka";

/// A file, or an address that alerts are sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A path.
    File(PathBuf),
    /// `http://HOST:PORT/PATH` or `https://HOST:PORT/PATH`: requests of NDJSON.
    Http(Uri),
    /// `hec+https://HOST:PORT`: events for Splunk's HTTP Event Collector.
    Hec(Uri),
    /// `bulk+https://HOST:PORT/INDEX`: documents for an index of Elasticsearch or OpenSearch.
    Bulk(Uri),
    /// `tcp://HOST:PORT`: NDJSON, without acknowledgement.
    Tcp(String),
    /// `unix:PATH`: NDJSON on a Unix socket, without acknowledgement.
    Unix(PathBuf),
    /// `forward://HOST:PORT?tag=TAG`: Fluentd's Forward protocol, with acknowledgements.
    Forward {
        /// Host and port.
        at: String,
        /// Tag of its messages.
        tag: String,
    },
    /// `kafka:///TOPIC`, as it was given: for the alerts of workers that read from Kafka.
    Kafka(String),
}

impl Target {
    /// Reads it as it is given on a command line.
    ///
    /// # Errors
    ///
    /// The fault of a malformed address; anything that is no address is a path.
    pub fn of(given: OsString) -> Result<Self, String> {
        let Some(text) = given.to_str() else {
            return Ok(Self::File(given.into()));
        };
        if let Some(path) = text.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return match path {
                "" => Err("`unix:` wants a path".to_owned()),
                path => Ok(Self::Unix(path.into())),
            };
        }
        let parts = text.split_once("://");
        let Some((scheme, rest)) = parts.filter(|(scheme, _)| is_scheme(scheme)) else {
            return Ok(Self::File(given.into()));
        };
        match scheme {
            "http" | "https" => http(text).map(Self::Http),
            "hec+http" | "hec+https" => collector(text),
            "bulk+http" | "bulk+https" => index(text),
            "tcp" => at(rest.strip_suffix('/').unwrap_or(rest)).map(Self::Tcp),
            "forward" => forward(rest),
            "kafka" => Ok(Self::Kafka(text.to_owned())),
            _ => Err(format!(
                "`{scheme}` is none of {KNOWN}; write ./{text} for a file"
            )),
        }
    }

    /// Its path, if it is a file.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            _ => None,
        }
    }

    /// Whether what is sent can be read on the way to another machine.
    #[must_use]
    pub fn is_in_clear(&self) -> bool {
        match self {
            Self::Http(uri) | Self::Hec(uri) | Self::Bulk(uri)
                if uri.scheme_str() == Some("http") =>
            {
                let host = uri.host().unwrap_or_default();
                let host = host.trim_start_matches('[').trim_end_matches(']');
                let local = host
                    .parse::<IpAddr>()
                    .map(|ip| ip.to_canonical().is_loopback());
                !local.unwrap_or(host == "localhost")
            }
            Self::Tcp(_) | Self::Forward { .. } => true,
            _ => false,
        }
    }
}

/// Whether text can be a scheme, and is no part of a path.
fn is_scheme(text: &str) -> bool {
    let first = text.starts_with(|first: char| first.is_ascii_alphabetic());
    first
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

fn http(text: &str) -> Result<Uri, String> {
    let uri: Uri = text
        .parse()
        .map_err(|error| format!("`{text}` is no address: {error}"))?;
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    if authority.contains('@') {
        return Err(
            "a name and password do not belong into an address, which is shown; use \
             --output-token-file"
                .to_owned(),
        );
    }
    if uri.host().is_none_or(str::is_empty) {
        return Err(format!("`{text}` names no host"));
    }
    Ok(uri)
}

fn collector(text: &str) -> Result<Target, String> {
    let uri = http(text.strip_prefix("hec+").unwrap_or(text))?;
    let path = match uri.path() {
        "" | "/" => hec::PATH,
        path => path,
    };
    at_path(&uri, path, uri.query()).map(Target::Hec)
}

fn index(text: &str) -> Result<Target, String> {
    let uri = http(text.strip_prefix("bulk+").unwrap_or(text))?;
    let path = uri.path().trim_end_matches('/');
    let path = path.strip_suffix("/_bulk").unwrap_or(path);
    if path.is_empty() {
        return Err(format!(
            "`{text}` names no index; write bulk+https://HOST:PORT/INDEX"
        ));
    }
    let query = match uri.query() {
        Some(query) => format!("{query}&{}", bulk::QUERY),
        None => bulk::QUERY.to_owned(),
    };
    at_path(&uri, &format!("{path}/_bulk"), Some(&query)).map(Target::Bulk)
}

/// The URI with another path.
fn at_path(uri: &Uri, path: &str, query: Option<&str>) -> Result<Uri, String> {
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    let scheme = uri.scheme_str().unwrap_or("http");
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let text = format!("{scheme}://{authority}{path}{query}");
    text.parse()
        .map_err(|error| format!("`{text}` is no address: {error}"))
}

fn forward(rest: &str) -> Result<Target, String> {
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let tag = match query {
        "" => TAG,
        query => match query.strip_prefix("tag=") {
            Some(tag) if !tag.is_empty() && !tag.contains('&') => tag,
            _ => return Err(format!("`?{query}` is not understood; write ?tag=TAG")),
        },
    };
    Ok(Target::Forward {
        at: at(place.strip_suffix('/').unwrap_or(place))?,
        tag: tag.to_owned(),
    })
}

/// Host and port.
fn at(text: &str) -> Result<String, String> {
    let good = text.rsplit_once(':').is_some_and(|(host, port)| {
        let bracketed = host.starts_with('[') && host.ends_with(']');
        let plain = !host.is_empty() && !host.contains([':', '/', '@', '?']);
        (bracketed || plain) && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    match good {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "`{text}` is no host with a port, such as collector:24224"
        )),
    }
}

/// Shown without the query, which may hold secrets.
impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(out, "{}", path.display()),
            Self::Http(uri) | Self::Hec(uri) | Self::Bulk(uri) => {
                let protocol = match self {
                    Self::Hec(_) => "hec+",
                    Self::Bulk(_) => "bulk+",
                    _ => "",
                };
                let scheme = uri.scheme_str().unwrap_or("http");
                let authority = uri.authority().map_or("", |at| at.as_str());
                write!(out, "{protocol}{scheme}://{authority}{}", uri.path())
            }
            Self::Tcp(at) => write!(out, "tcp://{at}"),
            Self::Unix(path) => write!(out, "unix:{}", path.display()),
            Self::Forward { at, .. } => write!(out, "forward://{at}"),
            Self::Kafka(text) => out.write_str(text),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Target, String> {
        Target::of(text.into())
    }

    #[test]
    fn addresses_are_told_from_paths() {
        for path in ["alerts.ndjson", "./unix:x", "./s3://bucket", "a:b", "-"] {
            assert_eq!(of(path), Ok(Target::File(path.into())));
        }
        for (text, shown) in [
            ("http://host:1/a?secret=1", "http://host:1/a"),
            ("https://host", "https://host/"),
            (
                "hec+https://host:8088",
                "hec+https://host:8088/services/collector/event",
            ),
            ("hec+http://host/own?x=1", "hec+http://host/own"),
            (
                "bulk+https://host:9200/soc",
                "bulk+https://host:9200/soc/_bulk",
            ),
            (
                "bulk+http://host/a/soc/_bulk?pipeline=p",
                "bulk+http://host/a/soc/_bulk",
            ),
            ("tcp://[::1]:5170/", "tcp://[::1]:5170"),
            ("unix:///a/b", "unix:/a/b"),
            ("forward://host:24224?tag=a.b", "forward://host:24224"),
        ] {
            assert_eq!(of(text).unwrap().to_string(), shown);
        }
        assert_eq!(
            of("forward://host:1/"),
            Ok(Target::Forward {
                at: "host:1".to_owned(),
                tag: TAG.to_owned()
            })
        );
    }

    #[test]
    fn refuses_malformed_addresses() {
        for text in [
            "s3://bucket/alerts",
            "http://",
            "http://user:password@host/",
            "hec+https://user:password@host/",
            "hec+ftp://host",
            "bulk+https://host:9200",
            "bulk+https://host:9200/_bulk",
            "tcp://host",
            "tcp://:1",
            "tcp://host:0",
            "tcp://::1:1",
            "unix:",
            "forward://host:1?label=x",
            "forward://host:1?tag=",
        ] {
            assert!(of(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_tls_and_this_machine_are_not_in_the_clear() {
        let clear = |text: &str| of(text).unwrap().is_in_clear();
        assert!(clear("http://host/") && clear("http://10.0.0.1:1/") && clear("tcp://host:1"));
        assert!(clear("hec+http://host/") && clear("bulk+http://host/i"));
        assert!(!clear("hec+https://host/") && !clear("bulk+http://localhost/i"));
        assert!(!clear("https://host/") && !clear("http://localhost:1/"));
        assert!(!clear("http://[::1]:1/") && !clear("http://127.0.0.1/") && !clear("unix:x"));
    }
}
