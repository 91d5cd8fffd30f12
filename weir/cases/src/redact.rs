//! Redaction of events: values that name people, places and things are replaced. Equal values get
//! equal replacements, and different values different ones.
//!
//! Nothing is kept because it looks harmless: only times, status codes, version numbers in fields with
//! such names, and of a path its slashes and the detector's own word for its category. Further fields
//! are kept by name.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::{Value as Json, json};

use weir_host::contract::{Column, Value};

/// The first autonomous system number for private use (RFC 6996).
const PRIVATE_AS: u64 = 4_200_000_000;
/// Networks for documentation (RFC 5737).
const EXAMPLES: [[u8; 3]; 3] = [[192, 0, 2], [198, 51, 100], [203, 0, 113]];
/// Hosts of one of them that are used: 1 to 254.
const HOSTS: u64 = 254;

/// The replacements so far.
#[derive(Debug, Default)]
pub struct Redactor {
    /// Names of the fields that are kept.
    keep: Vec<String>,
    /// Numbers of replacements, by kind and original.
    known: HashMap<(Kind, String), u64>,
    /// The last number of each kind.
    counts: HashMap<Kind, u64>,
}

/// A kind of value with numbers of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Kind {
    Guid,
    Address4,
    Address6,
    Number,
    Segment,
    /// Any other text of this field.
    Field(String),
}

impl Redactor {
    /// A redactor that keeps the values of the fields in `keep`.
    #[must_use]
    pub fn new(keep: Vec<String>) -> Self {
        Self {
            keep,
            ..Self::default()
        }
    }

    /// The redacted value of a column. `category` is the detector's word for the event's subject.
    pub fn value(&mut self, column: &Column, category: Option<&str>) -> Json {
        let name = column.name.as_str();
        let kept = self.keep.iter().any(|keep| keep == name);
        let mut text = |text: &String| match kept {
            true => text.clone(),
            false if name.ends_with(".path") => self.path(text, category),
            false => self.text(name, text),
        };
        match &column.value {
            Value::Text(value) => json!(text(value)),
            Value::TextList(values) => json!(values.iter().map(text).collect::<Vec<_>>()),
            Value::Integer(number) => json!(self.integer(name, *number)),
            Value::IntegerList(numbers) => {
                let numbers = numbers.iter().map(|number| self.integer(name, *number));
                json!(numbers.collect::<Vec<_>>())
            }
            other => other.json(),
        }
    }

    fn number(&mut self, kind: Kind, original: &str) -> u64 {
        let key = (kind, original.to_owned());
        if let Some(number) = self.known.get(&key) {
            return *number;
        }
        let count = self.counts.entry(key.0.clone()).or_default();
        *count += 1;
        self.known.insert(key, *count);
        *count
    }

    fn integer(&mut self, name: &str, number: i64) -> i64 {
        if name.ends_with(".status_code") || self.keep.iter().any(|keep| keep == name) {
            return number;
        }
        let replaced = PRIVATE_AS - 1 + self.number(Kind::Number, &number.to_string());
        i64::try_from(replaced).unwrap_or(i64::MAX)
    }

    fn text(&mut self, name: &str, text: &str) -> String {
        if name.ends_with("version") && is_version(text) {
            return text.to_owned();
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return self.address(address, text).to_string();
        }
        if is_guid(text) {
            let number = self.number(Kind::Guid, text);
            return format!("00000000-0000-4000-8000-{number:012x}");
        }
        let what = match name.rsplit('.').next() {
            Some("original") => name.split('.').next().unwrap_or(name),
            Some(last) => last,
            None => name,
        };
        let what = what.trim_start_matches('_');
        let kind = Kind::Field(name.to_owned());
        format!("{what}-{}", self.number(kind, text))
    }

    fn address(&mut self, address: IpAddr, text: &str) -> IpAddr {
        if address.is_ipv6() {
            let number = self.number(Kind::Address6, text);
            let documentation = u128::from(0x2001_0db8_u32) << 96;
            return Ipv6Addr::from_bits(documentation | u128::from(number)).into();
        }
        let at = self.number(Kind::Address4, text) - 1;
        let low = |number: u64| u8::try_from(number & 0xff).unwrap_or_default();
        let network = usize::try_from(at / HOSTS).unwrap_or(usize::MAX);
        match EXAMPLES.get(network) {
            Some([a, b, c]) => Ipv4Addr::new(*a, *b, *c, low(at % HOSTS + 1)).into(),
            // Private addresses, when those for documentation are used up.
            None => Ipv4Addr::new(10, low(at >> 16), low(at >> 8), low(at)).into(),
        }
    }

