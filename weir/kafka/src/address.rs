//! Address of the events: `kafka://HOST:PORT,.../TOPIC?group=weir&...`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Scheme of addresses of topics.
const SCHEME: &str = "kafka://";
/// The consumer group where none is named.
const GROUP: &str = "weir";
/// Longest name of a topic that a broker takes.
const LONGEST: usize = 249;

/// Phases that a process takes part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// Reads events and hands partial states on by group.
    Collect,
    /// Merges partial states and decides.
    Decide,
    /// Both, on two threads.
    #[default]
    Both,
}

/// An address that events are read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Brokers to ask first, `HOST:PORT` with commas between them.
    pub brokers: String,
    /// The topic of the events.
    pub topic: String,
    /// The consumer group; other names derive from it.
    pub group: String,
    /// The part of this process.
    pub role: Role,
    /// Whether a group that has read nothing yet begins at the oldest event, not at the newest.
    pub from_start: bool,
    /// Whether to read to where the topic ends now, close all windows, and end.
    pub until_end: bool,
    /// The topic of partial states.
    pub partials: String,
    /// The topic of checkpoints.
    pub state: String,
    /// The consumer group of those that decide.
    pub deciders: String,
}

impl Address {
    /// The topic in `kafka:///TOPIC`, which is on the brokers of the events.
    ///
    /// # Errors
    ///
    /// The fault of a malformed address, with what would be right.
    pub fn output(text: &str) -> Result<String, String> {
        let rest = text.strip_prefix(SCHEME).unwrap_or(text);
        match rest.strip_prefix('/') {
            Some(topic) => name("topic", topic),
            None => Err(format!(
                "`{text}`: alerts go to the brokers that events come from; write kafka:///TOPIC"
            )),
        }
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rest = text
            .strip_prefix(SCHEME)
            .ok_or_else(|| format!("`{text}`: wants kafka://HOST:PORT/TOPIC"))?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (brokers, topic) = place
            .split_once('/')
            .ok_or_else(|| format!("`{text}` names no topic; write kafka://HOST:PORT/TOPIC"))?;
        if brokers.is_empty() {
            return Err(format!(
                "`{text}` names no broker; write kafka://HOST:PORT/TOPIC"
            ));
        }
        brokers.split(',').try_for_each(broker)?;
        let topic = name("topic", topic)?;
        let mut address = Self {
            brokers: brokers.to_owned(),
            topic,
            group: GROUP.to_owned(),
            role: Role::default(),
            from_start: true,
            until_end: false,
            partials: String::new(),
            state: String::new(),
            deciders: String::new(),
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair
                .split_once('=')
                .ok_or_else(|| format!("`{pair}` in the address: write KEY=VALUE"))?;
            address.set(key, value)?;
        }
        let group = address.group.clone();
        let or = |given: &mut String, last: &str| {
            if given.is_empty() {
                *given = format!("{group}.{last}");
            }
        };
        or(&mut address.partials, "partials");
        or(&mut address.state, "state");
        or(&mut address.deciders, "decide");
        address.distinct()
    }
}

impl Address {
    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match (key, value) {
            ("group", value) => self.group = name("group", value)?,
            ("partials", value) => self.partials = name("partials", value)?,
            ("state", value) => self.state = name("state", value)?,
            ("role", "collect") => self.role = Role::Collect,
            ("role", "decide") => self.role = Role::Decide,
            ("role", "both") => self.role = Role::Both,
            ("from", "start") => self.from_start = true,
            ("from", "now") => self.from_start = false,
            ("until", "end") => self.until_end = true,
            ("role", _) => return Err(wrong(key, value, "collect, decide or both")),
            ("from", _) => return Err(wrong(key, value, "start or now")),
            ("until", _) => return Err(wrong(key, value, "end")),
            _ => {
                return Err(format!(
                    "`{key}` in the address; there are: group, role, from, until, partials, state \
                     (settings of the client are --kafka KEY=VALUE)"
                ));
            }
        }
        Ok(())
    }

    /// Whether all brokers are on this machine.
    pub(super) fn is_loopback(&self) -> bool {
        self.brokers.split(',').all(|broker| {
            let host = broker.rsplit_once(':').map_or(broker, |(host, _)| host);
            let host = host.trim_matches(['[', ']']);
            let address = host.parse::<IpAddr>();
            address.map_or_else(|_| host == "localhost", |address| address.is_loopback())
        })
    }

    fn distinct(self) -> Result<Self, String> {
        let names = [&self.topic, &self.partials, &self.state];
        for (at, one) in names.iter().enumerate() {
            if names.iter().take(at).any(|other| other == one) {
                return Err(format!(
                    "`{one}` cannot be two of the topics of events, of partial states and of state"
                ));
            }
        }
        Ok(self)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{SCHEME}{}/{}", self.brokers, self.topic)
    }
}

fn wrong(key: &str, value: &str, right: &str) -> String {
    format!("`{key}={value}` in the address: it must be {right}")
}

fn broker(text: &str) -> Result<(), String> {
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    match port.map(|(_, port)| port.parse::<u16>()) {
        Some(Ok(_)) => Ok(()),
        _ => Err(format!("`{text}` is no broker; write HOST:PORT")),
    }
}

/// A name that a broker takes for a topic; groups are held to the same, since topics are
/// named after them.
fn name(what: &str, text: &str) -> Result<String, String> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if text.is_empty() || text.len() > LONGEST || !text.bytes().all(legal) || text.starts_with('.')
    {
        return Err(format!(
            "`{text}` is no name of a {what}: letters, digits, `.`, `_` and `-`, 1 to {LONGEST} of them"
        ));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn names_derive_from_the_group_unless_they_are_given() {
        let address: Address = "kafka://a:9092,[::1]:9093/events?group=g&role=decide&state=s"
            .parse()
            .unwrap();
        assert_eq!(address.brokers, "a:9092,[::1]:9093");
        assert_eq!((&*address.topic, address.role), ("events", Role::Decide));
        assert_eq!(
            (&*address.partials, &*address.state, &*address.deciders),
            ("g.partials", "s", "g.decide")
        );
        assert!(address.from_start && !address.until_end);
        assert_eq!(Address::output("kafka:///alerts").unwrap(), "alerts");
    }

    #[test]
    fn names_the_wrong_part_of_an_address() {
        for (text, part) in [
            ("kafka://a:1", "no topic"),
            ("kafka:///t", "no broker"),
            ("kafka://a/t", "HOST:PORT"),
            ("kafka://a:1/t t", "no name of a topic"),
            ("kafka://a:1/t?x=1", "`x` in the address"),
            ("kafka://a:1/t?role=all", "collect, decide or both"),
            ("kafka://a:1/t?state=t", "two of the topics"),
            ("kafka://a:1/t?group", "KEY=VALUE"),
        ] {
            let error = text.parse::<Address>().unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
        assert!(Address::output("kafka://a:1/t").is_err());
    }
}
