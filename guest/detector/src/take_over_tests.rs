//! Tests of taking over the state of another version of a rule.

use crate::columns::Columns;
use crate::config::Config;
use crate::definition::{Definition, FilterDecision, Rule, parts};
use crate::detector::Detector;
use crate::judgement::Judgement;
use crate::key::{Keys, PartKind};
use crate::kinds_case::{Case, LONG, NOON, Random, minimums, with_thresholds};
use crate::kinds_state_tests::{case, event};
use crate::kinds_tests::{TakenOutput, push};
use crate::kinds_toy::{Kinds, KindsCall, KindsEvent, KindsLog};
use crate::model::{Alert, Comparison, MergeError, Phase, RuleConfiguration, Succession};

/// A rule whose definition, and number for what is counted, are another version's.
struct Version {
    kinds: Kinds,
    change: fn(&mut Definition),
    counting: u64,
}

impl Rule for Version {
    type Log = KindsLog;

    fn definition(&self) -> Definition {
        let mut definition = self.kinds.definition();
        definition.info.version = 2;
        (self.change)(&mut definition);
        definition
    }

    fn counting(&self) -> u64 {
        self.counting
    }

    fn configure(&mut self, config: &Config) {
        self.kinds.configure(config);
    }

    fn filter(&self, event: &KindsEvent) -> bool {
        self.kinds.filter(event)
    }

    fn filter_call(&self, call: &KindsCall) -> FilterDecision {
        self.kinds.filter_call(call)
    }

    fn keys(&self, event: &KindsEvent) -> Keys {
        self.kinds.keys(event)
    }

    fn fill(&self, event: &KindsEvent, columns: &mut Columns) {
        self.kinds.fill(event, columns);
    }
}

/// A rule's second version, opened.
fn second(case: &Case, change: fn(&mut Definition), counting: u64) -> Detector<KindsLog> {
    let rule = Version {
        kinds: case.rule("kinds"),
        change,
        counting,
    };
    let configuration = case.configuration(LONG, "");
    Detector::only(rule, &configuration, (1, 2)).unwrap_or_else(|found| panic!("{found:?}"))
}

/// The one rule's succession.
fn only(told: Vec<Succession>) -> Succession {
    let [one] = <[Succession; 1]>::try_from(told).unwrap();
    one
}

fn take(detector: &mut Detector<KindsLog>) -> Vec<Alert> {
    detector.take_alerts(u32::MAX)
}

/// A case of the same rule with other thresholds, or otherwise judged.
fn judged_otherwise(case: &Case, r: &mut Random) -> Case {
    let mut other = case.clone();
    let comparison = |text: &str| match text {
        ">=" => Comparison::AtLeast,
        ">" => Comparison::MoreThan,
        "<=" => Comparison::AtMost,
        "<" => Comparison::LessThan,
        "==" => Comparison::Equal,
        _ => Comparison::Unequal,
    };
    let asked: Vec<_> = { case.conditions.iter() }
        .map(|condition| (condition.figure, comparison(condition.comparison)))
        .collect();
    other.conditions = with_thresholds(r, &asked);
    match &mut other.judgement {
        Judgement::Sliding { .. } if r.one_in(3) => {
            let flipped = r#","all_boundaries":true"#;
            other.more = match other.more == flipped {
                true => r#","all_boundaries":false"#.to_owned(),
                false => flipped.to_owned(),
            };
        }
        Judgement::FirstSeen {
            warm_up_seconds, ..
        } => *warm_up_seconds = *r.pick(&[None, Some(0), Some(3), Some(20)]),
        _ => {}
    }
    other
}

