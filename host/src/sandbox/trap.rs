//! Classification of failed calls.

use wasmtime::Trap;

use super::debugging::Debugging;
use super::memory::Over;
use super::place;
use crate::Limits;
use crate::error::{Error, TrapKind};

/// The engine's words when an answer is larger than allowed: it has no type for that.
const TOO_MUCH: &str = "fuel allocated for hostcalls has been exhausted";
/// And when there are too many instances, tables or memories.
const TOO_MANY: &str = "resource limit exceeded: ";

/// Turns the engine's error into ours, with the function that stopped.
pub(super) fn failed(
    call: &'static str,
    error: &wasmtime::Error,
    limits: &Limits,
    debugging: Option<&Debugging>,
) -> Error {
    let mut failed = classify(call, error, limits);
    if let Error::Trapped { kind, place, .. } = &mut failed {
        *place = match kind {
            // The engine read an answer, or a limit was broken where nothing ran yet.
            TrapKind::Answer(_) => None,
            _ => place::of(error, debugging),
        };
    }
    failed
}

/// Turns the engine's error into ours.
pub(super) fn classify(call: &'static str, error: &wasmtime::Error, limits: &Limits) -> Error {
    let kind = if let Some(Over(kind)) = error.downcast_ref::<Over>() {
        kind.clone()
    } else {
        match error.downcast_ref::<Trap>() {
            Some(Trap::Interrupt) => TrapKind::Deadline {
                limit_ms: limits.deadline_ms,
            },
            Some(Trap::StackOverflow) => TrapKind::Stack {
                limit: limits.stack_kib << 10,
            },
            Some(Trap::UnreachableCodeReached) => TrapKind::Panic { text: None },
            Some(trap) => TrapKind::Other(trap.to_string()),
            // Not a trap: the engine could not read the answer.
            None => {
                let words = format!("{error:#}");
                if words.contains(TOO_MUCH) {
                    let (limit, setting) = limits.answer_to(call);
                    TrapKind::Output {
                        limit: limit as u64,
                        setting,
                    }
                } else if words.contains(TOO_MANY) {
                    TrapKind::Instances {
                        limit: limits.instances,
                    }
                } else {
                    TrapKind::Answer(words)
                }
            }
        }
    };
    Error::trapped(call, kind)
}
