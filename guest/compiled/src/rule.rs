//! A rule of a compiled definition.

use crate::event::Event;
use crate::format::{
    AttackSpec, ClauseSpec, FieldSpec, FigureSpec, RangeSpec, RuleSpec, ThreatSpec,
};
use crate::log::Documents;
use crate::{dispatch, reason, sources};
use weir_detector::columns::Columns;
use weir_detector::conditions::Figure;
use weir_detector::config::{ParameterRange, ParameterSpec};
use weir_detector::definition::{AlertField, Clause, Definition, Info, Rule};
use weir_detector::facts::ColumnId;
use weir_detector::hash::Seed;
use weir_detector::key::Keys;
use weir_detector::model::{Comparison, Problem, Severity, Threat, attack};
use weir_detector::program_rule::{KeyProgram, ProgramRule, RulePrograms};
use weir_detector::schema::{Column, KeyColumn};

/// The column of the time of a group's first event.
const FIRST: &str = "first_seen";
/// The column of the time of its last event.
const LAST: &str = "last_seen";

/// A rule of a compiled definition.
pub struct CompiledRule {
    spec: &'static RuleSpec,
    programs: ProgramRule<Documents>,
    /// The number of its patterns of indexes.
    group: usize,
    /// The numbers of the conditions that its filter needs.
    conditions: Vec<usize>,
}

impl CompiledRule {
    /// Builds the rule.
    ///
    /// # Errors
    /// A sentence on what is wrong with the definition.
    pub fn new(spec: &'static RuleSpec) -> Result<CompiledRule, String> {
        let programs = RulePrograms {
            filter: Some(spec.filter.clone()),
            key: { spec.key.iter() }
                .map(|part| KeyProgram {
                    program: part.program.clone(),
                    required: part.required,
                })
                .collect(),
            flags: Vec::new(),
            columns: { spec.columns.iter() }
                .map(|column| column.program.clone())
                .collect(),
        };
        let named = |why: &str| format!("rule {}: {why}", spec.id);
        let problem = |problems: Vec<Problem>| {
            let why = problems
                .first()
                .map(|p| format!("{}: {}", p.key, p.message));
            named(&why.unwrap_or_default())
        };
        Ok(CompiledRule {
            spec,
            programs: ProgramRule::new(move || definition(spec), programs).map_err(problem)?,
            group: sources::group(&spec.indexes)
                .ok_or_else(|| named("a pattern of indexes is too long"))?,
            conditions: dispatch::conditions(&spec.filter),
        })
    }
}

impl Rule for CompiledRule {
    type Log = Documents;

    fn definition(&self) -> Definition {
        definition(self.spec)
    }

    fn data_sets(&self) -> Vec<String> {
        let wanted = self
            .spec
            .indexes
            .iter()
            .filter(|text| !text.starts_with('-'));
        let mut names: Vec<String> = wanted
            .map(|text| sources::data_set(text).to_owned())
            .collect();
        if names.is_empty() {
            names.push("*".to_owned());
        }
        names.dedup();
        names
    }

    /// A hash of the programs and of the patterns of indexes: they are all that is computed of an
    /// event.
    fn counting(&self) -> u64 {
        let mut hash = Seed(0, 0).hasher();
        hash.number(self.programs.counting());
        for pattern in &self.spec.indexes {
            hash.text(pattern.as_bytes());
        }
        hash.finish()
    }

    fn filter(&self, event: &Event) -> bool {
        event.claims.get(self.group) == Some(&true)
            && event.met.all(&self.conditions)
            && self.programs.filter(event)
    }

    fn keys(&self, event: &Event) -> Keys {
        self.programs.keys(event)
    }

    fn fill(&self, event: &Event, columns: &mut Columns) {
        self.programs.fill(event, columns);
    }
}

