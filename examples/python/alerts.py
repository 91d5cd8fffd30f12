"""Alerts from Weir's component in Python: NDJSON in, one alert a line out.

usage: python alerts.py COMPONENT CONFIGURATION [ASN_DB] < events.ndjson
"""
import codecs, json, secrets, sys, threading, time
from wasmtime import Config, Engine, Store, component as wasm

BATCH, MEMORY = 1 << 20, 1 << 30  # bytes of log in one call, and that the component may hold
TICK, TICKS = 0.1, 100  # seconds, and how many ticks a call may take
# What is not UTF-8 is no JSON; a bare NUL keeps it so when bytes become text.
codecs.register_error("refuse", lambda error: ("\0", error.end))

def ticking():
    while True:
        time.sleep(TICK)
        engine.increment_epoch()

def call(name, *arguments):
    store.set_epoch_deadline(TICKS)
    method = instance.get_func(store, instance.get_export_index(store, name, detection))
    return method(store, *arguments)

def plain(value):
    """A value of the contract as JSON has it, whole numbers without a fraction."""
    if isinstance(value, wasm.Record):
        return {name: plain(field) for name, field in vars(value).items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    value = value.payload if isinstance(value, wasm.Variant) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value

def report():
    while alerts := call("[method]detector.take-alerts", detector, 256):
        for alert in alerts:
            print(json.dumps(plain(alert), sort_keys=True, ensure_ascii=False, separators=(",", ":")))

config = Config()
config.epoch_interruption = True
engine = Engine(config)
threading.Thread(target=ticking, daemon=True).start()
store = Store(engine)
store.set_limits(memory_size=MEMORY)
store.set_epoch_deadline(TICKS)
instance = wasm.Linker(engine).instantiate(store, wasm.Component.from_file(engine, sys.argv[1]))
detection = instance.get_export_index(store, "weir:detector/detection@0.1.0")
detector = call("[static]detector.open", sys.argv[2], (secrets.randbits(64), secrets.randbits(64)))
if isinstance(detector, list):  # what is wrong with the configuration
    sys.exit("\n".join(f"{problem.key}: {problem.message}" for problem in detector))
for table in sys.argv[3:]:
    if problem := call("[method]detector.load-table", detector, "asn", open(table, "rb").read()):
        sys.exit(f"{table}: {problem}")
while batch := sys.stdin.buffer.read(BATCH) + sys.stdin.buffer.readline():
    call("[method]detector.push-text", detector, batch.decode(errors="refuse"))
    report()
call("[method]detector.flush", detector)
report()
for name, count in vars(call("[method]detector.counters", detector)).items():
    if name in ("counted", "malformed", "dropped-late", "refused-future"):
        print(f"{name}: {count}", file=sys.stderr)
