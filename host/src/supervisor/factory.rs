//! Opening of a detector, repeated at each restart.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::Limits;
use crate::contract::{Configuration, Interface, Interfaces};
use crate::detector::Detector;
use crate::error::Error;
use crate::sandbox::Sandbox;

/// Component, configuration, seed and tables from which equal detectors are opened.
#[derive(Debug, Clone)]
pub struct DetectorFactory {
    sandbox: Sandbox,
    configurations: Vec<Configuration>,
    seed: (u64, u64),
    tables: Arc<Vec<(String, Vec<u8>)>>,
    stop: Arc<AtomicBool>,
}

impl DetectorFactory {
    /// For detectors of this component on the rules that are configured, with these tables by name.
    #[must_use]
    pub fn new(
        sandbox: Sandbox,
        configurations: Vec<Configuration>,
        seed: (u64, u64),
        tables: Arc<Vec<(String, Vec<u8>)>>,
    ) -> Self {
        Self {
            sandbox,
            configurations,
            seed,
            tables,
            stop: Arc::default(),
        }
    }

    /// Flag that the run is to end: a component that fails then is not restarted for long.
    #[must_use]
    pub fn stop_on(mut self, stop: &Arc<AtomicBool>) -> Self {
        self.stop = Arc::clone(stop);
        self
    }

    /// A fresh detector.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::open`] and [`Detector::load_table`].
    pub fn open(&self) -> Result<Detector, Error> {
        let mut detector = self.sandbox.open(&self.configurations, self.seed)?;
        for (name, bytes) in self.tables.iter() {
            detector.load_table(name, bytes)?;
        }
        Ok(detector)
    }

    /// Checks that the component has an interface that something needs.
    pub fn needs(&self, interface: Interface, needed_by: &str) -> Result<(), Error> {
        self.sandbox.needs(interface, needed_by)
    }

    /// The optional interfaces that the component has.
    pub(crate) fn interfaces(&self) -> Interfaces {
        self.sandbox.interfaces()
    }

    /// SHA-256 of the component.
    pub(crate) fn component(&self) -> &str {
        self.sandbox.sha256()
    }

    pub(super) fn stop(&self) -> &Arc<AtomicBool> {
        &self.stop
    }

    /// The limits that instances are held to.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        self.sandbox.limits()
    }
}
