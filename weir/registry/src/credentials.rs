//! Credentials for a registry: of the environment, or of docker's configuration.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::{env, fmt};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use weir_common::explain::explain;
use weir_host::Error;

use crate::helper;

/// Variable with a token that is shown as it is.
const TOKEN: &str = "WEIR_REGISTRY_TOKEN";
/// Variable with the name that goes with a password.
const USER: &str = "WEIR_REGISTRY_USER";
/// Variable with a password.
const PASSWORD: &str = "WEIR_REGISTRY_PASSWORD";
/// Largest configuration of docker's, in bytes.
const LARGEST: u64 = 4 << 20;
/// The name under which docker keeps the credentials of its own registry.
const HUB: &str = "https://index.docker.io/v1/";

/// Credentials, and where they were found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) secret: Secret,
    pub(crate) origin: String,
}

/// A secret of one kind.
pub(crate) enum Secret {
    /// Name and password.
    Password { user: String, password: String },
    /// A token that a token server gives tokens for.
    Identity(String),
    /// A token for the registry itself.
    Token(String),
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Password { .. } => "Password",
            Self::Identity(_) => "Identity",
            Self::Token(_) => "Token",
        })
    }
}

/// Docker's configuration, as far as it is about credentials.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Docker {
    auths: BTreeMap<String, Auth>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Auth {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
}

/// The credentials for a host with its port, if there are any.
///
/// # Errors
///
/// [`Error::Config`] when a place that should hold some is broken.
pub(crate) fn find(host: &str) -> Result<Option<Found>, Error> {
    let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(token) = variable(TOKEN) {
        return Ok(Some(Found {
            secret: Secret::Token(token),
            origin: TOKEN.to_owned(),
        }));
    }
    match (variable(USER), variable(PASSWORD)) {
        (Some(user), Some(password)) => {
            return Ok(Some(Found {
                secret: Secret::Password { user, password },
                origin: format!("{USER} and {PASSWORD}"),
            }));
        }
        (None, None) => {}
        (Some(_), None) => return Err(alone(USER, PASSWORD)),
        (None, Some(_)) => return Err(alone(PASSWORD, USER)),
    }
    match docker_file() {
        Some(path) => of_docker(&path, host),
        None => Ok(None),
    }
}

fn alone(one: &str, other: &str) -> Error {
    Error::config(format!("{one} is set, and {other} is not"))
}

/// `$DOCKER_CONFIG/config.json`, or `~/.docker/config.json`.
fn docker_file() -> Option<PathBuf> {
    let folder = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let folder = folder("DOCKER_CONFIG").or_else(|| Some(folder("HOME")?.join(".docker")));
    Some(folder?.join("config.json"))
}

/// Credentials in docker's configuration: of the host's own helper, of the helper of all, or in
/// the file itself.
fn of_docker(path: &Path, host: &str) -> Result<Option<Found>, Error> {
    let wrong = |why: String| Error::config(format!("{}: {why}", path.display()));
    let mut text = String::new();
    match File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut text)) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong(explain(&error))),
    }
    // Without the parser's words, which may hold a password.
    let docker: Docker = serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        wrong(format!(
            "line {line}, column {column}: it is no configuration of docker's"
        ))
    })?;
    let host = plain(host);
    let own = docker
        .cred_helpers
        .iter()
        .find(|(name, _)| plain(name) == host);
    let helpers = own
        .map(|(_, helper)| helper)
        .into_iter()
        .chain(&docker.creds_store);
    for helper in helpers {
        let server = if host == plain(HUB) { HUB } else { host };
        let found = helper::get(helper, server).map_err(wrong)?;
        if let Some(secret) = found {
            return Ok(Some(Found {
                secret,
                origin: format!("docker-credential-{helper}"),
            }));
        }
    }
    let entry = docker.auths.iter().find(|(name, _)| plain(name) == host);
    let Some((name, auth)) = entry else {
        return Ok(None);
    };
    let secret = auth
        .secret()
        .map_err(|why| wrong(format!("auths.\"{name}\": {why}")))?;
    Ok(secret.map(|secret| Found {
        secret,
        origin: path.display().to_string(),
    }))
}

