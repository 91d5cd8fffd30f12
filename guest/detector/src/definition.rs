//! A detection as a value: what it keeps, when it alerts, and what an alert says.
//!
//! All that the engine needs to know of a rule is here; what a rule computes of an event are the
//! functions of [`Rule`]. [`describe`] and every alert follow from the definition.

use crate::columns::Columns;
use crate::conditions::{Condition, Conditions, Figure};
use crate::config::{Config, Given, Parameters, Setting};
use crate::exception::Exception;
use crate::facts::Kind;
use crate::fields;
use crate::judgement::Judgement;
use crate::key::{Keys, PartKind};
use crate::log::{Log, LogInfo};
use crate::model::{self, Action, Comparison, Field, Pivot, Problem, Severity, Threat, ValueType};
use crate::problems::Problems;
use crate::schema::{Column, ColumnKind, KeyColumn, Schema};
use crate::view::View;

/// A rule's fixed metadata: its name, texts, severity and ATT&CK techniques.
#[allow(
    missing_docs,
    reason = "documented in wit/description.wit, under the same names"
)]
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

/// A condition: its figure, compared with its parameter. A group whose figure is null fulfils none.
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

/// What stands under a name in an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The window's start.
    Start,
    /// The time of the first event.
    First,
    /// The time of the last event.
    Last,
    /// A column, under its own name.
    Column(Kind),
    /// The figure of a condition, by the condition's place.
    Figure(usize),
    /// A column that is shown before, under another name.
    Again(Kind),
}

/// A rule as data.
pub struct Definition {
    /// Its name, gravity and place in ATT&CK.
    pub info: Info,
    /// When it judges.
    pub judgement: Judgement,
    /// Its parameters.
    pub parameters: Vec<Setting>,
    /// The parameter that sets how many samples a column keeps.
    pub samples: Option<Setting>,
    /// The parameter that sets up to where distinct values are counted exactly.
    pub exact: Option<Setting>,
    /// The parts of the key.
    pub key: Vec<KeyColumn>,
    /// The columns.
    pub columns: Vec<Column>,
    /// The conditions, all of which must hold.
    pub conditions: Vec<Clause>,
    /// Conditions by which groups are kept under pressure, the weightiest first.
    pub promise: Vec<usize>,
    /// What an alert shows behind the parts of its key, in order.
    pub shown: Vec<(&'static str, Shown)>,
    /// What people call a part of the key or what is shown, by its name.
    pub labels: Vec<(&'static str, &'static str)>,
    /// What a group did, as a sentence without its end.
    pub reason: fn(&View) -> String,
    /// What can be done about it.
    pub response: fn(&View) -> Vec<Action>,
    /// Queries that lead on from it.
    pub pivots: fn(&View) -> Vec<Pivot>,
}

/// A rule's filter on the quick reading of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// The caller decides, whom nothing else of the call can make one or the other.
    ByCaller,
    /// The event has to be looked at.
    Unknown,
}

impl From<bool> for Wanted {
    fn from(wanted: bool) -> Wanted {
        match wanted {
            true => Wanted::Yes,
            false => Wanted::No,
        }
    }
}

impl From<Option<bool>> for Wanted {
    fn from(wanted: Option<bool>) -> Wanted {
        wanted.map_or(Wanted::Unknown, Wanted::from)
    }
}

