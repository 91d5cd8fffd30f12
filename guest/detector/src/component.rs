//! The component shell: exports rules on a log as the WIT world.
#![allow(
    unsafe_code,
    reason = "the generated code behind the world's functions has some"
)]

use crate::definition::RuleOn;
use crate::log::Log;
use crate::messages;
use crate::model::bindings::exports::weir::detector::{
    description, detection, inspection, messages as printed, state, text,
};
use crate::model::{
    Alert, Counters, Event, GroupState, MergeError, Outcome, Problem, Rule, RuleConfiguration,
    Selection, Succession, TableError, Verdict,
};
use std::cell::RefCell;
use std::marker::PhantomData;

/// The rules of a component.
pub trait RuleSet: 'static {
    /// The log of its rules.
    type Log: Log;

    /// The rules, in the order of `describe`.
    fn rules() -> Vec<Box<RuleOn<Self::Log>>>;
}

/// Exports rules on a log as a component: `export!(Log: OneRule, AnotherRule)`. The rules are
/// values of types that implement [`Rule`](crate::definition::Rule).
#[macro_export]
macro_rules! export {
    ($log:ty: $($rule:expr),+ $(,)?) => {
        struct ComponentRules;

        impl $crate::component::RuleSet for ComponentRules {
            type Log = $log;

            fn rules() -> Vec<Box<$crate::definition::RuleOn<$log>>> {
                vec![$(Box::new($rule)),+]
            }
        }

        type Component = $crate::component::Shell<ComponentRules>;
        $crate::model::bindings::export!(Component with_types_in $crate::model::bindings);
    };
}

/// The implementation of the world for a set of rules.
pub struct Shell<C>(PhantomData<C>);

/// The resource `detector`. A component's exports are never reentered.
pub struct DetectorResource<C: RuleSet>(RefCell<crate::detector::Detector<C::Log>>);

/// The rules; a panic from here on, including one in a rule's definition, leaves its text in
/// memory.
fn rules<C: RuleSet>() -> Vec<Box<RuleOn<C::Log>>> {
    messages::listen();
    C::rules()
}

impl<C: RuleSet> description::Guest for Shell<C> {
    fn describe() -> Vec<Rule> {
        let rules = rules::<C>();
        { rules.iter() }
            .map(|rule| crate::describe::describe(&**rule))
            .collect()
    }
}

impl<C: RuleSet> detection::Guest for Shell<C> {
    type Detector = DetectorResource<C>;
}

impl<C: RuleSet> detection::GuestDetector for DetectorResource<C> {
    fn open(
        rules: Vec<RuleConfiguration>,
        seed: (u64, u64),
    ) -> Result<detection::Detector, Vec<Problem>> {
        let detector = crate::detector::Detector::open(self::rules::<C>(), &rules, seed)?;
        let detector: DetectorResource<C> = DetectorResource(RefCell::new(detector));
        Ok(detection::Detector::new(detector))
    }

    fn push(&self, batch: Vec<u8>) -> Outcome {
        self.0.borrow_mut().push(&batch)
    }

    fn advance(&self, to: Option<i64>, clock: Option<i64>) {
        self.0.borrow_mut().advance(to, clock);
    }

    fn flush(&self) {
        self.0.borrow_mut().flush();
    }

    fn take_alerts(&self, max: u32) -> Vec<Alert> {
        self.0.borrow_mut().take_alerts(max)
    }

    fn counters(&self) -> Counters {
        self.0.borrow().counters()
    }
}

impl<C: RuleSet> state::Guest for Shell<C> {
    fn snapshot(of: detection::DetectorBorrow<'_>) -> Vec<u8> {
        let mut detector = of.get::<DetectorResource<C>>().0.borrow_mut();
        detector.order_as_restored();
        detector.snapshot()
    }

    fn take_state(of: detection::DetectorBorrow<'_>) -> Vec<u8> {
        of.get::<DetectorResource<C>>().0.borrow_mut().take_state()
    }

    fn take_groups(of: detection::DetectorBorrow<'_>, max: u32) -> Vec<GroupState> {
        of.get::<DetectorResource<C>>()
            .0
            .borrow_mut()
            .take_groups(max)
    }

    fn merge(of: detection::DetectorBorrow<'_>, state: Vec<u8>) -> Result<(), MergeError> {
        of.get::<DetectorResource<C>>().0.borrow_mut().merge(&state)
    }

    fn take_over(
        of: detection::DetectorBorrow<'_>,
        state: Vec<u8>,
    ) -> Result<Vec<Succession>, MergeError> {
        let detector = of.get::<DetectorResource<C>>();
        detector.0.borrow_mut().take_over(&state)
    }
}

impl<C: RuleSet> inspection::Guest for Shell<C> {
    fn advise(rules: Vec<RuleConfiguration>) -> Vec<Problem> {
        crate::advise::all(&self::rules::<C>(), &rules)
    }

    fn load_table(
        of: detection::DetectorBorrow<'_>,
        name: String,
        data: Vec<u8>,
    ) -> Result<(), TableError> {
        let detector = of.get::<DetectorResource<C>>();
        detector.0.borrow_mut().load_table(&name, &data)
    }

    fn take_verdicts(of: detection::DetectorBorrow<'_>, max: u32) -> Vec<Verdict> {
        of.get::<DetectorResource<C>>()
            .0
            .borrow_mut()
            .take_verdicts(max)
    }

    fn select(
        of: detection::DetectorBorrow<'_>,
        batch: Vec<u8>,
        wanted: Vec<Selection>,
    ) -> Vec<Event> {
        of.get::<DetectorResource<C>>()
            .0
            .borrow()
            .select(&batch, &wanted)
    }
}

impl<C: RuleSet> text::Guest for Shell<C> {
    fn push_text(of: detection::DetectorBorrow<'_>, batch: String) -> Outcome {
        let detector = of.get::<DetectorResource<C>>();
        detector.0.borrow_mut().push(batch.as_bytes())
    }
}

impl<C: RuleSet> printed::Guest for Shell<C> {
    fn take_messages(max: u32) -> Vec<String> {
        messages::take(max)
    }
}
