//! Kinds of judgement: the windows of a rule, their parameters, and the times of evaluation.

use crate::config::{Config, ParameterRange, ParameterSpec};
use crate::model;
use crate::problems::Problems;
use crate::stream::milliseconds;
use ParameterRange::{Boolean, Integer};

/// The kind of windows that a rule is evaluated over, with the defaults of its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Tumbling windows.
    Tumbling {
        /// `window_seconds`: the length of a window.
        seconds: u64,
    },
    /// Sliding windows: the events of the last `length_seconds` at every multiple of
    /// `every_seconds`. Consecutive boundaries at which all conditions hold are an episode: one
    /// alert, at the first of them.
    Sliding {
        /// `length_seconds`: the length of a window.
        length_seconds: u64,
        /// `every_seconds`: the interval between boundaries.
        every_seconds: u64,
    },
    /// The first event of a key within a history, where all conditions hold of it and of those of
    /// its millisecond. Nothing alerts before the stream is as long as the warm-up. There is no
    /// ledger.
    FirstSeen {
        /// `history_seconds`: the time for which a key counts as seen.
        history_seconds: u64,
        /// `warm_up_seconds`; None for the length of the history.
        warm_up_seconds: Option<u64>,
    },
    /// Single events. The events of a key in one window are one alert.
    Each {
        /// `suppress_seconds`: the length of a window; with 0 it is a millisecond.
        suppress_seconds: u64,
    },
}

/// A day: the longest window. Columns keep times within a window in 27 bits.
const DAY: u64 = 24 * 3600;
/// Thirty days.
const MAX_SPAN: u64 = 30 * DAY;
/// Most panes in the window of a boundary.
const MAX_PANES: u64 = 1440;
/// Intervals at which windows of a millisecond are evaluated, and at which expired windows are
/// dropped, in milliseconds of event time.
const SECOND: i64 = 1000;
const MINUTE: i64 = 60_000;

const WINDOW: &str = "window_seconds";
const LENGTH: &str = "length_seconds";
const EVERY: &str = "every_seconds";
/// The name of the parameter for alerts at every boundary.
pub(crate) const ALL: &str = "all_boundaries";
const HISTORY: &str = "history_seconds";
/// The name of the parameter of the warm-up.
pub(crate) const WARM_UP: &str = "warm_up_seconds";
const SUPPRESS: &str = "suppress_seconds";

const fn setting(
    name: &'static str,
    range: ParameterRange,
    summary: &'static str,
) -> ParameterSpec {
    ParameterSpec {
        name,
        range,
        summary,
    }
}

impl Judgement {
    /// Its parameters.
    #[rustfmt::skip]
    pub(crate) fn parameters(self) -> Vec<ParameterSpec> {
        match self {
            Judgement::Tumbling { seconds } => vec![
                setting(WINDOW, Integer(seconds, 1, DAY),
                        "Length of the tumbling window in seconds; windows are aligned to 1970-01-01T00:00:00Z."),
            ],
            Judgement::Sliding { length_seconds, every_seconds } => vec![
                setting(LENGTH, Integer(length_seconds, 1, DAY),
                        "Length of the sliding window in seconds."),
                setting(EVERY, Integer(every_seconds, 1, DAY),
                        "How far apart sliding windows end, in seconds; they end at its multiples since 1970-01-01T00:00:00Z."),
                setting(ALL, Boolean(false),
                        "Alert at every boundary where the condition holds, and not at the first of each episode alone."),
            ],
            Judgement::FirstSeen { history_seconds, warm_up_seconds } => vec![
                setting(HISTORY, Integer(history_seconds, 1, MAX_SPAN),
                        "How long a key must not have been seen for its next event to alert, in seconds."),
                setting(WARM_UP, Integer(warm_up_seconds.unwrap_or(history_seconds), 0, MAX_SPAN),
                        "How long after the stream's first event nothing alerts, in seconds; the history where neither is set."),
            ],
            Judgement::Each { suppress_seconds } => vec![
                setting(SUPPRESS, Integer(suppress_seconds, 0, DAY),
                        "Length in seconds of the spans in which all events of a key are one alert, aligned to 1970-01-01T00:00:00Z; 0 for a millisecond."),
            ],
        }
    }

    /// Derives parameters that are not set from those that are, and reports contradictions.
    pub(crate) fn resolve(self, config: &mut Config, given: &[String], problems: &mut Problems) {
        let is_given = |name: &str| given.iter().any(|key| key == name);
        match self {
            Judgement::FirstSeen {
                warm_up_seconds: None,
                ..
            } if !is_given(WARM_UP) => {
                config.set_integer(WARM_UP, config.integer(HISTORY));
            }
            Judgement::Sliding { .. } => {
                let (length, every) = (config.integer(LENGTH), config.integer(EVERY));
                let panes = length / common(length, every).max(1);
                if every > length {
                    let why = format_args!("{every} is more than {LENGTH}, which is {length}");
                    problems.add(format_args!("{EVERY}"), why);
                } else if panes > MAX_PANES {
                    let why = format_args!(
                        "a window of {length} seconds ({LENGTH}) would be cut in {panes} panes: at most {MAX_PANES} are kept"
                    );
                    problems.add(format_args!("{EVERY}"), why);
                }
            }
            _ => {}
        }
    }

