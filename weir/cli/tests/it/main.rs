//! The command as its users meet it: each module runs the built binary, or the library's public interface, over invented logs.
#![cfg(unix)]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

mod alerts;
mod another;
mod bad_input;
mod bench;
mod broken;
mod cases;
mod check;
mod checkpoint;
mod code_cache;
mod collectors;
mod compile;
mod compile_commands;
mod components;
mod contract;
mod debug;
mod deliver;
mod deployment;
mod estimates;
mod explain;
mod field;
mod follow;
mod forms;
mod hostile;
mod interfaces;
#[cfg(feature = "kafka")]
mod kafka;
mod kill;
mod ledger;
mod made;
mod manual;
mod messages;
mod mirrored;
mod new;
mod opened;
mod pipe;
mod pipelines;
mod pressure;
mod registry;
mod reload;
mod report;
mod resume;
mod rule_files;
mod rules;
mod senders;
mod serve;
mod settings;
mod several;
mod signals;
mod sloppy;
#[cfg(target_os = "linux")]
mod soak;
mod speaks;
mod stdout;
mod support;
mod tap;
mod terminal;
mod threads;
mod trust;
mod tune;
mod upgrade;
mod validate;
mod walkthrough;
mod zoo;
