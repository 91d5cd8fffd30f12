//! The sandbox: a component, checked, compiled and instantiated within its limits, all of which are
//! set here and in the files below.
//!
//! A component is looked over, compiled for this machine, and instantiated with
//! nothing to call: it can compute, and nothing else. What it may use is in
//! [`Limits`]: memory is counted, calls have a deadline (epochs, not fuel: they
//! cost less), stack, tables and the size of answers are bounded.

mod deadline;
mod debugging;
mod examine;
mod exports;
mod lines;
mod memory;
mod panic;
mod place;
mod trap;

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Cache, Config, Engine, Store, WasmBacktraceDetails};

pub use examine::{Examination, digest, examine};

use crate::Limits;
use crate::contract::check::{self, Checker};
use crate::contract::{Configuration, Interface, Interfaces, PACKAGE, Problem, Rule, SERVED};
use crate::detector::Detector;
use crate::error::{Error, Refusal, TrapKind};
use crate::messages::MessageRelay;
use crate::parameters;
use deadline::Ticker;
pub(crate) use debugging::Debugging;
use exports::{Exports, Indices};
use memory::StoreLimits;

/// A component that was let in and compiled, ready for any number of detectors.
#[derive(Clone)]
pub struct Sandbox {
    pre: InstancePre<StoreData>,
    indices: Indices,
    interfaces: Interfaces,
    engine: Engine,
    ticker: Arc<Ticker>,
    limits: Limits,
    precompiled: bool,
    sha256: String,
    /// What its author is shown; none where nobody asked.
    debugging: Option<Arc<Debugging>>,
    /// The component's first answer to `describe`.
    rules: Arc<OnceLock<Arc<[Rule]>>>,
}

/// What the code of a component is compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To run.
    Run,
    /// To run while its author looks on: positions in the component are kept.
    Debug,
    /// To count instructions.
    Count,
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
pub(crate) struct StoreData {
    memory: StoreLimits,
}

impl Sandbox {
    /// Lets in and compiles a component.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when it is not a detector that this host serves, and
    /// [`Error::Config`] when a limit is out of range.
    pub fn new(component: &[u8], limits: &Limits) -> Result<Self, Error> {
        Self::with_cache(component, limits, |_| None)
    }

    /// Lets in and compiles a component; code that was compiled before comes from the engine's
    /// cache for its SHA-256, and new code is kept there. What is in the cache runs outside of the
    /// sandbox: it must be one that only the caller can write to.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new); what is wrong with the cache is no error.
    pub fn with_cache(
        component: &[u8],
        limits: &Limits,
        cache: impl FnOnce(&str) -> Option<Cache>,
    ) -> Result<Self, Error> {
        Self::build(component, limits, Purpose::Run, cache)
    }

