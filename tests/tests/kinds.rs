//! Every kind of judgement as a component, through the host, against its naive oracle: conditions
//! of all comparisons over counts, sums, extremes and averages, and a rule of programs.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use kinds_case::kinds::conditions::hold;
use kinds_case::kinds::{Standing, sliding};
use kinds_case::{BEHIND, Case, Event, LATENESS, LONG, Random, line, standing_of, with_thresholds};
use rules::{NAMED, PROGRAMMED};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use weir_host::Detector;
use weir_host::contract::{Alert, Configuration, Phase, Value};
use weir_host::{Limits, Sandbox};
// What the engine's own tests name from its root.
use weir_detector::judgement::Judgement;
use weir_detector::*;

#[path = "../../weir/shipped/build/component.rs"]
mod component;
#[allow(dead_code, reason = "the component and other tests use the rest")]
#[path = "../../guest/detector/src/kinds_case.rs"]
mod kinds_case;
#[allow(dead_code, reason = "the component and other tests use the rest")]
#[path = "../../guest/detector/src/kinds_toy.rs"]
mod kinds_toy;
#[allow(dead_code, reason = "the component and other tests use the rest")]
#[path = "../kinds/src/rules.rs"]
mod rules;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../../guest/detector/src/toy.rs"]
mod toy;

/// The component, built and compiled once.
static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let own = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("kinds");
    let target = component::folder(workspace, &own);
    let built = component::compile(workspace, "weir-kinds", &target).unwrap();
    Sandbox::new(&std::fs::read(built).unwrap(), &Limits::default()).unwrap()
});

/// A case of one of the component's rules.
struct Trial {
    rule: &'static str,
    case: Case,
}

impl Trial {
    fn random(r: &mut Random, of: usize) -> Trial {
        let (rule, judgement, asked) = match NAMED.get(of) {
            Some(named) => *named,
            None => {
                let totals = NAMED.iter().find(|(name, ..)| *name == "sliding-totals");
                let (_, judgement, asked) = totals.unwrap();
                (PROGRAMMED, *judgement, *asked)
            }
        };
        let like = std::iter::repeat_with(|| Case::random(r)).find(|case| {
            std::mem::discriminant(&case.judgement) == std::mem::discriminant(&judgement)
        });
        let like = like.unwrap();
        let asked = with_thresholds(r, asked);
        let more = like.more + &lengths(like.judgement);
        let case = Case::new(r, like.judgement, asked, more, like.edges);
        Trial { rule, case }
    }

    fn open(&self, lateness: i64, more: &str) -> Detector {
        let configuration = self.case.configuration(lateness, more);
        let configuration = Configuration::of(self.rule, configuration);
        SANDBOX.open(&[configuration], (1, 2)).unwrap()
    }
}

