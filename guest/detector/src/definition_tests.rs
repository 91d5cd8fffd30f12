//! Definitions on the toy log: what is wrong with one, and what follows from a good one.

use super::*;
use crate::config::Range;
use crate::toy;

const LOG: LogInfo = LogInfo {
    fields: &toy::TABLE,
    data_sets: &["toyactivitylogs"],
    parameters: &[],
    keys: &[],
    exceptions: "",
    table: None,
};

const MIN_CALLS: Setting = Setting {
    name: "min_calls",
    range: Range::Integer(3, 1, 9),
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
            figure: Figure::Of(0),
        }],
        promise: vec![0],
        shown: vec![
            ("calls", Shown::Column(0)),
            ("figure", Shown::Figure(0)),
            ("names again", Shown::Again(1)),
        ],
        labels: vec![("calls", "Calls")],
        reason: |view| format!("{} calls", view.number(0)),
        response: |_| Vec::new(),
        pivots: |_| Vec::new(),
    }
}

/// The places of what is wrong with a definition that was changed.
fn wrong(change: impl FnOnce(&mut Definition)) -> Vec<String> {
    let mut definition = good();
    change(&mut definition);
    match Plan::of(definition, &LOG, "{}") {
        Ok(_) => Vec::new(),
        Err(problems) => problems.into_iter().map(|problem| problem.key).collect(),
    }
}

#[test]
fn what_is_wrong_with_a_definition_is_said_with_its_place() {
    assert_eq!(wrong(|_| {}), [""; 0]);
    assert_eq!(
        wrong(|d| d.columns[1].name = "calls".to_owned()),
        ["columns[1]"]
    );
    assert_eq!(
        wrong(|d| d.columns = columns(&[("", ColumnKind::Count); 17])).first(),
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
fn what_is_wrong_with_parameters_and_what_is_shown_is_said_with_its_place() {
    for name in ["min_calls", "early", "exceptions", ""] {
        let second = Setting { name, ..MIN_CALLS };
        let places = wrong(|d| d.parameters.push(second));
        let at = if name == "early" {
            "parameters[9]"
        } else {
            "parameters[1]"
        };
        assert_eq!(places, [at], "{name}");
    }
    let outside = Range::Integer(0, 1, 9);
    assert_eq!(
        wrong(|d| d.parameters[0].range = outside),
        ["parameters[0]"]
    );
    for shown in [
        ("calls", Shown::Start),
        ("user", Shown::Start),
        ("name", Shown::Column(1)),
        ("nothing", Shown::Again(2)),
        ("nothing", Shown::Figure(1)),
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
