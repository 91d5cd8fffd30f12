//! Text, numbers, time, files and errors that the crates above share.
#![forbid(unsafe_code)]

pub mod clock;
pub mod error;
pub mod escape;
pub mod exclusive;
pub mod explain;
pub mod message;
pub mod moment;
pub mod number_key;
pub mod numbers;
pub mod positioned;
pub mod sealed;
pub mod seed;
pub mod suggestion;
pub mod throttle;
pub mod time;

pub use error::Error;
