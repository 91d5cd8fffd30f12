"""Tables in markdown on stdout, and everything raw in one JSON file."""

import json
import os
import platform
from datetime import date


def count(n):
    return f"{n:,.0f}"


def megabytes(n):
    return f"{n / 1e6:,.0f}"


def seconds(n):
    return f"{n:.2f}" if n >= 0.995 else f"{n * 1000:.0f} ms"


def ratio(n):
    return f"{n:.2f}"


class Report:
    """Prints as it goes, so that a long run shows something, and keeps the raw numbers."""

    def __init__(self, path):
        self.path = path
        self.raw = {"date": date.today().isoformat(), "machine": machine()}

    def heading(self, text):
        print(f"\n{text}\n", flush=True)

    def table(self, columns, rows):
        print("| " + " | ".join(columns) + " |")
        print("|" + "---|" * len(columns))
        for row in rows:
            print("| " + " | ".join(row) + " |")
        print(flush=True)

    def keep(self, key, value):
        """Raw numbers, on disk at once."""
        self.raw[key] = value
        partly = f"{self.path}.part"
        with open(partly, "w", encoding="utf-8") as out:
            json.dump(self.raw, out, indent=1)
        os.replace(partly, self.path)


def machine():
    """What can be said of the hardware without asking for rights."""
    processor = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            processor = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return {"processor": processor, "cores": os.cpu_count(), "system": platform.platform(terse=True)}
