//! The component shell: the WIT world over the pure library. Conversions and nothing
//! else; the generated bindings are the one place of the crate with unsafe code.
#![allow(
    missing_docs,
    unsafe_code,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    reason = "generated bindings"
)]

use crate::model;
use std::cell::RefCell;

mod bindings {
    wit_bindgen::generate!({ path: "../wit", world: "detector" });
    export!(Shell with_types_in self);
    use super::Shell;
}

use bindings::exports::weir::detector::alerts as wa;
use bindings::exports::weir::detector::description as wd;
use bindings::exports::weir::detector::detection as wt;

struct Shell;

impl wd::Guest for Shell {
    fn describe() -> wd::Rule {
        rule(crate::describe())
    }
}

impl wt::Guest for Shell {
    type Detector = Detector;

    fn advise(configuration: String) -> Vec<wt::Problem> {
        all(crate::advise(&configuration), problem)
    }
}

/// The resource. A component's exports are never entered twice at once.
struct Detector(RefCell<crate::Detector>);

impl wt::GuestDetector for Detector {
    fn open(configuration: String, seed: (u64, u64)) -> Result<wt::Detector, Vec<wt::Problem>> {
        match crate::Detector::open(&configuration, seed) {
            Ok(detector) => Ok(wt::Detector::new(Detector(RefCell::new(detector)))),
            Err(problems) => Err(all(problems, problem)),
        }
    }

    fn load_table(&self, name: String, data: Vec<u8>) -> Result<(), wt::TableError> {
        let loaded = self.0.borrow_mut().load_table(&name, &data);
        loaded.map_err(|e| match e {
            model::TableError::Unknown(names) => wt::TableError::Unknown(names),
            model::TableError::Malformed(why) => wt::TableError::Malformed(why),
        })
    }

    fn push(&self, batch: Vec<u8>) -> wt::Outcome {
        outcome(self.0.borrow_mut().push(&batch))
    }

    fn push_text(&self, batch: String) -> wt::Outcome {
        outcome(self.0.borrow_mut().push_text(&batch))
    }

    fn clock(&self, now: i64) {
        self.0.borrow_mut().clock(now);
    }

    fn advance(&self, to: i64) {
        self.0.borrow_mut().advance(to);
    }

    fn flush(&self) {
        self.0.borrow_mut().flush();
    }

    fn take_alerts(&self, max: u32) -> Vec<wa::Alert> {
        all(self.0.borrow_mut().take_alerts(max), alert)
    }

    fn take_verdicts(&self, max: u32) -> Vec<wa::Verdict> {
        all(self.0.borrow_mut().take_verdicts(max), verdict)
    }

    fn select(&self, batch: Vec<u8>, wanted: Vec<wt::Selection>) -> Vec<wt::Event> {
        let wanted = all(wanted, |selection| model::Selection {
            key: all(selection.key, |part| model::KeyPart {
                name: part.name,
                value: part.value.map(value_of),
            }),
            window: model::Window {
                start: selection.window.start,
                end: selection.window.end,
            },
        });
        let events = self.0.borrow().select(&batch, &wanted);
        all(events, |event| wt::Event {
            line: event.line,
            offset: event.offset,
            length: event.length,
            time: event.time,
            keys: all(event.keys, |key| all(key, key_part)),
            category: event.category,
            columns: all(event.columns, column),
        })
    }

    fn counters(&self) -> wt::Counters {
        counters(self.0.borrow().counters())
    }

    fn snapshot(&self) -> Vec<u8> {
        self.0.borrow().snapshot()
    }

    fn take_state(&self) -> Vec<u8> {
        self.0.borrow_mut().take_state()
    }

    fn take_groups(&self, max: u32) -> Vec<wt::GroupState> {
        let taken = self.0.borrow_mut().take_groups(max);
        all(taken, |group| wt::GroupState {
            window: window(group.window),
            key: all(group.key, key_part),
            state: group.state,
        })
    }

