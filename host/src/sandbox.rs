//! Every limit on a component is set here and in the files below.
//!
//! A component is looked over, compiled for this machine, and instantiated with
//! nothing to call: it can compute, and nothing else. What it may use is in
//! [`Limits`]: memory is counted, calls have a deadline (epochs, not fuel: they
//! cost less), stack, tables and the size of answers are bounded.

mod admission;
mod cache;
mod deadline;
mod limits;
mod memory;
mod trap;

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use wasmtime::component::{Component, Linker};
use wasmtime::{Cache, Config, Engine, Store};

pub(crate) use admission::digest;
pub use admission::{Examination, examine};
pub use cache::CodeCache;
pub use limits::Limits;

use crate::bindings::{Detector as Bindings, DetectorPre};
use crate::contract::{Problem, Rule};
use crate::detector::Detector;
use crate::error::{Error, Refusal};
use cache::Shelf;
use deadline::Ticker;
use memory::Allowance;

/// A component that was let in and compiled, ready for any number of detectors.
#[derive(Clone)]
pub struct Sandbox {
    pre: DetectorPre<Allowances>,
    engine: Engine,
    ticker: Arc<Ticker>,
    limits: Limits,
    precompiled: bool,
    sha256: String,
    /// What the component said about itself the first time.
    rule: Arc<OnceLock<Rule>>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Sandbox")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// The host's data beside an instance.
#[derive(Debug)]
pub(crate) struct Allowances {
    memory: Allowance,
}

impl Sandbox {
    /// Lets in and compiles the component that this library carries.
    ///
    /// # Errors
    ///
    /// [`Error::Engine`] when the engine does not work on this machine.
    pub fn embedded(limits: &Limits) -> Result<Self, Error> {
        Self::new(crate::EMBEDDED, limits)
    }

    /// Lets in and compiles a component.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when it is not a detector that this host serves, and
    /// [`Error::Config`] when a limit is out of range.
    pub fn new(component: &[u8], limits: &Limits) -> Result<Self, Error> {
        Self::with_cache(component, limits, None)
    }

    /// The same, but code that was compiled before is taken from a cache, and kept there.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new); what is wrong with the cache is no error.
    pub fn with_cache(
        component: &[u8],
        limits: &Limits,
        cache: Option<&CodeCache>,
    ) -> Result<Self, Error> {
        let problems = limits.problems();
        if !problems.is_empty() {
            return Err(Error::Config(problems));
        }
        let found = examine(component, limits);
        if let Some(refusal) = found.refusal {
            return Err(Error::Refused(refusal));
        }
        let shelf = cache.and_then(|cache| Shelf::open(cache, &found.sha256));
        let engine = engine(limits, shelf.as_ref().map(Shelf::cache))?;
        let compiled = compile(&engine, component, limits)?;
        let precompiled = shelf.is_some_and(Shelf::settle);
        let mismatch =
            |error: wasmtime::Error| Error::Refused(Refusal::Mismatch(format!("{error:#}")));
        // The linker stays empty: there is nothing that a component may call.
        let linker = Linker::<Allowances>::new(&engine);
        let pre = linker.instantiate_pre(&compiled).map_err(mismatch)?;
        let pre = DetectorPre::new(pre).map_err(mismatch)?;
        let ticker = Arc::new(Ticker::start(&engine)?);
        Ok(Self {
            pre,
            engine,
            ticker,
            limits: limits.clone(),
            precompiled,
            sha256: found.sha256,
            rule: Arc::default(),
        })
    }

    /// Whether the code came from a cache.
    #[must_use]
    pub fn is_precompiled(&self) -> bool {
        self.precompiled
    }

    /// SHA-256 of the component, in lower-case hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The limits that instances are held to.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What the component says about itself; asked once, so that it keeps to its word.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when it fails while it answers.
    pub fn describe(&self) -> Result<Rule, Error> {
        if let Some(rule) = self.rule.get() {
            return Ok(rule.clone());
        }
        let mut cell = self.cell()?;
        let rule = cell.call("describe", |bindings, store| {
            bindings.weir_detector_description().call_describe(store)
        })?;
        Ok(self.rule.get_or_init(|| rule).clone())
    }

    /// What the component finds legal in a configuration and perhaps not meant; nothing of one
    /// that [`open`](Self::open) refuses.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when it fails while it answers.
    pub fn advise(&self, configuration: &str) -> Result<Vec<Problem>, Error> {
        let mut cell = self.cell()?;
        cell.call("advise", |bindings, store| {
            bindings
                .weir_detector_detection()
                .call_advise(store, configuration)
        })
    }

