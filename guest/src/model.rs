//! What goes in and out of a detector: the contract's records as plain Rust types.
//!
//! They mirror `wit/*.wit`, where each field's unit and meaning is documented; a
//! native caller and the component shell see the same thing.
#![allow(
    missing_docs,
    reason = "each field is documented once, in wit/, under the same name"
)]

/// What is wrong with one key of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub key: String,
    pub message: String,
}

/// Why a table was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableError {
    Unknown(Vec<String>),
    Malformed(String),
}

/// Why a state was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeError {
    Damaged(String),
    OtherRule(String),
    OtherConfiguration(String),
    OtherSeed,
}

/// The state of one group in one window.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupState {
    pub window: Window,
    pub key: Vec<KeyPart>,
    pub state: Vec<u8>,
}

/// Why a document was not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    Malformed,
    DroppedLate,
    RefusedFuture,
}

/// A document that was not counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub line: u32,
    pub offset: u32,
    pub length: u32,
    pub kind: RefusalKind,
    pub reason: String,
}

/// What became of the documents of one batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub counted: u64,
    pub duplicate: u64,
    pub excluded: u64,
    pub other_data_set: u64,
    pub malformed: u64,
    pub dropped_late: u64,
    pub refused_future: u64,
    pub refused: Vec<Refusal>,
}

/// Totals since `open`, merged states included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    pub counted: u64,
    pub duplicate: u64,
    pub excluded: u64,
    pub other_data_set: u64,
    pub malformed: u64,
    pub dropped_late: u64,
    pub refused_future: u64,
    pub late: u64,
    pub windows: u64,
    pub groups: u64,
    pub windows_fired: u64,
    pub groups_seen: u64,
    pub alerts_early: u64,
    pub alerts_on_time: u64,
    pub alerts_late: u64,
    pub alerts_retracted: u64,
    pub evicted: u64,
    pub ids_forgotten: u64,
    pub tables_missed: Vec<(String, u64)>,
    pub watermark: Option<i64>,
    pub state_bytes: u64,
}

/// The value of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    Integer(i64),
    Number(f64),
    Boolean(bool),
    Timestamp(i64),
    TextList(Vec<String>),
    IntegerList(Vec<i64>),
}

/// A named value.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    pub value: Value,
}

/// One part of a group key; no value is the null key.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyPart {
    pub name: String,
    pub value: Option<Value>,
}

/// A half-open span of event time in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub start: i64,
    pub end: i64,
}

/// When, in the window's life, a revision was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Early,
    OnTime,
    Late,
    Retracted,
}

/// Why a column does not show everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TruncationKind {
    Capped,
    Approximate,
}

/// A mark on a column that does not show everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truncation {
    pub column: String,
    pub kind: TruncationKind,
}

/// A response that an analyst may carry out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    pub name: String,
    pub method: String,
    pub url: String,
    pub body: Option<String>,
    pub note: Option<String>,
    pub destructive: bool,
}

/// A query that leads on from the alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pivot {
    pub name: String,
    pub language: String,
    pub query: String,
}

/// One revision of one alert.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    pub id: String,
    pub revision: u32,
    pub phase: Phase,
    pub window: Window,
    pub key: Vec<KeyPart>,
    pub first_seen: i64,
    pub last_seen: i64,
    pub columns: Vec<Column>,
    pub reason: String,
    pub complete: bool,
    pub truncated: Vec<Truncation>,
    pub response: Vec<Action>,
    pub pivots: Vec<Pivot>,
}

/// One condition of the rule on one closed window.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    pub name: String,
    pub value: f64,
    pub threshold: f64,
    pub distance: f64,
    pub holds: bool,
}

/// The ledger's entry for one group in one closed window.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub window: Window,
    pub key: Vec<KeyPart>,
    pub first_seen: i64,
    pub last_seen: i64,
    pub clauses: Vec<Clause>,
    pub alerted: bool,
    pub complete: bool,
}

/// Which events are asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    pub key: Vec<KeyPart>,
    pub window: Window,
}

/// What the detector reads in one document.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub line: u32,
    pub offset: u32,
    pub length: u32,
    pub time: i64,
    pub keys: Vec<Vec<KeyPart>>,
    pub category: Option<String>,
    pub columns: Vec<Column>,
}

/// How grave an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

/// A node of the MITRE ATT&CK matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attack {
    pub id: &'static str,
    pub name: &'static str,
    pub reference: &'static str,
}

/// A tactic with its techniques.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threat {
    pub tactic: Attack,
    pub techniques: Vec<Attack>,
    pub subtechniques: Vec<Attack>,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterType {
    Boolean,
    Integer,
    Number,
    Text,
    Exceptions,
}

/// One setting that `open` accepts.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub name: &'static str,
    pub kind: ParameterType,
    pub default_value: String,
    pub minimum: Option<f64>,
    pub maximum: Option<f64>,
    pub summary: &'static str,
}

/// The quotient of two other figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    pub numerator: &'static str,
    pub denominator: &'static str,
    pub decimals: u8,
}

/// How the figure of a longer span follows from the figures of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    Count,
    Distinct,
    Ratio(Ratio),
}

/// One clause of the rule: a figure that has to reach a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    pub column: &'static str,
    pub parameter: &'static str,
    pub aggregate: Aggregate,
}

/// A look-up table that the host may hand over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: &'static str,
    pub format: &'static str,
    pub summary: &'static str,
    pub when_absent: &'static str,
}

/// Everything that is fixed about a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub id: &'static str,
    pub name: &'static str,
    pub version: u32,
    pub description: &'static str,
    pub references: Vec<&'static str>,
    pub severity: Severity,
    pub risk_score: u8,
    pub tags: Vec<&'static str>,
    pub event_category: Vec<&'static str>,
    pub event_type: Vec<&'static str>,
    pub threats: Vec<Threat>,
    pub window_length: u64,
    pub data_sets: Vec<&'static str>,
    pub parameters: Vec<Parameter>,
    pub conditions: Vec<Condition>,
    pub tables: Vec<Table>,
}
