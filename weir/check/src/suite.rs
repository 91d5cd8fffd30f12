//! Tries laws, and makes what breaks one small.

use std::time::{Duration, Instant};

use weir_host::error::Error;
use weir_schedule::Random;
use weir_schedule::shrink::{Budget, Tried, shrink};

use crate::attempt::{Fault, Judged};
use crate::law::{Draw, Events, Law};
use crate::laws::LAWS;
use crate::subject::Subject;

/// What is tried while a counterexample is made small.
const BUDGET: Budget = Budget {
    attempts: 4_000,
    lines: 500_000,
};
/// The same where each try ends at the deadline.
const SLOW: Budget = Budget {
    attempts: 40,
    ..BUDGET
};

/// How laws are tried.
#[derive(Debug)]
pub struct Options {
    /// Decides every schedule.
    pub seed: u64,
    /// Tries of each law.
    pub rounds: usize,
    /// Documents of a flood.
    pub flood: usize,
    /// The laws that are tried.
    pub laws: Vec<&'static Law>,
}

/// What came of a law.
#[derive(Debug)]
pub enum Verdict {
    /// It held in every try that it speaks of.
    Held,
    /// It does not hold.
    Failed(Counterexample),
    /// It was not tried: why.
    LeftOut(String),
}

/// Lines and calls by which a law does not hold, and how.
#[derive(Debug)]
pub struct Counterexample {
    /// The lines and the calls.
    pub tried: Tried,
    /// What is wrong.
    pub fault: Fault,
}

/// A law with what came of it.
#[derive(Debug)]
pub struct LawResult {
    /// The law.
    pub law: &'static Law,
    /// What came of it.
    pub verdict: Verdict,
    /// Tries that the law speaks of.
    pub tries: usize,
    /// Wall-clock time.
    pub took: Duration,
}

impl LawResult {
    /// Whether the law does not hold.
    #[must_use]
    pub fn failed(&self) -> bool {
        matches!(self.verdict, Verdict::Failed(_))
    }
}

/// Tries laws over events, which are lines without their ends; `each` is shown each result.
///
/// # Errors
///
/// What is no fault of the component's answers, such as parameters that it refuses; errors of `each`.
pub fn check(
    subject: &Subject<'_>,
    lines: Vec<Vec<u8>>,
    options: &Options,
    mut each: impl FnMut(&LawResult) -> Result<(), Error>,
) -> Result<Vec<LawResult>, Error> {
    let events = Events::new(subject, lines.clone())?;
    let mut results = Vec::new();
    for law in &options.laws {
        let begun = Instant::now();
        let first = LAWS.first().is_some_and(|first| first.name == law.name);
        let (verdict, tries) = match &events {
            Some(events) => tried(subject, events, law, options)?,
            None if first => (plainly(subject, &lines, law)?, 1),
            None => {
                let why = "a plain run of these events fails already, by the law `answers`";
                (Verdict::LeftOut(why.to_owned()), 0)
            }
        };
        let result = LawResult {
            law,
            verdict,
            tries,
            took: begun.elapsed(),
        };
        each(&result)?;
        results.push(result);
    }
    Ok(results)
}

/// Judges a plain run, which fails.
fn plainly(subject: &Subject<'_>, lines: &[Vec<u8>], law: &Law) -> Result<Verdict, Error> {
    let tried = Tried {
        lines: lines.to_vec(),
        schedule: crate::attempt::plain(lines.len()),
    };
    match (law.judge)(subject, &tried)? {
        Judged::Broken(fault) => smallest(subject, law, tried, fault).map(Verdict::Failed),
        // It failed a moment ago, and now it does not.
        Judged::Holds | Judged::Unfit(_) => {
            let why = "a plain run fails, and the next one does not: its answers are no function of the calls";
            let fault = Fault::Differs(vec![why.to_owned()]);
            Ok(Verdict::Failed(Counterexample { tried, fault }))
        }
    }
}

/// Tries a law some times.
fn tried(
    subject: &Subject<'_>,
    events: &Events,
    law: &Law,
    options: &Options,
) -> Result<(Verdict, usize), Error> {
    if let Some(interface) = law.needs.filter(|needed| !subject.has(*needed)) {
        return Ok((
            Verdict::LeftOut(format!("it has no interface `{}`", interface.name())),
            0,
        ));
    }
    if let Some(why) = (law.left_out)(subject) {
        return Ok((Verdict::LeftOut(why), 0));
    }
    let (mut tries, mut unfit) = (0, None);
    for round in 0..options.rounds {
        let of = Draw {
            subject,
            events,
            round,
            flood: options.flood,
        };
        let mut random = Random::new(seed(options.seed, law.name, round));
        let Some(tried) = (law.draw)(&of, &mut random)? else {
            continue;
        };
        match (law.judge)(subject, &tried)? {
            Judged::Holds => tries += 1,
            Judged::Unfit(why) => unfit = Some(why),
            Judged::Broken(fault) => {
                let found = smallest(subject, law, tried, fault)?;
                return Ok((Verdict::Failed(found), tries + 1));
            }
        }
    }
    let verdict = match (tries, unfit) {
        (0, Some(why)) => Verdict::LeftOut(why),
        (0, None) => Verdict::LeftOut("these events give nothing to try it on".to_owned()),
        _ => Verdict::Held,
    };
    Ok((verdict, tries))
}

/// The seed of one try: other laws do not change it.
fn seed(seed: u64, law: &str, round: usize) -> u64 {
    // FNV-1a.
    let bytes = law.bytes().chain((round as u64).to_le_bytes());
    bytes.fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The smallest lines and calls that were found to break the law in the same way.
fn smallest(
    subject: &Subject<'_>,
    law: &Law,
    tried: Tried,
    fault: Fault,
) -> Result<Counterexample, Error> {
    let budget = match &fault {
        Fault::Stopped { slow: true, .. } => SLOW,
        _ => BUDGET,
    };
    let mut last = fault;
    let found = shrink(tried, budget, law.fits, |smaller| {
        match (law.judge)(subject, smaller)? {
            Judged::Broken(fault) if fault.is_like(&last) => {
                last = fault;
                Ok::<_, Error>(true)
            }
            _ => Ok(false),
        }
    })?;
    Ok(Counterexample {
        tried: found,
        fault: last,
    })
}

/// Judges lines and calls by a law: what is wrong, a sentence each; nothing when it holds.
///
/// # Errors
///
/// What is no fault of the component's answers, such as calls that cannot be made.
pub fn replay(subject: &Subject<'_>, law: &Law, tried: &Tried) -> Result<Vec<String>, Error> {
    if let Some(interface) = law.needs {
        subject
            .sandbox
            .needs(interface, &format!("the law `{}`", law.name))?;
    }
    let unjudged = |why: &str| vec![format!("the law `{}` cannot be judged: {why}", law.name)];
    if !(law.fits)(tried) {
        return Ok(unjudged(
            "its calls do not bring each line of the input to instance 0 once",
        ));
    }
    Ok(match (law.judge)(subject, tried)? {
        Judged::Holds => Vec::new(),
        Judged::Broken(fault) => fault.sentences(),
        Judged::Unfit(why) => unjudged(&why),
    })
}
