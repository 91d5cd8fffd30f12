//! A host that calls the module as Fluent Bit does: equal copies in equal order, in a runtime
//! without SIMD.

use crate::calls::NOW;
use std::path::Path;
use std::sync::OnceLock;
use wasmtime::{Config, Engine, Instance, Memory, Module, Store, TypedFunc};

type Call = TypedFunc<(u32, u32, u32, u32, u32, u32), u32>;

/// The module, built and compiled once.
fn module() -> &'static (Engine, Module) {
    static MODULE: OnceLock<(Engine, Module)> = OnceLock::new();
    MODULE.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../guest");
        let bytes = weir_fluent_bit::build(&target).unwrap();
        let mut config = Config::new();
        config.wasm_simd(false).wasm_relaxed_simd(false);
        let engine = Engine::new(&config).unwrap();
        let module = Module::new(&engine, bytes).unwrap();
        (engine, module)
    })
}

/// Fluent Bit with one filter.
pub(crate) struct Host {
    store: Store<()>,
    memory: Memory,
    malloc: TypedFunc<u32, u32>,
    free: TypedFunc<u32, ()>,
    json: Call,
    msgpack: Call,
    /// Seconds of the next tick.
    pub(crate) now: u32,
}

impl Host {
    pub(crate) fn new() -> Host {
        let (engine, module) = module();
        let mut store = Store::new(engine, ());
        let instance = Instance::new(&mut store, module, &[]).unwrap();
        let call = |store: &mut Store<()>, name| instance.get_typed_func(store, name).unwrap();
        Host {
            memory: instance.get_memory(&mut store, "memory").unwrap(),
            malloc: instance.get_typed_func(&mut store, "malloc").unwrap(),
            free: instance.get_typed_func(&mut store, "free").unwrap(),
            json: call(&mut store, "weir"),
            msgpack: call(&mut store, "weir_msgpack"),
            store,
            now: NOW,
        }
    }

    /// Bytes of memory.
    pub(crate) fn bytes(&self) -> usize {
        self.memory.data_size(&self.store)
    }

    /// Copies bytes to an allocation of a length; null if there is none.
    fn copy(&mut self, bytes: &[u8], length: usize) -> u32 {
        let size = u32::try_from(length).unwrap();
        let at = self.malloc.call(&mut self.store, size).unwrap();
        if at != 0 {
            // Reused memory keeps its old contents; only the written bytes count.
            let room = &mut self.memory.data_mut(&mut self.store)[at as usize..][..length];
            room.fill(0);
            room[..bytes.len()].copy_from_slice(bytes);
        }
        at
    }

    /// One call with its copies. In JSON a zero byte follows the record, in msgpack nothing.
    pub(crate) fn call(
        &mut self,
        json: bool,
        tag: &str,
        time: (u32, u32),
        record: &[u8],
    ) -> Option<Vec<u8>> {
        let length = record.len();
        let tag_at = self.copy(tag.as_bytes(), tag.len() + 1);
        let at = self.copy(record, length + usize::from(json));
        let arguments = (
            tag_at,
            u32::try_from(tag.len()).unwrap(),
            time.0,
            time.1,
            at,
            u32::try_from(length).unwrap(),
        );
        let call = if json { &self.json } else { &self.msgpack };
        let answer = call.call(&mut self.store, arguments).unwrap();
        let answer = (answer != 0).then(|| {
            let text = &self.memory.data(&self.store)[answer as usize..];
            let end = text.iter().position(|byte| *byte == 0).unwrap();
            text[..end].to_vec()
        });
        for at in [tag_at, at] {
            if at != 0 {
                self.free.call(&mut self.store, at).unwrap();
            }
        }
        answer
    }
}
