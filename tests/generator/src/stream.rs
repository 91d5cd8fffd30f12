//! Random streams for the property tests: small, and crowded where the rule turns.

use crate::asn;
use crate::event::Event;
use crate::random::Random;
use std::collections::HashSet;
use std::fmt::Write;

/// Calls and errors on both sides of the floors and of the rounded rate.
const EDGES: [(usize, usize); 18] = [
    (20, 20),
    (21, 21),
    (21, 10),
    (21, 9),
    (22, 10),
    (22, 9),
    (25, 10),
    (26, 10),
    (27, 10),
    (28, 11),
    (40, 23),
    (43, 17),
    (43, 16),
    (48, 19),
    (48, 18),
    (60, 24),
    (200, 79),
    (200, 78),
];

/// Addresses with and without an autonomous system, and two with the same one.
const ADDRESSES: [&str; 8] = [
    "203.0.113.24",
    "203.0.113.25",
    "2001:db8:1::7",
    "192.0.2.9",
    "198.51.100.200",
    "203.0.113.201",
    "2001:db8:3::a",
    "2001:db8:ff00::1",
];

const USERS: [&str; 5] = [
    "u-1",
    "u-2",
    "Ü-☃-𝒳",
    "c1a5f0de-6a0b-4d0e-8f53-0b7c1f2ad9e4",
    "u \"q\" \\ / \t",
];
const TENANTS: [&str; 3] = [
    "7d0c2d1e-52f4-4c07-9a3b-1f6f5e0a9b11",
    "00000000-0000-4000-8000-000000000002",
    "00000000-0000-4000-8000-000000000003",
];
const AGENTS: [&str; 4] = [
    "Python/3.11 aiohttp/3.9.5",
    "AADInternals",
    "Mozilla/5.0 (ünï)",
    "curl/8",
];
const ERRORS: [i64; 6] = [400, 401, 403, 404, 429, 499];
const OTHERS: [i64; 7] = [200, 204, 302, 399, 500, 503, 0];

/// What a stream is made of.
#[derive(Clone, Copy, Debug)]
pub struct Knobs {
    /// Length of a window in milliseconds; the stream spans a few.
    pub window: i64,
    /// Groups at a threshold's edge, at most.
    pub groups: u64,
    /// Further random calls, at most.
    pub noise: u64,
    /// Every call has an id, so that a merge can recognise it.
    pub identified: bool,
    /// Calls in groups on the edge are divided by this (for rules with small thresholds).
    pub divisor: usize,
}

impl Default for Knobs {
    fn default() -> Self {
        Knobs {
            window: 120_000,
            groups: 4,
            noise: 40,
            identified: false,
            divisor: 1,
        }
    }
}

/// A stream in order of arrival: by time, a little disordered, some calls delivered again.
#[must_use]
pub fn stream(seed: u64, knobs: Knobs) -> Vec<Event> {
    let mut maker = Maker {
        random: Random::new(seed),
        knobs,
        base: 0,
        serial: 0,
    };
    let bases = [1_779_183_000_000_i64, 0, -86_400_000, 1_709_164_740_000];
    maker.base = maker.random.pick(&bases).div_euclid(knobs.window) * knobs.window;
    let mut events = Vec::new();
    for _ in 0..=maker.random.below(knobs.groups) {
        maker.group(&mut events);
    }
    for _ in 0..maker.random.below(knobs.noise + 1) {
        let event = maker.call();
        events.push(event);
    }
    // Two deliveries that differ would make the answer depend on their order.
    let mut prints = HashSet::new();
    for (i, event) in events.iter_mut().enumerate() {
        if event
            .fingerprint()
            .is_some_and(|print| !prints.insert(print))
        {
            event.request = Some(format!("again-{i}"));
        }
    }
    let random = &mut maker.random;
    for _ in 0..random.below(8) {
        // The same call once more; without an id it is another call.
        let copy = random.pick(&events).clone();
        events.push(copy);
    }
    let disorder = 1 + random.between(0, knobs.window);
    events.sort_by_cached_key(|event| event.time + random.between(0, disorder));
    events
}

