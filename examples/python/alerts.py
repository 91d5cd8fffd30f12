"""Alerts from Weir's component in Python: NDJSON in, one alert a line out.

usage: python alerts.py COMPONENT CONFIGURATION [ASN_DB] < events.ndjson
"""
import codecs, collections, json, secrets, sys, threading, time, types
from wasmtime import Config, Engine, Store, component as wasm

BATCH, MEMORY = 1 << 20, 1 << 30  # bytes of log in one call, and that the component may hold
TICK, TICKS = 0.1, 100  # seconds, and how many ticks a call may take
# What is not UTF-8 is no JSON; a bare control character for each byte keeps it so in text.
codecs.register_error("refuse", lambda error: ("\1" * (error.end - error.start), error.end))

def ticking():
    while True:
        time.sleep(TICK)
        engine.increment_epoch()

def call(interface, name, *arguments):
    store.set_epoch_deadline(TICKS)
    exports = instance.get_export_index(store, f"weir:detector/{interface}@0.2.0")
    method = instance.get_func(store, instance.get_export_index(store, name, exports))
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
    while alerts := call("detection", "[method]detector.take-alerts", detector, 256):
        for alert in alerts:
            print(json.dumps(plain(alert), sort_keys=True, ensure_ascii=False, separators=(",", ":")))

config = Config()
config.epoch_interruption = True
config.cache = True  # compiled code is kept in the user's cache folder
engine = Engine(config)
threading.Thread(target=ticking, daemon=True).start()
store = Store(engine)
store.set_limits(memory_size=MEMORY)
compiled = wasm.Component.from_file(engine, sys.argv[1])
store.set_epoch_deadline(TICKS)  # compiling is not a call
instance = wasm.Linker(engine).instantiate(store, compiled)
rule = call("description", "describe")[0].id  # of several rules, the first
configured = [types.SimpleNamespace(rule=rule, parameters=sys.argv[2])]
seed = (secrets.randbits(64), secrets.randbits(64))
detector = call("detection", "[static]detector.open", configured, seed)
if isinstance(detector, list):  # what is wrong with the configuration
    sys.exit("\n".join(f"{problem.key}: {problem.message}" for problem in detector))
for table in sys.argv[3:]:
    if problem := call("inspection", "load-table", detector, "asn", open(table, "rb").read()):
        sys.exit(f"{table}: {problem}")
totals = collections.Counter()
while batch := sys.stdin.buffer.read(BATCH) + sys.stdin.buffer.readline():
    outcome = vars(call("text", "push-text", detector, batch.decode(errors="refuse")))
    totals.update({name: count for name, count in outcome.items() if name != "refused"})
    report()
call("detection", "[method]detector.flush", detector)
report()
for name in ("counted", "malformed", "dropped-late", "refused-future"):
    print(f"{name}: {totals[name]}", file=sys.stderr)
