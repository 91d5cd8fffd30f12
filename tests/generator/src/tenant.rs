//! A realistic hour of a tenant: first-party clients, service principals, two
//! attackers and a near-miss, in order of time with a small disorder and a few
//! calls delivered twice.

mod story;

use crate::asn;
use crate::event::Event;
use crate::random::Random;
use std::collections::{BTreeMap, VecDeque};

/// Start of the first hour: 2026-05-19T09:00:00Z.
pub const START: i64 = 1_779_181_200_000;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;
/// The tenant.
pub const TENANT: &str = "7d0c2d1e-52f4-4c07-9a3b-1f6f5e0a9b11";
/// The ROADrecon-like attacker of the first episode.
pub const WALKER: &str = "a77ac4e2-0000-4000-8000-000000000000";
/// The AADInternals-like attacker of the first episode.
pub const GUESSER: &str = "a77ac4e2-0001-4000-8000-000000000000";
/// The administrator's script that stays just below the rule.
pub const NEAR_MISS: &str = "0ea72155-0000-4000-8000-000000000000";

const POWERSHELL: &str = "1b730954-1685-4b74-9bfd-dac224a7b894";
const COLLECTIONS: [&str; 16] = [
    "users",
    "groups",
    "devices",
    "servicePrincipals",
    "applications",
    "directoryRoles",
    "roleDefinitions",
    "roleAssignments",
    "contacts",
    "oauth2PermissionGrants",
    "administrativeUnits",
    "authorizationPolicy",
    "eligibleRoleAssignments",
    "policies",
    "settings",
    "tenantDetails",
];
/// First-party clients: application, agent, the paths they read.
const CLIENTS: [(&str, &str, u64); 5] = [
    (
        "c44b4083-3bb0-4001-8000-00000000a001",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Edg/141.0",
        12,
    ),
    (
        "74658136-14ec-4002-8000-00000000a002",
        "Microsoft.OData.Client/7.6.4",
        8,
    ),
    (
        "00000002-0000-4003-8000-00000000a003",
        "Office/16.0 (Windows NT 10.0; Outlook 16.0.17928)",
        5,
    ),
    (
        "797f4846-ba00-4004-8000-00000000a004",
        "Microsoft-AADConnect/2.4.27.0",
        20,
    ),
    (POWERSHELL, "Microsoft.Open.AzureAD.PowerShell/2.0", 10),
];

/// The events, one by one.
pub struct Tenant {
    random: Random,
    /// Events still to give, all kinds together.
    left: u64,
    /// Calls of the background still to make, and how many there are in all.
    made: u64,
    background: u64,
    span: i64,
    users: u64,
    /// Calls of attackers and near-misses, by time.
    script: VecDeque<Event>,
    /// Calls on their way, by time of arrival.
    underway: BTreeMap<(i64, u64), Event>,
    serial: u64,
    /// Whether calls say what made them.
    actors: bool,
}

impl Tenant {
    /// `events` events over `hours` hours; the same for one seed for ever. For each
    /// 100,000 events there is one episode of the two attackers and the near-miss.
    #[must_use]
    pub fn new(events: u64, seed: u64, hours: u32) -> Self {
        let mut random = Random::new(seed);
        let span = HOUR * i64::from(hours.max(1));
        let episodes = (events / 100_000).max(1);
        let mut script = Vec::new();
        for episode in 0..episodes {
            let from = START + random.between(0, (span - HOUR).max(1));
            walk(&mut script, &mut random, from + 17 * 60_000, episode);
            guess(&mut script, &mut random, from + 36 * 60_000, episode);
            near_miss(&mut script, &mut random, from + 48 * 60_000, episode);
        }
        Tenant::scripted(events, random, span, script)
    }

