//! Caps on the memories, tables and instances of a store.

use crate::Limits;
use crate::error::TrapKind;

/// Keeps an instance's memories, tables and instances below their caps.
#[derive(Debug)]
pub(super) struct StoreLimits {
    /// Cap on the sum of all memories, in bytes.
    cap: usize,
    /// The sum of all memories now, in bytes.
    memory: usize,
    /// Cap on the sum of all tables, in elements.
    most_elements: usize,
    /// The sum of all tables now, in elements.
    elements: usize,
    /// Most instances, tables and memories.
    most_instances: usize,
}

/// Raised where the guest asks for more than its cap. Trapping here, and not answering the
/// guest with "no", keeps the reason of the stop certain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Over(pub(super) TrapKind);

impl StoreLimits {
    pub(super) fn new(limits: &Limits) -> Self {
        let count = |number| usize::try_from(number).unwrap_or(usize::MAX);
        Self {
            cap: limits.memory_bytes(),
            memory: 0,
            most_elements: count(limits.table_elements),
            elements: 0,
            most_instances: count(limits.instances),
        }
    }

    /// Bytes of all the instance's memories.
    pub(super) fn memory(&self) -> usize {
        self.memory
    }
}

impl wasmtime::ResourceLimiter for StoreLimits {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let sum = self.memory.saturating_add(desired.saturating_sub(current));
        if sum > self.cap {
            return Err(wasmtime::Error::new(Over(TrapKind::Memory {
                wanted: sum as u64,
                limit: self.cap as u64,
            })));
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
        if sum > self.most_elements {
            return Err(wasmtime::Error::new(Over(TrapKind::Table {
                wanted: sum as u64,
                limit: self.most_elements as u64,
            })));
        }
        self.elements = sum;
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.most_instances
    }

    fn tables(&self) -> usize {
        self.most_instances
    }

    fn memories(&self) -> usize {
        self.most_instances
    }
}
