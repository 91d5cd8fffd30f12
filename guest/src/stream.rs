//! Event time: the watermark, the windows in their phases, and the revisions of alerts.
//!
//! A window's life: events come in; the watermark passes its end and it fires, on
//! time; late events are judged again whenever the watermark passes the end of any
//! window; its event ids are forgotten at the de-duplication horizon, and all of its
//! state at the allowed lateness. Everything depends on the sequence of events alone,
//! never on how they are cut into batches.

use crate::alert;
use crate::call::Call;
use crate::callers::{Callers, Known, Seat};
use crate::config::Config;
use crate::event::Event;
use crate::hash::Seed;
use crate::model::{Alert, Counters, Phase, Verdict, Window as Span};
use crate::rule::{self, Figures};
use crate::window::{PUBLISHED, Published, Row, Window};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};

/// How many documents in a row may be refused for lying too far ahead; the next are
/// believed: the log really goes on there.
const BELIEVED: u32 = 16;

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Counted,
    Duplicate,
    DroppedLate,
    RefusedFuture,
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
    pub(crate) user: Option<String>,
    pub(crate) asn: Option<i64>,
    pub(crate) figures: Figures,
    /// Milliseconds from the window's start to its first event.
    pub(crate) first: u32,
    /// The same of its last.
    pub(crate) last: u32,
    pub(crate) complete: bool,
}

/// Where an event belongs.
struct Admitted {
    /// Its window's start.
    start: i64,
    /// Milliseconds since then.
    offset: u32,
    /// Whether the watermark has passed the window's end.
    fired: bool,
    /// Whether the window still remembers event ids.
    remember: bool,
}

/// All state of a detector that a snapshot keeps.
pub(crate) struct Stream {
    pub(crate) config: Config,
    pub(crate) seed: Seed,
    /// By start, in milliseconds since 1970.
    pub(crate) windows: BTreeMap<i64, Window>,
    pub(crate) watermark: Option<i64>,
    /// Revisions not yet taken.
    pub(crate) revisions: VecDeque<Revision>,
    /// Entries of the ledger not yet taken.
    pub(crate) entries: VecDeque<LedgerEntry>,
    /// Totals; what can be derived from the rest of the state is filled in by `counters`.
    pub(crate) totals: Counters,
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
    clock: Option<i64>,
    /// The watermark of the detector that a partial aggregate goes to.
    told: Option<i64>,
}

/// Seconds of the configuration as milliseconds; the ranges keep it far from overflow, and a
/// checked multiplication of 64 bits would be a call in a component.
#[inline(always)]
pub(crate) fn milliseconds(seconds: u64) -> i64 {
    seconds.cast_signed().wrapping_mul(1000)
}

impl Stream {
    pub(crate) fn new(config: Config, seed: Seed) -> Stream {
        Stream {
            config,
            seed,
            windows: BTreeMap::new(),
            watermark: None,
            revisions: VecDeque::new(),
            entries: VecDeque::new(),
            totals: Counters::default(),
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
        self.windows.is_empty()
    }

    /// The span of the window that starts at `start`.
    pub(crate) fn span(&self, start: i64) -> Span {
        Span {
            start,
            end: start + milliseconds(self.config.window_seconds),
        }
    }

    /// The start of the window that a time is in.
    pub(crate) fn start(&self, time: i64) -> i64 {
        let length = milliseconds(self.config.window_seconds);
        time.div_euclid(length) * length
    }

    /// Whether the watermark has passed a time. A partial aggregate goes by the watermark of
    /// the detector that it is for, as far as it was told.
    pub(crate) fn passed(&self, time: i64) -> bool {
        let watermark = if self.config.partial {
            self.told
        } else {
            self.watermark
        };
        watermark.is_some_and(|watermark| watermark >= time)
    }

    /// Gives all state away and goes on with none, under the same clock and with what it
    /// was told.
    pub(crate) fn take_all(&mut self) -> Stream {
        let mut fresh = Stream::new(self.config.clone(), self.seed);
        (fresh.clock, fresh.told, fresh.ahead) = (self.clock, self.told, self.ahead);
        std::mem::replace(self, fresh)
    }

    /// Takes one event. Its caller, if it has one, is known from then on.
    pub(crate) fn take(&mut self, event: &Event, caller: Option<Seat>) -> Fate {
        let fate = match self.admit(event.time) {
            Ok(place) => self.place(event, caller, &place),
            Err(fate) => fate,
        };
        self.seal_fate(fate, event.time);
        fate
    }

    /// Takes a call by a known caller.
    #[inline(always)]
    pub(crate) fn take_call(&mut self, call: &Call, group: u32) -> Fate {
        let fate = match self.admit(call.time) {
            Ok(place) => self.place_call(call, group, &place),
            Err(fate) => fate,
        };
        self.seal_fate(fate, call.time);
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
        }
    }

