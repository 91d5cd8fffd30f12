//! One try of a law, and what came of it.

use weir_host::error::{Error, TrapKind};
use weir_schedule::shrink::Tried;
use weir_schedule::{Schedule, Stopped};

use crate::run::{Failure, Run, Runner};
use crate::subject::Subject;

/// What was wrong with a component's answers to a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It failed, or refused what it must take: the number of the call from 1, the error's code and
    /// its words. Behind the last call is the end, which flushes.
    Stopped {
        /// Number of the call.
        call: usize,
        /// Stable name of the failure.
        code: &'static str,
        /// The failure in words.
        why: String,
        /// Whether it was stopped by the deadline, which takes long.
        slow: bool,
    },
    /// Its answers are not what the law says: a sentence each.
    Differs(Vec<String>),
}

impl Fault {
    /// The fault in sentences.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        match self {
            Self::Stopped { call, why, .. } => vec![format!("call {call}: {why}")],
            Self::Differs(all) => all.clone(),
        }
    }

    /// Whether another one is of the same kind.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Stopped { code, .. }, Self::Stopped { code: of_other, .. }) => code == of_other,
            (Self::Differs(_), Self::Differs(_)) => true,
            _ => false,
        }
    }
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// The law holds.
    Holds,
    /// The law does not hold.
    Broken(Fault),
    /// The schedule is outside of what the law speaks of: why.
    Unfit(String),
}

impl Judged {
    /// Of sentences about what is wrong.
    pub(crate) fn of(wrong: Vec<String>) -> Self {
        match wrong.is_empty() {
            true => Self::Holds,
            false => Self::Broken(Fault::Differs(wrong)),
        }
    }

    /// That an error ends what is tried.
    pub(crate) fn unfit(why: impl Into<String>) -> Self {
        Self::Unfit(why.into())
    }
}

/// Runs a schedule. The inner error is the component's fault.
///
/// # Errors
///
/// What is not the component's fault, such as a missing interface.
pub(crate) fn run(
    subject: &Subject<'_>,
    lines: &[Vec<u8>],
    schedule: &Schedule,
    verbatim: bool,
) -> Result<Result<Run, Fault>, Error> {
    let mut runner = Runner::new(subject, verbatim);
    match weir_schedule::replay(&mut runner, schedule, lines) {
        Ok(()) => Ok(Ok(runner.run)),
        Err(Stopped {
            error: Failure::Other(error),
            ..
        }) => Err(error),
        Err(Stopped {
            call,
            error: Failure::Component(error),
        }) => {
            let slow = matches!(
                &error,
                Error::Trapped {
                    kind: TrapKind::Deadline { .. },
                    ..
                }
            );
            let why = match &error {
                Error::Config(words) => words.join("; "),
                error => error.to_string(),
            };
            Ok(Err(Fault::Stopped {
                call: call + 1,
                code: error.code(),
                why,
                slow,
            }))
        }
    }
}

/// Runs what is tried; a fault of the component is what the law says must not be.
macro_rules! run_or_broken {
    ($subject:expr, $tried:expr) => {
        match $crate::attempt::run($subject, &$tried.lines, &$tried.schedule, false)? {
            Ok(run) => run,
            Err(fault) => return Ok($crate::attempt::Judged::Broken(fault)),
        }
    };
}
pub(crate) use run_or_broken;

/// Runs what the answers are compared with; where that fails already, there is nothing to compare.
macro_rules! run_or_unfit {
    ($subject:expr, $lines:expr, $schedule:expr) => {
        match $crate::attempt::run($subject, $lines, $schedule, false)? {
            Ok(run) => run,
            Err(fault) => {
                let why = fault.sentences().join("; ");
                return Ok($crate::attempt::Judged::unfit(format!(
                    "what it is compared with fails already: {why}"
                )));
            }
        }
    };
}
pub(crate) use run_or_unfit;

/// One document a push, in order.
pub(crate) fn plain(lines: usize) -> Schedule {
    (0..lines)
        .map(|line| weir_schedule::Call::push(0, [line]))
        .collect()
}

/// Whether each line reaches the end once.
pub(crate) fn once(tried: &Tried) -> bool {
    let delivered = tried.schedule.delivered(tried.lines.len());
    delivered.iter().all(|count| *count == 1)
}
