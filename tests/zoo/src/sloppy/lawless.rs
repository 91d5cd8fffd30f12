//! Faults that break a law of the contract, which `weir check` must find.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::{Real, is};
use weir_detector::model::{Alert, MergeError, Phase};

/// What an instance remembers outside of its detector's state.
static SEED: AtomicU64 = AtomicU64::new(0);
static EARLY: AtomicBool = AtomicBool::new(false);
static MERGED: AtomicU64 = AtomicU64::new(0);

/// Bytes that a document leaks.
const LEAK: usize = 64 << 10;
/// Longest batch that the fault `short-sighted` takes.
const SHORT: usize = 200 << 10;

/// A detector is opened.
pub(super) fn opened(configuration: &str, seed: (u64, u64)) {
    SEED.store(seed.0, Ordering::Relaxed);
    EARLY.store(configuration.contains("\"early\":true"), Ordering::Relaxed);
}

/// What a detector sees of a batch.
pub(super) fn batch(real: &Real, batch: Vec<u8>) -> Vec<u8> {
    if is("utf8") {
        assert!(
            std::str::from_utf8(&batch).is_ok(),
            "bytes that are no text"
        );
    }
    if is("short-sighted") {
        assert!(batch.len() <= SHORT, "a batch of {} bytes", batch.len());
    }
    let lines = batch.split_inclusive(|byte| *byte == b'\n');
    match () {
        () if is("leak") => {
            for _ in lines.filter(|line| line.len() > 1) {
                std::mem::forget(std::hint::black_box(vec![1_u8; LEAK]));
            }
            batch
        }
        // The last of several is lost.
        () if is("batches") => {
            let lines: Vec<&[u8]> = lines.collect();
            let seen = lines.len() - usize::from(lines.len() > 1);
            lines[..seen].concat()
        }
        // Nothing is of interest behind the first window.
        () if is("order") && real.counters().rules[0].windows_fired > 0 => Vec::new(),
        () => batch,
    }
}

/// Alerts that are handed out.
pub(super) fn alerts(real: &mut Real, max: u32) -> Vec<Alert> {
    // One more is taken than there is room for.
    if is("take") && max < 16 {
        let mut taken = real.take_alerts(max + 1);
        taken.truncate(max as usize);
        return taken;
    }
    let mut taken = real.take_alerts(max);
    if is("seed") && SEED.load(Ordering::Relaxed) % 2 == 1 {
        taken.clear();
    }
    if is("early") && EARLY.load(Ordering::Relaxed) {
        taken.retain(|alert| alert.phase == Phase::Early);
    }
    if is("revisions") && MERGED.load(Ordering::Relaxed) > 0 {
        taken.iter_mut().for_each(|alert| alert.revision += 1);
    }
    taken
}

/// Documents are looked at.
pub(super) fn looks(real: &mut Real, batch: &[u8]) {
    if is("select-counts") {
        real.push(batch);
    }
}

/// A state is taken in.
pub(super) fn merge(real: &mut Real, state: &[u8]) -> Result<(), MergeError> {
    let before = MERGED.fetch_add(1, Ordering::Relaxed);
    if is("forgets") || is("merge-once") && before > 0 {
        return Ok(());
    }
    match real.merge(state) {
        Err(MergeError::Damaged(_)) if is("damaged") => Ok(()),
        merged => merged,
    }
}
