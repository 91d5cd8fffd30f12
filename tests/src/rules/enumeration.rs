//! Enumeration: of each user, tenant and minute, the kinds of objects that an aiohttp client read.

use super::{all, once, only};
use crate::oracle::keys;
use crate::row::Row;
use std::collections::{BTreeMap, BTreeSet};
use weir_generator::event::Event;

const MINUTE: i64 = 60_000;
/// What counts as a kind of object; the first that a path holds is its kind.
pub(super) const KINDS: [&str; 16] = [
    "/eligibleRoleAssignments",
    "/roleAssignments",
    "/users",
    "/groups",
    "/servicePrincipals",
    "/applications",
    "/devices",
    "/directoryRoles",
    "/roleDefinitions",
    "/administrativeUnits",
    "/contacts",
    "/oauth2PermissionGrants",
    "/authorizationPolicy",
    "/settings",
    "/policies",
    "/tenantDetails",
];

fn kind(event: &Event) -> Option<&'static str> {
    let agent = only(&event.user_agents)?;
    let path = only(&event.paths)?;
    if !agent.to_lowercase().contains("aiohttp") {
        return None;
    }
    KINDS.into_iter().find(|kind| path.contains(kind))
}

/// The alerts over a whole stream, for at least so many kinds of objects.
#[must_use]
pub fn rows(events: &[Event], least: usize) -> Vec<Row> {
    let mut groups: BTreeMap<_, Vec<&Event>> = BTreeMap::new();
    for event in once(events).filter(|event| kind(event).is_some()) {
        let minute = event.time.div_euclid(MINUTE) * MINUTE;
        for user in keys(&event.users) {
            for tenant in keys(&event.tenants) {
                let key = (minute, user.clone(), tenant);
                groups.entry(key).or_default().push(event);
            }
        }
    }
    let rows = groups
        .into_iter()
        .filter_map(|((minute, user, tenant), events)| {
            let kinds: BTreeSet<&str> = events.iter().filter_map(|event| kind(event)).collect();
            let kinds: Vec<String> = kinds.iter().map(|kind| kind[1..].to_owned()).collect();
            let ips = all(&events, |e| &e.ips);
            let row = Row::new(minute)
                .text("user.id", user.as_slice())
                .text("azure.tenant_id", tenant.as_slice())
                .integer("Esql.request_count", i64::try_from(events.len()).ok())
                .integer("Esql.distinct_endpoints", i64::try_from(kinds.len()).ok())
                .text("Esql.target_endpoints", &kinds)
                .text("Esql.api_versions", &all(&events, |e| &e.api_versions))
                .text("Esql.app_ids", &all(&events, |e| &e.app_ids))
                .text("Esql.user_agent", &all(&events, |e| &e.user_agents))
                .text("Esql.source_ips", &ips)
                .text("source.ip", &ips)
                .text("Esql.source_asn_orgs", &all(&events, |e| &e.asn_names))
                .time("Esql.first_seen", events.iter().map(|e| e.time).min())
                .time("Esql.last_seen", events.iter().map(|e| e.time).max());
            (kinds.len() >= least).then_some(row)
        });
    rows.collect()
}
