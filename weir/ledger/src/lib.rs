//! The ledger: every closed window of every group, with the value of each clause of the rule and
//! its distance from the threshold.
//!
//! One row is one group in one window, of one rule. A late event gives a further row for its group, and the
//! last one of a window and a key holds. Rows are made of what the detector says and of what
//! `describe` says of the rule's clauses: the host knows no rule. In NDJSON a row has the columns of its
//! rule; a Parquet file has those of all its rules, and a row nulls in those of the others.
//!
//! | column | type | what it is |
//! |---|---|---|
//! | `@timestamp` | time | the window's end |
//! | `rule.id` | text | the rule |
//! | `weir.key` | list of text; in Parquet the same as JSON | names of the key's parts, in their order |
//! | the key's parts | as in an alert | null for the null key |
//! | `event.start`, `event.end` | time | the group's first and last event |
//! | `weir.window.start`, `weir.window.end` | time | the window, end excluded |
//! | `weir.alerted` | boolean | whether all clauses hold |
//! | `weir.complete` | boolean | false when state was given up, so that figures may fall short |
//! | `weir.truncated` | list of text, null where it is empty; in Parquet the same as JSON | which figures are estimates, as in an alert: `Esql.url_path_count: approximate` |
//! | `weir.alert.id` | text | the id that an alert of this group and window has |
//! | `weir.verdicts_floor` | number | the floor that the ledger was kept with |
//! | a clause's column, such as `Esql.errors` | integer; number for a ratio | its value |
//! | `weir.clause.PARAMETER.threshold` | the same | the smallest value at which it holds |
//! | `weir.clause.PARAMETER.distance` | the same | value - threshold |
//! | `weir.clause.PARAMETER.holds` | boolean | whether it holds |
#![forbid(unsafe_code)]

mod columns;
mod entry;
pub mod explain;
mod file;
mod latest;
mod ndjson;
mod parquet;
mod parquet_read;
mod row;
mod scheme;
pub mod tune;

pub use entry::text;
pub use entry::{Entry, Figure};
pub use file::LedgerFile;
pub use latest::Latest;
pub use ndjson::NdjsonLedger;
pub use parquet::ParquetLedger;
pub use scheme::{Scheme, VERDICTS, VERDICTS_FLOOR, keeps_ledger};
pub use weir_pipeline::ledger::Ledger;