    /// Whether an event lies so far ahead that its time cannot be believed: of the host's
    /// clock where there is one, else of all events before it. Many in a row are believed.
    fn too_far_ahead(&mut self, time: i64) -> bool {
        if let Some(now) = self.clock {
            return time > now.saturating_add(milliseconds(self.config.max_future_seconds));
        }
        let jump = milliseconds(self.config.max_jump_seconds);
        let behind = milliseconds(self.config.out_of_orderness_seconds);
        let before = self.watermark.max(self.told);
        let far = jump > 0 && before.is_some_and(|w| time - behind - jump > w);
        self.ahead = if far { self.ahead + 1 } else { 0 };
        far && self.ahead <= BELIEVED
    }

    /// Raises the watermark after an event, unless it is the first and stands alone.
    fn reach(&mut self, time: i64) {
        let behind = milliseconds(self.config.out_of_orderness_seconds);
        let alone = self.watermark.is_none() && self.told.is_none() && self.clock.is_none();
        if alone && self.config.max_jump_seconds > 0 {
            self.first = Some(time);
        } else {
            self.raise(time - behind);
        }
    }

    /// Believes the first event once another, at `time`, is within a jump of it.
    pub(crate) fn confirm(&mut self, time: i64) {
        let jump = milliseconds(self.config.max_jump_seconds);
        if let Some(first) = self.first
            && self.watermark.is_none()
            && time.abs_diff(first) <= jump.unsigned_abs()
        {
            let behind = milliseconds(self.config.out_of_orderness_seconds);
            self.raise(first - behind);
        }
    }

    /// Where an event of a time belongs; else what becomes of it.
    #[inline(always)]
    fn admit(&mut self, time: i64) -> Result<Admitted, Fate> {
        self.confirm(time);
        if self.too_far_ahead(time) {
            return Err(Fate::RefusedFuture);
        }
        let start = self.start(time);
        let end = self.span(start).end;
        let lateness = milliseconds(self.config.allowed_lateness_seconds);
        if start < self.sealed || self.passed(end + lateness) {
            return Err(Fate::DroppedLate);
        }
        Ok(Admitted {
            start,
            // It is below a window's length, at most a day.
            offset: u32::try_from(time - start).unwrap_or(u32::MAX),
            fired: self.passed(end) && !self.config.partial,
            remember: !self.passed(end + milliseconds(self.config.dedup_horizon_seconds)),
        })
    }

    fn place(&mut self, event: &Event, caller: Option<Seat>, to: &Admitted) -> Fate {
        let mut size_before = 0;
        let window = match self.windows.entry(to.start) {
            Entry::Vacant(entry) => {
                let window = entry.insert(Window::new(to.fired, to.remember));
                window.gave_up = to.start < self.floor;
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
            window.ids = None;
        }
        let groups_before = window.groups.len();
        let Some(groups) = window.add(event, to.offset, &self.config, self.seed) else {
            return Fate::Duplicate;
        };
        self.totals.groups_seen += (window.groups.len() - groups_before) as u64;
        self.size = self.size + window.size() - size_before;
        if let (Some(seat), [group]) = (caller, &groups[..]) {
            let known = Known {
                group: *group,
                missed: event.missed,
            };
            self.callers.remember(seat, to.start, known);
        }
        self.placed(to.start, &groups);
        self.make_room();
        Fate::Counted
    }

    #[inline(always)]
    fn place_call(&mut self, call: &Call, group: u32, to: &Admitted) -> Fate {
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
            window.ids = None;
        }
        if !window.add_call(call, group, to.offset, &self.config, self.seed) {
            return Fate::Duplicate;
        }
        self.size = self.size + window.size() - size_before;
        if window.fired || self.config.early {
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
            groups.iter().for_each(|group| window.touch(*group));
            self.speak_up(start, groups, Phase::Late);
        } else if self.config.early && !self.config.partial {
            self.speak_up(start, groups, Phase::Early);
        }
    }

