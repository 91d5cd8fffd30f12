//! Ingestion of a batch: each document is parsed once, and its event is pushed to every rule.

use crate::batch::{Parsed, Position};
use crate::callers::CallerHash;
use crate::fields::FieldTree;
use crate::hash::Seed;
use crate::key::Keys;
use crate::key_path::TABLES;
use crate::log::{Log, LogEvent};
use crate::model::{Outcome, Refusal, RefusalKind};
use crate::open_rule::OpenRule;
use crate::record::Record;
use crate::stream::Disposition;
use crate::time::Minute;
use crate::totals::{SharedCounters, add_named};
use crate::wrapping;
use smallvec::SmallVec;

/// The indexes of rules that need the mapped event, each with the hash to cache the caller under.
type UncachedRules = SmallVec<[(usize, Option<CallerHash>); 4]>;

/// The state of ingesting one batch.
pub(crate) struct BatchIngest<'d, L: Log> {
    pub(crate) batch: &'d [u8],
    pub(crate) tree: &'d FieldTree,
    pub(crate) rules: &'d mut [OpenRule<L>],
    pub(crate) log: &'d L,
    pub(crate) seed: Seed,
    pub(crate) minute: &'d mut Minute,
    pub(crate) shared: &'d mut SharedCounters,
    pub(crate) outcome: Outcome,
    /// Look-ups in a table that is not loaded.
    pub(crate) missed: u64,
}

