//! The contract, as the engine's macro generates it from `wit/`. What of it is public is
//! re-exported by the crate; the rest is for the harness.
#![allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "detector",
    // Alerts that wait for a checkpoint are part of it.
    additional_derives: [serde::Serialize, serde::Deserialize],
});
