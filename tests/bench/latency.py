"""How soon a live alert comes: from writing the event that makes it true to its line.

Records go into `weir run --follow --early -` at a steady rate, in small chunks about a
millisecond apart. A chunk is a ready-made text in which only the time and the chunk's
number change, so that the feeder leaves the processors to Weir. Now and then an attacker
comes: 20 calls that fail on 20 paths, which is one call short of the rule, and a little
later, in the middle of a chunk, the 21st. The clock starts before the write that carries
it and stops when its alert's line has been read.

One thread does it all, for a second one would wait for the interpreter's lock.
"""

import fcntl
import json
import os
import select
import signal
import statistics
import subprocess
import time
from datetime import datetime, timezone

from report import count

CHUNK = 0.001  # seconds
WINDOW = 120.0  # seconds, the rule's
PATIENCE = 10.0  # seconds to wait for the last alerts
# Placeholders of the same length as what replaces them.
TIME, SERIAL = b"@@@@@@@@@@@@@@@@@@@@@@@@@@@@", b"@SERIAL@@@@@"
TENANT = "7d0c2d1e-52f4-4c07-9a3b-1f6f5e0a9b11"
# A record of a diagnostic setting: the rule's fields and about as many others as there are.
RECORD = (
    '{"category":"AzureADGraphActivityLogs","location":"WestEurope",'
    '"operationName":"AAD Graph Activity","properties":{'
    '"__UDI_RequiredFields_EventTime":639150912345678937,"__UDI_RequiredFields_RegionScope":"EU",'
    f'"__UDI_RequiredFields_TenantId":"{TENANT}","__UDI_RequiredFields_UniqueId":"%(request)s",'
    '"actorType":"User","apiVersion":"1.61-internal","appId":"1b730954-1685-4b74-9bfd-dac224a7b894",'
    '"callerIpAddress":"192.0.2.7","clientAuthMethod":0,"deviceId":"","directAccessSource":"Gateway",'
    '"durationMs":197,"env_cloud_role":"restdirectoryservice","httpMethod":"GET",'
    '"httpStatusCode":%(status)d,"identityProvider":"",'
    '"issuedAt":"5/19/2026 9:14:05 AM","location":"WestEurope","requestId":"%(request)s",'
    f'"requestUri":"/{TENANT}/%(path)s?api-version=1.61-internal","responseSizeBytes":-1,"roles":"",'
    '"scopes":"user_impersonation","sessionId":"d5c731cd-a508-4414-8af4-3ef0c710056d",'
    '"signInActivityId":"401082aa16c3edbeAAAAAA==",'
    f'"tenantId":"{TENANT}","timeGenerated":"{TIME.decode()}","userAgent":"Python/3.11 aiohttp/3.9.5",'
    '"servicePrincipalId":"","userId":"%(user)s","wids":""},'
    f'"tenantId":"{TENANT}"}}\n'
)


def record(user, path, status, slot):
    """A record whose time and last twelve digits of its request's id are still to be filled in."""
    request = f"fe946b4c-b5bd-46d5-{slot:04x}-{SERIAL.decode()}"
    return (RECORD % {"user": user, "path": path, "status": status, "request": request}).encode()


def stamp(now):
    """As diagnostic settings write it, with seven digits."""
    return datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f0Z").encode()


def fill(text, now, serial):
    return text.replace(TIME, stamp(now)).replace(SERIAL, b"%012x" % serial)


