//! Windows in their phases, and the events that go to them.
//!
//! A window's life: events come in; the watermark passes its end and it fires, on
//! time; late events are judged again whenever the watermark passes the end of any
//! window; its event ids are forgotten at the de-duplication horizon, and all of its
//! state at the allowed lateness. Everything depends on the sequence of events alone,
//! never on how they are cut into batches.

use crate::callers::{Caller, Callers, Known, Seat};
use crate::columns::{Columns, Context};
use crate::config::Settings;
use crate::definition::{Plan, RuleOn};
use crate::hash::Seed;
use crate::judgement::Kind;
use crate::key::Keys;
use crate::log::{Call, Event, Log};
use crate::model::{Phase, RuleCounters, Window as Span};
use crate::runs::Seen;
use crate::sliding::Episodes;
use crate::totals::Merged;
use crate::window::{Arrival, Row, Window};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// What became of an event.
///
/// Of several rules the greatest is what became of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    Unwanted,
    RefusedFuture,
    DroppedLate,
    Excluded,
    Duplicate,
    Counted,
}

/// A revision of an alert as it waits to be taken: the row at the moment it was made.
pub(crate) struct Revision {
    /// The window's start.
    pub(crate) start: i64,
    pub(crate) number: u32,
    pub(crate) phase: Phase,
    pub(crate) row: Row,
}

/// An entry of the ledger as it waits to be taken.
pub(crate) struct LedgerEntry {
    /// The window's start.
    pub(crate) start: i64,
    pub(crate) key: String,
    /// Figures of the conditions.
    pub(crate) figures: Vec<f64>,
    /// Milliseconds from the window's start to its first event.
    pub(crate) first: u32,
    /// The same of its last.
    pub(crate) last: u32,
    pub(crate) complete: bool,
    /// The columns that are estimates, a bit for each.
    pub(crate) estimates: u16,
}

/// Where an event belongs.
pub(crate) struct Admitted {
    /// Its pane's start.
    pub(crate) start: i64,
    /// Milliseconds since then.
    offset: u32,
    /// Whether the watermark has passed the moment at which the pane is judged.
    pub(crate) fired: bool,
    /// Whether the pane still remembers event ids.
    remember: bool,
}

/// All state of a detector that a snapshot keeps.
pub(crate) struct Stream {
    pub(crate) settings: Settings,
    pub(crate) plan: Arc<Plan>,
    pub(crate) seed: Seed,
    /// Panes by start, in milliseconds since 1970.
    pub(crate) windows: BTreeMap<i64, Window>,
    /// The part of those of them that are judged when the watermark next passes them; no state.
    pub(crate) unsettled: BTreeSet<i64>,
    /// Runs of keys, for a rule that looks for the first of its kind.
    pub(crate) seen: Seen,
    /// What was published at boundaries, for sliding windows.
    pub(crate) episodes: Episodes,
    pub(crate) watermark: Option<i64>,
    /// Revisions not yet taken.
    pub(crate) revisions: VecDeque<Revision>,
    /// Entries of the ledger not yet taken.
    pub(crate) entries: VecDeque<LedgerEntry>,
    /// Totals; what can be derived from the rest of the state is filled in by `counters`.
    pub(crate) totals: RuleCounters,
    /// What merging took back of them since the detector last asked; no state.
    pub(crate) merged: Merged,
    /// Windows that start before this were given up, or may have been: state for one of
    /// them begins late.
    pub(crate) floor: i64,
    /// Windows that start before this take no more events: even what was published of them
    /// was forgotten.
    pub(crate) sealed: i64,
    /// The time of an event that nothing before or behind it has confirmed yet: where there is
    /// no clock, the watermark waits for a second event that is within a jump of it.
    pub(crate) first: Option<i64>,
    /// Documents in a row that were refused because they lie too far ahead.
    pub(crate) ahead: u32,
    /// Bytes of all windows, as [`Window::size`] tells them.
    pub(crate) size: u64,
    /// The part of them in open windows that cannot be given up.
    pub(crate) fixed: u64,
    /// Callers of late whom their groups know; no state.
    pub(crate) callers: Callers,
    /// The host's wall-clock time, where it tells it.
    pub(crate) clock: Option<i64>,
    /// The watermark of the detector that a partial aggregate goes to.
    pub(crate) told: Option<i64>,
}

/// Seconds of the configuration as milliseconds; the ranges keep it far from overflow, and a
/// checked multiplication of 64 bits would be a call in a component.
#[inline(always)]
pub(crate) fn milliseconds(seconds: u64) -> i64 {
    seconds.cast_signed().wrapping_mul(1000)
}

/// What the groups of a stream are changed by.
#[inline(always)]
pub(crate) fn context<'s>(plan: &'s Plan, settings: &Settings, seed: Seed) -> Context<'s> {
    Context {
        schema: &plan.schema,
        caps: settings.caps,
        seed,
    }
}