    /// Whether it may have conditions.
    #[must_use]
    pub fn has_conditions(self) -> bool {
        !matches!(self, Judgement::Each { .. })
    }

    /// A number for the kind of windows, for a hash.
    pub(crate) fn number(self) -> u64 {
        match self {
            Judgement::Tumbling { .. } => 0,
            Judgement::Sliding { .. } => 1,
            Judgement::FirstSeen { .. } => 2,
            Judgement::Each { .. } => 3,
        }
    }

    /// The contract's description.
    pub(crate) fn described(self) -> model::Judgement {
        match self {
            Judgement::Tumbling { seconds } => model::Judgement::Tumbling(seconds * 1000),
            Judgement::Sliding {
                length_seconds,
                every_seconds,
            } => model::Judgement::Sliding(model::Sliding {
                length: length_seconds * 1000,
                every: every_seconds * 1000,
            }),
            Judgement::FirstSeen {
                history_seconds, ..
            } => model::Judgement::FirstSeen(history_seconds * 1000),
            Judgement::Each { suppress_seconds } => model::Judgement::Each(suppress_seconds * 1000),
        }
    }
}

/// The greatest common divisor.
fn common(a: u64, b: u64) -> u64 {
    match b {
        0 => a,
        _ => common(b, a % b),
    }
}

/// The state that a judgement evaluates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JudgementKind {
    /// Single panes; without conditions, single events.
    Windows,
    /// The panes of a boundary's window.
    Sliding {
        /// Milliseconds between boundaries.
        every: i64,
        /// Whether each boundary alerts, and not only the first of an episode.
        all: bool,
    },
    /// The sessions of each key.
    FirstSeen {
        /// The gap between sessions, in milliseconds.
        history: i64,
        /// Milliseconds after the stream's beginning in which nothing alerts.
        warm_up: i64,
    },
}

/// A judgement under a configuration, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timing {
    pub(crate) kind: JudgementKind,
    /// The length of a pane, the unit of state. Panes begin at its multiples since 1970.
    pub(crate) pane: i64,
    /// The length of an alert's window.
    pub(crate) window: i64,
    /// The interval between evaluations, in milliseconds of event time: when the watermark passes a
    /// multiple of it, the panes that are due are evaluated.
    pub(crate) judge_every: i64,
    /// The interval between releases of state, in milliseconds of event time: when the watermark
    /// passes a multiple of it, the panes that are past the allowed lateness are dropped.
    pub(crate) drop_every: i64,
}

impl Timing {
    pub(crate) fn new(config: &Config, judgement: Judgement) -> Timing {
        let length = |name| milliseconds(config.integer(name));
        let windows = |pane: i64, judge_every: i64, drop_every: i64| Timing {
            kind: JudgementKind::Windows,
            pane,
            window: pane,
            judge_every,
            drop_every,
        };
        match judgement {
            Judgement::Tumbling { .. } => {
                let pane = length(WINDOW);
                windows(pane, pane, pane)
            }
            Judgement::Each { .. } => match length(SUPPRESS) {
                0 => windows(1, SECOND, MINUTE),
                pane => windows(pane, pane, pane),
            },
            Judgement::Sliding { .. } => {
                let [seconds, step] = [LENGTH, EVERY].map(|name| config.integer(name));
                let every = milliseconds(step);
                Timing {
                    kind: JudgementKind::Sliding {
                        every,
                        all: config.is(ALL),
                    },
                    pane: milliseconds(common(seconds, step)),
                    window: milliseconds(seconds),
                    judge_every: every,
                    drop_every: every,
                }
            }
            Judgement::FirstSeen { .. } => Timing {
                kind: JudgementKind::FirstSeen {
                    history: length(HISTORY),
                    warm_up: length(WARM_UP),
                },
                pane: 1,
                window: 1,
                judge_every: SECOND,
                drop_every: MINUTE,
            },
        }
    }

    /// The time at which the pane from `start` is first evaluated.
    #[inline(always)]
    pub(crate) fn due(&self, start: i64) -> i64 {
        let end = start + self.pane;
        match self.kind {
            JudgementKind::Sliding { every, .. } => -((-end).div_euclid(every)) * every,
            _ => end,
        }
    }

    /// The time at which the pane from `start` is last evaluated, but for late events.
    pub(crate) fn final_due(&self, start: i64) -> i64 {
        match self.kind {
            // Whether a boundary begins an episode depends on the boundary before it.
            JudgementKind::Sliding { every, .. } => start + self.window + every,
            _ => start + self.pane,
        }
    }

    /// Whether the watermark passes a multiple of a span.
    #[inline(always)]
    pub(crate) fn passes(span: i64, before: Option<i64>, to: i64) -> bool {
        before.is_none_or(|before| before.div_euclid(span) < to.div_euclid(span))
    }
}
