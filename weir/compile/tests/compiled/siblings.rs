//! Rule files that say what the hand-written rules do (`tests/siblings`): compiled, they alert on the same keys and
//! windows with the same figures, and count the same events.
//!
//! Four definitions differ (docs/compile.md), and what is compared keeps to what both sides say:
//!
//! - a document without an `_id` is told from a second delivery in another way: each has one here;
//! - a keyword of more than 1024 characters is null for the hand-written rules only: there is none;
//! - a new term is a text, also where the hand-written rule has a number: keys are compared as texts;
//! - an empty text is a value for `field: *`, and null for the hand-written rules: there is none.
//!
//! `Esql.sample_paths`, which no query computes, is not compared.
//!
//! `WEIR_SIBLINGS=FOLDER` holds rule files with the ids of the hand-written rules to these, on the same streams.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use weir_compile::{Choice, Compilation, State, compile, report, sources};
use weir_compiled::format::RuleSpec;
use weir_detector::definition::RuleOn;
use weir_detector::detector::Detector;
use weir_detector::log::Log;
use weir_detector::model::{Alert, KeyPart, Phase, RuleConfiguration, Value};
use weir_generator::event::Event;
use weir_generator::random::Random;
use weir_generator::render::{Shape, Style, document};
use weir_generator::stream::{Knobs, stream};
use weir_generator::tenant::Tenant;

const SEED: (u64, u64) = (0x5eed, 0xfeed);
/// Parameters under which no event of a stream is late.
const PATIENT: &str =
    r#""allowed_lateness_seconds":2592000,"dedup_horizon_seconds":2592000,"max_jump_seconds":0"#;

/// A hand-written rule, and the rule of a file that says the same.
struct Sibling {
    /// The short name of the hand-written rule.
    name: &'static str,
    /// The id in the file.
    id: &'static str,
    /// Columns by their names in the hand-written rule and in the compiled one.
    columns: &'static [(&'static str, &'static str)],
    /// Parameters under which more alerts, of the hand-written rule and of the compiled one.
    low: (&'static str, &'static str),
}

/// Columns of one name in both.
macro_rules! alike {
    ($($name:literal),* $(,)?) => { &[$(($name, $name)),*] };
}

const FIRSTS: &[(&str, &str)] = &[
    ("Esql.first_seen", "first_seen"),
    ("user_agent.original", "user_agent.original"),
    ("source.ip", "source.ip"),
    ("source.as.organization.name", "source.as.organization.name"),
    ("azure.tenant_id", "azure.tenant_id"),
    (
        "azure.aadgraphactivitylogs.properties.api_version",
        "azure.aadgraphactivitylogs.properties.api_version",
    ),
];
const SHORT: &str = r#""history_seconds":120,"warm_up_seconds":0"#;

