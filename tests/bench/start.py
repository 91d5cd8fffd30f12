"""From the start of the process to its end on a file of one event.

Warm: the cache of compiled components, where Weir keeps one, is in a private folder
that was filled before. Cold: an empty folder each time. The file system's cache is warm
in both.
"""

import os
import tempfile

import measure
from report import megabytes, seconds

TIMES = 20


def cold_and_warm(report, inputs, everyone):
    """Medians of 20 in turn; the peers have no such cache and are shown once."""
    file = inputs.file(1)
    shape = "event-hub"
    with tempfile.TemporaryDirectory() as folder:
        alerts = os.path.join(folder, "alerts.ndjson")
        weir = next(c for c in everyone if c.name == "Weir").command(str(file), shape, alerts)

        def with_cache(cache):
            environment = os.environ | {"XDG_CACHE_HOME": cache}
            return measure.run(weir, environment=environment)

        def cold():
            with tempfile.TemporaryDirectory(dir=folder) as empty:
                return with_cache(empty)

        kept = os.path.join(folder, "kept")
        os.mkdir(kept)
        with_cache(kept)
        pairs = [("Weir, cold", cold), ("Weir, warm", lambda: with_cache(kept))]
        for contestant in everyone:
            if contestant.name != "Weir" and contestant.threads == 1:
                pairs.append((contestant.name, lambda c=contestant: c.run(file, shape, alerts)))
        taken = measure.interleaved(TIMES, pairs)
    report.keep("start", {name: [t.as_json() for t in all_of] for name, all_of in taken.items()})
    report.heading(f"Start: the whole command on a file of one event; medians of {TIMES}")
    rows = []
    for name, all_of in taken.items():
        middle = measure.median(all_of)
        rows.append([name, seconds(middle.wall), seconds(middle.cpu), megabytes(middle.rss)])
    report.table(["", "wall", "CPU", "peak MB"], rows)
