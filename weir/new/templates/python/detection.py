"""The detector: documents come in as bytes, alerts go out.

There is no clock, no file and no network: every answer follows from the calls so far.
"""

import json
import re
from datetime import datetime, timedelta, timezone

from componentize_py_types import Err
from wit_world.exports import alerts, detection

RULE = "0b8a5f6e-2f0c-4d1c-9c39-6a1f0d6b7f52"
WINDOW = 300_000  # The length of a window, in milliseconds.
BEHIND = 120_000  # How far the watermark stays behind the latest event.
LATENESS = 8 * 3_600_000  # How long a window takes late events.
LONGEST, MOST_HOSTS = 1024, 1000
DEEPEST = 100  # Objects and lists in one another.
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
COUNTS = "counted duplicate excluded other_data_set malformed dropped_late refused_future".split()


class Detector(detection.Detector):
    def __init__(self, minimum: int):
        self.minimum = minimum
        self.windows: dict[int, Window] = {}  # By their start.
        self.alerts: list[alerts.Alert] = []
        self.watermark: int | None = None
        self.totals = dict.fromkeys(
            "unwanted counted duplicate dropped_late late fired groups on_time late_alerts".split(), 0
        )

    @classmethod
    def open(cls, rules: list[detection.RuleConfiguration], seed: tuple[int, int]) -> "Detector":
        def problem(key: str, message: str):
            raise Err([detection.Problem(rules[0].rule if rules else "", key, message)])

        if [rule.rule for rule in rules] != [RULE]:
            problem("", "there is no rule of this id")
        minimum = 5
        for key, value in json.loads(rules[0].parameters).items():
            if key != "min_failures":
                problem(key, "no such parameter")
            if type(value) is not int or not 1 <= value <= 1_000_000_000:
                problem(key, "not an integer from 1 to 1000000000")
            minimum = value
        return cls(minimum)

    def push(self, batch: bytes) -> detection.Outcome:
        outcome = detection.Outcome(**dict.fromkeys(COUNTS, 0), refused=[])
        offset = 0
        for number, line in enumerate(batch.split(b"\n")):
            for start, text in documents(line):
                count, reason = self.take(text)
                setattr(outcome, count, getattr(outcome, count) + 1)
                if reason:
                    kind = detection.RefusalKind[count.upper()]
                    refusal = detection.Refusal(number, offset + start, len(text), kind, reason)
                    outcome.refused.append(refusal)
            offset += len(line) + 1
        self.fire()
        return outcome

    def take(self, text: bytes) -> tuple[str, str | None]:
        """What becomes of a document: one of the outcome's counts, and why if it is refused."""
        try:
            document = parsed(text)
        except (ValueError, RecursionError):
            return "malformed", "not JSON"
        if word(document, "data_stream.dataset") != "system.auth":
            return "other_data_set", None
        try:
            time = milliseconds(word(document, "@timestamp") or "")
        except ValueError:
            return "malformed", "@timestamp: there is no event time"
        wanted = word(document, "event.outcome") == "failure"
        start = time // WINDOW * WINDOW
        if self.watermark is not None and start + WINDOW + LATENESS <= self.watermark:
            self.totals["dropped_late" if wanted else "unwanted"] += 1
            late = "more than eight hours behind the end of its window"
            return ("dropped_late", late) if wanted else ("other_data_set", None)
        self.raise_watermark(time - BEHIND)
        if not wanted:
            self.totals["unwanted"] += 1
            return "other_data_set", None
        window = self.windows.get(start)
        if window is None:
            window = self.windows[start] = Window(late=start + WINDOW <= self.watermark)
        identity = word(document, "event.id")
        if identity is not None and identity in window.ids:
            self.totals["duplicate"] += 1
            return "duplicate", None
        window.ids.add(identity)
        key = (word(document, "user.name"), word(document, "source.ip"))
        if key not in window.groups:
            window.groups[key] = Group(time)
            self.totals["groups"] += 1
        window.groups[key].add(time, word(document, "host.name"))
        self.totals["counted"] += 1
        self.totals["late"] += window.late or window.fired
        return "counted", None

    def raise_watermark(self, to: int) -> None:
        self.watermark = to if self.watermark is None else max(self.watermark, to)

    def fire(self) -> None:
        """Hands out the alerts of windows that the watermark has passed, and drops what is over."""
        for start, window in sorted(self.windows.items()):
            if self.watermark is None or start + WINDOW > self.watermark:
                break
            late = window.late or window.fired
            # No value comes before any, texts are ordered by their bytes.
            changed = [item for item in window.groups.items() if item[1].changed]
            for key, group in sorted(changed, key=lambda item: [(part or "").encode() for part in item[0]]):
                if group.failures >= self.minimum:
                    self.alerts.append(group.alert(start, key, late))
                    self.totals["late_alerts" if late else "on_time"] += 1
                group.changed = False
            self.totals["fired"] += not window.fired
            window.fired = True
            if start + WINDOW + LATENESS <= self.watermark:
                del self.windows[start]

    def advance(self, to: int | None, clock: int | None) -> None:
        if to is not None:
            self.raise_watermark(to)
        self.fire()

    def flush(self) -> None:
        if self.windows:
            self.advance(max(self.windows) + WINDOW, None)

    def take_alerts(self, max: int) -> list[alerts.Alert]:
        taken, self.alerts = self.alerts[:max], self.alerts[max:]
        return taken

    def counters(self) -> detection.Counters:
        groups = sum(len(window.groups) for window in self.windows.values())
        counts = detection.RuleCounters(
            rule=RULE,
            unwanted=self.totals["unwanted"],
            counted=self.totals["counted"],
            duplicate=self.totals["duplicate"],
            excluded=0,
            dropped_late=self.totals["dropped_late"],
            refused_future=0,
            late=self.totals["late"],
            windows=len(self.windows),
            groups=groups,
            windows_fired=self.totals["fired"],
            groups_seen=self.totals["groups"],
            alerts_early=0,
            alerts_on_time=self.totals["on_time"],
            alerts_late=self.totals["late_alerts"],
            alerts_retracted=0,
            evicted=0,
            ids_forgotten=0,
            state_bytes=groups * 200,
        )
        return detection.Counters([counts], 0, 0, [], [], self.watermark)


