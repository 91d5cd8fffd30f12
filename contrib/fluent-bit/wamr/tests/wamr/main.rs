//! Tests of the module by its exact ABI, in WAMR's interpreter without SIMD, which is the runtime
//! of Fluent Bit.

#[path = "../../../module/tests/abi/calls.rs"]
mod calls;
#[path = "../../../module/tests/abi/events.rs"]
mod events;
#[path = "../../../module/tests/abi/flood.rs"]
mod flood;
mod host;
#[path = "../../../module/tests/abi/records.rs"]
mod records;
#[path = "../../../module/tests/abi/ticks.rs"]
mod ticks;
