//! Starts: from the bytes of a component to a detector that is open, compiled and from kept code.

use std::time::Instant;

use weir_common::message::Message;
use weir_component::CodeCache;
use weir_host::{Error, Sandbox};

use crate::{Spread, Subject};

/// Times of the starts of one component.
#[derive(Debug, Default)]
pub(crate) struct Starts {
    /// With compilation.
    pub(crate) cold: Spread,
    /// With compiled code from a folder; none where no folder can be trusted.
    pub(crate) warm: Option<Spread>,
    /// Of a further instance.
    pub(crate) open: Spread,
}

/// Starts each of them in turn: compiled so many times, and from kept code and as a further
/// instance so many times.
pub(crate) fn starts(
    subjects: &[&Subject],
    cold: usize,
    warm: usize,
) -> Result<Vec<Starts>, Error> {
    let folder = tempfile::tempdir().map_err(|error| {
        Error::Broken(format!(
            "no folder for compiled code: {}",
            weir_common::explain::explain(&error)
        ))
    })?;
    let cache = CodeCache::open(folder.path());
    let cache = cache
        .inspect_err(|why| {
            let text = format!("the start from kept code is not measured: {why}");
            Message::warn("cache-refused", text).emit();
        })
        .ok();
    let mut times = vec![[const { Vec::new() }; 3]; subjects.len()];
    for _ in 0..cold {
        for (subject, [cold, ..]) in subjects.iter().zip(&mut times) {
            let compile = || Sandbox::new(subject.bytes(), subject.sandbox().limits());
            cold.push(seconds(|| subject.open(&compile()?))?);
        }
    }
    for _ in 0..warm {
        for (subject, [_, warm, open]) in subjects.iter().zip(&mut times) {
            open.push(seconds(|| subject.open(subject.sandbox()))?);
            let Some(cache) = &cache else { continue };
            let load = || cache.sandbox(subject.bytes(), subject.sandbox().limits());
            // The first of them is what keeps the code.
            if warm.is_empty() {
                subject.open(&load()?)?;
            }
            warm.push(seconds(|| subject.open(&load()?))?);
        }
    }
    let all = times.into_iter().map(|[cold, warm, open]| Starts {
        cold: Spread::of(cold),
        warm: (!warm.is_empty()).then(|| Spread::of(warm)),
        open: Spread::of(open),
    });
    Ok(all.collect())
}

/// Seconds until something is there.
fn seconds<T>(make: impl FnOnce() -> Result<T, Error>) -> Result<f64, Error> {
    let began = Instant::now();
    let made = make()?;
    let seconds = began.elapsed().as_secs_f64();
    drop(made);
    Ok(seconds)
}
