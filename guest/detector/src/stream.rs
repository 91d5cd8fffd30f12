//! The window operator of one rule: assigning events to windows, and the windows' life cycle.
//!
//! A window takes events; it fires on time when the watermark passes its end; late events are
//! evaluated whenever the watermark passes the end of any window; its event ids are dropped at the
//! de-duplication horizon, and all of its state at the allowed lateness. Everything depends on the
//! sequence of events alone, never on how they are cut into batches.

use crate::callers::{CachedGroup, Caller, CallerCache, CallerHash};
use crate::columns::{Columns, Context};
use crate::definition::{Plan, RuleOn};
use crate::episodes::Episodes;
use crate::hash::Seed;
use crate::judgement::JudgementKind;
use crate::key::Keys;
use crate::log::{Log, LogCall, LogEvent};
use crate::model::{Phase, RuleCounters, Window as Span};
use crate::order::Starts;
use crate::sessions::SeenKeys;
use crate::settings::EngineSettings;
use crate::totals::MergeCorrections;
use crate::window::{Arrival, Row, Window};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The disposition of an event by a rule.
///
/// With several rules the greatest is the disposition of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Disposition {
    Unwanted,
    RefusedFuture,
    DroppedLate,
    Excluded,
    Duplicate,
    Counted,
}

/// A queued revision of an alert: the row at the moment of its evaluation.
pub(crate) struct Revision {
    /// The window's start.
    pub(crate) start: i64,
    pub(crate) number: u32,
    pub(crate) phase: Phase,
    pub(crate) row: Row,
}

/// A queued entry of the ledger.
pub(crate) struct LedgerEntry {
    /// The window's start.
    pub(crate) start: i64,
    pub(crate) key: String,
    /// Figures of the conditions.
    pub(crate) figures: Vec<f64>,
    /// Milliseconds from the window's start to its first event.
    pub(crate) first: u32,
    /// Milliseconds from the window's start to its last event.
    pub(crate) last: u32,
    pub(crate) complete: bool,
    /// The columns that are estimates, a bit for each.
    pub(crate) estimates: u32,
}

/// The pane that an event is assigned to.
pub(crate) struct Placement {
    /// The pane's start, in milliseconds since 1970.
    pub(crate) start: i64,
    /// Milliseconds from the pane's start to the event.
    offset: u32,
    /// Whether the watermark has passed the time of the pane's evaluation.
    pub(crate) fired: bool,
    /// Whether the pane still stores event ids.
    keep_ids: bool,
}

/// Panes by start, in milliseconds since 1970.
pub(crate) type Panes = BTreeMap<i64, Box<Window>>;

/// The window operator of one rule, with all of its state.
pub(crate) struct Stream {
    pub(crate) settings: EngineSettings,
    pub(crate) plan: Arc<Plan>,
    pub(crate) seed: Seed,
    /// Panes by start, in milliseconds since 1970.
    pub(crate) windows: Panes,
    /// The panes that are evaluated when the watermark next passes them; derived, not in snapshots.
    pub(crate) pending: Starts,
    /// The sessions of keys, for first-seen rules.
    pub(crate) seen: SeenKeys,
    /// Published revisions of boundaries, for sliding windows.
    pub(crate) episodes: Episodes,
    pub(crate) watermark: Option<i64>,
    /// Queued revisions.
    pub(crate) revisions: VecDeque<Revision>,
    /// Queued entries of the ledger.
    pub(crate) entries: VecDeque<LedgerEntry>,
    /// Totals; counters that follow from the rest of the state are filled in by `counters`.
    pub(crate) totals: RuleCounters,
    /// Corrections of merges since the detector last collected them; not in snapshots.
    pub(crate) merged: MergeCorrections,
    /// Windows that start before this were evicted, or may have been: a new one may lack its first
    /// events.
    pub(crate) evicted_before: i64,
    /// Windows that start before this take no more events: even their published revisions were
    /// dropped.
    pub(crate) closed_before: i64,
    /// The time of a first event that no other event has confirmed yet: without a clock, the
    /// watermark waits for a second event within a jump of it.
    pub(crate) unconfirmed: Option<i64>,
    /// Number of documents in a row that were refused for lying too far ahead.
    pub(crate) refused_in_a_row: u32,
    /// Bytes of all state, by the formula of [`Window::size`].
    pub(crate) size: u64,
    /// The cache of recent callers; not in snapshots.
    pub(crate) callers: CallerCache,
    /// The host's wall-clock time, in milliseconds since 1970, if it is set.
    pub(crate) clock: Option<i64>,
    /// The watermark of the detector that a partial aggregate goes to.
    pub(crate) downstream_watermark: Option<i64>,
}

/// Seconds of the configuration as milliseconds; the ranges keep it far from overflow, and a
/// checked multiplication of 64 bits would be a call in a component.
#[inline(always)]
pub(crate) fn milliseconds(seconds: u64) -> i64 {
    seconds.cast_signed().wrapping_mul(1000)
}