    /// Alerts at once where the condition holds and no alert stands; all other changes
    /// wait until the watermark passes the end of a window.
    pub(crate) fn speak_up(&mut self, start: i64, groups: &[u32], phase: Phase) {
        for group in groups {
            let Some(window) = self.windows.get(&start) else {
                return;
            };
            let stands = window.published.get(group).is_some_and(|p| p.active);
            let row = &window.groups[*group as usize];
            // Distinct paths are the dear figure: they come last.
            if !stands
                && rule::may_alert(row.total.into(), row.errors.into(), &self.config)
                && rule::alerts(&row.figures(), &self.config)
            {
                self.judge(start, *group, phase);
            }
        }
    }

    /// Raises the watermark, and settles what is due if it passes the end of a window.
    pub(crate) fn raise(&mut self, to: i64) {
        let length = milliseconds(self.config.window_seconds);
        let before = self.watermark;
        if before.is_some_and(|watermark| watermark >= to) {
            return;
        }
        self.watermark = Some(to);
        self.first = None;
        if before.is_none_or(|watermark| watermark.div_euclid(length) < to.div_euclid(length)) {
            self.settle();
        }
    }

    /// Tells the wall-clock time.
    pub(crate) fn clock(&mut self, now: i64) {
        self.clock = Some(now);
    }

    /// Raises the watermark at the host's word, and settles what is due. A partial aggregate
    /// takes it for the watermark of the detector that it is for, and drops what that one would
    /// drop of its state.
    pub(crate) fn advance(&mut self, to: i64) {
        if self.config.partial {
            self.told = self.told.max(Some(to));
            self.drop_late();
            return;
        }
        self.raise(to);
        self.settle();
    }

    /// Drops the windows that would be too late where a partial aggregate goes.
    fn drop_late(&mut self) {
        let lateness = milliseconds(self.config.allowed_lateness_seconds);
        while let Some((start, window)) = self.windows.first_key_value() {
            let (start, events) = (*start, window.events);
            if !self.passed(self.span(start).end + lateness) {
                return;
            }
            self.totals.counted = self.totals.counted.saturating_sub(events);
            self.totals.dropped_late += events;
            self.windows.remove(&start);
            self.callers.forget();
            self.weigh();
        }
    }

    /// Raises the watermark to the end of the last window.
    pub(crate) fn flush(&mut self) {
        if self.config.partial {
            return;
        }
        if let Some((start, _)) = self.windows.last_key_value() {
            self.advance(self.span(*start).end);
        }
    }

    /// Fires the windows that the watermark has passed, judges late changes, and lets go
    /// of what is past its horizon; all in window order.
    fn settle(&mut self) {
        let Some(watermark) = self.watermark.filter(|_| !self.config.partial) else {
            return;
        };
        let due: Vec<i64> = self
            .windows
            .iter()
            .take_while(|(start, _)| self.span(**start).end <= watermark)
            .filter(|(_, window)| !window.fired || !window.dirty.is_empty())
            .map(|(start, _)| *start)
            .collect();
        for start in due {
            self.settle_window(start);
        }
        self.forget();
    }

    fn settle_window(&mut self, start: i64) {
        let Some(window) = self.windows.get_mut(&start) else {
            return;
        };
        let phase = if window.fired {
            Phase::Late
        } else {
            Phase::OnTime
        };
        let due = window.due(&self.config);
        if !window.fired {
            window.fired = true;
            self.totals.windows_fired += 1;
        }
        for group in due {
            self.judge(start, group, phase);
            self.enter_verdict(start, group);
        }
    }