    fn merge(&self, state: Vec<u8>) -> Result<(), wt::MergeError> {
        self.0.borrow_mut().merge(&state).map_err(|e| match e {
            model::MergeError::Damaged(why) => wt::MergeError::Damaged(why),
            model::MergeError::OtherRule(which) => wt::MergeError::OtherRule(which),
            model::MergeError::OtherConfiguration(keys) => wt::MergeError::OtherConfiguration(keys),
            model::MergeError::OtherSeed => wt::MergeError::OtherSeed,
        })
    }
}

fn all<T, U>(items: Vec<T>, convert: impl Fn(T) -> U) -> Vec<U> {
    items.into_iter().map(convert).collect()
}

fn problem(p: model::Problem) -> wt::Problem {
    wt::Problem {
        key: p.key,
        message: p.message,
    }
}

fn outcome(o: model::Outcome) -> wt::Outcome {
    wt::Outcome {
        counted: o.counted,
        duplicate: o.duplicate,
        excluded: o.excluded,
        other_data_set: o.other_data_set,
        malformed: o.malformed,
        dropped_late: o.dropped_late,
        refused_future: o.refused_future,
        refused: all(o.refused, |r| wt::Refusal {
            line: r.line,
            offset: r.offset,
            length: r.length,
            kind: match r.kind {
                model::RefusalKind::Malformed => wt::RefusalKind::Malformed,
                model::RefusalKind::DroppedLate => wt::RefusalKind::DroppedLate,
                model::RefusalKind::RefusedFuture => wt::RefusalKind::RefusedFuture,
            },
            reason: r.reason,
        }),
    }
}

fn counters(c: model::Counters) -> wt::Counters {
    wt::Counters {
        counted: c.counted,
        duplicate: c.duplicate,
        excluded: c.excluded,
        other_data_set: c.other_data_set,
        malformed: c.malformed,
        dropped_late: c.dropped_late,
        refused_future: c.refused_future,
        late: c.late,
        windows: c.windows,
        groups: c.groups,
        windows_fired: c.windows_fired,
        groups_seen: c.groups_seen,
        alerts_early: c.alerts_early,
        alerts_on_time: c.alerts_on_time,
        alerts_late: c.alerts_late,
        alerts_retracted: c.alerts_retracted,
        evicted: c.evicted,
        ids_forgotten: c.ids_forgotten,
        tables_missed: c.tables_missed,
        watermark: c.watermark,
        state_bytes: c.state_bytes,
    }
}

fn value(v: model::Value) -> wa::Value {
    match v {
        model::Value::Text(v) => wa::Value::Text(v),
        model::Value::Integer(v) => wa::Value::Integer(v),
        model::Value::Number(v) => wa::Value::Number(v),
        model::Value::Boolean(v) => wa::Value::Boolean(v),
        model::Value::Timestamp(v) => wa::Value::Timestamp(v),
        model::Value::TextList(v) => wa::Value::TextList(v),
        model::Value::IntegerList(v) => wa::Value::IntegerList(v),
    }
}

fn value_of(v: wa::Value) -> model::Value {
    match v {
        wa::Value::Text(v) => model::Value::Text(v),
        wa::Value::Integer(v) => model::Value::Integer(v),
        wa::Value::Number(v) => model::Value::Number(v),
        wa::Value::Boolean(v) => model::Value::Boolean(v),
        wa::Value::Timestamp(v) => model::Value::Timestamp(v),
        wa::Value::TextList(v) => model::Value::TextList(v),
        wa::Value::IntegerList(v) => model::Value::IntegerList(v),
    }
}

fn column(c: model::Column) -> wa::Column {
    wa::Column {
        name: c.name,
        value: value(c.value),
    }
}

fn key_part(part: model::KeyPart) -> wa::KeyPart {
    wa::KeyPart {
        name: part.name,
        value: part.value.map(value),
    }
}

fn window(w: model::Window) -> wa::Window {
    wa::Window {
        start: w.start,
        end: w.end,
    }
}

