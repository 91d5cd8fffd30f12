//! Listen addresses.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

/// Address to listen at, and its protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// `http://IP:PORT` or `https://IP:PORT`.
    Http {
        /// IP address and port; 0 lets the system choose.
        at: SocketAddr,
        /// Whether in TLS.
        tls: bool,
    },
    /// `tcp://IP:PORT`: documents one after the other, without answers.
    Tcp(SocketAddr),
    /// `unix:PATH`: documents one after the other on a Unix socket, without answers.
    Unix(PathBuf),
    /// `forward://IP:PORT`: Fluentd's Forward protocol, with acknowledgements.
    Forward(SocketAddr),
}

impl Address {
    /// Whether only this machine can reach it.
    #[must_use]
    pub fn is_local(&self) -> bool {
        let local = |ip: IpAddr| ip.to_canonical().is_loopback();
        match self {
            Self::Http { at, .. } | Self::Tcp(at) | Self::Forward(at) => local(at.ip()),
            Self::Unix(_) => true,
        }
    }

    /// This address with the port that the system assigned.
    pub(super) fn on(&self, at: SocketAddr) -> Self {
        match self {
            Self::Http { tls, .. } => Self::Http { at, tls: *tls },
            Self::Tcp(_) => Self::Tcp(at),
            Self::Forward(_) => Self::Forward(at),
            Self::Unix(path) => Self::Unix(path.clone()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { at, tls: false } => write!(out, "http://{at}"),
            Self::Http { at, tls: true } => write!(out, "https://{at}"),
            Self::Tcp(at) => write!(out, "tcp://{at}"),
            Self::Forward(at) => write!(out, "forward://{at}"),
            Self::Unix(path) => write!(out, "unix:{}", path.display()),
        }
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return match path {
                "" => Err("`unix:` wants a path".to_owned()),
                path => Ok(Self::Unix(path.into())),
            };
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(format!(
                "`{text}` is no address; write http://IP:PORT, https://IP:PORT, tcp://IP:PORT, forward://IP:PORT or unix:PATH"
            ));
        };
        let at = rest.strip_suffix('/').unwrap_or(rest);
        let at = at.replace("localhost:", "127.0.0.1:");
        let at: SocketAddr = at.parse().map_err(|_| {
            format!("`{rest}` is no IP address with a port, such as 127.0.0.1:8400")
        })?;
        match scheme {
            "http" => Ok(Self::Http { at, tls: false }),
            "https" => Ok(Self::Http { at, tls: true }),
            "tcp" => Ok(Self::Tcp(at)),
            "forward" => Ok(Self::Forward(at)),
            _ => Err(format!(
                "`{scheme}` is none of http, https, tcp, forward and unix"
            )),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written_alike() {
        for text in [
            "http://127.0.0.1:8400",
            "https://[::1]:1",
            "tcp://0.0.0.0:0",
            "forward://127.0.0.1:24224",
            "unix:/a/b",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        for text in [
            "8400",
            "http://host:1",
            "ftp://127.0.0.1:1",
            "unix:",
            "http://127.0.0.1",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_loopback_and_unix_are_local() {
        let local = |text: &str| text.parse::<Address>().unwrap().is_local();
        assert!(local("http://127.9.9.9:1") && local("tcp://[::1]:1") && local("unix:x"));
        assert!(local("http://[::ffff:127.0.0.1]:1"));
        assert!(
            !local("http://0.0.0.0:1") && !local("tcp://[::]:1") && !local("https://10.0.0.1:1")
        );
    }
}
