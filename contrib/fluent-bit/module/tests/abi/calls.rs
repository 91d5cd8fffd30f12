//! Calls of Fluent Bit to the module, independent of the runtime.

use crate::host::Host;
use serde_json::Value;

/// 2026-11-25T00:00:00Z: the wall clock of the first tick.
pub(crate) const NOW: u32 = 1_795_564_800;

/// The answer to a tick.
#[derive(Default)]
pub(crate) struct Tick {
    pub(crate) alerts: Vec<Value>,
    pub(crate) status: Option<Value>,
}

impl Host {
    /// A filter whose first tick brings settings; its status is asserted to have no problems.
    pub(crate) fn with(settings: &str) -> Host {
        let mut host = Host::new();
        let tick = host.tick_with(&format!(r#"{{"message":"dummy","weir":{settings}}}"#));
        assert_eq!(tick.status.unwrap()["weir.problems"], serde_json::json!([]));
        host
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

    /// The next status, after as many ticks as needed.
    pub(crate) fn status(&mut self) -> Value {
        (0..100).find_map(|_| self.tick().status).unwrap()
    }
}

/// Parses an answer.
pub(crate) fn parsed(text: &[u8]) -> Tick {
    let mut answer: Value = serde_json::from_slice(text).unwrap();
    let Value::Array(alerts) = answer["alerts"].take() else {
        panic!("alerts are a list in every answer");
    };
    let status = answer.get("status").cloned();
    Tick { alerts, status }
}