fn alert(a: model::Alert) -> wa::Alert {
    wa::Alert {
        id: a.id,
        revision: a.revision,
        phase: match a.phase {
            model::Phase::Early => wa::Phase::Early,
            model::Phase::OnTime => wa::Phase::OnTime,
            model::Phase::Late => wa::Phase::Late,
            model::Phase::Retracted => wa::Phase::Retracted,
        },
        window: window(a.window),
        key: all(a.key, key_part),
        first_seen: a.first_seen,
        last_seen: a.last_seen,
        columns: all(a.columns, column),
        reason: a.reason,
        complete: a.complete,
        truncated: all(a.truncated, |t| wa::Truncation {
            column: t.column,
            kind: match t.kind {
                model::TruncationKind::Capped => wa::TruncationKind::Capped,
                model::TruncationKind::Approximate => wa::TruncationKind::Approximate,
            },
        }),
        response: all(a.response, |r| wa::Action {
            name: r.name,
            method: r.method,
            url: r.url,
            body: r.body,
            note: r.note,
            destructive: r.destructive,
        }),
        pivots: all(a.pivots, |p| wa::Pivot {
            name: p.name,
            language: p.language,
            query: p.query,
        }),
    }
}

fn verdict(v: model::Verdict) -> wa::Verdict {
    wa::Verdict {
        window: window(v.window),
        key: all(v.key, key_part),
        clauses: all(v.clauses, |c| wa::Clause {
            name: c.name,
            value: c.value,
            threshold: c.threshold,
            distance: c.distance,
            holds: c.holds,
        }),
        first_seen: v.first_seen,
        last_seen: v.last_seen,
        alerted: v.alerted,
        complete: v.complete,
    }
}

fn strings(items: Vec<&str>) -> Vec<String> {
    all(items, str::to_owned)
}

fn attack(a: model::Attack) -> wd::Attack {
    wd::Attack {
        id: a.id.to_owned(),
        name: a.name.to_owned(),
        reference: a.reference.to_owned(),
    }
}

fn rule(r: model::Rule) -> wd::Rule {
    wd::Rule {
        id: r.id.to_owned(),
        name: r.name.to_owned(),
        version: r.version,
        description: r.description.to_owned(),
        references: strings(r.references),
        severity: match r.severity {
            model::Severity::Low => wd::Severity::Low,
            model::Severity::Medium => wd::Severity::Medium,
            model::Severity::High => wd::Severity::High,
            model::Severity::Critical => wd::Severity::Critical,
        },
        risk_score: r.risk_score,
        tags: strings(r.tags),
        event_category: strings(r.event_category),
        event_type: strings(r.event_type),
        threats: all(r.threats, |t| wd::Threat {
            tactic: attack(t.tactic),
            techniques: all(t.techniques, attack),
            subtechniques: all(t.subtechniques, attack),
        }),
        window_length: r.window_length,
        data_sets: strings(r.data_sets),
        parameters: all(r.parameters, |p| wd::Parameter {
            name: p.name.to_owned(),
            kind: match p.kind {
                model::ParameterType::Boolean => wd::ParameterType::Boolean,
                model::ParameterType::Integer => wd::ParameterType::Integer,
                model::ParameterType::Number => wd::ParameterType::Number,
                model::ParameterType::Text => wd::ParameterType::Text,
                model::ParameterType::Exceptions => wd::ParameterType::Exceptions,
            },
            default_value: p.default_value,
            minimum: p.minimum,
            maximum: p.maximum,
            summary: p.summary.to_owned(),
        }),
        conditions: all(r.conditions, |c| wd::Condition {
            column: c.column.to_owned(),
            parameter: c.parameter.to_owned(),
            aggregate: match c.aggregate {
                model::Aggregate::Count => wd::Aggregate::Count,
                model::Aggregate::Distinct => wd::Aggregate::Distinct,
                model::Aggregate::Ratio(ratio) => wd::Aggregate::Ratio(wd::Ratio {
                    numerator: ratio.numerator.to_owned(),
                    denominator: ratio.denominator.to_owned(),
                    decimals: ratio.decimals,
                }),
            },
        }),
        tables: all(r.tables, |t| wd::Table {
            name: t.name.to_owned(),
            format: t.format.to_owned(),
            summary: t.summary.to_owned(),
            when_absent: t.when_absent.to_owned(),
        }),
    }
}
