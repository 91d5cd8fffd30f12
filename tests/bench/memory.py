"""Peak memory at 100 MB and at 10 GB: the state must depend on the rate, not on the length.

Both inputs have the same number of events an hour, and the shorter one already covers
the 8 hours for which windows are kept, so the longer one is only longer.
"""

import subprocess

import measure
from report import count, megabytes, seconds

# Nine hours and about 100 MB, then a hundred times both.
EVENTS, HOURS = 76_000, 9


def peak(report, inputs, weir, factors):
    """One run for each factor, through a pipe: the longest would fill a disk."""
    rows, raw = [], []
    for factor in factors:
        events, hours = EVENTS * factor, HOURS * factor
        maker = subprocess.Popen(inputs.command(events, hours=hours), stdout=subprocess.PIPE)
        taken = measure.run([weir, "run", "--quiet", "--format", "ecs", "-"], stdin=maker.stdout)
        maker.stdout.close()
        if maker.wait() != 0:
            raise SystemExit(f"the generator failed for {events} events")
        raw.append({"events": events, "hours": hours, **taken.as_json()})
        rows.append([count(events), count(hours), megabytes(taken.rss), seconds(taken.cpu)])
    report.keep("memory", raw)
    report.heading(
        "Memory of `weir run -`: Event Hub records from a pipe, as many an hour in each (100 MB, 10 GB)"
    )
    report.table(["events", "hours of events", "peak MB", "CPU s"], rows)
