//! Exceptions as the oracle knows them.

use serde_json::json;
use std::net::{IpAddr, Ipv6Addr};
use weir_generator::clock::iso;
use weir_generator::event::Event;
use weir_generator::random::Random;

/// One exception; an empty list is a key that is not given.
#[derive(Clone, Debug, Default)]
pub struct Exception {
    users: Vec<String>,
    app_ids: Vec<String>,
    /// Networks as the bits that their addresses begin with, as text.
    sources: Vec<String>,
    asns: Vec<i64>,
    user_agents: Vec<String>,
    tenants: Vec<String>,
    expires: Option<i64>,
}

/// The 128 bits of an address, IPv4 mapped, as text.
fn bits(address: &str) -> String {
    let v6 = match address.parse() {
        Ok(IpAddr::V4(v4)) => v4.to_ipv6_mapped(),
        Ok(IpAddr::V6(v6)) => v6,
        Err(_) => return String::new(),
    };
    format!("{:0128b}", v6.to_bits())
}

/// A network of such bits, in CIDR notation.
fn cidr(bits: &str) -> String {
    let first = u128::from_str_radix(&format!("{bits:0<128}"), 2).unwrap_or(0);
    format!("{}/{}", Ipv6Addr::from_bits(first), bits.len())
}

impl Exception {
    /// Whether it leaves an event out.
    #[must_use]
    pub fn hides(&self, event: &Event) -> bool {
        let ips: Vec<String> = event.ips.iter().map(|ip| bits(ip)).collect();
        let agent = |wanted: &String, agent: &String| match wanted.strip_suffix('*') {
            Some(prefix) => agent.starts_with(prefix),
            None => wanted == agent,
        };
        let network = |wanted: &String, ip: &String| ip.starts_with(wanted);
        self.expires.is_none_or(|end| event.time < end)
            && covers(&self.users, &event.users, String::eq)
            && covers(&self.app_ids, &event.app_ids, String::eq)
            && covers(&self.sources, &ips, network)
            && covers(&self.asns, &event.asns, i64::eq)
            && covers(&self.user_agents, &event.user_agents, agent)
            && covers(&self.tenants, &event.tenants, String::eq)
    }

    /// As the configuration has it.
    #[must_use]
    pub fn json(&self) -> String {
        let sources: Vec<String> = self.sources.iter().map(|bits| cidr(bits)).collect();
        let mut object = json!({
            "reason": "a test", "user": self.users, "app_id": self.app_ids, "source": sources,
            "asn": self.asns, "user_agent": self.user_agents, "tenant": self.tenants,
            "expires": self.expires.map(iso),
        });
        if let Some(object) = object.as_object_mut() {
            object.retain(|_, value| !value.is_null() && *value != json!([]));
        }
        object.to_string()
    }

    /// An exception for an event: some of its values in some of its fields.
    fn like(event: &Event, random: &mut Random) -> Self {
        let mut exception = Exception::default();
        let agents = event.user_agents.iter();
        let prefix = |text: &String| text.chars().take(5).collect::<String>() + "*";
        match random.below(6) {
            0 => exception.app_ids.clone_from(&event.app_ids),
            1 => {
                let length = *random.pick(&[128, 120, 104, 40]);
                let networks = event.ips.iter().map(|ip| bits(ip)[..length].to_owned());
                exception.sources = networks.collect();
            }
            2 => exception.asns.clone_from(&event.asns),
            3 => exception.user_agents.clone_from(&event.user_agents),
            4 => exception.user_agents = agents.map(prefix).collect(),
            _ => exception.tenants.clone_from(&event.tenants),
        }
        if random.one_in(2) {
            exception.users.clone_from(&event.users);
        }
        exception.expires = match random.below(3) {
            0 => Some(event.time),
            1 => Some(event.time + 1),
            _ => None,
        };
        exception
    }

    fn is_blank(&self) -> bool {
        let texts = [
            &self.users,
            &self.app_ids,
            &self.sources,
            &self.user_agents,
            &self.tenants,
        ];
        self.asns.is_empty() && texts.iter().all(|texts| texts.is_empty())
    }
}

/// Whether there are values and each is wanted, or nothing is.
fn covers<T>(wanted: &[T], values: &[T], same: impl Fn(&T, &T) -> bool) -> bool {
    let is_wanted = |value| wanted.iter().any(|w| same(w, value));
    wanted.is_empty() || (!values.is_empty() && values.iter().all(is_wanted))
}

/// Mostly none; else up to three, each after one of the events.
#[must_use]
pub fn some_exceptions(random: &mut Random, events: &[Event]) -> Vec<Exception> {
    if events.is_empty() || !random.one_in(3) {
        return Vec::new();
    }
    let mut all: Vec<Exception> = (0..=random.below(3))
        .map(|_| Exception::like(random.clone().pick(events), random))
        .collect();
    all.retain(|exception| !exception.is_blank());
    all
}
