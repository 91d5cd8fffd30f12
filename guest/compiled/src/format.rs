//! The encoding of compiled rules.
//!
//! A version, the number of rules, and the rules, each a list of values in the order of its fields.
//! Decoding is bounded by the bytes and never panics.

mod conditions;

use conditions::{clause, field, range, read_clause, read_field, read_range};
use weir_detector::judgement::Judgement;
use weir_detector::key::PartKind;
use weir_detector::model::Comparison;
use weir_detector::program::Program;
use weir_detector::schema::ColumnKind;
use weir_detector::single::SingleKind;
use weir_detector::wire::{Reader, Writer};

/// The version of the encoding.
const VERSION: u64 = 2;
/// Most rules of a component, as hosts accept them.
pub const MAX_RULES: usize = 1000;

/// The field that programs read a document's identity by.
pub const IDENTITY: &str = "_id";
/// The part of a key that is the identity of a document.
pub const DOCUMENT: &str = "document.id";

/// A node of ATT&CK.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AttackSpec {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The address of its page.
    pub reference: String,
}

/// A tactic of ATT&CK with its techniques.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ThreatSpec {
    /// The tactic.
    pub tactic: AttackSpec,
    /// The techniques.
    pub techniques: Vec<AttackSpec>,
    /// The techniques below those.
    pub subtechniques: Vec<AttackSpec>,
}

/// The default of a parameter, its smallest and its largest value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RangeSpec {
    /// Integers.
    Integer(u64, u64, u64),
    /// Numbers, which are finite.
    Number(f64, f64, f64),
}

/// A numeric parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterSpec {
    /// Its name.
    pub name: String,
    /// Its values.
    pub range: RangeSpec,
    /// A sentence on what it decides.
    pub summary: String,
}

/// A part of the key.
#[derive(Clone, Debug, PartialEq)]
pub struct KeySpec {
    /// Its name in alerts.
    pub name: String,
    /// The type of its values.
    pub kind: PartKind,
    /// Whether an event without a value is left out.
    pub required: bool,
    /// The program of its values.
    pub program: Program,
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnSpec {
    /// Its name in alerts.
    pub name: String,
    /// Its kind.
    pub kind: ColumnKind,
    /// The program of its values; None for a count.
    pub program: Option<Program>,
    /// Whether alerts show it.
    pub shown: bool,
}

/// What a condition compares.
#[derive(Clone, Debug, PartialEq)]
pub enum FigureSpec {
    /// A column, by its number.
    Column(u8),
    /// The result of a program over the key and the columns, under a name in alerts.
    Computed(String, Program),
}

/// A condition: a figure, compared with a parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct ClauseSpec {
    /// The figure.
    pub figure: FigureSpec,
    /// How it is compared.
    pub comparison: Comparison,
    /// The parameter.
    pub parameter: String,
}

/// A further field of alerts.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldSpec {
    /// The start of the window.
    Start,
    /// The time of the first event.
    First,
    /// The time of the last event.
    Last,
    /// A column, by its number, under another name.
    Again(u8),
    /// The result of a program over the key and the columns.
    Computed(Program),
}

/// A compiled rule.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSpec {
    /// Its identifier.
    pub id: String,
    /// Its name on a command line.
    pub short_name: String,
    /// Its name.
    pub name: String,
    /// Its version, from 1 on.
    pub version: u32,
    /// What it detects.
    pub description: String,
    /// Addresses of pages about it.
    pub references: Vec<String>,
    /// Its severity: 0 for low to 3 for critical.
    pub severity: u8,
    /// Its risk score.
    pub risk_score: u8,
    /// Its tags.
    pub tags: Vec<String>,
    /// The techniques that it detects.
    pub threats: Vec<ThreatSpec>,
    /// The patterns of names of indexes whose documents it reads; none for all.
    pub indexes: Vec<String>,
    /// The kind of windows and the times of evaluation.
    pub judgement: Judgement,
    /// Its parameters.
    pub parameters: Vec<ParameterSpec>,
    /// The filter.
    pub filter: Program,
    /// The parts of the key.
    pub key: Vec<KeySpec>,
    /// The columns.
    pub columns: Vec<ColumnSpec>,
    /// The conditions.
    pub conditions: Vec<ClauseSpec>,
    /// Further fields of alerts, by their names.
    pub fields: Vec<(String, FieldSpec)>,
}

