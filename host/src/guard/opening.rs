//! How a detector is opened, as often as one is needed.

use std::sync::Arc;

use crate::detector::Detector;
use crate::error::Error;
use crate::sandbox::{Limits, Sandbox};

/// Opens a detector, as often as one is needed.
#[derive(Debug, Clone)]
pub struct Opening {
    sandbox: Sandbox,
    configuration: String,
    seed: (u64, u64),
    tables: Arc<Vec<(String, Vec<u8>)>>,
}

impl Opening {
    /// Of detectors of this component, with these tables by name.
    #[must_use]
    pub fn new(
        sandbox: Sandbox,
        configuration: String,
        seed: (u64, u64),
        tables: Arc<Vec<(String, Vec<u8>)>>,
    ) -> Self {
        Self {
            sandbox,
            configuration,
            seed,
            tables,
        }
    }

    /// A fresh detector.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::open`] and [`Detector::load_table`].
    pub fn open(&self) -> Result<Detector, Error> {
        let mut detector = self.sandbox.open(&self.configuration, self.seed)?;
        for (name, bytes) in self.tables.iter() {
            detector.load_table(name, bytes)?;
        }
        Ok(detector)
    }

    pub(super) fn limits(&self) -> &Limits {
        self.sandbox.limits()
    }
}