const SIBLINGS: [Sibling; 5] = [
    Sibling {
        name: "high-4xx",
        id: "4b1f9c0e-6a57-4d2c-8f0b-2f4d1a9e7c01",
        columns: alike![
            "Esql.time_window",
            "Esql.total_calls",
            "Esql.errors",
            "Esql.error_rate",
            "Esql.url_path_count",
            "Esql.azure_tenants",
            "Esql.api_versions",
            "Esql.app_ids",
            "Esql.source_ips",
            "Esql.source_asn_name",
            "Esql.user_agents",
            "Esql.first_seen",
            "Esql.last_seen",
        ],
        // The query's `total > 20` is the hand-written rule's threshold of 21.
        low: (
            r#""min_total_calls":3,"min_errors":1,"min_error_rate":0.3,"min_url_paths":2"#,
            r#""min_total_calls":2,"min_errors":1,"min_error_rate":0.3,"min_url_path_count":2"#,
        ),
    },
    Sibling {
        name: "enumeration",
        id: "4b1f9c0e-6a57-4d2c-8f0b-2f4d1a9e7c02",
        columns: alike![
            "Esql.time_window",
            "Esql.request_count",
            "Esql.distinct_endpoints",
            "Esql.target_endpoints",
            "Esql.api_versions",
            "Esql.app_ids",
            "Esql.user_agent",
            "Esql.source_ips",
            "Esql.source_asn_orgs",
            "Esql.first_seen",
            "Esql.last_seen",
        ],
        low: (
            r#""min_distinct_endpoints":2"#,
            r#""min_distinct_endpoints":2"#,
        ),
    },
    Sibling {
        name: "suspicious-agent",
        id: "4b1f9c0e-6a57-4d2c-8f0b-2f4d1a9e7c03",
        columns: &[
            ("Esql.total_calls", "count"),
            ("Esql.first_seen", "first_seen"),
            ("Esql.last_seen", "last_seen"),
            ("azure.tenant_id", "azure.tenant_id"),
            ("source.ip", "source.ip"),
            ("source.as.organization.name", "source.as.organization.name"),
            (
                "azure.aadgraphactivitylogs.properties.app_id",
                "azure.aadgraphactivitylogs.properties.app_id",
            ),
        ],
        low: (r#""suppress_seconds":60"#, r#""suppress_seconds":60"#),
    },
    Sibling {
        name: "first-client",
        id: "4b1f9c0e-6a57-4d2c-8f0b-2f4d1a9e7c04",
        columns: FIRSTS,
        low: (SHORT, SHORT),
    },
    Sibling {
        name: "first-network",
        id: "4b1f9c0e-6a57-4d2c-8f0b-2f4d1a9e7c05",
        columns: FIRSTS,
        low: (SHORT, SHORT),
    },
];

/// The alerts of a rule that stand at the end: figures by key and window.
type Standing = BTreeMap<String, BTreeMap<&'static str, Value>>;
/// A rule's counters: events that counted, were seen before, not wanted, late, refused.
type Counts = [u64; 5];
/// What each rule found.
type Judged = BTreeMap<&'static str, (Standing, Counts)>;

/// Documents with ECS names, in batches, and the parameters that they are judged by.
struct Stream {
    batches: Vec<String>,
    parameters: String,
    /// Whether thresholds are low.
    low: bool,
}

/// Calls that differ in what the rules look at.
fn vary(event: &mut Event, random: &mut Random) {
    const AGENTS: [&str; 9] = [
        "Python/3.11 aiohttp/3.9.5",
        "AIOHTTP/4",
        "python-requests/2.32",
        "my python",
        "curl/8",
        "curling",
        "o\u{212a}http/4",
        "Undici",
        "Mozilla/5.0",
    ];
    const APPS: [&str; 4] = [
        "app-1",
        "18ED3507-a475-4ccb-b669-d66bc9f2a36e",
        "18ed3507-a475-4ccb-b669-d66bc9f2a36e",
        "app-2",
    ];
    const PATHS: [&str; 6] = [
        "/T/users",
        "/T/groups/1",
        "/T/USERS",
        "/T/$batch",
        "/T/eligibleRoleAssignments",
        "/T/tenantDetails/devices",
    ];
    let some = |random: &mut Random, of: &[&str]| {
        let count = *random.pick(&[0, 1, 1, 1, 1, 1, 2]);
        let texts: BTreeSet<&str> = (0..count).map(|_| *random.pick(of)).collect();
        texts.into_iter().map(str::to_owned).collect()
    };
    event.user_agents = some(random, &AGENTS);
    event.app_ids = some(random, &APPS);
    event.actors = Some(some(random, &["User", "User", "User", "Application"]));
    if random.one_in(2) {
        event.paths = some(random, &PATHS);
    }
    if random.one_in(4) {
        event.asns = vec![*random.pick(&[64_496, 8075, 396_982])];
    }
}

/// Whether a document has a text that the two sides define differently: an empty one, or the one of 1025
/// characters that wild documents have now and then.
fn is_disputed(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::String(text) => {
            text.is_empty() || text.len() == 1025 && text.starts_with("xxx")
        }
        serde_json::Value::Array(values) => values.iter().any(is_disputed),
        serde_json::Value::Object(members) => members.values().any(is_disputed),
        _ => false,
    }
}

impl Stream {
    /// A small stream with groups on the thresholds' edges, disordered, some calls delivered again.
    fn crowded(seed: u64) -> Stream {
        let mut random = Random::new(seed ^ 0x51b);
        let low = random.one_in(2);
        let knobs = Knobs {
            identified: true,
            divisor: if low { 5 } else { 1 },
            ..Knobs::default()
        };
        let mut events = stream(seed, knobs);
        let mut varied: BTreeMap<Option<String>, Event> = BTreeMap::new();
        if low {
            for event in &mut events {
                // A second delivery is the same call.
                let first = varied.entry(event.request.clone()).or_insert_with(|| {
                    vary(event, &mut random);
                    event.clone()
                });
                *event = first.clone();
            }
        }
        if random.one_in(3) {
            random.shuffle(&mut events);
        }
        let parameters = format!("{PATIENT},\"early\":{}", random.one_in(2));
        let style = *random.pick(&[Style::Wild, Style::Brief]);
        Stream::of(&events, style, parameters, low, &mut random)
    }

