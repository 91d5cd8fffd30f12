//! The rule: a user calls with an application that was not seen with this user for a week.

use aadgraph::about::{self, API_VERSION, APP_ID, MIGRATION, tags};
use aadgraph::attack;
use aadgraph::call::GraphCall;
use aadgraph::event::{GraphEvent, USER as PERSON};
use aadgraph::fields::ACTOR_TYPE;
use aadgraph::first_seen_rules::{self, AGENTS, API_VERSIONS, IPS, NETWORKS, PATHS, TENANTS};
use aadgraph::log::AadGraph;
use aadgraph::pivot::{self, PivotField};
use aadgraph::{group, phrase, response};
use weir_detector::columns::Columns;
use weir_detector::config::{Config, ParameterRange, ParameterSpec};
use weir_detector::definition::{AlertField, Definition, FilterDecision, Info, Rule, parts};
use weir_detector::fields::Field;
use weir_detector::key::{Keys, PartKind};
use weir_detector::model::Threat;

/// Indexes of the parts of the key.
const APP: usize = 0;
const USER: usize = 1;

const EXCLUDED: ParameterSpec = ParameterSpec {
    name: "excluded_applications",
    range: ParameterRange::Text(
        "74658136-14ec-4630-ad9b-26e160ff0fc6, bb8f18b0-9c38-48c9-a847-e1ef3af0602d, \
         00000006-0000-0ff1-ce00-000000000000, 18ed3507-a475-4ccb-b669-d66bc9f2a36e",
        |_| Ok(()),
    ),
    summary: "Ids of applications that are new to many users every day, with commas between them.",
};

/// The first use of an application by a user.
#[derive(Default)]
pub struct FirstClient {
    excluded: Vec<String>,
}

impl FirstClient {
    fn is_excluded(&self, app: &[u8]) -> bool {
        self.excluded
            .iter()
            .any(|excluded| excluded.as_bytes() == app)
    }
}

impl Rule for FirstClient {
    type Log = AadGraph;

    fn definition(&self) -> Definition {
        Definition {
            info: info(),
            parameters: vec![EXCLUDED],
            key: parts(&[(APP_ID, PartKind::Text), ("user.id", PartKind::Text)]),
            shown: vec![
                ("Esql.first_seen", AlertField::First),
                ("user_agent.original", AlertField::Column(AGENTS)),
                (API_VERSION, AlertField::Column(API_VERSIONS)),
                ("Esql.sample_paths", AlertField::Column(PATHS)),
                ("source.ip", AlertField::Column(IPS)),
                ("source.as.organization.name", AlertField::Column(NETWORKS)),
                ("azure.tenant_id", AlertField::Column(TENANTS)),
            ],
            reason: |view| {
                format!(
                    "{} called Azure AD Graph with application {}, which was not seen with this \
                     user before",
                    phrase::user(view.text(USER).as_deref()),
                    view.text(APP).unwrap_or_default(),
                )
            },
            response: |view| {
                let app = view.text(APP).unwrap_or_default();
                response::all(view.text(USER).as_deref(), &[&app])
            },
            pivots: |view| {
                let (user, app) = (view.text(USER), view.text(APP));
                let of = [PivotField::App(app.as_deref())];
                pivot::all(user.as_deref(), &of, view.window())
            },
            ..first_seen_rules::definition(&[])
        }
    }

    fn reads(&self) -> &'static [Field] {
        &[ACTOR_TYPE]
    }

    fn configure(&mut self, config: &Config) {
        let excluded = config.list(EXCLUDED.name);
        self.excluded = excluded.map(str::to_owned).collect();
    }

    fn filter(&self, event: &GraphEvent) -> bool {
        let mut apps = event.app_ids.iter();
        event.actor_types.iter().any(|actor| actor == PERSON)
            && !event.users.is_empty()
            && !event.app_ids.is_empty()
            && !apps.any(|app| self.is_excluded(app.as_bytes()))
    }

    fn filter_call(&self, call: &GraphCall) -> FilterDecision {
        let app = call.app();
        let named = !call.user().is_empty() && !app.is_empty();
        let wanted = |by_user| by_user && named && !self.is_excluded(app);
        call.by_user().map(wanted).into()
    }

    fn keys(&self, event: &GraphEvent) -> Keys {
        group::keys(&[&event.app_ids, &event.users])
    }

    fn fill(&self, event: &GraphEvent, columns: &mut Columns) {
        first_seen_rules::fill(event, columns);
    }

    fn fill_call(&self, call: &GraphCall, columns: &mut Columns) {
        first_seen_rules::fill_call(call, columns);
    }
}

fn info() -> Info {
    Info {
        id: "fd9d2933-f0f9-4aac-810c-a31f6a4a7890",
        short_name: "first-client",
        name: "Azure AD Graph Access with Unusual Client and User",
        description: "A user called Azure AD Graph with an application that was not seen with \
            this user for a week: a consent that was phished, or a stolen token that was \
            exchanged for one of another client.",
        references: vec![
            "https://github.com/secureworks/family-of-client-ids-research",
            MIGRATION,
        ],
        tags: tags(&["Tactic: Defense Evasion", "Tactic: Discovery"]),
        threats: vec![
            Threat {
                tactic: attack::discovery(),
                techniques: vec![attack::account_discovery()],
                subtechniques: vec![attack::cloud_account()],
            },
            Threat {
                tactic: attack::defense_evasion(),
                techniques: vec![attack::alternate_material()],
                subtechniques: vec![attack::access_token()],
            },
        ],
        ..about::info()
    }
}