/// Encodes rules.
#[must_use]
pub fn encode(rules: &[RuleSpec]) -> Vec<u8> {
    let mut w = Writer::default();
    w.u64(VERSION);
    list(&mut w, rules, rule);
    w.bytes
}

/// Decodes rules from any bytes; no bytes are no rules.
///
/// # Errors
/// A sentence on what is wrong with the bytes.
pub fn decode(bytes: &[u8]) -> Result<Vec<RuleSpec>, String> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let mut r = Reader(bytes);
    let version = r.u64();
    if version != Some(VERSION) {
        return Err(format!("they are of version {version:?}, not {VERSION}"));
    }
    let rules = read_list(&mut r, read_rule).ok_or("the bytes end or do not fit")?;
    match r.0 {
        [] if rules.len() <= MAX_RULES => Ok(rules),
        [] => Err(format!("{} rules, more than {MAX_RULES}", rules.len())),
        _ => Err("more bytes are behind them".to_owned()),
    }
}

fn list<T>(w: &mut Writer, values: &[T], write: fn(&mut Writer, &T)) {
    w.size(values.len());
    values.iter().for_each(|value| write(w, value));
}

fn read_list<T>(r: &mut Reader, read: fn(&mut Reader) -> Option<T>) -> Option<Vec<T>> {
    let mut values = Vec::new();
    r.each(|r| {
        values.push(read(r)?);
        Some(())
    })?;
    Some(values)
}

fn text(w: &mut Writer, value: &String) {
    w.slice(value.as_bytes());
}

fn read_text(r: &mut Reader) -> Option<String> {
    r.text().map(str::to_owned)
}

fn program(w: &mut Writer, value: &Program) {
    w.slice(&value.encode());
}

fn read_program(r: &mut Reader) -> Option<Program> {
    Program::decode(r.slice()?).ok()
}

fn rule(w: &mut Writer, rule: &RuleSpec) {
    text(w, &rule.id);
    text(w, &rule.short_name);
    text(w, &rule.name);
    w.u32(rule.version);
    text(w, &rule.description);
    list(w, &rule.references, text);
    w.u32(rule.severity.into());
    w.u32(rule.risk_score.into());
    list(w, &rule.tags, text);
    list(w, &rule.threats, threat);
    list(w, &rule.indexes, text);
    judgement(w, rule.judgement);
    list(w, &rule.parameters, parameter);
    program(w, &rule.filter);
    list(w, &rule.key, key);
    list(w, &rule.columns, column);
    list(w, &rule.conditions, clause);
    list(w, &rule.fields, field);
}

fn read_rule(r: &mut Reader) -> Option<RuleSpec> {
    Some(RuleSpec {
        id: read_text(r)?,
        short_name: read_text(r)?,
        name: read_text(r)?,
        version: r.u32()?,
        description: read_text(r)?,
        references: read_list(r, read_text)?,
        severity: byte(r)?,
        risk_score: byte(r)?,
        tags: read_list(r, read_text)?,
        threats: read_list(r, read_threat)?,
        indexes: read_list(r, read_text)?,
        judgement: read_judgement(r)?,
        parameters: read_list(r, read_parameter)?,
        filter: read_program(r)?,
        key: read_list(r, read_key)?,
        columns: read_list(r, read_column)?,
        conditions: read_list(r, read_clause)?,
        fields: read_list(r, read_field)?,
    })
}

fn byte(r: &mut Reader) -> Option<u8> {
    r.u32()?.try_into().ok()
}

fn attack(w: &mut Writer, node: &AttackSpec) {
    text(w, &node.id);
    text(w, &node.name);
    text(w, &node.reference);
}

fn read_attack(r: &mut Reader) -> Option<AttackSpec> {
    Some(AttackSpec {
        id: read_text(r)?,
        name: read_text(r)?,
        reference: read_text(r)?,
    })
}

fn threat(w: &mut Writer, threat: &ThreatSpec) {
    attack(w, &threat.tactic);
    list(w, &threat.techniques, attack);
    list(w, &threat.subtechniques, attack);
}

fn read_threat(r: &mut Reader) -> Option<ThreatSpec> {
    Some(ThreatSpec {
        tactic: read_attack(r)?,
        techniques: read_list(r, read_attack)?,
        subtechniques: read_list(r, read_attack)?,
    })
}

fn parameter(w: &mut Writer, parameter: &ParameterSpec) {
    text(w, &parameter.name);
    range(w, parameter.range);
    text(w, &parameter.summary);
}

