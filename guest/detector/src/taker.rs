//! Taking the documents of a batch: each is read once, and told to every rule.

use crate::batch::{Place, Taken};
use crate::callers::Seat;
use crate::fields::Tree;
use crate::hash::Seed;
use crate::key::Keys;
use crate::log::{Event, Log};
use crate::model::{Outcome, Refusal, RefusalKind};
use crate::record::Record;
use crate::running::Running;
use crate::stream::Fate;
use crate::time::Minute;
use crate::totals::{Shared, add_named};
use crate::way::TABLES;
use crate::wrapping;
use smallvec::SmallVec;

/// A rule, by its place, that has to be told the event; where its caller may be remembered.
type Strangers = SmallVec<[(usize, Option<Seat>); 4]>;

/// What taking documents needs.
pub(crate) struct Taker<'d, L: Log> {
    pub(crate) batch: &'d [u8],
    pub(crate) tree: &'d Tree,
    pub(crate) rules: &'d mut [Running<L>],
    pub(crate) log: &'d L,
    pub(crate) seed: Seed,
    pub(crate) minute: &'d mut Minute,
    pub(crate) shared: &'d mut Shared,
    pub(crate) outcome: Outcome,
    /// Look-ups wanted of the log's table where it is absent.
    pub(crate) missed: u64,
}

impl<L: Log> Taker<'_, L> {
    /// Counts one document, and tells its event to the rules.
    pub(crate) fn take(&mut self, place: Place, taken: Taken) {
        match taken {
            Taken::Malformed(reason) => self.malformed(&place, reason),
            Taken::Other if self.open(&place) => {}
            Taken::Other => self.outcome.other_data_set += 1,
            Taken::Record(record) => self.record(&place, record),
            Taken::Row(_) => {
                add_named(&mut self.shared.opened, TABLES, 1);
                self.opened(&place, taken);
            }
        }
    }

    fn malformed(&mut self, place: &Place, reason: String) {
        self.outcome.malformed += 1;
        self.refuse(place, RefusalKind::Malformed, reason);
    }

    fn record(&mut self, place: &Place, record: &Record) {
        let Some(call) = self.log.call(record, self.seed, self.minute) else {
            return self.strange(place, record);
        };
        let (mut fate, mut missed) = (None, None);
        let mut strangers = Strangers::new();
        for (at, running) in self.rules.iter_mut().enumerate() {
            match running.quick(&call) {
                Ok(done) => {
                    fate = fate.max(Some(done.0));
                    missed = missed.max(done.1);
                }
                Err(seat) => strangers.push((at, seat)),
            }
        }
        if strangers.is_empty() {
            let missed = missed.unwrap_or_else(|| self.log.missed(&call));
            self.missed += u64::from(missed);
            return self.fate(place, fate.unwrap_or(Fate::Unwanted));
        }
        self.rest(place, record, &call, &strangers, fate);
    }

    /// Tells those rules a call that have to look at its event.
    #[inline(never)]
    fn rest<'a>(
        &mut self,
        place: &Place,
        record: &Record<'a>,
        call: &L::Call<'a>,
        strangers: &Strangers,
        fate: Option<Fate>,
    ) {
        let event = match self.log.event(call) {
            Some(event) => event,
            None => match self.log.map(record, self.seed) {
                Ok(Some(event)) => event,
                mapped => return self.nothing(place, record, mapped.err()),
            },
        };
        self.tell(place, &event, strangers, fate);
    }

    /// Tells some rules an event, unless it makes too many keys of one of them: then no rule
    /// hears of it.
    fn tell(
        &mut self,
        place: &Place,
        event: &L::Event<'_>,
        to: &Strangers,
        mut fate: Option<Fate>,
    ) {
        let mut all: SmallVec<[Option<Keys>; 4]> = SmallVec::new();
        for running in to.iter().filter_map(|(at, _)| self.rules.get(*at)) {
            match running.keys(event) {
                Ok(keys) => all.push(keys),
                Err(reason) => return self.malformed(place, reason),
            }
        }
        for ((at, seat), keys) in to.iter().zip(all) {
            if let Some(running) = self.rules.get_mut(*at) {
                fate = fate.max(Some(running.event(event, keys, *seat)));
            }
        }
        self.missed += u64::from(event.missed());
        self.fate(place, fate.unwrap_or(Fate::Unwanted));
    }

    /// Takes a record that is no call.
    #[inline(never)]
    fn strange(&mut self, place: &Place, record: &Record) {
        match self.log.map(record, self.seed) {
            Ok(Some(event)) => self.event(place, &event),
            mapped => self.nothing(place, record, mapped.err()),
        }
    }

    /// Takes a record of which there is no event.
    fn nothing(&mut self, place: &Place, record: &Record, wrong: Option<String>) {
        if (self.tree.table().may_hold)(record) && self.open(place) {
            return;
        }
        match wrong {
            Some(reason) => self.malformed(place, reason),
            None => self.outcome.other_data_set += 1,
        }
    }

    /// Takes the records inside a document, if there are any.
    fn open(&mut self, place: &Place) -> bool {
        let (batch, tree) = (self.batch, self.tree);
        let others = wrapping::open(batch, place, tree, &mut |kind, place, taken| {
            add_named(&mut self.shared.opened, kind, 1);
            self.opened(&place, taken);
        });
        self.outcome.other_data_set += others.unwrap_or_default();
        others.is_some()
    }

    fn opened(&mut self, place: &Place, taken: Taken) {
        match taken {
            Taken::Malformed(reason) => self.malformed(place, reason),
            Taken::Other => self.outcome.other_data_set += 1,
            Taken::Record(record) | Taken::Row(record) => match self.log.map(record, self.seed) {
                Ok(Some(event)) => self.event(place, &event),
                Err(reason) => self.malformed(place, reason),
                Ok(None) => self.outcome.other_data_set += 1,
            },
        }
    }

    #[inline(never)]
    fn event(&mut self, place: &Place, event: &L::Event<'_>) {
        let all = (0..self.rules.len()).map(|at| (at, None)).collect();
        self.tell(place, event, &all, None);
    }

    #[inline(always)]
    fn fate(&mut self, place: &Place, fate: Fate) {
        match fate {
            Fate::Counted => self.outcome.counted += 1,
            Fate::Duplicate => self.outcome.duplicate += 1,
            Fate::Excluded => self.outcome.excluded += 1,
            Fate::Unwanted => self.outcome.other_data_set += 1,
            Fate::DroppedLate => {
                self.outcome.dropped_late += 1;
                let reason = "later than the allowed lateness (allowed_lateness_seconds), or than windows are kept inside the budget (max_state_mib)";
                self.refuse(place, RefusalKind::DroppedLate, reason.to_owned());
            }
            Fate::RefusedFuture => {
                self.outcome.refused_future += 1;
                let reason = "too far in the future of the host's clock (max_future_seconds), ahead of all before it (max_jump_seconds), or in a window that ends behind the year 9999";
                self.refuse(place, RefusalKind::RefusedFuture, reason.to_owned());
            }
        }
    }

    fn refuse(&mut self, place: &Place, kind: RefusalKind, reason: String) {
        self.outcome.refused.push(refusal(place, kind, reason));
    }
}

/// A batch is far below 4 GiB: the contract's lists are at most that long.
fn refusal(place: &Place, kind: RefusalKind, reason: String) -> Refusal {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Refusal {
        line: place.line,
        offset: number(place.span.start),
        length: number(place.span.len()),
        kind,
        reason,
    }
}