/// A detection: its definition, and what it makes of an event. On a log with calls the functions
/// on them are needed too.
pub trait Rule: 'static {
    /// The log that it is about.
    type Log: Log;

    /// What there is to know of it.
    fn definition(&self) -> Definition;

    /// The fields that it reads of those that the log leaves to rules that ask for them.
    fn reads(&self) -> &'static [fields::Field] {
        &[]
    }

    /// Takes what its parameters are set to, before it sees an event.
    fn configure(&mut self, _config: &Config) {}

    /// Whether it is about an event at all: the rule's filter.
    fn wants(&self, _event: &<Self::Log as Log>::Event<'_>) -> bool {
        true
    }

    /// Whether it is about the event of a call, as [`Rule::wants`] says.
    fn wants_call(&self, _call: &<Self::Log as Log>::Call<'_>) -> Wanted {
        Wanted::Unknown
    }

    /// The keys of the groups that an event goes to: a value for each part of the key.
    fn keys(&self, event: &<Self::Log as Log>::Event<'_>) -> Keys;

    /// The flags of an event, a bit for each.
    fn flags(&self, _event: &<Self::Log as Log>::Event<'_>) -> u8 {
        0
    }

    /// Tells the columns of a group an event. What it says depends on the event alone.
    fn fill(&self, event: &<Self::Log as Log>::Event<'_>, columns: &mut Columns);

    /// The flags of a call, as those of its event.
    fn known_flags(&self, _call: &<Self::Log as Log>::Call<'_>) -> u8 {
        0
    }

    /// The part of [`Rule::fill`] that the call's caller does not decide.
    fn fill_known(&self, _call: &<Self::Log as Log>::Call<'_>, _columns: &mut Columns) {}
}

/// A rule on a log.
pub type RuleOn<L> = dyn Rule<Log = L>;

/// A definition that was checked, under one configuration.
pub(crate) struct Plan {
    pub(crate) definition: Definition,
    pub(crate) parameters: Parameters,
    pub(crate) schema: Schema,
    pub(crate) conditions: Conditions,
    pub(crate) config: Config,
    /// How many rules share the detector's budget.
    pub(crate) rules: u64,
}

/// A definition that was checked.
struct Checked {
    definition: Definition,
    parameters: Parameters,
    schema: Schema,
}

impl Checked {
    fn new(definition: Definition, log: &LogInfo) -> Result<Checked, Vec<Problem>> {
        let parameters = Parameters::new(&definition, log)?;
        let schema = Schema::new(definition.key.clone(), definition.columns.clone())?;
        let mut problems = Problems::default();
        check_conditions(&definition, &parameters, &mut problems);
        check_shown(&definition, &schema, &mut problems);
        problems.unless(Checked {
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
            threshold: config.get(clause.parameter).map_or(0.0, Given::number),
        };
        let all = self.definition.conditions.iter().map(condition).collect();
        Conditions::new(&self.schema, all, &self.definition.promise)
    }
}

/// Each condition has a parameter that is a number.
fn check_conditions(definition: &Definition, parameters: &Parameters, problems: &mut Problems) {
    if !definition.judgement.has_conditions() && !definition.conditions.is_empty() {
        let message = format_args!("a rule that judges each event, or the first, has none");
        problems.say(format_args!("conditions"), message);
    }
    for (at, clause) in definition.conditions.iter().enumerate() {
        let (name, place) = (clause.parameter, format_args!("conditions[{at}]"));
        let kind = match clause.figure {
            Figure::Of(column) => definition.columns.get(usize::from(column)),
            Figure::Ratio { .. } => None,
        };
        if !parameters.is_number(name) {
            problems.say(
                place,
                format_args!("there is no number that is called {name}"),
            );
        } else if kind.is_some_and(|column| column.kind.is_whole()) && !parameters.is_integer(name)
        {
            problems.say(
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
            problems.say(place, format_args!("the name {name} stands before"));
        }
        let column = |column: Kind| schema.columns().get(usize::from(column));
        let is_there = match *shown {
            Shown::Column(kind) => column(kind).is_some_and(|kept| kept.name == *name),
            Shown::Again(kind) => column(kind).is_some(),
            Shown::Figure(condition) => condition < definition.conditions.len(),
            Shown::Start | Shown::First | Shown::Last => true,
        };
        if !is_there {
            problems.say(place, format_args!("{name} is not what it says: {shown:?}"));
        }
    }
}

impl Plan {
    /// A rule under a JSON object of parameters.
    ///
    /// # Errors
    /// Every problem of the configuration, each naming its key; those of the definition, each
    /// with its place.
    pub(crate) fn new<L: Log>(rule: &RuleOn<L>, configuration: &str) -> Result<Plan, Vec<Problem>> {
        let definition = rule.definition();
        let id = definition.info.id;
        Plan::of(definition, &L::INFO, configuration).map_err(|mut problems| {
            problems
                .iter_mut()
                .for_each(|problem| problem.rule = id.to_owned());
            problems
        })
    }

    fn of(
        definition: Definition,
        log: &LogInfo,
        configuration: &str,
    ) -> Result<Plan, Vec<Problem>> {
        let checked = Checked::new(definition, log)?;
        let config = checked.parameters.parse(configuration)?;
        let conditions = checked.conditions(&config)?;
        if let Some(problem) = conditions.too_early(&checked.schema, &config) {
            return Err(vec![problem]);
        }
        Ok(Plan {
            definition: checked.definition,
            parameters: checked.parameters,
            schema: checked.schema,
            conditions,
            config,
            rules: 1,
        })
    }

    /// Events that are left out.
    #[inline(always)]
    pub(crate) fn exceptions(&self) -> &[Exception] {
        &self.config.exceptions
    }
}

/// Checks a configuration, and gives what it comes to.
///
/// # Errors
/// Every problem found, each naming its key and what would be right.
pub fn configuration<L: Log>(rule: &RuleOn<L>, json: &str) -> Result<Config, Vec<Problem>> {
    Plan::new(rule, json).map(|plan| plan.config)
}

/// A rule, as the contract's `describe` gives it.
///
/// # Panics
/// When the definition is bad, with all that is wrong with it: no detector opens on it either.
#[must_use]
#[allow(
    clippy::panic,
    reason = "its author is to read this, and the contract has no error here"
)]
pub fn describe<L: Log>(rule: &RuleOn<L>) -> model::Rule {
    let log = L::INFO;
    let mut described = model::Rule::from(rule.definition().info);
    described.data_sets = log.data_sets.iter().copied().map(str::to_owned).collect();
    described.tables = log.table.map(model::Table::from).into_iter().collect();
    let plan = match Plan::new(rule, "{}") {
        Ok(plan) => plan,
        Err(problems) => {
            let said: Vec<String> = { problems.iter() }
                .map(|problem| format!("{}: {}", problem.key, problem.message))
                .collect();
            panic!("rule {}: {}", described.id, said.join("; "))
        }
    };
    described.judgement = plan.definition.judgement.described();
    described.key = plan
        .schema
        .key()
        .iter()
        .map(|part| plan.key_field(part))
        .collect();
    described.columns = { plan.definition.shown.iter() }
        .filter_map(|(name, shown)| plan.shown_field(name, *shown))
        .collect();
    described.parameters = plan.parameters.described();
    described.conditions = plan.conditions.described(&plan.schema);
    described
}

impl From<Info> for model::Rule {
    fn from(info: Info) -> model::Rule {
        let texts = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
        model::Rule {
            id: info.id.to_owned(),
            short_name: info.short_name.to_owned(),
            name: info.name.to_owned(),
            version: info.version,
            description: info.description.to_owned(),
            references: texts(info.references),
            severity: info.severity,
            risk_score: info.risk_score,
            tags: texts(info.tags),
            event_category: texts(info.event_category),
            event_type: texts(info.event_type),
            threats: info.threats,
            judgement: model::Judgement::Tumbling(0),
            data_sets: Vec::new(),
            key: Vec::new(),
            columns: Vec::new(),
            parameters: Vec::new(),
            conditions: Vec::new(),
            tables: Vec::new(),
        }
    }
}

impl Plan {
    fn field(&self, name: &str, kind: ValueType) -> Field {
        let labels = &self.definition.labels;
        let label = labels.iter().find(|(named, _)| *named == name);
        Field {
            name: name.to_owned(),
            label: label.map_or(name, |(_, label)| label).to_owned(),
            kind,
        }
    }

    fn key_field(&self, part: &KeyColumn) -> Field {
        let kind = match part.kind {
            PartKind::Text => ValueType::Text,
            PartKind::Integer => ValueType::Integer,
            PartKind::Boolean => ValueType::Boolean,
        };
        self.field(&part.name, kind)
    }

    fn shown_field(&self, name: &str, shown: Shown) -> Option<Field> {
        let kind = match shown {
            Shown::Start | Shown::First | Shown::Last => ValueType::Timestamp,
            Shown::Figure(_) => ValueType::Number,
            Shown::Column(column) | Shown::Again(column) => self
                .schema
                .columns()
                .get(usize::from(column))?
                .kind
                .value_type(),
        };
        Some(self.field(name, kind))
    }

    /// The problems of two rules of one detector that give one of the shared parameters different
    /// values. Shared are the parameters of the log, and `partial`.
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