    /// Compares a group with what was published of it, and publishes a revision if that
    /// is no longer so.
    pub(crate) fn judge(&mut self, start: i64, group: u32, phase: Phase) {
        let Some(window) = self.windows.get_mut(&start) else {
            return;
        };
        let row = &window.groups[group as usize];
        let holds = rule::alerts(&row.figures(), &self.config);
        let last = window.published.get(&group).copied();
        let stood = last.is_some_and(|p| p.active);
        // What was said before a group's state was given up cannot be revised by the rest.
        if !holds && !stood || stood && row.severed() {
            return;
        }
        let digest = row.digest(self.seed, &window.strings);
        // What was said early is said again on time, for those who wait for it.
        let confirms = phase == Phase::OnTime;
        if holds && stood && !confirms && last.is_some_and(|p| p.digest == digest) {
            return;
        }
        let phase = if holds { phase } else { Phase::Retracted };
        let revision = last.map_or(1, |p| p.revision + 1);
        if last.is_none() {
            self.size += PUBLISHED;
        }
        window.published.insert(
            group,
            Published {
                revision,
                digest,
                active: holds,
            },
        );
        let row = window.row(group, self.seed);
        self.revisions.push_back(Revision {
            start,
            number: revision,
            phase,
            row,
        });
        match phase {
            Phase::Early => self.totals.alerts_early += 1,
            Phase::OnTime => self.totals.alerts_on_time += 1,
            Phase::Late => self.totals.alerts_late += 1,
            Phase::Retracted => self.totals.alerts_retracted += 1,
        }
    }

    /// Enters a group into the ledger, if it is kept and the group is above its floor.
    pub(crate) fn enter_verdict(&mut self, start: i64, group: u32) {
        let Some(window) = self.windows.get(&start) else {
            return;
        };
        let row = &window.groups[group as usize];
        let figures = row.figures();
        // Counts only grow: what was entered once is entered again when it changes.
        if !self.config.verdicts || !rule::is_near(&figures, &self.config) {
            return;
        }
        let (user, asn) = row.key(&window.strings);
        self.entries.push_back(LedgerEntry {
            start,
            user: user.map(str::to_owned),
            asn,
            figures,
            first: row.first,
            last: row.last,
            complete: row.complete(),
        });
    }

    /// Takes up to `max` revisions, oldest first.
    pub(crate) fn take_alerts(&mut self, max: usize) -> Vec<Alert> {
        let taken = self.revisions.len().min(max);
        let revisions: Vec<Revision> = self.revisions.drain(..taken).collect();
        let build = |r: &Revision| alert::build(&r.row, self.span(r.start), r.number, r.phase);
        revisions.iter().map(build).collect()
    }

    /// Takes up to `max` entries of the ledger, oldest first.
    pub(crate) fn take_verdicts(&mut self, max: usize) -> Vec<Verdict> {
        let taken = self.entries.len().min(max);
        let entries: Vec<LedgerEntry> = self.entries.drain(..taken).collect();
        let build = |e: &LedgerEntry| Verdict {
            window: self.span(e.start),
            key: alert::key(e.user.as_deref(), e.asn),
            first_seen: e.start + i64::from(e.first),
            last_seen: e.start + i64::from(e.last),
            complete: e.complete,
            clauses: rule::clauses(&e.figures, &self.config),
            alerted: rule::alerts(&e.figures, &self.config),
        };
        entries.iter().map(build).collect()
    }

    /// Drops event ids behind the horizon, and windows behind the allowed lateness.
    fn forget(&mut self) {
        let Some(watermark) = self.watermark else {
            return;
        };
        let length = milliseconds(self.config.window_seconds);
        let lateness = milliseconds(self.config.allowed_lateness_seconds);
        let horizon = milliseconds(self.config.dedup_horizon_seconds);
        while let Some(entry) = self.windows.first_entry() {
            if *entry.key() + length + lateness > watermark {
                break;
            }
            entry.remove();
            self.callers.forget();
        }
        for (start, window) in &mut self.windows {
            if start + length + horizon > watermark {
                break;
            }
            window.ids = None;
        }
        self.weigh();
    }

    /// Adds up what all windows hold.
    pub(crate) fn weigh(&mut self) {
        self.size = self.windows.values().map(Window::size).sum();
        let open = self.windows.values().filter(|window| !window.fired);
        self.fixed = open.map(Window::fixed_size).sum();
    }

    /// All counters, those that describe the present state included.
    pub(crate) fn counters(&self) -> Counters {
        Counters {
            windows: self.windows.len() as u64,
            groups: self.windows.values().map(|w| w.groups.len() as u64).sum(),
            watermark: self.watermark,
            state_bytes: self.size,
            ..self.totals.clone()
        }
    }
}
