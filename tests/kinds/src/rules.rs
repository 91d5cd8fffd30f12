//! The rules that the component carries: one of functions for each kind of judgement and several
//! sets of conditions, and one of programs.

use crate::definition::Rule;
use crate::judgement::Judgement;
use crate::kinds_toy::{COLUMNS, Kinds, KindsEvent, KindsLog};
use crate::log::FieldLog;
use crate::model::Comparison;
use crate::program::Builder;
use crate::program::value::{Type, Value};
use crate::program_rule::{KeyProgram, ProgramRule, RulePrograms};
use crate::schema::ColumnKind;

/// The name of a rule, its judgement and its conditions.
pub(crate) type Named = (
    &'static str,
    Judgement,
    &'static [(&'static str, Comparison)],
);

const SLIDING: Judgement = Judgement::Sliding {
    length_seconds: 12,
    every_seconds: 4,
};
const TUMBLING: Judgement = Judgement::Tumbling { seconds: 12 };
const MINIMUMS: &[(&str, Comparison)] = &[
    ("calls", Comparison::AtLeast),
    ("codes", Comparison::AtLeast),
    ("most", Comparison::AtLeast),
];
const TOTALS: &[(&str, Comparison)] = &[
    ("total", Comparison::MoreThan),
    ("mean", Comparison::AtMost),
    ("most", Comparison::Unequal),
];

/// Rules that a component carries.
pub(crate) const NAMED: [Named; 8] = [
    ("tumbling", TUMBLING, MINIMUMS),
    (
        "tumbling-ends",
        TUMBLING,
        &[
            ("calls", Comparison::LessThan),
            ("closing", Comparison::AtLeast),
        ],
    ),
    ("sliding", SLIDING, MINIMUMS),
    ("sliding-totals", SLIDING, TOTALS),
    (
        "sliding-ends",
        SLIDING,
        &[
            ("least", Comparison::LessThan),
            ("opening", Comparison::Equal),
        ],
    ),
    (
        "first-seen",
        Judgement::FirstSeen {
            history_seconds: 10,
            warm_up_seconds: None,
        },
        &[],
    ),
    (
        "first-seen-few",
        Judgement::FirstSeen {
            history_seconds: 10,
            warm_up_seconds: None,
        },
        &[
            ("codes", Comparison::AtMost),
            ("calls", Comparison::LessThan),
        ],
    ),
    (
        "each",
        Judgement::Each {
            suppress_seconds: 4,
        },
        &[],
    ),
];

/// Builds one of the rules.
pub(crate) fn named((name, judgement, asked): Named) -> Kinds {
    Kinds {
        name,
        judgement,
        asked: asked.to_vec(),
    }
}

/// The name of the variant of `sliding-totals` whose filter, key and columns are programs.
pub(crate) const PROGRAMMED: &str = "programmed";

/// Builds the rule [`PROGRAMMED`].
///
/// # Panics
/// When a program is invalid.
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
pub(crate) fn programmed() -> ProgramRule<KindsLog> {
    let field = |name: &str, kind| Builder::default().field(name, kind).build().unwrap();
    let wanted = Builder::default()
        .field("bad", Type::Boolean)
        .call("not", 1)
        .field("bad", Type::Boolean)
        .call("or", 2)
        .field("wanted", Type::Boolean)
        .call("and", 2);
    let column = |(_, kind): &(&str, ColumnKind)| match kind {
        ColumnKind::Count | ColumnKind::CountWhere(_) => None,
        _ if kind.single().is_some() => Some(field("weight", Type::Integer)),
        _ => Some(field("code", Type::Text)),
    };
    let inputs = RulePrograms {
        filter: Some(wanted.build().unwrap()),
        key: vec![KeyProgram {
            program: field("user", Type::Text),
            required: false,
        }],
        flags: vec![field("bad", Type::Boolean)],
        columns: COLUMNS.iter().map(column).collect(),
    };
    let definition = || {
        let mut definition = named((PROGRAMMED, SLIDING, TOTALS)).definition();
        // It has a single flag.
        definition.columns[1].kind = ColumnKind::CountWhere(0);
        definition
    };
    ProgramRule::new(definition, inputs)
        .map_err(|problems| format!("{problems:?}"))
        .unwrap()
}

impl FieldLog for KindsLog {
    fn field(name: &str) -> Option<u16> {
        let names = ["user", "code", "bad", "wanted", "weight"];
        let at = names.iter().position(|known| *known == name)?;
        at.try_into().ok()
    }

    fn value<'e>(event: &'e KindsEvent<'_>, field: u16) -> Value<'e> {
        let code = event.code;
        match field {
            0 => Value::many(event.users.iter().map(|user| Value::text(&**user))),
            1 => Value::text(code.code),
            2 => Value::Boolean(code.bad),
            3 => Value::Boolean(code.wanted),
            _ => code.weight.map_or(Value::Null, Value::Integer),
        }
    }
}
