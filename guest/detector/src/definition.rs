//! The definition of a rule as data: schema, conditions and alert.
//!
//! All that the engine needs of a rule is here; the functions of [`Rule`] compute a rule's inputs
//! from an event. [`describe`](crate::describe::describe) and every alert follow from the definition.

use crate::columns::Columns;
use crate::conditions::{Condition, Conditions, Figure};
use crate::config::{Config, ParameterSpec, ParameterValue, Parameters};
use crate::exception::Exception;
use crate::facts::ColumnId;
use crate::fields;
use crate::judgement::Judgement;
use crate::key::{Keys, PartKind};
use crate::log::{Log, LogInfo};
use crate::model::{Action, Comparison, Pivot, Problem, Severity, Threat};
use crate::origin::Counted;
use crate::problems::Problems;
use crate::program::Program;
use crate::row_values;
use crate::schema::{Column, ColumnKind, KeyColumn, Schema};
use crate::view::AlertView;

/// A rule's fixed metadata: its name, texts, severity and ATT&CK techniques.
#[allow(
    missing_docs,
    reason = "documented in wit/description.wit, under the same names"
)]
#[derive(Clone)]
pub struct Info {
    pub id: &'static str,
    pub short_name: &'static str,
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
}

impl Info {
    /// The metadata of a rule of medium severity, without what is optional. `id` is a UUID, or
    /// another text that no other rule has; `short_name` is its name on a command line.
    #[must_use]
    pub fn of(id: &'static str, short_name: &'static str, name: &'static str) -> Info {
        Info {
            id,
            short_name,
            name,
            version: 1,
            description: "",
            references: Vec::new(),
            severity: Severity::Medium,
            risk_score: 47,
            tags: Vec::new(),
            event_category: Vec::new(),
            event_type: Vec::new(),
            threats: Vec::new(),
        }
    }
}

/// A condition: a figure, compared with a parameter. It does not hold if the figure is null.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clause {
    /// The name of the figure in alerts.
    pub column: &'static str,
    /// The parameter that sets the threshold.
    pub parameter: &'static str,
    /// How the figure is compared with the threshold.
    pub comparison: Comparison,
    /// The value that is compared with the threshold.
    pub figure: Figure,
}

/// The source of a field of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertField {
    /// The window's start.
    Start,
    /// The time of the first event.
    First,
    /// The time of the last event.
    Last,
    /// A column, under its own name.
    Column(ColumnId),
    /// The figure of a condition, by the condition's place.
    Figure(usize),
    /// A column that is also shown under another name.
    Again(ColumnId),
    /// The result of a program over the key and the columns, which it reads by their names; not
    /// shown where it is null.
    Computed(&'static Program),
}

/// A rule as data.
#[derive(Clone)]
pub struct Definition {
    /// Its fixed metadata.
    pub info: Info,
    /// The kind of windows and the times of evaluation.
    pub judgement: Judgement,
    /// Its parameters.
    pub parameters: Vec<ParameterSpec>,
    /// The parameter that sets the number of samples of a column.
    pub samples: Option<ParameterSpec>,
    /// The parameter that sets the number of distinct values that are counted exactly.
    pub exact: Option<ParameterSpec>,
    /// The parts of the key.
    pub key: Vec<KeyColumn>,
    /// The columns.
    pub columns: Vec<Column>,
    /// The conditions, all of which must hold.
    pub conditions: Vec<Clause>,
    /// Indexes of the conditions that decide which groups are kept under memory pressure, the
    /// weightiest first.
    pub promise: Vec<usize>,
    /// The fields of an alert behind the parts of its key, in order.
    pub shown: Vec<(&'static str, AlertField)>,
    /// Labels of parts of the key and of alert fields, by name.
    pub labels: Vec<(&'static str, &'static str)>,
    /// The reason of an alert as a sentence without its full stop.
    pub reason: fn(&AlertView) -> String,
    /// Response actions.
    pub response: fn(&AlertView) -> Vec<Action>,
    /// Queries for further investigation.
    pub pivots: fn(&AlertView) -> Vec<Pivot>,
}

/// The result of a rule's filter on a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterDecision {
    /// The rule takes the call.
    Yes,
    /// The rule leaves the call out.
    No,
    /// The caller alone decides; nothing else in the call matters.
    ByCaller,
    /// The filter needs the mapped event.
    Unknown,
}

impl From<bool> for FilterDecision {
    fn from(wanted: bool) -> FilterDecision {
        match wanted {
            true => FilterDecision::Yes,
            false => FilterDecision::No,
        }
    }
}

impl From<Option<bool>> for FilterDecision {
    fn from(wanted: Option<bool>) -> FilterDecision {
        wanted.map_or(FilterDecision::Unknown, FilterDecision::from)
    }
}

