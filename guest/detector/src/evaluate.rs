//! Evaluation of groups: firing windows, publishing revisions of alerts, and the ledger.

use crate::alert;
use crate::group::Group;
use crate::judgement::{JudgementKind, Timing};
use crate::key;
use crate::model::{Alert, Phase, TruncationKind, Verdict};
use crate::stream::{LedgerEntry, Revision, Stream, context};
use crate::strings::Strings;
use crate::window::{PUBLISHED, Published, Window};

impl Stream {
    /// Publishes at once if the conditions hold and no alert is active; all other changes wait
    /// until the watermark passes the end of a window.
    pub(crate) fn fire_now(&mut self, start: i64, groups: &[u32], phase: Phase) {
        if let JudgementKind::Sliding { .. } = self.settings.timing.kind {
            // Late changes of boundaries always wait.
            if phase == Phase::Early {
                self.fire_early(start, groups);
            }
            return;
        }
        for group in groups {
            let Some(window) = self.windows.get(&start) else {
                return;
            };
            let is_active = window.published.get(group).is_some_and(|p| p.active);
            if !is_active && self.holds(start, window, *group) {
                self.evaluate(start, *group, phase);
            }
        }
    }

    /// Fires the windows that the watermark has passed, evaluates late changes, and if it is time
    /// to `sweep`, drops expired state; all in window order.
    pub(crate) fn fire_due(&mut self, sweep: bool) {
        let Some(watermark) = self.watermark.filter(|_| !self.settings.partial) else {
            return;
        };
        let Timing { kind, pane, .. } = self.settings.timing;
        if let JudgementKind::Sliding { every, .. } = kind {
            self.fire_boundaries(watermark.div_euclid(every) * every);
        } else {
            while let Some(start) = self.pending.pop_first() {
                if start + pane > watermark {
                    self.pending.insert(start);
                    break;
                }
                self.fire_window(start);
            }
        }
        if sweep {
            self.drop_expired();
        }
    }

    fn fire_window(&mut self, start: i64) {
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
        let near = |group: &Group, strings: &Strings| {
            conditions.are_near(
                schema,
                &conditions.figures(schema, group, strings),
                config.verdicts_floor,
            )
        };
        let due = window.due(|group, strings| {
            verdicts && near(group, strings) || conditions.may_hold(schema, &group.counts)
        });
        if !window.fired {
            window.fired = true;
            self.totals.windows_fired += 1;
        }
        for group in due {
            self.evaluate(start, group, phase);
            self.record_verdict(start, group);
        }
    }

    /// Whether a group of a window alerts.
    #[inline(always)]
    pub(crate) fn holds(&self, start: i64, window: &Window, group: u32) -> bool {
        let row = &window.groups[group as usize];
        let conditions = &self.plan.conditions;
        conditions.hold(&self.plan.schema, row, &window.strings)
            && match self.settings.timing.kind {
                JudgementKind::FirstSeen { .. } => self.is_first(start, row.key(&window.strings)),
                _ => true,
            }
    }

    /// Compares a group with its published revision, and publishes a new one if it differs.
    pub(crate) fn evaluate(&mut self, start: i64, group: u32, phase: Phase) {
        let Some(window) = self.windows.get(&start) else {
            return;
        };
        let holds = self.holds(start, window, group);
        let incomplete = self.may_be_evicted(start);
        let Some(window) = self.windows.get_mut(&start) else {
            return;
        };
        if incomplete {
            window.groups[group as usize].mark_incomplete();
        }
        let row = &window.groups[group as usize];
        let last = window.published.get(&group).copied();
        let was_active = last.is_some_and(|p| p.active);
        // A revision from evicted state cannot be revised by the remaining events.
        if !holds && !was_active || was_active && row.detached() {
            return;
        }
        let with = context(&self.plan, &self.settings, self.seed);
        let digest = row.digest(with, &window.strings);
        // An early alert is confirmed on time, for readers who wait for it.
        let confirms = phase == Phase::OnTime;
        if holds && was_active && !confirms && last.is_some_and(|p| p.digest == digest) {
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
        row.group.drop_ids();
        self.publish(Revision {
            start,
            number: revision,
            phase,
            row,
        });
    }

    /// Queues a revision.
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

    /// Enters a group into the ledger, if [`Stream::ledger_entry`] gives an entry.
    pub(crate) fn record_verdict(&mut self, start: i64, group: u32) {
        let Some(window) = self.windows.get(&start) else {
            return;
        };
        let row = &window.groups[group as usize];
        if let Some(entry) = self.ledger_entry(start, row, &window.strings) {
            self.entries.push_back(entry);
        }
    }

    /// The ledger's entry for a row, if the ledger is kept and the row is near the thresholds.
    pub(crate) fn ledger_entry(
        &self,
        start: i64,
        row: &Group,
        strings: &Strings,
    ) -> Option<LedgerEntry> {
        let conditions = &self.plan.conditions;
        // Whether an event is the first of its key is no figure.
        let kind = self.settings.timing.kind;
        let is_first_seen = matches!(kind, JudgementKind::FirstSeen { .. });
        if !self.settings.verdicts || conditions.count() == 0 || is_first_seen {
            return None;
        }
        let figures = conditions.figures(&self.plan.schema, row, strings);
        // An entered row stays near, and is entered again when it changes.
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
            truncated: self
                .plan
                .conditions
                .estimated(&self.plan.schema, e.estimates)
                .into_iter()
                .map(|name| alert::mark(name, TruncationKind::Approximate))
                .collect(),
        };
        entries.iter().map(build).collect()
    }
}