impl Stream {
    /// A stream without state.
    pub(crate) fn new(plan: Arc<Plan>, seed: Seed) -> Stream {
        Stream {
            settings: Settings::new(&plan.config, &plan.definition),
            plan,
            seed,
            windows: BTreeMap::new(),
            unsettled: BTreeSet::new(),
            seen: Seen::new(seed),
            episodes: Episodes::default(),
            watermark: None,
            revisions: VecDeque::new(),
            entries: VecDeque::new(),
            totals: RuleCounters::default(),
            merged: Merged::default(),
            floor: i64::MIN,
            sealed: i64::MIN,
            first: None,
            ahead: 0,
            size: 0,
            fixed: 0,
            callers: Callers::new(seed),
            clock: None,
            told: None,
        }
    }

    /// Whether there is nothing whose meaning depends on the seed.
    pub(crate) fn is_empty(&self) -> bool {
        self.windows.is_empty() && self.seen.is_empty() && self.episodes.is_empty()
    }

    /// The span of an alert's window that starts at `start`.
    pub(crate) fn span(&self, start: i64) -> Span {
        Span {
            start,
            end: start + self.settings.timing.window,
        }
    }

    /// The start of the pane that a time is in.
    #[inline(always)]
    pub(crate) fn start(&self, time: i64) -> i64 {
        let length = self.settings.timing.pane;
        time.div_euclid(length) * length
    }

    /// When a pane that starts at `start` is too late for events.
    pub(crate) fn closes(&self, start: i64) -> i64 {
        let lateness = milliseconds(self.settings.allowed_lateness_seconds);
        self.settings.timing.due(start) + lateness
    }

    /// The group that has learned what there is of a caller and that an event at `time` goes to
    /// as those before; else where the caller may be remembered.
    #[inline(always)]
    pub(crate) fn find(&mut self, caller: &Caller, time: i64) -> Result<Known, Option<Seat>> {
        if let Kind::FirstSeen { history, .. } = self.settings.timing.kind {
            // Its time may let go of keys, which are not to change their places later.
            if self.first.is_some() {
                return Err(None);
            }
            let known = self.callers.find(caller, 0)?;
            if known.is_unwanted() {
                return Ok(known);
            }
            let goes_on = self.seen.goes_on(known.group, time, history);
            return goes_on.then_some(known).ok_or(None);
        }
        let start = self.start(time);
        self.callers.find(caller, start)
    }

    /// A stream without state under the same configuration.
    pub(crate) fn fresh(&self) -> Stream {
        Stream::new(Arc::clone(&self.plan), self.seed)
    }

    /// Gives all state away and goes on with none, under the same clock and with what it
    /// was told.
    pub(crate) fn take_all(&mut self) -> Stream {
        let mut fresh = self.fresh();
        (fresh.clock, fresh.told, fresh.ahead) = (self.clock, self.told, self.ahead);
        std::mem::replace(self, fresh)
    }

    /// Takes one event. Its caller, if it has one, is known from then on.
    pub(crate) fn take<L: Log>(
        &mut self,
        rule: &RuleOn<L>,
        event: &L::Event<'_>,
        keys: Keys,
        caller: Option<Seat>,
    ) -> Fate {
        if keys.is_none() {
            return self.pass(event.time());
        }
        let fate = match self.admit(event.time()) {
            Ok(place) => match self.settings.timing.kind {
                Kind::FirstSeen { .. } => self.place_first(rule, event, keys, caller, &place),
                _ => self.place(rule, event, &keys, caller, &place),
            },
            Err(fate) => fate,
        };
        self.seal_fate(fate, event.time());
        fate
    }

    /// Takes a call by a known caller.
    #[inline(always)]
    pub(crate) fn take_call<L: Log>(
        &mut self,
        rule: &RuleOn<L>,
        call: &L::Call<'_>,
        group: u32,
    ) -> Fate {
        let fate = match self.admit(call.time()) {
            Ok(place) => match self.settings.timing.kind {
                Kind::FirstSeen { .. } => self.go_on(group, &place),
                _ => self.place_call(rule, call, group, &place),
            },
            Err(fate) => fate,
        };
        self.seal_fate(fate, call.time());
        fate
    }

    #[inline(always)]
    fn seal_fate(&mut self, fate: Fate, time: i64) {
        match fate {
            Fate::Counted => {
                self.totals.counted += 1;
                self.reach(time);
            }
            Fate::Duplicate => self.totals.duplicate += 1,
            Fate::DroppedLate => self.totals.dropped_late += 1,
            Fate::RefusedFuture => self.totals.refused_future += 1,
            Fate::Excluded => {}
            Fate::Unwanted => {
                self.totals.unwanted += 1;
                self.reach(time);
            }
        }
    }

    /// Passes over an event that the rule's filter leaves out: it tells the time and no more.
    pub(crate) fn pass(&mut self, time: i64) -> Fate {
        let start = self.start(time);
        let fate = match self.believes(time, start) {
            true => Fate::Unwanted,
            false => Fate::RefusedFuture,
        };
        if fate == Fate::Unwanted && !self.passed(self.closes(start)) {
            self.witness(time, false);
        }
        self.seal_fate(fate, time);
        fate
    }

