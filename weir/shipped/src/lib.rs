//! The component that the command carries, as bytes, and what its log's crate knows of values in logs.
#![forbid(unsafe_code)]

/// The component of the shipped rules.
pub const COMPONENT: &[u8] = include_bytes!(env!("WEIR_COMPONENT"));

/// The component that compiled rules run in, without any.
pub const COMPILED: &[u8] = include_bytes!(env!("WEIR_COMPILED"));

/// Short names of the rules that judge where none is named, with commas between.
pub const RULES: &str = env!("WEIR_RULES");

/// Names of client applications, as tab-separated lines.
pub const CLIENTS: &str = include_str!(env!("WEIR_CLIENTS"));

/// What an analyst can look into, as tab-separated lines.
pub const LEADS: &str = include_str!(env!("WEIR_LEADS"));
