//! Counts what an instance allocates, and stops it at the cap.

use std::fmt;

/// Table elements that an instance may have in all.
const TABLE_ELEMENTS: usize = 1 << 20;

/// Keeps an instance's memories, tables and instances below their caps.
#[derive(Debug)]
pub(super) struct Allowance {
    /// Cap on the sum of all memories, in bytes.
    cap: usize,
    /// The sum of all memories now, in bytes.
    memory: usize,
    /// The sum of all tables now, in elements.
    elements: usize,
}

/// Raised where the guest asks for more memory than its cap. Trapping here, and
/// not answering the guest with "no", keeps the reason of the stop certain.
#[derive(Debug, Clone, Copy)]
pub(super) struct OverMemory {
    /// The cap in bytes.
    pub(super) cap: usize,
}

impl fmt::Display for OverMemory {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "more than {} bytes of memory", self.cap)
    }
}

impl std::error::Error for OverMemory {}

impl Allowance {
    pub(super) fn new(cap: usize) -> Self {
        Self {
            cap,
            memory: 0,
            elements: 0,
        }
    }

    /// Bytes of all the instance's memories.
    pub(super) fn memory(&self) -> usize {
        self.memory
    }
}

impl wasmtime::ResourceLimiter for Allowance {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let sum = self.memory.saturating_add(desired.saturating_sub(current));
        if sum > self.cap {
            return Err(wasmtime::Error::new(OverMemory { cap: self.cap }));
        }
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.memory = sum;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let sum = self
            .elements
            .saturating_add(desired.saturating_sub(current));
        if sum > TABLE_ELEMENTS {
            return Ok(false);
        }
        self.elements = sum;
        Ok(true)
    }

    fn instances(&self) -> usize {
        64
    }

    fn tables(&self) -> usize {
        64
    }

    fn memories(&self) -> usize {
        16
    }
}
