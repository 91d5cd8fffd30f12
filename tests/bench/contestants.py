"""Who is measured: Weir and its peers, each as the command that a user would type."""

import tempfile
from pathlib import Path

import measure
import results

PEERS = Path(__file__).parent / "peers"


class Contestant:
    """A program that turns a file of events into a file of alerts."""

    def __init__(self, name, threads, command):
        self.name = name
        self.threads = threads
        self.command = command

    @property
    def label(self):
        return f"{self.name}, {self.threads} thread{'s' * (self.threads > 1)}"

    def run(self, file, shape, alerts):
        """Once over the file; its rows are then in `alerts`."""
        return measure.run(self.command(str(file), shape, str(alerts)))


def weir(path, threads, component=None):
    """`weir run --final`, which like a query gives each alert once; with a component of compiled rules in
    place of the shipped one."""

    def command(file, _shape, alerts):
        run = [path, "run", "--final", "--quiet", "--format", "ecs", "--threads", str(threads)]
        if component:
            run += ["--component", str(component), "--limit", "compile_seconds=86400"]
        return [*run, "--output", alerts, file]

    return Contestant("Weir, compiled rule" if component else "Weir", threads, command)


def peer(python, name, script, threads):
    """A script beside this file, under the private environment's Python."""

    def command(file, shape, alerts):
        return [python, PEERS / script, "--shape", shape, "--threads", str(threads), file, alerts]

    return Contestant(name, threads, command)


def all_of(weir_path, python):
    """Everyone; without a Python for the peers, Weir alone."""
    everyone = [weir(weir_path, 1), weir(weir_path, 2)]
    if python:
        for name in ("DuckDB", "Polars", "ClickHouse"):
            script = f"{name.lower()}_rule.py"
            everyone += [peer(python, name, script, threads) for threads in (1, 2)]
        everyone.append(peer(python, "Python, orjson", "orjson_rule.py", 1))
    return everyone


class Timed:
    """What each took in each round, and the number of alerts that all of them gave."""

    def __init__(self, taken, alerts):
        self.taken = taken
        self.alerts = alerts


def timed(everyone, rounds, file, shape):
    """Runs all in turn. A time counts only when its rows are those of the first run, Weir's;
    a difference ends the benchmark."""
    expected = None

    def once(contestant):
        nonlocal expected
        taken = contestant.run(file, shape, alerts)
        found = results.read(alerts)
        alerts.unlink()
        if expected is None:
            expected = found
        different = results.difference(expected, found)
        if different:
            raise SystemExit(f"{contestant.label} and Weir differ on {file}:\n{different}")
        return taken

    with tempfile.TemporaryDirectory() as folder:
        alerts = Path(folder) / "alerts.ndjson"
        taken = measure.interleaved(rounds, [(c.label, lambda c=c: once(c)) for c in everyone])
    if not expected:
        raise SystemExit(f"{file}: no alerts, which would prove nothing")
    return Timed(taken, len(expected))