/// The lengths of a kind as parameters, with a comma in front.
fn lengths(judgement: Judgement) -> String {
    match judgement {
        Judgement::Tumbling { seconds } => format!(r#","window_seconds":{seconds}"#),
        Judgement::Sliding {
            length_seconds,
            every_seconds,
        } => format!(r#","length_seconds":{length_seconds},"every_seconds":{every_seconds}"#),
        Judgement::FirstSeen {
            history_seconds,
            warm_up_seconds,
        } => {
            let warm_up = warm_up_seconds.map(|warm_up| format!(r#","warm_up_seconds":{warm_up}"#));
            let warm_up = warm_up.unwrap_or_default();
            format!(r#","history_seconds":{history_seconds}{warm_up}"#)
        }
        Judgement::Each { suppress_seconds } => {
            format!(r#","suppress_seconds":{suppress_seconds}"#)
        }
    }
}

fn push(detector: &mut Detector, events: &[Event]) {
    let lines: String = events.iter().map(line).collect();
    let outcome = detector.push(lines.as_bytes()).unwrap();
    assert_eq!((outcome.dropped_late, outcome.malformed), (0, 0));
}

/// The last revision of each alert.
#[derive(Default)]
struct LastRevisions(BTreeMap<(i64, i64, Option<String>), Alert>);

impl LastRevisions {
    fn take(&mut self, detector: &mut Detector) {
        for alert in detector.alerts() {
            let alert = alert.unwrap();
            let Standing {
                start, end, key, ..
            } = standing_of!(&alert, Value);
            self.0.insert((start, end, key), alert);
        }
    }

    fn standing(&self) -> Vec<Standing> {
        let alerts = self.0.values();
        let stands = alerts.filter(|alert| alert.phase != Phase::Retracted);
        let mut standing: Vec<Standing> = stands.map(|alert| standing_of!(alert, Value)).collect();
        standing.sort();
        standing
    }
}

/// Some of the events that are left, and the rest.
fn batch<'e>(r: &mut Random, events: &'e [Event]) -> (&'e [Event], &'e [Event]) {
    events.split_at((1 + r.index(20)).min(events.len()))
}

/// One detector, restored from snapshots in between.
fn restored(trial: &Trial, r: &mut Random, events: &[Event]) -> LastRevisions {
    let (mut detector, mut taken) = (trial.open(LATENESS, ""), LastRevisions::default());
    let mut rest = events;
    while !rest.is_empty() {
        let (next, others) = batch(r, rest);
        rest = others;
        push(&mut detector, next);
        if r.one_in(2) {
            taken.take(&mut detector);
        }
        if r.one_in(3) {
            let state = detector.snapshot().unwrap();
            detector = trial.open(LATENESS, "");
            detector.merge(&state).unwrap();
        }
    }
    detector.flush().unwrap();
    taken.take(&mut detector);
    taken
}

/// Two partial workers, whose states are merged into one that decides.
fn workers(trial: &Trial, r: &mut Random, events: &[Event]) -> LastRevisions {
    let (mut main, mut taken) = (trial.open(LONG, ""), LastRevisions::default());
    let mut partial = [(); 2].map(|()| trial.open(LONG, r#","partial":true"#));
    let mut rest = events;
    while !rest.is_empty() {
        let (next, others) = batch(r, rest);
        rest = others;
        for event in next {
            push(&mut partial[r.index(2)], std::slice::from_ref(event));
        }
        for worker in &mut partial {
            if rest.is_empty() || r.one_in(2) {
                main.merge(&worker.take_state().unwrap()).unwrap();
            }
        }
        taken.take(&mut main);
    }
    main.flush().unwrap();
    taken.take(&mut main);
    taken
}

/// A reader whose groups are taken out and go to two owners of their keys.
fn owners(trial: &Trial, r: &mut Random, events: &[Event]) -> LastRevisions {
    let mut reader = trial.open(LONG, r#","partial":true"#);
    let mut owners = [(); 2].map(|()| trial.open(LONG, ""));
    let (mut taken, mut newest) = (LastRevisions::default(), i64::MIN);
    let mut rest = events;
    while !rest.is_empty() {
        let (next, others) = batch(r, rest);
        rest = others;
        push(&mut reader, next);
        newest = next.iter().map(|event| event.time).fold(newest, i64::max);
        loop {
            let groups = reader.take_groups(3).unwrap();
            for group in &groups {
                let place = format!("{:?}", group.key)
                    .bytes()
                    .map(usize::from)
                    .sum::<usize>();
                owners[place % 2].merge(&group.state).unwrap();
            }
            if groups.is_empty() {
                break;
            }
        }
        for owner in &mut owners {
            owner.advance(Some(newest - BEHIND * 1000), None).unwrap();
            taken.take(owner);
        }
    }
    for owner in &mut owners {
        owner.flush().unwrap();
        taken.take(owner);
    }
    taken
}

/// The ledger says of each window what the oracle sees of it: alerted or not.
fn ledger(trial: &Trial, events: &[Event]) {
    let ms = |seconds: u64| i64::try_from(seconds).unwrap() * 1000;
    let rows = match trial.case.judgement {
        Judgement::Tumbling { seconds } => sliding::rows(events, ms(seconds), ms(seconds)),
        Judgement::Sliding {
            length_seconds,
            every_seconds,
        } => sliding::rows(events, ms(length_seconds), ms(every_seconds)),
        _ => return,
    };
    let mut detector = trial.open(LATENESS, r#","verdicts":true"#);
    push(&mut detector, events);
    detector.flush().unwrap();
    let mut said = BTreeMap::new();
    loop {
        let some = detector.take_verdicts().unwrap();
        if some.is_empty() {
            break;
        }
        for verdict in some {
            let key = match &verdict.key[0].value {
                Some(Value::Text(text)) => Some(text.clone()),
                _ => None,
            };
            said.insert((verdict.window.start, key), verdict.alerted);
        }
    }
    for row in rows {
        let holds = hold(&trial.case.conditions, &row);
        let entry = said.remove(&(row.start, row.key.clone()));
        // A window without one of the figures is not in it.
        assert!(entry == Some(holds) || entry.is_none() && !holds, "{row:?}");
    }
    assert!(said.is_empty(), "{said:?}");
}

/// The events with the earliest in front, where a warm-up begins.
fn first_of_all(mut events: Vec<Event>) -> Vec<Event> {
    let earliest = (0..events.len()).min_by_key(|at| events[*at].time);
    events[..=earliest.unwrap_or(0)].rotate_right(1);
    events
}

/// Checks the random case of a seed on one of the rules; gives how many alerts stand.
fn check(seed: u64, of: usize) -> usize {
    let mut r = Random::new(seed);
    let trial = Trial::random(&mut r, of);
    let count = 5 + r.index(60);
    let events = first_of_all(trial.case.stream(&mut r, count));
    let wanted = trial.case.oracle(&events);
    let context = |law: &str| format!("seed {seed}, {}, {law}: {:?}", trial.rule, trial.case);
    let found = restored(&trial, &mut r, &events).standing();
    assert_eq!(found, wanted, "{}", context("restored"));
    let found = workers(&trial, &mut r, &events).standing();
    assert_eq!(found, wanted, "{}", context("workers"));
    let found = owners(&trial, &mut r, &events).standing();
    assert_eq!(found, wanted, "{}", context("owners"));
    ledger(&trial, &events);
    wanted.len()
}

#[test]
fn every_rule_of_the_component_is_its_oracle_under_every_law() {
    let given = std::env::var("WEIR_CASES").ok();
    let cases = given
        .and_then(|n| n.parse().ok())
        .map_or(40, |n: u64| n.div_ceil(4));
    for of in 0..=NAMED.len() {
        let seeds = 0..cases;
        let alerts: usize = seeds.map(|seed| check(seed * 16 + of as u64, of)).sum();
        assert!(alerts > 0, "rule {of} never alerts");
    }
}

#[test]
fn conditions_are_described_as_they_are_asked() {
    use weir_host::contract::{Aggregate, Comparison};
    let described = SANDBOX.describe().unwrap();
    let rule = |name: &str| {
        described
            .iter()
            .find(|rule| rule.short_name == name)
            .unwrap()
    };
    let conditions = |name: &str| {
        let conditions = rule(name).conditions.iter();
        let said = conditions.map(|one| (one.comparison, one.aggregate.clone()));
        said.collect::<Vec<_>>()
    };
    let totals = conditions("sliding-totals");
    assert!(matches!(
        &totals[..],
        [
            (Comparison::MoreThan, Aggregate::Sum),
            (Comparison::AtMost, Aggregate::Between),
            (Comparison::Unequal, Aggregate::Largest)
        ]
    ));
    assert!(matches!(
        &conditions("sliding-ends")[..],
        [
            (Comparison::LessThan, Aggregate::Smallest),
            (Comparison::Equal, Aggregate::Between)
        ]
    ));
    assert_eq!(conditions(PROGRAMMED).len(), totals.len());
}

#[test]
fn what_is_known_at_the_end_alone_is_refused_early() {
    let open = |early: bool| {
        let configuration = format!(r#"{{"early":{early}}}"#);
        SANDBOX.open(&[Configuration::of("tumbling-ends", configuration)], (1, 2))
    };
    assert!(open(false).is_ok());
    let error = open(true).err().unwrap().to_string();
    assert!(error.contains("early"), "{error}");
}
