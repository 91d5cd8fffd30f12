//! The rule: many kinds of directory objects in a minute, read with an aiohttp client.

use aadgraph::about::{self, tags};
use aadgraph::agent::{self, Agents};
use aadgraph::attack::directory_discovery;
use aadgraph::call::GraphCall;
use aadgraph::endpoint;
use aadgraph::event::GraphEvent;
use aadgraph::log::AadGraph;
use aadgraph::pivot::{self, PivotField};
use aadgraph::{group, phrase, response};
use weir_detector::columns::Columns;
use weir_detector::conditions::Figure;
use weir_detector::config::{Config, ParameterRange, ParameterSpec};
use weir_detector::definition::{
    AlertField, Clause, Definition, FilterDecision, Info, Rule, columns, parts,
};
use weir_detector::facts::ColumnId;
use weir_detector::judgement::Judgement;
use weir_detector::key::{Keys, PartKind};
use weir_detector::model::{Comparison, Severity};
use weir_detector::schema::ColumnKind;
use weir_detector::text;
use weir_detector::view::AlertView;

/// Indexes of the columns.
const CALLS: ColumnId = 0;
const ENDPOINTS: ColumnId = 1;
const CLASSES: ColumnId = 2;
const API_VERSIONS: ColumnId = 3;
const APPS: ColumnId = 4;
const AGENTS: ColumnId = 5;
const NETWORKS: ColumnId = 6;
const IPS: ColumnId = 7;

/// Indexes of the parts of the key.
const USER: usize = 0;
const TENANT: usize = 1;

const PARAMETERS: [ParameterSpec; 2] = [
    ParameterSpec {
        name: "min_distinct_endpoints",
        range: ParameterRange::Integer(5, 1, endpoint::CLASSES.len() as u64),
        summary: "Fewest endpoint classes, of the 16 that a full walk reads, that can alert.",
    },
    ParameterSpec {
        name: "agents",
        range: ParameterRange::Text("*aiohttp*", agent::check),
        summary: "User agents of the clients that are watched, in any case, with commas between \
            them; * at an end stands for anything.",
    },
];

/// Enumeration of a directory by a script.
#[derive(Default)]
pub struct Enumeration {
    agents: Agents,
}

impl Rule for Enumeration {
    type Log = AadGraph;

    fn definition(&self) -> Definition {
        Definition {
            info: info(),
            judgement: Judgement::Tumbling { seconds: 60 },
            parameters: PARAMETERS.to_vec(),
            samples: None,
            exact: None,
            key: parts(&[
                ("user.id", PartKind::Text),
                ("azure.tenant_id", PartKind::Text),
            ]),
            columns: columns(&[
                ("Esql.request_count", ColumnKind::Count),
                ("Esql.distinct_endpoints", ColumnKind::Distinct),
                ("Esql.target_endpoints", ColumnKind::Values),
                ("Esql.api_versions", ColumnKind::Values),
                ("Esql.app_ids", ColumnKind::Values),
                ("Esql.user_agent", ColumnKind::Values),
                ("Esql.source_asn_orgs", ColumnKind::Values),
                ("Esql.source_ips", ColumnKind::Addresses),
            ]),
            conditions: vec![Clause {
                column: "Esql.distinct_endpoints",
                parameter: "min_distinct_endpoints",
                comparison: Comparison::AtLeast,
                figure: Figure::Of(ENDPOINTS),
            }],
            promise: vec![0],
            shown: vec![
                ("Esql.time_window", AlertField::Start),
                ("Esql.request_count", AlertField::Column(CALLS)),
                ("Esql.distinct_endpoints", AlertField::Column(ENDPOINTS)),
                ("Esql.target_endpoints", AlertField::Column(CLASSES)),
                ("Esql.api_versions", AlertField::Column(API_VERSIONS)),
                ("Esql.app_ids", AlertField::Column(APPS)),
                ("Esql.user_agent", AlertField::Column(AGENTS)),
                ("Esql.source_ips", AlertField::Column(IPS)),
                ("Esql.source_asn_orgs", AlertField::Column(NETWORKS)),
                ("Esql.first_seen", AlertField::First),
                ("Esql.last_seen", AlertField::Last),
                ("source.ip", AlertField::Again(IPS)),
            ],
            labels: about::LABELS.to_vec(),
            reason,
            response: |view| response::all(view.text(USER).as_deref(), &view.texts(APPS)),
            pivots: |view| {
                let (user, tenant) = (view.text(USER), view.text(TENANT));
                let of = [PivotField::Tenant(tenant.as_deref())];
                pivot::all(user.as_deref(), &of, view.window())
            },
        }
    }

    fn configure(&mut self, config: &Config) {
        self.agents = Agents::new(config.list("agents"));
    }

    fn filter(&self, event: &GraphEvent) -> bool {
        self.agents.take_one(&event.user_agents) && endpoint::of(&event.paths).is_some()
    }

    fn filter_call(&self, call: &GraphCall) -> FilterDecision {
        (self.agents.take(call.agent()) && call.class().is_some()).into()
    }

    fn keys(&self, event: &GraphEvent) -> Keys {
        group::keys(&[&event.users, &event.tenants])
    }

    fn fill(&self, event: &GraphEvent, columns: &mut Columns) {
        if let Some(class) = endpoint::of(&event.paths) {
            columns.distinct(ENDPOINTS, class);
            columns.text(CLASSES, class);
        }
        let lists = [
            (API_VERSIONS, &event.api_versions),
            (APPS, &event.app_ids),
            (AGENTS, &event.user_agents),
            (NETWORKS, &event.asn_names),
        ];
        group::add_texts(columns, &lists);
        group::add_addresses(columns, IPS, event);
    }

    fn fill_call(&self, call: &GraphCall, columns: &mut Columns) {
        if let Some(class) = call.class() {
            columns.distinct(ENDPOINTS, class);
            columns.text(CLASSES, class);
        }
    }
}

fn info() -> Info {
    Info {
        id: "80aa6cca-b343-457b-877e-5877cd71a1f8",
        short_name: "enumeration",
        name: "Azure AD Graph Potential Enumeration (ROADrecon)",
        description: "One identity read many kinds of directory objects of a tenant within a \
            minute, with a client that calls itself aiohttp: how ROADrecon gathers a directory.",
        severity: Severity::High,
        risk_score: 73,
        tags: tags(&["Tactic: Discovery"]),
        threats: vec![directory_discovery()],
        ..about::info()
    }
}

fn reason(view: &AlertView) -> String {
    let window = view.window();
    format!(
        "{} read {} of Azure AD Graph in {} with {}, {} in all",
        phrase::user(view.text(USER).as_deref()),
        phrase::many(view.number(ENDPOINTS), "kind of object", "kinds of objects"),
        text::duration(window.end - window.start),
        phrase::named(&view.texts(AGENTS)),
        phrase::many(view.number(CALLS), "call", "calls"),
    )
}
