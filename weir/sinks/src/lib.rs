//! Writes alerts: ECS, OCSF, tables, files of refused documents.
#![forbid(unsafe_code)]

pub mod destination;
pub mod output;
pub mod rejects;
