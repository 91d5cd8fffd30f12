//! Selection of single events: the detector's view of a batch's documents.

use crate::batch::{self, Parsed, Position};
use crate::fields::FieldTree;
use crate::hash::Seed;
use crate::key;
use crate::log::{Log, LogEvent};
use crate::model::{self, EventGroup, KeyPart, Selection};
use crate::open_rule::OpenRule;
use crate::record::{Record, RecordReader};
use crate::schema::ColumnKind;
use crate::wrapping;

/// A reader that declines every document, so that the plain reader takes it: selection is not
/// time-critical, and the fast reader is large.
struct PlainOnly;

impl RecordReader for PlainOnly {
    fn object<'a>(&mut self, _: &'a [u8], _: &mut Record<'a>) -> Option<usize> {
        None
    }
}

/// A search for events in a batch.
pub(crate) struct Search<'d, L: Log> {
    pub(crate) wanted: &'d [Selection],
    pub(crate) rules: &'d [OpenRule<L>],
    pub(crate) log: &'d L,
    pub(crate) seed: Seed,
}

impl<L: Log> Search<'_, L> {
    /// The events that match, in the order of the batch.
    pub(crate) fn events(&self, batch: &[u8]) -> Vec<model::Event> {
        let mut found = Vec::new();
        let tree = FieldTree::whole(L::INFO.fields);
        batch::read(batch, &tree, &mut PlainOnly, |position, taken| {
            let record = match taken {
                Parsed::Malformed(_) => return,
                Parsed::Record(record) | Parsed::Row(record) => Some(record),
                Parsed::Other => None,
            };
            match record.map(|record| (self.log.map(record, self.seed), record)) {
                Some((Ok(Some(event)), record)) => {
                    found.extend(self.event(&position, record, &event));
                }
                Some((_, record)) if !(L::INFO.fields.may_hold)(record) => {}
                _ => {
                    wrapping::open(batch, &position, &tree, &mut |_, position, taken| {
                        if let Parsed::Record(record) = taken
                            && let Ok(Some(event)) = self.log.map(record, self.seed)
                        {
                            found.extend(self.event(&position, record, &event));
                        }
                    });
                }
            }
        });
        found
    }

    fn event(
        &self,
        position: &Position,
        record: &Record,
        event: &L::Event<'_>,
    ) -> Option<model::Event> {
        let groups = self
            .rules
            .iter()
            .flat_map(|running| self.groups(running, event));
        let groups: Vec<EventGroup> = groups.collect();
        if groups.is_empty() {
            return None;
        }
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Some(model::Event {
            line: position.line,
            offset: number(position.span.start),
            length: number(position.span.len()),
            time: event.time(),
            groups,
            category: L::category(event),
            columns: L::columns(event, record),
        })
    }

    /// The groups of an event in a rule, as far as they match.
    fn groups(&self, running: &OpenRule<L>, event: &L::Event<'_>) -> Vec<EventGroup> {
        let (rule, stream) = (&*running.rule, &running.stream);
        let (plan, time) = (&stream.plan, event.time());
        let id = plan.definition.info.id;
        let wanted = self.wanted.iter().filter(|wanted| wanted.rule == id);
        let wanted: Vec<&Selection> = wanted.collect();
        let mut exceptions = plan.exceptions().iter();
        if wanted.is_empty()
            || !rule.filter(event)
            || !stream.ends_in_calendar(stream.start(time))
            || exceptions.any(|e| e.covers(time, &|key| event.values(key)))
        {
            return Vec::new();
        }
        let flags = rule.flags(event);
        let columns = plan.schema.columns().iter();
        let counting = columns.filter(|column| match column.kind {
            ColumnKind::CountWhere(flag) => flags >> flag & 1 == 1,
            _ => false,
        });
        let counts_in: Vec<String> = counting.map(|column| column.name.clone()).collect();
        let keys = rule.keys(event);
        let keys = keys.iter().map(|key| key::named(plan.schema.key(), key));
        let keys = keys.filter(|key| wanted.iter().any(|wanted| asks_for(wanted, time, key)));
        let group = |key| EventGroup {
            rule: id.to_owned(),
            key,
            counts_in: counts_in.clone(),
        };
        keys.map(group).collect()
    }
}

fn asks_for(selection: &Selection, time: i64, key: &[KeyPart]) -> bool {
    let window = selection.window;
    (window.start..window.end).contains(&time)
        && selection.key.iter().all(|part| key.contains(part))
}
