//! How one case of a law is run: the rule, the delivery, and how it is cut.

use crate::exception::Exception;
use crate::thresholds::Rule;
use weir_generator::event::Event;
use weir_generator::random::Random;
use weir_generator::render::{SHAPES, Style, document, lines, wrapped};
use weir_generator::stream::Knobs;

/// What runs, apart from the events.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Decides rendering, batches, splits and orders.
    pub seed: u64,
    /// Whether the small rule is used instead of the published one.
    pub small: bool,
    /// Whether events come in any order, instead of nearly by time.
    pub shuffle: bool,
    /// Early firing.
    pub early: bool,
    /// Seconds that the watermark stays behind.
    pub behind: u32,
    /// Seconds of allowed lateness and of the de-duplication horizon; the rule's own, which
    /// no stream here exceeds, when None.
    pub late: Option<(u32, u32)>,
    /// Events that are left out.
    pub exceptions: Vec<Exception>,
    /// Most lines of a batch.
    pub batch: usize,
    /// How many parts the stream is cut into, over workers or by restarts.
    pub parts: usize,
}

impl Plan {
    /// A random plan and what its stream is to be made of.
    #[must_use]
    pub fn random(seed: u64) -> (Self, Knobs) {
        let mut random = Random::new(seed ^ 3);
        let mut plan = Plan {
            seed,
            small: random.one_in(2),
            shuffle: random.one_in(2),
            early: random.one_in(2),
            behind: *random.pick(&[0, 5, 120]),
            late: None,
            exceptions: Vec::new(),
            batch: 1 + random.index(200),
            parts: 1 + random.index(4),
        };
        let window = plan.rule().window;
        let seconds = u64::try_from(window / 1000).unwrap_or(1);
        if random.one_in(2) {
            // None to three windows, whole ones or not.
            let whole = random.below(4) * seconds;
            let lateness = *random.pick(&[whole, random.clone().below(3 * seconds + 1)]);
            let horizon = random.below(lateness + 1);
            let horizon = *random.pick(&[lateness, horizon / seconds * seconds, horizon]);
            let short = |n: u64| u32::try_from(n).unwrap_or(0);
            plan.late = Some((short(lateness), short(horizon)));
        }
        let knobs = Knobs {
            window,
            groups: random.below(5),
            noise: random.below(60),
            identified: false,
            divisor: if plan.small { 6 } else { 1 },
        };
        (plan, knobs)
    }

    /// A copy of the plan with the rule's own lateness.
    #[must_use]
    pub fn patient(&self) -> Self {
        Plan {
            late: None,
            ..self.clone()
        }
    }

    /// The rule of this plan.
    #[must_use]
    pub fn rule(&self) -> Rule {
        if self.small {
            Rule {
                calls: 4,
                errors: 2,
                rate: 0.55,
                paths: 3,
                window: 10_000,
                values: 3,
                samples: 2,
            }
        } else {
            Rule::default()
        }
    }

    /// Seconds of allowed lateness and of the de-duplication horizon.
    #[must_use]
    pub fn horizons(&self) -> (u32, u32) {
        self.late.unwrap_or((8 * 3600, 3600))
    }

    /// The rule and the plan as the detector's configuration.
    #[must_use]
    pub fn configuration(&self) -> String {
        let r = self.rule();
        let (lateness, horizon) = self.horizons();
        let exceptions: Vec<String> = self.exceptions.iter().map(Exception::json).collect();
        format!(
            "{{\"min_total_calls\":{},\"min_errors\":{},\"min_error_rate\":{},\"min_url_paths\":{},\
             \"window_seconds\":{},\"max_values\":{},\"max_sample_paths\":{},\
             \"out_of_orderness_seconds\":{},\"allowed_lateness_seconds\":{lateness},\
             \"dedup_horizon_seconds\":{horizon},\"early\":{},\"exceptions\":[{}]}}",
            r.calls,
            r.errors,
            r.rate,
            r.paths,
            r.window / 1000,
            r.values,
            r.samples,
            self.behind,
            self.early,
            exceptions.join(",")
        )
    }

    /// Configuration of a worker that only aggregates.
    #[must_use]
    pub fn partial(&self) -> String {
        self.configuration().replacen('{', "{\"partial\":true,", 1)
    }

    /// The events in the order in which this plan delivers them.
    #[must_use]
    pub fn ordered(&self, events: &[Event]) -> Vec<Event> {
        let mut events = events.to_vec();
        if self.shuffle {
            Random::new(self.seed ^ 1).shuffle(&mut events);
        }
        events
    }

    /// Lines that carry the events, and how many further documents are among them
    /// that are of another data set, and that are malformed.
    #[must_use]
    pub fn lines(&self, events: &[Event]) -> (Vec<String>, u64, u64) {
        let mut random = Random::new(self.seed ^ 2);
        let mut documents: Vec<String> = Vec::with_capacity(events.len());
        let (mut other, mut malformed) = (0, 0);
        let mut broken = Vec::new();
        for event in events {
            let shape = *random.pick(&SHAPES);
            let mut text = document(event, shape, Style::Wild, &mut random);
            if random.one_in(5) {
                text = wrapped(&text, &mut random);
            }
            documents.push(text);
            if random.one_in(40) {
                other += 1;
                let others = [
                    "{\"category\":\"SignInLogs\",\"properties\":{}}",
                    "{}",
                    "17",
                    "\"x\"",
                    "null",
                    "{\"message\":\"{\\\"category\\\":\\\"SignInLogs\\\"}\"}",
                    "{\"message\":\"AADGraphActivityLogs | take 1\"}",
                ];
                documents.push((*random.pick(&others)).to_owned());
            }
            if random.one_in(60) {
                malformed += 1;
                broken.push(*random.pick(&["{\"category\":", "no JSON", "{\"a\":1}}", "[1,"]));
            }
        }
        let mut lines = lines(&documents, &mut random);
        for line in broken {
            let at = random.index(lines.len() + 1);
            lines.insert(at, line.to_owned());
        }
        (lines, other, malformed)
    }
}