/// The parameters of changes to a stream's groups.
#[inline(always)]
pub(crate) fn context<'s>(plan: &'s Plan, settings: &EngineSettings, seed: Seed) -> Context<'s> {
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
            settings: EngineSettings::new(&plan.config, &plan.definition),
            plan,
            seed,
            windows: BTreeMap::new(),
            pending: Starts::default(),
            seen: SeenKeys::new(seed),
            episodes: Episodes::default(),
            watermark: None,
            revisions: VecDeque::new(),
            entries: VecDeque::new(),
            totals: RuleCounters::default(),
            merged: MergeCorrections::default(),
            evicted_before: i64::MIN,
            closed_before: i64::MIN,
            unconfirmed: None,
            refused_in_a_row: 0,
            size: 0,
            callers: CallerCache::new(seed),
            clock: None,
            downstream_watermark: None,
        }
    }

    /// Whether there is no state that depends on the seed.
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

    /// The start of the pane that contains a time.
    #[inline(always)]
    pub(crate) fn start(&self, time: i64) -> i64 {
        let length = self.settings.timing.pane;
        time.div_euclid(length) * length
    }

    /// The time at which a pane from `start` stops taking events.
    pub(crate) fn closes_at(&self, start: i64) -> i64 {
        let lateness = milliseconds(self.settings.allowed_lateness_seconds);
        self.settings.timing.due(start) + lateness
    }

    /// The cached group of a caller, if an event at `time` is added to it like those before;
    /// otherwise the hash to cache the caller under, if it can be cached.
    #[inline(always)]
    pub(crate) fn find_cached(
        &mut self,
        caller: &Caller,
        time: i64,
    ) -> Result<CachedGroup, Option<CallerHash>> {
        if let JudgementKind::FirstSeen { history, .. } = self.settings.timing.kind {
            // Its time may drop sessions, which renumbers the keys.
            if self.unconfirmed.is_some() {
                return Err(None);
            }
            let known = self.callers.find(caller, 0)?;
            if known.is_unwanted() {
                return Ok(known);
            }
            let goes_on = self.seen.extends(known.group, time, history);
            return goes_on.then_some(known).ok_or(None);
        }
        let start = self.start(time);
        self.callers.find(caller, start)
    }

    /// A stream without state under the same configuration.
    pub(crate) fn fresh(&self) -> Stream {
        Stream::new(Arc::clone(&self.plan), self.seed)
    }

    /// Takes all state and continues without any, under the same clock and downstream watermark.
    pub(crate) fn take_all(&mut self) -> Stream {
        let mut fresh = self.fresh();
        (
            fresh.clock,
            fresh.downstream_watermark,
            fresh.refused_in_a_row,
        ) = (self.clock, self.downstream_watermark, self.refused_in_a_row);
        std::mem::replace(self, fresh)
    }

    /// Processes one event, and caches its caller, if it has one.
    pub(crate) fn push<L: Log>(
        &mut self,
        rule: &RuleOn<L>,
        event: &L::Event<'_>,
        keys: Keys,
        caller: Option<CallerHash>,
    ) -> Disposition {
        if keys.is_none() {
            return self.skip(event.time());
        }
        let disposition = match self.admit(event.time()) {
            Ok(place) => match self.settings.timing.kind {
                JudgementKind::FirstSeen { .. } => {
                    self.add_first_seen(rule, event, keys, caller, &place)
                }
                _ => self.add(rule, event, &keys, caller, &place),
            },
            Err(disposition) => disposition,
        };
        self.record(disposition, event.time());
        disposition
    }

    /// Processes a call of a cached caller.
    #[inline(always)]
    pub(crate) fn push_call<L: Log>(
        &mut self,
        rule: &RuleOn<L>,
        call: &L::Call<'_>,
        group: u32,
    ) -> Disposition {
        let disposition = match self.admit(call.time()) {
            Ok(place) => match self.settings.timing.kind {
                JudgementKind::FirstSeen { .. } => self.extend_session(group, &place),
                _ => self.add_call(rule, call, group, &place),
            },
            Err(disposition) => disposition,
        };
        self.record(disposition, call.time());
        disposition
    }

    #[inline(always)]
    fn record(&mut self, disposition: Disposition, time: i64) {
        match disposition {
            Disposition::Counted => {
                self.totals.counted += 1;
                self.observe_time(time);
            }
            Disposition::Duplicate => self.totals.duplicate += 1,
            Disposition::DroppedLate => self.totals.dropped_late += 1,
            Disposition::RefusedFuture => self.totals.refused_future += 1,
            Disposition::Excluded => {}
            Disposition::Unwanted => {
                self.totals.unwanted += 1;
                self.observe_time(time);
            }
        }
    }

    /// Processes an event that the rule's filter leaves out: it advances the time and no more.
    pub(crate) fn skip(&mut self, time: i64) -> Disposition {
        let start = self.start(time);
        let disposition = match self.accepts_time(time, start) {
            true => Disposition::Unwanted,
            false => Disposition::RefusedFuture,
        };
        if disposition == Disposition::Unwanted && !self.passed(self.closes_at(start)) {
            self.observe(time, false);
        }
        self.record(disposition, time);
        disposition
    }

    /// Caches that the rule's filter leaves a caller out.
    pub(crate) fn cache_unwanted(&mut self, caller: CallerHash, time: i64, missed: u32) {
        let start = match self.settings.timing.kind {
            JudgementKind::FirstSeen { .. } => 0,
            _ => self.start(time),
        };
        let known = CachedGroup {
            group: CachedGroup::UNWANTED,
            missed,
        };
        self.callers.insert(caller, start, known);
    }

    /// Counts an event that an exception excludes.
    pub(crate) fn exclude(&mut self) -> Disposition {
        self.totals.excluded += 1;
        Disposition::Excluded
    }

    /// The pane of an event's time; the error is the disposition of an event without one.
    #[inline(always)]
    fn admit(&mut self, time: i64) -> Result<Placement, Disposition> {
        let start = self.start(time);
        if !self.accepts_time(time, start) {
            return Err(Disposition::RefusedFuture);
        }
        let timing = &self.settings.timing;
        let due = timing.due(start);
        let lateness = milliseconds(self.settings.allowed_lateness_seconds);
        if start < self.closed_before || self.passed(due + lateness) {
            return Err(Disposition::DroppedLate);
        }
        Ok(Placement {
            start,
            // At most a day, the longest window.
            offset: u32::try_from(time - start).unwrap_or(u32::MAX),
            fired: self.passed(due) && !self.settings.partial,
            keep_ids: !self.passed(due + milliseconds(self.settings.dedup_horizon_seconds)),
        })
    }

    /// Adds an event to the groups of its keys in its pane.
    pub(crate) fn add<L: Log>(
        &mut self,
        rule: &RuleOn<L>,
        event: &L::Event<'_>,
        keys: &Keys,
        caller: Option<CallerHash>,
        to: &Placement,
    ) -> Disposition {
        let mut size_before = 0;
        let window = match self.windows.entry(to.start) {
            Entry::Vacant(entry) => {
                let window = entry.insert(Box::new(Window::new(to.fired, to.keep_ids)));
                window.evicted = to.start < self.evicted_before;
                self.pending.insert(to.start);
                window
            }
            Entry::Occupied(entry) => {
                let window = entry.into_mut();
                size_before = window.size();
                window
            }
        };
        if !to.keep_ids {
            // The horizon may lie between two evaluations.
            window.drop_ids();
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
            return Disposition::Duplicate;
        };
        self.totals.groups_seen += (window.groups.len() - groups_before) as u64;
        self.size = self.size + window.size() - size_before;
        if let (Some(caller_hash), [group]) = (caller, &groups[..]) {
            let known = CachedGroup {
                group: *group,
                missed: event.missed(),
            };
            self.callers.insert(caller_hash, to.start, known);
        }
        self.after_add(to.start, &groups);
        self.enforce_budget();
        Disposition::Counted
    }

    #[inline(always)]
    fn add_call<L: Log>(
        &mut self,
        rule: &RuleOn<L>,
        call: &L::Call<'_>,
        group: u32,
        to: &Placement,
    ) -> Disposition {
        // Most calls are in the last window.
        let last = self.windows.last_entry();
        let window = match last.filter(|last| *last.key() == to.start) {
            Some(last) => last.into_mut(),
            None => match self.windows.get_mut(&to.start) {
                Some(window) => window,
                // Unreachable: the cache is cleared when a window is dropped.
                None => return Disposition::DroppedLate,
            },
        };
        let size_before = window.size();
        if !to.keep_ids {
            window.drop_ids();
        }
        let arrival = Arrival {
            id: call.id(),
            flags: rule.call_flags(call),
            offset: to.offset,
        };
        let with = context(&self.plan, &self.settings, self.seed);
        if !window.add_call(
            &arrival,
            group,
            |columns| rule.fill_call(call, columns),
            with,
        ) {
            return Disposition::Duplicate;
        }
        self.size = self.size + window.size() - size_before;
        if window.fired || self.settings.early {
            self.after_add(to.start, &[group]);
        }
        self.enforce_budget();
        Disposition::Counted
    }

    /// Marks the groups of an added event for evaluation, or evaluates them at once.
    #[inline(always)]
    fn after_add(&mut self, start: i64, groups: &[u32]) {
        let Some(window) = self.windows.get_mut(&start) else {
            return;
        };
        if window.fired {
            self.totals.late += 1;
            self.pending.insert(start);
            groups.iter().for_each(|group| window.mark_dirty(*group));
            self.fire_now(start, groups, Phase::Late);
        } else if self.settings.early && !self.settings.partial {
            self.fire_now(start, groups, Phase::Early);
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