    /// A tenant's eight days as published rules judge them, with late calls and second deliveries.
    fn tenant(seed: u64) -> Stream {
        let mut random = Random::new(seed ^ 0x7e4);
        let mut events: Vec<Event> = Vec::new();
        for event in Tenant::for_all_rules(6_000, seed) {
            if random.one_in(20) {
                events.push(event.clone());
            }
            events.push(event);
        }
        for _ in 0..150 {
            let at = random.index(events.len());
            let other = (at + random.index(400)).min(events.len() - 1);
            events.swap(at, other);
        }
        let parameters = format!("\"early\":{}", random.one_in(2));
        Stream::of(&events, Style::Plain, parameters, false, &mut random)
    }

    fn of(
        events: &[Event],
        style: Style,
        parameters: String,
        low: bool,
        random: &mut Random,
    ) -> Stream {
        let mut batches = vec![String::new()];
        for (number, event) in events.iter().enumerate() {
            let mut event = event.clone();
            let id = event
                .request
                .clone()
                .unwrap_or_else(|| format!("n-{number}"));
            event.document = Some(id);
            let mut line = document(&event, Shape::Ecs, style, random);
            while style == Style::Wild && is_disputed(&serde_json::from_str(&line).unwrap()) {
                line = document(&event, Shape::Ecs, style, random);
            }
            if let Some(batch) = batches.last_mut() {
                batch.push_str(&line);
                batch.push('\n');
            }
            if random.one_in(50) {
                batches.push(String::new());
            }
        }
        Stream {
            batches,
            parameters,
            low,
        }
    }

    /// The parameters of a rule, with its own for low thresholds.
    fn parameters(&self, low: &str) -> String {
        match self.low {
            true => format!("{{{},{low}}}", self.parameters),
            false => format!("{{{}}}", self.parameters),
        }
    }
}

/// A rule of one side: its sibling, its id, and its columns.
type Named = (&'static Sibling, String, Vec<&'static str>);

/// Judges a stream by rules, and returns what each found.
fn judge<L: Log>(rules: Vec<Box<RuleOn<L>>>, named: &[(Named, &str)], stream: &Stream) -> Judged {
    let configured: Vec<RuleConfiguration> = { named.iter() }
        .map(|((_, id, _), low)| RuleConfiguration {
            rule: id.clone(),
            parameters: stream.parameters(low),
        })
        .collect();
    let opened = Detector::open(rules, &configured, SEED);
    let mut detector = opened.unwrap_or_else(|problems| panic!("{problems:?}"));
    let mut alerts = Vec::new();
    for batch in &stream.batches {
        let outcome = detector.push(batch.as_bytes());
        assert_eq!(outcome.malformed, 0, "{:?}", outcome.refused);
        alerts.extend(detector.take_alerts(u32::MAX));
    }
    detector.flush();
    alerts.extend(detector.take_alerts(u32::MAX));
    let counters = detector.counters().rules;
    { named.iter() }
        .map(|((sibling, id, columns), _)| {
            let of_rule = alerts.iter().filter(|alert| alert.rule == *id);
            let one = counters.iter().find(|one| one.rule == *id).unwrap();
            let (counted, late, refused) = (one.counted, one.dropped_late, one.refused_future);
            let counts = [counted, one.duplicate, one.unwanted, late, refused];
            (sibling.name, (standing(sibling, columns, of_rule), counts))
        })
        .collect()
}