    /// Opens a detector. `configuration` is a JSON object of the parameters that
    /// [`describe`](Self::describe) lists; `{}` is the rule as published. `seed`
    /// keys the component's hash tables: random for hostile logs, the same for
    /// all whose states are to be merged. Alerts do not depend on it, but for
    /// figures that are estimates.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with every key that was not taken, [`Error::Trapped`]
    /// when the component fails.
    pub fn open(&self, configuration: &str, seed: (u64, u64)) -> Result<Detector, Error> {
        Detector::open(self.cell()?, self.describe()?.id, configuration, seed)
    }

    /// A fresh instance.
    fn cell(&self) -> Result<Cell, Error> {
        let mut store = store(&self.engine, &self.limits);
        let bindings = self
            .pre
            .instantiate(&mut store)
            .map_err(|error| trap::classify("instantiate", &error, &self.limits))?;
        Ok(Cell {
            store,
            bindings,
            limits: self.limits.clone(),
            _ticker: Arc::clone(&self.ticker),
        })
    }
}

/// One instance with its store: what every call goes through.
pub(crate) struct Cell {
    store: Store<Allowances>,
    bindings: Bindings,
    limits: Limits,
    /// Deadlines are only kept while the ticker lives.
    _ticker: Arc<Ticker>,
}

impl Cell {
    /// Calls into the instance under the deadline.
    pub(crate) fn call<T>(
        &mut self,
        name: &'static str,
        body: impl FnOnce(&Bindings, &mut Store<Allowances>) -> wasmtime::Result<T>,
    ) -> Result<T, Error> {
        self.store
            .set_epoch_deadline(Ticker::ticks(self.limits.deadline_ms));
        self.store.set_hostcall_fuel(self.limits.answer_to(name).0);
        body(&self.bindings, &mut self.store)
            .map_err(|error| trap::classify(name, &error, &self.limits))
    }

    /// Bytes of the instance's memories.
    pub(crate) fn memory(&self) -> usize {
        self.store.data().memory.memory()
    }
}

/// The one place where an instance's limits are set.
fn store(engine: &Engine, limits: &Limits) -> Store<Allowances> {
    let memory = Allowance::new(limits);
    let mut store = Store::new(engine, Allowances { memory });
    store.limiter(|allowances| &mut allowances.memory);
    store.set_epoch_deadline(Ticker::ticks(limits.deadline_ms));
    store
}

/// Compiles a component, on a thread of its own so that it can be waited for no longer than
/// allowed. The engine cannot be stopped while it compiles: what is too slow goes on until it is
/// done or the process ends, and is thrown away.
fn compile(engine: &Engine, component: &[u8], limits: &Limits) -> Result<Component, Error> {
    let (done, compiled) = mpsc::channel();
    let (engine, bytes) = (engine.clone(), component.to_vec());
    thread::Builder::new()
        .name("weir-compile".into())
        .spawn(move || {
            // Nobody waits any more when it was too slow.
            let _ = done.send(Component::from_binary(&engine, &bytes));
        })
        .map_err(|error| Error::Engine(format!("no thread to compile on: {error}")))?;
    let seconds = limits.compile_seconds;
    match compiled.recv_timeout(Duration::from_secs(seconds)) {
        Ok(Ok(component)) => Ok(component),
        Ok(Err(error)) => {
            let words = format!("{error:#}");
            // The engine has no type for it: a feature "must be enabled", or "is disabled".
            let feature = words.contains("enabled") || words.contains("disabled");
            Err(Error::Refused(if feature {
                Refusal::Feature(words)
            } else {
                Refusal::Damaged(words)
            }))
        }
        Err(RecvTimeoutError::Timeout) => Err(Error::Refused(Refusal::SlowToCompile { seconds })),
        Err(RecvTimeoutError::Disconnected) => Err(Error::Refused(Refusal::Damaged(
            "the compiler broke down on it".into(),
        ))),
    }
}

/// The one place where the engine is configured.
fn engine(limits: &Limits, cache: Option<Cache>) -> Result<Engine, Error> {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .cache(cache)
        .epoch_interruption(true)
        .max_wasm_stack(limits.stack_bytes())
        // Nobody is shown where in the component it stopped, and code is quicker to load.
        .generate_address_map(false)
        // The same bits on every machine.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true);
    Engine::new(&config).map_err(|error| Error::Engine(format!("{error:#}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]
mod tests;
