//! The rule: a call by a person's token whose client is a script or an attacker's tool.

use aadgraph::about::{self, API_VERSION, APP_ID, MIGRATION, ROADTOOLS, tags};
use aadgraph::agent::{self, Agents};
use aadgraph::attack::directory_discovery;
use aadgraph::call::GraphCall;
use aadgraph::event::GraphEvent;
use aadgraph::fields::ACTOR_TYPE;
use aadgraph::log::AadGraph;
use aadgraph::pivot::{self, PivotField};
use aadgraph::{group, phrase, response};
use weir_detector::columns::Columns;
use weir_detector::config::{Config, ParameterRange, ParameterSpec};
use weir_detector::definition::{
    AlertField, Definition, FilterDecision, Info, Rule, columns, parts,
};
use weir_detector::facts::ColumnId;
use weir_detector::fields::Field;
use weir_detector::judgement::Judgement;
use weir_detector::key::{Keys, PartKind};
use weir_detector::model::Severity;
use weir_detector::schema::ColumnKind;

/// Indexes of the columns.
const CALLS: ColumnId = 0;
const TENANTS: ColumnId = 1;
const APPS: ColumnId = 2;
const API_VERSIONS: ColumnId = 3;
const NETWORKS: ColumnId = 4;
const IPS: ColumnId = 5;
const PATHS: ColumnId = 6;

/// Indexes of the parts of the key.
const USER: usize = 0;
const AGENT: usize = 1;

const AGENTS: ParameterSpec = ParameterSpec {
    name: "agents",
    range: ParameterRange::Text(
        "*fasthttp*, *aiohttp*, *hound*, *aadinternals*, *go-http-client*, python*, *curl/*, \
         *okhttp*, *axios*, *node-fetch*, *go-resty*, *bav2ropc*, *undici*",
        agent::check,
    ),
    summary: "User agents that are suspicious, in any case, with commas between them; * at an \
        end stands for anything.",
};

/// A client that is no product of Microsoft's.
#[derive(Default)]
pub struct SuspiciousAgent {
    agents: Agents,
}

impl Rule for SuspiciousAgent {
    type Log = AadGraph;

    fn definition(&self) -> Definition {
        Definition {
            info: info(),
            judgement: Judgement::Each {
                suppress_seconds: 3600,
            },
            parameters: vec![AGENTS],
            samples: None,
            exact: None,
            key: parts(&[
                ("user.id", PartKind::Text),
                ("user_agent.original", PartKind::Text),
            ]),
            columns: columns(&[
                ("Esql.total_calls", ColumnKind::Count),
                ("azure.tenant_id", ColumnKind::Values),
                (APP_ID, ColumnKind::Values),
                (API_VERSION, ColumnKind::Values),
                ("source.as.organization.name", ColumnKind::Values),
                ("source.ip", ColumnKind::Addresses),
                ("Esql.sample_paths", ColumnKind::Samples),
            ]),
            conditions: Vec::new(),
            promise: Vec::new(),
            shown: vec![
                ("Esql.total_calls", AlertField::Column(CALLS)),
                ("azure.tenant_id", AlertField::Column(TENANTS)),
                (APP_ID, AlertField::Column(APPS)),
                (API_VERSION, AlertField::Column(API_VERSIONS)),
                ("source.ip", AlertField::Column(IPS)),
                ("source.as.organization.name", AlertField::Column(NETWORKS)),
                ("Esql.first_seen", AlertField::First),
                ("Esql.last_seen", AlertField::Last),
                ("Esql.sample_paths", AlertField::Column(PATHS)),
            ],
            labels: about::LABELS.to_vec(),
            reason: |view| {
                format!(
                    "{} called Azure AD Graph with {}, {}",
                    phrase::user(view.text(USER).as_deref()),
                    view.text(AGENT).unwrap_or_default(),
                    phrase::many(view.number(CALLS), "call", "calls"),
                )
            },
            response: |view| response::all(view.text(USER).as_deref(), &view.texts(APPS)),
            pivots: |view| {
                let (user, agent) = (view.text(USER), view.text(AGENT));
                let of = [PivotField::Agent(agent.as_deref())];
                pivot::all(user.as_deref(), &of, view.window())
            },
        }
    }

    fn reads(&self) -> &'static [Field] {
        &[ACTOR_TYPE]
    }

    fn configure(&mut self, config: &Config) {
        self.agents = Agents::new(config.list(AGENTS.name));
    }

    fn filter(&self, event: &GraphEvent) -> bool {
        event.by_user() && self.agents.take_one(&event.user_agents)
    }

    fn filter_call(&self, call: &GraphCall) -> FilterDecision {
        let wanted = |by_user| by_user && self.agents.take(call.agent());
        call.by_user().map(wanted).into()
    }

    fn keys(&self, event: &GraphEvent) -> Keys {
        group::keys(&[&event.users, &event.user_agents])
    }

    fn fill(&self, event: &GraphEvent, columns: &mut Columns) {
        let lists = [
            (TENANTS, &event.tenants),
            (APPS, &event.app_ids),
            (API_VERSIONS, &event.api_versions),
            (NETWORKS, &event.asn_names),
        ];
        group::add_texts(columns, &lists);
        group::add_addresses(columns, IPS, event);
        group::add_paths(columns, PATHS, event);
    }

    fn fill_call(&self, call: &GraphCall, columns: &mut Columns) {
        group::add_path(columns, PATHS, call);
    }
}

fn info() -> Info {
    Info {
        id: "3aec394d-ed2a-4f3e-8ed3-4a2adea39f05",
        short_name: "suspicious-agent",
        name: "Azure AD Graph Access with Suspicious User-Agent",
        description: "A person's token was used on Azure AD Graph by a client that names itself \
            as a tool of attackers or as a general HTTP library; Microsoft's own clients do not.",
        references: vec![
            ROADTOOLS,
            "https://github.com/gerenios/aadinternals",
            MIGRATION,
        ],
        severity: Severity::High,
        risk_score: 73,
        tags: tags(&["Tactic: Discovery"]),
        threats: vec![directory_discovery()],
        ..about::info()
    }
}
