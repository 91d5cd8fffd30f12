//! A host that calls the module as Fluent Bit does, in Fluent Bit's runtime.

use crate::calls::NOW;
use std::path::Path;
use std::sync::OnceLock;
use wamrx::{Engine, Instance, InstanceConfig, Linker, Module, Val};

/// Bytes of the call stack, and of the heap beside the module's memory, as Fluent Bit has them
/// by default.
const STACK: u32 = 8 << 10;
const HEAP: u32 = 8 << 10;

/// The module, built once.
fn module() -> &'static [u8] {
    static MODULE: OnceLock<Vec<u8>> = OnceLock::new();
    MODULE.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../guest");
        weir_fluent_bit::build(&target).unwrap()
    })
}

/// Fluent Bit with one filter.
pub(crate) struct Host {
    instance: Instance,
    /// Seconds of the next tick.
    pub(crate) now: u32,
}

impl Host {
    pub(crate) fn new() -> Host {
        let engine = Engine::new().unwrap();
        let module = Module::new(&engine, module()).unwrap();
        let mut sizes = InstanceConfig::new();
        sizes.aux_stack_size(STACK).heap_size(HEAP);
        let instance = Linker::new(&engine).instantiate_with(module, &sizes);
        Host {
            instance: instance.unwrap(),
            now: NOW,
        }
    }

    /// Bytes of memory.
    pub(crate) fn bytes(&self) -> usize {
        self.instance.get_memory("memory").unwrap().data().len()
    }

    fn function(&self, name: &str, arguments: &[u32]) -> u32 {
        let arguments: Vec<Val> = arguments
            .iter()
            .map(|n| Val::I32(n.cast_signed()))
            .collect();
        let mut result = [Val::I32(0)];
        let function = self.instance.get_func(name).unwrap();
        function.call(&arguments, &mut result).unwrap();
        match result {
            [Val::I32(number)] => number.cast_unsigned(),
            _ => panic!("{name} gives no i32"),
        }
    }

    /// Copies bytes to an allocation of a length; null if there is none.
    fn copy(&mut self, bytes: &[u8], length: usize) -> u32 {
        let at = self.function("malloc", &[u32::try_from(length).unwrap()]);
        if at != 0 {
            let mut memory = self.instance.get_memory("memory").unwrap();
            let room = &mut memory.data_mut()[at as usize..][..length];
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
        let length = u32::try_from(record.len()).unwrap();
        let tag_at = self.copy(tag.as_bytes(), tag.len() + 1);
        let at = self.copy(record, record.len() + usize::from(json));
        let tag_length = u32::try_from(tag.len()).unwrap();
        let name = if json { "weir" } else { "weir_msgpack" };
        let answer = self.function(name, &[tag_at, tag_length, time.0, time.1, at, length]);
        let answer = (answer != 0).then(|| {
            let memory = self.instance.get_memory("memory").unwrap();
            let text = &memory.data()[answer as usize..];
            let end = text.iter().position(|byte| *byte == 0).unwrap();
            text[..end].to_vec()
        });
        for at in [tag_at, at] {
            if at != 0 {
                self.instance
                    .get_func("free")
                    .unwrap()
                    .call(&[Val::I32(at.cast_signed())], &mut [])
                    .unwrap();
            }
        }
        answer
    }
}