impl Auth {
    /// The secret that an entry holds; none when it is empty, as where a helper has it.
    fn secret(&self) -> Result<Option<Secret>, String> {
        if !self.identitytoken.is_empty() {
            return Ok(Some(Secret::Identity(self.identitytoken.clone())));
        }
        if !self.username.is_empty() {
            return Ok(Some(Secret::Password {
                user: self.username.clone(),
                password: self.password.clone(),
            }));
        }
        if self.auth.is_empty() {
            return Ok(None);
        }
        let bytes = STANDARD
            .decode(self.auth.trim())
            .map_err(|_| "auth is no Base64".to_owned())?;
        let text = String::from_utf8(bytes).map_err(|_| "auth is no text".to_owned())?;
        match text.trim_end_matches('\0').split_once(':') {
            Some((user, password)) => Ok(Some(Secret::Password {
                user: user.to_owned(),
                password: password.to_owned(),
            })),
            None => Err("auth is not NAME:PASSWORD in Base64".to_owned()),
        }
    }
}

/// A registry's name without scheme and path; docker's own registry has several.
fn plain(name: &str) -> &str {
    let rest = name.split_once("://").map_or(name, |(_, rest)| rest);
    match rest.split('/').next().unwrap_or(rest) {
        "index.docker.io" | "registry-1.docker.io" => "docker.io",
        host => host,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    fn shown(text: &str, host: &str) -> Result<String, String> {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("config.json");
        std::fs::write(&path, text).unwrap();
        match of_docker(&path, host) {
            Ok(None) => Ok("none".to_owned()),
            Ok(Some(found)) => Ok(match found.secret {
                Secret::Password { user, password } => format!("{user}/{password}"),
                Secret::Identity(token) => format!("identity {token}"),
                Secret::Token(token) => format!("token {token}"),
            }),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn entries_are_found_by_host_however_docker_writes_it() {
        // me:secret
        let text = r#"{"auths": {
            "https://registry.example.org/v2/": {"auth": "bWU6c2VjcmV0"},
            "https://index.docker.io/v1/": {"username": "hub", "password": "p"},
            "127.0.0.1:5000": {"identitytoken": "long"},
            "empty": {}
        }, "HttpHeaders": {"x": "y"}}"#;
        assert_eq!(shown(text, "registry.example.org").unwrap(), "me/secret");
        assert_eq!(shown(text, "docker.io").unwrap(), "hub/p");
        assert_eq!(shown(text, "127.0.0.1:5000").unwrap(), "identity long");
        for other in [
            "127.0.0.1:5001",
            "127.0.0.1",
            "empty",
            "example.org",
            "registry.example.org:5000",
        ] {
            assert_eq!(shown(text, other).unwrap(), "none", "{other}");
        }
    }

    #[test]
    fn a_broken_file_is_told_with_its_place() {
        for (text, why) in [
            ("{", "config.json"),
            (r#"{"auths": {"h": {"auth": "%"}}}"#, "Base64"),
            (r#"{"auths": {"h": {"auth": "bWU="}}}"#, "NAME:PASSWORD"),
            (r#"{"credsStore": "../x"}"#, "../x"),
            (r#"{"auths": {"h": "c2VjcmV0"}}"#, "line 1"),
        ] {
            let error = shown(text, "h").unwrap_err();
            assert!(!error.contains("c2VjcmV0"), "{error}");
            assert!(
                error.contains(why) && error.contains("config.json"),
                "{error}"
            );
        }
        let gone = of_docker(Path::new("/no/such/config.json"), "h");
        assert!(gone.unwrap().is_none());
    }
}
