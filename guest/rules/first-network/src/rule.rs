//! The rule: a user calls from a network that was not seen with this user for a week.

use aadgraph::about::{self, API_VERSION, APP_ID, tags};
use aadgraph::attack;
use aadgraph::call::Call;
use aadgraph::event::Event;
use aadgraph::list;
use aadgraph::log::AadGraph;
use aadgraph::pivot::{self, Of};
use aadgraph::unfamiliar::{self, AGENTS, API_VERSIONS, IPS, NETWORKS, PATHS, TENANTS};
use aadgraph::{group, phrase, response};
use weir_detector::columns::Columns;
use weir_detector::config::{Config, Range, Setting};
use weir_detector::definition::{Definition, Info, Rule, Shown, Wanted, parts};
use weir_detector::facts::Kind;
use weir_detector::key::{Keys, Part, PartKind};
use weir_detector::model::Threat;
use weir_detector::schema::ColumnKind;

/// The column of applications, by its place.
const APPS: Kind = unfamiliar::OWN;

/// Parts of the key by their places.
const USER: usize = 0;
const NETWORK: usize = 1;

const EXCLUDED: Setting = Setting {
    name: "excluded_networks",
    range: Range::Text(
        "3598, 7224, 8068, 8069, 8070, 8071, 8072, 8073, 8074, 8075, 8987, 12076, 14618, 15169, \
         16509, 19527, 36040, 36384, 36385, 36492, 39111, 394089, 396982",
        |text| list::networks(text).map(|_| ()),
    ),
    summary: "Numbers of networks that first-party services and large clouds call from, with \
        commas between them.",
};

/// A network that a user did not call from before.
#[derive(Default)]
pub struct FirstNetwork {
    /// Sorted.
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
                ("Esql.first_seen", Shown::First),
                ("source.ip", Shown::Column(IPS)),
                ("source.as.organization.name", Shown::Column(NETWORKS)),
                ("user_agent.original", Shown::Column(AGENTS)),
                (APP_ID, Shown::Column(APPS)),
                (API_VERSION, Shown::Column(API_VERSIONS)),
                ("Esql.sample_paths", Shown::Column(PATHS)),
                ("azure.tenant_id", Shown::Column(TENANTS)),
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
                let of = [Of::Network(network)];
                pivot::all(user.as_deref(), &of, view.window())
            },
            ..unfamiliar::definition(&[(APP_ID, ColumnKind::Values)])
        }
    }

    fn configure(&mut self, config: &Config) {
        // The text was checked.
        let excluded = config.list(EXCLUDED.name);
        self.excluded = excluded.filter_map(|number| number.parse().ok()).collect();
        self.excluded.sort_unstable();
    }

    fn wants(&self, event: &Event) -> bool {
        let mut networks = event.asns.iter();
        !event.users.is_empty()
            && !event.asns.is_empty()
            && !networks.any(|network| self.is_excluded(*network))
    }

    fn wants_call(&self, call: &Call) -> Wanted {
        // The network mostly follows from the address, by the table.
        match call.user().is_empty() {
            true => Wanted::No,
            false => Wanted::ByCaller,
        }
    }

    fn keys(&self, event: &Event) -> Keys {
        let mut keys = Keys::default();
        keys.part(event.users.iter().map(|user| Part::text(Some(user))));
        keys.part(event.asns.iter().copied().map(Part::Integer));
        keys
    }

    fn fill(&self, event: &Event, columns: &mut Columns) {
        unfamiliar::fill(event, columns);
        group::add_texts(columns, &[(APPS, &event.app_ids)]);
    }

    fn fill_known(&self, call: &Call, columns: &mut Columns) {
        unfamiliar::fill_known(call, columns);
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
