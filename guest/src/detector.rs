//! The detector as the contract has it: bytes in, alerts out.

use crate::asn::{self, AsnTable};
use crate::batch::{self, Place, Taken};
use crate::call::Call;
use crate::callers::Seat;
use crate::config::Config;
use crate::event::{self, Mapping};
use crate::fields::Tree;
use crate::hash::Seed;
use crate::model::{
    Alert, Counters, Event, GroupState, MergeError, Outcome, Problem, Refusal, RefusalKind,
    Selection, TableError, Verdict,
};
use crate::record::Record;
use crate::select::Search;
use crate::skeleton::Skeleton;
use crate::snapshot;
use crate::stream::{Fate, Stream};
use crate::time::Minute;
use crate::totals::add_missed;
use std::sync::Arc;

/// One stream's worth of state. See `wit/detection.wit` for each method's contract.
pub struct Detector {
    stream: Stream,
    tree: Arc<Tree>,
    skeleton: Skeleton,
    minute: Minute,
    asn: Option<AsnTable>,
}

impl Detector {
    /// Opens a detector on a JSON object of parameters; `{}` is the rule as published.
    ///
    /// # Errors
    /// Every problem of the configuration, each naming its key.
    pub fn open(configuration: &str, seed: (u64, u64)) -> Result<Detector, Vec<Problem>> {
        let config = Config::parse(configuration)?;
        let (tree, seed) = (Arc::new(Tree::new()), Seed(seed.0, seed.1));
        Ok(Detector {
            stream: Stream::new(config, seed),
            skeleton: Skeleton::new(Arc::clone(&tree), seed),
            tree,
            minute: Minute::default(),
            asn: None,
        })
    }

    /// Reads every record with the plain reader from now on, and looks at every field: the
    /// same answers, slower. For tests that hold the two equal.
    #[must_use]
    pub fn plainly(mut self) -> Detector {
        self.skeleton.on = false;
        self
    }

    /// Hands over a look-up table; the rule has one, `asn`.
    ///
    /// # Errors
    /// When there is no table of that name, or the bytes are not in its format.
    pub fn load_table(&mut self, name: &str, data: &[u8]) -> Result<(), TableError> {
        if name != asn::TABLE.name {
            return Err(TableError::Unknown(vec![asn::TABLE.name.to_owned()]));
        }
        self.asn = Some(AsnTable::new(data.to_vec())?);
        self.stream.callers.forget();
        Ok(())
    }

    /// Takes documents: JSON values, one a line.
    pub fn push(&mut self, batch: &[u8]) -> Outcome {
        let mut taker = Taker {
            stream: &mut self.stream,
            asn: self.asn.as_ref(),
            minute: &mut self.minute,
            outcome: Outcome::default(),
            missed: 0,
        };
        batch::read(batch, &self.tree, &mut self.skeleton, |place, taken| {
            taker.take(place, taken);
        });
        let (missed, outcome) = (taker.missed, taker.outcome);
        add_missed(
            &mut self.stream.totals.tables_missed,
            asn::TABLE.name,
            missed,
        );
        outcome
    }

    /// Takes documents as text.
    pub fn push_text(&mut self, batch: &str) -> Outcome {
        self.push(batch.as_bytes())
    }

    /// Tells the wall-clock time in milliseconds since 1970.
    pub fn clock(&mut self, now: i64) {
        self.stream.clock(now);
    }

    /// Raises the watermark, in milliseconds since 1970.
    pub fn advance(&mut self, to: i64) {
        self.stream.advance(to);
    }

    /// Closes every window.
    pub fn flush(&mut self) {
        self.stream.flush();
    }

    /// Takes up to `max` revisions, oldest first.
    pub fn take_alerts(&mut self, max: u32) -> Vec<Alert> {
        self.stream.take_alerts(max as usize)
    }

    /// Takes up to `max` entries of the ledger, oldest first.
    pub fn take_verdicts(&mut self, max: u32) -> Vec<Verdict> {
        self.stream.take_verdicts(max as usize)
    }

    /// Says what is read in those documents of a batch that any of the selections asks for.
    #[must_use]
    pub fn select(&self, batch: &[u8], wanted: &[Selection]) -> Vec<Event> {
        let search = Search {
            wanted,
            exceptions: &self.stream.config.exceptions,
            with: Mapping {
                elastic_uri_nulls: self.stream.config.elastic_uri_nulls,
                seed: self.stream.seed,
                asn: self.asn.as_ref(),
            },
            tree: &self.tree,
        };
        search.events(batch)
    }