class Window:
    """The groups of five minutes, and the identities of their events."""

    def __init__(self, late: bool):
        self.ids: set[str | None] = set()
        self.groups: dict[tuple[str | None, str | None], Group] = {}
        self.late = late
        self.fired = False


class Group:
    """The failed logins of one user from one address in one window."""

    def __init__(self, time: int):
        self.failures = self.revision = 0
        self.hosts: set[str] = set()
        self.first = self.last = time
        self.changed = False

    def add(self, time: int, host: str | None) -> None:
        self.failures += 1
        self.first, self.last = min(self.first, time), max(self.last, time)
        self.hosts.update([host] if host else [])
        self.changed = True

    def alert(self, start: int, key: tuple[str | None, str | None], late: bool) -> alerts.Alert:
        self.revision += 1
        texts = zip(("user.name", "source.ip"), key)
        parts = [alerts.KeyPart(name, alerts.Value_Text(text) if text else None) for name, text in texts]
        columns = [alerts.Column(part.name, part.value) for part in parts if part.value]
        columns.append(alerts.Column("auth.failures", alerts.Value_Integer(self.failures)))
        if self.hosts:
            hosts = sorted(self.hosts, key=str.encode)[:MOST_HOSTS]
            columns.append(alerts.Column("auth.hosts", alerts.Value_TextList(hosts)))
        capped = len(self.hosts) > MOST_HOSTS
        user, address = (text or "(none)" for text in key)
        return alerts.Alert(
            rule=RULE,
            revision=self.revision,
            phase=alerts.Phase.LATE if late else alerts.Phase.ON_TIME,
            window=alerts.Window(start, start + WINDOW),
            key=parts,
            first_seen=self.first,
            last_seen=self.last,
            columns=columns,
            reason=f"{user} failed to log in {self.failures} times from {address}.",
            complete=True,
            truncated=[alerts.Truncation("auth.hosts", alerts.TruncationKind.CAPPED)] if capped else [],
            response=[],
            pivots=[],
        )


def parsed(text: bytes):
    """The value of a document; nested deeper, it would exhaust the parser's stack."""
    depth = deepest = 0
    if text.count(b"[") + text.count(b"{") > DEEPEST:
        for mark in re.findall(rb"[\[\]{}]", text):
            depth += 1 if mark in b"[{" else -1
            deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise ValueError("nested too deeply")
    return json.loads(text.decode())


def documents(line: bytes, depth: int = 4):
    """The documents of a line, with where they start: a record, a list of some, or an envelope."""
    text = line.strip()
    try:
        value = parsed(text) if text and depth > 0 else None
    except (ValueError, RecursionError):
        value = None
    envelope = isinstance(value, dict) and isinstance(value.get("records"), list) and b'"records"' in line
    if not isinstance(value, list) and not (envelope and word(value, "data_stream.dataset") is None):
        if text:
            yield line.index(text), text
        return
    # Every byte is a character here, so that places in the text are places in the line.
    whole = line.decode("latin-1")
    decoder = json.JSONDecoder()
    at = whole.index("[", whole.index('"records"') if envelope else 0) + 1
    while whole[at] != "]":
        if whole[at] in " \t\r,":
            at += 1
            continue
        _, end = decoder.raw_decode(whole, at)
        for start, inner in documents(line[at:end], depth - 1):
            yield at + start, inner
        at = end


def value_at(value, path: str):
    """The value at a path, whose keys are nested or joined by dots; None if there is none."""
    if not isinstance(value, dict):
        return None
    if path in value:
        return value[path]
    steps = path.split(".")
    for count in range(1, len(steps)):
        found = value_at(value.get(".".join(steps[:count])), ".".join(steps[count:]))
        if found is not None:
            return found
    return None


def word(document, path: str) -> str | None:
    """The text at a path, at most so long as an alert can hold it; None if there is none."""
    value = value_at(document, path)
    if not isinstance(value, str) or not value:
        return None
    # JSON can say what is no text: halves of pairs of UTF-16.
    return value[:LONGEST].encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def milliseconds(text: str) -> int:
    """An ISO 8601 time, of UTC where it names no zone, in milliseconds since 1970."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        time = time.replace(tzinfo=timezone.utc)
    if not 1970 <= time.year < 9999:
        raise ValueError(text)
    return (time - EPOCH) // timedelta(milliseconds=1)
