//! Judging groups: what fires when, which revisions of alerts follow, and the ledger.

use crate::alert;
use crate::group::Group;
use crate::judgement::{Kind, Timing};
use crate::key;
use crate::model::{Alert, Phase, Verdict};
use crate::stream::{LedgerEntry, Revision, Stream, context};
use crate::strings::Strings;
use crate::window::{PUBLISHED, Published, Window};

impl Stream {
    /// Alerts at once where the condition holds and no alert stands; all other changes
    /// wait until the watermark passes the end of a window.
    pub(crate) fn speak_up(&mut self, start: i64, groups: &[u32], phase: Phase) {
        if let Kind::Sliding { .. } = self.settings.timing.kind {
            // Late changes of boundaries wait all.
            if phase == Phase::Early {
                self.speak_up_early(start, groups);
            }
            return;
        }
        for group in groups {
            let Some(window) = self.windows.get(&start) else {
                return;
            };
            let stands = window.published.get(group).is_some_and(|p| p.active);
            if !stands && self.holds(start, window, *group) {
                self.judge(start, *group, phase);
            }
        }
    }

    /// Fires what the watermark has passed, judges late changes, and where it is time to
    /// `sweep`, lets go of what is past its horizon; all in window order.
    pub(crate) fn settle(&mut self, sweep: bool) {
        let Some(watermark) = self.watermark.filter(|_| !self.settings.partial) else {
            return;
        };
        let Timing { kind, pane, .. } = self.settings.timing;
        if let Kind::Sliding { every, .. } = kind {
            self.settle_boundaries(watermark.div_euclid(every) * every);
        } else {
            while let Some(start) = self.unsettled.pop_first() {
                if start + pane > watermark {
                    self.unsettled.insert(start);
                    break;
                }
                self.settle_window(start);
            }
        }
        if sweep {
            self.forget();
        }
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
        let (config, schema, conditions) =
            (&self.settings, &self.plan.schema, &self.plan.conditions);
        let verdicts = config.verdicts && conditions.count() > 0;
        let near = |group: &Group| {
            conditions.are_near(
                schema,
                &conditions.values(schema, group),
                config.verdicts_floor,
            )
        };
        let due = window
            .due(|group| verdicts && near(group) || conditions.may_hold(schema, &group.counts));
        if !window.fired {
            window.fired = true;
            self.totals.windows_fired += 1;
        }
        for group in due {
            self.judge(start, group, phase);
            self.enter_verdict(start, group);
        }
    }

    /// Whether a group of a window is one that alerts.
    #[inline(always)]
    pub(crate) fn holds(&self, start: i64, window: &Window, group: u32) -> bool {
        let row = &window.groups[group as usize];
        match self.settings.timing.kind {
            Kind::FirstSeen { .. } => self.is_first(start, row.key(&window.strings)),
            _ => self.plan.conditions.hold(&self.plan.schema, row),
        }
    }

    /// Compares a group with what was published of it, and publishes a revision if that
    /// is no longer so.
    pub(crate) fn judge(&mut self, start: i64, group: u32, phase: Phase) {
        let Some(window) = self.windows.get(&start) else {
            return;
        };
        let holds = self.holds(start, window, group);
        let forgotten = self.may_be_forgotten(start);
        let Some(window) = self.windows.get_mut(&start) else {
            return;
        };
        if forgotten {
            window.groups[group as usize].part();
        }
        let row = &window.groups[group as usize];
        let last = window.published.get(&group).copied();
        let stood = last.is_some_and(|p| p.active);
        // What was said before a group's state was given up cannot be revised by the rest.
        if !holds && !stood || stood && row.severed() {
            return;
        }
        let with = context(&self.plan, &self.settings, self.seed);
        let digest = row.digest(with, &window.strings);
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
        let mut row = window.row(group, with);
        row.group.forget_ids();
        self.publish(Revision {
            start,
            number: revision,
            phase,
            row,
        });
    }

    /// Hands a revision out.
    pub(crate) fn publish(&mut self, revision: Revision) {
        let phase = revision.phase;
        self.revisions.push_back(revision);
        match phase {
            Phase::Early => self.totals.alerts_early += 1,
            Phase::OnTime => self.totals.alerts_on_time += 1,
            Phase::Late => self.totals.alerts_late += 1,
            Phase::Retracted => self.totals.alerts_retracted += 1,
        }
    }

    /// Enters a group into the ledger, as [`Stream::entry`] says.
    pub(crate) fn enter_verdict(&mut self, start: i64, group: u32) {
        let Some(window) = self.windows.get(&start) else {
            return;
        };
        let row = &window.groups[group as usize];
        if let Some(entry) = self.entry(start, row, &window.strings) {
            self.entries.push_back(entry);
        }
    }

    /// What the ledger says of a row, if it is kept and the row is above its floor.
    pub(crate) fn entry(&self, start: i64, row: &Group, strings: &Strings) -> Option<LedgerEntry> {
        let conditions = &self.plan.conditions;
        if !self.settings.verdicts || conditions.count() == 0 {
            return None;
        }
        let figures = conditions.values(&self.plan.schema, row);
        // What was entered once is near for good, and is entered again when it changes.
        if !conditions.are_near(&self.plan.schema, &figures, self.settings.verdicts_floor) {
            return None;
        }
        Some(LedgerEntry {
            start,
            key: row.key(strings).to_owned(),
            figures,
            first: row.first,
            last: row.last,
            complete: row.complete(),
            estimates: row.estimates(),
        })
    }

    /// Takes up to `max` revisions, oldest first.
    pub(crate) fn take_alerts(&mut self, max: usize) -> Vec<Alert> {
        let revisions = std::iter::from_fn(|| self.revisions.pop_front());
        let revisions: Vec<Revision> = revisions.take(max).collect();
        let build = |r: &Revision| alert::build(r, &self.plan, self.span(r.start));
        revisions.iter().map(build).collect()
    }

    /// Takes up to `max` entries of the ledger, oldest first.
    pub(crate) fn take_verdicts(&mut self, max: usize) -> Vec<Verdict> {
        let entries = std::iter::from_fn(|| self.entries.pop_front());
        let entries: Vec<LedgerEntry> = entries.take(max).collect();
        let build = |e: &LedgerEntry| Verdict {
            rule: self.plan.definition.info.id.to_owned(),
            window: self.span(e.start),
            key: key::named(self.plan.schema.key(), &e.key),
            first_seen: e.start + i64::from(e.first),
            last_seen: e.start + i64::from(e.last),
            complete: e.complete,
            clauses: self.plan.conditions.clauses(&e.figures),
            alerted: self.plan.conditions.are_met(&e.figures),
            truncated: alert::estimates(&self.plan.schema, e.estimates),
        };
        entries.iter().map(build).collect()
    }
}