#[test]
fn under_other_thresholds_the_alerts_are_those_of_a_run_that_had_them_from_the_start() {
    let (mut changed, mut alerts) = (0, 0);
    for seed in 0..600 {
        let mut r = Random::new(seed);
        let case = Case::random(&mut r);
        let events = case.stream(&mut r, 60);
        let mut taken = TakenOutput::default();
        let mut detector = case.open_late(LONG, "");
        let mut now = case.clone();
        let mut rest = &events[..];
        for _ in 0..3 {
            let (next, others) = rest.split_at(r.index(rest.len() + 1));
            push(&mut detector, next);
            rest = others;
            // What waits goes along.
            if r.one_in(2) {
                taken.take(&mut detector);
            }
            let state = detector.snapshot();
            now = judged_otherwise(&now, &mut r);
            detector = now.open_late(LONG, "");
            let told = only(detector.take_over(&state).unwrap());
            assert_eq!(told.lost, [""; 0], "{seed}: {case:?}");
            changed += told.changed.len();
        }
        push(&mut detector, rest);
        detector.flush();
        // Late changes wait for the end of a window, or for the host's word.
        detector.advance(Some(i64::MIN), None);
        taken.take(&mut detector);
        let standing = taken.standing();
        alerts += standing.len();
        assert_eq!(standing, now.oracle(&events), "{seed}: {case:?}, {now:?}");
        let counters = &detector.counters().rules[0];
        let wanted = events.iter().filter(|event| event.wanted).count() as u64;
        assert_eq!(
            counters.counted + counters.duplicate,
            wanted,
            "{seed}: {counters:?}"
        );
    }
    assert!(changed > 500 && alerts > 1000, "{changed} {alerts}");
}

const MINUTE: Judgement = Judgement::Tumbling { seconds: 60 };

#[test]
fn an_alert_that_no_longer_holds_is_retracted_and_one_that_does_now_is_late() {
    let few = case(MINUTE, minimums(2, 0, 0));
    let many = case(MINUTE, minimums(4, 0, 0));
    let mut detector = few.open_late(LONG, "");
    let times = [1, 2, 3, 61_000, 200_000, 200_001];
    push(&mut detector, &times.map(|time| event(time, "k")));
    let told = take(&mut detector);
    assert_eq!((told.len(), told[0].revision), (1, 1));
    let mut other = many.open_late(LONG, "");
    let before = detector.snapshot();
    let succession = only(other.take_over(&before).unwrap());
    assert_eq!(succession.version, 1);
    assert_eq!(succession.changed, ["limit_calls was 2 and is 4"]);
    assert_eq!(take(&mut other), [], "it waits for the end of a window");
    push(&mut other, &[event(300_000, "k")]);
    let told = take(&mut other);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].revision, told[0].phase), (2, Phase::Retracted));
    // And back: the second change is not the first one's.
    let mut again = few.open_late(LONG, "");
    again.take_over(&other.snapshot()).unwrap();
    push(&mut again, &[event(400_000, "k")]);
    let told = take(&mut again);
    let told: Vec<_> = { told.iter() }
        .map(|alert| (alert.window.start - NOON, alert.revision, alert.phase))
        .collect();
    assert_eq!(told, [(0, 3, Phase::Late), (180_000, 1, Phase::Late)]);
}

