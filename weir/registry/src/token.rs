//! What a registry asks for, and the tokens that its token server gives.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use ureq::Agent;
use ureq::http::{HeaderMap, HeaderValue, Uri, header};
use weir_common::escape::{escape, shorten};
use weir_component::reference::is_loopback;

use crate::answer::{Answer, unanswered};
use crate::credentials::Secret;

/// Largest answer of a token server, in bytes.
const LARGEST: u64 = 1 << 20;

/// Credentials that a registry asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// Name and password.
    Basic,
    /// A token of a token server.
    Bearer(TokenServer),
}

/// A token server, and what it is to be asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TokenServer {
    realm: String,
    service: Option<String>,
    scope: Option<String>,
}

/// The answer of a token server.
#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    token: String,
    #[serde(default)]
    access_token: String,
}

/// What an answer asks for; none when it asks for nothing that is known.
pub(crate) fn challenge(headers: &HeaderMap) -> Option<Challenge> {
    let mut basic = false;
    for value in headers.get_all(header::WWW_AUTHENTICATE) {
        let Ok(text) = value.to_str() else { continue };
        for challenge in http_auth::ChallengeParser::new(text).flatten() {
            if challenge.scheme.eq_ignore_ascii_case("basic") {
                basic = true;
            }
            if challenge.scheme.eq_ignore_ascii_case("bearer") {
                let mut server = TokenServer::default();
                for (name, value) in &challenge.params {
                    let value = value.to_unescaped();
                    match name.to_ascii_lowercase().as_str() {
                        "realm" => server.realm = value,
                        "service" => server.service = Some(value),
                        "scope" => server.scope = Some(value),
                        _ => {}
                    }
                }
                return Some(Challenge::Bearer(server));
            }
        }
    }
    basic.then_some(Challenge::Basic)
}

/// Asks a token server for a token. `local` is whether the registry is on this machine: only then
/// may its token server be asked over plain HTTP, on this machine, too.
pub(crate) fn fetch(
    agent: &Agent,
    server: &TokenServer,
    scope: &str,
    (secret, origin): (Option<&Secret>, Option<&str>),
    local: bool,
) -> Result<HeaderValue, String> {
    let realm = shorten(&escape(&server.realm), 200);
    let uri: Uri = server
        .realm
        .parse()
        .map_err(|_| format!("its token server `{realm}` is no address"))?;
    let host = uri.host().unwrap_or_default();
    match uri.scheme_str() {
        Some("https") if !host.is_empty() => {}
        Some("http") if local && is_loopback(host) => {}
        _ => {
            return Err(format!(
                "its token server `{realm}` is asked over https only, or on this machine by a \
                 registry on this machine"
            ));
        }
    }
    // A registry asks for what one request needs; one token is to serve for all.
    let repository = scope
        .rsplit_once(':')
        .map_or(scope, |(repository, _)| repository);
    let scope = match server.scope.as_deref() {
        Some(other)
            if other
                .rsplit_once(':')
                .is_none_or(|(of, _)| of != repository) =>
        {
            other
        }
        _ => scope,
    };
    let service = server
        .service
        .as_deref()
        .map(|service| ("service", service));
    let asked = service.into_iter().chain([("scope", scope)]);
    let sent = match secret {
        Some(Secret::Identity(identity)) => agent.post(&server.realm).send_form(asked.chain([
            ("grant_type", "refresh_token"),
            ("client_id", "weir"),
            ("refresh_token", identity.as_str()),
        ])),
        Some(Secret::Password { user, password }) => {
            let request = agent.get(&server.realm).query_pairs(asked);
            request
                .header(header::AUTHORIZATION, basic(user, password)?)
                .call()
        }
        _ => agent.get(&server.realm).query_pairs(asked).call(),
    };
    let said = |why: String| format!("its token server `{realm}`: {why}");
    let answer = sent.map_err(|error| said(format!("it {}", unanswered(&error))))?;
    let answer = Answer::read(answer, LARGEST).map_err(said)?;
    match (answer.status, origin) {
        (200, _) => {}
        (400 | 401 | 403, Some(origin)) => {
            let why = answer.why();
            return Err(said(format!(
                "it refuses the credentials of {origin}: {why}"
            )));
        }
        _ => return Err(said(answer.why())),
    }
    let token: Token = serde_json::from_slice(&answer.body)
        .map_err(|_| said("its answer is no token".to_owned()))?;
    let token = match token.token.is_empty() {
        true => token.access_token,
        false => token.token,
    };
    match token.is_empty() {
        true => Err(said("its answer has no token".to_owned())),
        false => bearer(&token).map_err(said),
    }
}

/// The header that shows a token.
pub(crate) fn bearer(token: &str) -> Result<HeaderValue, String> {
    secret(&format!("Bearer {token}"))
}

/// The header that shows a name and a password.
pub(crate) fn basic(user: &str, password: &str) -> Result<HeaderValue, String> {
    secret(&format!(
        "Basic {}",
        STANDARD.encode(format!("{user}:{password}"))
    ))
}

fn secret(text: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| "the token has characters that no token has".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    fn asked(texts: &[&str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for text in texts {
            headers.append(header::WWW_AUTHENTICATE, text.parse().unwrap());
        }
        challenge(&headers)
    }

    #[test]
    fn a_token_server_goes_before_a_password() {
        let bearer = r#"Bearer realm="https://auth.example.org/token",service="r",scope="repository:a/b:pull,push""#;
        let server = TokenServer {
            realm: "https://auth.example.org/token".to_owned(),
            service: Some("r".to_owned()),
            scope: Some("repository:a/b:pull,push".to_owned()),
        };
        assert_eq!(
            asked(&["Basic realm=\"x\"", bearer]),
            Some(Challenge::Bearer(server))
        );
        assert_eq!(asked(&["basic realm=x"]), Some(Challenge::Basic));
        assert_eq!(asked(&["Negotiate"]), None);
        assert_eq!(asked(&[]), None);
    }

    #[test]
    fn a_token_server_elsewhere_is_not_asked_in_clear() {
        let agent = Agent::new_with_defaults();
        for (realm, local) in [
            ("http://192.0.2.1/token", true),
            ("http://localhost:80@192.0.2.1/token", true),
            ("http://127.0.0.1:9/token", false),
            ("ftp://127.0.0.1/token", true),
            ("/token", true),
            ("", true),
        ] {
            let server = TokenServer {
                realm: realm.to_owned(),
                ..TokenServer::default()
            };
            let why = fetch(&agent, &server, "s", (None, None), local).unwrap_err();
            assert!(
                why.contains("https only") || why.contains("no address"),
                "{realm}: {why}"
            );
        }
    }
}