fn read_parameter(r: &mut Reader) -> Option<ParameterSpec> {
    Some(ParameterSpec {
        name: read_text(r)?,
        range: read_range(r)?,
        summary: read_text(r)?,
    })
}

fn judgement(w: &mut Writer, judgement: Judgement) {
    let (kind, one, two) = match judgement {
        Judgement::Tumbling { seconds } => (0, seconds, 0),
        Judgement::Sliding {
            length_seconds,
            every_seconds,
        } => (1, length_seconds, every_seconds),
        Judgement::FirstSeen {
            history_seconds,
            warm_up_seconds: None,
        } => (2, history_seconds, 0),
        Judgement::FirstSeen {
            history_seconds,
            warm_up_seconds: Some(warm_up),
        } => (3, history_seconds, warm_up),
        Judgement::Each { suppress_seconds } => (4, suppress_seconds, 0),
    };
    w.u64(kind);
    w.u64(one);
    w.u64(two);
}

fn read_judgement(r: &mut Reader) -> Option<Judgement> {
    let (kind, one, two) = (r.u64()?, r.u64()?, r.u64()?);
    Some(match kind {
        0 => Judgement::Tumbling { seconds: one },
        1 => Judgement::Sliding {
            length_seconds: one,
            every_seconds: two,
        },
        2 | 3 => Judgement::FirstSeen {
            history_seconds: one,
            warm_up_seconds: (kind == 3).then_some(two),
        },
        4 => Judgement::Each {
            suppress_seconds: one,
        },
        _ => return None,
    })
}

const PARTS: [PartKind; 3] = [PartKind::Text, PartKind::Integer, PartKind::Boolean];

fn key(w: &mut Writer, part: &KeySpec) {
    text(w, &part.name);
    w.size(number(&PARTS, &part.kind));
    w.bool(part.required);
    program(w, &part.program);
}

fn read_key(r: &mut Reader) -> Option<KeySpec> {
    Some(KeySpec {
        name: read_text(r)?,
        kind: *PARTS.get(r.size()?)?,
        required: r.bool()?,
        program: read_program(r)?,
    })
}

/// The kinds of columns that rules are compiled to; further ones are appended.
const COLUMNS: [ColumnKind; 29] = [
    ColumnKind::Count,
    ColumnKind::Distinct,
    ColumnKind::Values,
    ColumnKind::Addresses,
    ColumnKind::Samples,
    ColumnKind::Sum(SingleKind::Integer),
    ColumnKind::Sum(SingleKind::Number),
    ColumnKind::Min(SingleKind::Integer),
    ColumnKind::Max(SingleKind::Integer),
    ColumnKind::Min(SingleKind::Number),
    ColumnKind::Max(SingleKind::Number),
    ColumnKind::Average(SingleKind::Number),
    ColumnKind::Average(SingleKind::Integer),
    ColumnKind::Min(SingleKind::Text),
    ColumnKind::Max(SingleKind::Text),
    ColumnKind::Min(SingleKind::Boolean),
    ColumnKind::Max(SingleKind::Boolean),
    ColumnKind::Min(SingleKind::Time),
    ColumnKind::Max(SingleKind::Time),
    ColumnKind::First(SingleKind::Integer),
    ColumnKind::Last(SingleKind::Integer),
    ColumnKind::First(SingleKind::Number),
    ColumnKind::Last(SingleKind::Number),
    ColumnKind::First(SingleKind::Text),
    ColumnKind::Last(SingleKind::Text),
    ColumnKind::First(SingleKind::Boolean),
    ColumnKind::Last(SingleKind::Boolean),
    ColumnKind::First(SingleKind::Time),
    ColumnKind::Last(SingleKind::Time),
];

fn column(w: &mut Writer, column: &ColumnSpec) {
    text(w, &column.name);
    w.size(number(&COLUMNS, &column.kind));
    w.option(column.program.as_ref(), program);
    w.bool(column.shown);
}

fn read_column(r: &mut Reader) -> Option<ColumnSpec> {
    Some(ColumnSpec {
        name: read_text(r)?,
        kind: *COLUMNS.get(r.size()?)?,
        program: r.option(read_program)?,
        shown: r.bool()?,
    })
}

fn number<T: PartialEq>(all: &[T], wanted: &T) -> usize {
    { all.iter() }
        .position(|known| known == wanted)
        .unwrap_or_default()
}
