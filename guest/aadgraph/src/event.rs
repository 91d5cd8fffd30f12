//! Events of the log: one call to Azure AD Graph, with the distinct values of each field.

use crate::asn::AsnTable;
use crate::values::{add, is_keyword};
use smallvec::SmallVec;
use std::borrow::Cow;

/// The actor type of a person.
pub const USER: &str = "User";
/// The category of Azure's own records.
pub const CATEGORY: &str = "AzureADGraphActivityLogs";
/// The table of Log Analytics.
pub const ROW_TABLE: &str = "AADGraphActivityLogs";
/// The data set of Elastic's documents.
pub const DATASET: &str = "azure.aadgraphactivitylogs";

/// The distinct values of a field, mostly one; none is null.
pub type Values<T> = SmallVec<[T; 1]>;
/// Distinct texts.
pub type Texts<'a> = Values<Cow<'a, str>>;

/// One call to Azure AD Graph.
#[derive(Debug, Default)]
pub struct GraphEvent<'a> {
    /// Milliseconds since 1970.
    pub time: i64,
    /// The hash of the call's identity; None if it has none.
    pub id: Option<u64>,
    /// Ids of users or service principals.
    pub users: Texts<'a>,
    /// Numbers of autonomous systems.
    pub asns: Values<i64>,
    /// Whether the status is a 4xx.
    pub error: bool,
    /// Paths of the URI.
    pub paths: Texts<'a>,
    /// Ids of tenants.
    pub tenants: Texts<'a>,
    /// Versions of the interface.
    pub api_versions: Texts<'a>,
    /// Ids of applications.
    pub app_ids: Texts<'a>,
    /// Addresses that called, as 128 bits.
    pub ips: Values<u128>,
    /// Names of autonomous systems.
    pub asn_names: Texts<'a>,
    /// User agents.
    pub user_agents: Texts<'a>,
    /// Actor types, `User` or `Application`; read only for rules that ask for them.
    pub actor_types: Texts<'a>,
    /// Number of look-ups in the `asn` table that is not loaded.
    pub missed: u32,
}

impl GraphEvent<'_> {
    /// Whether a person called, and nothing else.
    #[must_use]
    pub fn by_user(&self) -> bool {
        matches!(&self.actor_types[..], [actor] if actor == USER)
    }

    /// Looks up the autonomous systems of the addresses.
    pub fn look_up(&mut self, table: Option<&AsnTable>) {
        let Some(table) = table else {
            self.missed = u32::try_from(self.ips.len()).unwrap_or(u32::MAX);
            return;
        };
        for ip in &self.ips {
            if let Some((number, name)) = table.find(*ip) {
                add(&mut self.asns, number);
                // An over-long keyword is null.
                if let Some(name) = name.filter(|name| is_keyword(name)) {
                    add(&mut self.asn_names, Cow::Owned(name.to_owned()));
                }
            }
        }
    }
}