struct Maker {
    random: Random,
    knobs: Knobs,
    base: i64,
    serial: u64,
}

impl Maker {
    fn window(&mut self) -> i64 {
        self.base + self.random.between(0, 3) * self.knobs.window
    }

    fn time_in(&mut self, window: i64) -> i64 {
        match self.random.below(10) {
            0 => window,
            1 => window + self.knobs.window - 1,
            2 => window + self.random.between(0, self.knobs.window / 1000) * 1000,
            _ => window + self.random.between(0, self.knobs.window),
        }
    }

    /// A group of one user and network in one window, at a threshold's edge.
    fn group(&mut self, out: &mut Vec<Event>) {
        let window = self.window();
        let (calls, errors) = *self.random.pick(&EDGES);
        let calls = calls.div_ceil(self.knobs.divisor);
        let errors = errors.div_ceil(self.knobs.divisor);
        let paths = [13, 14, 15, 15, 16, 30][self.random.index(6)] / self.knobs.divisor;
        let user = (!self.random.one_in(4)).then(|| (*self.random.pick(&USERS)).to_owned());
        let address = (!self.random.one_in(6)).then(|| *self.random.pick(&ADDRESSES));
        let tenant = self.random.below(3);
        for i in 0..calls {
            let mut event = self.call();
            event.time = self.time_in(window);
            event.users = user.clone().into_iter().collect();
            self.set_address(&mut event, address);
            if self.random.one_in(2) {
                event.tenants = vec![TENANTS[usize::try_from(tenant).unwrap_or(0)].to_owned()];
            }
            event.statuses = vec![*self.random.pick(&ERRORS)];
            if i >= errors {
                self.set_success(&mut event);
            }
            // As many distinct paths as asked for, then repeats and calls without one.
            match i {
                i if i < paths => self.set_path(&mut event, Some(i)),
                i if i % 3 == 0 => self.set_path(&mut event, None),
                i => self.set_path(&mut event, Some(i % paths.max(1))),
            }
            out.push(event);
        }
    }

    /// Any call at all.
    fn call(&mut self) -> Event {
        self.serial += 1;
        let window = self.window();
        let mut event = Event {
            time: self.time_in(window),
            ..Event::default()
        };
        let address = (!self.random.one_in(8)).then(|| *self.random.pick(&ADDRESSES));
        self.set_address(&mut event, address);
        event.users = self.some(&USERS);
        event.service_principal = self.random.one_in(3);
        event.tenants = self.some(&TENANTS);
        event.api_versions = self.some(&["1.6", "1.61-internal", "beta"]);
        event.app_ids = self.some(&["1b730954-1685-4b74-9bfd-dac224a7b894", "app-2", "app-3"]);
        event.user_agents = self.some(&AGENTS);
        event.statuses = vec![*self.random.pick(&ERRORS)];
        if self.random.one_in(2) {
            self.set_success(&mut event);
        }
        let path = (!self.random.one_in(6)).then(|| self.random.index(20));
        self.set_path(&mut event, path);
        event.request = Some(match self.random.below(12) {
            // An id again, on another call.
            0 => format!("request-{}", self.random.below(self.serial)),
            _ => format!("request-{}", self.serial),
        });
        if !self.knobs.identified && self.random.one_in(10) {
            event.request = None;
        }
        self.document_only(&mut event);
        event
    }

    /// Now and then, what only an ECS document can say.
    fn document_only(&mut self, event: &mut Event) {
        let random = &mut self.random;
        match random.below(24) {
            0 => event.users.push("u-1".to_owned()),
            1 => event.asns = vec![64501, 64496, 64501],
            2 => event
                .paths
                .extend(["/multi".to_owned(), "/T/users/3".to_owned()]),
            3 => event
                .user_agents
                .extend(["curl/8".to_owned(), "b".to_owned()]),
            4 => event.ips.push("198.51.100.7".to_owned()),
            5 => event.asn_names = vec!["Other".to_owned()],
            6 => event
                .tenants
                .push("00000000-0000-4000-8000-000000000004".to_owned()),
            7 => event.document = Some(format!("doc-{}", self.serial)),
            8 => event.statuses = vec![403, 404],
            9 => event.statuses = vec![403, 403],
            _ => {}
        }
    }

