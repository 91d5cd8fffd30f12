//! Tells the ways apart in which a call can fail.

use wasmtime::Trap;

use super::memory::OverMemory;
use crate::error::{Error, TrapKind};

/// Turns the engine's error into ours.
pub(super) fn classify(call: &'static str, error: &wasmtime::Error, limit_ms: u64) -> Error {
    let kind = if let Some(over) = error.downcast_ref::<OverMemory>() {
        TrapKind::Memory {
            limit: over.cap as u64,
        }
    } else {
        match error.downcast_ref::<Trap>() {
            Some(Trap::Interrupt) => TrapKind::Deadline { limit_ms },
            Some(Trap::StackOverflow) => TrapKind::Stack,
            Some(Trap::UnreachableCodeReached) => TrapKind::Panic,
            Some(trap) => TrapKind::Other(trap.to_string()),
            // Not a trap: the engine could not read the answer.
            None => TrapKind::Answer(format!("{error:#}")),
        }
    };
    Error::Trapped { call, kind }
}