fn definition(spec: &'static RuleSpec) -> Definition {
    let parameter = |known: &'static crate::format::ParameterSpec| ParameterSpec {
        name: &known.name,
        range: match known.range {
            RangeSpec::Integer(default, low, high) => ParameterRange::Integer(default, low, high),
            RangeSpec::Number(default, low, high) => ParameterRange::Number(default, low, high),
        },
        summary: &known.summary,
    };
    let shown = { (0..).zip(&spec.columns) }
        .filter(|(_, column): &(ColumnId, _)| column.shown)
        .map(|(at, column)| (column.name.as_str(), AlertField::Column(at)));
    let figures = { spec.conditions.iter().enumerate() }.filter_map(|(at, clause)| {
        let FigureSpec::Computed(name, _) = &clause.figure else {
            return None;
        };
        Some((name.as_str(), AlertField::Figure(at)))
    });
    let fields = spec.fields.iter().map(|(name, field)| {
        let field = match field {
            FieldSpec::Start => AlertField::Start,
            FieldSpec::First => AlertField::First,
            FieldSpec::Last => AlertField::Last,
            FieldSpec::Again(column) => AlertField::Again(*column),
            FieldSpec::Computed(program) => AlertField::Computed(program),
        };
        (name.as_str(), field)
    });
    let times = [(FIRST, AlertField::First), (LAST, AlertField::Last)];
    Definition {
        info: info(spec),
        judgement: spec.judgement,
        parameters: spec.parameters.iter().map(parameter).collect(),
        samples: None,
        exact: None,
        key: { spec.key.iter() }
            .map(|part| KeyColumn {
                name: part.name.clone(),
                kind: part.kind,
            })
            .collect(),
        columns: { spec.columns.iter() }
            .map(|column| Column {
                name: column.name.clone(),
                kind: column.kind,
            })
            .collect(),
        conditions: { spec.conditions.iter() }
            .map(|known| clause(spec, known))
            .collect(),
        promise: promise(spec),
        shown: shown.chain(figures).chain(fields).chain(times).collect(),
        labels: Vec::new(),
        reason: reason::sentence,
        response: |_| Vec::new(),
        pivots: |_| Vec::new(),
    }
}

fn clause(spec: &'static RuleSpec, known: &'static ClauseSpec) -> Clause {
    let (column, figure) = match &known.figure {
        FigureSpec::Column(column) => {
            let found = spec.columns.get(usize::from(*column));
            let name = found.map_or("", |column| column.name.as_str());
            (name, Figure::Of(*column))
        }
        FigureSpec::Computed(name, program) => (name.as_str(), Figure::Computed(program)),
    };
    Clause {
        column,
        parameter: &known.parameter,
        comparison: known.comparison,
        figure,
    }
}

/// The first minimums of columns: the nearer a group is to them, the longer it is kept.
fn promise(spec: &RuleSpec) -> Vec<usize> {
    let is_minimum = |clause: &ClauseSpec| {
        matches!(clause.figure, FigureSpec::Column(_))
            && matches!(
                clause.comparison,
                Comparison::AtLeast | Comparison::MoreThan
            )
    };
    let places = spec.conditions.iter().enumerate();
    let minimums = places.filter(|(_, clause)| is_minimum(clause));
    minimums.map(|(at, _)| at).take(2).collect()
}

fn info(spec: &'static RuleSpec) -> Info {
    let texts = |texts: &'static [String]| texts.iter().map(String::as_str).collect();
    Info {
        id: &spec.id,
        short_name: &spec.short_name,
        name: &spec.name,
        version: spec.version,
        description: &spec.description,
        references: texts(&spec.references),
        severity: match spec.severity {
            0 => Severity::Low,
            1 => Severity::Medium,
            2 => Severity::High,
            _ => Severity::Critical,
        },
        risk_score: spec.risk_score,
        tags: texts(&spec.tags),
        event_category: Vec::new(),
        event_type: Vec::new(),
        threats: spec.threats.iter().map(threat).collect(),
    }
}

fn threat(spec: &ThreatSpec) -> Threat {
    let node = |node: &AttackSpec| attack(&node.id, &node.name, &node.reference);
    Threat {
        tactic: node(&spec.tactic),
        techniques: spec.techniques.iter().map(node).collect(),
        subtechniques: spec.subtechniques.iter().map(node).collect(),
    }
}
