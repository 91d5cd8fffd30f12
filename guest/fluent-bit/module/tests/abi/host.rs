//! Calls the module as Fluent Bit does: the same copies, in the same order, in a runtime
//! without SIMD.

use serde_json::Value;
use std::path::Path;
use std::sync::OnceLock;
use wasmtime::{Config, Engine, Instance, Memory, Module, Store, TypedFunc};

type Call = TypedFunc<(u32, u32, u32, u32, u32, u32), u32>;

/// 2026-11-25T00:00:00Z: the wall clock of the first tick.
pub(crate) const NOW: u32 = 1_795_564_800;

/// The module, built and compiled once.
fn module() -> &'static (Engine, Module) {
    static MODULE: OnceLock<(Engine, Module)> = OnceLock::new();
    MODULE.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../fluent-bit");
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

/// What one tick brought.
#[derive(Default)]
pub(crate) struct Tick {
    pub(crate) alerts: Vec<Value>,
    pub(crate) status: Option<Value>,
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

    /// A filter whose first tick brings settings; its status is asserted to have no problems.
    pub(crate) fn with(settings: &str) -> Host {
        let mut host = Host::new();
        let tick = host.tick_with(&format!(r#"{{"message":"dummy","weir":{settings}}}"#));
        assert_eq!(tick.status.unwrap()["weir.problems"], serde_json::json!([]));
        host
    }

    /// Bytes of memory.
    pub(crate) fn bytes(&self) -> usize {
        self.memory.data_size(&self.store)
    }

    /// A copy of so many bytes, of which those given are set; no address where there is none.
    fn copy(&mut self, bytes: &[u8], length: usize) -> u32 {
        let size = u32::try_from(length).unwrap();
        let at = self.malloc.call(&mut self.store, size).unwrap();
        if at != 0 {
            // What was in this memory before is still there: only what is written counts.
            let room = &mut self.memory.data_mut(&mut self.store)[at as usize..][..length];
            room.fill(0);
            room[..bytes.len()].copy_from_slice(bytes);
        }
        at
    }

    /// One call with its copies. In JSON a zero byte follows the record, in msgpack nothing.
    fn call(&mut self, json: bool, tag: &str, time: (u32, u32), record: &[u8]) -> Option<Vec<u8>> {
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

    /// An event as JSON.
    pub(crate) fn event(&mut self, record: &[u8]) -> Option<Vec<u8>> {
        self.call(true, "aad", (self.now, 5), record)
    }

    /// An event as msgpack.
    pub(crate) fn event_msgpack(&mut self, record: &[u8]) -> Option<Vec<u8>> {
        self.call(false, "aad", (self.now, 5), record)
    }

    /// A tick, a second after the last.
    pub(crate) fn tick(&mut self) -> Tick {
        self.tick_with(r#"{"message":"dummy"}"#)
    }

    pub(crate) fn tick_with(&mut self, record: &str) -> Tick {
        let answer = self.call(true, "weir.tick", (self.now, 0), record.as_bytes());
        self.now += 1;
        answer.map_or_else(Tick::default, |text| parsed(&text))
    }

    /// A tick as msgpack, in which nothing may be zero.
    pub(crate) fn tick_msgpack(&mut self, record: &[u8]) -> Option<Vec<u8>> {
        let answer = self.call(false, "weir.tick", (self.now, 0), record);
        self.now += 1;
        answer
    }

    /// Ticks through so many seconds of silence; the alerts of them.
    pub(crate) fn silence(&mut self, seconds: u32) -> Vec<Value> {
        (0..seconds).flat_map(|_| self.tick().alerts).collect()
    }

    /// The next status, however long it takes.
    pub(crate) fn status(&mut self) -> Value {
        (0..100).find_map(|_| self.tick().status).unwrap()
    }
}

/// What an answer says.
pub(crate) fn parsed(text: &[u8]) -> Tick {
    let mut answer: Value = serde_json::from_slice(text).unwrap();
    let Value::Array(alerts) = answer["alerts"].take() else {
        panic!("alerts are a list in every answer");
    };
    let status = answer.get("status").cloned();
    Tick { alerts, status }
}
