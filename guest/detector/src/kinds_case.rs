//! Random test cases: kinds of judgement, streams of events, the oracles' alerts, and the lines of
//! a log.

use crate::judgement::Judgement;
use crate::kinds_toy::Kinds;
use crate::model::Comparison;
pub(crate) use kinds::conditions::Condition;
pub(crate) use kinds::{Event, sliding};
use kinds::{Standing, each, first_seen, tumbling};
pub(crate) use random::Random;

#[allow(unreachable_pub, reason = "they are the crate of the tests'")]
#[path = "../../../tests/src/kinds/mod.rs"]
pub(crate) mod kinds;
#[allow(
    dead_code,
    unreachable_pub,
    reason = "the generator's other users use the rest"
)]
#[path = "../../../tests/generator/src/random.rs"]
mod random;

/// Figures that conditions are over.
const FIGURES: [&str; 9] = [
    "calls", "codes", "rate", "total", "mean", "least", "most", "opening", "closing",
];
/// Comparisons, as of the oracle and of the engine.
const COMPARISONS: [(&str, Comparison); 6] = [
    (">=", Comparison::AtLeast),
    (">", Comparison::MoreThan),
    ("<=", Comparison::AtMost),
    ("<", Comparison::LessThan),
    ("==", Comparison::Equal),
    ("!=", Comparison::Unequal),
];

/// 2026-05-19T12:00:00Z.
pub(crate) const NOON: i64 = 1_779_192_000_000;
const MINUTE: i64 = 60_000;
/// Out-of-orderness and allowed lateness, in seconds.
pub(crate) const BEHIND: i64 = 5;
pub(crate) const LATENESS: i64 = 90;
/// Out-of-orderness and allowed lateness where events are held back elsewhere, in seconds.
pub(crate) const LONG: i64 = 36_000;

/// A test case: a kind of judgement under a configuration.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) judgement: Judgement,
    /// Its conditions, if it has any.
    pub(crate) conditions: Vec<Condition>,
    pub(crate) early: bool,
    /// Further parameters, as JSON with a comma in front.
    pub(crate) more: String,
    /// Spans at whose edges behaviour changes, in milliseconds.
    pub(crate) edges: Vec<i64>,
}

/// Minimums of calls and codes, and of a rate in hundredths.
pub(crate) fn minimums(calls: i64, codes: i64, hundredths: i64) -> Vec<Condition> {
    let all = [
        ("calls", calls * 100),
        ("codes", codes * 100),
        ("rate", hundredths),
    ];
    let least = |(figure, hundredths)| Condition {
        figure,
        comparison: ">=",
        hundredths,
    };
    all.map(least).to_vec()
}

/// Conditions of any kind, each over another figure.
fn some_conditions(r: &mut Random) -> Vec<Condition> {
    if r.one_in(3) {
        let rate = *r.pick(&[0, 50, 75]);
        return minimums(r.between(0, 4), r.between(0, 3), rate);
    }
    let mut figures = FIGURES.to_vec();
    let count = 1 + r.index(3);
    let asked = (0..count).map(|_| {
        let figure = figures.remove(r.index(figures.len()));
        (figure, r.pick(&COMPARISONS).1)
    });
    let asked: Vec<_> = asked.collect();
    with_thresholds(r, &asked)
}

