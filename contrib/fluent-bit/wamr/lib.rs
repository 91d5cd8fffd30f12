//! Tests of the core module for Fluent Bit in WAMR, the runtime inside Fluent Bit: those of the
//! module's ABI, on another host.