class Feeder:
    """Writes on schedule, reads alerts as they come, and knows what waits for an alert."""

    def __init__(self, command, rate):
        pipe = subprocess.PIPE
        self.child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        self.input, self.output = self.child.stdin.fileno(), self.child.stdout.fileno()
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            fcntl.fcntl(self.input, fcntl.F_SETPIPE_SZ, 1 << 20)
        for end in (self.input, self.output):
            os.set_blocking(end, False)
        size = max(1, round(rate * CHUNK))
        self.background = [
            record(f"00c0ff45-5e1f-4000-8000-{n:012x}", f"users/{n % 40}", 200 if n % 30 else 404, n)
            for n in range(size)
        ]
        self.events = self.serial = self.written = 0
        self.pending = bytearray()
        self.unread = b""
        # Of each attacker: where in the stream its 21st event ends, when that was written.
        self.waiting, self.begun, self.latencies = [], {}, {}
        self.behind = 0.0  # longest that the pipe kept the feeder behind its schedule

    def chunk(self, attacker=None, final=False):
        """The next chunk, with an attacker's calls in its middle."""
        self.serial += 1
        middle = len(self.background) // 2
        calls = []
        if attacker is not None:
            numbers = [20] if final else range(20)
            calls = [record(attacker, f"groups/{n}", 403, 0x8000 + n) for n in numbers]
        now = time.time()
        head = fill(b"".join(self.background[:middle] + calls), now, self.serial)
        self.pending += head
        if final:
            self.waiting.append((self.written + len(self.pending), attacker))
        self.pending += fill(b"".join(self.background[middle:]), now, self.serial)
        self.events += len(self.background) + len(calls)

    def write(self):
        """As much as the pipe takes."""
        before = time.perf_counter()
        try:
            written = os.write(self.input, self.pending[: 1 << 20])
        except BlockingIOError:
            return
        self.written += written
        del self.pending[:written]
        while self.waiting and self.waiting[0][0] <= self.written:
            self.begun[self.waiting.pop(0)[1]] = before

    def read(self):
        """Alerts' lines."""
        part = os.read(self.output, 1 << 20)
        now = time.perf_counter()
        *lines, self.unread = (self.unread + part).split(b"\n")
        for line in lines:
            user = json.loads(line).get("user.id")
            if user in self.begun and user not in self.latencies:
                self.latencies[user] = now - self.begun[user]

    def stop(self):
        """Ends Weir and drops what it still says: the rows of windows that were open."""
        self.child.stdin.close()
        self.child.send_signal(signal.SIGTERM)
        os.set_blocking(self.output, True)
        while os.read(self.output, 1 << 20):
            pass
        self.child.stdout.close()
        if self.child.wait() != 0:
            raise SystemExit(f"live: weir ended with {self.child.returncode}")

    def turn(self, until):
        """Writes and reads until a time."""
        while True:
            wait = until - time.perf_counter()
            if wait <= 0 and not self.pending:
                return
            self.behind = max(self.behind, -wait)
            wanted = [self.input] if self.pending else []
            patience = 1 if wanted else max(wait, 0)
            readable, writable, _ = select.select([self.output], wanted, [], patience)
            if readable:
                self.read()
            if writable:
                self.write()


def live(report, weir, rates, alerts):
    """One row for each rate. Where Weir is slower than a rate, the full pipe holds the feeder
    back: then the row says what was reached, and the time is that of a full pipe."""
    rows, raw = [], []
    for rate in rates:
        feeder, seconds = feed(weir, rate, alerts)
        figures = sorted(feeder.latencies.values())
        reached = feeder.events / seconds
        raw.append({"rate asked": rate, "rate": reached, "behind": feeder.behind, "latencies": figures})
        chosen = (statistics.median(figures), figures[int(len(figures) * 0.95)], figures[-1])
        milliseconds = [f"{1000 * n:.1f}" for n in chosen]
        rows.append([count(rate), count(reached), f"{feeder.behind:.1f}", str(len(figures)), *milliseconds])
    report.keep("live", raw)
    report.heading(
        "Live: `weir run --follow --early -`, Event Hub records; "
        "from the write of the deciding event to the alert's line"
    )
    columns = ["events/s asked", "reached", "feeder behind at most, s", "alerts"]
    report.table([*columns, "median ms", "95 % ms", "maximum ms"], rows)


def feed(weir, rate, alerts):
    """`alerts` attackers, one each 100 ms, while `rate` events a second go by.

    Gives the feeder and the seconds that it took.
    """
    feeder = Feeder([weir, "run", "--follow", "--early", "--quiet", "--format", "ecs", "-"], rate)
    settle, each = round(2 / CHUNK), round(0.1 / CHUNK)  # chunks until it is under way, and between attackers
    began = due = time.perf_counter()
    attacker, sent, chunks, ended = None, 0, 0, None
    while len(feeder.latencies) < alerts:
        due += CHUNK
        chunks += 1
        at = chunks % each
        # Both writes must fall in one window.
        inside = 1 < time.time() % WINDOW < WINDOW - 3
        if chunks > settle and at == 0 and sent < alerts and inside:
            attacker = f"a77ac4e2-0000-4000-8000-{sent:012x}"
            feeder.chunk(attacker)
        elif attacker and at == each // 2:
            feeder.chunk(attacker, final=True)
            attacker, sent = None, sent + 1
        else:
            feeder.chunk()
        feeder.turn(due)
        if sent == alerts:
            ended = ended or time.perf_counter()
            if time.perf_counter() > ended + PATIENCE:
                raise SystemExit(f"live: {alerts - len(feeder.latencies)} of {alerts} alerts did not come")
    seconds = time.perf_counter() - began
    feeder.stop()
    return feeder, seconds