fn standing<'a>(
    sibling: &Sibling,
    columns: &[&str],
    alerts: impl Iterator<Item = &'a Alert>,
) -> Standing {
    let mut standing = Standing::new();
    for alert in alerts {
        let part = |part: &KeyPart| match &part.value {
            Some(Value::Text(text)) => format!("{}={text:?}", part.name),
            Some(Value::Integer(number)) => format!("{}=\"{number}\"", part.name),
            other => format!("{}={other:?}", part.name),
        };
        let key: Vec<String> = alert.key.iter().map(part).collect();
        let (key, window) = (key.join(" "), alert.window);
        let at = format!("{key} {}..{}", window.start, window.end);
        if alert.phase == Phase::Retracted {
            standing.remove(&at);
            continue;
        }
        let figure = |(name, (ours, _)): (&&str, &(&'static str, _))| {
            let column = alert.columns.iter().find(|column| column.name == *name)?;
            Some((*ours, column.value.clone()))
        };
        let figures = columns.iter().zip(sibling.columns).filter_map(figure);
        let mut figures: BTreeMap<&'static str, Value> = figures.collect();
        figures.insert("complete", Value::Boolean(alert.complete));
        standing.insert(at, figures);
    }
    standing
}

/// Judges by hand-written rules.
fn hand_written(names: &[&str], stream: &Stream) -> Judged {
    let named = SIBLINGS
        .iter()
        .filter(|sibling| names.contains(&sibling.name));
    let named: Vec<(Named, &str)> = named
        .map(|sibling| {
            let columns = sibling.columns.iter().map(|(ours, _)| *ours).collect();
            ((sibling, hand_written_id(sibling), columns), sibling.low.0)
        })
        .collect();
    judge(aadgraph_rules::rules(), &named, stream)
}

fn hand_written_id(sibling: &Sibling) -> String {
    let configured = aadgraph_rules::configured(&[(sibling.name, "{}")]);
    configured.into_iter().map(|one| one.rule).collect()
}

/// Judges by compiled rules, whose ids are given.
fn compiled(
    specs: &'static [RuleSpec],
    id: fn(&Sibling) -> String,
    names: &[&str],
    stream: &Stream,
) -> Judged {
    let named = SIBLINGS
        .iter()
        .filter(|sibling| names.contains(&sibling.name));
    let named: Vec<(Named, &str)> = named
        .map(|sibling| {
            let columns = sibling.columns.iter().map(|(_, theirs)| *theirs).collect();
            ((sibling, id(sibling), columns), sibling.low.1)
        })
        .collect();
    judge(weir_compiled::rules(specs).unwrap(), &named, stream)
}

/// Compares on all streams, and returns how many alerts each rule had.
fn compare(
    specs: &'static [RuleSpec],
    id: fn(&Sibling) -> String,
    names: &[&str],
) -> BTreeMap<&'static str, usize> {
    let mut alerts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let crowded = (0..80).map(|seed| (format!("crowded {seed}"), Stream::crowded(seed * 17)));
    let tenants = (0..3).map(|seed| (format!("tenant {seed}"), Stream::tenant(seed)));
    for (label, stream) in crowded.chain(tenants) {
        let mut theirs = compiled(specs, id, names, &stream);
        for (name, (wanted, counts)) in hand_written(names, &stream) {
            let (found, counts_found) = theirs.remove(name).unwrap();
            for at in wanted.keys().chain(found.keys()).collect::<BTreeSet<_>>() {
                assert_eq!(found.get(at), wanted.get(at), "{label}, {name}: {at}");
            }
            assert_eq!(counts_found, counts, "{label}, {name}: counts");
            *alerts.entry(name).or_default() += wanted.len();
        }
    }
    alerts
}

fn of_folder(folder: &Path) -> Compilation {
    let (files, failed) = sources::read(&[folder.to_owned()]);
    assert_eq!(failed, []);
    compile(&files, &Choice::default())
}

fn kept(specs: Vec<RuleSpec>) -> &'static [RuleSpec] {
    Box::leak(specs.into_boxed_slice())
}

#[test]
fn compiled_siblings_alert_as_the_hand_written_rules() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/siblings");
    let compilation = of_folder(&folder);
    assert_eq!(report::findings(&compilation), "");
    let names = SIBLINGS.map(|sibling| sibling.name);
    let alerts = compare(
        kept(compilation.specs),
        |sibling| sibling.id.to_owned(),
        &names,
    );
    let few = alerts.iter().find(|(_, count)| **count < 10);
    assert_eq!(few, None, "of {alerts:?}");
    println!("alerts: {alerts:?}");
}

#[test]
fn given_rule_files_alert_as_the_hand_written_rules() {
    let Some(folder) = std::env::var_os("WEIR_SIBLINGS") else {
        return;
    };
    let compilation = of_folder(Path::new(&folder));
    let mut names = Vec::new();
    for sibling in &SIBLINGS {
        let id = hand_written_id(sibling);
        let outcomes = compilation.outcomes.iter();
        for outcome in outcomes.filter(|outcome| outcome.id.as_ref() == Some(&id)) {
            println!("{}: {:?} {}", outcome.file, outcome.state, sibling.name);
            if outcome.state != State::Compiled {
                println!("{}", report::finding(outcome));
            }
        }
        // One without suppression has an alert for each document.
        let is_each = |spec: &RuleSpec| spec.key.iter().any(|part| part.name == "document.id");
        let known = compilation.specs.iter().find(|spec| spec.id == id);
        match known.map(is_each) {
            Some(false) => names.push(sibling.name),
            Some(true) => println!("{}: alerts on each document, not compared", sibling.name),
            None => println!("{}: there is no such rule", sibling.name),
        }
    }
    assert!(
        !names.is_empty(),
        "no rule has the id of a hand-written one"
    );
    let alerts = compare(kept(compilation.specs), hand_written_id, &names);
    println!("alerts, the same ones: {alerts:?}");
}
