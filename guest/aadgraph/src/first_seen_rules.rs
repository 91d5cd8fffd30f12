//! Shared parts of the rules that alert on keys not seen with a user for a week.

use crate::about::{self, API_VERSION};
use crate::call::GraphCall;
use crate::event::GraphEvent;
use crate::group;
use weir_detector::columns::Columns;
use weir_detector::definition::{Definition, columns};
use weir_detector::facts::ColumnId;
use weir_detector::judgement::Judgement;
use weir_detector::schema::{Column, ColumnKind};

/// Seven days, in seconds.
const WEEK: u64 = 7 * 24 * 3600;

/// The column of tenants. All of these rules have the columns below; a rule's own follow.
pub const TENANTS: ColumnId = 0;
/// The user agents.
pub const AGENTS: ColumnId = 1;
/// The versions of the interface.
pub const API_VERSIONS: ColumnId = 2;
/// The names of the networks.
pub const NETWORKS: ColumnId = 3;
/// The addresses.
pub const IPS: ColumnId = 4;
/// Paths of calls.
pub const PATHS: ColumnId = 5;
/// The index of a rule's own first column.
pub const OWN: ColumnId = 6;

/// A definition without metadata, parameters, key, texts, and alert fields; with the `own` columns
/// of the rule.
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

/// Adds an event to the columns of the [`definition`].
pub fn fill(event: &GraphEvent, columns: &mut Columns) {
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

/// The part of [`fill`] that does not depend on the call's caller.
pub fn fill_call(call: &GraphCall, columns: &mut Columns) {
    group::add_path(columns, PATHS, call);
}
