//! TLS of HTTP clients: the authorities that servers are checked by.
//!
//! A server's certificate is always checked: by the system's authorities, or by those of a file.
#![forbid(unsafe_code)]

use std::fmt::Display;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};
use weir_common::Error;
use weir_common::explain::explain;

/// TLS by the authorities of a PEM file.
///
/// # Errors
///
/// [`Error::Config`] when the file cannot be read or holds no certificate.
pub fn of_file(path: &Path) -> Result<TlsConfig, Error> {
    let wrong = |why: &str| Error::config(format!("{}: {why}", path.display()));
    let pem = fs::read(path).map_err(|error| wrong(&explain(&error)))?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
            Ok(_) => {}
            Err(error) => return Err(wrong(&format!("is no PEM: {error}"))),
        }
    }
    if certificates.is_empty() {
        return Err(wrong("there is no certificate in it"));
    }
    Ok(config(&certificates))
}

/// TLS by the system's authorities, or those of `SSL_CERT_FILE`; `server` and `remedy` are for the
/// message when there are none.
///
/// # Errors
///
/// [`Error::Config`] when the system has none.
pub fn of_system(server: impl Display, remedy: &str) -> Result<TlsConfig, Error> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let why = found.errors.first().map(|error| format!(": {error}"));
        return Err(Error::config(format!(
            "{server}: the system has no certificates to check it by{}; {remedy}",
            why.unwrap_or_default()
        )));
    }
    let certificates = found.certs.iter();
    let certificates: Vec<Certificate<'static>> = certificates
        .map(|certificate| Certificate::from_der(certificate).to_owned())
        .collect();
    Ok(config(&certificates))
}

/// TLS that trusts no server.
#[must_use]
pub fn of_nobody() -> TlsConfig {
    config(&[])
}

fn config(certificates: &[Certificate<'static>]) -> TlsConfig {
    TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::new_with_certs(certificates))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build()
}