    fn some(&mut self, pool: &[&str]) -> Vec<String> {
        if self.random.one_in(8) {
            Vec::new()
        } else {
            vec![(*self.random.pick(pool)).to_owned()]
        }
    }

    fn set_address(&mut self, event: &mut Event, address: Option<&str>) {
        event.ips = address.map(str::to_owned).into_iter().collect();
        (event.asns, event.asn_names) = asn::columns(address);
    }

    fn set_success(&mut self, event: &mut Event) {
        event.statuses = if self.random.one_in(5) {
            vec![]
        } else {
            vec![*self.random.pick(&OTHERS)]
        };
    }

    fn set_path(&mut self, event: &mut Event, number: Option<usize>) {
        let Some(number) = number else {
            event.paths = Vec::new();
            event.uri = None;
            return;
        };
        let path = match number {
            0 => "/T/$batch".to_owned(),
            1 => "/T/users/".to_owned(),
            2 => "/T/users".to_owned(),
            3 => "/T/Users".to_owned(),
            4 => "/T//users".to_owned(),
            5 => "/T/users/ana@example.org".to_owned(),
            6 => "/T/groups/Größe ☃ 𝒳".to_owned(),
            7 => format!("/T/{}", "long/".repeat(260)),
            8 => "/T/a%b+c?d#e".to_owned(),
            n => format!("/T/users/{n}"),
        };
        event.uri = Some(self.uri(&path));
        event.paths = vec![path];
    }

    /// One of the request URIs that have this path.
    fn uri(&mut self, path: &str) -> String {
        let mut out = (*self.random.pick::<&str>(&[
            "",
            "",
            "https://graph.windows.net",
            "//graph.windows.net:443",
        ]))
        .to_owned();
        let tagged = self.random.one_in(5);
        if tagged {
            out.push_str("<pii>");
        }
        for c in path.chars() {
            let must = matches!(c, '%' | '?' | '#') || (c == ' ' && self.random.one_in(2));
            if must || (c != '/' && self.random.one_in(20)) {
                for byte in c.to_string().bytes() {
                    let _ = write!(out, "%{byte:02X}");
                }
            } else {
                out.push(c);
            }
        }
        if tagged {
            out.push_str("</pii>");
        }
        out.push_str(self.random.pick::<&str>(&[
            "",
            "?api-version=1.6",
            "?api-version=1.6&$top=100/x?y",
            "#f",
        ]));
        out
    }
}

/// Streams one after the other for ever, each in windows of its own: a long file
/// that is crowded at the thresholds.
pub struct Endless {
    seed: u64,
    number: u32,
    ready: std::vec::IntoIter<Event>,
}

impl Endless {
    /// The streams of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Endless {
            seed,
            number: 0,
            ready: Vec::new().into_iter(),
        }
    }
}

impl Iterator for Endless {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.next() {
                return Some(event);
            }
            self.number += 1;
            let mut events = stream(
                self.seed.wrapping_add(u64::from(self.number)),
                Knobs::default(),
            );
            let window = Knobs::default().window;
            let first = events
                .iter()
                .map(|event| event.time)
                .min()
                .unwrap_or(0)
                .div_euclid(window)
                * window;
            // Four windows further each time, so that late events stay within the lateness.
            let base = crate::tenant::START + i64::from(self.number) * 4 * window;
            for event in &mut events {
                event.time += base - first;
                // Ids are of one stream.
                for id in event.request.iter_mut().chain(&mut event.document) {
                    *id = format!("{}-{id}", self.number);
                }
            }
            self.ready = events.into_iter();
        }
    }
}
