//! Definitions of rules that alert on what was not seen with a user for a week.

use crate::about::{self, API_VERSION};
use crate::call::Call;
use crate::event::Event;
use crate::group;
use weir_detector::columns::Columns;
use weir_detector::definition::{Definition, columns};
use weir_detector::facts::Kind;
use weir_detector::judgement::Judgement;
use weir_detector::schema::{Column, ColumnKind};

/// Seven days, in seconds.
const WEEK: u64 = 7 * 24 * 3600;

/// The columns that each of these rules keeps, by their places; a rule's own stand behind them.
pub const TENANTS: Kind = 0;
/// The user agents.
pub const AGENTS: Kind = 1;
/// The versions of the interface.
pub const API_VERSIONS: Kind = 2;
/// The names of the networks.
pub const NETWORKS: Kind = 3;
/// The addresses.
pub const IPS: Kind = 4;
/// Paths of calls.
pub const PATHS: Kind = 5;
/// The place of a rule's own first column.
pub const OWN: Kind = 6;

/// A definition but for its metadata, parameters, key, texts, and what an alert shows; with the
/// `own` columns of the rule.
#[must_use]
pub fn definition(own: &[(&str, ColumnKind)]) -> Definition {
    let mut all: Vec<Column> = columns(&[
        ("azure.tenant_id", ColumnKind::Values),
        ("user_agent.original", ColumnKind::Values),
        (API_VERSION, ColumnKind::Values),
        ("source.as.organization.name", ColumnKind::Values),
        ("source.ip", ColumnKind::Addresses),
        ("Esql.sample_paths", ColumnKind::Samples),
    ]);
    all.extend(columns(own));
    Definition {
        info: about::info(),
        judgement: Judgement::FirstSeen {
            history_seconds: WEEK,
            warm_up_seconds: None,
        },
        parameters: Vec::new(),
        samples: None,
        exact: None,
        key: Vec::new(),
        columns: all,
        conditions: Vec::new(),
        promise: Vec::new(),
        shown: Vec::new(),
        labels: about::LABELS.to_vec(),
        reason: |_| String::new(),
        response: |_| Vec::new(),
        pivots: |_| Vec::new(),
    }
}

/// Tells the columns of the [`definition`] an event.
pub fn fill(event: &Event, columns: &mut Columns) {
    let lists = [
        (TENANTS, &event.tenants),
        (AGENTS, &event.user_agents),
        (API_VERSIONS, &event.api_versions),
        (NETWORKS, &event.asn_names),
    ];
    group::add_texts(columns, &lists);
    group::add_addresses(columns, IPS, event);
    group::add_paths(columns, PATHS, event);
}

/// The part of [`fill`] that a call's caller does not decide.
pub fn fill_known(call: &Call, columns: &mut Columns) {
    group::add_path(columns, PATHS, call);
}