    /// `events` events over eight days in which every rule on the log finds something: the
    /// seventh day is over when the attackers come.
    #[must_use]
    pub fn for_all_rules(events: u64, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut script = Vec::new();
        let from = START + WEEK + 9 * HOUR;
        walk(&mut script, &mut random, from + 17 * 60_000, 0);
        guess(&mut script, &mut random, from + 36 * 60_000, 0);
        near_miss(&mut script, &mut random, from + 48 * 60_000, 0);
        story::all(&mut script, &mut random, from);
        let mut tenant = Tenant::scripted(events, random, 8 * DAY, script);
        tenant.actors = true;
        tenant
    }

    /// Scripted calls in a background of others.
    fn scripted(events: u64, random: Random, span: i64, mut script: Vec<Event>) -> Self {
        script.sort_by_key(|event| event.time);
        script.truncate(usize::try_from(events).unwrap_or(usize::MAX));
        let background = events - script.len() as u64;
        let hours = u64::try_from(span / HOUR).unwrap_or(1);
        let users = (background / hours / 300).clamp(20, 50_000);
        Tenant {
            random,
            left: events,
            made: 0,
            background,
            span,
            users,
            script: VecDeque::from(script),
            underway: BTreeMap::new(),
            serial: 0,
            actors: false,
        }
    }

    /// With this many users in the background, in place of one for each 300 calls of an hour.
    #[must_use]
    pub fn with_users(mut self, users: u64) -> Self {
        self.users = users.max(1);
        self
    }

    /// Sends a call on its way; deliveries overtake each other by up to four seconds.
    fn send(&mut self, mut event: Event, delay: i64) {
        if self.actors {
            let actor = ["User", "Application"][usize::from(event.service_principal)];
            event.actors = Some(vec![actor.to_owned()]);
        }
        self.serial += 1;
        let arrival = event.time + delay + self.random.between(0, 4000);
        self.underway.insert((arrival, self.serial), event);
    }

    /// Makes the next call of the background, and all scripted ones before it. One
    /// in 400 deliveries is a call that was delivered before.
    fn step(&mut self) -> i64 {
        let share =
            i128::from(self.span) * i128::from(self.made) / i128::from(self.background.max(1));
        let now = START + i64::try_from(share).unwrap_or(0);
        self.made += 1;
        let last = self.made >= self.background;
        while self
            .script
            .front()
            .is_some_and(|event| event.time <= now || last)
        {
            let Some(event) = self.script.pop_front() else {
                break;
            };
            self.send(event, 0);
        }
        if self.made <= self.background {
            let event = self.noise(now);
            if self.made.is_multiple_of(400) && self.made < self.background {
                self.made += 1;
                let delay = self.random.between(1000, 30_000);
                self.send(event.clone(), delay);
            }
            self.send(event, 0);
        }
        if last { i64::MAX } else { now }
    }

    fn noise(&mut self, now: i64) -> Event {
        let random = &mut self.random;
        let user = random.below(self.users);
        let principal = user % 10 == 9;
        let (app, agent, paths) = CLIENTS[if principal {
            3
        } else {
            usize::try_from(user % 3).unwrap_or(0)
        }];
        let path = match random.below(paths) {
            0 => "me".to_owned(),
            1 => "$batch".to_owned(),
            n if n % 2 == 0 => format!("users/{:08x}@example.org", user * 31 + n),
            n => COLLECTIONS[usize::try_from(n).unwrap_or(0) % 16].to_owned(),
        };
        let status = match random.below(200) {
            0..=5 => 404,
            6..=7 => 403,
            8 => 503,
            9 if principal => 429,
            _ => 200,
        };
        let address = match user % 16 {
            0 => format!("2001:db8:0:{:x}::{:x}", user / 16, 1 + user % 7),
            1 => "198.51.100.200".to_owned(),
            2..=9 => format!("192.0.2.{}", user % 128),
            _ => format!("198.51.100.{}", user % 128),
        };
        let mut event = call(random, now, &path, status, &address);
        event.users = vec![user_id(user)];
        event.service_principal = principal;
        event.app_ids = vec![app.to_owned()];
        event.user_agents = vec![agent.to_owned()];
        event
    }
}

