"""Weir's component for engines that run Python: what both phases of an aggregation need of it.

Phase one: `push` lines, `groups` takes what they came to. Phase two: `merge` states, `advance`
time, `alerts`; `take` empties the detector for the next group.
"""
import hashlib, json, struct, threading, time, types
from wasmtime import Config, Engine, Store, component as wasm

import conversions  # makes them fast

MEMORY = 1 << 30  # bytes that one detector may hold
TICK, TICKS = 0.1, 100  # seconds, and how many ticks a call may take
SOME = 256  # alerts or groups in one answer


class Sandbox:
    """The compiled component. An engine has several detectors in a process, in threads: one for all."""

    known, lock = {}, threading.Lock()

    @classmethod
    def of(cls, path):
        with cls.lock:
            if path not in cls.known:
                cls.known[path] = cls(path)
            return cls.known[path]

    def __init__(self, path):
        config = Config()
        config.epoch_interruption = True
        self.engine = Engine(config)
        self.component = wasm.Component.from_file(self.engine, path)
        threading.Thread(target=self.ticking, daemon=True).start()

    def ticking(self):
        while True:
            time.sleep(TICK)
            self.engine.increment_epoch()


class Detector:
    """One detector in an instance of its own. `configuration` is a dict of the rule's parameters."""

    def __init__(self, path, configuration, seed, asn_db=None):
        sandbox = Sandbox.of(path)
        self.store = Store(sandbox.engine)
        self.store.set_limits(memory_size=MEMORY)
        self.store.set_epoch_deadline(TICKS)
        self.instance = wasm.Linker(sandbox.engine).instantiate(self.store, sandbox.component)
        self.configuration, self.functions = configuration, {}
        opened = self.call("[static]detector.open", self.configured(), seed)
        if isinstance(opened, list):  # what is wrong with the configuration
            raise ValueError("\n".join(f"{problem.key}: {problem.message}" for problem in opened))
        self.detector = opened
        if asn_db and (problem := self.of("inspection", "load-table", "asn", open(asn_db, "rb").read())):
            raise ValueError(f"{asn_db}: {problem}")

    def call(self, name, *arguments, interface="detection"):
        if name not in self.functions:
            exports = self.instance.get_export_index(self.store, f"weir:detector/{interface}@0.2.0")
            index = self.instance.get_export_index(self.store, name, exports)
            function = self.instance.get_func(self.store, index)
            kind = function.type(self.store)
            function.type = lambda store: kind  # looked up once, not at each call
            self.functions[name] = function
        self.store.set_epoch_deadline(TICKS)
        return self.functions[name](self.store, *arguments)

    def ask(self, name, *arguments):
        return self.call(f"[method]detector.{name}", self.detector, *arguments)

    def of(self, interface, name, *arguments):
        """Calls a function of an optional interface on the detector."""
        return self.call(name, self.detector, *arguments, interface=interface)

    def rule(self):
        """The rule: of several, the first."""
        return self.call("describe", interface="description")[0]

    def configured(self):
        return [types.SimpleNamespace(rule=self.rule().id, parameters=json.dumps(self.configuration))]

    def setting(self, name):
        """A parameter as configured, or the rule's default."""
        rule = self.rule()
        defaults = {parameter.name: getattr(parameter, "default-value") for parameter in rule.parameters}
        return self.configuration.get(name, json.loads(defaults[name]))

    def push(self, lines):
        """Takes lines of log, as bytes without their ends, and says what became of them."""
        return self.ask("push", b"\n".join(lines))

    def groups(self):
        """Takes the state of each group out: (start and end of the window, key, state)."""
        while some := self.of("state", "take-groups", SOME):
            for group in some:
                window = group.window
                yield window.start, window.end, line(plain(group.key)), group.state

    def merge(self, state):
        """Takes a state in, as if its events had been pushed here."""
        if problem := self.of("state", "merge", state):
            raise ValueError(f"a state that cannot be merged: {plain(problem)}")

    def advance(self, to):
        """Raises the watermark, in milliseconds since 1970."""
        self.ask("advance", to, None)

    def flush(self):
        """Closes all windows: there is nothing more to come."""
        self.ask("flush")

    def alerts(self):
        """Takes the alerts that were made, each a dict with the names of the contract, and its id."""
        while some := self.ask("take-alerts", SOME):
            for alert in some:
                yield {"id": identity(alert), **plain(alert)}

    def take(self):
        """Takes the whole state out; the detector goes on as if just opened."""
        return self.of("state", "take-state")

    def counters(self):
        """Totals; `watermark` is none before the first event."""
        return vars(self.ask("counters"))


def plain(value):
    """A value of the contract as JSON has it, whole numbers without a fraction."""
    if isinstance(value, wasm.Record):
        return {name: plain(field) for name, field in vars(value).items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    value = value.payload if isinstance(value, wasm.Variant) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def identity(alert):
    """The id of an alert, by rule, window and key, as `wit/alerts.wit` has it."""
    parts = [encoded(alert.rule), encoded(alert.window.start), encoded(alert.window.end)]
    for part in alert.key:
        value = part.value.payload if isinstance(part.value, wasm.Variant) else part.value
        parts.append(b"\0" if value is None else b"\1" + encoded(value))
    return hashlib.sha256(b"".join(parts)).hexdigest()[:32]


def encoded(value):
    """A value as it is hashed into an id."""
    if isinstance(value, str):
        text = value.encode()
        return struct.pack("<Q", len(text)) + text
    if isinstance(value, list):
        return struct.pack("<Q", len(value)) + b"".join(map(encoded, value))
    return struct.pack("<?" if isinstance(value, bool) else "<d" if isinstance(value, float) else "<q", value)


def line(value):
    """JSON in one line, the same for the same value."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