    /// Lets in and compiles a component for its author to look on: its messages are events of
    /// `tracing` ([`crate::messages`]), and failures name the source line where the component has
    /// debug information. What is read of that is bounded, but it is read outside of the sandbox.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn debugging(component: &[u8], limits: &Limits) -> Result<Self, Error> {
        Self::build(component, limits, Purpose::Debug, |_| None)
    }

    /// Lets in and compiles a component so that [`Detector::instructions`] counts. It is slower.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn counting(component: &[u8], limits: &Limits) -> Result<Self, Error> {
        Self::build(component, limits, Purpose::Count, |_| None)
    }

    fn build(
        component: &[u8],
        limits: &Limits,
        purpose: Purpose,
        cache: impl FnOnce(&str) -> Option<Cache>,
    ) -> Result<Self, Error> {
        Error::problems(limits.problems())?;
        let found = examine(component, limits);
        if let Some(refusal) = found.refusal {
            return Err(Error::Refused(refusal));
        }
        let cache = cache(&found.sha256);
        let engine = engine(limits, purpose, cache.clone())?;
        let compiled = compile(&engine, component, limits)?;
        let precompiled = cache.is_some_and(|cache| cache.cache_hits() > 0);
        let mismatch =
            |error: wasmtime::Error| Error::Refused(Refusal::Mismatch(format!("{error:#}")));
        // The linker stays empty: there is nothing that a component may call.
        let linker = Linker::<StoreData>::new(&engine);
        let pre = linker.instantiate_pre(&compiled).map_err(mismatch)?;
        let indices = Indices::new(&pre, found.interfaces).map_err(mismatch)?;
        let ticker = Arc::new(Ticker::start(&engine)?);
        Ok(Self {
            pre,
            indices,
            interfaces: found.interfaces,
            engine,
            ticker,
            limits: limits.clone(),
            precompiled,
            sha256: found.sha256,
            debugging: (purpose == Purpose::Debug).then(|| Arc::new(Debugging::new(component))),
            rules: Arc::default(),
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

    /// The contract's optional interfaces that the component has.
    #[must_use]
    pub fn interfaces(&self) -> Interfaces {
        self.interfaces
    }

    /// Checks that the component has an interface, before work begins that cannot do without.
    /// `needed_by` is what needs it, such as an option.
    ///
    /// # Errors
    ///
    /// [`Error::NoInterface`].
    pub fn needs(&self, interface: Interface, needed_by: &str) -> Result<(), Error> {
        if self.interfaces.has(interface) {
            return Ok(());
        }
        Err(Error::NoInterface {
            interface,
            needed_by: needed_by.to_owned(),
        })
    }

    /// The rules of the component, at least one; asked once, so that it keeps to its word.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when it fails while it answers, or describes what the contract forbids.
    pub fn describe(&self) -> Result<Vec<Rule>, Error> {
        self.rules().map(|rules| rules.to_vec())
    }

    pub(crate) fn rules(&self) -> Result<Arc<[Rule]>, Error> {
        if let Some(rules) = self.rules.get() {
            return Ok(Arc::clone(rules));
        }
        let mut instance = self.instance()?;
        let mut relay = MessageRelay::listen(&mut instance)?;
        let rules = instance.call("describe", |exports, store| {
            exports.description.call_describe(store)
        })?;
        relay.relay(&mut instance)?;
        check::description(&rules, &self.limits)?;
        Ok(Arc::clone(self.rules.get_or_init(|| rules.into())))
    }

    /// Warns about settings that are valid but probably mistakes; gives nothing for a configuration
    /// that [`open`](Self::open) refuses.
    ///
    /// # Errors
    ///
    /// [`Error::NoInterface`] without `inspection`, and [`Error::Trapped`] when it fails while it
    /// answers.
    pub fn advise(&self, configurations: &[Configuration]) -> Result<Vec<Problem>, Error> {
        let checker = self.checker(configurations)?;
        let advice = self.instance()?.call_optional(
            (Interface::Inspection, "advise"),
            |exports| exports.inspection.as_ref(),
            |inspection, store| inspection.call_advise(store, configurations),
        )?;
        checker.problems("advise", &advice)?;
        Ok(advice)
    }

    /// Opens a detector on those of its rules that are named, each with the parameters that
    /// [`describe`](Self::describe) lists for it. `seed` keys the component's hash tables: random
    /// for hostile logs, the same for all whose states are to be merged. Alerts do not depend on
    /// it, but for figures that are estimates.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when no rule is named, one twice, or one that it does not have, and with
    /// every key that is none of its rule's parameters, or not of the type or in the range that it
    /// describes: the component is not shown these. Then with every key that it does not take.
    /// [`Error::Trapped`] when it fails.
    pub fn open(
        &self,
        configurations: &[Configuration],
        seed: (u64, u64),
    ) -> Result<Detector, Error> {
        parameters::check(configurations, &self.rules()?)?;
        self.ask(configurations, seed)
    }

    /// Opens a detector that will see no event, to hear all that it says of a configuration.
    pub fn ask(
        &self,
        configurations: &[Configuration],
        seed: (u64, u64),
    ) -> Result<Detector, Error> {
        let checker = self.checker(configurations)?;
        Detector::open(self.instance()?, checker, configurations, seed)
    }

    /// Checker of the answers of a detector with this configuration.
    fn checker(&self, configurations: &[Configuration]) -> Result<Checker, Error> {
        Ok(Checker::new(self.rules()?, configurations, &self.limits))
    }

    /// A fresh instance.
    fn instance(&self) -> Result<Instance, Error> {
        let mut store = store(&self.engine, &self.limits);
        let instance = self.pre.instantiate(&mut store);
        let loaded = instance.and_then(|instance| self.indices.load(&mut store, &instance));
        let exports = loaded.map_err(|error| {
            let debugging = self.debugging.as_deref();
            let failed = trap::failed("instantiate", &error, &self.limits, debugging);
            let Error::Trapped {
                kind: TrapKind::Answer(words),
                ..
            } = failed
            else {
                return failed;
            };
            // It has not answered anything yet: its types are those of another contract.
            let served = SERVED.join(", ");
            Error::Refused(Refusal::Mismatch(format!(
                "{words} (this host serves {PACKAGE}@{served})"
            )))
        })?;
        Ok(Instance {
            store,
            exports,
            limits: self.limits.clone(),
            debugging: self.debugging.clone(),
            _ticker: Arc::clone(&self.ticker),
        })
    }
}

/// One instance with its store; every call goes through it.
pub(crate) struct Instance {
    store: Store<StoreData>,
    exports: Exports,
    limits: Limits,
    debugging: Option<Arc<Debugging>>,
    /// Deadlines are only kept while the ticker lives.
    _ticker: Arc<Ticker>,
}

impl Instance {
    /// Calls into the instance under the deadline.
    pub(crate) fn call<T>(
        &mut self,
        name: &'static str,
        body: impl FnOnce(&Exports, &mut Store<StoreData>) -> wasmtime::Result<T>,
    ) -> Result<T, Error> {
        self.store
            .set_epoch_deadline(Ticker::ticks(self.limits.deadline_ms));
        self.store.set_hostcall_fuel(self.limits.answer_to(name).0);
        let called = body(&self.exports, &mut self.store);
        called.map_err(|error| self.failed(name, &error))
    }

    /// Classifies an engine's error, and adds where it stopped and the text of a panic.
    fn failed(&self, call: &'static str, error: &wasmtime::Error) -> Error {
        let mut failed = trap::failed(call, error, &self.limits, self.debugging());
        if let Error::Trapped {
            kind: TrapKind::Panic { text },
            ..
        } = &mut failed
        {
            *text = panic::text(error, &self.store);
        }
        failed
    }

    /// Calls a function of an optional interface.
    pub(crate) fn call_optional<I, T>(
        &mut self,
        (interface, name): (Interface, &'static str),
        of: impl FnOnce(&Exports) -> Option<&I>,
        body: impl FnOnce(&I, &mut Store<StoreData>) -> wasmtime::Result<T>,
    ) -> Result<T, Error> {
        let missing = || Error::NoInterface {
            interface,
            needed_by: format!("the call `{name}`"),
        };
        let called = self.call(name, |exports, store| match of(exports) {
            Some(interface) => body(interface, store).map(Some),
            None => Ok(None),
        })?;
        called.ok_or_else(missing)
    }

    /// The optional interfaces that the component has.
    pub(crate) fn interfaces(&self) -> Interfaces {
        self.exports.interfaces()
    }

    /// What its author is shown; none where nobody asked.
    pub(crate) fn debugging(&self) -> Option<&Debugging> {
        self.debugging.as_deref()
    }

    /// Instructions that it has executed; none where they are not counted.
    pub(crate) fn instructions(&self) -> Option<u64> {
        self.store.get_fuel().ok().map(|left| FUEL - left)
    }

    /// Bytes of the instance's memories.
    pub(crate) fn memory(&self) -> usize {
        self.store.data().memory.memory()
    }
}

/// What instructions are counted down from. At a billion a second it lasts for centuries.
const FUEL: u64 = u64::MAX;

/// The one place where an instance's limits are set.
fn store(engine: &Engine, limits: &Limits) -> Store<StoreData> {
    let memory = StoreLimits::new(limits);
    let mut store = Store::new(engine, StoreData { memory });
    store.limiter(|data| &mut data.memory);
    // An error where instructions are not counted.
    let _ = store.set_fuel(FUEL);
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
            // The receiver was dropped when it was too slow.
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
fn engine(limits: &Limits, purpose: Purpose, cache: Option<Cache>) -> Result<Engine, Error> {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .cache(cache)
        .epoch_interruption(true)
        .max_wasm_stack(limits.stack_bytes())
        // After a trap the memory of the instance can still be read: see `panic`.
        .coredump_on_trap(true)
        // Without addresses in the component, code is quicker to load.
        .generate_address_map(purpose == Purpose::Debug)
        // Source positions are looked up by `lines`, within bounds.
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .consume_fuel(purpose == Purpose::Count)
        // Equal bits on every machine.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true);
    Engine::new(&config).map_err(|error| Error::Engine(format!("{error:#}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]
mod tests;