impl Iterator for Tenant {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        if self.left == 0 {
            return None;
        }
        let mut now = if self.made >= self.background {
            i64::MAX
        } else {
            i64::MIN
        };
        loop {
            // Whoever arrives by the time of the newest call cannot be overtaken any more.
            if self
                .underway
                .first_key_value()
                .is_some_and(|((arrival, _), _)| *arrival <= now)
            {
                self.left -= 1;
                return self.underway.pop_first().map(|(_, event)| event);
            }
            if now == i64::MAX && self.script.is_empty() {
                return None;
            }
            now = self.step();
        }
    }
}

/// The id of a user of the background.
#[must_use]
pub fn user_id(user: u64) -> String {
    format!("{:08x}-5e1f-4000-8000-{user:012x}", 0x00c0_ffee ^ user)
}

fn call(random: &mut Random, time: i64, path: &str, status: i64, address: &str) -> Event {
    let path = format!("/{TENANT}/{path}");
    let (asns, asn_names) = asn::columns(Some(address));
    Event {
        time,
        asns,
        asn_names,
        statuses: vec![status],
        uri: Some(format!("{path}?api-version=1.61-internal")),
        paths: vec![path],
        tenants: vec![TENANT.to_owned()],
        api_versions: vec!["1.61-internal".to_owned()],
        ips: vec![address.to_owned()],
        request: Some(random.guid()),
        ..Event::default()
    }
}

fn numbered(id: &str, episode: u64) -> Vec<String> {
    vec![format!("{}{episode:012}", &id[..id.len() - 12])]
}

/// Like ROADrecon: every collection and the members of each, as fast as it goes,
/// by a user who may not read most of them.
fn walk(out: &mut Vec<Event>, random: &mut Random, from: i64, episode: u64) {
    for i in 0..640 {
        let collection = COLLECTIONS[i % 16];
        let path = if i < 16 {
            collection.to_owned()
        } else {
            format!("{collection}/{}", random.guid())
        };
        let status = if random.one_in(3) { 200 } else { 403 };
        let time = from + i64::try_from(i).unwrap_or(0) * 350 + random.between(0, 300);
        let mut event = call(random, time, &path, status, "203.0.113.24");
        event.users = numbered(WALKER, episode);
        event.app_ids = vec![POWERSHELL.to_owned()];
        event.user_agents = vec!["Python/3.11 aiohttp/3.9.5".to_owned()];
        out.push(event);
    }
}

/// Like AADInternals: guesses names of users, most of whom do not exist.
fn guess(out: &mut Vec<Event>, random: &mut Random, from: i64, episode: u64) {
    for i in 0..300 {
        let status = if random.one_in(8) { 200 } else { 404 };
        let address = if i % 50 < 25 {
            "203.0.113.70"
        } else {
            "203.0.113.71"
        };
        let time = from + i * 2000 + random.between(0, 500);
        let mut event = call(
            random,
            time,
            &format!("users/name{i}@example.org"),
            status,
            address,
        );
        event.users = numbered(GUESSER, episode);
        event.app_ids = vec![POWERSHELL.to_owned()];
        event.user_agents = vec!["AADInternals".to_owned()];
        out.push(event);
    }
}

/// An administrator's script on stale data: in each of four windows 100 calls, 30
/// paths, and 39 errors, where 40 would alert.
fn near_miss(out: &mut Vec<Event>, random: &mut Random, from: i64, episode: u64) {
    let first = from.div_euclid(120_000) * 120_000;
    for i in 0..400 {
        let status = if i % 100 < 39 { 404 } else { 200 };
        let time = first + i / 100 * 120_000 + i % 100 * 1150 + random.between(0, 1000);
        let mut event = call(
            random,
            time,
            &format!("devices/{}", i % 30),
            status,
            "192.0.2.40",
        );
        event.users = numbered(NEAR_MISS, episode);
        event.app_ids = vec![POWERSHELL.to_owned()];
        event.user_agents = vec![CLIENTS[4].1.to_owned()];
        out.push(event);
    }
}
