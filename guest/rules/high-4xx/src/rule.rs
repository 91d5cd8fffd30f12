//! The rule: one identity with a high ratio of 4xx responses from one network.

use crate::describe::{EXACT_PATHS, LABELS, PARAMETERS, SAMPLE_PATHS, info};
use aadgraph::call::GraphCall;
use aadgraph::event::GraphEvent;
use aadgraph::log::AadGraph;
use aadgraph::pivot::{self, PivotField};
use aadgraph::{group, phrase, response};
use weir_detector::columns::Columns;
use weir_detector::conditions::Figure;
use weir_detector::decimal;
use weir_detector::definition::{
    AlertField, Clause, Definition, FilterDecision, Rule, columns, parts,
};
use weir_detector::facts::ColumnId;
use weir_detector::judgement::Judgement;
use weir_detector::key::{Keys, Part, PartKind};
use weir_detector::model::Comparison;
use weir_detector::schema::ColumnKind;
use weir_detector::text;
use weir_detector::view::AlertView;

/// Indexes of the columns.
const TOTAL: ColumnId = 0;
const ERRORS: ColumnId = 1;
const PATHS: ColumnId = 2;
const TENANTS: ColumnId = 3;
const API_VERSIONS: ColumnId = 4;
const APPS: ColumnId = 5;
const NETWORKS: ColumnId = 6;
const AGENTS: ColumnId = 7;
const IPS: ColumnId = 8;
const SAMPLES: ColumnId = 9;

/// Indexes of the parts of the key.
const USER: usize = 0;
const NETWORK: usize = 1;

/// Index of the condition of the ratio.
const RATE: usize = 2;

/// A high ratio of 4xx responses to one identity from one network.
#[derive(Clone, Copy, Debug, Default)]
pub struct High4xx;

impl Rule for High4xx {
    type Log = AadGraph;

    fn definition(&self) -> Definition {
        let rate = Figure::Ratio {
            part: ERRORS,
            whole: TOTAL,
            decimals: 2,
        };
        let clause = |column, parameter, figure| Clause {
            column,
            parameter,
            comparison: Comparison::AtLeast,
            figure,
        };
        Definition {
            info: info(),
            judgement: Judgement::Tumbling { seconds: 120 },
            parameters: PARAMETERS.to_vec(),
            samples: Some(SAMPLE_PATHS),
            exact: Some(EXACT_PATHS),
            key: parts(&[
                ("user.id", PartKind::Text),
                ("source.as.number", PartKind::Integer),
            ]),
            columns: columns(&[
                ("Esql.total_calls", ColumnKind::Count),
                ("Esql.errors", ColumnKind::CountWhere(0)),
                ("Esql.url_path_count", ColumnKind::Distinct),
                ("Esql.azure_tenants", ColumnKind::Values),
                ("Esql.api_versions", ColumnKind::Values),
                ("Esql.app_ids", ColumnKind::Values),
                ("Esql.source_asn_name", ColumnKind::Values),
                ("Esql.user_agents", ColumnKind::Values),
                ("Esql.source_ips", ColumnKind::Addresses),
                ("Esql.sample_paths", ColumnKind::Samples),
            ]),
            conditions: vec![
                clause("Esql.total_calls", "min_total_calls", Figure::Of(TOTAL)),
                clause("Esql.errors", "min_errors", Figure::Of(ERRORS)),
                clause("Esql.error_rate", "min_error_rate", rate),
                clause("Esql.url_path_count", "min_url_paths", Figure::Of(PATHS)),
            ],
            // Under memory pressure errors count first, then calls.
            promise: vec![1, 0],
            shown: vec![
                ("Esql.time_window", AlertField::Start),
                ("Esql.total_calls", AlertField::Column(TOTAL)),
                ("Esql.errors", AlertField::Column(ERRORS)),
                ("Esql.error_rate", AlertField::Figure(RATE)),
                ("Esql.url_path_count", AlertField::Column(PATHS)),
                ("Esql.azure_tenants", AlertField::Column(TENANTS)),
                ("Esql.api_versions", AlertField::Column(API_VERSIONS)),
                ("Esql.app_ids", AlertField::Column(APPS)),
                ("Esql.source_ips", AlertField::Column(IPS)),
                ("Esql.source_asn_name", AlertField::Column(NETWORKS)),
                ("Esql.user_agents", AlertField::Column(AGENTS)),
                ("Esql.first_seen", AlertField::First),
                ("Esql.last_seen", AlertField::Last),
                ("Esql.sample_paths", AlertField::Column(SAMPLES)),
                ("source.ip", AlertField::Again(IPS)),
            ],
            labels: LABELS.to_vec(),
            reason,
            response: |view| response::all(view.text(USER).as_deref(), &view.texts(APPS)),
            pivots: |view| {
                let (user, network) = (view.text(USER), view.integer(NETWORK));
                pivot::all(
                    user.as_deref(),
                    &[PivotField::Network(network)],
                    view.window(),
                )
            },
        }
    }

    #[inline(always)]
    fn filter_call(&self, _call: &GraphCall) -> FilterDecision {
        FilterDecision::Yes
    }

    fn keys(&self, event: &GraphEvent) -> Keys {
        let mut keys = Keys::default();
        keys.part(event.users.iter().map(|user| Part::text(Some(user))));
        keys.part(event.asns.iter().copied().map(Part::Integer));
        keys
    }

    fn flags(&self, event: &GraphEvent) -> u8 {
        event.error.into()
    }

    fn fill(&self, event: &GraphEvent, columns: &mut Columns) {
        for path in &event.paths {
            columns.distinct(PATHS, path);
            if event.error {
                columns.sample(SAMPLES, path);
            }
        }
        let lists = [
            (TENANTS, &event.tenants),
            (API_VERSIONS, &event.api_versions),
            (APPS, &event.app_ids),
            (NETWORKS, &event.asn_names),
            (AGENTS, &event.user_agents),
        ];
        group::add_texts(columns, &lists);
        group::add_addresses(columns, IPS, event);
    }

    #[inline(always)]
    fn call_flags(&self, call: &GraphCall) -> u8 {
        call.error.into()
    }

    #[inline(always)]
    fn fill_call(&self, call: &GraphCall, columns: &mut Columns) {
        if let Some((_, hash)) = call.path {
            columns.distinct_hash(PATHS, hash);
            if call.error {
                group::add_path(columns, SAMPLES, call);
            }
        }
    }
}

fn reason(view: &AlertView) -> String {
    let who = phrase::user(view.text(USER).as_deref());
    let from = phrase::network(view.integer(NETWORK));
    let (window, about) = (view.window(), view.is_estimate(PATHS));
    format!(
        "{who} from {from} made {} calls to Azure AD Graph in {}, {} of them answered with 4xx (ratio {}), on {}{} distinct paths",
        view.number(TOTAL),
        text::duration(window.end - window.start),
        view.number(ERRORS),
        decimal::text(view.figure(RATE)),
        if about { "about " } else { "" },
        view.number(PATHS),
    )
}
