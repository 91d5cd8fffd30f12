//! Tests of definitions on the toy log: the problems of invalid ones, and descriptions of valid
//! ones.

use super::*;
use crate::config::ParameterRange;
use crate::schema::ColumnKind;
use crate::single::SingleKind;
use crate::toy;

const LOG: LogInfo = LogInfo {
    fields: &toy::TABLE,
    data_sets: &["toyactivitylogs"],
    parameters: &[],
    keys: &[],
    exceptions: "",
    table: None,
};

const MIN_CALLS: ParameterSpec = ParameterSpec {
    name: "min_calls",
    range: ParameterRange::Integer(3, 1, 9),
    summary: "Fewest calls that can alert.",
};

fn good() -> Definition {
    Definition {
        info: toy::info(),
        judgement: Judgement::Tumbling { seconds: 60 },
        parameters: vec![MIN_CALLS],
        samples: None,
        exact: None,
        key: parts(&[("user", PartKind::Text)]),
        columns: columns(&[("calls", ColumnKind::Count), ("names", ColumnKind::Values)]),
        conditions: vec![Clause {
            column: "calls",
            parameter: "min_calls",
            comparison: Comparison::AtLeast,
            figure: Figure::Of(0),
        }],
        promise: vec![0],
        shown: vec![
            ("calls", AlertField::Column(0)),
            ("figure", AlertField::Figure(0)),
            ("names again", AlertField::Again(1)),
        ],
        labels: vec![("calls", "Calls")],
        reason: |view| format!("{} calls", view.number(0)),
        response: |_| Vec::new(),
        pivots: |_| Vec::new(),
    }
}

/// The places of the problems of a changed definition.
fn wrong(change: impl FnOnce(&mut Definition)) -> Vec<String> {
    let mut definition = good();
    change(&mut definition);
    match Plan::of(definition, &LOG, "{}") {
        Ok(_) => Vec::new(),
        Err(problems) => problems.into_iter().map(|problem| problem.key).collect(),
    }
}

#[test]
fn reports_problems_of_a_definition_with_their_places() {
    assert_eq!(wrong(|_| {}), [""; 0]);
    assert_eq!(
        wrong(|d| d.columns[1].name = "calls".to_owned()),
        ["columns[1]"]
    );
    assert_eq!(
        wrong(|d| d.columns = columns(&[("", ColumnKind::Count); crate::schema::MAX_COLUMNS + 1]))
            .first(),
        Some(&"columns".to_owned())
    );
    assert_eq!(
        wrong(|d| d.conditions[0].figure = Figure::Of(2)),
        ["conditions[0]"]
    );
    let texts = Figure::Ratio {
        part: 1,
        whole: 0,
        decimals: 2,
    };
    assert_eq!(
        wrong(|d| {
            d.conditions[0].figure = texts;
            d.promise.clear();
        }),
        ["conditions[0]"]
    );
    for parameter in ["min_call", "early"] {
        assert_eq!(
            wrong(|d| d.conditions[0].parameter = parameter),
            ["conditions[0]"]
        );
    }
    assert_eq!(wrong(|d| d.promise.push(1)), ["promise[1]"]);
}

#[test]
fn reports_problems_of_parameters_and_alert_fields() {
    for name in ["min_calls", "early", "exceptions", ""] {
        let second = ParameterSpec { name, ..MIN_CALLS };
        let places = wrong(|d| d.parameters.push(second));
        let at = if name == "early" {
            "parameters[9]"
        } else {
            "parameters[1]"
        };
        assert_eq!(places, [at], "{name}");
    }
    let outside = ParameterRange::Integer(0, 1, 9);
    assert_eq!(
        wrong(|d| d.parameters[0].range = outside),
        ["parameters[0]"]
    );
    for shown in [
        ("calls", AlertField::Start),
        ("user", AlertField::Start),
        ("name", AlertField::Column(1)),
        ("nothing", AlertField::Again(2)),
        ("nothing", AlertField::Figure(1)),
    ] {
        assert_eq!(wrong(|d| d.shown.push(shown)), ["shown[3]"], "{shown:?}");
    }
}

#[test]
fn a_configuration_sets_the_thresholds() {
    let plan = |configuration| Plan::of(good(), &LOG, configuration).ok().unwrap();
    for (configuration, calls, holds) in [
        ("{}", 2.0, false),
        ("{}", 3.0, true),
        (r#"{"min_calls":4}"#, 3.0, false),
        (r#"{"min_calls":4}"#, 4.0, true),
    ] {
        let conditions = plan(configuration).conditions;
        assert_eq!(conditions.are_met(&[calls]), holds, "{configuration}");
    }
    let problems = Plan::of(good(), &LOG, r#"{"min_calls":10}"#).err().unwrap();
    assert_eq!(problems[0].key, "min_calls");
}

#[test]
fn a_whole_figure_has_an_integer_for_a_threshold() {
    let number = ParameterRange::Number(3.0, 1.0, 9.0);
    assert_eq!(wrong(|d| d.parameters[0].range = number), ["conditions[0]"]);
    let sum = ColumnKind::Sum(SingleKind::Integer);
    let over_a_sum = |d: &mut Definition| {
        d.columns[1].kind = sum;
        d.conditions[0].figure = Figure::Of(1);
        d.parameters[0].range = number;
    };
    assert_eq!(wrong(over_a_sum), [""; 0]);
}

#[test]
fn early_is_refused_for_conditions_that_events_can_only_end() {
    use Comparison::{AtLeast, AtMost, Equal, LessThan, MoreThan, Unequal};
    let (calls, sum) = (ColumnKind::Count, ColumnKind::Sum(SingleKind::Integer));
    let least = ColumnKind::Min(SingleKind::Integer);
    for (kind, comparison, is_wrong) in [
        (calls, AtLeast, false),
        (calls, MoreThan, false),
        (calls, AtMost, true),
        (calls, LessThan, true),
        (calls, Equal, false),
        (calls, Unequal, false),
        (least, AtLeast, true),
        (least, LessThan, false),
        (sum, AtMost, false),
    ] {
        let open = |configuration: &str| {
            let mut definition = good();
            definition.columns[0].kind = kind;
            definition.conditions[0].comparison = comparison;
            definition.promise.clear();
            let problems = Plan::of(definition, &LOG, configuration).err();
            let problems = problems.unwrap_or_default().into_iter();
            problems.map(|problem| problem.key).collect::<Vec<_>>()
        };
        assert_eq!(open("{}"), [""; 0]);
        let early = open(r#"{"early":true}"#);
        assert_eq!(early == ["early"], is_wrong, "{kind:?} {comparison:?}");
        assert!(is_wrong || early.is_empty());
    }
}