    /// Remembers that the rule is not about the calls of a caller.
    pub(crate) fn leave_out(&mut self, caller: Seat, time: i64, missed: u32) {
        let start = match self.settings.timing.kind {
            Kind::FirstSeen { .. } => 0,
            _ => self.start(time),
        };
        let known = Known {
            group: Known::UNWANTED,
            missed,
        };
        self.callers.remember(caller, start, known);
    }

    /// Leaves out an event that an exception names.
    pub(crate) fn exclude(&mut self) -> Fate {
        self.totals.excluded += 1;
        Fate::Excluded
    }

    /// Where an event of a time belongs; else what becomes of it.
    #[inline(always)]
    fn admit(&mut self, time: i64) -> Result<Admitted, Fate> {
        let start = self.start(time);
        if !self.believes(time, start) {
            return Err(Fate::RefusedFuture);
        }
        let timing = &self.settings.timing;
        let due = timing.due(start);
        let lateness = milliseconds(self.settings.allowed_lateness_seconds);
        if start < self.sealed || self.passed(due + lateness) {
            return Err(Fate::DroppedLate);
        }
        Ok(Admitted {
            start,
            // It is below a window's length, at most a day.
            offset: u32::try_from(time - start).unwrap_or(u32::MAX),
            fired: self.passed(due) && !self.settings.partial,
            remember: !self.passed(due + milliseconds(self.settings.dedup_horizon_seconds)),
        })
    }

    /// Adds an event to the groups of some of its keys in its pane.
    pub(crate) fn place<L: Log>(
        &mut self,
        rule: &RuleOn<L>,
        event: &L::Event<'_>,
        keys: &Keys,
        caller: Option<Seat>,
        to: &Admitted,
    ) -> Fate {
        let mut size_before = 0;
        let window = match self.windows.entry(to.start) {
            Entry::Vacant(entry) => {
                let window = entry.insert(Window::new(to.fired, to.remember));
                window.gave_up = to.start < self.floor;
                self.unsettled.insert(to.start);
                window
            }
            Entry::Occupied(entry) => {
                let window = entry.into_mut();
                size_before = window.size();
                window
            }
        };
        if !to.remember {
            // The horizon may lie between two settlements.
            window.forget_ids();
        }
        let groups_before = window.groups.len();
        let arrival = Arrival {
            id: event.id(),
            flags: rule.flags(event),
            offset: to.offset,
        };
        let with = context(&self.plan, &self.settings, self.seed);
        let fill = |columns: &mut Columns| rule.fill(event, columns);
        let Some(groups) = window.add(&arrival, keys, &fill, with) else {
            return Fate::Duplicate;
        };
        self.totals.groups_seen += (window.groups.len() - groups_before) as u64;
        self.size = self.size + window.size() - size_before;
        if let (Some(seat), [group]) = (caller, &groups[..]) {
            let known = Known {
                group: *group,
                missed: event.missed(),
            };
            self.callers.remember(seat, to.start, known);
        }
        self.placed(to.start, &groups);
        self.make_room();
        Fate::Counted
    }

    #[inline(always)]
    fn place_call<L: Log>(
        &mut self,
        rule: &RuleOn<L>,
        call: &L::Call<'_>,
        group: u32,
        to: &Admitted,
    ) -> Fate {
        // Most calls are of the last window.
        let last = self.windows.last_entry();
        let window = match last.filter(|last| *last.key() == to.start) {
            Some(last) => last.into_mut(),
            None => match self.windows.get_mut(&to.start) {
                Some(window) => window,
                // It cannot be: callers are forgotten when a window goes.
                None => return Fate::DroppedLate,
            },
        };
        let size_before = window.size();
        if !to.remember {
            window.forget_ids();
        }
        let arrival = Arrival {
            id: call.id(),
            flags: rule.known_flags(call),
            offset: to.offset,
        };
        let with = context(&self.plan, &self.settings, self.seed);
        if !window.add_known(
            &arrival,
            group,
            |columns| rule.fill_known(call, columns),
            with,
        ) {
            return Fate::Duplicate;
        }
        self.size = self.size + window.size() - size_before;
        if window.fired || self.settings.early {
            self.placed(to.start, &[group]);
        }
        self.make_room();
        Fate::Counted
    }

    /// What follows when groups of a window have an event more.
    #[inline(always)]
    fn placed(&mut self, start: i64, groups: &[u32]) {
        let Some(window) = self.windows.get_mut(&start) else {
            return;
        };
        if window.fired {
            self.totals.late += 1;
            self.unsettled.insert(start);
            groups.iter().for_each(|group| window.touch(*group));
            self.speak_up(start, groups, Phase::Late);
        } else if self.settings.early && !self.settings.partial {
            self.speak_up(start, groups, Phase::Early);
        }
    }

    /// All counters, those that describe the present state included.
    pub(crate) fn counters(&self) -> RuleCounters {
        RuleCounters {
            rule: self.plan.definition.info.id.to_owned(),
            windows: self.windows.len() as u64,
            groups: self.windows.values().map(|w| w.groups.len() as u64).sum(),
            state_bytes: self.size,
            ..self.totals.clone()
        }
    }
}
