//! Components in OCI registries: pushed with description and signature, pulled by digest.
//!
//! ```text
//! oci://HOST/NAME:TAG   manifest ── config   application/vnd.wasm.config.v0+json
//!                          ^     └─ layer    application/wasm, the component
//!                          │ subject
//! NAME:sha256-<digest of the manifest>.minisig
//!                       manifest ── config   application/vnd.oci.empty.v1+json
//!                                └─ layer    application/vnd.minisign.signature, text
//! ```
//!
//! A registry is not trusted: what it gives is taken by digest or by signature, its answers are
//! bounded, and it is shown credentials only when it asks, over TLS or on this machine.
#![forbid(unsafe_code)]

mod answer;
mod credentials;
mod helper;
mod manifest;
mod open;
mod pull;
mod push;
mod session;
mod token;

pub use open::{Asked, Opened, open};
pub use pull::{Pulled, pull};
pub use push::push;
