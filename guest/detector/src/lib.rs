//! The engine of streaming detections: from the bytes of a log to alerts.
//!
//! It depends on no log and no rule. A log lists in a table the [`fields`](mod@fields) of its
//! records; the readers ([`batch`], [`record`], [`learning_reader`], [`wrapping`]) pass its records to the
//! log's mapping. A rule on a [`log`] is a [`definition`], and a [`detector`] runs it: windows,
//! lateness, revisions, budget, snapshots and merging belong to the engine. A group's aggregate
//! follows a [`schema`] of [`columns`](mod@columns), is stored in [`facts`], [`ids`], [`sketch`]
//! and [`strings`], and is encoded with [`wire`]. [`model`] has the types of the contract; with the
//! feature `component`, `component` exports a detector as a WebAssembly component.
//!
//! [`plain`] is the short way: a log as a list of fields, a rule as columns of them.
//!
//! The crate is pure: no clock, no randomness, no files, no network.
#![deny(unsafe_code)]

mod accumulator;
pub mod address;
pub mod advise;
pub mod batch;
pub mod callers;
pub mod chunk;
pub mod columns;
#[cfg(feature = "component")]
pub mod component;
pub mod conditions;
pub mod config;
pub mod decimal;
pub mod definition;
pub mod describe;
pub mod detector;
pub mod exact;
pub mod exception;
pub mod facts;
pub mod fields;
pub mod group;
pub mod hash;
pub mod identity;
pub mod ids;
pub mod judgement;
pub mod key;
pub mod learning_reader;
pub mod log;
pub mod messages;
pub mod mmdb;
pub mod model;
pub mod network;
pub mod order;
pub mod plain;
pub mod program;
pub mod program_rule;
pub mod record;
pub mod scan;
pub mod schema;
pub mod settings;
pub mod single;
pub mod sketch;
pub mod snapshot_group;
pub mod strings;
pub mod text;
pub mod time;
pub mod totals;
pub mod view;
pub mod window;
pub mod wire;
pub mod wrapping;

mod alert;
mod brackets;
mod budget;
mod episodes;
mod evaluate;
mod event_time;
mod first_seen;
mod group_extras;
mod ingest;
mod key_path;
#[cfg(test)]
mod kinds_case;
#[cfg(test)]
mod kinds_flood_tests;
#[cfg(test)]
mod kinds_merge_tests;
#[cfg(test)]
mod kinds_state_tests;
#[cfg(test)]
mod kinds_tests;
#[cfg(test)]
mod kinds_toy;
mod merge;
mod open_rule;
mod origin;
mod output_order;
mod problems;
mod recovery;
mod recovery_list;
mod retention;
mod row_values;
mod select;
mod sessions;
mod sliding;
mod snapshot;
mod snapshot_kinds;
mod snapshot_window;
mod split;
mod stream;
mod table;
mod take_over;
#[cfg(test)]
mod take_over_tests;
#[cfg(test)]
mod toy;
mod window_merge;
mod window_split;
