//! Makes the calls of a schedule.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::{Call, Instance, Lines, Schedule, Way};

/// Groups that are taken out in one call.
const GROUPS: u32 = 64;

/// Whoever makes the calls, and keeps the answers.
pub trait Driver {
    /// An open detector.
    type Detector;
    /// Why a call was not answered.
    type Error;

    /// Opens an instance.
    ///
    /// # Errors
    ///
    /// That it was not opened.
    fn open(
        &mut self,
        instance: Instance,
        set: &[String],
        seed: Option<u64>,
    ) -> Result<Self::Detector, Self::Error>;

    /// Makes a call that is about one detector alone; `batch` is what it is to be handed.
    ///
    /// # Errors
    ///
    /// That it was not answered.
    fn call(
        &mut self,
        call: &Call,
        detector: &mut Self::Detector,
        batch: &[u8],
    ) -> Result<(), Self::Error>;

    /// Offers parameters that are to be refused.
    ///
    /// # Errors
    ///
    /// That it was not answered.
    fn misconfigure(&mut self, set: &[String]) -> Result<(), Self::Error>;

    /// The state of a detector, by one of the first two ways.
    ///
    /// # Errors
    ///
    /// That it was not answered.
    fn state(&mut self, detector: &mut Self::Detector, way: Way) -> Result<Vec<u8>, Self::Error>;

    /// States of up to `max` groups; none when no group is left.
    ///
    /// # Errors
    ///
    /// That it was not answered.
    fn groups(
        &mut self,
        detector: &mut Self::Detector,
        max: u32,
    ) -> Result<Vec<Vec<u8>>, Self::Error>;

    /// Merges a state into a detector.
    ///
    /// # Errors
    ///
    /// That it was not answered, or that the state was refused.
    fn merge(&mut self, detector: &mut Self::Detector, state: &[u8]) -> Result<(), Self::Error>;

    /// Lets a detector that has seen nothing take over the state of another one of its kind.
    ///
    /// # Errors
    ///
    /// That it was not answered, or that the state was refused.
    fn take_over(&mut self, detector: &mut Self::Detector, state: &[u8])
    -> Result<(), Self::Error>;

    /// Flushes and empties the detector that is left at the end.
    ///
    /// # Errors
    ///
    /// That it was not answered.
    fn end(&mut self, detector: &mut Self::Detector) -> Result<(), Self::Error>;
}

/// A schedule that was not replayed to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped<E> {
    /// Number of the call, from 0; of the end, the number of calls.
    pub call: usize,
    /// Why.
    pub error: E,
}

/// Makes all calls over the lines of an input, which have no line ends. Instance 0 is there at the
/// end, whatever was called.
///
/// # Errors
///
/// The first call that was not answered.
pub fn replay<D: Driver>(
    driver: &mut D,
    schedule: &Schedule,
    lines: &[Vec<u8>],
) -> Result<(), Stopped<D::Error>> {
    let mut instances = Instances(BTreeMap::new());
    for (at, call) in schedule.calls.iter().enumerate() {
        let stopped = |error| Stopped { call: at, error };
        make(driver, &mut instances, call, lines).map_err(stopped)?;
    }
    let stopped = |error| Stopped {
        call: schedule.calls.len(),
        error,
    };
    let last = instances.get(driver, 0).map_err(stopped)?;
    driver.end(last).map_err(stopped)
}

/// An open instance, and how it was opened.
struct Open<T> {
    set: Vec<String>,
    seed: Option<u64>,
    detector: T,
}

/// Puts a state into a fresh detector.
type Put<D> = fn(&mut D, &mut <D as Driver>::Detector, &[u8]) -> Result<(), <D as Driver>::Error>;

/// The instances that are open.
struct Instances<T>(BTreeMap<Instance, Open<T>>);

impl<T> Instances<T> {
    /// An instance; opened if it is not.
    fn get<D: Driver<Detector = T>>(
        &mut self,
        driver: &mut D,
        number: Instance,
    ) -> Result<&mut T, D::Error> {
        let open = match self.0.entry(number) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(free) => free.insert(Open {
                set: Vec::new(),
                seed: None,
                detector: driver.open(number, &[], None)?,
            }),
        };
        Ok(&mut open.detector)
    }

    /// Puts a snapshot into a fresh instance that is opened in the same way.
    fn restart<D: Driver<Detector = T>>(
        &mut self,
        driver: &mut D,
        number: Instance,
        put: Put<D>,
    ) -> Result<(), D::Error> {
        let state = {
            let detector = self.get(driver, number)?;
            driver.state(detector, Way::Snapshot)?
        };
        let Some(open) = self.0.get_mut(&number) else {
            return Ok(());
        };
        let mut fresh = driver.open(number, &open.set, open.seed)?;
        put(driver, &mut fresh, &state)?;
        open.detector = fresh;
        Ok(())
    }
}

fn make<D: Driver>(
    driver: &mut D,
    instances: &mut Instances<D::Detector>,
    call: &Call,
    lines: &[Vec<u8>],
) -> Result<(), D::Error> {
    match call {
        Call::Open {
            instance,
            set,
            seed,
        } => {
            let open = Open {
                set: set.clone(),
                seed: *seed,
                detector: driver.open(*instance, set, *seed)?,
            };
            instances.0.insert(*instance, open);
            Ok(())
        }
        Call::Misconfigure { set } => driver.misconfigure(set),
        Call::Restart { instance } => instances.restart(driver, *instance, D::merge),
        Call::TakeOver { instance } => instances.restart(driver, *instance, D::take_over),
        Call::Merge {
            instance,
            from,
            way,
            max,
        } => {
            if *way == Way::TakeGroups {
                merge_groups(driver, instances, (*from, *instance), max.unwrap_or(GROUPS))?;
            }
            let whole = match way {
                Way::Snapshot => Way::Snapshot,
                Way::TakeState | Way::TakeGroups => Way::TakeState,
            };
            let giver = instances.get(driver, *from)?;
            let state = driver.state(giver, whole)?;
            let taker = instances.get(driver, *instance)?;
            driver.merge(taker, &state)
        }
        Call::Push { .. }
        | Call::Advance { .. }
        | Call::Take { .. }
        | Call::TakeVerdicts { .. }
        | Call::Counters { .. }
        | Call::Select { .. }
        | Call::Flush { .. }
        | Call::Damage { .. } => {
            let batch = call.lines().map(|of| batch(of, lines)).unwrap_or_default();
            let detector = instances.get(driver, call.instance().unwrap_or(0))?;
            driver.call(call, detector, &batch)
        }
    }
}

fn merge_groups<D: Driver>(
    driver: &mut D,
    instances: &mut Instances<D::Detector>,
    (from, to): (Instance, Instance),
    max: u32,
) -> Result<(), D::Error> {
    loop {
        let giver = instances.get(driver, from)?;
        let groups = driver.groups(giver, max)?;
        if groups.is_empty() {
            return Ok(());
        }
        for group in groups {
            let taker = instances.get(driver, to)?;
            driver.merge(taker, &group)?;
        }
    }
}

/// Lines as a batch, each with its end.
fn batch(of: &Lines, lines: &[Vec<u8>]) -> Vec<u8> {
    let mut batch = Vec::new();
    for line in of.0.iter().filter_map(|at| lines.get(*at)) {
        batch.extend_from_slice(line);
        batch.push(b'\n');
    }
    batch
}
