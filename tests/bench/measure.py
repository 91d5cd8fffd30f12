"""One process, and what it took: wall time, processor time, memory."""

import os
import statistics
import subprocess
import time
from dataclasses import asdict, dataclass


@dataclass
class Taken:
    """What a process took, its children that it waited for included."""

    wall: float  # seconds from start to end
    cpu: float  # seconds, user and system together
    # Most bytes resident at a time. The system counts from before the program was
    # loaded: it is never less than this driver's own, about 20 MB.
    rss: int

    def as_json(self):
        return asdict(self)


def run(command, stdin=None, stdout=None, environment=None, allowed=(0,)):
    """Runs a command to its end; what it says on stderr is shown only when it fails."""
    began = time.perf_counter()
    child = subprocess.Popen(
        command,
        stdin=stdin or subprocess.DEVNULL,
        stdout=stdout or subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
    )
    said = child.stderr.read()  # until it closes it: the process ends, or is about to
    child.stderr.close()
    _, status, used = os.wait4(child.pid, 0)  # of this child alone, unlike getrusage
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in allowed:
        words = " ".join(map(str, command))
        raise SystemExit(f"{words}\nended with {child.returncode}:\n{said.decode(errors='replace')}")
    return Taken(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def median(taken):
    """The median of each figure by itself."""
    figures = ((t.wall, t.cpu, t.rss) for t in taken)
    return Taken(*map(statistics.median, zip(*figures)))


def interleaved(rounds, contestants):
    """`rounds` times each, in turn (A B C A B C), so that a machine's mood falls on all.

    `contestants` are (name, function that runs it once) pairs.
    """
    taken = {name: [] for name, _ in contestants}
    for _ in range(rounds):
        for name, once in contestants:
            taken[name].append(once())
    return taken
