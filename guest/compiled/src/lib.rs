//! The component that compiled rules run in: definitions as data, over documents with ECS names.
//!
//! A compiler writes [definitions](mod@format) into the [data](region) of the built component. Natively
//! the crate is a library: the format for the compiler, and [`rules`] for tests.
#![cfg_attr(not(feature = "component"), forbid(unsafe_code))]
#![cfg_attr(
    feature = "component",
    allow(unsafe_code, reason = "the component's functions are exported by name")
)]

pub mod format;
pub mod log;
pub mod region;
pub mod rule;

#[cfg(feature = "component")]
mod carried;
mod catalog;
mod dispatch;
mod document;
mod event;
mod raw;
mod reason;
mod sources;

use format::{FigureSpec, IDENTITY, RuleSpec};
use log::Documents;
use weir_detector::definition::RuleOn;
use weir_detector::program::Program;

/// The rules of definitions.
///
/// # Errors
/// A sentence on the first definition that is not valid.
pub fn rules(specs: &'static [RuleSpec]) -> Result<Vec<Box<RuleOn<Documents>>>, String> {
    { specs.iter() }
        .map(|spec| {
            let rule = rule::CompiledRule::new(spec)?;
            Ok(Box::new(rule) as Box<RuleOn<Documents>>)
        })
        .collect()
}

/// The programs of a rule over its events.
fn programs(spec: &RuleSpec) -> impl Iterator<Item = &Program> {
    let key = spec.key.iter().map(|part| &part.program);
    let columns = spec
        .columns
        .iter()
        .filter_map(|column| column.program.as_ref());
    [&spec.filter].into_iter().chain(key).chain(columns)
}

/// The names of fields and of indexes in a rule that are too long to be patterns.
#[must_use]
pub fn long_patterns(spec: &RuleSpec) -> Vec<&str> {
    let fields = programs(spec).flat_map(Program::fields);
    let fields = fields.map(|field| field.name.as_str());
    let fields = fields.filter(|name| name.contains('*') && catalog::pattern(name).is_none());
    let indexes = spec.indexes.iter().map(String::as_str);
    let indexes = indexes.map(|text| text.strip_prefix('-').unwrap_or(text));
    let indexes = indexes.filter(|text| sources::pattern(text).is_none());
    fields.chain(indexes).collect()
}

/// The fields that a rule is decided by and raw records of its data set lack; none of a rule on
/// data sets without raw records.
#[must_use]
pub fn lacking_in_raw(spec: &RuleSpec) -> Vec<&str> {
    let mut sets = spec.indexes.iter().map(|index| sources::data_set(index));
    if !sets.any(|name| name == aadgraph::event::DATASET) {
        return Vec::new();
    }
    let decides = |at: usize| {
        let mut figures = spec.conditions.iter().map(|clause| &clause.figure);
        figures.any(|figure| match figure {
            FigureSpec::Column(column) => usize::from(*column) == at,
            FigureSpec::Computed(..) => true,
        })
    };
    let columns = { spec.columns.iter().enumerate() }
        .filter(|(at, _)| decides(*at))
        .filter_map(|(_, column)| column.program.as_ref());
    let key = spec.key.iter().map(|part| &part.program);
    let deciding = [&spec.filter].into_iter().chain(key).chain(columns);
    let mut names: Vec<&str> = deciding
        .flat_map(|program| program.fields())
        .map(|field| field.name.as_str())
        .filter(|name| *name != IDENTITY && !name.contains('*'))
        .filter(|name| !aadgraph::document::OF_RAW.contains(name))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}
