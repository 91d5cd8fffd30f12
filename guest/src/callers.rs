//! Callers that a group has heard of, so that it need not be told again what it has learned.
//!
//! A memory and no state: nothing depends on what is in it, and it may forget at any time.
//! It must, whenever groups change their numbers, lose what they hold, or would learn
//! something else from the same call.

/// Callers that are remembered, a power of two.
const PLACES: usize = 4096;

/// The group that a caller's calls go to.
#[derive(Clone, Copy)]
pub(crate) struct Known {
    /// The caller's hash.
    caller: u64,
    /// The window's start.
    start: i64,
    pub(crate) group: u32,
    /// How many look-ups each call wants of a table that is not there.
    pub(crate) missed: u32,
}

/// The callers of late.
#[derive(Default)]
pub(crate) struct Callers(Vec<Option<Known>>);

impl Callers {
    /// The group in the window from `start` that has learned what there is of a caller.
    #[inline(always)]
    pub(crate) fn find(&self, caller: u64, start: i64) -> Option<Known> {
        let known = (*self.0.get(place(caller))?)?;
        (known.caller == caller && known.start == start).then_some(known)
    }

    pub(crate) fn remember(&mut self, caller: u64, start: i64, group: u32, missed: u32) {
        if self.0.is_empty() {
            self.0.resize(PLACES, None);
        }
        self.0[place(caller)] = Some(Known {
            caller,
            start,
            group,
            missed,
        });
    }

    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the lower bits are wanted")]
fn place(caller: u64) -> usize {
    caller as usize % PLACES
}