impl<L: Log> BatchIngest<'_, L> {
    /// Counts one document, and pushes its event to the rules.
    pub(crate) fn ingest(&mut self, position: Position, taken: Parsed) {
        match taken {
            Parsed::Malformed(reason) => self.malformed(&position, reason),
            Parsed::Other if self.unwrap_records(&position) => {}
            Parsed::Other => self.outcome.other_data_set += 1,
            Parsed::Record(record) => self.record(&position, record),
            Parsed::Row(_) => {
                add_named(&mut self.shared.opened, TABLES, 1);
                self.ingest_unwrapped(&position, taken);
            }
        }
    }

    fn malformed(&mut self, position: &Position, reason: String) {
        self.outcome.malformed += 1;
        self.refuse(position, RefusalKind::Malformed, reason);
    }

    fn record(&mut self, position: &Position, record: &Record) {
        let Some(call) = self.log.call(record, self.seed, self.minute) else {
            return self.map_record(position, record);
        };
        let (mut disposition, mut missed) = (None, None);
        let mut uncached = UncachedRules::new();
        for (at, running) in self.rules.iter_mut().enumerate() {
            match running.push_cached(&call) {
                Ok(done) => {
                    disposition = disposition.max(Some(done.0));
                    missed = missed.max(done.1);
                }
                Err(caller_hash) => uncached.push((at, caller_hash)),
            }
        }
        if uncached.is_empty() {
            let missed = missed.unwrap_or_else(|| self.log.missed(&call));
            self.missed += u64::from(missed);
            return self.count(position, disposition.unwrap_or(Disposition::Unwanted));
        }
        self.push_uncached(position, record, &call, &uncached, disposition);
    }

    /// Pushes the event of a call to the rules that could not process the call itself.
    #[inline(never)]
    fn push_uncached<'a>(
        &mut self,
        position: &Position,
        record: &Record<'a>,
        call: &L::Call<'a>,
        uncached: &UncachedRules,
        disposition: Option<Disposition>,
    ) {
        let event = match self.log.event(call) {
            Some(event) => event,
            None => match self.log.map(record, self.seed) {
                Ok(Some(event)) => event,
                mapped => return self.without_event(position, record, mapped.err()),
            },
        };
        self.push_event(position, &event, uncached, disposition);
    }

    /// Pushes an event to some rules, unless it has too many keys in one of them: then no rule gets
    /// it.
    fn push_event(
        &mut self,
        position: &Position,
        event: &L::Event<'_>,
        to: &UncachedRules,
        mut disposition: Option<Disposition>,
    ) {
        let mut all: SmallVec<[Option<Keys>; 4]> = SmallVec::new();
        for running in to.iter().filter_map(|(at, _)| self.rules.get(*at)) {
            match running.keys(event) {
                Ok(keys) => all.push(keys),
                Err(reason) => return self.malformed(position, reason),
            }
        }
        for ((at, caller_hash), keys) in to.iter().zip(all) {
            if let Some(running) = self.rules.get_mut(*at) {
                disposition = disposition.max(Some(running.push_event(event, keys, *caller_hash)));
            }
        }
        self.missed += u64::from(event.missed());
        self.count(position, disposition.unwrap_or(Disposition::Unwanted));
    }

    /// Ingests a record that is no call.
    #[inline(never)]
    fn map_record(&mut self, position: &Position, record: &Record) {
        match self.log.map(record, self.seed) {
            Ok(Some(event)) => self.event(position, &event),
            mapped => self.without_event(position, record, mapped.err()),
        }
    }

    /// Ingests a record without an event.
    fn without_event(&mut self, position: &Position, record: &Record, wrong: Option<String>) {
        if (self.tree.table().may_hold)(record) && self.unwrap_records(position) {
            return;
        }
        match wrong {
            Some(reason) => self.malformed(position, reason),
            None => self.outcome.other_data_set += 1,
        }
    }

    /// Ingests the records inside a document, if there are any.
    fn unwrap_records(&mut self, position: &Position) -> bool {
        let (batch, tree) = (self.batch, self.tree);
        let others = wrapping::open(batch, position, tree, &mut |kind, position, taken| {
            add_named(&mut self.shared.opened, kind, 1);
            self.ingest_unwrapped(&position, taken);
        });
        self.outcome.other_data_set += others.unwrap_or_default();
        others.is_some()
    }

    fn ingest_unwrapped(&mut self, position: &Position, taken: Parsed) {
        match taken {
            Parsed::Malformed(reason) => self.malformed(position, reason),
            Parsed::Other => self.outcome.other_data_set += 1,
            Parsed::Record(record) | Parsed::Row(record) => match self.log.map(record, self.seed) {
                Ok(Some(event)) => self.event(position, &event),
                Err(reason) => self.malformed(position, reason),
                Ok(None) => self.outcome.other_data_set += 1,
            },
        }
    }

    #[inline(never)]
    fn event(&mut self, position: &Position, event: &L::Event<'_>) {
        let all = (0..self.rules.len()).map(|at| (at, None)).collect();
        self.push_event(position, event, &all, None);
    }

    #[inline(always)]
    fn count(&mut self, position: &Position, disposition: Disposition) {
        match disposition {
            Disposition::Counted => self.outcome.counted += 1,
            Disposition::Duplicate => self.outcome.duplicate += 1,
            Disposition::Excluded => self.outcome.excluded += 1,
            Disposition::Unwanted => self.outcome.other_data_set += 1,
            Disposition::DroppedLate => {
                self.outcome.dropped_late += 1;
                let reason = "later than the allowed lateness (allowed_lateness_seconds), or than windows are kept inside the budget (max_state_mib)";
                self.refuse(position, RefusalKind::DroppedLate, reason.to_owned());
            }
            Disposition::RefusedFuture => {
                self.outcome.refused_future += 1;
                let reason = "too far in the future of the host's clock (max_future_seconds), ahead of all before it (max_jump_seconds), or in a window that ends behind the year 9999";
                self.refuse(position, RefusalKind::RefusedFuture, reason.to_owned());
            }
        }
    }

    fn refuse(&mut self, position: &Position, kind: RefusalKind, reason: String) {
        self.outcome.refused.push(refusal(position, kind, reason));
    }
}

/// A refusal. A batch is far below 4 GiB, the limit of the contract's lists.
fn refusal(position: &Position, kind: RefusalKind, reason: String) -> Refusal {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Refusal {
        line: position.line,
        offset: number(position.span.start),
        length: number(position.span.len()),
        kind,
        reason,
    }
}
