//! The core module for Fluent Bit in WAMR, the runtime inside Fluent Bit. There is nothing here
//! but tests: those of the module's ABI, on another host.
