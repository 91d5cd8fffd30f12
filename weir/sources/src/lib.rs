//! Reads logs: files, folders, pipes and senders, as whole documents with positions.
#![forbid(unsafe_code)]

#[path = "../../../guest/detector/src/brackets.rs"]
mod brackets;
pub mod frame;
pub mod input;
pub mod progress;
pub mod reader;
pub mod seed;