/// A rule: its definition and the functions that compute its inputs from an event. On a log with
/// calls, the functions on calls are needed too.
pub trait Rule: 'static {
    /// The log that it reads.
    type Log: Log;

    /// The definition.
    fn definition(&self) -> Definition;

    /// Optional fields of the log that the rule reads.
    fn reads(&self) -> &'static [fields::Field] {
        &[]
    }

    /// The data sets that it reads, for its description.
    fn data_sets(&self) -> Vec<String> {
        let all = Self::Log::INFO.data_sets.iter();
        all.copied().map(str::to_owned).collect()
    }

    /// The version of what is counted: another number where filter, keys, flags or values of
    /// columns are computed otherwise, under the same names. A state of another number is not
    /// taken over; all else that changes what is counted is seen by the engine itself.
    fn counting(&self) -> u64 {
        0
    }

    /// Takes the values of the parameters, before the first event. A parameter that is the
    /// threshold of a condition must not change what is counted.
    fn configure(&mut self, _config: &Config) {}

    /// The rule's filter: whether it takes an event.
    fn filter(&self, _event: &<Self::Log as Log>::Event<'_>) -> bool {
        true
    }

    /// The rule's filter on a call; it must agree with [`Rule::filter`] on the call's event.
    fn filter_call(&self, _call: &<Self::Log as Log>::Call<'_>) -> FilterDecision {
        FilterDecision::Unknown
    }

    /// The keys of an event's groups: a value for each part of the key.
    fn keys(&self, event: &<Self::Log as Log>::Event<'_>) -> Keys;

    /// The flags of an event, a bit for each.
    fn flags(&self, _event: &<Self::Log as Log>::Event<'_>) -> u8 {
        0
    }

    /// Adds an event to the columns of a group. The added values must depend on the event alone.
    fn fill(&self, event: &<Self::Log as Log>::Event<'_>, columns: &mut Columns);

    /// The flags of a call, equal to those of its event.
    fn call_flags(&self, _call: &<Self::Log as Log>::Call<'_>) -> u8 {
        0
    }

    /// The part of [`Rule::fill`] that does not depend on the call's caller.
    fn fill_call(&self, _call: &<Self::Log as Log>::Call<'_>, _columns: &mut Columns) {}
}

/// A rule on a log.
pub type RuleOn<L> = dyn Rule<Log = L>;

/// A validated definition under one configuration.
pub(crate) struct Plan {
    pub(crate) definition: Definition,
    pub(crate) parameters: Parameters,
    pub(crate) schema: Schema,
    pub(crate) conditions: Conditions,
    pub(crate) config: Config,
    /// Number of rules that share the detector's budget.
    pub(crate) rules: u64,
    /// What is counted, besides the values of parameters.
    pub(crate) counted: Counted,
}

/// A validated definition.
struct CheckedDefinition {
    definition: Definition,
    parameters: Parameters,
    schema: Schema,
}

impl CheckedDefinition {
    fn new(definition: Definition, log: &LogInfo) -> Result<CheckedDefinition, Vec<Problem>> {
        let parameters = Parameters::new(&definition, log)?;
        let schema = Schema::new(definition.key.clone(), definition.columns.clone())?;
        let mut problems = Problems::default();
        check_conditions(&definition, &parameters, &mut problems);
        check_shown(&definition, &schema, &mut problems);
        problems.into_result(CheckedDefinition {
            definition,
            parameters,
            schema,
        })
    }

    /// The conditions under a configuration.
    fn conditions(&self, config: &Config) -> Result<Conditions, Vec<Problem>> {
        let condition = |clause: &Clause| Condition {
            column: clause.column.to_owned(),
            parameter: clause.parameter.to_owned(),
            comparison: clause.comparison,
            figure: clause.figure,
            threshold: config
                .get(clause.parameter)
                .map_or(0.0, ParameterValue::number),
        };
        let all = self.definition.conditions.iter().map(condition).collect();
        Conditions::new(&self.schema, all, &self.definition.promise)
    }
}

/// Checks that each condition has a numeric parameter.
fn check_conditions(definition: &Definition, parameters: &Parameters, problems: &mut Problems) {
    if !definition.judgement.has_conditions() && !definition.conditions.is_empty() {
        let message = format_args!("a rule that judges each event has none");
        problems.add(format_args!("conditions"), message);
    }
    for (at, clause) in definition.conditions.iter().enumerate() {
        let (name, place) = (clause.parameter, format_args!("conditions[{at}]"));
        let kind = match clause.figure {
            Figure::Of(column) => definition.columns.get(usize::from(column)),
            Figure::Ratio { .. } | Figure::Computed(_) => None,
        };
        if !parameters.is_number(name) {
            problems.add(
                place,
                format_args!("there is no number that is called {name}"),
            );
        } else if kind.is_some_and(|column| column.kind.is_whole()) && !parameters.is_integer(name)
        {
            problems.add(
                place,
                format_args!("{name} is no integer, as its figure is"),
            );
        }
    }
}

/// Checks that every column shown exists and that no two have one name.
fn check_shown(definition: &Definition, schema: &Schema, problems: &mut Problems) {
    for (at, (name, shown)) in definition.shown.iter().enumerate() {
        let mut before = definition.shown[..at].iter().map(|(name, _)| *name);
        let mut parts = schema.key().iter().map(|part| part.name.as_str());
        let place = format_args!("shown[{at}]");
        if before.any(|other| other == *name) || parts.any(|other| other == *name) {
            problems.add(place, format_args!("the name {name} stands before"));
        }
        let column = |column: ColumnId| schema.columns().get(usize::from(column));
        let is_there = match *shown {
            AlertField::Column(kind) => column(kind).is_some_and(|kept| kept.name == *name),
            AlertField::Again(kind) => column(kind).is_some(),
            AlertField::Figure(condition) => condition < definition.conditions.len(),
            AlertField::Computed(program) => row_values::unknown(program, schema).is_empty(),
            AlertField::Start | AlertField::First | AlertField::Last => true,
        };
        if !is_there {
            problems.add(
                place,
                format_args!("{name} shows what the definition does not have"),
            );
        }
    }
}

impl Plan {
    /// Validates a rule under a JSON object of parameters.
    ///
    /// # Errors
    /// Every problem of the configuration, each naming its key; those of the definition, each
    /// with its place.
    pub(crate) fn new<L: Log>(rule: &RuleOn<L>, configuration: &str) -> Result<Plan, Vec<Problem>> {
        let definition = rule.definition();
        let id = definition.info.id;
        let mut plan = Plan::of(definition, &L::INFO, configuration).map_err(|mut problems| {
            problems
                .iter_mut()
                .for_each(|problem| problem.rule = id.to_owned());
            problems
        })?;
        plan.counted = Counted::new(&plan, rule.counting(), L::READING);
        Ok(plan)
    }

    fn of(
        definition: Definition,
        log: &LogInfo,
        configuration: &str,
    ) -> Result<Plan, Vec<Problem>> {
        let checked = CheckedDefinition::new(definition, log)?;
        let config = checked.parameters.parse(configuration)?;
        let conditions = checked.conditions(&config)?;
        if let Some(problem) = conditions.early_problem(&checked.schema, &config) {
            return Err(vec![problem]);
        }
        Ok(Plan {
            definition: checked.definition,
            parameters: checked.parameters,
            schema: checked.schema,
            conditions,
            config,
            rules: 1,
            counted: Counted::default(),
        })
    }

    /// Events that are excluded.
    #[inline(always)]
    pub(crate) fn exceptions(&self) -> &[Exception] {
        &self.config.exceptions
    }
}

/// Validates a configuration, and returns its values.
///
/// # Errors
/// Every problem found, each naming its key and what would be right.
pub fn configuration<L: Log>(rule: &RuleOn<L>, json: &str) -> Result<Config, Vec<Problem>> {
    Plan::new(rule, json).map(|plan| plan.config)
}

impl Plan {
    /// The problems of two rules of one detector that set a shared parameter to different values.
    /// Shared are the log's parameters and `partial`.
    pub(crate) fn differs(&self, other: &Plan, log: &LogInfo) -> Vec<Problem> {
        let shared = log.parameters.iter().map(|setting| setting.name);
        let differs = |name: &&str| self.config.get(name) != other.config.get(name);
        let names = shared.chain(["partial"]).filter(differs);
        let problem = |name: &str| Problem {
            rule: self.definition.info.id.to_owned(),
            key: name.to_owned(),
            message: format!(
                "it is set otherwise than for {}: all rules read one log",
                other.definition.info.short_name
            ),
        };
        names.map(problem).collect()
    }
}

/// The parts of a key, for a definition.
#[must_use]
pub fn parts(parts: &[(&str, PartKind)]) -> Vec<KeyColumn> {
    let part = |(name, kind): &(&str, PartKind)| KeyColumn {
        name: (*name).to_owned(),
        kind: *kind,
    };
    parts.iter().map(part).collect()
}

/// Columns, for a definition.
#[must_use]
pub fn columns(columns: &[(&str, ColumnKind)]) -> Vec<Column> {
    let column = |(name, kind): &(&str, ColumnKind)| Column {
        name: (*name).to_owned(),
        kind: *kind,
    };
    columns.iter().map(column).collect()
}

#[cfg(test)]
#[path = "definition_tests.rs"]
mod tests;
