//! The rule: a user calls from a network that was not seen with this user for a week.

use aadgraph::about::{self, API_VERSION, APP_ID, tags};
use aadgraph::attack;
use aadgraph::call::GraphCall;
use aadgraph::event::GraphEvent;
use aadgraph::first_seen_rules::{self, AGENTS, API_VERSIONS, IPS, NETWORKS, PATHS, TENANTS};
use aadgraph::list;
use aadgraph::log::AadGraph;
use aadgraph::pivot::{self, PivotField};
use aadgraph::{group, phrase, response};
use weir_detector::columns::Columns;
use weir_detector::config::{Config, ParameterRange, ParameterSpec};
use weir_detector::definition::{AlertField, Definition, FilterDecision, Info, Rule, parts};
use weir_detector::facts::ColumnId;
use weir_detector::key::{Keys, Part, PartKind};
use weir_detector::model::Threat;
use weir_detector::schema::ColumnKind;

/// Index of the column of applications.
const APPS: ColumnId = first_seen_rules::OWN;

/// Indexes of the parts of the key.
const USER: usize = 0;
const NETWORK: usize = 1;

const EXCLUDED: ParameterSpec = ParameterSpec {
    name: "excluded_networks",
    range: ParameterRange::Text(
        "3598, 7224, 8068, 8069, 8070, 8071, 8072, 8073, 8074, 8075, 8987, 12076, 14618, 15169, \
         16509, 19527, 36040, 36384, 36385, 36492, 39111, 394089, 396982",
        |text| list::networks(text).map(|_| ()),
    ),
    summary: "Numbers of networks that first-party services and large clouds call from, with \
        commas between them.",
};

/// The first call of a user from a network.
#[derive(Default)]
pub struct FirstNetwork {
    /// Numbers of the excluded networks, sorted.
    excluded: Vec<i64>,
}

impl FirstNetwork {
    fn is_excluded(&self, network: i64) -> bool {
        self.excluded.binary_search(&network).is_ok()
    }
}

impl Rule for FirstNetwork {
    type Log = AadGraph;

    fn definition(&self) -> Definition {
        Definition {
            info: info(),
            parameters: vec![EXCLUDED],
            key: parts(&[
                ("user.id", PartKind::Text),
                ("source.as.number", PartKind::Integer),
            ]),
            shown: vec![
                ("Esql.first_seen", AlertField::First),
                ("source.ip", AlertField::Column(IPS)),
                ("source.as.organization.name", AlertField::Column(NETWORKS)),
                ("user_agent.original", AlertField::Column(AGENTS)),
                (APP_ID, AlertField::Column(APPS)),
                (API_VERSION, AlertField::Column(API_VERSIONS)),
                ("Esql.sample_paths", AlertField::Column(PATHS)),
                ("azure.tenant_id", AlertField::Column(TENANTS)),
            ],
            reason: |view| {
                format!(
                    "{} called Azure AD Graph from {}{}, where this user was not seen before",
                    phrase::user(view.text(USER).as_deref()),
                    phrase::network(view.integer(NETWORK)),
                    match view.texts(NETWORKS).first() {
                        Some(name) => format!(" ({name})"),
                        None => String::new(),
                    },
                )
            },
            response: |view| response::all(view.text(USER).as_deref(), &view.texts(APPS)),
            pivots: |view| {
                let (user, network) = (view.text(USER), view.integer(NETWORK));
                let of = [PivotField::Network(network)];
                pivot::all(user.as_deref(), &of, view.window())
            },
            ..first_seen_rules::definition(&[(APP_ID, ColumnKind::Values)])
        }
    }

    fn configure(&mut self, config: &Config) {
        // The text was checked.
        let excluded = config.list(EXCLUDED.name);
        self.excluded = excluded.filter_map(|number| number.parse().ok()).collect();
        self.excluded.sort_unstable();
    }

    fn filter(&self, event: &GraphEvent) -> bool {
        let mut networks = event.asns.iter();
        !event.users.is_empty()
            && !event.asns.is_empty()
            && !networks.any(|network| self.is_excluded(*network))
    }

    fn filter_call(&self, call: &GraphCall) -> FilterDecision {
        // The network usually comes from the address, by the table.
        match call.user().is_empty() {
            true => FilterDecision::No,
            false => FilterDecision::ByCaller,
        }
    }

    fn keys(&self, event: &GraphEvent) -> Keys {
        let mut keys = Keys::default();
        keys.part(event.users.iter().map(|user| Part::text(Some(user))));
        keys.part(event.asns.iter().copied().map(Part::Integer));
        keys
    }

    fn fill(&self, event: &GraphEvent, columns: &mut Columns) {
        first_seen_rules::fill(event, columns);
        group::add_texts(columns, &[(APPS, &event.app_ids)]);
    }

    fn fill_call(&self, call: &GraphCall, columns: &mut Columns) {
        first_seen_rules::fill_call(call, columns);
    }
}

fn info() -> Info {
    Info {
        id: "fb935960-d132-4bb5-853d-62f86cccc250",
        short_name: "first-network",
        name: "Azure AD Graph Access with Unusual User and ASN",
        description: "A user called Azure AD Graph from a network that was not seen with this \
            user for a week and is none of the large clouds: stolen credentials are used from \
            hosters, anonymisers and homes.",
        tags: tags(&["Tactic: Initial Access"]),
        threats: vec![Threat {
            tactic: attack::initial_access(),
            techniques: vec![attack::valid_accounts()],
            subtechniques: vec![attack::cloud_accounts()],
        }],
        ..about::info()
    }
}