/// Conditions with random thresholds.
pub(crate) fn with_thresholds(
    r: &mut Random,
    asked: &[(&'static str, Comparison)],
) -> Vec<Condition> {
    let one = |(figure, comparison): &(&'static str, Comparison)| {
        let figure = *figure;
        let hundredths = match figure {
            "calls" | "codes" => r.between(0, 5) * 100,
            "rate" => *r.pick(&[0, 50, 75, 100]),
            "mean" => r.between(-4, 4) * 50,
            _ => r.between(-4, 6) * 100,
        };
        let mut known = COMPARISONS.iter();
        let known = known.find(|(_, known)| known == comparison);
        Condition {
            figure,
            comparison: known.unwrap().0,
            hundredths,
        }
    };
    asked.iter().map(one).collect()
}

impl Case {
    /// A random case of any kind.
    pub(crate) fn random(r: &mut Random) -> Case {
        let second = |seconds: u64| i64::try_from(seconds).unwrap() * 1000;
        let mut more = String::new();
        let (judgement, edges) = match r.below(8) {
            0 => {
                let suppress_seconds = *r.pick(&[0, 4, 60]);
                (Judgement::Each { suppress_seconds }, vec![1, 4000])
            }
            1 | 2 => {
                let history_seconds = *r.pick(&[1, 10, 40]);
                let warm_up_seconds = *r.pick(&[None, Some(0), Some(3)]);
                let edges = [history_seconds, warm_up_seconds.unwrap_or(0)];
                let judgement = Judgement::FirstSeen {
                    history_seconds,
                    warm_up_seconds,
                };
                (judgement, edges.map(second).to_vec())
            }
            3 => {
                let seconds = *r.pick(&[1, 4, 12, 60]);
                let edges = [seconds, 1, 2].map(second).to_vec();
                (Judgement::Tumbling { seconds }, edges)
            }
            _ => {
                let pairs = [(12, 4), (10, 4), (6, 6), (7, 1), (30, 20), (60, 5)];
                let (length_seconds, every_seconds) = *r.pick(&pairs);
                more = format!(r#","all_boundaries":{}"#, r.one_in(4));
                let judgement = Judgement::Sliding {
                    length_seconds,
                    every_seconds,
                };
                let edges = [length_seconds, every_seconds, 2];
                (judgement, edges.map(second).to_vec())
            }
        };
        let conditions = match judgement {
            Judgement::Tumbling { .. } | Judgement::Sliding { .. } => some_conditions(r),
            Judgement::FirstSeen { .. } if r.one_in(2) => some_conditions(r),
            _ => Vec::new(),
        };
        Case::new(r, judgement, conditions, more, edges)
    }

    /// A random case with these conditions, with early alerts where possible.
    pub(crate) fn new(
        r: &mut Random,
        judgement: Judgement,
        conditions: Vec<Condition>,
        more: String,
        edges: Vec<i64>,
    ) -> Case {
        // Conditions that events can only end cannot alert early.
        let ends = |condition: &Condition| {
            let (figure, down) = (condition.figure, condition.comparison.starts_with('<'));
            match figure {
                "calls" | "codes" | "most" => down,
                "least" => condition.comparison.starts_with('>'),
                _ => false,
            }
        };
        Case {
            judgement,
            early: r.one_in(2) && !conditions.iter().any(ends),
            conditions,
            more,
            edges,
        }
    }

    /// The rule.
    pub(crate) fn rule(&self, name: &'static str) -> Kinds {
        let asked = { self.conditions.iter() }.map(|condition| {
            let mut known = COMPARISONS.iter();
            let known = known.find(|(text, _)| *text == condition.comparison);
            (condition.figure, known.unwrap().1)
        });
        Kinds {
            name,
            judgement: self.judgement,
            asked: asked.collect(),
        }
    }

    /// The configuration with a lateness in seconds and `more` parameters, as JSON with a comma in
    /// front.
    #[allow(clippy::cast_precision_loss, reason = "they are few")]
    pub(crate) fn configuration(&self, lateness: i64, more: &str) -> String {
        let limit = |condition: &Condition| {
            let limit = condition.hundredths as f64 / 100.0;
            format!(r#","limit_{}":{limit}"#, condition.figure)
        };
        let limits: String = self.conditions.iter().map(limit).collect();
        format!(
            r#"{{"out_of_orderness_seconds":{BEHIND},"allowed_lateness_seconds":{lateness},"dedup_horizon_seconds":{lateness},"early":{}{limits}{}{more}}}"#,
            self.early, self.more
        )
    }

    pub(crate) fn oracle(&self, events: &[Event]) -> Vec<Standing> {
        let ms = |seconds: u64| i64::try_from(seconds).unwrap() * 1000;
        match self.judgement {
            Judgement::Each { suppress_seconds } => each::standing(events, ms(suppress_seconds)),
            Judgement::FirstSeen {
                history_seconds,
                warm_up_seconds,
            } => {
                let warm_up = warm_up_seconds.unwrap_or(history_seconds);
                first_seen::standing(events, ms(history_seconds), ms(warm_up), &self.conditions)
            }
            Judgement::Sliding {
                length_seconds,
                every_seconds,
            } => {
                let all = self.more.contains("\"all_boundaries\":true");
                let (length, every) = (ms(length_seconds), ms(every_seconds));
                sliding::standing(events, length, every, all, &self.conditions)
            }
            Judgement::Tumbling { seconds } => {
                tumbling::standing(events, ms(seconds), &self.conditions)
            }
        }
    }

    /// A time after another one, at or near an edge.
    fn step(&self, r: &mut Random) -> i64 {
        match r.below(8) {
            0 | 1 => r.between(0, 3),
            2 => r.between(0, 1500),
            3 => 1000,
            4 | 5 => r.pick(&self.edges) + r.between(-1, 2),
            6 => r.pick(&self.edges) * 2 + r.between(-1, 2),
            _ => r.between(0, 20_000),
        }
    }

    /// Events as they arrive: out of order within the lateness, some of them twice.
    pub(crate) fn stream(&self, r: &mut Random, count: usize) -> Vec<Event> {
        let mut time = NOON + r.between(-3, 3);
        let mut arrivals = Vec::new();
        let mut last: i64 = 0;
        for id in 0..count as u64 {
            time += self.step(r).clamp(0, 120_000);
            if r.one_in(5) {
                // On the grid.
                time = (time + 999).div_euclid(1000) * 1000 + r.between(-1, 2);
            }
            time = time.max(last);
            last = time;
            let user = |r: &mut Random| Some((*r.pick(&["a", "b", "c"])).to_owned());
            let keys = match r.below(8) {
                0 => vec![None],
                1 => vec![user(r), user(r)],
                _ => vec![user(r)],
            };
            let event = Event {
                time,
                id,
                keys,
                bad: r.one_in(2),
                code: format!("code {}", r.below(4)),
                weight: (!r.one_in(4)).then(|| r.between(-3, 3)),
                wanted: !r.one_in(8),
            };
            for _ in 0..1 + u32::from(r.one_in(8)) {
                let delay = match r.below(4) {
                    0 => r.between(0, (LATENESS + BEHIND) * 1000),
                    1 => r.between(0, 12_000),
                    _ => 0,
                };
                arrivals.push((time + delay, r.bits(), event.clone()));
            }
        }
        arrivals.sort_by_key(|(arrival, tie, _)| (*arrival, *tie));
        arrivals.into_iter().map(|(.., event)| event).collect()
    }
}

pub(crate) fn line(event: &Event) -> String {
    let ms = event.time - (NOON - 12 * 60 * MINUTE);
    let (minutes, ms) = (ms / MINUTE, ms % MINUTE);
    let users: Vec<_> = event
        .keys
        .iter()
        .flatten()
        .map(|key| format!("\"{key}\""))
        .collect();
    let users = match &users[..] {
        [user] => user.clone(),
        _ => format!("[{}]", users.join(",")),
    };
    format!(
        "{{\"category\":\"ToyActivityLogs\",\"properties\":{{\"timeGenerated\":\"2026-05-19T{:02}:{:02}:{:02}.{:03}Z\",\"userId\":{users},\"code\":\"{},{},{},{},{}\"}}}}\n",
        minutes / 60,
        minutes % 60,
        ms / 1000,
        ms % 1000,
        event.id,
        event.code,
        u8::from(event.bad),
        u8::from(event.wanted),
        event
            .weight
            .map_or(String::new(), |weight| weight.to_string()),
    )
}

/// The active state of an alert of the engine or of the contract; the type of its values
/// distinguishes them.
macro_rules! standing_of {
    ($alert:expr, $value:path) => {{
        use $value as Value;
        let alert = $alert;
        let value = |name: &str| {
            let column = alert.columns.iter().find(|column| column.name == name);
            column.map(|column| column.value.clone())
        };
        let integer = |name: &str| match value(name) {
            Some(Value::Integer(number)) => Some(number),
            None => None,
            other => panic!("{name}: {other:?}"),
        };
        let number = |name: &str| usize::try_from(integer(name).unwrap()).unwrap();
        let texts = |name: &str| match value(name) {
            Some(Value::TextList(texts)) => texts,
            other => panic!("{name}: {other:?}"),
        };
        let mean = match value("mean") {
            Some(Value::Number(mean)) => Some(mean.to_string()),
            None => None,
            other => panic!("{other:?}"),
        };
        let key = match &alert.key[0].value {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        };
        $crate::kinds_case::kinds::Standing {
            start: alert.window.start,
            end: alert.window.end,
            key,
            count: number("calls"),
            bad: number("bad"),
            codes: texts("all codes"),
            samples: texts("first codes"),
            total: integer("total"),
            mean,
            least: integer("least"),
            most: integer("most"),
            opening: integer("opening"),
            closing: integer("closing"),
            first: alert.first_seen,
            last: alert.last_seen,
        }
    }};
}
pub(crate) use standing_of;