#[test]
fn a_state_of_equal_judgement_is_taken_as_merging_takes_it() {
    let case = case(MINUTE, minimums(2, 0, 0));
    let mut detector = case.open_late(LONG, r#","verdicts":true"#);
    push(
        &mut detector,
        &[1, 2, 61_000, 200_000].map(|time| event(time, "k")),
    );
    let state = detector.snapshot();
    let mut merged = case.open_late(LONG, r#","verdicts":true"#);
    merged.merge(&state).unwrap();
    let mut taken = case.open_late(LONG, r#","verdicts":true"#);
    let told = only(taken.take_over(&state).unwrap());
    assert_eq!((told.lost.len(), told.changed.len()), (0, 0));
    assert_eq!(taken.snapshot(), merged.snapshot());
    // Texts alone, and a version, change nothing that was said.
    let mut texts = second(&case, |definition| definition.info.name = "Another", 0);
    assert_eq!(
        texts.merge(&state),
        Err(MergeError::OtherRule(
            "rule kinds version 1; this detector is rule kinds version 2".to_owned()
        ))
    );
    let told = only(texts.take_over(&state).unwrap());
    assert_eq!((told.lost.len(), told.changed.len()), (0, 0));
    texts.flush();
    assert_eq!(take(&mut texts).len(), 1, "the one that waited");
}

#[test]
fn a_verdict_that_waits_comes_out_once() {
    let with = r#","verdicts":true"#;
    let few = case(MINUTE, minimums(2, 0, 0));
    let many = case(MINUTE, minimums(4, 0, 0));
    let mut detector = few.open_late(LONG, with);
    push(&mut detector, &[1, 2, 200_000].map(|time| event(time, "k")));
    let mut other = many.open_late(LONG, with);
    other.take_over(&detector.snapshot()).unwrap();
    other.flush();
    let told: Vec<_> = { other.take_verdicts(u32::MAX).into_iter() }
        .map(|verdict| (verdict.window.start - NOON, verdict.alerted))
        .collect();
    assert_eq!(told, [(0, false), (180_000, false)]);
    // The figures of a window that is gone are those of the old conditions, and are left out.
    let change: fn(&mut Definition) = |definition| definition.conditions.swap(0, 1);
    let mut swapped = second(&few, change, 0);
    let told = only(swapped.take_over(&detector.snapshot()).unwrap());
    assert_eq!(told.lost, [""; 0]);
    assert_eq!(told.changed, ["the conditions are others"]);
}

#[test]
fn what_is_counted_otherwise_is_not_taken_and_is_told() {
    let case = case(MINUTE, minimums(1, 0, 0));
    let mut detector = case.open_late(LONG, "");
    push(
        &mut detector,
        &[1, 2, 61_000, 200_000].map(|time| event(time, "k")),
    );
    take(&mut detector);
    let state = detector.snapshot();
    let lost = |change, counting| {
        let mut other = second(&case, change, counting);
        let told = only(other.take_over(&state).unwrap());
        assert_eq!((told.rule.as_str(), told.version), ("kinds", 1));
        let counters = &other.counters().rules[0];
        assert_eq!((counters.counted, counters.groups), (4, 0), "{told:?}");
        assert_eq!(take(&mut other), []);
        told.lost
    };
    assert_eq!(
        lost(
            |definition| definition.key = parts(&[("name", PartKind::Text)]),
            0
        ),
        ["the key was user and is name"]
    );
    assert_eq!(
        lost(
            |definition| definition.key = parts(&[("user", PartKind::Integer)]),
            0
        ),
        ["the key (user) is of other types"]
    );
    let renamed = lost(
        |definition| {
            definition.columns[5].name = "sum".to_owned();
            definition.shown.retain(|(name, _)| *name != "total");
        },
        0,
    );
    assert_eq!(renamed, ["column sum is new", "column total is gone"]);
    assert_eq!(lost(|_| {}, 1), ["the rule says that it counts otherwise"]);
    let kind = lost(
        |definition| {
            definition.judgement = Judgement::Each {
                suppress_seconds: 60,
            };
            definition.conditions.clear();
            definition.promise.clear();
            definition.shown.retain(|(name, _)| *name != "rate");
        },
        0,
    );
    let kinds = [
        "its windows are of another kind",
        "suppress_seconds is new",
        "window_seconds is gone",
    ];
    for kind_of in kinds {
        assert!(kind.iter().any(|told| told == kind_of), "{kind:?}");
    }
}

#[test]
fn a_rule_that_begins_anew_closes_what_had_fired_and_says_what_it_lacks() {
    let length = |seconds| case(Judgement::Tumbling { seconds }, minimums(2, 0, 0));
    let mut detector = length(60).open_late(LONG, "");
    push(
        &mut detector,
        &[1, 2, 61_000, 190_000].map(|time| event(time, "k")),
    );
    assert_eq!(take(&mut detector).len(), 1);
    let mut other = length(30).open_late(LONG, "");
    let told = only(other.take_over(&detector.snapshot()).unwrap());
    assert_eq!(told.lost, ["window_seconds was 60 and is 30"]);
    let counters = other.counters();
    assert_eq!(counters.watermark, Some(NOON + 185_000));
    let line = |time| crate::kinds_case::line(&event(time, "k"));
    assert_eq!(other.push(line(3).as_bytes()).dropped_late, 1);
    for time in [190_001, 190_002, 240_001, 240_002, 400_000] {
        assert_eq!(other.push(line(time).as_bytes()).counted, 1);
    }
    let told: Vec<_> = { take(&mut other).into_iter() }
        .map(|alert| (alert.window.start - NOON, alert.revision, alert.complete))
        .collect();
    assert_eq!(told, [(180_000, 1, false), (240_000, 1, true)]);
}

#[test]
fn a_longer_lateness_opens_no_window_whose_state_was_dropped() {
    let case = case(MINUTE, minimums(2, 0, 0));
    let mut detector = case.open_late(100, "");
    push(
        &mut detector,
        &[1, 2, 61_000, 500_000].map(|time| event(time, "k")),
    );
    assert_eq!(take(&mut detector).len(), 1);
    let mut other = case.open_late(LONG, "");
    let told = only(other.take_over(&detector.snapshot()).unwrap());
    assert_eq!(told.lost, [""; 0]);
    assert_eq!(told.changed.len(), 2, "{:?}", told.changed);
    let line = |time| crate::kinds_case::line(&event(time, "k"));
    assert_eq!(other.push(line(3).as_bytes()).dropped_late, 1);
    assert_eq!(other.push(line(390_000).as_bytes()).counted, 1);
    // What is held from now on stays as long as it says.
    push(&mut other, &[event(900_000, "k")]);
    assert_eq!(other.push(line(390_001).as_bytes()).counted, 1);
    assert_eq!(take(&mut other).len(), 1);
}

#[test]
fn each_of_several_rules_has_its_own_succession() {
    let few = case(MINUTE, minimums(2, 0, 0));
    let open = |rules: &[(&'static str, u64)]| {
        let configuration = |(name, seconds): &(&'static str, u64)| RuleConfiguration {
            rule: (*name).to_owned(),
            parameters: few.configuration(LONG, &format!(r#","window_seconds":{seconds}"#)),
        };
        let configured: Vec<_> = rules.iter().map(configuration).collect();
        let all = ["one", "two", "three"].map(|name| Box::new(few.rule(name)) as _);
        Detector::open(all.into(), &configured, (1, 2)).unwrap_or_else(|found| panic!("{found:?}"))
    };
    let mut detector: Detector<KindsLog> = open(&[("one", 60), ("two", 60)]);
    push(&mut detector, &[1, 2, 200_000].map(|time| event(time, "k")));
    let state = detector.snapshot();
    let mut other = open(&[("two", 60), ("three", 60)]);
    assert!(matches!(other.merge(&state), Err(MergeError::OtherRule(_))));
    let told = other.take_over(&state).unwrap();
    assert_eq!(told[0].lost, ["the rule does not judge any more"]);
    assert_eq!((told[1].rule.as_str(), told[1].lost.len()), ("two", 0));
    assert_eq!(other.counters().rules[0].counted, 3);
    let mut other = open(&[("one", 30), ("two", 60)]);
    let told = other.take_over(&state).unwrap();
    assert_eq!(told[0].lost, ["window_seconds was 60 and is 30"]);
    assert_eq!(told[1].lost, [""; 0]);
    let alerts = take(&mut other);
    assert_eq!((alerts.len(), alerts[0].rule.as_str()), (1, "two"));
}

#[test]
fn what_is_no_whole_state_is_refused() {
    let case = case(MINUTE, minimums(2, 0, 0));
    let mut detector = case.open_late(LONG, "");
    push(&mut detector, &[event(1, "k")]);
    let mut other = case.open_late(LONG, "");
    let state = detector.snapshot();
    for bytes in [&state[..state.len() - 1], b"", b"WEIRSTAT"] {
        assert!(matches!(
            other.take_over(bytes),
            Err(MergeError::Damaged(_))
        ));
    }
    let mut earlier = state.clone();
    earlier[8] -= 1;
    let Err(MergeError::OtherRule(why)) = other.take_over(&earlier) else {
        panic!("another format was taken");
    };
    assert!(why.contains("format version 13"), "{why}");
    let group = detector.take_groups(1).remove(0);
    assert!(matches!(
        other.take_over(&group.state),
        Err(MergeError::OtherRule(_))
    ));
    other.merge(&group.state).unwrap();
}