    /// Totals since `open`.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.stream.counters()
    }

    /// The whole state as bytes.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        snapshot::encode(&self.stream)
    }

    /// Gives the whole state away as bytes, and goes on as if just opened, with the tables
    /// and with what it was told.
    pub fn take_state(&mut self) -> Vec<u8> {
        snapshot::encode(&self.stream.take_all())
    }

    /// Takes up to `max` groups out, oldest windows first and in key order, each as a state of
    /// its own.
    pub fn take_groups(&mut self, max: u32) -> Vec<GroupState> {
        self.stream.take_groups(max as usize)
    }

    /// Takes in a state as if its documents had been pushed here.
    ///
    /// # Errors
    /// When the state is damaged, or of another rule, configuration or seed; nothing
    /// has changed then.
    pub fn merge(&mut self, state: &[u8]) -> Result<(), MergeError> {
        let other = snapshot::decode(state, &self.stream.config)?;
        if other.seed != self.stream.seed {
            if self.stream.is_empty() {
                self.stream.seed = other.seed;
            } else if !other.is_empty() {
                return Err(MergeError::OtherSeed);
            }
        }
        self.stream.merge(other);
        Ok(())
    }
}

/// What taking documents needs.
struct Taker<'d> {
    stream: &'d mut Stream,
    asn: Option<&'d AsnTable>,
    minute: &'d mut Minute,
    outcome: Outcome,
    /// Look-ups wanted of the absent `asn` table.
    missed: u64,
}

impl Taker<'_> {
    /// Counts one document, and takes its event into the stream.
    fn take(&mut self, place: Place, taken: Taken) {
        match taken {
            Taken::Malformed(reason) => self.malformed(&place, reason),
            Taken::Other => self.other(),
            Taken::Record(record) => self.record(&place, record),
        }
    }

    fn malformed(&mut self, place: &Place, reason: String) {
        self.stream.totals.malformed += 1;
        self.outcome.malformed += 1;
        self.refuse(place, RefusalKind::Malformed, reason);
    }

    fn other(&mut self) {
        self.stream.totals.other_data_set += 1;
        self.outcome.other_data_set += 1;
    }

    fn record(&mut self, place: &Place, record: &Record) {
        let with = Mapping {
            elastic_uri_nulls: self.stream.config.elastic_uri_nulls,
            seed: self.stream.seed,
            asn: self.asn,
        };
        let call = Call::of(record, &with, self.minute);
        let mut caller = None;
        if let Some(call) = &call {
            let start = self.stream.start(call.time);
            match self.stream.callers.find(&call.caller, start) {
                Ok(known) => {
                    self.missed += u64::from(known.missed);
                    let fate = self.stream.take_call(call, known.group);
                    return self.fate(place, fate);
                }
                Err(seat) => caller = seat,
            }
        }
        self.stranger(place, record, call.as_ref(), caller, &with);
    }

    /// Takes a record whose caller is not known.
    #[inline(never)]
    fn stranger(
        &mut self,
        place: &Place,
        record: &Record,
        call: Option<&Call>,
        caller: Option<Seat>,
        with: &Mapping,
    ) {
        let event = match call.and_then(|call| call.event(with)) {
            Some(event) => Ok(Some(event)),
            None => event::map(record, with),
        };
        match event {
            Err(reason) => self.malformed(place, reason),
            Ok(None) => self.other(),
            Ok(Some(event)) => self.event(place, &event, caller),
        }
    }

    fn event(&mut self, place: &Place, event: &event::Event, caller: Option<Seat>) {
        self.missed += u64::from(event.missed);
        let stream = &mut *self.stream;
        if stream.config.exceptions.iter().any(|e| e.covers(event)) {
            stream.totals.excluded += 1;
            self.outcome.excluded += 1;
            return;
        }
        // An exception may end with time: whom one names is never known.
        let named = stream.config.exceptions.iter().any(|e| e.names(event));
        let fate = stream.take(event, caller.filter(|_| !named));
        self.fate(place, fate);
    }

    #[inline(always)]
    fn fate(&mut self, place: &Place, fate: Fate) {
        match fate {
            Fate::Counted => self.outcome.counted += 1,
            Fate::Duplicate => self.outcome.duplicate += 1,
            Fate::DroppedLate => {
                self.outcome.dropped_late += 1;
                let reason = "later than the allowed lateness (allowed_lateness_seconds), or than windows are kept inside the budget (max_state_mib)";
                self.refuse(place, RefusalKind::DroppedLate, reason.to_owned());
            }
            Fate::RefusedFuture => {
                self.outcome.refused_future += 1;
                let reason = "too far in the future of the host's clock (max_future_seconds), or ahead of all before it (max_jump_seconds)";
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