    /// Replaces the segments of a path. The category's word is kept, without arguments in brackets.
    fn path(&mut self, path: &str, category: Option<&str>) -> String {
        let shown = path.split('/').enumerate().map(|(at, segment)| {
            let named = category.and_then(|word| {
                let (head, tail) = segment.split_at_checked(word.len())?;
                let same = head.eq_ignore_ascii_case(word);
                (same && (tail.is_empty() || tail.starts_with('('))).then_some((head, tail))
            });
            // The first segment may be the version of an interface.
            let first = at == 1 && matches!(segment, "v1" | "v2" | "v1.0" | "v2.0" | "beta");
            match named {
                _ if segment.is_empty() || first => segment.to_owned(),
                Some((head, "")) => head.to_owned(),
                Some((head, tail)) => {
                    format!("{head}({})", self.number(Kind::Segment, tail))
                }
                None => format!("segment-{}", self.number(Kind::Segment, segment)),
            }
        });
        shown.collect::<Vec<_>>().join("/")
    }
}

/// Whether a text is a version such as `1.6`, `2.0-preview` or `beta`.
fn is_version(text: &str) -> bool {
    const STAGES: [&str; 6] = ["alpha", "beta", "dev", "internal", "preview", "rc"];
    let number = match text.split_once('-') {
        Some((number, stage)) if STAGES.contains(&stage) => number,
        Some(_) => return false,
        None => text,
    };
    let short = |part: &str| part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit());
    let parts = number.split_once('.');
    text == "beta" || parts.is_some_and(|(one, two)| short(one) && short(two))
}

fn is_guid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12])
        && text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    fn redacted(redactor: &mut Redactor, name: &str, text: &str) -> String {
        let column = Column {
            name: name.to_owned(),
            value: Value::Text(text.to_owned()),
        };
        let shown = redactor.value(&column, Some("users"));
        shown.as_str().unwrap().to_owned()
    }

    #[test]
    fn equal_stays_equal_and_different_stays_different() {
        let mut redactor = Redactor::default();
        let texts = [
            "c1a5f0de-6a0b-4d0e-8f53-0b7c1f2ad9e4",
            "C1A5F0DE-6a0b-4d0e-8f53-0b7c1f2ad9e4",
            "203.0.113.7",
            "2001:db8::7",
            "alice@contoso.example",
            "1.6",
            "123.456.789",
            "v042",
            "user-1",
        ];
        let once: Vec<String> = texts
            .iter()
            .map(|t| redacted(&mut redactor, "user.id", t))
            .collect();
        let again: Vec<String> = texts
            .iter()
            .map(|t| redacted(&mut redactor, "user.id", t))
            .collect();
        assert_eq!(once, again);
        let mut distinct = once.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), texts.len(), "{once:?}");
        // The last text may by chance be another's replacement.
        assert!(
            once[..8]
                .iter()
                .all(|shown| !texts.contains(&shown.as_str()) || shown == "user-1"),
            "{once:?}"
        );
        for version in ["1.6", "1.61-internal", "beta"] {
            assert_eq!(redacted(&mut redactor, "x.api_version", version), version);
        }
        for no_version in ["1.6-alice", "alice-beta"] {
            let shown = redacted(&mut redactor, "y.version", no_version);
            assert!(shown.starts_with("version-"), "{shown}");
        }
        assert_eq!(
            redacted(&mut redactor, "x.api_version", "alice.1"),
            "api_version-1"
        );
    }

    #[test]
    fn of_a_path_only_the_detector_s_own_words_stay() {
        let mut redactor = Redactor::default();
        for (path, wanted) in [
            (
                "/v2/contoso.example/users/alice//",
                "/v2/segment-1/users/segment-2//",
            ),
            (
                "/contoso.example/Users('bob')/$links/manager",
                "/segment-1/Users(3)/segment-4/segment-5",
            ),
            ("/$alice/usersX/2026", "/segment-6/segment-7/segment-8"),
        ] {
            assert_eq!(redacted(&mut redactor, "url.path", path), wanted);
        }
    }

    #[test]
    fn many_addresses_stay_apart() {
        let mut redactor = Redactor::default();
        let mut all = std::collections::HashSet::new();
        for number in 0..70_000_u32 {
            let address = Ipv4Addr::from_bits(0x5000_0000 + number).to_string();
            assert!(all.insert(redacted(&mut redactor, "source.ip", &address)));
        }
    }

    #[test]
    fn what_is_named_stays() {
        let mut redactor = Redactor::new(vec!["user_agent.original".to_owned()]);
        let agent = "aiohttp/3.9";
        assert_eq!(redacted(&mut redactor, "user_agent.original", agent), agent);
        assert_eq!(
            redacted(&mut Redactor::default(), "user_agent.original", agent),
            "user_agent-1"
        );
    }
}
